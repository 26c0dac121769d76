#include "engine/bulk_rows.h"

#include <algorithm>

namespace plumb::engine {
namespace {

void AddFlag(const BulkRows& rows, int flag, RowFilter* filter) {
  const uint64_t* words = rows.partition->flags(flag / 64);
  if (words == nullptr) return;
  words += rows.begin;
  const int i = filter->flags[0] == nullptr || filter->flags[0] == words ? 0 : 1;
  filter->flags[i] = words;
  filter->masks[i] |= TableLayout::FlagMask(flag);
}

}  // namespace

RowFilter FilterOf(const TableLayout& layout, const BulkRows& rows, int argument, int condition) {
  RowFilter filter;
  if (argument >= 0) AddFlag(rows, layout.argument_flag(argument), &filter);
  if (condition >= 0) AddFlag(rows, layout.condition_flag(condition), &filter);
  return filter;
}

uint32_t SeekTime(const base::Time* times, uint32_t rows, uint32_t hint, base::Time time) {
  uint32_t low = hint, high = hint;  // the answer lies in [low, high] once both are found
  if (hint < rows && times[hint] < time) {
    uint32_t step = 1;
    for (; high < rows && times[high] < time; step *= 2) {
      low = high + 1;
      high = rows - high > step ? high + step : rows;
    }
  } else {
    uint32_t step = 1;
    for (; low > 0 && times[low - 1] >= time; step *= 2) {
      high = low - 1;
      low = low > step ? low - step : 0;
    }
  }
  return static_cast<uint32_t>(std::lower_bound(times + low, times + high, time) - times);
}

void RangeMax::Build(std::vector<int64_t>* values) {
  values_.swap(*values);
  const size_t rows = values_.size();
  blocks_ = (rows + kBlock - 1) / kBlock;
  if (blocks_ < 2) return;
  from_left_.resize(rows);
  from_right_.resize(rows);
  sparse_.resize(blocks_);
  for (size_t block = 0; block < blocks_; ++block) {
    const size_t begin = block * kBlock, end = std::min(rows, begin + kBlock);
    int64_t most = kNone;
    for (size_t i = begin; i < end; ++i) from_left_[i] = most = std::max(most, values_[i]);
    sparse_[block] = most;
    most = kNone;
    for (size_t i = end; i-- > begin;) from_right_[i] = most = std::max(most, values_[i]);
  }
  for (size_t level = 1; (size_t{1} << level) <= blocks_; ++level) {
    const size_t before = (level - 1) * blocks_, half = size_t{1} << (level - 1);
    sparse_.resize((level + 1) * blocks_);
    for (size_t block = 0; block + 2 * half <= blocks_; ++block) {
      sparse_[level * blocks_ + block] = std::max(sparse_[before + block], sparse_[before + block + half]);
    }
  }
}

int64_t RangeMax::Max(uint32_t begin, uint32_t end) const {
  if (begin >= end) return kNone;
  const uint32_t first = begin >> kBlockBits, last = (end - 1) >> kBlockBits;
  if (first == last) return *std::max_element(values_.begin() + begin, values_.begin() + end);
  int64_t most = std::max(from_right_[begin], from_left_[end - 1]);
  const uint32_t between = last - first - 1;
  if (between > 0) {
    const int level = 31 - std::countl_zero(between);
    const int64_t* row = sparse_.data() + static_cast<size_t>(level) * blocks_;
    most = std::max({most, row[first + 1], row[last - (1U << level)]});
  }
  return most;
}

}  // namespace plumb::engine
