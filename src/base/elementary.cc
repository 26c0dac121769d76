#include "base/elementary.h"

#include <cmath>

#include "base/internal/elementary_pair.h"

namespace plumb::base {
namespace elementary {
namespace {

using elementary_tables::kExp2Table;
using elementary_tables::kLn2;
using elementary_tables::kLogTable;

constexpr int kSteps = 128;  // Of the table of powers of two.

struct ReducedExponent {
  double rest, rest_low;  // |rest| <= ln 2 / 256
  int steps;
};

// x = steps * ln 2 / 128 + rest, with the rest to 100 bits.
ReducedExponent ReduceExponent(double x, double x_low) {
  const double steps = (x * elementary_tables::kStepsPerUnit + kRoundToInteger) - kRoundToInteger;
  const double difference = x - steps * elementary_tables::kStep1;  // Exact, as is the product.
  const Pair rest = AddExactly(difference, -(steps * elementary_tables::kStep2));
  const double low = (rest.low - steps * elementary_tables::kStep3) + x_low;
  const Pair tidy = AddOrdered(rest.high, low);
  return {tidy.high, tidy.low, static_cast<int>(steps)};
}

// e^r - 1 - r for |r| < 0.003, by its Taylor series: the first term left out is below 2^-75 r.
double ExpTail(double r) {
  const double square = r * r;
  const double high = 1.0 / 24 + r * (1.0 / 120) + square * (1.0 / 720 + r * (1.0 / 5040));
  return square * (0.5 + r * (1.0 / 6) + square * high);
}

// ln(1 + r) - r + r^2 / 2 for |r| <= 2^-7: the first term left out is below 2^-73 r.
double LogTail(double r) {
  const double square = r * r;
  const double low = 1.0 / 3 - r * 0.25 + square * (0.2 - r * (1.0 / 6));
  const double high = 1.0 / 7 - r * 0.125 + square * (1.0 / 9 - r * 0.1);
  return r * square * (low + square * square * high);
}

}  // namespace

ScaledPair ExpOfPair(double x, double x_low) {
  const ReducedExponent reduced = ReduceExponent(x, x_low);
  const Pair power = kExp2Table[reduced.steps & (kSteps - 1)];
  const double growth = reduced.rest + (reduced.rest_low + ExpTail(reduced.rest));
  return {{power.high, power.low + power.high * growth}, reduced.steps >> 7};
}

double ScaleAndRound(ScaledPair x) {
  const auto [high, low] = x.value;
  if (x.exponent >= -1021) {
    const double rounded = high + low;
    if (x.exponent <= 1022) return rounded * PowerOfTwo(x.exponent);
    return x.exponent > 1024 ? kInfinity : rounded * PowerOfTwo(x.exponent - 2) * 4.0;
  }
  if (x.exponent < -1080) return 0;
  // In units of 2^-1022 a subnormal has the spacing of doubles in [1, 2): adding 1 rounds it once, and in the right
  // place.
  const double scale = PowerOfTwo(x.exponent + 1022);
  const Pair scaled = AddOrdered(high * scale, low * scale);
  if (scaled.high >= 1) return scaled.high * 0x1p-1022;
  const Pair shifted = AddOrdered(1.0, scaled.high);
  return ((shifted.high + (shifted.low + scaled.low)) - 1.0) * 0x1p-1022;
}

Pair LogOfPair(double x, double x_low) {
  constexpr uint64_t kLowest = 0x3fe6000000000000;  // 0.6875: mantissas are taken from [0.6875, 1.375).
  int exponent = 0;
  if (x < 0x1p-1022) {
    x *= 0x1p54;
    exponent = -54;
  }
  const uint64_t bits = Bits(x), above = bits - kLowest;
  const int shift = static_cast<int>(static_cast<int64_t>(above) >> 52);
  exponent += shift;
  const double mantissa = std::bit_cast<double>(bits - (static_cast<uint64_t>(shift) << 52));
  const elementary_tables::LogEntry& entry = kLogTable[(above >> 45) & 127];
  // mantissa * inverse - 1 exactly: half a mantissa times the few bits of the inverse fits in a double.
  const double upper = std::bit_cast<double>(Bits(mantissa) & 0xfffffffff8000000);
  Pair rest = AddExactly(upper * entry.inverse - 1.0, (mantissa - upper) * entry.inverse);
  if (x_low != 0) {
    const double low = shift > 1000 ? 0.0 : x_low * PowerOfTwo(-shift) * entry.inverse;
    const Pair sum = AddExactly(rest.high, low);
    rest = AddOrdered(sum.high, sum.low + rest.low);
  }
  const double r = rest.high;
  const double base = exponent * kLn2.high + entry.log_high;  // Exact: both lie on the grid 2^-42.
  const double base_low = exponent * kLn2.low + entry.log_low;
  const Pair square = MultiplyExactly(r, r);
  const Pair linear = AddExactly(base, r);
  const Pair sum = AddExactly(linear.high, -0.5 * square.high);
  const double small = (rest.low - r * rest.low) - 0.5 * square.low + LogTail(r) + base_low;
  return AddOrdered(sum.high, sum.low + linear.low + small);
}

}  // namespace elementary

namespace {

using namespace elementary;  // NOLINT(google-build-using-namespace)

constexpr double kExpOverflow = 709.79, kExpUnderflow = -745.2;  // A little beyond where the result leaves the range.

// The logarithm in a base whose natural logarithm's inverse is given.
double LogInBase(double x, Pair inverse_ln_base) {
  if (x != x || x < 0) return kNan;
  if (x == 0) return -kInfinity;
  if (x == kInfinity) return kInfinity;
  const Pair result = Multiply(LogOfPair(x, 0), inverse_ln_base);
  return result.high + result.low;
}

enum class Parity { kNotInteger, kEven, kOdd };

Parity ParityOf(double y) {
  const int exponent = static_cast<int>(Bits(y) >> 52 & 0x7ff) - 1023;
  if (exponent < 0) return y == 0 ? Parity::kEven : Parity::kNotInteger;
  if (exponent > 52) return Parity::kEven;
  const uint64_t mantissa = (Bits(y) & 0xfffffffffffff) | (uint64_t{1} << 52);
  const int fraction_bits = 52 - exponent;
  if ((mantissa & ((uint64_t{1} << fraction_bits) - 1)) != 0) return Parity::kNotInteger;
  return (mantissa >> fraction_bits & 1) != 0 ? Parity::kOdd : Parity::kEven;
}

// x^y for x > 0 finite, x != 1, y finite and not 0.
double PowOfPositive(double x, double y) {
  const double size = Absolute(y);
  if (size < 0x1p-70) return 1;
  // Beyond 2^64 even the neighbours of 1 overflow or vanish.
  if (size > 0x1p64) return (x > 1) == (y > 0) ? kInfinity : 0;
  const Pair log = LogOfPair(x, 0);
  const Pair product = MultiplyExactly(y, log.high);
  if (product.high > 720) return kInfinity;
  if (product.high < -760) return 0;
  return ScaleAndRound(ExpOfPair(product.high, product.low + y * log.low));
}

// Zero or infinity to a power that is not 0.
double PowOfExtreme(double x, double y, bool negative) {
  const bool vanishes = (x == 0) == (y > 0);
  const double size = vanishes ? 0 : kInfinity;
  return negative ? -size : size;
}

}  // namespace

double Exp(double x) {
  if (x != x) return kNan;
  if (x > kExpOverflow) return kInfinity;
  if (x < kExpUnderflow) return 0;
  return ScaleAndRound(ExpOfPair(x, 0));
}

double Expm1(double x) {
  if (x != x) return kNan;
  if (x > 60) return Exp(x);
  if (x < -60) return -1;
  if (Absolute(x) < 0x1p-54) return x;
  const ReducedExponent reduced = ReduceExponent(x, 0);
  const Pair power = kExp2Table[reduced.steps & (kSteps - 1)];
  const double scale = PowerOfTwo(reduced.steps >> 7);
  const Pair growth = AddOrdered(reduced.rest, reduced.rest_low + ExpTail(reduced.rest));
  const Pair grown = MultiplyExactly(power.high, growth.high);
  const double grown_low = grown.low + power.high * growth.low + power.low * growth.high;
  // scale * (power + grown) - 1, largest terms first.
  const Pair start = AddExactly(scale * power.high, -1.0);
  const Pair sum = AddExactly(start.high, scale * grown.high);
  return sum.high + (sum.low + (start.low + scale * (power.low + grown_low)));
}

double Ln(double x) {
  if (x != x || x < 0) return kNan;
  if (x == 0) return -kInfinity;
  if (x == kInfinity) return kInfinity;
  const Pair result = LogOfPair(x, 0);
  return result.high + result.low;
}

double Log2(double x) { return LogInBase(x, elementary_tables::kInverseLn2); }

double Log10(double x) { return LogInBase(x, elementary_tables::kInverseLn10); }

double Log1p(double x) {
  if (x != x || x < -1) return kNan;
  if (x == -1) return -kInfinity;
  if (x == kInfinity) return kInfinity;
  if (Absolute(x) < 0x1p-54) return x;
  const Pair sum = AddExactly(1.0, x);
  const Pair result = LogOfPair(sum.high, sum.low);
  return result.high + result.low;
}

double Pow(double x, double y) {
  if (y == 0 || x == 1) return 1;  // Even for NaN: section 9.2.1.
  if (x != x || y != y) return kNan;
  const double size = Absolute(x);
  if (Absolute(y) == kInfinity) {
    if (size == 1) return 1;
    return (size > 1) == (y > 0) ? kInfinity : 0;
  }
  const Parity parity = ParityOf(y);
  const bool negative = IsNegative(x) && parity == Parity::kOdd;
  if (size == 0 || size == kInfinity) return PowOfExtreme(size, y, negative);
  if (x < 0 && parity == Parity::kNotInteger) return kNan;
  const double power = size == 1 ? 1.0 : PowOfPositive(size, y);
  return negative ? -power : power;
}

double Sigmoid(double x) {
  if (x != x) return kNan;
  if (x > 50) return 1;        // 1 - e^-50 rounds to 1.
  if (x < -50) return Exp(x);  // 1 + e^-50 does too.
  const ScaledPair decay = ExpOfPair(-Absolute(x), 0);
  const double scale = PowerOfTwo(decay.exponent);
  const Pair power = AddOrdered(scale * decay.value.high, scale * decay.value.low);
  const Pair sum = AddOrdered(1.0, power.high);
  const Pair result = Divide(x < 0 ? power : Pair{1, 0}, {sum.high, sum.low + power.low});
  return result.high + result.low;
}

double Sqrt(double x) { return x != x || x < 0 ? kNan : std::sqrt(x); }

}  // namespace plumb::base
