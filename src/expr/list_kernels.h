// list_kernels.h: operations on lists and vectors that share a name with others, as overloads for the table.
// Thread safety: constants.
#pragma once

#include "expr/functions.h"

namespace plumb::expr {

// `negated`: whether they differ. Lists and vectors have equal bytes iff they are equal.
std::vector<Overload> ListEquality(bool negated);
Overload ListContains();
std::vector<Overload> ListCasts();

}  // namespace plumb::expr
