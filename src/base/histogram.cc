#include "base/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace plumb::base {

void Histogram::Record(int64_t value, int64_t count) {
  value = std::max<int64_t>(value, 0);
  AddToBucket(BucketOf(value), count);
  AddToSum(value * count);
}

void Histogram::Merge(const Histogram& other) {
  for (size_t i = 0; i < other.buckets_.size(); ++i) AddToBucket(i, other.buckets_[i]);
  AddToSum(other.sum_);
}

double Histogram::Mean() const { return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_); }

int64_t Histogram::ValueAtQuantile(double quantile) const {
  if (count_ == 0) return 0;
  const double wanted = std::ceil(std::clamp(quantile, 0.0, 1.0) * static_cast<double>(count_));
  const auto rank = std::clamp<int64_t>(static_cast<int64_t>(wanted), 1, count_);
  int64_t passed = 0;
  size_t bucket = 0;
  while ((passed += buckets_[bucket]) < rank) ++bucket;
  return Middle(bucket);
}

int64_t Histogram::CountAtOrBelow(int64_t value) const {
  if (value < 0) return 0;
  const size_t end = std::min(BucketOf(value) + 1, buckets_.size());
  int64_t below = 0;
  for (size_t i = 0; i < end; ++i) below += buckets_[i];
  return below;
}

size_t Histogram::BucketOf(int64_t value) {
  const auto bits = static_cast<uint64_t>(std::max<int64_t>(value, 0));
  // The shift that leaves kSubBucketBits + 1 bits; below 2^(kSubBucketBits + 1) nothing is lost.
  const int shift = std::max(static_cast<int>(std::bit_width(bits)) - kSubBucketBits - 1, 0);
  return (static_cast<size_t>(shift) << kSubBucketBits) + static_cast<size_t>(bits >> shift);
}

int64_t Histogram::LowerEnd(size_t bucket) {
  constexpr size_t kExact = size_t{2} << kSubBucketBits;
  if (bucket < kExact) return static_cast<int64_t>(bucket);
  const size_t shift = (bucket >> kSubBucketBits) - 1;
  const size_t mantissa = bucket - (shift << kSubBucketBits);
  return static_cast<int64_t>(uint64_t{mantissa} << shift);
}

int64_t Histogram::Middle(size_t bucket) {
  constexpr size_t kExact = size_t{2} << kSubBucketBits;
  if (bucket < kExact) return static_cast<int64_t>(bucket);
  const size_t shift = (bucket >> kSubBucketBits) - 1;
  return LowerEnd(bucket) + (int64_t{1} << (shift - 1));
}

void Histogram::AddToBucket(size_t bucket, int64_t count) {
  if (count == 0) return;
  if (bucket >= buckets_.size()) buckets_.resize(bucket + 1);
  buckets_[bucket] += count;
  count_ += count;
}

}  // namespace plumb::base
