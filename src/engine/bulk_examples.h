// bulk_examples.h: the rows of a question in the order in which they are answered: by partition, key, cut and time.
//
// Why: all rows of one entity are answered in one sweep over its events; several views with equal keys share the order.
//
// Thread safety: immutable once made.
#pragma once

#include <span>
#include <vector>

#include "base/executor.h"
#include "base/time.h"
#include "engine/bulk_keys.h"

namespace plumb::engine {

struct Example {
  uint64_t key = 0;
  base::Time cut = 0, time = 0;
  uint32_t row = 0;
};

class BulkExamples {
 public:
  // `columns` are the keys; null keys are in no partition. Requires: fewer than 2^32 rows.
  static BulkExamples Make(const std::vector<const data::Column*>& columns, std::span<const base::Time> times,
                           std::span<const base::Time> cuts, int partition_bits, BulkKeys* keys,
                           base::Executor& executor);

  [[nodiscard]] size_t partitions() const { return begins_.size() - 1; }
  // Sorted by key, cut, time.
  [[nodiscard]] std::span<const Example> InPartition(size_t partition) const {
    return std::span(examples_).subspan(begins_[partition], begins_[partition + 1] - begins_[partition]);
  }
  [[nodiscard]] size_t begin(size_t partition) const { return begins_[partition]; }
  [[nodiscard]] const std::vector<Example>& all() const { return examples_; }
  // Where the example of each row stands in all(); kNoPlace for one with a null key.
  static constexpr uint32_t kNoPlace = ~uint32_t{0};
  [[nodiscard]] const std::vector<uint32_t>& places() const { return places_; }
  [[nodiscard]] const std::vector<uint32_t>& null_rows() const { return null_rows_; }

 private:
  std::vector<Example> examples_;
  std::vector<size_t> begins_;
  std::vector<uint32_t> places_, null_rows_;
};

}  // namespace plumb::engine
