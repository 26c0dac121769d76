#include "features/internal/identity.h"

#include <fmt/format.h>

#include <iterator>
#include <string_view>

#include "base/hash.h"

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

void AddColumns(const expr::Scalar& scalar, std::set<std::string>* columns) {
  for (const expr::Input& input : scalar.inputs()) {
    if (input.leaf == expr::Input::Leaf::kColumn) columns->insert(input.name);
  }
}

// Columns of the scope outside aggregates, also those that look-ups use as keys.
std::set<std::string> ScopeColumns(const expr::Checked& checked) {
  std::set<std::string> columns;
  AddColumns(checked.scalar, &columns);
  for (const expr::FeatureRef& ref : checked.features) {
    for (const auto& [name, key] : ref.keys) AddColumns(key, &columns);
  }
  return columns;
}

std::set<std::string> EventColumns(const expr::Checked& checked) {
  std::set<std::string> columns;
  for (const expr::Aggregate& aggregate : checked.aggregates) {
    if (aggregate.argument) AddColumns(*aggregate.argument, &columns);
    if (aggregate.where) AddColumns(*aggregate.where, &columns);
  }
  return columns;
}

bool IsWindowless(const expr::Checked& checked) {
  for (const expr::Aggregate& aggregate : checked.aggregates) {
    if (aggregate.window.lifetime) return true;
  }
  return false;
}

// Columns used, also through derived columns, which use only earlier ones.
std::set<std::string> WithUsedByDerived(const Source& source, std::set<std::string> columns) {
  for (auto derived = source.derived.rbegin(); derived != source.derived.rend(); ++derived) {
    if (columns.contains(derived->name)) columns.merge(ScopeColumns(derived->checked));
  }
  return columns;
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
  std::set<std::string> used = columns;
  used.insert(source.event_time);
  if (source.known_at) used.insert(*source.known_at);
  if (!source.event_id.empty()) used.insert(source.event_id);
  if (source.deleted) AddColumns(*source.deleted, &used);
  used = WithUsedByDerived(source, std::move(used));

  Append("source", source.name, out);
  Append("event_time", source.event_time, out);
  if (source.known_at) Append("known_at", *source.known_at, out);
  if (source.available_after) Append("available_after", base::FormatSpan(*source.available_after), out);
  if (!source.event_id.empty()) Append("event_id", source.event_id, out);
  if (source.deleted) Append("deleted", source.deleted->canonical(), out);
  if (source.skip_null_time) Append("skip_null_time", "true", out);
  for (const std::string& name : used) {
    if (const data::Field* field = source.columns.Find(name)) AppendField("column", *field, out);
  }
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

std::string IdentityWriter::OfSource(const Source& source) {
  std::set<std::string> columns;
  for (const data::Field& field : source.all_columns.fields()) columns.insert(field.name);
  std::string text = "plumb source 1\n";
  AppendSource(source, columns, &text);
  return base::Sha256Hex(text);
}

std::string IdentityWriter::OfFeature(const View& view, const Feature& feature) {
  const expr::Checked& checked = feature.checked;
  std::string text = "plumb feature 1\n";
  Append("expression", checked.scalar.canonical(), &text);
  Append("type", data::TypeName(feature.type), &text);
  if (view.is_request()) {
    const std::set<std::string> used = ScopeColumns(checked);
    for (const std::string& name : used) {
      if (const data::Field* field = view.request.Find(name)) AppendField("field", *field, &text);
    }
  } else {
    std::set<std::string> columns = EventColumns(checked);
    for (const data::Field& key : view.entity->keys.fields()) {
      AppendField("key", key, &text);
      columns.insert(key.name);
    }
    AppendSource(*view.source, columns, &text);
    if (view.max_age && IsWindowless(checked)) Append("max_age", base::FormatSpan(*view.max_age), &text);
  }
  AppendUses(checked, &text);
  std::string identity = base::Sha256Hex(text);
  features_[view.name + "." + feature.name] = identity;
  return identity;
}

}  // namespace plumb::features::internal
