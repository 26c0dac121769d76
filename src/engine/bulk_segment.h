// bulk_segment.h: rows of one piece of a source that belong to one partition of a table, column by column, in order of
// arrival; and the encoding of a piece into segments.
//
// Why: a partition is small enough for a core's cache, so rows are spread over partitions as they are read and put in
// order there. What is the same for all rows is not kept: known_at at a constant distance from event_time, flags that
// are all set.
//
// Thread safety: values; encoding runs on any number of threads.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/bulk_keys.h"
#include "engine/table_layout.h"

namespace plumb::engine {

// Columns of a segment: key, event_time, known_at if has_known, row number if has_ids, one a value, one a flag word if
// has_flags.
struct BulkSegment {
  uint32_t rows = 0;
  uint32_t columns = 0;
  uint64_t first_number = 0;  // of the piece's rows it was made of; orders segments
  bool has_known = false, has_flags = false, has_ids = false;
  base::Duration delay = 0;             // known_at − event_time of every row, without has_known
  std::unique_ptr<uint64_t[]> words;    // column by column
  std::string id_bytes;                 // has_ids: the event_ids, one after the other
  std::unique_ptr<uint32_t[]> id_ends;  // where each ends

  [[nodiscard]] const uint64_t* Column(size_t column) const { return words.get() + column * rows; }
  [[nodiscard]] uint64_t* Column(size_t column) { return words.get() + column * rows; }
  [[nodiscard]] size_t known_column() const { return 2; }
  [[nodiscard]] size_t number_column() const { return 2 + (has_known ? 1 : 0); }
  [[nodiscard]] size_t value_column() const { return number_column() + (has_ids ? 1 : 0); }
  [[nodiscard]] std::string_view Id(size_t row) const {
    const uint32_t begin = row == 0 ? 0 : id_ends[row - 1];
    return std::string_view(id_bytes).substr(begin, id_ends[row] - begin);
  }
  [[nodiscard]] int64_t bytes() const;

  // The bytes of a segment, with a checksum; Parse takes one off the front. For scratch files of this process only:
  // words may be addresses.
  void AppendTo(std::string* out) const;
  static base::Result<BulkSegment> Parse(std::string_view* bytes);
};

// A piece's rows as columns, before they are spread.
struct EncodedPiece {
  size_t rows = 0;
  std::vector<const uint64_t*> values;  // one an argument of the layout; columns of the batch, or `made`
  std::vector<std::vector<uint64_t>> made;
  std::vector<std::vector<uint64_t>> flags;  // flag words; empty if all are set
  const data::Batch* batch = nullptr;
  const data::Column* ids = nullptr;  // of sources whose rows have ids
  uint64_t first_number = 0;          // row number of row 0
};

// Arguments and conditions of all rows. `strings` keeps the values that are bytes.
EncodedPiece EncodePiece(const TableLayout& layout, const data::Batch& rows, uint64_t first_number,
                         BulkStrings* strings);

// Rows [begin, end) in partitions; rows with a null key, and those that are no event (no event_time, deleted), are left
// out.
struct SpreadSegment {
  uint32_t partition = 0;
  BulkSegment segment;
};
std::vector<SpreadSegment> Spread(const TableLayout& layout, const EncodedPiece& piece, size_t begin, size_t end,
                                  int partition_bits, BulkKeys* keys);

}  // namespace plumb::engine
