// column_usage.h: which columns of a source a checked expression stands on.
//
// Thread safety: functions of their arguments.
#pragma once

#include <set>
#include <string>

#include "features/definitions.h"

namespace plumb::features::internal {

void AddColumns(const expr::Scalar& scalar, std::set<std::string>* columns);
// Columns of the scope outside aggregates, also those that look-ups use as keys.
std::set<std::string> ScopeColumns(const expr::Checked& checked);
// Columns of events that the aggregate reads.
std::set<std::string> EventColumns(const expr::Aggregate& aggregate);
// `columns` and what its derived ones are made of.
std::set<std::string> WithUsedByDerived(const Source& source, std::set<std::string> columns);
// Columns that decide which events count, and when: times, identity, `deleted`, row checks of severity error.
std::set<std::string> SystemColumns(const Source& source);

}  // namespace plumb::features::internal
