#include "stats/exact_wide_sum.h"

#include <array>
#include <bit>
#include <cstddef>

#include "base/check.h"

namespace plumb::stats {
namespace {

using Uint128 = unsigned __int128;

// A natural number of 320 bits: 192 of a sum, shifted by up to 128.
struct Natural {
  static constexpr int kLimbs = 6;
  std::array<uint64_t, kLimbs> limbs{};  // least significant first

  [[nodiscard]] bool IsZero() const {
    for (const uint64_t limb : limbs) {
      if (limb != 0) return false;
    }
    return true;
  }
  [[nodiscard]] int Bits() const {
    for (int i = kLimbs; i-- > 0;) {
      if (limbs[static_cast<size_t>(i)] != 0) return 64 * i + 64 - std::countl_zero(limbs[static_cast<size_t>(i)]);
    }
    return 0;
  }
  [[nodiscard]] bool Bit(int bit) const { return ((limbs[static_cast<size_t>(bit / 64)] >> (bit % 64)) & 1) != 0; }
  void ShiftLeftOne(bool in) {
    uint64_t carry = in ? 1 : 0;
    for (uint64_t& limb : limbs) {
      const uint64_t out = limb >> 63;
      limb = (limb << 1) | carry;
      carry = out;
    }
  }
  void MultiplyBy(uint64_t factor) {
    uint64_t carry = 0;
    for (uint64_t& limb : limbs) {
      const Uint128 product = Uint128{limb} * factor + carry;
      limb = static_cast<uint64_t>(product);
      carry = static_cast<uint64_t>(product >> 64);
    }
  }
  [[nodiscard]] bool IsLess(const Natural& other) const {
    for (int i = kLimbs; i-- > 0;) {
      const auto at = static_cast<size_t>(i);
      if (limbs[at] != other.limbs[at]) return limbs[at] < other.limbs[at];
    }
    return false;
  }
  void Subtract(const Natural& other) {
    uint64_t borrow = 0;
    for (size_t i = 0; i < limbs.size(); ++i) {
      const Uint128 rest = Uint128{limbs[i]} - other.limbs[i] - borrow;
      limbs[i] = static_cast<uint64_t>(rest);
      borrow = static_cast<uint64_t>(rest >> 64) != 0 ? 1 : 0;
    }
  }
};

Natural FromWide(Uint128 low, uint64_t high) {
  Natural natural;
  natural.limbs = {static_cast<uint64_t>(low), static_cast<uint64_t>(low >> 64), high, 0, 0, 0};
  return natural;
}

// 2^exponent for results that cannot leave the normal range.
double PowerOfTwo(int exponent) { return std::bit_cast<double>(static_cast<uint64_t>(exponent + 1023) << 52); }

// numerator / denominator to 64 significant bits by schoolbook division, what is left as a sticky bit; the conversion
// of the 64 bits is the only rounding.
double Divide(const Natural& numerator, const Natural& denominator) {
  if (numerator.IsZero()) return 0;
  // The quotient of the shifted numerator has 65 or 66 bits; the lowest of them stands for all that follow.
  const int shift = 66 - (numerator.Bits() - denominator.Bits());
  Natural remainder;
  Uint128 quotient = 0;
  const int bits = numerator.Bits() + shift;
  for (int i = 1; i <= bits; ++i) {
    const int bit = numerator.Bits() - i;
    remainder.ShiftLeftOne(bit >= 0 && numerator.Bit(bit));
    quotient <<= 1;
    if (!remainder.IsLess(denominator)) {
      remainder.Subtract(denominator);
      quotient |= 1;
    }
  }
  int dropped = 0;
  bool sticky = !remainder.IsZero();
  for (int bit = 0; bit < -shift; ++bit) sticky = sticky || numerator.Bit(bit);  // never brought down
  while ((quotient >> 64) != 0) {
    sticky = sticky || (quotient & 1) != 0;
    quotient >>= 1;
    ++dropped;
  }
  auto head = static_cast<uint64_t>(quotient);
  if (sticky) head |= 1;  // at least 64 bits of which 53 count, so the last one only says "more"
  return static_cast<double>(head) * PowerOfTwo(dropped - shift);
}

double SignedQuotient(Uint128 low, int64_t high, int64_t count, int scale) {
  PLUMB_CHECK(count > 0 && scale >= 0 && scale <= 38, "A mean has a count and a scale.");
  const bool negative = high < 0;
  if (negative) {
    low = ~low + 1;
    high = ~high + (low == 0 ? 1 : 0);
  }
  const auto power = static_cast<Uint128>(PowerOfTen(scale));
  Natural denominator = FromWide(power, 0);
  denominator.MultiplyBy(static_cast<uint64_t>(count));
  const double magnitude = Divide(FromWide(low, static_cast<uint64_t>(high)), denominator);
  return negative ? -magnitude : magnitude;
}

}  // namespace

void ExactWideSum::Remove(Int128 x) {
  ExactWideSum one;
  one.Add(x);
  Subtract(one);
}

void ExactWideSum::Subtract(const ExactWideSum& other) {
  const Uint128 before = low_;
  low_ -= other.low_;
  high_ -= other.high_ + (before < other.low_ ? 1 : 0);
}

bool ExactWideSum::Fits(int digits, Int128* value) const {
  const auto sum = static_cast<Int128>(low_);
  if (high_ != (sum < 0 ? -1 : 0)) return false;
  const Int128 limit = PowerOfTen(digits);
  if (sum >= limit || sum <= -limit) return false;
  *value = sum;
  return true;
}

double ExactWideSum::Mean(int64_t count, int scale) const { return SignedQuotient(low_, high_, count, scale); }

__int128 PowerOfTen(int exponent) {
  PLUMB_CHECK(exponent >= 0 && exponent <= 38, "A power of ten that 128 bits hold.");
  __int128 power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

double RoundedQuotient(__int128 value, int64_t count, int scale) {
  return SignedQuotient(static_cast<Uint128>(value), value < 0 ? -1 : 0, count, scale);
}

}  // namespace plumb::stats
