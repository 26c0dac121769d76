#include "engine/value_word.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "stats/distinct_sketch.h"
#include "stats/exact_wide_sum.h"

namespace plumb::engine {
namespace {

double AsDouble(uint64_t word) { return std::bit_cast<double>(word); }

int Order(int64_t a, int64_t b) { return static_cast<int>(a > b) - static_cast<int>(a < b); }

int OrderOfDoubles(double a, double b) {
  if (a < b) return -1;
  if (a > b) return 1;
  return static_cast<int>(a != a) - static_cast<int>(b != b);
}

data::Int128 WideDecimal(std::string_view bytes) {
  PLUMB_CHECK(bytes.size() == sizeof(data::Int128), "A wide decimal has 16 bytes.");
  data::Int128 unscaled = 0;
  std::memcpy(&unscaled, bytes.data(), sizeof(unscaled));
  return unscaled;
}

uint64_t HashOfBytes(std::string_view bytes) {
  uint64_t hash = stats::DistinctSketch::HashOfWord(bytes.size());
  for (size_t at = 0; at < bytes.size(); at += 8) {
    uint64_t part = 0;
    std::memcpy(&part, bytes.data() + at, std::min<size_t>(8, bytes.size() - at));
    hash = stats::DistinctSketch::HashOfWord(hash ^ part);
  }
  return hash;
}

}  // namespace

uint64_t WordOf(const data::Column& column, size_t row, StringPool* strings) {
  switch (column.type().storage()) {
    case data::Storage::kDoubles:
      return std::bit_cast<uint64_t>(column.Double(row));
    case data::Storage::kBytes:
      return reinterpret_cast<uint64_t>(strings->Intern(column.String(row)));
    case data::Storage::kInts:
      break;
  }
  return static_cast<uint64_t>(column.Int(row));
}

int CompareWords(data::Type type, uint64_t a, uint64_t b) {
  if (a == b) return 0;
  switch (type.storage()) {
    case data::Storage::kInts:
      return Order(static_cast<int64_t>(a), static_cast<int64_t>(b));
    case data::Storage::kDoubles:
      return OrderOfDoubles(AsDouble(a), AsDouble(b));
    case data::Storage::kBytes:
      break;
  }
  if (type.IsWideDecimal()) {
    const data::Int128 x = WideDecimal(BytesOfWord(a)), y = WideDecimal(BytesOfWord(b));
    return static_cast<int>(x > y) - static_cast<int>(x < y);
  }
  if (type == data::TypeKind::kString) return BytesOfWord(a).compare(BytesOfWord(b));
  return data::CompareLists(type, BytesOfWord(a), BytesOfWord(b));
}

data::Int128 DecimalOfWord(data::Type type, uint64_t word) {
  return type.IsWideDecimal() ? WideDecimal(BytesOfWord(word)) : static_cast<int64_t>(word);
}

double NumberOfWord(data::Type type, uint64_t word) {
  if (type == data::TypeKind::kFloat64) return AsDouble(word);
  if (type.IsDecimal()) return stats::RoundedQuotient(DecimalOfWord(type, word), 1, type.scale);
  return static_cast<double>(static_cast<int64_t>(word));
}

void AppendWordToList(data::Type element, uint64_t word, data::ListBuilder* list) {
  switch (element.storage()) {
    case data::Storage::kInts:
      return list->AppendInt(static_cast<int64_t>(word));
    case data::Storage::kDoubles:
      return list->AppendDouble(AsDouble(word));
    case data::Storage::kBytes:
      return list->AppendBytes(BytesOfWord(word));
  }
}

uint64_t HashOfWord(data::Type type, uint64_t word) {
  return type.storage() == data::Storage::kBytes ? HashOfBytes(BytesOfWord(word))
                                                 : stats::DistinctSketch::HashOfWord(word);
}

uint64_t HashOfValue(const data::Value& value) {
  switch (value.type().storage()) {
    case data::Storage::kDoubles:
      return stats::DistinctSketch::HashOfWord(std::bit_cast<uint64_t>(value.AsDouble()));
    case data::Storage::kBytes:
      return HashOfBytes(value.AsString());
    case data::Storage::kInts:
      break;
  }
  if (value.type().IsDecimal())
    return stats::DistinctSketch::HashOfWord(static_cast<uint64_t>(static_cast<int64_t>(value.AsDecimal())));
  return stats::DistinctSketch::HashOfWord(static_cast<uint64_t>(value.AsInt()));
}

}  // namespace plumb::engine
