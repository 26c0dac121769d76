// Sine, cosine, tangent and arc tangent of elementary.h.
#include "base/elementary.h"
#include "base/internal/elementary_pair.h"

namespace plumb::base {
namespace {

using namespace elementary;  // NOLINT(google-build-using-namespace)
using elementary_tables::kAtanTable;
using elementary_tables::kHalfPi;
using elementary_tables::kTwoOverPi;
using Uint128 = unsigned __int128;

constexpr double kQuarterPi = 0x1.921fb54442d18p-1;  // Rounded down.

struct ReducedAngle {
  Pair rest;     // |rest| <= pi / 4
  int quadrant;  // 0 to 3
};

// 64 bits of kTwoOverPi from bit `first` on.
uint64_t BitsOfTwoOverPi(int first) {
  const int word = first >> 6, offset = first & 63;
  return (kTwoOverPi[word] << offset) | ((kTwoOverPi[word + 1] >> 1) >> (63 - offset));
}

// high * 2^64 + low as a fraction of 2^128 times pi / 2. What lies below 2^-128 of a turn's quarter is not needed: no
// double is nearer than 2^-62 to a multiple of pi / 2 (Muller, "Elementary Functions", 11.3), and 190 bits were kept.
Pair TimesHalfPi(uint64_t high, uint64_t middle, uint64_t low) {
  int zeros = 0;
  while (high == 0 && zeros < 128) {
    high = middle;
    middle = low;
    low = 0;
    zeros += 64;
  }
  if (high == 0) return {0, 0};
  const int shift = std::countl_zero(high);
  if (shift > 0) {
    high = (high << shift) | (middle >> (64 - shift));
    middle = (middle << shift) | (low >> (64 - shift));
  }
  const double scale = PowerOfTwo(-(zeros + shift));
  const Pair fraction = {static_cast<double>(high >> 11) * 0x1p-53 * scale,
                         static_cast<double>(((high & 0x7ff) << 53) | (middle >> 11)) * 0x1p-117 * scale};
  return Multiply(fraction, kHalfPi);
}

// x = (4 n + quadrant) * pi / 2 + rest. Requires: x finite and above pi / 4.
ReducedAngle ReduceAngle(double x) {
  const uint64_t mantissa = (Bits(x) & 0xfffffffffffff) | (uint64_t{1} << 52);
  const int exponent = static_cast<int>(Bits(x) >> 52) - 1075;
  // Bits of 2/pi above this one make multiples of 4 and do not count. The 64 zeros before them keep the index positive.
  const int first = 64 + exponent - 2;
  const Uint128 low = Uint128{mantissa} * BitsOfTwoOverPi(first + 128);
  const Uint128 middle = Uint128{mantissa} * BitsOfTwoOverPi(first + 64) + static_cast<uint64_t>(low >> 64);
  const uint64_t high = mantissa * BitsOfTwoOverPi(first) + static_cast<uint64_t>(middle >> 64);
  uint64_t limbs[3] = {(high << 2) | (static_cast<uint64_t>(middle) >> 62),
                       (static_cast<uint64_t>(middle) << 2) | (static_cast<uint64_t>(low) >> 62),
                       static_cast<uint64_t>(low) << 2};
  int quadrant = static_cast<int>(high >> 62);
  const bool beyond_half = (limbs[0] >> 63) != 0;
  if (beyond_half) {  // Nearer to the next multiple: the rest is negative.
    quadrant = (quadrant + 1) & 3;
    for (uint64_t& limb : limbs) limb = ~limb;
  }
  const Pair rest = TimesHalfPi(limbs[0], limbs[1], limbs[2]);
  return {beyond_half ? Pair{-rest.high, -rest.low} : rest, quadrant};
}

ReducedAngle ReduceSigned(double x) {
  if (Absolute(x) <= kQuarterPi) return {{x, 0}, 0};
  const ReducedAngle angle = ReduceAngle(Absolute(x));
  if (!IsNegative(x)) return angle;
  return {{-angle.rest.high, -angle.rest.low}, (4 - angle.quadrant) & 3};
}

// sin of |y| <= pi / 4, by its Taylor series to y^19; the cube's rounding is a tenth of an ulp.
Pair SinOfReduced(Pair y) {
  const double z = y.high * y.high;
  const double high =
      -1.0 / 39916800 + z * (1.0 / 6227020800 + z * (-1.0 / 1307674368000 + z * (1.0 / 355687428096000)));
  const double low = 1.0 / 120 + z * (-1.0 / 5040 + z * (1.0 / 362880 + z * high));
  const double cubic = y.high * z * (-1.0 / 6 + z * low);
  return AddOrdered(y.high, cubic + y.low * (1.0 - 0.5 * z));
}

// cos of |y| <= pi / 4, by its Taylor series to y^18; 1 - y^2 / 2 is kept exactly.
Pair CosOfReduced(Pair y) {
  const Pair square = MultiplyExactly(y.high, y.high);
  const double z = square.high;
  const double high = -1.0 / 3628800 + z * (1.0 / 479001600 + z * (-1.0 / 87178291200 + z * (1.0 / 20922789888000)));
  const double low = 1.0 / 24 + z * (-1.0 / 720 + z * (1.0 / 40320 + z * high));
  const Pair start = AddOrdered(1.0, -0.5 * z);
  return AddOrdered(start.high, start.low + (z * z * low - 0.5 * square.low - y.high * y.low));
}

double Rounded(Pair x) { return x.high + x.low; }

bool IsNotFinite(double x) { return (Bits(x) >> 52 & 0x7ff) == 0x7ff; }

// atan of 0 <= x <= 1: atan(c) + atan((x - c) / (1 + c x)) with c = j / 64 the nearest.
Pair AtanOfUnit(Pair x) {
  const double c = ((x.high * 64 + kRoundToInteger) - kRoundToInteger) / 64;
  Pair t = x;
  if (c != 0) {
    const Pair difference = AddExactly(x.high, -c);
    const Pair product = MultiplyExactly(c, x.high);
    const Pair sum = AddOrdered(1.0, product.high);
    t = Divide({difference.high, difference.low + x.low}, {sum.high, sum.low + (product.low + c * x.low)});
  }
  // |t| <= 1 / 128: the first term left out is below 2^-73 t.
  const double z = t.high * t.high;
  const double tail = t.high * z * (-1.0 / 3 + z * (0.2 + z * (-1.0 / 7 + z * (1.0 / 9))));
  const Pair start = kAtanTable[static_cast<int>(c * 64)];
  const Pair sum = AddExactly(start.high, t.high);
  return AddOrdered(sum.high, sum.low + (start.low + t.low + tail));
}

}  // namespace

double Sin(double x) {
  if (IsNotFinite(x)) return kNan;
  if (Absolute(x) < 0x1p-27) return x;
  const ReducedAngle angle = ReduceSigned(x);
  const double size = Rounded((angle.quadrant & 1) != 0 ? CosOfReduced(angle.rest) : SinOfReduced(angle.rest));
  return angle.quadrant >= 2 ? -size : size;
}

double Cos(double x) {
  if (IsNotFinite(x)) return kNan;
  const ReducedAngle angle = ReduceSigned(Absolute(x));
  const double size = Rounded((angle.quadrant & 1) != 0 ? SinOfReduced(angle.rest) : CosOfReduced(angle.rest));
  return angle.quadrant == 1 || angle.quadrant == 2 ? -size : size;
}

double Tan(double x) {
  if (IsNotFinite(x)) return kNan;
  if (Absolute(x) < 0x1p-27) return x;
  const ReducedAngle angle = ReduceSigned(x);
  const Pair sine = SinOfReduced(angle.rest), cosine = CosOfReduced(angle.rest);
  if ((angle.quadrant & 1) == 0) return Rounded(Divide(sine, cosine));
  return -Rounded(Divide(cosine, sine));
}

double Atan(double x) {
  if (x != x) return kNan;
  const double size = Absolute(x);
  if (size < 0x1p-27) return x;
  double result = kHalfPi.high;
  if (size <= 1) {
    result = Rounded(AtanOfUnit({size, 0}));
  } else if (size < 0x1p60) {
    const Pair angle = AtanOfUnit(Divide({1, 0}, {size, 0}));
    const Pair sum = AddExactly(kHalfPi.high, -angle.high);
    result = sum.high + (sum.low + (kHalfPi.low - angle.low));
  }
  return IsNegative(x) ? -result : result;
}

}  // namespace plumb::base
