#include "data/list.h"

#include <algorithm>
#include <cstring>

#include "data/internal/decimal.h"
#include "data/internal/ordered_bits.h"
#include "data/internal/scalar_text.h"

namespace plumb::data {
namespace {

constexpr char kNull = 0, kValue = 1;

// Bytes of a value of the element type, or 0 if each has its own length.
size_t FixedBytes(Type element) {
  if (element.storage() != Storage::kBytes) return sizeof(int64_t);
  return element.IsWideDecimal() ? kWideDecimalBytes : 0;
}

template <typename T>
void AppendRaw(T value, std::string* bytes) {
  char raw[sizeof(T)];
  std::memcpy(raw, &value, sizeof(T));
  bytes->append(raw, sizeof(T));
}

template <typename T>
T ReadRaw(std::string_view bytes, size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof(T));
  return value;
}

Value IntegerValue(Type type, int64_t value) {
  return type.IsDecimal() ? Value::Decimal(type, value) : Value::Integral(type, value);
}

// The whole value at `bytes`, which is of the right length.
Value ValueOf(Type type, std::string_view bytes) {
  switch (type.storage()) {
    case Storage::kInts:
      return IntegerValue(type, ReadRaw<int64_t>(bytes, 0));
    case Storage::kDoubles:
      return Value::Float64(ReadRaw<double>(bytes, 0));
    case Storage::kBytes:
      break;
  }
  return Value::Bytes(type, std::string(bytes));
}

uint32_t CountOf(std::string_view bytes) { return bytes.size() < sizeof(uint32_t) ? 0 : ReadRaw<uint32_t>(bytes, 0); }

// Goes through the elements of bytes that may be anything.
class ListChecker {
 public:
  ListChecker(Type list, std::string_view bytes) : element_(list.Element()), bytes_(bytes) {}

  // Empty if all is well, else what is wrong.
  std::string_view Problem() {
    uint32_t count = 0;
    if (!Take(&count)) return "the count is cut off";
    for (uint32_t i = 0; i < count; ++i) {
      const std::string_view problem = Element();
      if (!problem.empty()) return problem;
    }
    return at_ == bytes_.size() ? "" : "bytes follow the last element";
  }

 private:
  template <typename T>
  bool Take(T* value) {
    if (bytes_.size() - at_ < sizeof(T)) return false;
    *value = ReadRaw<T>(bytes_, at_);
    at_ += sizeof(T);
    return true;
  }

  std::string_view Element() {
    constexpr std::string_view kCutOff = "an element is cut off";
    char mark = 0;
    if (!Take(&mark)) return kCutOff;
    if (mark == kNull) return "";
    if (mark != kValue) return "an element is neither a value nor null";
    size_t length = FixedBytes(element_);
    if (length == 0) {
      uint32_t own = 0;
      if (!Take(&own)) return kCutOff;
      length = own;
    }
    if (bytes_.size() - at_ < length) return kCutOff;
    const std::string_view bytes = bytes_.substr(at_, length);
    at_ += length;
    return IsElement(bytes) ? "" : "an element is not of its type";
  }

  [[nodiscard]] bool IsElement(std::string_view bytes) const {
    switch (element_.kind) {
      case TypeKind::kBool:
        return static_cast<uint64_t>(ReadRaw<int64_t>(bytes, 0)) <= 1;
      case TypeKind::kTimestamp:
        return ReadRaw<int64_t>(bytes, 0) >= kFirstInstant && ReadRaw<int64_t>(bytes, 0) <= kLastInstant;
      case TypeKind::kFloat64: {
        const auto value = ReadRaw<double>(bytes, 0);
        return OrderedBits(value) == OrderedBits(CanonicalDouble(value));
      }
      case TypeKind::kString:
        return IsUtf8(bytes);
      case TypeKind::kDecimal:
        return FitsPrecision(element_, element_.IsWideDecimal() ? Int128Of(bytes) : ReadRaw<int64_t>(bytes, 0));
      default:
        return element_.IsIntegral();
    }
  }

  Type element_;
  std::string_view bytes_;
  size_t at_ = 0;
};

std::string_view VectorProblem(Type type, std::string_view bytes) {
  if (bytes.size() != size_t{type.size} * sizeof(float)) return "the number of elements is another";
  for (size_t i = 0; i < type.size; ++i) {
    const float value = VectorElement(bytes, i);
    if (OrderedBits(value) != OrderedBits(CanonicalFloat(value))) return "an element is not canonical";
  }
  return "";
}

int CompareVectors(std::string_view a, std::string_view b) {
  const size_t shared = std::min(a.size(), b.size()) / sizeof(float);
  for (size_t i = 0; i < shared; ++i) {
    const int order = Order(OrderedBits(VectorElement(a, i)), OrderedBits(VectorElement(b, i)));
    if (order != 0) return order;
  }
  return Order(a.size(), b.size());
}

}  // namespace

ListBuilder::ListBuilder(Type list) : element_(list.Element()) {
  PLUMB_CHECK(list.kind == TypeKind::kList, "A list builder needs a list type.");
  Clear();
}

void ListBuilder::Clear() {
  count_ = 0;
  bytes_.assign(sizeof(count_), '\0');
}

void ListBuilder::Begin(char mark) {
  ++count_;
  std::memcpy(bytes_.data(), &count_, sizeof(count_));
  bytes_.push_back(mark);
}

void ListBuilder::AppendNull() { Begin(kNull); }

void ListBuilder::AppendInt(int64_t value) {
  Begin(kValue);
  AppendRaw(value, &bytes_);
}

void ListBuilder::AppendDouble(double value) {
  Begin(kValue);
  AppendRaw(CanonicalDouble(value), &bytes_);
}

void ListBuilder::AppendBytes(std::string_view bytes) {
  Begin(kValue);
  if (FixedBytes(element_) == 0) AppendRaw(static_cast<uint32_t>(bytes.size()), &bytes_);
  bytes_.append(bytes);
}

void ListBuilder::Append(const Value& element) {
  if (element.is_null()) return AppendNull();
  PLUMB_CHECK(element.type() == element_, "An element of another type does not belong into the list.");
  switch (element_.storage()) {
    case Storage::kInts:
      return AppendInt(element_.IsDecimal() ? static_cast<int64_t>(element.AsDecimal()) : element.AsInt());
    case Storage::kDoubles:
      return AppendDouble(element.AsDouble());
    case Storage::kBytes:
      return AppendBytes(element.AsString());
  }
}

ListView::ListView(Type list, std::string_view bytes)
    : element_(list.Element()), count_(CountOf(bytes)), bytes_(bytes) {}

Value ListView::Next(size_t* at) const {
  const char mark = bytes_[(*at)++];
  if (mark == kNull) return Value::Null(element_);
  size_t length = FixedBytes(element_);
  if (length == 0) {
    length = ReadRaw<uint32_t>(bytes_, *at);
    *at += sizeof(uint32_t);
  }
  const std::string_view bytes = bytes_.substr(*at, length);
  *at += length;
  return ValueOf(element_, bytes);
}

Value ListView::At(uint32_t index) const {
  const size_t step = 1 + FixedBytes(element_);
  const bool no_nulls = step > 1 && bytes_.size() == sizeof(uint32_t) + count_ * step;
  size_t at = sizeof(uint32_t) + (no_nulls ? index * step : 0);
  for (uint32_t i = 0; i < index && !no_nulls; ++i) Skip(&at);
  return Next(&at);
}

void ListView::Skip(size_t* at) const {
  const char mark = bytes_[(*at)++];
  if (mark == kNull) return;
  const size_t fixed = FixedBytes(element_);
  *at += fixed != 0 ? fixed : sizeof(uint32_t) + ReadRaw<uint32_t>(bytes_, *at);
}

base::Status CheckListBytes(Type type, std::string_view bytes) {
  const bool is_vector = type.kind == TypeKind::kVector;
  if (!is_vector && type.kind != TypeKind::kList) {
    return base::InvalidArgument("Type is neither a list nor a vector: {}.", TypeName(type));
  }
  const std::string_view problem = is_vector ? VectorProblem(type, bytes) : ListChecker(type, bytes).Problem();
  if (problem.empty()) return {};
  return base::InvalidArgument("Bytes are not of type {}: {}.", TypeName(type), problem);
}

int CompareLists(Type type, std::string_view a, std::string_view b) {
  if (type.kind == TypeKind::kVector) return CompareVectors(a, b);
  if (a == b) return 0;
  const ListView left(type, a), right(type, b);
  const uint32_t shared = std::min(left.size(), right.size());
  size_t left_at = sizeof(uint32_t), right_at = sizeof(uint32_t);
  for (uint32_t i = 0; i < shared; ++i) {
    const int order = left.Next(&left_at).Compare(right.Next(&right_at));
    if (order != 0) return order;
  }
  return Order(left.size(), right.size());
}

float VectorElement(std::string_view bytes, size_t index) { return ReadRaw<float>(bytes, index * sizeof(float)); }
void AppendVectorElement(float value, std::string* bytes) { AppendRaw(CanonicalFloat(value), bytes); }

}  // namespace plumb::data
