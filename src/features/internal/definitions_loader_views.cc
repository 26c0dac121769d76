// What is said about views: entity and source, keys, features.
#include <fmt/format.h>

#include <utility>

#include "features/internal/definitions_loader.h"
#include "features/internal/table_expression.h"

namespace plumb::features {

using internal::NamedExpression;
using internal::ReadSource;

void DefinitionsLoader::CheckView(ViewState* state) {
  View& view = *state->read.view;
  if (!LinkView(state)) state->broken = true;
  for (const NamedExpression& feature : state->read.features) CheckFeature(state, feature);
  if (state->broken || state->read.unusable) return;
  expr::ViewSignature signature{view.name, view.inputs(), {}};
  for (const Feature& feature : view.features) signature.features.Add(feature.name, feature.type);
  signatures_.push_back(std::move(signature));
}

// Finds entity and source. False if features cannot be checked.
bool DefinitionsLoader::LinkView(ViewState* state) {
  const internal::ReadView& read = state->read;
  if (read.is_request || read.unusable) return !read.unusable;
  const Entity* entity = LinkEntity(read);
  const auto source = source_numbers_.find(read.source);
  if (source == source_numbers_.end()) {
    found_.Error(read.source_position, fmt::format("Source is not known: {}.", read.source),
                 base::DidYouMean(read.source, internal::NamesOf(source_numbers_)));
  }
  if (entity == nullptr || source == source_numbers_.end()) return false;
  read.view->entity = entity;
  read.view->source = sources_[source->second].source.get();
  if (sources_[source->second].unusable) return false;
  if (read.view->source->is_static && read.view->max_age) {
    found_.Error(read.source_position,
                 fmt::format("A static table has no age: max_age of feature view {}.", read.view->name),
                 "Leave max_age out, or declare valid_from instead of static.");
  }
  return CheckKeys(state);
}

// Null if it is not known or wrong.
const Entity* DefinitionsLoader::LinkEntity(const internal::ReadView& read) {
  if (read.is_global) return global_.get();
  const auto entity = entity_numbers_.find(read.entity);
  if (entity == entity_numbers_.end()) {
    found_.Error(read.entity_position, fmt::format("Entity is not known: {}.", read.entity),
                 base::DidYouMean(read.entity, internal::NamesOf(entity_numbers_)));
    return nullptr;
  }
  return entities_[entity->second].unusable ? nullptr : entities_[entity->second].entity.get();
}

bool DefinitionsLoader::CheckKeys(ViewState* state) {
  const View& view = *state->read.view;
  const ReadSource& source = sources_[source_numbers_.find(view.source->name)->second];
  const size_t errors_before = found_.errors();
  bool usable = true;
  for (const data::Field& key : view.entity->keys.fields()) {
    usable = usable && !source.unusable_columns.contains(key.name);
    if (source.unusable_columns.contains(key.name)) continue;
    const data::Field* column = view.source->all_columns.Find(key.name);
    if (column == nullptr) {
      found_.Error(state->read.source_position,
                   fmt::format("Source {} has no column for the key {} of entity {}.", view.source->name, key.name,
                               view.entity->name),
                   fmt::format("Declare or derive a column {}.", key.name));
    } else if (column->type != key.type) {
      found_.Error(
          state->read.source_position,
          fmt::format("Column has the wrong type: {} of source {}, want {} as in entity {}, got {}.", key.name,
                      view.source->name, data::TypeName(key.type), view.entity->name, data::TypeName(column->type)));
    }
  }
  return usable && found_.errors() == errors_before;
}

void DefinitionsLoader::CheckFeature(ViewState* state, const NamedExpression& feature) {
  View& view = *state->read.view;
  std::optional<expr::Checked> checked;
  if (feature.expr != nullptr && NamedFeaturesReadiness(feature.expr, view.name) == Readiness::kReady &&
      !state->broken) {
    checked = view.is_request() ? CheckOfRequest(*state, feature) : CheckOfEvents(*state, feature);
  }
  if (!checked) {
    state->broken_features.insert(feature.name);
    return;
  }
  const data::Type type = checked->scalar.type();
  view.features.push_back(
      {feature.name, feature.position, feature.text, std::move(*checked), type, "", {}, feature.description});
}

std::optional<expr::Checked> DefinitionsLoader::CheckOfRequest(const ViewState& state, const NamedExpression& feature) {
  if (MentionsAny(feature.expr, state.read.unusable_fields)) return std::nullopt;
  expr::Scope scope;
  scope.time = true;
  scope.columns = &state.read.view->inputs();
  scope.columns_are_of = "the request";
  scope.views = &signatures_;
  return CheckExpression(feature.expr, scope, feature.position, feature.name);
}

std::optional<expr::Checked> DefinitionsLoader::CheckOfEvents(const ViewState& state, const NamedExpression& feature) {
  const View& view = *state.read.view;
  const Source& source = *view.source;
  const ReadSource& read = sources_[source_numbers_.find(source.name)->second];
  if (MentionsAny(feature.expr, read.unusable_columns)) return std::nullopt;
  const expr::ExprPtr expr = source.is_table() ? internal::WithValidValues(feature.expr, view.inputs()) : feature.expr;
  if (source.is_static && !internal::CheckTimeless(expr, source, &found_)) return std::nullopt;
  expr::Scope scope;
  scope.time = true;
  scope.columns = &view.inputs();
  scope.columns_are_of = view.is_global() ? "a global view, which has no keys" : "entity " + view.entity->name;
  scope.views = &signatures_;
  scope.event_columns = &source.all_columns;
  scope.event_columns_are_of = "source " + source.name;
  return CheckExpression(expr, scope, feature.position, feature.name);
}

}  // namespace plumb::features
