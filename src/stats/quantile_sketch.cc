#include "stats/quantile_sketch.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.h"

namespace plumb::stats {

double QuantileSketch::ValueOf(int32_t index) {
  PLUMB_CHECK(index >= -kInfinityIndex && index <= kNanIndex, "A bucket of a quantile sketch exists.");
  constexpr int kShift = 52 - kBucketBits;
  if (index == 0) return 0;
  if (index == kNanIndex) return std::numeric_limits<double>::quiet_NaN();
  const int32_t magnitude = std::abs(index);
  double middle = std::numeric_limits<double>::infinity();
  if (magnitude != kInfinityIndex) {
    const auto code = static_cast<uint64_t>(((1023 + kExponentMin) << kBucketBits) + magnitude - 1);
    middle = std::bit_cast<double>((code << kShift) | (uint64_t{1} << (kShift - 1)));
  }
  return index < 0 ? -middle : middle;
}

void QuantileSketch::Add(int32_t index, int64_t count) {
  if (count == 0) return;
  count_ += count;
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), index,
                                   [](const Entry& entry, int32_t wanted) { return entry.index < wanted; });
  if (at == entries_.end() || at->index != index) {
    entries_.insert(at, Entry{index, count});
  } else if (at->count + count == 0) {
    entries_.erase(at);
  } else {
    at->count += count;
  }
}

void QuantileSketch::Combine(const QuantileSketch& other, int64_t sign) {
  if (&other == this) {
    const QuantileSketch copy = other;
    return Combine(copy, sign);
  }
  // From the back, so that the merge needs no second vector: what is left of `mine` never passes the write position.
  size_t mine = entries_.size(), theirs = other.entries_.size();
  entries_.resize(mine + theirs);
  size_t write = entries_.size();
  bool has_zero = false;
  while (theirs > 0) {
    const Entry& next = other.entries_[theirs - 1];
    if (mine > 0 && entries_[mine - 1].index > next.index) {
      entries_[--write] = entries_[--mine];
      continue;
    }
    Entry sum{next.index, sign * next.count};
    if (mine > 0 && entries_[mine - 1].index == next.index) sum.count += entries_[--mine].count;
    entries_[--write] = sum;
    has_zero |= sum.count == 0;
    theirs--;
  }
  entries_.erase(entries_.begin() + static_cast<ptrdiff_t>(mine), entries_.begin() + static_cast<ptrdiff_t>(write));
  if (has_zero) std::erase_if(entries_, [](const Entry& entry) { return entry.count == 0; });
  count_ += sign * other.count_;
}

double QuantileSketch::Quantile(double q) const {
  PLUMB_CHECK(q >= 0 && q <= 1, "A quantile is between 0 and 1.");
  PLUMB_CHECK(count_ > 0, "A quantile needs values.");
  const double wanted = std::ceil(q * static_cast<double>(count_));
  // A double above 2^53 may round up beyond the count.
  const int64_t rank = wanted >= static_cast<double>(count_) ? count_ : static_cast<int64_t>(wanted);
  return ValueAtRank(std::max<int64_t>(rank, 1));
}

double QuantileSketch::ValueAtRank(int64_t rank) const {
  PLUMB_CHECK(rank >= 1 && rank <= count_, "A rank is between 1 and the number of values.");
  int64_t below = 0;
  for (const Entry& entry : entries_) {
    below += entry.count;
    if (below >= rank) return ValueOf(static_cast<int32_t>(entry.index));
  }
  return ValueOf(static_cast<int32_t>(entries_.back().index));  // Only if more was removed than added.
}

}  // namespace plumb::stats
