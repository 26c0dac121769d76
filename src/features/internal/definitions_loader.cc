#include "features/internal/definitions_loader.h"

#include <fmt/format.h>

#include <algorithm>

#include "features/internal/identity.h"
#include "features/internal/named_columns.h"

namespace plumb::features {

using internal::DependencyGraph;
using internal::NamedExpression;
using internal::ReadSource;

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
  state.read.is_global = query->entity.empty();
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
    found_.Error(cycle.where, fmt::format("Feature views use each other in a circle: {}.", fmt::join(names, " → ")),
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
                 base::DidYouMean(named.view, internal::NamesOf(view_numbers_)));
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
      identities.Identify(sources_[node].source.get());
      continue;
    }
    std::unique_ptr<View>& view = views_[node - sources_.size()].read.view;
    identities.Identify(view.get());
    definitions->views_.push_back(std::move(view));
  }
  for (ReadSource& read : sources_) definitions->sources_.push_back(std::move(read.source));
  for (internal::ReadEntity& read : entities_) definitions->entities_.push_back(std::move(read.entity));
  definitions->global_ = std::move(global_);
  definitions->texts_ = std::move(texts_);
}

}  // namespace plumb::features
