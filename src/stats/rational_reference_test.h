// rational_reference_test.h: exact rational arithmetic by GMP, the reference of the exact sums' tests.
#pragma once

#include <gmpxx.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace plumb::stats {

// 2^k for any sign of k.
inline mpq_class PowerOfTwo(int64_t k) {
  mpz_class power;
  mpz_ui_pow_ui(power.get_mpz_t(), 2, static_cast<unsigned long>(k < 0 ? -k : k));
  return k < 0 ? mpq_class(mpz_class(1), power) : mpq_class(power);
}

inline mpz_class FloorOf(const mpq_class& x) {
  mpz_class floor;
  mpz_fdiv_q(floor.get_mpz_t(), x.get_num_mpz_t(), x.get_den_mpz_t());
  return floor;
}

// floor(log2(x)) of a positive rational.
inline int64_t ExponentOf(const mpq_class& x) {
  int64_t exponent = static_cast<int64_t>(mpz_sizeinbase(x.get_num_mpz_t(), 2)) -
                     static_cast<int64_t>(mpz_sizeinbase(x.get_den_mpz_t(), 2));
  while (PowerOfTwo(exponent) > x) exponent--;
  while (PowerOfTwo(exponent + 1) <= x) exponent++;
  return exponent;
}

// The nearest double, ties to even, from the definition.
inline double NearestDouble(const mpq_class& x) {
  if (x == 0) return 0;
  if (x < 0) return -NearestDouble(-x);
  const int64_t unit = std::max<int64_t>(ExponentOf(x), -1022) - 52;
  const mpq_class scaled = x * PowerOfTwo(-unit);
  mpz_class mantissa = FloorOf(scaled);
  const mpq_class rest = scaled - mantissa;
  const mpq_class half(1, 2);
  if (rest > half || (rest == half && mpz_odd_p(mantissa.get_mpz_t()))) mantissa += 1;
  if (unit > 1100) return std::numeric_limits<double>::infinity();
  return std::ldexp(mantissa.get_d(), static_cast<int>(unit));
}

// The double nearest to the root of a rational that is not negative, ties to even.
inline double NearestRoot(const mpq_class& x) {
  if (x == 0) return 0;
  const int64_t unit = std::max<int64_t>(ExponentOf(x) >> 1, -1022) - 52;
  const mpq_class scaled = x * PowerOfTwo(-2 * unit);
  mpz_class root = sqrt(FloorOf(scaled));
  const mpq_class middle = mpq_class(root) + mpq_class(1, 2);
  const mpq_class tie = middle * middle;
  if (scaled > tie || (scaled == tie && mpz_odd_p(root.get_mpz_t()))) root += 1;
  return std::ldexp(root.get_d(), static_cast<int>(unit));
}

}  // namespace plumb::stats
