#include "features/internal/column_usage.h"

#include <utility>

namespace plumb::features::internal {

void AddColumns(const expr::Scalar& scalar, std::set<std::string>* columns) {
  for (const expr::Input& input : scalar.inputs()) {
    if (input.leaf == expr::Input::Leaf::kColumn) columns->insert(input.name);
  }
}

std::set<std::string> ScopeColumns(const expr::Checked& checked) {
  std::set<std::string> columns;
  AddColumns(checked.scalar, &columns);
  for (const expr::FeatureRef& ref : checked.features) {
    for (const auto& [name, key] : ref.keys) AddColumns(key, &columns);
  }
  return columns;
}

std::set<std::string> EventColumns(const expr::Aggregate& aggregate) {
  std::set<std::string> columns;
  if (aggregate.argument) AddColumns(*aggregate.argument, &columns);
  if (aggregate.where) AddColumns(*aggregate.where, &columns);
  return columns;
}

std::set<std::string> WithUsedByDerived(const Source& source, std::set<std::string> columns) {
  // A derived column uses only earlier ones.
  for (auto derived = source.derived.rbegin(); derived != source.derived.rend(); ++derived) {
    if (columns.contains(derived->name)) columns.merge(ScopeColumns(derived->checked));
  }
  return columns;
}

std::set<std::string> SystemColumns(const Source& source) {
  std::set<std::string> columns(source.key.begin(), source.key.end());
  if (!source.event_time.empty()) columns.insert(source.event_time);
  if (source.known_at) columns.insert(*source.known_at);
  if (!source.event_id.empty()) columns.insert(source.event_id);
  if (source.deleted) AddColumns(*source.deleted, &columns);
  for (const RowCheck& check : source.row_checks) {
    if (check.severity == CheckSeverity::kError) AddColumns(check.expect, &columns);
  }
  return columns;
}

}  // namespace plumb::features::internal
