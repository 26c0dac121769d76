// exact_int_sum.h: the sum of 64-bit integers, in 128 bits, so that only the answer can overflow and never the way to
// it.
//
// Why: a window's sum is a difference of prefixes; the prefixes may leave the range of int64 although the window does
// not. 128 bits hold 2^64 values of any size. Used for int64 and for decimals of up to 18 digits.
//
// Thread safety: a value. Invariant: equal contents give an equal sum, whatever the order of Add, Remove, Merge,
// Subtract.
//
//   ExactIntSum sum;                               // from exact_int_sum_test.cc
//   sum.Add(INT64_MAX); sum.Add(1); sum.Remove(2);
//   sum.ToInt64().value();                         // INT64_MAX - 1
#pragma once

#include <cstdint>

#include "base/status.h"

namespace plumb::stats {

class ExactIntSum {
 public:
  using Int128 = __int128;

  void Add(int64_t x) { sum_ += x; }
  void Remove(int64_t x) { sum_ -= x; }
  void Merge(const ExactIntSum& other) { sum_ += other.sum_; }
  void Subtract(const ExactIntSum& other) { sum_ -= other.sum_; }

  [[nodiscard]] Int128 value() const { return sum_; }

  // kInvalidArgument if the sum is outside int64.
  [[nodiscard]] base::Result<int64_t> ToInt64() const;

  // The nearest double, ties to even.
  [[nodiscard]] double ToDouble() const;

  // The exact sum divided by `count`, rounded once. Requires: count > 0.
  [[nodiscard]] double Mean(int64_t count) const;

  friend bool operator==(const ExactIntSum&, const ExactIntSum&) = default;

 private:
  Int128 sum_ = 0;
};

}  // namespace plumb::stats
