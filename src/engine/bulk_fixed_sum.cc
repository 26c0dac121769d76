#include "engine/bulk_fixed_sum.h"

#include <algorithm>
#include <cmath>

#include "stats/exact_moments.h"

namespace plumb::engine {
namespace {

// Beyond these exponents a result might not be a normal number; ExactSum takes over.
constexpr int kExponentMax = 800;

int LimbsFor(int bits) { return std::max(2, (bits + 63) / 64); }

struct Magnitude {
  uint64_t limbs[6] = {};
  bool is_negative = false;
};

Magnitude MagnitudeOf(const FixedValue& value) {
  Magnitude result;
  result.is_negative = value.IsNegative();
  const uint64_t flip = result.is_negative ? ~uint64_t{0} : 0;
  uint64_t carry = flip & 1;
  for (int i = 0; i < 4; ++i) {
    const Uint128 sum = Uint128{value.limbs[i] ^ flip} + carry;
    result.limbs[i] = static_cast<uint64_t>(sum);
    carry = static_cast<uint64_t>(sum >> 64);
  }
  return result;
}

// x · 2^exponent. Requires: the result is normal.
double Scale(double x, int exponent) { return x * std::bit_cast<double>(static_cast<uint64_t>(1023 + exponent) << 52); }

// (head + something below 1 if `inexact`) · 2^exponent, rounded once. Requires: the top bit of head is set.
double RoundHead(uint64_t head, bool inexact, int exponent) {
  return Scale(static_cast<double>(head | (inexact ? 1 : 0)), exponent);
}

// The top `kTop` limbs of `limbs`, shifted so that the top bit is set.
template <int kTop>
struct Head {
  uint64_t limbs[kTop] = {};  // least significant first
  int exponent = 0;           // limbs · 2^exponent, plus something below 1 unit if inexact
  bool inexact = false;
};

// Requires: not all are zero.
template <int kTop>
Head<kTop> HeadOf(const uint64_t* limbs, int count) {
  int top = count - 1;
  while (limbs[top] == 0) --top;
  const int shift = std::countl_zero(limbs[top]);
  const auto limb = [&](int i) { return i < 0 ? uint64_t{0} : limbs[i]; };
  Head<kTop> head;
  for (int i = 0; i < kTop; ++i) {
    const int at = top - (kTop - 1) + i;
    head.limbs[i] = (limb(at) << shift) | ((limb(at - 1) >> 1) >> (63 - shift));
  }
  const int below = top - kTop;
  head.inexact = below >= 0 && (limb(below) << shift) != 0;
  for (int i = 0; i < below; ++i) head.inexact = head.inexact || limbs[i] != 0;
  head.exponent = 64 * (top - (kTop - 1)) - shift;
  return head;
}

// limbs /= divisor; the remainder. Most significant limb last.
template <int kLimbs>
uint64_t Divide(uint64_t* limbs, uint64_t divisor) {
  uint64_t remainder = 0;
  for (int i = kLimbs; i-- > 0;) {
    const Uint128 part = (Uint128{remainder} << 64) | limbs[i];
    // Both halves of the quotient are known to fit: remainder < divisor.
#if defined(__x86_64__)
    uint64_t quotient = 0, rest = 0;
    __asm__("divq %4" : "=a"(quotient), "=d"(rest) : "a"(limbs[i]), "d"(remainder), "r"(divisor) : "cc");
    (void)part;
    limbs[i] = quotient;
    remainder = rest;
#else
    limbs[i] = static_cast<uint64_t>(part / divisor);
    remainder = static_cast<uint64_t>(part % divisor);
#endif
  }
  return remainder;
}

bool IsZero(const uint64_t* limbs, int count) {
  return std::all_of(limbs, limbs + count, [](uint64_t limb) { return limb == 0; });
}

// The largest r with r² ≤ x. Requires: x ≥ 2^126.
uint64_t FloorRoot(Uint128 x) {
  const double root = std::sqrt(static_cast<double>(x));
  constexpr double kLimit = 18446744073709549568.0;  // the largest double below 2^64
  uint64_t r = static_cast<uint64_t>(std::min(root, kLimit));
  for (int step = 0; step < 2; ++step) {
    const auto rest = static_cast<__int128>(x - Uint128{r} * r);
    const double change = std::floor(static_cast<double>(rest) / (2 * static_cast<double>(r)));
    const auto whole = static_cast<int64_t>(change);
    r = whole > 0 && r > ~uint64_t{0} - static_cast<uint64_t>(whole) ? ~uint64_t{0} : r + static_cast<uint64_t>(whole);
  }
  while (Uint128{r} * r > x) --r;
  while (r != ~uint64_t{0} && Uint128{r + 1} * (r + 1) <= x) ++r;
  return r;
}

// count · squares − sum², in units of 2^(2·unit): the numerator of the variance, in five limbs. False if the sum is too
// large for that.
bool VarianceNumerator(const FixedValue& sum, const FixedValue& squares, uint64_t count, uint64_t* numerator) {
  const Magnitude s = MagnitudeOf(sum);
  if ((s.limbs[2] | s.limbs[3]) != 0 || count >> 32 != 0) return false;
  uint64_t square[5] = {};
  for (int i = 0; i < 2; ++i) {
    uint64_t carry = 0;
    for (int j = 0; j < 2; ++j) {
      const Uint128 part = Uint128{s.limbs[i]} * s.limbs[j] + square[i + j] + carry;
      square[i + j] = static_cast<uint64_t>(part);
      carry = static_cast<uint64_t>(part >> 64);
    }
    square[i + 2] += carry;
  }
  uint64_t carry = 0, borrow = 0;
  for (int i = 0; i < 5; ++i) {
    const Uint128 part = Uint128{i < 4 ? squares.limbs[i] : 0} * count + carry;
    carry = static_cast<uint64_t>(part >> 64);
    const Uint128 rest = Uint128{static_cast<uint64_t>(part)} - square[i] - borrow;
    numerator[i] = static_cast<uint64_t>(rest);
    borrow = static_cast<uint64_t>(rest >> 64) & 1;
  }
  return true;
}

double SlowMoment(const FixedValue& sum, const FixedValue& squares, int unit, uint64_t count, bool is_root) {
  const stats::ExactSum s = ExactOfFixed(sum, unit), q = ExactOfFixed(squares, 2 * unit);
  const auto n = static_cast<int64_t>(count);
  return is_root ? stats::StandardDeviation(s, q, n, 1) : stats::Variance(s, q, n, 1);
}

}  // namespace

void FixedForm::Settle(uint64_t count) {
  if (unit_ == kNone) {
    unit_ = top_ = 0;
    return;
  }
  const int carry = 64 - std::countl_zero(count | 1);
  const int width = top_ - unit_;
  const bool is_near = unit_ >= -kExponentMax && top_ + carry <= kExponentMax;
  const bool squares_near = 2 * unit_ >= -kExponentMax && 2 * top_ + carry <= kExponentMax;
  limbs_ = is_near ? LimbsFor(width + carry + 1) : 5;
  square_limbs_ = squares_near ? LimbsFor(2 * width + carry + 1) : 5;
}

void AddTerm(int limbs, const FixedTerm& term, FixedValue* value) {
  if (limbs == 2) {
    AddTerm<2>(term, value->limbs);
    value->limbs[2] = value->limbs[3] = static_cast<int64_t>(value->limbs[1]) < 0 ? ~uint64_t{0} : 0;
  } else if (limbs == 3) {
    AddTerm<3>(term, value->limbs);
    value->limbs[3] = static_cast<int64_t>(value->limbs[2]) < 0 ? ~uint64_t{0} : 0;
  } else {
    AddTerm<4>(term, value->limbs);
  }
}

double RoundFixed(const FixedValue& sum, int unit) {
  const Magnitude magnitude = MagnitudeOf(sum);
  if (IsZero(magnitude.limbs, 4)) return 0;
  const Head<1> head = HeadOf<1>(magnitude.limbs, 4);
  const double result = RoundHead(head.limbs[0], head.inexact, head.exponent + unit);
  return magnitude.is_negative ? -result : result;
}

double MeanOfFixed(const FixedValue& sum, int unit, uint64_t count) {
  const Magnitude magnitude = MagnitudeOf(sum);
  if (IsZero(magnitude.limbs, 4)) return 0;
  Head<2> head = HeadOf<2>(magnitude.limbs, 4);
  // At least 128 bits less those of the count are left of the quotient; of counts below 2^32, more than a double has.
  if (count >> 32 != 0) return ExactOfFixed(sum, unit).Mean(static_cast<int64_t>(count));
  const bool inexact = (Divide<2>(head.limbs, count) != 0) || head.inexact;
  const Head<1> quotient = HeadOf<1>(head.limbs, 2);
  const double result =
      RoundHead(quotient.limbs[0], quotient.inexact || inexact, quotient.exponent + head.exponent + unit);
  return magnitude.is_negative ? -result : result;
}

double VarianceOfFixed(const FixedValue& sum, const FixedValue& squares, int unit, uint64_t count) {
  uint64_t numerator[5];
  if (!VarianceNumerator(sum, squares, count, numerator)) return SlowMoment(sum, squares, unit, count, false);
  if (IsZero(numerator, 5)) return 0;
  Head<3> head = HeadOf<3>(numerator, 5);
  const bool inexact = (Divide<3>(head.limbs, count * (count - 1)) != 0) || head.inexact;
  const Head<1> quotient = HeadOf<1>(head.limbs, 3);
  return RoundHead(quotient.limbs[0], quotient.inexact || inexact, quotient.exponent + head.exponent + 2 * unit);
}

double DeviationOfFixed(const FixedValue& sum, const FixedValue& squares, int unit, uint64_t count) {
  uint64_t numerator[5];
  if (!VarianceNumerator(sum, squares, count, numerator)) return SlowMoment(sum, squares, unit, count, true);
  if (IsZero(numerator, 5)) return 0;
  Head<3> head = HeadOf<3>(numerator, 5);
  bool inexact = (Divide<3>(head.limbs, count * (count - 1)) != 0) || head.inexact;
  const Head<2> quotient = HeadOf<2>(head.limbs, 3);
  inexact = inexact || quotient.inexact;
  // A root halves the exponent, so it must be even.
  Uint128 square = (Uint128{quotient.limbs[1]} << 64) | quotient.limbs[0];
  int exponent = quotient.exponent + head.exponent;
  if ((exponent & 1) != 0) {
    inexact = inexact || (square & 1) != 0;
    square >>= 1;
    ++exponent;
  }
  const uint64_t root = FloorRoot(square);
  inexact = inexact || Uint128{root} * root != square;
  return RoundHead(root, inexact, exponent / 2 + unit);
}

stats::ExactSum ExactOfFixed(const FixedValue& value, int unit) {
  const Magnitude magnitude = MagnitudeOf(value);
  stats::ExactSum sum;
  for (int i = 0; i < 4; ++i) {
    for (int half = 0; half < 2; ++half) {
      const auto bits = static_cast<uint32_t>(magnitude.limbs[i] >> (32 * half));
      if (bits == 0) continue;
      const double part = Scale(bits, 64 * i + 32 * half + unit);
      magnitude.is_negative ? sum.Remove(part) : sum.Add(part);
    }
  }
  return sum;
}

}  // namespace plumb::engine
