#include "engine/bulk_examples.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace plumb::engine {
namespace {

constexpr size_t kRowsPerTask = size_t{1} << 16;

bool IsBefore(const Example& a, const Example& b) {
  return std::tie(a.key, a.cut, a.time, a.row) < std::tie(b.key, b.cut, b.time, b.row);
}

}  // namespace

BulkExamples BulkExamples::Make(const std::vector<const data::Column*>& columns, std::span<const base::Time> times,
                                std::span<const base::Time> cuts, int partition_bits, BulkKeys* keys,
                                base::Executor& executor) {
  BulkExamples result;
  const size_t rows = times.size();
  std::vector<KeyWords> words((rows + kRowsPerTask - 1) / kRowsPerTask);
  executor.ParallelFor(words.size(), 1, [&](size_t begin, size_t end) {
    for (size_t task = begin; task < end; ++task) {
      words[task] = keys->Find(columns, task * kRowsPerTask, std::min(rows, (task + 1) * kRowsPerTask));
    }
  });
  std::vector<uint16_t> partition_of(rows);
  result.begins_.assign((size_t{1} << partition_bits) + 1, 0);
  const auto is_null = [&](size_t row) { return words[row / kRowsPerTask].IsNull(row % kRowsPerTask); };
  const auto key_of = [&](size_t row) { return words[row / kRowsPerTask].data()[row % kRowsPerTask]; };
  for (size_t row = 0; row < rows; ++row) {
    if (is_null(row)) {
      result.null_rows_.push_back(static_cast<uint32_t>(row));
      continue;
    }
    partition_of[row] = static_cast<uint16_t>(PartitionOf(key_of(row), partition_bits));
    ++result.begins_[partition_of[row] + size_t{1}];
  }
  std::partial_sum(result.begins_.begin(), result.begins_.end(), result.begins_.begin());
  std::vector<size_t> next(result.begins_.begin(), result.begins_.end() - 1);
  result.examples_.resize(result.begins_.back());
  for (size_t row = 0; row < rows; ++row) {
    if (is_null(row)) continue;
    result.examples_[next[partition_of[row]]++] = {key_of(row), cuts[row], times[row], static_cast<uint32_t>(row)};
  }
  executor.ParallelFor(result.partitions(), 1, [&](size_t begin, size_t end) {
    for (size_t partition = begin; partition < end; ++partition) {
      const auto from = result.examples_.begin() + static_cast<ptrdiff_t>(result.begins_[partition]);
      const auto to = result.examples_.begin() + static_cast<ptrdiff_t>(result.begins_[partition + 1]);
      if (!std::is_sorted(from, to, IsBefore)) std::sort(from, to, IsBefore);
    }
  });
  result.places_.assign(rows, kNoPlace);
  for (size_t i = 0; i < result.examples_.size(); ++i)
    result.places_[result.examples_[i].row] = static_cast<uint32_t>(i);
  return result;
}

}  // namespace plumb::engine
