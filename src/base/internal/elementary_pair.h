// elementary_pair.h: unevaluated sums of two doubles, for elementary*.cc only.
//
// Why: a logarithm that is multiplied by 700, or an exponential from which 1 is subtracted, needs more than 53 bits on
// the way. The exact sum of two doubles is Knuth's (TAOCP 2, 4.2.2), the exact product Veltkamp's and Dekker's (1971);
// both hold for rounding to nearest without overflow: |a|, |b| < 2^500, products above 2^-960.
#pragma once

#include <bit>
#include <cstdint>

#include "base/internal/elementary_tables.h"

namespace plumb::base::elementary {

using elementary_tables::Pair;

inline constexpr double kNan = std::bit_cast<double>(uint64_t{0x7ff8000000000000});
inline constexpr double kInfinity = std::bit_cast<double>(uint64_t{0x7ff0000000000000});
inline constexpr double kRoundToInteger = 0x1.8p52;  // Adding and subtracting it rounds |x| < 2^51 to an integer.

inline uint64_t Bits(double x) { return std::bit_cast<uint64_t>(x); }
inline double Absolute(double x) { return std::bit_cast<double>(Bits(x) & 0x7fffffffffffffff); }
inline bool IsNegative(double x) { return (Bits(x) >> 63) != 0; }

// 2^k, -1022 <= k <= 1023.
inline double PowerOfTwo(int k) { return std::bit_cast<double>(static_cast<uint64_t>(k + 1023) << 52); }

inline Pair AddExactly(double a, double b) {
  const double sum = a + b;
  const double part = sum - a;
  return {sum, (a - (sum - part)) + (b - part)};
}

// The same, three operations cheaper. Requires: |a| >= |b| or a == 0.
inline Pair AddOrdered(double a, double b) {
  const double sum = a + b;
  return {sum, b - (sum - a)};
}

inline Pair MultiplyExactly(double a, double b) {
  constexpr double kSplitter = 134217729.0;  // 2^27 + 1
  const double a_scaled = a * kSplitter, b_scaled = b * kSplitter;
  const double a_high = a_scaled - (a_scaled - a), b_high = b_scaled - (b_scaled - b);
  const double a_low = a - a_high, b_low = b - b_high;
  const double product = a * b;
  return {product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low};
}

inline Pair Multiply(Pair a, Pair b) {
  const Pair product = MultiplyExactly(a.high, b.high);
  return AddOrdered(product.high, product.low + (a.high * b.low + a.low * b.high));
}

// a / b to about 100 bits.
inline Pair Divide(Pair a, Pair b) {
  const double quotient = a.high / b.high;
  const Pair back = MultiplyExactly(quotient, b.high);
  const double rest = ((a.high - back.high) - back.low) + (a.low - quotient * b.low);
  return AddOrdered(quotient, rest / b.high);
}

// ln(x + x_low) to about 66 bits. Requires: x positive and finite, |x_low| <= ulp(x) / 2.
Pair LogOfPair(double x, double x_low);

// e^(x + x_low) = (high + low) * 2^exponent to about 62 bits; high in [1, 2). Requires: |x| < 800, x_low small beside
// 2^-20.
struct ScaledPair {
  Pair value;
  int exponent;
};
ScaledPair ExpOfPair(double x, double x_low);

// value * 2^exponent, rounded once, also where the result is subnormal or overflows. Requires: 0.9 < high < 2.1.
double ScaleAndRound(ScaledPair x);

}  // namespace plumb::base::elementary
