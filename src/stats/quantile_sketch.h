// quantile_sketch.h: quantiles of doubles to a relative error of 1/128, in a few words per order of magnitude.
//
// Why: the exact median of a window needs all its values; a feature needs it in a few hundred bytes, mergeable, and
// with the same bits whichever way the events came. Counts of fixed buckets give that: they depend on the multiset
// only.
//
// How: DDSketch (C. Masson, J. Rim and H. Lee, VLDB 2019) without its logarithm and without its collapsing: the bucket
// is the sign, the exponent and the top six bits of the mantissa, 64 buckets an octave, and the range is fixed. A value
// x with 2^-64 <= |x| < 2^64 is answered within |x| / 128. Below the range there is one bucket around zero, answered as
// 0; above it the outermost finite bucket takes all. Infinities have buckets of their own; NaN has the last, so it
// counts as larger than everything. -0 is 0.
//
// Thread safety: none needed for const use; one writer otherwise. Invariants: entries are sorted by index and have no
// zero counts, so two sketches of the same multiset are equal, whatever was added, removed, merged or subtracted on the
// way. What was never added can be taken out (differences may pass below zero); a question then has no meaning.
//
//   QuantileSketch sketch;                         // from quantile_sketch_test.cc
//   for (int i = 1; i <= 100; i++) sketch.Add(i);
//   sketch.Quantile(0.5);                          // 50.25, the middle of [50, 50.5), where the 50th of 100 is
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace plumb::stats {

class QuantileSketch {
 public:
  static constexpr int kBucketBits = 6;                        // 64 buckets an octave
  static constexpr int kExponentMin = -64, kExponentMax = 63;  // 2^-64 <= |x| < 2^64
  static constexpr double kRelativeError = 1.0 / 128;
  // Zero is 0, positive values 1 to kFiniteIndexMax, then infinity, then NaN; negative values mirror positive ones.
  static constexpr int32_t kFiniteIndexMax = (kExponentMax - kExponentMin + 1) << kBucketBits;
  static constexpr int32_t kInfinityIndex = kFiniteIndexMax + 1;
  static constexpr int32_t kNanIndex = kFiniteIndexMax + 2;

  struct Entry {
    int64_t index : 16;
    int64_t count : 48;
    friend bool operator==(const Entry&, const Entry&) = default;
  };

  // Ordered as the values: x < y implies IndexOf(x) <= IndexOf(y).
  static int32_t IndexOf(double x);
  // The middle of the bucket. Requires: -kInfinityIndex <= index <= kNanIndex.
  static double ValueOf(int32_t index);

  // O(log buckets) for a bucket that is there, O(buckets) for a new one. The counts of a bucket stay below 2^47.
  void Add(double x) { Add(IndexOf(x), 1); }
  void Remove(double x) { Add(IndexOf(x), -1); }
  void Add(int32_t index, int64_t count);

  // O(buckets of both). Associative and commutative.
  void Merge(const QuantileSketch& other) { Combine(other, 1); }
  void Subtract(const QuantileSketch& other) { Combine(other, -1); }

  // Back to nothing; keeps the memory.
  void Clear() {
    entries_.clear();
    count_ = 0;
  }

  [[nodiscard]] int64_t count() const { return count_; }
  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] std::span<const Entry> entries() const { return entries_; }
  [[nodiscard]] size_t MemoryBytes() const { return entries_.capacity() * sizeof(Entry); }

  // The middle of the bucket of the element of rank ceil(q * n) of the n in ascending order, at least 1 and at most n
  // (PostgreSQL's percentile_disc); q * n is one multiplication of doubles, rounded to nearest.
  // Requires: count() > 0, 0 <= q <= 1.
  [[nodiscard]] double Quantile(double q) const;
  // The same of the rank itself. Requires: 1 <= rank <= count().
  [[nodiscard]] double ValueAtRank(int64_t rank) const;

  friend bool operator==(const QuantileSketch&, const QuantileSketch&) = default;

 private:
  void Combine(const QuantileSketch& other, int64_t sign);

  std::vector<Entry> entries_;
  int64_t count_ = 0;
};

inline int32_t QuantileSketch::IndexOf(double x) {
  constexpr int kShift = 52 - kBucketBits;
  constexpr int32_t kBelow = ((1023 + kExponentMin) << kBucketBits) - 1;  // The code just below the range.
  constexpr uint64_t kInfinityBits = uint64_t{0x7ff} << 52;
  const uint64_t bits = std::bit_cast<uint64_t>(x), magnitude = bits << 1 >> 1;
  int32_t index = static_cast<int32_t>(magnitude >> kShift) - kBelow;
  if (index <= 0) return 0;
  if (index > kFiniteIndexMax) [[unlikely]] {
    if (magnitude > kInfinityBits) return kNanIndex;
    index = magnitude == kInfinityBits ? kInfinityIndex : kFiniteIndexMax;
  }
  return bits >> 63 != 0 ? -index : index;
}

}  // namespace plumb::stats
