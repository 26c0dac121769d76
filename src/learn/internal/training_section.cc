#include "learn/internal/training_section.h"

#include <algorithm>
#include <array>
#include <utility>

namespace plumb::learn {
namespace {

using base::Diagnostics;
using base::Duration;
using base::YamlNode;
using base::YamlReader;
using model::Task;

struct Objective {
  const char* name;
  Task task;
};
constexpr std::array kObjectives = {
    Objective{"binary:logistic", Task::kBinary}, Objective{"multi:softprob", Task::kClasses},
    Objective{"reg:squarederror", Task::kRegression}, Objective{"reg:absoluteerror", Task::kRegression},
    Objective{"reg:pseudohubererror", Task::kRegression}};

// The library's own parameters, passed on as they are; it refuses what it does not know.
constexpr std::array kPassedOn = {"max_depth",
                                  "eta",
                                  "learning_rate",
                                  "subsample",
                                  "colsample_bytree",
                                  "colsample_bylevel",
                                  "colsample_bynode",
                                  "min_child_weight",
                                  "gamma",
                                  "lambda",
                                  "alpha",
                                  "reg_lambda",
                                  "reg_alpha",
                                  "tree_method",
                                  "max_leaves",
                                  "max_bin",
                                  "grow_policy",
                                  "scale_pos_weight",
                                  "max_delta_step",
                                  "max_cat_to_onehot",
                                  "max_cat_threshold",
                                  "huber_slope"};

void ReadObjective(YamlReader& reader, Diagnostics* diagnostics, ModelDefinition* model) {
  const std::string name = reader.String("objective").value_or(model->objective);
  std::vector<std::string> known;
  for (const Objective& objective : kObjectives) {
    known.emplace_back(objective.name);
    if (name != objective.name) continue;
    model->objective = name;
    model->task = objective.task;
    return;
  }
  std::string suggestion = base::DidYouMean(name, known);
  if (suggestion.empty()) {
    suggestion = "Write objective: binary:logistic, multi:softprob (classes) or reg:squarederror (numbers).";
  }
  diagnostics->Error(reader.Where("objective"), "Objective is not supported: " + name + ".", std::move(suggestion));
}

// A duration of fixed length within the bounds.
std::optional<Duration> ReadDuration(YamlReader& reader, std::string_view key, Duration min, Duration max,
                                     Diagnostics* diagnostics) {
  const std::optional<std::string> text = reader.String(key);
  if (!text) return std::nullopt;
  const base::Result<base::Span> span = base::ParseSpan(*text);
  if (span.ok() && span->months == 0 && span->micros >= min && span->micros <= max) return span->micros;
  diagnostics->Error(reader.Where(key),
                     "Need is not a duration in its bounds: " + std::string(key) + ", " + *text + ".",
                     "Write a duration from " + base::FormatSpan({0, min}) + " to " + base::FormatSpan({0, max}) + ".");
  return std::nullopt;
}

}  // namespace

base::Position ItemPosition(const YamlNode& node, size_t item) {
  return node.IsSequence() && item < node.items.size() ? node.items[item].position : node.position;
}

void ReadTrainSection(const YamlNode& node, Diagnostics* diagnostics, ModelDefinition* model) {
  YamlReader reader(node, "train of model " + model->name, diagnostics);
  const std::string with = reader.String("with").value_or("xgboost");
  if (with != "xgboost") {
    diagnostics->Error(reader.Where("with"), "Trainer is not known: " + with + ".", "Write with: xgboost.");
  }
  ReadObjective(reader, diagnostics, model);
  model->rounds_max = static_cast<int>(reader.Int("rounds", 1, 100'000).value_or(500));
  model->early_stopping_rounds = static_cast<int>(reader.Int("early_stopping", 0, 10'000).value_or(20));
  model->seed = static_cast<uint64_t>(reader.Int("seed", 0, INT64_MAX).value_or(1));
  for (const char* key : kPassedOn) {
    if (std::optional<std::string> value = reader.String(key)) model->train_parameters[key] = std::move(*value);
  }
  reader.Finish();
}

void ReadMetrics(YamlReader& reader, Diagnostics* diagnostics, ModelDefinition* model) {
  model->metrics = reader.Strings("metrics");
  const std::vector<std::string> known = MetricsOf(model->task);
  const YamlNode* node = reader.Node("metrics");
  for (size_t i = 0; i < model->metrics.size(); i++) {
    const std::string& metric = model->metrics[i];
    if (std::find(known.begin(), known.end(), metric) != known.end()) continue;
    diagnostics->Error(ItemPosition(*node, i),
                       "Metric is not known for the objective: " + metric + ", " + model->objective + ".",
                       base::DidYouMean(metric, known));
  }
  if (model->metrics.empty()) model->metrics = known;
}

void ReadNeedsSection(const YamlNode& node, Diagnostics* diagnostics, ModelDefinition* model) {
  constexpr Duration kFreshnessMax = 366 * base::kDay;
  YamlReader reader(node, "needs of model " + model->name, diagnostics);
  NeedsDefinition& needs = model->needs;
  needs.position = node.position;
  needs.freshness_position = reader.Where("freshness");
  needs.freshness = ReadDuration(reader, "freshness", base::kMillisecond, kFreshnessMax, diagnostics);
  needs.latency_p99 = ReadDuration(reader, "latency_p99", base::kMillisecond / 10, base::kHour, diagnostics);
  needs.requests_per_second = reader.Double("rps", 0.001, 1e9);
  reader.Finish();
}

void CheckFreshness(const features::Lineage& lineage, const ModelDefinition& model, Diagnostics* diagnostics) {
  if (!model.needs.freshness) return;
  const base::Span wanted{0, *model.needs.freshness};
  const features::FreshnessPath* worst = nullptr;
  int64_t late = 0;
  for (const features::FeatureId& id : model.features) {
    const features::FreshnessPath& path = lineage.Of(id).freshness;
    if (features::WhyNotFresh(path, wanted).empty()) continue;
    late++;
    const bool is_worse =
        worst == nullptr || features::LongestDuration(path.total) > features::LongestDuration(worst->total);
    if (is_worse) worst = &path;
  }
  if (worst == nullptr) return;
  diagnostics->Error(model.needs.freshness_position, features::WhyNotFresh(*worst, wanted),
                     "Need less, let the source bring rows more often or sooner, or leave the feature out" +
                         (late > 1 ? ". As late: " + std::to_string(late - 1) + " more features." : "."));
}

}  // namespace plumb::learn
