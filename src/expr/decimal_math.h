// decimal_math.h: exact arithmetic on decimals: an unscaled integer of at most 38 digits, and a scale.
//
// Why: a value is exact or an overflow, and a conversion to float64 is rounded once, correctly; a division of two
// rounded doubles would not be. Integers of 256 bits are enough for every quotient of two decimals.
//
// Thread safety: pure functions.
//
//   DecimalToDouble(1230, 2);                         // 12.3
#pragma once

#include "data/value.h"

namespace plumb::expr {

using data::Int128;

// Requires: 0 ≤ exponent ≤ 38.
Int128 PowerOfTen(int exponent);
inline bool FitsDigits(Int128 unscaled, int digits) {
  const Int128 bound = PowerOfTen(digits);
  return unscaled > -bound && unscaled < bound;
}

// Fewer digits are rounded, halves away from zero. False if the result has more than 38 digits.
bool Rescale(Int128 unscaled, int from, int to, Int128* out);
// The whole number nearest to unscaled / 10^scale towards zero, down or up.
Int128 TruncateDecimal(Int128 unscaled, int scale);
Int128 FloorDecimal(Int128 unscaled, int scale);
Int128 CeilDecimal(Int128 unscaled, int scale);

// The double nearest to the exact value, ties to even.
double DecimalToDouble(Int128 unscaled, int scale);
// The double nearest to the exact quotient. Requires: b is not 0.
double DecimalQuotient(Int128 a, int a_scale, Int128 b, int b_scale);
// The decimal nearest to the double's exact value, halves away from zero. False if it is no number or has more than 38
// digits.
bool DoubleToDecimal(double value, int scale, Int128* out);

// < 0, 0, > 0, exactly.
int OrderDecimals(Int128 a, int a_scale, Int128 b, int b_scale);

}  // namespace plumb::expr
