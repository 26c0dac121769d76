// float_result.h: what a float64 operation makes of its raw result, and which timestamps have a calendar.
// Thread safety: pure functions.
#pragma once

#include "base/time.h"
#include "expr/kernel.h"

namespace plumb::expr {

// Canonical bits. An infinity made of finite operands is an overflow.
inline State FloatResult(double value, bool finite_operands, Cell* out) {
  if (finite_operands && !IsFinite(value) && !IsNan(value)) return kErrorState;
  out->d = Canonical(value);
  return kValue;
}

// Real instants lie in years 1 to 9999; outside, there is no calendar and no text.
inline constexpr base::Time kFirstInstant = -62135596800 * base::kSecond;   // 0001-01-01T00:00:00Z
inline constexpr base::Time kEndOfInstants = 253402300800 * base::kSecond;  // 10000-01-01T00:00:00Z
inline bool IsInstant(base::Time time) { return time >= kFirstInstant && time < kEndOfInstants; }

}  // namespace plumb::expr
