#include "features/lock_file_changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "data/type.h"

namespace plumb::features {
namespace {

constexpr const char* kAccept = "See it with plumb plan; accept it with plumb apply, and commit plumb.lock.";

// The names of both maps, in order.
template <typename Before, typename After>
std::set<std::string> NamesOf(const Before& before, const After& after) {
  std::set<std::string> names;
  for (const auto& [name, value] : before) names.insert(name);
  for (const auto& [name, value] : after) names.insert(name);
  return names;
}

template <typename Map>
typename Map::mapped_type ValueOr(const Map& map, const std::string& name) {
  const auto found = map.find(name);
  return found == map.end() ? typename Map::mapped_type() : found->second;
}

LockChange KindOf(const std::string& before, const std::string& after) {
  if (before == after) return LockChange::kSame;
  if (before.empty()) return LockChange::kAdded;
  return after.empty() ? LockChange::kRemoved : LockChange::kChanged;
}

std::vector<std::string> Without(const std::vector<std::string>& all, const std::vector<std::string>& left_out) {
  std::vector<std::string> kept;
  std::set_difference(all.begin(), all.end(), left_out.begin(), left_out.end(), std::back_inserter(kept));
  return kept;
}

class Comparison {
 public:
  Comparison(const LockFile& lock, const Definitions& definitions, const std::vector<ModelExpansion>& models)
      : lock_(lock), definitions_(definitions), models_(models) {
    changes_.after = MakeLock(lock, definitions, models);
    for (const auto& [name, view] : lock.views) {
      for (const LockedAggregate& aggregate : view.aggregates) locked_aggregates_.insert(aggregate.identity);
    }
  }

  LockChanges Compare() {
    for (const std::string& name : NamesOf(lock_.sources, changes_.after.sources)) CompareSource(name);
    for (const std::string& name : NamesOf(lock_.views, changes_.after.views)) CompareView(name);
    for (const std::string& name : NamesOf(lock_.models, changes_.after.models)) CompareModel(name);
    return std::move(changes_);
  }

 private:
  void CompareSource(const std::string& name) {
    SourceLockChange change;
    change.name = name;
    change.before = ValueOr(lock_.sources, name);
    change.after = ValueOr(changes_.after.sources, name);
    change.kind = KindOf(change.before, change.after);
    change.source = definitions_.FindSource(name);
    changes_.sources.push_back(std::move(change));
  }

  void CompareView(const std::string& name) {
    const LockedView before = ValueOr(lock_.views, name), after = ValueOr(changes_.after.views, name);
    ViewLockChange change;
    change.name = name;
    change.before = before.current;
    change.after = after.current;
    change.kind = KindOf(before.current.identity, after.current.identity);
    change.view = definitions_.FindView(name);
    change.is_return =
        change.kind != LockChange::kSame && change.view != nullptr && HadVersion(name, before, after.current.version);
    for (const std::string& feature : NamesOf(before.features, after.features)) {
      change.features.push_back(CompareFeature(feature, before, after, change.view));
    }
    change.aggregates = CompareAggregates(before.aggregates, after.aggregates);
    changes_.views.push_back(std::move(change));
  }

  bool HadVersion(const std::string& name, const LockedView& before, int64_t version) const {
    const auto is_it = [&](const LockedVersion& had) { return had.version == version; };
    const auto removed = lock_.removed_views.find(name);
    return std::any_of(before.previous.begin(), before.previous.end(), is_it) ||
           (removed != lock_.removed_views.end() && std::any_of(removed->second.begin(), removed->second.end(), is_it));
  }

  FeatureLockChange CompareFeature(const std::string& name, const LockedView& before, const LockedView& after,
                                   const View* view) const {
    FeatureLockChange change;
    change.name = name;
    change.before = ValueOr(before.features, name);
    change.after = ValueOr(after.features, name);
    change.kind = KindOf(change.before.identity, change.after.identity);
    if (view == nullptr) return change;
    change.position = view->position;
    if (const int index = view->IndexOf(name); index >= 0) {
      const Feature& feature = view->features[static_cast<size_t>(index)];
      change.position = feature.position;
      if (change.kind == LockChange::kChanged && change.before.expression == change.after.expression) {
        change.reasons = ReasonsOf(change, before, after, feature);
      }
    }
    return change;
  }

  // Why a feature means something else although it says the same.
  std::vector<std::string> ReasonsOf(const FeatureLockChange& change, const LockedView& before, const LockedView& after,
                                     const Feature& feature) const {
    std::vector<std::string> reasons;
    const auto differ = [&](const char* what, const std::string& was, const std::string& is) {
      if (was == is) return;
      reasons.push_back(fmt::format("{} was {}, is {}", what, was.empty() ? "none" : was, is.empty() ? "none" : is));
    };
    differ("type", change.before.type, change.after.type);
    differ("source", before.source, after.source);
    differ("inputs", before.inputs, after.inputs);
    differ("max_age", before.max_age, after.max_age);
    const std::string rows = ValueOr(lock_.sources, after.source);
    if (!rows.empty() && rows != ValueOr(changes_.after.sources, after.source)) {
      reasons.push_back("the rows of source " + after.source + " changed");
    }
    for (const expr::FeatureRef& ref : feature.checked.features) {
      const std::string was = IdentityIn(lock_, ref), is = IdentityIn(changes_.after, ref);
      if (was != is) reasons.push_back(ref.view + "." + ref.feature + " changed");
    }
    if (reasons.empty() && !after.source.empty()) reasons.push_back("columns of source " + after.source + " changed");
    return reasons;
  }

  static std::string IdentityIn(const LockFile& lock, const expr::FeatureRef& ref) {
    return ValueOr(ValueOr(lock.views, ref.view).features, ref.feature).identity;
  }

  std::vector<AggregateLockChange> CompareAggregates(const std::vector<LockedAggregate>& before,
                                                     const std::vector<LockedAggregate>& after) const {
    std::vector<AggregateLockChange> changes;
    for (const LockedAggregate& aggregate : after) {
      const bool is_there = locked_aggregates_.contains(aggregate.identity);
      changes.push_back({is_there ? LockChange::kSame : LockChange::kAdded, aggregate});
    }
    for (const LockedAggregate& aggregate : before) {
      if (!std::binary_search(after.begin(), after.end(), aggregate)) {
        changes.push_back({LockChange::kRemoved, aggregate});
      }
    }
    std::stable_sort(changes.begin(), changes.end(), [](const AggregateLockChange& a, const AggregateLockChange& b) {
      return a.aggregate.text < b.aggregate.text;
    });
    return changes;
  }

  void CompareModel(const std::string& name) {
    const std::vector<std::string> before = ValueOr(lock_.models, name), after = ValueOr(changes_.after.models, name);
    ModelLockChange change;
    change.name = name;
    change.added = Without(after, before);
    change.removed = Without(before, after);
    change.features = after.size();
    if (!lock_.models.contains(name)) {
      change.kind = LockChange::kAdded;
    } else if (!changes_.after.models.contains(name)) {
      change.kind = LockChange::kRemoved;
    } else if (!change.added.empty() || !change.removed.empty()) {
      change.kind = LockChange::kChanged;
    }
    for (const std::string& feature : Without(after, change.added)) {
      if (IsFeatureChanged(feature)) change.changed.push_back(feature);
    }
    for (const ModelExpansion& model : models_) {
      if (model.name == name) change.position = model.position;
    }
    changes_.models.push_back(std::move(change));
  }

  // Requires: the views were compared.
  bool IsFeatureChanged(const std::string& name) const {
    const size_t dot = name.find('.');
    for (const ViewLockChange& view : changes_.views) {
      if (view.name != name.substr(0, dot)) continue;
      return std::any_of(view.features.begin(), view.features.end(), [&](const FeatureLockChange& feature) {
        return feature.kind == LockChange::kChanged && feature.name == name.substr(dot + 1);
      });
    }
    return false;
  }

  const LockFile& lock_;
  const Definitions& definitions_;
  const std::vector<ModelExpansion>& models_;
  std::set<std::string> locked_aggregates_;
  LockChanges changes_;
};

std::string IdentityText(const std::string& identity) { return identity.empty() ? "none" : ShortIdentity(identity); }

std::string Identities(const std::string& before, const std::string& after) {
  return fmt::format("locked {}, is {}", IdentityText(before), IdentityText(after));
}

void ReportSource(const SourceLockChange& change, base::Diagnostics* diagnostics) {
  if (change.kind == LockChange::kSame) return;
  const char* sentence = change.kind == LockChange::kChanged
                             ? "Rows of a source mean something else than plumb.lock says"
                         : change.kind == LockChange::kAdded ? "Source is not in plumb.lock"
                                                             : "Source of plumb.lock is not in the project";
  diagnostics->Error(change.source == nullptr ? base::Position{} : change.source->position,
                     fmt::format("{}: {}, {}.", sentence, change.name, Identities(change.before, change.after)),
                     kAccept);
}

void ReportFeature(const std::string& view, const FeatureLockChange& change, base::Diagnostics* diagnostics) {
  if (change.kind == LockChange::kSame) return;
  const char* sentence = change.kind == LockChange::kChanged ? "Feature means something else than plumb.lock says"
                         : change.kind == LockChange::kAdded ? "Feature is not in plumb.lock"
                                                             : "Feature of plumb.lock is not in the project";
  diagnostics->Error(change.position,
                     fmt::format("{}: {}.{}, {}.", sentence, view, change.name,
                                 Identities(change.before.identity, change.after.identity)),
                     kAccept);
}

void ReportView(const ViewLockChange& change, base::Diagnostics* diagnostics) {
  if (change.kind == LockChange::kSame) return;
  const size_t errors = diagnostics->errors();
  if (change.kind == LockChange::kChanged) {
    for (const FeatureLockChange& feature : change.features) ReportFeature(change.name, feature, diagnostics);
    if (diagnostics->errors() > errors) return;
  }
  const char* sentence = change.kind == LockChange::kChanged ? "View means something else than plumb.lock says"
                         : change.kind == LockChange::kAdded ? "View is not in plumb.lock"
                                                             : "View of plumb.lock is not in the project";
  diagnostics->Error(
      change.view == nullptr ? base::Position{} : change.view->position,
      fmt::format("{}: {}, {}.", sentence, change.name, Identities(change.before.identity, change.after.identity)),
      kAccept);
}

void ReportModel(const ModelLockChange& change, base::Diagnostics* diagnostics) {
  if (change.kind == LockChange::kSame) return;
  if (change.kind != LockChange::kChanged) {
    const char* sentence =
        change.kind == LockChange::kAdded ? "Model is not in plumb.lock" : "Model of plumb.lock is not in the project";
    diagnostics->Error(change.position, fmt::format("{}: {}.", sentence, change.name), kAccept);
    return;
  }
  std::string difference;
  if (!change.added.empty()) difference += fmt::format(", more: {}", fmt::join(change.added, ", "));
  if (!change.removed.empty()) difference += fmt::format(", fewer: {}", fmt::join(change.removed, ", "));
  diagnostics->Error(change.position,
                     fmt::format("Model has other features than plumb.lock says: {}{}.", change.name, difference),
                     kAccept);
}

template <typename Changes>
bool HasChange(const Changes& changes) {
  return std::any_of(changes.begin(), changes.end(),
                     [](const auto& change) { return change.kind != LockChange::kSame; });
}

}  // namespace

const char* LockChangeName(LockChange change) {
  switch (change) {
    case LockChange::kSame:
      return "same";
    case LockChange::kAdded:
      return "added";
    case LockChange::kChanged:
      return "changed";
    case LockChange::kRemoved:
      return "removed";
  }
  return "";
}

bool LockChanges::has_changes() const { return HasChange(sources) || HasChange(views) || HasChange(models); }

std::vector<LockedAggregate> LockChanges::AggregatesToFill() const {
  std::set<LockedAggregate> aggregates;
  for (const ViewLockChange& view : views) {
    for (const AggregateLockChange& change : view.aggregates) {
      if (change.kind == LockChange::kAdded) aggregates.insert(change.aggregate);
    }
  }
  return {aggregates.begin(), aggregates.end()};
}

LockChanges CompareWithLock(const LockFile& lock, const Definitions& definitions,
                            const std::vector<ModelExpansion>& models) {
  return Comparison(lock, definitions, models).Compare();
}

void ReportLockChanges(const LockChanges& changes, base::Diagnostics* diagnostics) {
  for (const SourceLockChange& change : changes.sources) ReportSource(change, diagnostics);
  for (const ViewLockChange& change : changes.views) ReportView(change, diagnostics);
  for (const ModelLockChange& change : changes.models) ReportModel(change, diagnostics);
}

}  // namespace plumb::features
