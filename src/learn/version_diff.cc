#include "learn/version_diff.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "learn/internal/prediction_difference.h"
#include "learn/internal/training_environment.h"
#include "learn/version_scores.h"

namespace plumb::learn {
namespace {

using base::Json;
using base::Result;
using base::Status;
using Texts = std::map<std::string, std::string>;

constexpr double kConfidence = 0.95;

void CompareTexts(const Texts& first, const Texts& second, std::vector<ChangedText>* changed) {
  Texts all = first;
  all.insert(second.begin(), second.end());
  for (const auto& [name, ignored] : all) {
    const auto a = first.find(name), b = second.find(name);
    const std::string before = a == first.end() ? "" : a->second, after = b == second.end() ? "" : b->second;
    if (before != after) changed->push_back({name, before, after});
  }
}

// What a version says of its data, name by name.
Texts DataOf(const VersionRecipe& recipe) {
  Texts data;
  for (const auto& [source, version] : recipe.sources) data["source " + source] = version;
  for (const char* member : {"rows", "left_out"}) {
    const Json* counts = recipe.version().data.Find(member);
    if (counts == nullptr || !counts->IsObject()) continue;
    const std::string prefix = std::string(member) == "rows" ? "rows " : "left out: ";
    for (const auto& [name, count] : counts->AsObject()) data[prefix + name] = count.Dump();
  }
  const SplitDefinition& split = recipe.model.split;
  if (split.train_from != base::kTimeMin) data["split train_from"] = base::FormatTime(split.train_from);
  data["split train_until"] = base::FormatTime(split.train_until);
  data["split validate_until"] = base::FormatTime(split.validate_until);
  data["split test_until"] = base::FormatTime(split.test_until);
  data["split gap"] = base::FormatSpan({0, split.gap});
  return data;
}

Texts IdentitiesOf(const VersionRecipe& recipe) {
  Texts identities;
  for (const features::FeatureId& id : recipe.bundle->plan.outputs()) identities[id.ToString()] = id.feature().identity;
  return identities;
}

Texts ParametersOf(const VersionRecipe& recipe) {
  Texts parameters(recipe.model.train_parameters.begin(), recipe.model.train_parameters.end());
  parameters["objective"] = recipe.model.objective;
  parameters["rounds"] = std::to_string(recipe.model.rounds_max);
  parameters["early_stopping"] = std::to_string(recipe.model.early_stopping_rounds);
  parameters["seed"] = std::to_string(recipe.model.seed);
  parameters["rounds used"] = std::to_string(recipe.bundle->predictor->ensemble().trees.size());
  const TrainingEnvironment environment = TrainingEnvironment::Read(recipe.version().data);
  if (!environment.library.empty()) parameters["library"] = environment.library;
  if (environment.threads > 0) parameters["threads"] = std::to_string(environment.threads);
  if (!environment.architecture.empty()) {
    parameters["processor"] = environment.architecture + " " + environment.instructions;
  }
  return parameters;
}

void CompareFeatures(const Texts& first, const Texts& second, VersionDiff* diff) {
  std::vector<ChangedText> changed;
  CompareTexts(first, second, &changed);
  for (ChangedText& feature : changed) {
    if (feature.first.empty()) {
      diff->features_added.push_back(feature.name);
    } else if (feature.second.empty()) {
      diff->features_removed.push_back(feature.name);
    } else {
      diff->features_changed.push_back(std::move(feature));
    }
  }
}

// The second version's test rows at times of the first one's test part.
std::vector<int64_t> CommonRows(const VersionRecipe& first, const Dataset& dataset) {
  const SplitDefinition& split = first.model.split;
  std::vector<int64_t> rows;
  for (const int64_t row : dataset.RowsOf(Part::kTest)) {
    const base::Time t = dataset.times[static_cast<size_t>(row)];
    if (split.validate_until <= t && t < split.test_until) rows.push_back(row);
  }
  return rows;
}

class Comparison {
 public:
  Comparison(const VersionRecipe& first, const VersionRecipe& second, const VersionDiffPorts& ports,
             const VersionDiffOptions& options, VersionDiff* diff)
      : first_(first), second_(second), ports_(ports), options_(options), diff_(*diff) {}

  // kFailedPrecondition when the scores cannot be compared.
  Status Run() {
    DatasetOptions dataset_options;
    dataset_options.project_directory = options_.project_directory;
    dataset_options.progress = options_.stage;
    PLUMB_ASSIGN_OR_RETURN(dataset_,
                           RebuildDataset(second_, ports_.log, ports_.files, ports_.executor, dataset_options));
    const std::vector<int64_t> common = CommonRows(first_, dataset_);
    if (common.empty()) return base::FailedPrecondition("Their test parts have no time in common.");
    if (options_.stage) options_.stage("scoring");
    VersionScorer scorer(dataset_, second_.bundle->plan, common, ports_.log, ports_.executor);
    PLUMB_ASSIGN_OR_RETURN(const VersionScores before, scorer.Score(*first_.bundle));
    PLUMB_ASSIGN_OR_RETURN(const VersionScores after, scorer.Score(*second_.bundle));
    std::vector<int64_t> positions(common.size()), kept;
    for (size_t i = 0; i < positions.size(); i++) positions[i] = static_cast<int64_t>(i);
    int64_t left_out = 0;
    const PairedRows rows = PairRows(after.rows, before.rows, positions, &kept, &left_out);
    if (kept.empty()) return base::FailedPrecondition("They know no class in common.");
    CompareMetrics(rows);
    for (int64_t& row : kept) row = common[static_cast<size_t>(row)];
    ComparePredictions(rows, kept);
    return {};
  }

 private:
  // A metric that these rows do not have is left out.
  void CompareMetrics(const PairedRows& rows) {
    for (const std::string& metric : PairedMetricsOf(rows.first.task)) {
      Result<MetricDifference> difference = CompareMetric(metric, rows, {.confidence = kConfidence});
      if (difference.ok()) diff_.metrics.push_back(std::move(difference).value());
    }
  }

  // Outputs are compared by position, which is by class only when both have the same classes.
  void ComparePredictions(const PairedRows& rows, const std::vector<int64_t>& dataset_rows) {
    if (first_.bundle->classes != second_.bundle->classes) {
      diff_.why_not_compared = "Predictions are not compared: the versions have other classes.";
      return;
    }
    std::vector<int64_t> order;
    PredictionDifference difference = MeasurePredictions(rows.second, rows.first, &order);
    base::Time earliest = base::kTimeMax, latest = base::kTimeMin;
    for (const int64_t row : dataset_rows) {
      earliest = std::min(earliest, dataset_.times[static_cast<size_t>(row)]);
      latest = std::max(latest, dataset_.times[static_cast<size_t>(row)]);
    }
    difference.first_row_time = base::FormatTime(earliest);
    difference.last_row_time = base::FormatTime(latest);
    for (size_t i = 0; i < std::min(options_.farthest, order.size()); i++) {
      difference.farthest.push_back(RowOf(rows, order[i], dataset_rows[static_cast<size_t>(order[i])]));
    }
    diff_.predictions = std::move(difference);
  }

  PredictionDifference::Row RowOf(const PairedRows& rows, int64_t position, int64_t dataset_row) const {
    const auto at = static_cast<size_t>(dataset_row);
    PredictionDifference::Row row;
    row.time = base::FormatTime(dataset_.times[at]);
    row.label = dataset_.label_values.At(at).ToString();
    for (const data::Field& field : dataset_.examples.schema.fields()) {
      if (!field.name.starts_with("__"))
        row.columns.emplace_back(field.name, dataset_.examples.Find(field.name)->At(at).ToString());
    }
    const size_t outputs = rows.first.outputs;
    for (size_t i = static_cast<size_t>(position) * outputs; i < (static_cast<size_t>(position) + 1) * outputs; i++) {
      row.first.push_back(static_cast<double>(rows.second.scores[i]));
      row.second.push_back(static_cast<double>(rows.first.scores[i]));
      row.distance =
          std::max(row.distance, row.first.back() > row.second.back() ? row.first.back() - row.second.back()
                                                                      : row.second.back() - row.first.back());
    }
    return row;
  }

  const VersionRecipe& first_;
  const VersionRecipe& second_;
  const VersionDiffPorts& ports_;
  const VersionDiffOptions& options_;
  VersionDiff& diff_;
  Dataset dataset_;
};

Json ChangedToJson(const std::vector<ChangedText>& changed) {
  Json list{base::JsonArray{}};
  for (const ChangedText& change : changed) {
    Json entry;
    entry.Set("name", change.name);
    entry.Set("first", change.first);
    entry.Set("second", change.second);
    list.Append(std::move(entry));
  }
  return list;
}

Json TextsToJson(const std::vector<std::string>& texts) {
  Json list{base::JsonArray{}};
  for (const std::string& text : texts) list.Append(text);
  return list;
}

Json ScoresToJson(const std::vector<double>& scores) {
  if (scores.size() == 1) return scores.front();
  Json list{base::JsonArray{}};
  for (const double score : scores) list.Append(score);
  return list;
}

Json RowToJson(const PredictionDifference::Row& row) {
  Json columns{base::JsonObject{}};
  for (const auto& [name, value] : row.columns) columns.Set(name, value);
  Json json;
  json.Set("time", row.time);
  json.Set("example", std::move(columns));
  json.Set("label", row.label);
  json.Set("first", ScoresToJson(row.first));
  json.Set("second", ScoresToJson(row.second));
  json.Set("distance", row.distance);
  return json;
}

Json PredictionsToJson(const PredictionDifference& predictions) {
  Json rows{base::JsonArray{}};
  for (const PredictionDifference::Row& row : predictions.farthest) rows.Append(RowToJson(row));
  Json json;
  json.Set("rows", predictions.rows);
  json.Set("first_row_time", predictions.first_row_time);
  json.Set("last_row_time", predictions.last_row_time);
  json.Set("correlation", predictions.correlation);
  json.Set("mean_absolute", predictions.mean_absolute);
  json.Set("largest", predictions.largest);
  json.Set("changed_decisions", predictions.changed_decisions ? Json(*predictions.changed_decisions) : Json());
  json.Set("farthest", std::move(rows));
  return json;
}

}  // namespace

Json VersionDiff::ToJson() const {
  Json features;
  features.Set("added", TextsToJson(features_added));
  features.Set("removed", TextsToJson(features_removed));
  features.Set("changed", ChangedToJson(features_changed));
  Json compared{base::JsonArray{}};
  for (const MetricDifference& metric : metrics) {
    Json entry;
    entry.Set("metric", metric.metric);
    entry.Set("method", metric.method);
    entry.Set("first", metric.second);
    entry.Set("second", metric.first);
    entry.Set("difference", metric.difference);
    entry.Set("low", metric.interval.low);
    entry.Set("high", metric.interval.high);
    entry.Set("rows", metric.rows);
    compared.Append(std::move(entry));
  }
  Json json;
  json.Set("first", first);
  json.Set("second", second);
  json.Set("data", ChangedToJson(data));
  json.Set("features", std::move(features));
  json.Set("parameters", ChangedToJson(parameters));
  json.Set("metrics", std::move(compared));
  json.Set("predictions", predictions ? PredictionsToJson(*predictions) : Json());
  json.Set("why_not_compared", why_not_compared.empty() ? Json() : Json(why_not_compared));
  return json;
}

Result<VersionDiff> DiffVersions(const VersionRecipe& first, const VersionRecipe& second, const VersionDiffPorts& ports,
                                 const VersionDiffOptions& options) {
  VersionDiff diff;
  diff.first = first.Name();
  diff.second = second.Name();
  CompareTexts(DataOf(first), DataOf(second), &diff.data);
  CompareFeatures(IdentitiesOf(first), IdentitiesOf(second), &diff);
  CompareTexts(ParametersOf(first), ParametersOf(second), &diff.parameters);
  const Status compared = Comparison(first, second, ports, options, &diff).Run();
  if (compared.ok()) return diff;
  const base::Code code = compared.code();
  const bool is_theirs = code == base::Code::kFailedPrecondition || code == base::Code::kNotFound ||
                         code == base::Code::kInvalidArgument || code == base::Code::kDataLoss;
  if (!is_theirs) return compared;
  diff.why_not_compared = compared.message();
  return diff;
}

}  // namespace plumb::learn
