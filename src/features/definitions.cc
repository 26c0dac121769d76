#include "features/definitions.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/check.h"
#include "features/internal/definitions_loader.h"

namespace plumb::features {
namespace {

template <typename T>
const T* FindByName(const std::vector<std::unique_ptr<T>>& all, std::string_view name) {
  const auto found = std::find_if(all.begin(), all.end(), [name](const auto& one) { return one->name == name; });
  return found == all.end() ? nullptr : found->get();
}

std::vector<std::string> FeatureNames(const View& view) {
  std::vector<std::string> names;
  for (const Feature& feature : view.features) names.push_back(feature.name);
  return names;
}

void AddOnce(FeatureId id, std::vector<FeatureId>* features) {
  if (std::find(features->begin(), features->end(), id) == features->end()) features->push_back(id);
}

}  // namespace

bool Source::IsPii(const std::string& column) const {
  const auto note = notes.find(column);
  return note != notes.end() && note->second.pii;
}

std::vector<std::string> View::AggregateIdentities() const {
  std::set<std::string> identities;
  for (const Feature& feature : features) {
    identities.insert(feature.aggregate_identities.begin(), feature.aggregate_identities.end());
  }
  return {identities.begin(), identities.end()};
}

int View::IndexOf(std::string_view feature) const {
  for (size_t i = 0; i < features.size(); ++i) {
    if (features[i].name == feature) return static_cast<int>(i);
  }
  return -1;
}

const Source* Definitions::FindSource(std::string_view name) const { return FindByName(sources_, name); }
const Entity* Definitions::FindEntity(std::string_view name) const { return FindByName(entities_, name); }
const View* Definitions::FindView(std::string_view name) const { return FindByName(views_, name); }

FeatureId Definitions::Resolve(const expr::FeatureRef& ref) const {
  const View* view = FindView(ref.view);
  PLUMB_CHECK(view != nullptr, "A checked look-up names a view of these definitions.");
  const FeatureId id{view, view->IndexOf(ref.feature)};
  PLUMB_CHECK(id.index >= 0, "A checked look-up names a feature of its view.");
  return id;
}

std::vector<FeatureId> Definitions::Select(const std::vector<std::string>& patterns, const base::Position& position,
                                           base::Diagnostics* diagnostics) const {
  std::vector<std::string> view_names;
  for (const auto& view : views_) view_names.push_back(view->name);
  std::vector<FeatureId> selected;
  for (const std::string& pattern : patterns) {
    const size_t dot = pattern.find('.');
    if (dot == std::string::npos) {
      diagnostics->Error(
          position, fmt::format("Feature is not named as view.feature or view.*: {}.", pattern),
          FindView(pattern) != nullptr ? fmt::format("Write {}.* for all of its features.", pattern) : "");
      continue;
    }
    const std::string view_name = pattern.substr(0, dot), feature = pattern.substr(dot + 1);
    const View* view = FindView(view_name);
    if (view == nullptr) {
      diagnostics->Error(position, fmt::format("Feature view is not known: {}.", view_name),
                         base::DidYouMean(view_name, view_names));
      continue;
    }
    if (feature == "*") {
      for (size_t i = 0; i < view->features.size(); ++i) AddOnce({view, static_cast<int>(i)}, &selected);
      continue;
    }
    if (view->IndexOf(feature) >= 0) {
      AddOnce({view, view->IndexOf(feature)}, &selected);
      continue;
    }
    diagnostics->Error(position, fmt::format("Feature is not known: {}.", pattern),
                       base::DidYouMean(feature, FeatureNames(*view)));
  }
  return selected;
}

DefinitionsPtr LoadDefinitions(const base::ProjectTree& tree, base::Diagnostics* diagnostics) {
  return DefinitionsLoader(tree).Load(diagnostics);
}

DefinitionsPtr WithQuery(const DefinitionsPtr& base, const std::string& name, const std::string& query,
                         base::Diagnostics* diagnostics) {
  // The texts were read before without an error; what they warn of was said then.
  base::Diagnostics again;
  const base::ProjectTree tree = base::MergeProject(base->texts(), &again);
  base::Diagnostics found;
  DefinitionsLoader loader(tree);
  loader.AddQuery(name, query);
  DefinitionsPtr definitions = loader.Load(&found);
  for (const base::Diagnostic& one : found.all()) {
    if (one.severity == base::Severity::kError) diagnostics->Error(one.position, one.message, one.suggestion);
  }
  return definitions;
}

}  // namespace plumb::features
