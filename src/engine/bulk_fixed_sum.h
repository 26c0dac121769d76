// bulk_fixed_sum.h: exact sums of the numbers of one entity in fixed point, as prefixes, so that any range of rows is a
// difference; and mean, variance and deviation of such a difference, rounded once.
//
// Why: stats::ExactSum covers all doubles and is 48 bytes. The numbers of one entity span few orders of magnitude, so
// two or three limbs of 64 bits hold any of their sums without rounding, and the answers need no long arithmetic. The
// bits are those of ExactSum: both round the exact value once. What does not fit (FixedForm::fits) is left to ExactSum.
//
// Thread safety: values and pure functions.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "stats/exact_sum.h"

namespace plumb::engine {

using Uint128 = unsigned __int128;

// Two's complement, least significant limb first, in units of 2^unit of its form.
struct FixedValue {
  uint64_t limbs[4] = {0, 0, 0, 0};
  [[nodiscard]] bool IsNegative() const { return static_cast<int64_t>(limbs[3]) < 0; }
};

// The unit and the number of limbs that hold any sum of up to `count` of the numbers seen.
class FixedForm {
 public:
  // NaN and infinities are not looked at.
  void See(double x) {
    const uint64_t bits = std::bit_cast<uint64_t>(x);
    const int exponent = static_cast<int>(bits >> 52) & 0x7ff;
    if ((bits << 1) == 0 || exponent == 0x7ff) return;
    SeeExponents((exponent == 0 ? 1 : exponent) - 1075, 53);
  }
  void See(int64_t x) {
    const uint64_t magnitude = x < 0 ? 0 - static_cast<uint64_t>(x) : static_cast<uint64_t>(x);
    if (magnitude != 0) SeeExponents(0, 64 - std::countl_zero(magnitude));
  }
  void Settle(uint64_t count);

  [[nodiscard]] bool fits() const { return limbs_ <= 4; }
  [[nodiscard]] bool squares_fit() const { return square_limbs_ <= 4; }
  [[nodiscard]] int unit() const { return unit_; }  // of squares: twice that
  [[nodiscard]] int limbs() const { return limbs_; }
  [[nodiscard]] int square_limbs() const { return square_limbs_; }

 private:
  void SeeExponents(int lowest, int width) {
    if (lowest < unit_) unit_ = lowest;
    if (lowest + width > top_) top_ = lowest + width;
  }

  static constexpr int kNone = 1 << 20;
  int unit_ = kNone, top_ = -kNone;
  int limbs_ = 2, square_limbs_ = 2;
};

// magnitude · 2^shift in units of the form.
struct FixedTerm {
  Uint128 magnitude = 0;
  int shift = 0;
  bool is_negative = false;
};

// Requires: x is finite and was seen by the form that gave `unit`.
inline FixedTerm TermOf(double x, int unit) {
  const uint64_t bits = std::bit_cast<uint64_t>(x);
  const int exponent = static_cast<int>(bits >> 52) & 0x7ff;
  const uint64_t fraction = bits & ((uint64_t{1} << 52) - 1);
  if (exponent == 0) return {fraction, fraction == 0 ? 0 : -1074 - unit, (bits >> 63) != 0};
  return {fraction | (uint64_t{1} << 52), exponent - 1075 - unit, (bits >> 63) != 0};
}
inline FixedTerm TermOf(int64_t x, int) {
  return {x < 0 ? 0 - static_cast<uint64_t>(x) : static_cast<uint64_t>(x), 0, x < 0};
}
inline FixedTerm SquareOf(const FixedTerm& term) {
  const auto narrow = static_cast<uint64_t>(term.magnitude);
  return {Uint128{narrow} * narrow, 2 * term.shift, false};
}

// limbs += (or −=) term, in `kLimbs` limbs.
template <int kLimbs>
inline void AddTerm(const FixedTerm& term, uint64_t* limbs) {
  if constexpr (kLimbs == 2) {
    const Uint128 shifted = term.magnitude << term.shift;
    const Uint128 signed_term = term.is_negative ? 0 - shifted : shifted;
    const Uint128 sum = ((Uint128{limbs[1]} << 64) | limbs[0]) + signed_term;
    limbs[0] = static_cast<uint64_t>(sum);
    limbs[1] = static_cast<uint64_t>(sum >> 64);
    return;
  }
  uint64_t part[kLimbs + 3] = {};
  const int word = term.shift >> 6, offset = term.shift & 63;
  const auto low = static_cast<uint64_t>(term.magnitude), high = static_cast<uint64_t>(term.magnitude >> 64);
  part[word] = low << offset;
  part[word + 1] = (high << offset) | ((low >> 1) >> (63 - offset));
  part[word + 2] = (high >> 1) >> (63 - offset);
  const uint64_t flip = term.is_negative ? ~uint64_t{0} : 0;
  uint64_t carry = flip & 1;
  for (int i = 0; i < kLimbs; ++i) {
    const Uint128 sum = Uint128{limbs[i]} + (part[i] ^ flip) + carry;
    limbs[i] = static_cast<uint64_t>(sum);
    carry = static_cast<uint64_t>(sum >> 64);
  }
}
void AddTerm(int limbs, const FixedTerm& term, FixedValue* value);  // to a value of so many limbs, and widened again

// high − low of two prefixes of `limbs` limbs.
inline FixedValue Difference(const uint64_t* high, const uint64_t* low, int limbs) {
  FixedValue value;
  uint64_t borrow = 0, sign = 0;
  for (int i = 0; i < 4; ++i) {
    if (i >= limbs) {
      value.limbs[i] = sign;
      continue;
    }
    const Uint128 rest = Uint128{high[i]} - low[i] - borrow;
    value.limbs[i] = static_cast<uint64_t>(rest);
    borrow = static_cast<uint64_t>(rest >> 64) & 1;
    sign = 0 - (value.limbs[i] >> 63);
  }
  return value;
}

// The nearest doubles, ties to even.
double RoundFixed(const FixedValue& sum, int unit);
double MeanOfFixed(const FixedValue& sum, int unit, uint64_t count);  // Requires: count > 0
// Requires: `squares` holds the squares of the same `count` ≥ 2 numbers, in units of 2^(2·unit).
double VarianceOfFixed(const FixedValue& sum, const FixedValue& squares, int unit, uint64_t count);
double DeviationOfFixed(const FixedValue& sum, const FixedValue& squares, int unit, uint64_t count);

// The same value as an ExactSum.
stats::ExactSum ExactOfFixed(const FixedValue& value, int unit);

}  // namespace plumb::engine
