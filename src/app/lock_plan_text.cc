// How lock_plan.h shows a plan: to people, and as JSON.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "app/lock_plan.h"
#include "app/terminal.h"

namespace plumb::app {
namespace {

using base::Json;
using features::LockChange;

std::string BytesText(int64_t bytes) {
  if (bytes < 10'000) return FormatCount(bytes) + " bytes";
  const double kilobytes = static_cast<double>(bytes) / 1e3;
  if (kilobytes < 1e3) return fmt::format("{:.1f} kB", kilobytes);
  return kilobytes < 1e6 ? fmt::format("{:.1f} MB", kilobytes / 1e3) : fmt::format("{:.1f} GB", kilobytes / 1e6);
}

std::string Counted(size_t count, const char* one, const char* many) {
  return fmt::format("{} {}", FormatCount(static_cast<int64_t>(count)), count == 1 ? one : many);
}

std::string Joined(const std::vector<std::string>& texts) { return fmt::format("{}", fmt::join(texts, ", ")); }

char Sign(LockChange change) {
  switch (change) {
    case LockChange::kAdded:
      return '+';
    case LockChange::kChanged:
      return '~';
    case LockChange::kRemoved:
      return '-';
    case LockChange::kSame:
      break;
  }
  return ' ';
}

std::string LoadedText(const LoadedSource& loaded) {
  if (!loaded.is_loaded) return "not loaded yet";
  const std::string size = fmt::format("{} rows, {} in the lake", FormatCount(loaded.rows), BytesText(loaded.bytes));
  return loaded.is_outdated ? size + ", to be loaded anew" : size;
}

template <typename Changes>
size_t CountChanged(const Changes& changes) {
  return static_cast<size_t>(std::count_if(changes.begin(), changes.end(),
                                           [](const auto& change) { return change.kind != LockChange::kSame; }));
}

// The text of people, section by section; sections without anything to say are left out.
class PlanWriter {
 public:
  explicit PlanWriter(const LockPlan& plan) : plan_(plan) {}

  std::string Write() {
    Sources();
    Views();
    Models();
    Deployed();
    Backfill();
    return std::move(text_);
  }

 private:
  template <typename... Values>
  void Line(int depth, fmt::format_string<const Values&...> format, const Values&... values) {
    text_.append(static_cast<size_t>(2 * depth), ' ');
    text_ += fmt::format(format, values...) + "\n";
  }

  void Sources() {
    if (CountChanged(plan_.changes.sources) == 0) return;
    Line(0, "sources");
    for (const features::SourceLockChange& change : plan_.changes.sources) {
      if (change.kind == LockChange::kSame) continue;
      if (change.kind == LockChange::kRemoved) {
        Line(1, "- {}", change.name);
        continue;
      }
      const char* what = change.kind == LockChange::kChanged ? "its rows mean something else; " : "";
      Line(1, "{} {}  {}{}", Sign(change.kind), change.name, what, LoadedText(plan_.loaded.at(change.name)));
    }
    text_ += "\n";
  }

  void Views() {
    if (CountChanged(plan_.changes.views) == 0) return;
    Line(0, "views");
    for (const features::ViewLockChange& view : plan_.changes.views) View(view);
    text_ += "\n";
  }

  void View(const features::ViewLockChange& view) {
    if (view.kind == LockChange::kSame) return;
    if (view.kind == LockChange::kRemoved) {
      Line(1, "- {}  was v{}; the lock remembers its versions", view.name, view.before.version);
      return;
    }
    const std::string from = view.kind == LockChange::kChanged ? fmt::format("v{} → ", view.before.version) : "";
    Line(1, "{} {}  {}v{}{}", Sign(view.kind), view.name, from, view.after.version,
         view.is_return ? ", as it was before" : "");
    size_t width = 0;
    for (const features::FeatureLockChange& feature : view.features) {
      if (feature.kind != LockChange::kSame) width = std::max(width, feature.name.size());
    }
    for (const features::FeatureLockChange& feature : view.features) Feature(feature, width);
    const size_t same = view.features.size() - CountChanged(view.features);
    if (same > 0) Line(3, "{} unchanged", Counted(same, "feature", "features"));
    Aggregates(view);
  }

  void Feature(const features::FeatureLockChange& feature, size_t width) {
    if (feature.kind == LockChange::kSame) return;
    std::string what = feature.after.identity.empty() ? feature.before.expression : feature.after.expression;
    if (feature.kind == LockChange::kChanged && feature.before.expression != feature.after.expression) {
      what = feature.before.expression + " → " + feature.after.expression;
    }
    for (const std::string& reason : feature.reasons) what += "; " + reason;
    Line(3, "{} {:<{}}  {}", Sign(feature.kind), feature.name, width, what);
  }

  void Aggregates(const features::ViewLockChange& view) {
    size_t counts[3] = {};  // to be filled, kept, no longer used
    for (const features::AggregateLockChange& change : view.aggregates) {
      counts[change.kind == LockChange::kAdded ? 0 : change.kind == LockChange::kSame ? 1 : 2]++;
    }
    if (view.aggregates.empty()) return;
    Line(3, "{}: {} to be filled, {} kept, {} no longer used",
         Counted(view.aggregates.size(), "aggregate", "aggregates"), counts[0], counts[1], counts[2]);
  }

  void Models() {
    if (CountChanged(plan_.changes.models) == 0) return;
    Line(0, "models");
    for (const features::ModelLockChange& model : plan_.changes.models) {
      if (model.kind == LockChange::kSame) continue;
      const std::string count =
          model.kind == LockChange::kRemoved ? "" : "  " + Counted(model.features, "feature", "features");
      Line(1, "{} {}{}", Sign(model.kind), model.name, count);
      if (model.kind == LockChange::kRemoved) continue;
      for (const std::string& feature : model.added) Line(3, "+ {}", feature);
      for (const std::string& feature : model.removed) Line(3, "- {}", feature);
    }
    text_ += "\n";
  }

  void Deployed() {
    bool is_first = true;
    for (const DeployedVersion& deployed : plan_.deployed) {
      if (deployed.changed.empty() && deployed.missing.empty() && deployed.removed_views.empty()) continue;
      if (std::exchange(is_first, false)) Line(0, "deployed");
      Line(1, "{}  {}@v{} keeps computing its own definitions, until another version is deployed", deployed.deployment,
           deployed.model, deployed.version);
      if (!deployed.changed.empty()) Line(3, "mean something else now: {}", Joined(deployed.changed));
      if (!deployed.missing.empty()) Line(3, "no longer in the project: {}", Joined(deployed.missing));
    }
    if (!is_first) text_ += "\n";
  }

  void Backfill() {
    const BackfillCost& cost = plan_.cost;
    if (cost.aggregates == 0) return;
    Line(0, "backfill: {} to fill, {} row updates, {} to read",
         Counted(static_cast<size_t>(cost.aggregates), "aggregate", "aggregates"), FormatCount(cost.row_updates),
         BytesText(cost.bytes));
    for (const BackfillCost::Source& source : cost.sources) {
      Line(1, "{} × {}  {}", Counted(static_cast<size_t>(source.aggregates), "aggregate", "aggregates"), source.name,
           LoadedText(source.loaded));
    }
    Line(1, "{}", kBackfillBasis);
    text_ += "\n";
  }

  const LockPlan& plan_;
  std::string text_;
};

Json Texts(const std::vector<std::string>& texts) {
  Json list{base::JsonArray{}};
  for (const std::string& text : texts) list.Append(text);
  return list;
}

Json OrNull(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json LoadedToJson(const LoadedSource& loaded) {
  Json json;
  json.Set("loaded", loaded.is_loaded);
  json.Set("outdated", loaded.is_outdated);
  json.Set("rows", loaded.rows);
  json.Set("bytes", loaded.bytes);
  return json;
}

Json SourceToJson(const features::SourceLockChange& change, const LockPlan& plan) {
  Json json;
  json.Set("source", change.name);
  json.Set("change", features::LockChangeName(change.kind));
  json.Set("before", OrNull(change.before));
  json.Set("after", OrNull(change.after));
  const auto loaded = plan.loaded.find(change.name);
  json.Set("lake", loaded == plan.loaded.end() ? Json() : LoadedToJson(loaded->second));
  return json;
}

Json LockedFeatureToJson(const features::LockedFeature& feature) {
  if (feature.identity.empty()) return {};
  Json json;
  json.Set("type", feature.type);
  json.Set("identity", feature.identity);
  json.Set("expression", feature.expression);
  return json;
}

Json LockedVersionToJson(const features::LockedVersion& version) {
  if (version.version == 0) return {};
  Json json;
  json.Set("version", version.version);
  json.Set("identity", version.identity);
  return json;
}

const char* FillName(LockChange kind) {
  if (kind == LockChange::kAdded) return "fill";
  return kind == LockChange::kSame ? "keep" : "unused";
}

Json ViewToJson(const features::ViewLockChange& change) {
  Json features{base::JsonArray{}}, aggregates{base::JsonArray{}};
  for (const features::FeatureLockChange& feature : change.features) {
    Json entry;
    entry.Set("feature", feature.name);
    entry.Set("change", features::LockChangeName(feature.kind));
    entry.Set("before", LockedFeatureToJson(feature.before));
    entry.Set("after", LockedFeatureToJson(feature.after));
    entry.Set("reasons", Texts(feature.reasons));
    features.Append(std::move(entry));
  }
  for (const features::AggregateLockChange& aggregate : change.aggregates) {
    Json entry;
    entry.Set("aggregate", aggregate.aggregate.text);
    entry.Set("identity", aggregate.aggregate.identity);
    entry.Set("state", FillName(aggregate.kind));
    aggregates.Append(std::move(entry));
  }
  Json json;
  json.Set("view", change.name);
  json.Set("change", features::LockChangeName(change.kind));
  json.Set("before", LockedVersionToJson(change.before));
  json.Set("after", LockedVersionToJson(change.after));
  json.Set("as_before", change.is_return);
  json.Set("features", std::move(features));
  json.Set("aggregates", std::move(aggregates));
  return json;
}

Json ModelToJson(const features::ModelLockChange& change) {
  Json json;
  json.Set("model", change.name);
  json.Set("change", features::LockChangeName(change.kind));
  json.Set("features", static_cast<int64_t>(change.features));
  json.Set("added", Texts(change.added));
  json.Set("removed", Texts(change.removed));
  json.Set("changed_meaning", Texts(change.changed));
  return json;
}

Json DeployedToJson(const DeployedVersion& deployed) {
  Json json;
  json.Set("deployment", deployed.deployment);
  json.Set("model", deployed.model);
  json.Set("version", deployed.version);
  json.Set("changed", Texts(deployed.changed));
  json.Set("missing", Texts(deployed.missing));
  json.Set("removed_views", Texts(deployed.removed_views));
  return json;
}

Json CostToJson(const BackfillCost& cost) {
  Json sources{base::JsonArray{}};
  for (const BackfillCost::Source& source : cost.sources) {
    Json entry = LoadedToJson(source.loaded);
    entry.Set("source", source.name);
    entry.Set("aggregates", source.aggregates);
    sources.Append(std::move(entry));
  }
  Json json;
  json.Set("aggregates", cost.aggregates);
  json.Set("row_updates", cost.row_updates);
  json.Set("bytes", cost.bytes);
  json.Set("sources", std::move(sources));
  json.Set("basis", kBackfillBasis);
  return json;
}

}  // namespace

std::string CountChanges(const features::LockChanges& changes) {
  std::string text;
  const auto add = [&](size_t count, const char* one, const char* many) {
    if (count > 0) text += (text.empty() ? "" : ", ") + Counted(count, one, many);
  };
  add(CountChanged(changes.sources), "source", "sources");
  add(CountChanged(changes.views), "view", "views");
  add(CountChanged(changes.models), "model", "models");
  return text;
}

std::string LockPlanText(const LockPlan& plan) { return PlanWriter(plan).Write(); }

Json LockPlanToJson(const LockPlan& plan) {
  Json sources{base::JsonArray{}}, views{base::JsonArray{}}, models{base::JsonArray{}}, deployed{base::JsonArray{}};
  for (const auto& change : plan.changes.sources) sources.Append(SourceToJson(change, plan));
  for (const auto& change : plan.changes.views) views.Append(ViewToJson(change));
  for (const auto& change : plan.changes.models) models.Append(ModelToJson(change));
  for (const auto& version : plan.deployed) deployed.Append(DeployedToJson(version));
  Json json;
  json.Set("locked", plan.before.has_value());
  json.Set("changes", !plan.before || plan.changes.has_changes());
  json.Set("sources", std::move(sources));
  json.Set("views", std::move(views));
  json.Set("models", std::move(models));
  json.Set("deployed", std::move(deployed));
  json.Set("backfill", CostToJson(plan.cost));
  return json;
}

}  // namespace plumb::app
