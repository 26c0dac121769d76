// histogram.h: a histogram of non-negative integers with a bounded relative error (an HDR histogram).
//
// Why: latencies span nanoseconds to minutes, and a p999 must be right at both ends without knowing the range before.
//
// How: log-linear buckets (Gil Tene's HdrHistogram): values below 64 have a bucket each; above, every power of two is
// cut into 32 equal buckets. A bucket is at most 1/32 of its lower end wide and stands for its middle, so that every
// reported value is within 1/64 of a recorded one. 1,888 buckets cover all of int64.
//
// Thread safety: none needed for const use; one writer otherwise.
// Invariants: count() is the sum of the buckets; Merge is associative and commutative; negative values count as 0.
//
//   Histogram latency;                              // from histogram_test.cc
//   latency.Record(1'000'000);
//   latency.ValueAtQuantile(0.99);                  // 1'000'000, within 1/64
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace plumb::base {

class Histogram {
 public:
  static constexpr int kSubBucketBits = 5;
  static constexpr size_t kBuckets = (64 - 1 - kSubBucketBits + 1) << kSubBucketBits;

  void Record(int64_t value, int64_t count = 1);
  void Merge(const Histogram& other);

  [[nodiscard]] int64_t count() const { return count_; }
  [[nodiscard]] int64_t sum() const { return sum_; }  // of the values themselves, exact until it overflows int64
  [[nodiscard]] double Mean() const;                  // 0 when empty

  // The smallest recorded value with at least the share `quantile` (0 to 1) of all values at or below it, within 1/64;
  // 0 when empty.
  [[nodiscard]] int64_t ValueAtQuantile(double quantile) const;
  // How many values are at or below `value`, which counts as the upper end of its bucket.
  [[nodiscard]] int64_t CountAtOrBelow(int64_t value) const;

  // The bucket of a value, and what it stands for.
  static size_t BucketOf(int64_t value);
  static int64_t LowerEnd(size_t bucket);
  static int64_t Middle(size_t bucket);

  // For who keeps the buckets elsewhere (metrics.h). `value_sum` is added to sum().
  void AddToBucket(size_t bucket, int64_t count);
  void AddToSum(int64_t value_sum) { sum_ += value_sum; }

 private:
  int64_t count_ = 0;
  int64_t sum_ = 0;
  std::vector<int64_t> buckets_;  // as many as were needed so far
};

}  // namespace plumb::base
