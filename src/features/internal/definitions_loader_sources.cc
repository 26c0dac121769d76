// What is said about sources: deletes, row checks, derived columns.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "features/internal/definitions_loader.h"
#include "features/internal/named_columns.h"

namespace plumb::features {

using internal::DependencyGraph;
using internal::NamedExpression;
using internal::ReadSource;

void DefinitionsLoader::CheckSource(ReadSource* read) {
  if (read->unusable) return;
  read->source->deleted = CheckCondition(*read, read->deleted);
  CheckRowChecks(read);
  for (const size_t i : DerivedOrder(read)) CheckDerived(read, read->derived[i]);
}

// A bool over declared columns; nothing of a null expression and after an error.
std::optional<expr::Scalar> DefinitionsLoader::CheckCondition(const ReadSource& read, const expr::ExprPtr& expr) {
  if (expr == nullptr || MentionsAny(expr, read.unusable_columns)) return std::nullopt;
  expr::Scope scope;
  scope.columns = &read.source->columns;
  scope.columns_are_of = "source " + read.source->name;
  std::optional<expr::Checked> checked = expr::Check(expr, scope, &found_, data::TypeKind::kBool);
  if (!checked) return std::nullopt;
  return std::move(checked->scalar);
}

void DefinitionsLoader::CheckRowChecks(ReadSource* read) {
  for (internal::ReadRowCheck& row : read->row_checks) {
    if (row.expr == nullptr || RefuseBeyondDeclared(*read, row.expr)) continue;
    std::optional<expr::Scalar> expect = CheckCondition(*read, row.expr);
    if (!expect) continue;
    row.check.expect = std::move(*expect);
    read->source->row_checks.push_back(std::move(row.check));
  }
}

// Row checks are asked when rows arrive: derived columns and features of views are not there yet. True after an error.
bool DefinitionsLoader::RefuseBeyondDeclared(const ReadSource& read, const expr::ExprPtr& expr) {
  for (const expr::NamedFeature& named : expr::NamedFeatures(expr)) {
    found_.Error(named.position,
                 fmt::format("A check looks into a feature view: {}.{} in source {}.", named.view, named.feature,
                             read.source->name),
                 "Checks see the row alone: use its declared columns.");
    return true;
  }
  const std::set<std::string> names = internal::NamedColumns(expr);
  for (const NamedExpression& derived : read.derived) {
    if (!names.contains(derived.name) || read.source->columns.IndexOf(derived.name) >= 0) continue;
    found_.Error(expr->position,
                 fmt::format("A check uses a derived column: {} in source {}.", derived.name, read.source->name),
                 "Checks use declared columns: write the expression out.");
    return true;
  }
  return false;
}

// Each derived column after those that it uses. One that is part of a circle is marked as unusable.
std::vector<size_t> DefinitionsLoader::DerivedOrder(ReadSource* read) {
  std::map<std::string, size_t> numbers;
  for (size_t i = 0; i < read->derived.size(); ++i) numbers[read->derived[i].name] = i;
  DependencyGraph graph(read->derived.size());
  for (size_t i = 0; i < read->derived.size(); ++i) {
    for (const std::string& name : internal::NamedColumns(read->derived[i].expr)) {
      const auto used = numbers.find(name);
      if (used != numbers.end()) graph.Add(i, used->second, read->derived[i].position);
    }
  }
  for (const DependencyGraph::Cycle& cycle : graph.CutCycles()) {
    std::vector<std::string> names;
    for (const size_t i : cycle.path) {
      names.push_back(read->derived[i].name);
      read->unusable_columns.insert(read->derived[i].name);
    }
    found_.Error(cycle.where, fmt::format("Derived columns use each other in a circle: {}.", fmt::join(names, " → ")));
  }
  return graph.Order();
}

void DefinitionsLoader::CheckDerived(ReadSource* read, const NamedExpression& derived) {
  Source& source = *read->source;
  if (source.columns.IndexOf(derived.name) >= 0 || read->unusable_columns.contains(derived.name)) return;
  std::optional<expr::Checked> checked;
  const bool silent = MentionsAny(derived.expr, read->unusable_columns);
  if (NamedFeaturesReadiness(derived.expr, "") == Readiness::kReady && !silent) {
    expr::Scope scope;
    scope.columns = &source.all_columns;
    scope.columns_are_of = "source " + source.name;
    scope.views = &signatures_;
    checked = CheckExpression(derived.expr, scope, derived.position, derived.name);
  }
  if (checked && source.is_static && !checked->features.empty()) {
    found_.Error(
        derived.position,
        fmt::format("A static table has no time at which to look up: {} of source {}.", derived.name, source.name),
        "Look up in a request view, or declare valid_from instead of static.");
    checked.reset();
  }
  if (!checked) {
    read->unusable_columns.insert(derived.name);
    return;
  }
  source.all_columns.Add(derived.name, checked->scalar.type());
  source.derived.push_back({derived.name, derived.position, std::move(*checked)});
}

}  // namespace plumb::features
