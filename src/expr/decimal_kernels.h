// decimal_kernels.h: operations on decimals as the table of functions.h takes them: kernels, and rules that give the
// type of a result from the types of its arguments.
//
// A result has as many digits as every value of the arguments' types needs, at most 38: a value beyond is an overflow.
//
// Thread safety: constants.
#pragma once

#include "expr/functions.h"

namespace plumb::expr {

Overload DecimalAddition();
Overload DecimalSubtraction();
Overload DecimalMultiplication();
Overload DecimalDivision();
Overload DecimalRemainder();
Overload DecimalNegation();
Overload DecimalAbs();
Overload DecimalSign();
Overload DecimalFloor();
Overload DecimalCeil();
Overload DecimalTrunc();
Overload DecimalRound();
Overload DecimalRoundToDigits();
Overload DecimalClamp();
std::vector<Overload> DecimalCasts();

// The least type that holds every value of both, of at most 38 digits.
data::Type WiderDecimal(data::Type a, data::Type b);
// The type of an int64 that meets decimals.
inline constexpr data::Type kInt64AsDecimal = data::Type::Decimal(19, 0);
data::Type DecimalOfInt(int64_t value);

}  // namespace plumb::expr
