#include "learn/training_report.h"

#include <utility>

namespace plumb::learn {
namespace {

using base::Json;

Json TextsToJson(const std::vector<std::string>& texts) {
  Json list{base::JsonArray{}};
  for (const std::string& text : texts) list.Append(text);
  return list;
}

Json NumbersToJson(const std::vector<double>& numbers) {
  Json list{base::JsonArray{}};
  for (const double number : numbers) list.Append(number);
  return list;
}

Json ImportanceToJson(const std::vector<TrainingReport::Importance>& importance) {
  Json list{base::JsonArray{}};
  for (const TrainingReport::Importance& entry : importance) {
    Json item;
    item.Set("feature", entry.feature);
    item.Set("gain", entry.gain);
    item.Set("permutation", entry.permutation.worsening);
    item.Set("permutation_error", entry.permutation.standard_error);
    list.Append(std::move(item));
  }
  return list;
}

Json PermutationToJson(const TrainingReport::Permutation& permutation) {
  Json json;
  json.Set("metric", permutation.metric);
  json.Set("reference", permutation.reference);
  json.Set("rows", permutation.rows);
  json.Set("repeats", permutation.repeats);
  return json;
}

Json RoundsToJson(const TrainingReport::Rounds& rounds) {
  Json json;
  json.Set("metric", rounds.metric);
  json.Set("train", NumbersToJson(rounds.train));
  json.Set("validate", NumbersToJson(rounds.validate));
  return json;
}

}  // namespace

Json TrainingReport::ToJson() const {
  Json json;
  json.Set("library", library);
  json.Set("objective", objective);
  json.Set("task", model::TaskName(task));
  json.Set("classes", TextsToJson(classes));
  json.Set("metrics", TextsToJson(metrics));
  json.Set("best_round", best_round);
  json.Set("train", train.ToJson());
  json.Set("validate", validate.ToJson());
  json.Set("test", test.ToJson());
  json.Set("importance", ImportanceToJson(importance));
  json.Set("permutation", PermutationToJson(permutation));
  Json slice_list{base::JsonArray{}};
  for (const SliceReport& slice : slices) slice_list.Append(slice.ToJson());
  json.Set("slices", std::move(slice_list));
  json.Set("leakage", leakage.ToJson());
  Json reasons{base::JsonObject{}};
  for (const auto& [reason, count] : left_out) reasons.Set(reason, count);
  json.Set("left_out", std::move(reasons));
  json.Set("warnings", TextsToJson(warnings));
  json.Set("rounds", RoundsToJson(rounds));
  return json;
}

std::map<std::string, double> TrainingReport::RunMetrics() const {
  std::map<std::string, double> run;
  for (const auto& [name, part] : {std::pair{"train", &train}, {"validate", &validate}, {"test", &test}}) {
    for (const auto& [metric, estimate] : part->metrics) run[std::string(name) + "." + metric] = estimate.value;
  }
  run["best_round"] = best_round;
  return run;
}

}  // namespace plumb::learn
