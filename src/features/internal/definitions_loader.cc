#include "features/internal/definitions_loader.h"

#include <fmt/format.h>

#include <algorithm>

#include "features/internal/identity.h"
#include "features/internal/named_columns.h"

namespace plumb::features {

using internal::DependencyGraph;
using internal::NamedExpression;
using internal::ReadEntity;
using internal::ReadSource;

namespace {

std::vector<std::string> Names(const std::map<std::string, size_t, std::less<>>& numbers) {
  std::vector<std::string> names;
  for (const auto& [name, number] : numbers) names.push_back(name);
  return names;
}

std::string PathText(const std::vector<std::string>& names) { return fmt::format("{}", fmt::join(names, " → ")); }

}  // namespace

DefinitionsLoader::DefinitionsLoader(const base::ProjectTree& tree) : texts_(tree.texts) { ReadSections(tree); }

void DefinitionsLoader::ReadSections(const base::ProjectTree& tree) {
  const internal::ReadingContext context{&expressions_, &found_};
  for (const base::YamlEntry& entry : tree.Section("sources")) {
    source_numbers_[entry.key] = sources_.size();
    sources_.push_back(internal::ReadSourceEntry(entry, context));
  }
  for (const base::YamlEntry& entry : tree.Section("entities")) {
    entity_numbers_[entry.key] = entities_.size();
    entities_.push_back(internal::ReadEntityEntry(entry, context));
  }
  for (const base::YamlEntry& entry : tree.Section("feature_views")) {
    view_numbers_[entry.key] = views_.size();
    ViewState state;
    state.read = internal::ReadViewEntry(entry, context);
    views_.push_back(std::move(state));
  }
}

void DefinitionsLoader::AddQuery(const std::string& name, const std::string& text) {
  auto source = std::make_shared<const base::SourceText>(base::SourceText{name, text});
  const base::Position position{source, 0, std::max<size_t>(text.size(), 1)};
  std::optional<expr::Query> query = expr::ParseQuery(text, position, &found_);
  if (!query) return;
  ViewState state;
  state.read.view = std::make_unique<View>();
  state.read.view->name = internal::kQueryView;
  state.read.view->position = position;
  state.read.entity = query->entity;
  state.read.entity_position = query->entity_position;
  state.read.source = query->source;
  state.read.source_position = query->source_position;
  state.read.features.push_back({internal::kQueryFeature, position, text, "", query->expr});
  view_numbers_[internal::kQueryView] = views_.size();
  views_.push_back(std::move(state));
}

DefinitionsPtr DefinitionsLoader::Load(base::Diagnostics* diagnostics) {
  Order();
  for (const size_t node : order_) {
    if (node < sources_.size()) {
      CheckSource(&sources_[node]);
    } else {
      CheckView(&views_[node - sources_.size()]);
    }
  }
  return Finish(diagnostics);
}

// ---- Order ----

std::string DefinitionsLoader::NodeName(size_t node) const {
  if (node < sources_.size()) return "source " + sources_[node].source->name;
  return views_[node - sources_.size()].read.view->name;
}

void DefinitionsLoader::AddEdges(const expr::ExprPtr& expr, size_t user, DependencyGraph* graph) const {
  if (expr == nullptr) return;
  for (const expr::NamedFeature& named : expr::NamedFeatures(expr)) {
    const auto view = view_numbers_.find(named.view);
    // A view's use of itself has a message of its own.
    if (view != view_numbers_.end() && ViewNode(view->second) != user)
      graph->Add(user, ViewNode(view->second), named.position);
  }
}

void DefinitionsLoader::Order() {
  DependencyGraph graph(sources_.size() + views_.size());
  for (size_t i = 0; i < sources_.size(); ++i) {
    for (const NamedExpression& derived : sources_[i].derived) AddEdges(derived.expr, SourceNode(i), &graph);
  }
  for (size_t i = 0; i < views_.size(); ++i) {
    const auto source = source_numbers_.find(views_[i].read.source);
    if (source != source_numbers_.end())
      graph.Add(ViewNode(i), SourceNode(source->second), views_[i].read.source_position);
    for (const NamedExpression& feature : views_[i].read.features) AddEdges(feature.expr, ViewNode(i), &graph);
  }
  for (const DependencyGraph::Cycle& cycle : graph.CutCycles()) {
    std::vector<std::string> names;
    for (const size_t node : cycle.path) names.push_back(NodeName(node));
    found_.Error(cycle.where, fmt::format("Feature views use each other in a circle: {}.", PathText(names)),
                 "Compute one of them without the other.");
    for (const size_t node : cycle.path) {
      if (node < sources_.size()) {
        sources_[node].unusable = true;
      } else {
        views_[node - sources_.size()].broken = true;
      }
    }
  }
  order_ = graph.Order();
}

// ---- What an expression names ----

bool DefinitionsLoader::MentionsAny(const expr::ExprPtr& expr, const std::set<std::string>& names) const {
  if (names.empty()) return false;
  const std::set<std::string> named = internal::NamedColumns(expr);
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) { return named.contains(name); });
}

DefinitionsLoader::Readiness DefinitionsLoader::NamedFeaturesReadiness(const expr::ExprPtr& expr,
                                                                       const std::string& own_view) {
  Readiness all = Readiness::kReady;
  for (const expr::NamedFeature& named : expr::NamedFeatures(expr)) {
    if (NamedFeatureReadiness(named, own_view) == Readiness::kBroken) all = Readiness::kBroken;
  }
  return all;
}

DefinitionsLoader::Readiness DefinitionsLoader::NamedFeatureReadiness(const expr::NamedFeature& named,
                                                                      const std::string& own_view) {
  if (named.view == own_view) {
    found_.Error(named.position,
                 fmt::format("Feature view uses a feature of its own: {}.{}.", named.view, named.feature),
                 "Write the expression out, or move one of the two to another view.");
    return Readiness::kBroken;
  }
  const auto number = view_numbers_.find(named.view);
  if (number == view_numbers_.end()) {
    found_.Error(named.position, fmt::format("Feature view is not known: {}.", named.view),
                 base::DidYouMean(named.view, Names(view_numbers_)));
    return Readiness::kBroken;
  }
  const ViewState& view = views_[number->second];
  std::vector<std::string> features;
  for (const NamedExpression& feature : view.read.features) features.push_back(feature.name);
  if (std::find(features.begin(), features.end(), named.feature) == features.end()) {
    found_.Error(named.position, fmt::format("Feature is not known: {}.{}.", named.view, named.feature),
                 base::DidYouMean(named.feature, features));
    return Readiness::kBroken;
  }
  const bool broken = view.broken || view.read.unusable || view.broken_features.contains(named.feature);
  return broken ? Readiness::kBroken : Readiness::kReady;
}

std::optional<expr::Checked> DefinitionsLoader::CheckExpression(const expr::ExprPtr& expr, const expr::Scope& scope,
                                                                const base::Position& position,
                                                                const std::string& what) {
  std::optional<expr::Checked> checked = expr::Check(expr, scope, &found_);
  if (!checked || checked->scalar.type() != data::TypeKind::kNull) return checked;
  found_.Error(position, fmt::format("Expression is always null and has no type: {}.", what),
               "Cast it: cast(null as int64).");
  return std::nullopt;
}

// ---- Sources ----

void DefinitionsLoader::CheckSource(ReadSource* read) {
  if (read->unusable) return;
  Source& source = *read->source;
  if (read->deleted != nullptr && !MentionsAny(read->deleted, read->unusable_columns)) {
    expr::Scope scope;
    scope.columns = &source.columns;
    scope.columns_are_of = "source " + source.name;
    std::optional<expr::Checked> checked = expr::Check(read->deleted, scope, &found_, data::TypeKind::kBool);
    if (checked) source.deleted = std::move(checked->scalar);
  }
  for (const size_t i : DerivedOrder(read)) CheckDerived(read, read->derived[i]);
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
    found_.Error(cycle.where, fmt::format("Derived columns use each other in a circle: {}.", PathText(names)));
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
  if (!checked) {
    read->unusable_columns.insert(derived.name);
    return;
  }
  source.all_columns.Add(derived.name, checked->scalar.type());
  source.derived.push_back({derived.name, derived.position, std::move(*checked)});
}

// ---- Views ----

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
  const auto entity = entity_numbers_.find(read.entity);
  if (entity == entity_numbers_.end()) {
    found_.Error(read.entity_position, fmt::format("Entity is not known: {}.", read.entity),
                 base::DidYouMean(read.entity, Names(entity_numbers_)));
  }
  const auto source = source_numbers_.find(read.source);
  if (source == source_numbers_.end()) {
    found_.Error(read.source_position, fmt::format("Source is not known: {}.", read.source),
                 base::DidYouMean(read.source, Names(source_numbers_)));
  }
  if (entity == entity_numbers_.end() || source == source_numbers_.end()) return false;
  read.view->entity = entities_[entity->second].entity.get();
  read.view->source = sources_[source->second].source.get();
  if (entities_[entity->second].unusable || sources_[source->second].unusable) return false;
  return CheckKeys(state);
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
    expr::Scope scope;
    scope.time = true;
    scope.columns = &view.inputs();
    scope.columns_are_of = view.is_request() ? "the request" : "entity " + view.entity->name;
    scope.views = &signatures_;
    const std::set<std::string>* unusable = &state->read.unusable_fields;
    if (!view.is_request()) {
      unusable = &sources_[source_numbers_.find(view.source->name)->second].unusable_columns;
      scope.event_columns = &view.source->all_columns;
      scope.event_columns_are_of = "source " + view.source->name;
    }
    if (!MentionsAny(feature.expr, *unusable))
      checked = CheckExpression(feature.expr, scope, feature.position, feature.name);
  }
  if (!checked) {
    state->broken_features.insert(feature.name);
    return;
  }
  const data::Type type = checked->scalar.type();
  view.features.push_back(
      {feature.name, feature.position, feature.text, std::move(*checked), type, "", feature.description});
}

// ---- The result ----

DefinitionsPtr DefinitionsLoader::Finish(base::Diagnostics* diagnostics) {
  for (const base::Diagnostic& one : found_.all()) {
    if (one.severity == base::Severity::kError) {
      diagnostics->Error(expressions_.InFile(one.position), one.message, one.suggestion);
    } else {
      diagnostics->Warn(expressions_.InFile(one.position), one.message, one.suggestion);
    }
  }
  if (found_.has_errors()) return nullptr;
  auto definitions = std::make_shared<Definitions>();
  MoveIn(definitions.get());
  return definitions;
}

void DefinitionsLoader::MoveIn(Definitions* definitions) {
  internal::IdentityWriter identities;
  for (const size_t node : order_) {
    if (node < sources_.size()) {
      Source& source = *sources_[node].source;
      source.identity = identities.OfSource(source);
      continue;
    }
    std::unique_ptr<View>& view = views_[node - sources_.size()].read.view;
    for (Feature& feature : view->features) feature.identity = identities.OfFeature(*view, feature);
    definitions->views_.push_back(std::move(view));
  }
  for (ReadSource& read : sources_) definitions->sources_.push_back(std::move(read.source));
  for (ReadEntity& read : entities_) definitions->entities_.push_back(std::move(read.entity));
  definitions->texts_ = std::move(texts_);
}

}  // namespace plumb::features
