// bulk_rows.h: the rows of one entity in a partition, and which of them a slot takes.
//
// Thread safety: a view of const data.
#pragma once

#include <bit>

#include "engine/bulk_partition.h"

namespace plumb::engine {

// Rows are numbered from 0 within the entity.
struct BulkRows {
  const BulkPartition* partition = nullptr;
  uint32_t begin = 0, rows = 0;
  const base::Time* times = nullptr;
  const base::Time* known_at = nullptr;  // null: times + delay
  base::Duration delay = 0;
  const base::Time* hidden_from = nullptr;  // null: no row is ever hidden

  [[nodiscard]] base::Time KnownAt(uint32_t row) const {
    return known_at != nullptr ? known_at[row] : times[row] + delay;
  }
  [[nodiscard]] bool IsClean(uint32_t row) const {
    return hidden_from == nullptr || hidden_from[row] == base::kTimeMax;
  }
  [[nodiscard]] bool IsVisible(uint32_t row, base::Time cut) const {
    return KnownAt(row) < cut && (hidden_from == nullptr || cut <= hidden_from[row]);
  }
  [[nodiscard]] const uint64_t* Values(int argument) const { return partition->values(argument) + begin; }
};

// Which rows have a value (or pass a condition): all bits of the masks are set.
struct RowFilter {
  const uint64_t* flags[2] = {nullptr, nullptr};
  uint64_t masks[2] = {0, 0};
  [[nodiscard]] bool takes_all() const { return flags[0] == nullptr; }
  [[nodiscard]] bool Takes(uint32_t row) const {
    return (flags[0] == nullptr || (flags[0][row] & masks[0]) == masks[0]) &&
           (flags[1] == nullptr || (flags[1][row] & masks[1]) == masks[1]);
  }
};

// Of an argument (or −1) and a condition (or −1).
RowFilter FilterOf(const TableLayout& layout, const BulkRows& rows, int argument, int condition);

// The first row in [from, rows) at or after `time`, searched outwards from `hint`.
uint32_t SeekTime(const base::Time* times, uint32_t rows, uint32_t hint, base::Time time);

// Extremes of any range of rows in constant time: blocks with maxima from either side, and a sparse table of blocks.
class RangeMax {
 public:
  static constexpr int64_t kNone = INT64_MIN;
  // Values to take the maximum of; kNone for rows that have none. Swaps the contents.
  void Build(std::vector<int64_t>* values);
  // Of [begin, end); kNone if that is empty.
  [[nodiscard]] int64_t Max(uint32_t begin, uint32_t end) const;

 private:
  static constexpr int kBlockBits = 5;
  static constexpr uint32_t kBlock = 1U << kBlockBits;
  std::vector<int64_t> values_, from_left_, from_right_;  // maxima within the block up to here, and from here on
  std::vector<int64_t> sparse_;                           // [level][block]: of 2^level blocks from here on
  size_t blocks_ = 0;
};

// Doubles and integers as integers in the same order; inverted for minima. NaN is RangeMax::kNone.
inline int64_t OrderedOfDouble(uint64_t word) {
  const auto bits = static_cast<int64_t>(word);
  const double value = std::bit_cast<double>(word);
  if (value != value) return RangeMax::kNone;
  return bits ^ static_cast<int64_t>(static_cast<uint64_t>(bits >> 63) >> 1);
}
inline uint64_t DoubleOfOrdered(int64_t ordered) {
  return static_cast<uint64_t>(ordered ^ static_cast<int64_t>(static_cast<uint64_t>(ordered >> 63) >> 1));
}

}  // namespace plumb::engine
