#include "engine/bulk_segment.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "engine/source_events.h"
#include "features/events.h"

namespace plumb::engine {
namespace {

constexpr uint32_t kMagic = 0x47534c42;  // "BLSG"

struct SegmentHeader {
  uint32_t magic = kMagic, checksum = 0;
  uint32_t rows = 0, columns = 0;
  uint8_t has_known = 0, has_flags = 0, has_ids = 0, unused[5] = {};
  int64_t delay = 0;
  uint64_t id_bytes = 0, first_number = 0;
};

const data::Column* PlainColumn(const expr::Scalar& scalar, const data::Batch& rows) {
  const auto& inputs = scalar.inputs();
  const bool is_plain = inputs.size() == 1 && inputs[0].leaf == expr::Input::Leaf::kColumn &&
                        scalar.canonical() == inputs[0].name && scalar.type() == inputs[0].type;
  return is_plain ? &EventColumn(rows, inputs[0].name) : nullptr;
}

// Calls body with the scalar's column, computed unless it is one of the rows.
template <typename Body>
void WithColumn(const expr::Scalar& scalar, const data::Batch& rows, Body body) {
  if (const data::Column* plain = PlainColumn(scalar, rows)) return body(*plain, true);
  std::vector<const data::Column*> inputs;
  for (const expr::Input& input : scalar.inputs()) inputs.push_back(&EventColumn(rows, input.name));
  body(scalar.Evaluate(inputs, rows.rows), false);
}

// The words of a column that stays as long as the piece, or of a copy.
void AddValues(const data::Column& column, bool stays, BulkStrings* strings, EncodedPiece* piece) {
  const bool is_bytes = column.type().storage() == data::Storage::kBytes;
  const auto* words = column.type().storage() == data::Storage::kDoubles
                          ? reinterpret_cast<const uint64_t*>(column.double_data())
                          : reinterpret_cast<const uint64_t*>(column.int_data());
  if (!is_bytes && stays) {
    piece->values.push_back(words);
    return;
  }
  piece->made.emplace_back();
  std::vector<uint64_t>& made = piece->made.back();
  if (!is_bytes) {
    made.assign(words, words + column.size());
    return;
  }
  made.resize(column.size());
  BulkStrings::Cache cache;
  for (size_t row = 0; row < column.size(); ++row) {
    if (column.IsNull(row)) continue;
    made[row] = reinterpret_cast<uint64_t>(&strings->Intern(column.String(row), &cache)->text);
  }
}

// Sets a flag in all rows that `is_set` names.
template <typename IsSet>
void FillFlag(int flag, int flag_word, size_t rows, std::vector<std::vector<uint64_t>>* flags, IsSet is_set) {
  const uint64_t mask = TableLayout::FlagMask(flag);
  uint64_t* words = (*flags)[static_cast<size_t>(flag_word)].data();
  for (size_t row = 0; row < rows; ++row) words[row] |= is_set(row) ? mask : 0;
}

bool AllSet(const TableLayout& layout, const EncodedPiece& piece) {
  for (size_t word = 0; word < piece.flags.size(); ++word) {
    const int bits = std::min(64, layout.flag_bits() - static_cast<int>(word) * 64);
    const uint64_t all = bits == 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1;
    const auto is_set = [all](uint64_t flags) { return flags == all; };
    if (!std::all_of(piece.flags[word].begin(), piece.flags[word].end(), is_set)) return false;
  }
  return true;
}

// The partition of each row, or kNoPartition, and how many rows each has.
constexpr uint16_t kNoPartition = 0xffff;
struct Places {
  std::vector<uint16_t> partitions;
  std::vector<uint32_t> counts;
  bool has_known = false;
  base::Duration delay = 0;
};

// Subtraction of instants that may be infinite.
base::Duration Delay(base::Time known_at, base::Time event_time) {
  base::Duration delay = 0;
  if (!__builtin_sub_overflow(known_at, event_time, &delay)) return delay;
  return known_at < event_time ? base::kTimeMin : base::kTimeMax;
}

// Takes out the rows that are no events, and looks at when the others were known.
void LookAtTimes(const data::Batch& batch, size_t begin, Places* places) {
  const data::Column& event_time = *batch.Find(features::kEventTimeColumn);
  const data::Column& known_at = *batch.Find(features::kKnownAtColumn);
  const data::Column* deleted = batch.Find(features::kDeletedColumn);
  const bool may_drop = event_time.has_nulls() || deleted != nullptr;
  bool is_first = true;
  for (size_t i = 0; i < places->partitions.size(); ++i) {
    const size_t row = begin + i;
    if (may_drop && !IsLive(batch, row)) places->partitions[i] = kNoPartition;
    if (places->partitions[i] == kNoPartition) continue;
    const base::Duration delay = Delay(known_at.Int(row), event_time.Int(row));
    places->has_known = places->has_known || (!is_first && delay != places->delay) || delay == base::kTimeMin ||
                        delay == base::kTimeMax;
    places->delay = delay;
    is_first = false;
  }
}

Places PlacesOf(const EncodedPiece& piece, const KeyWords& keys, size_t begin, int partition_bits) {
  Places places;
  places.partitions.resize(keys.size());
  places.counts.assign(size_t{1} << partition_bits, 0);
  for (size_t i = 0; i < keys.size(); ++i) {
    places.partitions[i] =
        keys.IsNull(i) ? kNoPartition : static_cast<uint16_t>(PartitionOf(keys.data()[i], partition_bits));
  }
  LookAtTimes(*piece.batch, begin, &places);
  for (const uint16_t partition : places.partitions) {
    if (partition != kNoPartition) ++places.counts[partition];
  }
  return places;
}

// Copies one column to where each partition's segment has it.
template <typename Word>
void SpreadColumn(const std::vector<uint16_t>& partitions, const Word* from, std::vector<uint64_t*>* to) {
  uint64_t** ends = to->data();
  for (size_t i = 0; i < partitions.size(); ++i) {
    if (partitions[i] != kNoPartition) *ends[partitions[i]]++ = static_cast<uint64_t>(from[i]);
  }
}

class Spreader {
 public:
  Spreader(const EncodedPiece& piece, size_t begin, Places places)
      : piece_(piece), begin_(begin), places_(std::move(places)) {
    index_of_.assign(places_.counts.size(), 0);
    for (size_t partition = 0; partition < places_.counts.size(); ++partition) {
      if (places_.counts[partition] == 0) continue;
      index_of_[partition] = static_cast<uint32_t>(segments_.size());
      segments_.push_back({static_cast<uint32_t>(partition), NewSegment(places_.counts[partition])});
    }
  }

  std::vector<SpreadSegment> Run(const KeyWords& keys) {
    Put(0, keys.data());
    Put(1, piece_.batch->Find(features::kEventTimeColumn)->int_data() + begin_);
    size_t column = 2;
    if (places_.has_known) Put(column++, piece_.batch->Find(features::kKnownAtColumn)->int_data() + begin_);
    if (piece_.ids != nullptr) PutNumbers(column++);
    for (const uint64_t* values : piece_.values) Put(column++, values + begin_);
    for (const auto& flags : piece_.flags) Put(column++, flags.data() + begin_);
    if (piece_.ids != nullptr) PutIds();
    return std::move(segments_);
  }

 private:
  BulkSegment NewSegment(uint32_t rows) const {
    BulkSegment segment;
    segment.rows = rows;
    segment.has_known = places_.has_known;
    segment.has_flags = !piece_.flags.empty();
    segment.has_ids = piece_.ids != nullptr;
    segment.delay = places_.delay;
    segment.first_number = piece_.first_number + begin_;
    segment.columns = static_cast<uint32_t>(segment.value_column() + piece_.values.size() + piece_.flags.size());
    segment.words = std::make_unique_for_overwrite<uint64_t[]>(size_t{segment.columns} * rows);
    return segment;
  }

  template <typename Word>
  void Put(size_t column, const Word* from) {
    std::vector<uint64_t*> to(places_.counts.size(), nullptr);
    for (SpreadSegment& spread : segments_) to[spread.partition] = spread.segment.Column(column);
    SpreadColumn(places_.partitions, from, &to);
  }

  void PutNumbers(size_t column) {
    std::vector<uint64_t> numbers(places_.partitions.size());
    for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = piece_.first_number + begin_ + i;
    Put(column, numbers.data());
  }

  void PutIds() {
    std::vector<uint32_t> done(segments_.size(), 0);
    for (SpreadSegment& spread : segments_) {
      spread.segment.id_ends = std::make_unique_for_overwrite<uint32_t[]>(spread.segment.rows);
    }
    for (size_t i = 0; i < places_.partitions.size(); ++i) {
      if (places_.partitions[i] == kNoPartition) continue;
      const uint32_t index = index_of_[places_.partitions[i]];
      BulkSegment& segment = segments_[index].segment;
      segment.id_bytes.append(piece_.ids->String(begin_ + i));
      segment.id_ends[done[index]++] = static_cast<uint32_t>(segment.id_bytes.size());
    }
  }

  const EncodedPiece& piece_;
  size_t begin_;
  Places places_;
  std::vector<uint32_t> index_of_;  // of a partition in segments_
  std::vector<SpreadSegment> segments_;
};

}  // namespace

EncodedPiece EncodePiece(const TableLayout& layout, const data::Batch& rows, uint64_t first_number,
                         BulkStrings* strings) {
  EncodedPiece piece;
  piece.rows = rows.rows;
  piece.batch = &rows;
  piece.first_number = first_number;
  piece.ids = rows.Find(features::kEventIdColumn);
  piece.flags.assign(static_cast<size_t>((layout.flag_bits() + 63) / 64), std::vector<uint64_t>(rows.rows, 0));
  for (size_t i = 0; i < layout.arguments().size(); ++i) {
    const int flag = layout.argument_flag(static_cast<int>(i));
    WithColumn(*layout.arguments()[i].scalar, rows, [&](const data::Column& column, bool stays) {
      const size_t made = piece.made.size();
      AddValues(column, stays, strings, &piece);
      if (piece.made.size() > made) piece.values.push_back(piece.made.back().data());
      FillFlag(flag, flag / 64, rows.rows, &piece.flags, [&](size_t row) { return !column.IsNull(row); });
    });
  }
  for (size_t i = 0; i < layout.conditions().size(); ++i) {
    const int flag = layout.condition_flag(static_cast<int>(i));
    WithColumn(*layout.conditions()[i].scalar, rows, [&](const data::Column& column, bool) {
      FillFlag(flag, flag / 64, rows.rows, &piece.flags,
               [&](size_t row) { return !column.IsNull(row) && column.Int(row) != 0; });
    });
  }
  if (AllSet(layout, piece)) piece.flags.clear();
  return piece;
}

std::vector<SpreadSegment> Spread(const TableLayout& layout, const EncodedPiece& piece, size_t begin, size_t end,
                                  int partition_bits, BulkKeys* keys) {
  const KeyWords words = keys->Intern(KeyColumns(layout.entity(), *piece.batch), begin, end);
  return Spreader(piece, begin, PlacesOf(piece, words, begin, partition_bits)).Run(words);
}

int64_t BulkSegment::bytes() const {
  const size_t ids = has_ids ? id_bytes.capacity() + size_t{rows} * sizeof(uint32_t) : 0;
  return static_cast<int64_t>(sizeof(BulkSegment) + size_t{columns} * rows * sizeof(uint64_t) + ids);
}

void BulkSegment::AppendTo(std::string* out) const {
  SegmentHeader header;
  header.rows = rows;
  header.columns = columns;
  header.has_known = has_known ? 1 : 0;
  header.has_flags = has_flags ? 1 : 0;
  header.has_ids = has_ids ? 1 : 0;
  header.delay = delay;
  header.first_number = first_number;
  header.id_bytes = id_bytes.size();
  const size_t at = out->size();
  out->append(reinterpret_cast<const char*>(&header), sizeof(header));
  out->append(reinterpret_cast<const char*>(words.get()), size_t{columns} * rows * sizeof(uint64_t));
  if (has_ids) out->append(reinterpret_cast<const char*>(id_ends.get()), size_t{rows} * sizeof(uint32_t));
  out->append(id_bytes);
  header.checksum = base::Crc32c(std::string_view(*out).substr(at));
  std::memcpy(out->data() + at, &header, sizeof(header));
}

base::Result<BulkSegment> BulkSegment::Parse(std::string_view* bytes) {
  const auto damaged = [] { return base::DataLoss("Scratch file is damaged: its segments do not check."); };
  SegmentHeader header;
  if (bytes->size() < sizeof(header)) return damaged();
  std::memcpy(&header, bytes->data(), sizeof(header));
  const size_t words = size_t{header.columns} * header.rows * sizeof(uint64_t);
  const size_t ends = header.has_ids != 0 ? size_t{header.rows} * sizeof(uint32_t) : 0;
  if (header.magic != kMagic || header.columns > (1U << 20) || header.id_bytes > bytes->size()) return damaged();
  const size_t size = sizeof(header) + words + ends + header.id_bytes;
  if (size > bytes->size()) return damaged();
  SegmentHeader unsigned_header = header;
  unsigned_header.checksum = 0;
  const std::string_view head(reinterpret_cast<const char*>(&unsigned_header), sizeof(unsigned_header));
  const std::string_view body = bytes->substr(sizeof(header), size - sizeof(header));
  if (base::Crc32c(body, base::Crc32c(head)) != header.checksum) return damaged();
  BulkSegment segment;
  segment.rows = header.rows;
  segment.columns = header.columns;
  segment.has_known = header.has_known != 0;
  segment.has_flags = header.has_flags != 0;
  segment.has_ids = header.has_ids != 0;
  segment.delay = header.delay;
  segment.first_number = header.first_number;
  segment.words = std::make_unique_for_overwrite<uint64_t[]>(words / sizeof(uint64_t));
  std::memcpy(segment.words.get(), body.data(), words);
  if (segment.has_ids) {
    segment.id_ends = std::make_unique_for_overwrite<uint32_t[]>(header.rows);
    std::memcpy(segment.id_ends.get(), body.data() + words, ends);
    segment.id_bytes = body.substr(words + ends);
  }
  bytes->remove_prefix(size);
  return segment;
}

}  // namespace plumb::engine
