#include "expr/decimal_math.h"

#include <array>
#include <bit>
#include <cmath>

namespace plumb::expr {
namespace {

using Uint128 = unsigned __int128;

constexpr int kDigitsMax = data::Type::kPrecisionMax;
constexpr Int128 kExactDoubleMax = Int128{1} << 53;  // integers up to here are doubles

constexpr auto kPowers = [] {
  std::array<Int128, kDigitsMax + 1> powers{};
  powers[0] = 1;
  for (size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

// The powers of ten that a double holds exactly.
constexpr double kDoublePowers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

Uint128 Magnitude(Int128 value) { return value < 0 ? -static_cast<Uint128>(value) : static_cast<Uint128>(value); }

int BitsOf(Uint128 value) {
  const auto high = static_cast<uint64_t>(value >> 64);
  return high != 0 ? 64 + std::bit_width(high) : std::bit_width(static_cast<uint64_t>(value));
}

// An unsigned integer of 256 bits.
struct Wide {
  Uint128 high = 0, low = 0;

  [[nodiscard]] int Bits() const { return high != 0 ? 128 + BitsOf(high) : BitsOf(low); }
  [[nodiscard]] bool IsZero() const { return high == 0 && low == 0; }
  // Requires: 0 ≤ by < 256.
  [[nodiscard]] Wide ShiftedLeft(int by) const {
    if (by == 0) return *this;
    if (by >= 128) return {low << (by - 128), 0};
    return {(high << by) | (low >> (128 - by)), low << by};
  }
  [[nodiscard]] Wide ShiftedRight(int by) const {
    if (by == 0) return *this;
    if (by >= 128) return {0, high >> (by - 128)};
    return {high >> by, (low >> by) | (high << (128 - by))};
  }
  [[nodiscard]] bool IsLess(const Wide& other) const {
    return high != other.high ? high < other.high : low < other.low;
  }
  void Subtract(const Wide& other) {
    const bool borrow = low < other.low;
    low -= other.low;
    high -= other.high + (borrow ? 1 : 0);
  }
};

Wide Product(Uint128 a, Uint128 b) {
  constexpr Uint128 kMask = ~uint64_t{0};
  const Uint128 a_low = a & kMask, a_high = a >> 64, b_low = b & kMask, b_high = b >> 64;
  const Uint128 lows = a_low * b_low;
  const Uint128 middle = a_high * b_low + (lows >> 64);
  const Uint128 other_middle = a_low * b_high + (middle & kMask);
  return {a_high * b_high + (middle >> 64) + (other_middle >> 64), (other_middle << 64) | (lows & kMask)};
}

// n / d, rounded once. Both are positive and below 2^254. Binary long division gives 61 bits or more, and the last one
// stands for all that follow: so the conversion to double, which is correctly rounded, sees on which side of a tie the
// quotient is.
double RoundedRatio(Wide n, Wide d) {
  constexpr int kBits = 62;
  const int exponent = n.Bits() - d.Bits();
  if (exponent > 0) d = d.ShiftedLeft(exponent);
  if (exponent < 0) n = n.ShiftedLeft(-exponent);
  int64_t quotient = 0;
  for (int i = 0; i < kBits; ++i) {
    quotient <<= 1;
    if (!n.IsLess(d)) {
      n.Subtract(d);
      quotient |= 1;
    }
    n = n.ShiftedLeft(1);
  }
  if (!n.IsZero()) quotient |= 1;
  return std::ldexp(static_cast<double>(quotient), exponent - (kBits - 1));
}

}  // namespace

Int128 PowerOfTen(int exponent) { return kPowers[static_cast<size_t>(exponent)]; }

bool Rescale(Int128 unscaled, int from, int to, Int128* out) {
  if (to >= from) {
    return !__builtin_mul_overflow(unscaled, PowerOfTen(to - from), out) && FitsDigits(*out, kDigitsMax);
  }
  const Int128 power = PowerOfTen(from - to);
  const Int128 rest = unscaled % power;
  *out = unscaled / power;
  if (rest >= power / 2) ++*out;
  if (rest <= -(power / 2)) --*out;
  return true;
}

Int128 TruncateDecimal(Int128 unscaled, int scale) { return unscaled / PowerOfTen(scale); }
Int128 FloorDecimal(Int128 unscaled, int scale) {
  return TruncateDecimal(unscaled, scale) - (unscaled % PowerOfTen(scale) < 0 ? 1 : 0);
}
Int128 CeilDecimal(Int128 unscaled, int scale) {
  return TruncateDecimal(unscaled, scale) + (unscaled % PowerOfTen(scale) > 0 ? 1 : 0);
}

double DecimalToDouble(Int128 unscaled, int scale) {
  if (unscaled == 0) return 0;
  const bool is_small = unscaled <= kExactDoubleMax && unscaled >= -kExactDoubleMax;
  // Both are exact, so the division rounds once.
  if (is_small && scale < static_cast<int>(std::size(kDoublePowers))) {
    return static_cast<double>(static_cast<int64_t>(unscaled)) / kDoublePowers[scale];
  }
  const double magnitude = RoundedRatio({0, Magnitude(unscaled)}, {0, Magnitude(PowerOfTen(scale))});
  return unscaled < 0 ? -magnitude : magnitude;
}

double DecimalQuotient(Int128 a, int a_scale, Int128 b, int b_scale) {
  if (a == 0) return 0;
  Wide n{0, Magnitude(a)};
  Wide d{0, Magnitude(b)};
  if (b_scale > a_scale) n = Product(n.low, Magnitude(PowerOfTen(b_scale - a_scale)));
  if (b_scale < a_scale) d = Product(d.low, Magnitude(PowerOfTen(a_scale - b_scale)));
  const bool negative = (a < 0) != (b < 0);
  const auto is_small = [](const Wide& x) { return x.high == 0 && x.low <= static_cast<Uint128>(kExactDoubleMax); };
  const double magnitude = is_small(n) && is_small(d) ? static_cast<double>(static_cast<int64_t>(n.low)) /
                                                            static_cast<double>(static_cast<int64_t>(d.low))
                                                      : RoundedRatio(n, d);
  return negative ? -magnitude : magnitude;
}

bool DoubleToDecimal(double value, int scale, Int128* out) {
  if (!(std::fabs(value) < 1e39)) return false;  // NaN too
  *out = 0;
  if (value == 0) return true;
  int exponent = 0;
  const double fraction = std::frexp(std::fabs(value), &exponent);
  exponent -= 53;
  Wide scaled = Product(static_cast<Uint128>(std::ldexp(fraction, 53)), Magnitude(PowerOfTen(scale)));
  if (exponent >= 0) {
    if (scaled.Bits() + exponent > 127) return false;
    scaled = scaled.ShiftedLeft(exponent);
  } else {
    const int dropped = -exponent;
    if (dropped >= 200) return true;  // less than a half: `scaled` has at most 180 bits
    const bool half = (scaled.ShiftedRight(dropped - 1).low & 1) != 0;
    scaled = scaled.ShiftedRight(dropped);
    if (scaled.Bits() > 127) return false;
    scaled.low += half ? 1 : 0;
  }
  const auto magnitude = static_cast<Int128>(scaled.low);
  if (magnitude < 0 || !FitsDigits(magnitude, kDigitsMax)) return false;
  *out = value < 0 ? -magnitude : magnitude;
  return true;
}

int OrderDecimals(Int128 a, int a_scale, Int128 b, int b_scale) {
  if (a_scale > b_scale) return -OrderDecimals(b, b_scale, a, a_scale);
  Int128 scaled = 0;
  // What does not fit is beyond every decimal of 38 digits.
  if (__builtin_mul_overflow(a, PowerOfTen(b_scale - a_scale), &scaled)) return a < 0 ? -1 : 1;
  return static_cast<int>(scaled > b) - static_cast<int>(scaled < b);
}

}  // namespace plumb::expr
