// conversions.h: which overload of a function fits arguments, and what each argument becomes.
//
// int64 widens to decimal and float64, decimals to float64 and to wider decimals, wherever they meet. A literal int64
// is a decimal of just its digits, so that price * 2 has one digit more than price, and not nineteen.
//
// Thread safety: pure functions.
#pragma once

#include <vector>

#include "expr/node.h"

namespace plumb::expr {

// The overload with the fewest and least conversions; null if none fits.
const Overload* BestOverload(const Function& function, const std::vector<NodePtr>& args);
// Requires: the overload fits.
std::vector<data::Type> ParameterTypes(const Overload& overload, const std::vector<NodePtr>& args);
// As which decimal a value takes part among decimals. Requires: its type is int64 or a decimal.
data::Type AsDecimal(const Node& node);

}  // namespace plumb::expr
