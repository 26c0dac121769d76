// named_columns.h: the plain names that an expression uses, before it is checked.
#pragma once

#include <set>
#include <string>

#include "expr/expr.h"

namespace plumb::features::internal {

// Names of columns (and `t`), also inside aggregates and look-up keys; none of a null expression. A look-up without
// keys takes its keys by name, which is not seen here.
std::set<std::string> NamedColumns(const expr::ExprPtr& expr);

}  // namespace plumb::features::internal
