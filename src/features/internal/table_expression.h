// table_expression.h: what expressions of views on tables mean, on the syntax tree, before they are checked.
//
// Why here: a row of a table is valid until the next one of its key. So `price` outside an aggregate is the price in
// the row valid at t, which is what last(price) over lifetime says; after this rewriting nothing else needs to know
// tables.
//
// Thread safety: functions of their arguments; trees are immutable.
#pragma once

#include "base/diagnostics.h"
#include "data/type.h"
#include "expr/expr.h"
#include "features/definitions.h"

namespace plumb::features::internal {

// Names outside aggregates become last(name), whether the table has such a column or not, so that what is said of an
// unknown one suggests the table's. But not the entity's keys, nor `t`, and nothing within the keys of look-ups, which
// are columns of the entity. Null of null.
expr::ExprPtr WithValidValues(const expr::ExprPtr& expr, const data::Schema& keys);

// Rows of a static table have no times: windows of time, offsets, event_time and known_at say nothing about them.
// False after an error.
bool CheckTimeless(const expr::ExprPtr& expr, const Source& source, base::Diagnostics* diagnostics);

}  // namespace plumb::features::internal
