// decimal.h: unscaled decimals: as text, as 16 bytes, and their bounds.
//
// Thread safety: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "data/internal/scalar_text.h"
#include "data/type.h"
#include "data/value.h"

namespace plumb::data {

inline constexpr size_t kWideDecimalBytes = 16;

// Requires: 0 <= exponent <= 38.
Int128 PowerOfTen(int exponent);
bool FitsPrecision(Type decimal, Int128 unscaled);

// "-12.30", "+.5", "1e3": exactly, never rounded. kOutOfRange with more digits before or after the point than the type
// has; zeros at the end count.
TextOutcome ReadDecimal(Type decimal, std::string_view text, Int128* unscaled);
// With as many digits after the point as the scale says.
std::string DecimalText(Type decimal, Int128 unscaled);

// Little endian. Requires of Int128Of: 16 bytes.
std::string WideDecimalBytes(Int128 unscaled);
Int128 Int128Of(std::string_view bytes);

}  // namespace plumb::data
