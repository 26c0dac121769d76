// exact_wide_sum.h: sums of integers of up to 128 bits (decimals), in 192 bits, and their quotients rounded once.
//
// Why: a decimal of 38 digits leaves only a bit of 127 to spare, and the sum of a window may pass through values that
// the result does not have. With 64 bits more the way cannot overflow, only the answer.
//
// Thread safety: a value. Invariant: equal contents give an equal sum, in any order of Add, Remove, Merge, Subtract.
//
//   ExactWideSum sum;                              // from exact_wide_sum_test.cc
//   sum.Add(kDecimalMax); sum.Add(1); sum.Remove(2);
//   sum.Fits(38, &value);                          // true, kDecimalMax - 1
#pragma once

#include <cstdint>

namespace plumb::stats {

class ExactWideSum {
 public:
  using Int128 = __int128;

  void Add(Int128 x) { AddLimbs(static_cast<Uint128>(x), x < 0 ? -1 : 0); }
  void Remove(Int128 x);
  void Merge(const ExactWideSum& other) { AddLimbs(other.low_, other.high_); }
  void Subtract(const ExactWideSum& other);

  // Whether |sum| < 10^digits; then it is stored. Requires: 1 ≤ digits ≤ 38.
  bool Fits(int digits, Int128* value) const;

  // The exact sum divided by count * 10^scale, rounded once. Requires: count > 0, 0 ≤ scale ≤ 38.
  [[nodiscard]] double Mean(int64_t count, int scale) const;

  friend bool operator==(const ExactWideSum&, const ExactWideSum&) = default;

 private:
  using Uint128 = unsigned __int128;
  void AddLimbs(Uint128 low, int64_t high) {
    const Uint128 before = low_;
    low_ += low;
    high_ += high + (low_ < before ? 1 : 0);
  }

  Uint128 low_ = 0;  // two's complement of 192 bits
  int64_t high_ = 0;
};

// 10^exponent. Requires: 0 ≤ exponent ≤ 38.
__int128 PowerOfTen(int exponent);

// value / (count * 10^scale), rounded once: the nearest double of a decimal, or of a mean of decimals.
double RoundedQuotient(__int128 value, int64_t count, int scale);

}  // namespace plumb::stats
