#include "features/internal/identity.h"

#include <fmt/format.h>

#include <iterator>
#include <string_view>
#include <utility>

#include "base/hash.h"
#include "features/internal/column_usage.h"

namespace plumb::features::internal {
namespace {

// The length makes every text mean one thing, whatever a name holds.
void Append(std::string_view label, std::string_view value, std::string* out) {
  fmt::format_to(std::back_inserter(*out), "{} {}:{}\n", label, value.size(), value);
}

void AppendField(std::string_view label, const data::Field& field, std::string* out) {
  Append(label, field.name, out);
  Append("type", data::TypeName(field.type), out);
}

bool IsWindowless(const expr::Checked& checked) {
  for (const expr::Aggregate& aggregate : checked.aggregates) {
    if (aggregate.window.lifetime) return true;
  }
  return false;
}

// Of functions whose results could be made otherwise and still be right: the way they are made is part of the meaning.
// Raised whenever a value changes; 0: there is one right value.
int FunctionVersion(expr::AggregateFunction function) {
  switch (function) {
    case expr::AggregateFunction::kDistinct:
    case expr::AggregateFunction::kApproxDistinct:
    case expr::AggregateFunction::kApproxQuantile:
    case expr::AggregateFunction::kTopK:
    case expr::AggregateFunction::kEwma:
      return 1;
    default:
      return 0;
  }
}

// Kind, times and identity of rows; all that stands before the columns.
void AppendRowRules(const Source& source, std::string* out) {
  Append("source", source.name, out);
  if (source.is_table()) Append("kind", "table", out);
  for (const std::string& column : source.key) Append("table_key", column, out);
  if (source.is_static) Append("static", "true", out);
  if (!source.is_static) Append("event_time", source.event_time, out);
  if (source.known_at) Append("known_at", *source.known_at, out);
  if (source.available_after) Append("available_after", base::FormatSpan(*source.available_after), out);
  if (!source.event_id.empty()) Append("event_id", source.event_id, out);
  if (source.deleted) Append("deleted", source.deleted->canonical(), out);
  if (source.skip_null_time) Append("skip_null_time", "true", out);
  std::set<std::string> checks;
  for (const RowCheck& check : source.row_checks) {
    if (check.severity == CheckSeverity::kError) checks.insert(check.expect.canonical());
  }
  for (const std::string& check : checks) Append("check", check, out);
}

void AppendColumns(const Source& source, const std::set<std::string>& columns, std::string* out) {
  for (const std::string& name : columns) {
    if (const data::Field* field = source.columns.Find(name)) AppendField("column", *field, out);
  }
}

std::set<std::string> NamesOf(const data::Schema& schema) {
  std::set<std::string> names;
  for (const data::Field& field : schema.fields()) names.insert(field.name);
  return names;
}

}  // namespace

void IdentityWriter::AppendUses(const expr::Checked& checked, std::string* out) const {
  std::map<std::string, std::string> used;
  for (const expr::FeatureRef& ref : checked.features) {
    const std::string name = ref.view + "." + ref.feature;
    used[name] = features_.at(name);
  }
  for (const auto& [name, identity] : used) {
    Append("uses", name, out);
    Append("identity", identity, out);
  }
}

void IdentityWriter::AppendSource(const Source& source, const std::set<std::string>& columns, std::string* out) const {
  std::set<std::string> used = SystemColumns(source);
  used.insert(columns.begin(), columns.end());
  used = WithUsedByDerived(source, std::move(used));
  AppendRowRules(source, out);
  AppendColumns(source, used, out);
  // By name: which derived column stands first in the file says nothing.
  std::map<std::string, const DerivedColumn*> derived;
  for (const DerivedColumn& column : source.derived) {
    if (used.contains(column.name)) derived[column.name] = &column;
  }
  for (const auto& [name, column] : derived) {
    Append("derived", name, out);
    Append("expression", column->checked.scalar.canonical(), out);
    Append("type", data::TypeName(column->checked.scalar.type()), out);
    AppendUses(column->checked, out);
  }
}

void IdentityWriter::Identify(Source* source) const {
  std::string text = "plumb source 2\n";
  AppendSource(*source, NamesOf(source->all_columns), &text);
  source->identity = base::Sha256Hex(text);
  std::string rows = "plumb rows 1\n";
  AppendRowRules(*source, &rows);
  AppendColumns(*source, NamesOf(source->columns), &rows);
  source->rows_identity = base::Sha256Hex(rows);
}

std::string IdentityWriter::OfAggregate(const View& view, const expr::Aggregate& aggregate) const {
  std::string text = "plumb aggregate 1\n";
  Append("aggregate", aggregate.canonical, &text);
  Append("type", data::TypeName(aggregate.type), &text);
  if (const int version = FunctionVersion(aggregate.function); version > 0) {
    Append("version", std::to_string(version), &text);
  }
  std::set<std::string> columns = EventColumns(aggregate);
  for (const data::Field& key : view.entity->keys.fields()) {
    AppendField("key", key, &text);
    columns.insert(key.name);
  }
  AppendSource(*view.source, columns, &text);
  return base::Sha256Hex(text);
}

std::string IdentityWriter::OfFeature(const View& view, const Feature& feature) const {
  const expr::Checked& checked = feature.checked;
  std::string text = "plumb feature 2\n";
  Append("expression", checked.scalar.canonical(), &text);
  Append("type", data::TypeName(feature.type), &text);
  for (const std::string& name : ScopeColumns(checked)) {
    if (const data::Field* field = view.inputs().Find(name)) AppendField("input", *field, &text);
  }
  std::map<std::string, std::string> aggregates;
  for (size_t i = 0; i < checked.aggregates.size(); ++i) {
    aggregates[checked.aggregates[i].canonical] = feature.aggregate_identities[i];
  }
  for (const auto& [canonical, identity] : aggregates) {
    Append("aggregate", canonical, &text);
    Append("identity", identity, &text);
  }
  if (view.max_age && IsWindowless(checked)) Append("max_age", base::FormatSpan(*view.max_age), &text);
  AppendUses(checked, &text);
  return base::Sha256Hex(text);
}

std::string IdentityWriter::OfView(const View& view) {
  std::string text = "plumb view 1\n";
  if (view.is_request()) {
    for (const std::string& name : NamesOf(view.request)) AppendField("input", *view.request.Find(name), &text);
  } else {
    for (const data::Field& key : view.entity->keys.fields()) AppendField("input", key, &text);
  }
  std::map<std::string, std::string> features;
  for (const Feature& feature : view.features) features[feature.name] = feature.identity;
  for (const auto& [name, identity] : features) {
    Append("feature", name, &text);
    Append("identity", identity, &text);
  }
  return base::Sha256Hex(text);
}

void IdentityWriter::Identify(View* view) {
  for (Feature& feature : view->features) {
    feature.aggregate_identities.clear();
    for (const expr::Aggregate& aggregate : feature.checked.aggregates) {
      feature.aggregate_identities.push_back(OfAggregate(*view, aggregate));
    }
    feature.identity = OfFeature(*view, feature);
    features_[view->name + "." + feature.name] = feature.identity;
  }
  view->identity = OfView(*view);
}

}  // namespace plumb::features::internal
