// big_magnitude.h: natural numbers of a few thousand bits, only as large as exact sums and their moments need.
//
// Why: Mean, variance and standard deviation are quotients and roots of exact sums, rounded once. They need a product,
// a difference and a division of long integers, and one place that rounds to double.
//
// Thread safety: values. No heap. Invariant: size counts limbs; the top one is not zero, so zero has size 0.
#pragma once

#include <array>
#include <cstdint>

namespace plumb::stats::internal {

// (-1)^negative * sum of limbs[i] * 2^(64 * (lowest + i)), plus, if `inexact`, something below the lowest limb's unit.
struct BigMagnitude {
  static constexpr int kLimbsMax = 160;  // Twice the limbs of a sum of squares over the whole range, and room to carry.

  std::array<uint64_t, kLimbsMax> limbs;  // Not initialised beyond size.
  int size = 0;
  int lowest = 0;
  bool negative = false;
  bool inexact = false;

  void Trim();  // Drops zero limbs at the top.
  void MultiplyBy(uint64_t factor);
  void DivideBy(uint64_t divisor);  // Floors; a remainder sets inexact.
  // Keeps or pads to exactly `count` limbs, counted from the top; what is dropped sets inexact. No effect on zero.
  void KeepTop(int count);
};

BigMagnitude Square(const BigMagnitude& x);

// a - b of two exact magnitudes, signs ignored; the result carries the sign of the difference.
BigMagnitude Difference(const BigMagnitude& a, const BigMagnitude& b);

// The largest r with r^2 <= x.
uint64_t FloorSqrt(unsigned __int128 x);

// The square root to at least 64 bits, the rest in `inexact`. Requires: x is not negative.
BigMagnitude SquareRoot(const BigMagnitude& x);

// The nearest double, ties to even; ±infinity beyond the range, subnormals where they belong, +0 for zero.
double RoundToDouble(const BigMagnitude& x);

}  // namespace plumb::stats::internal
