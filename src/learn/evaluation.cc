#include "learn/evaluation.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/elementary.h"
#include "stats/calibration.h"
#include "stats/exact_moments.h"
#include "stats/multiclass_metrics.h"
#include "stats/normal.h"
#include "stats/pr_auc.h"
#include "stats/regression_metrics.h"
#include "stats/roc_auc.h"
#include "stats/row_losses.h"

namespace plumb::learn {
namespace {

using base::Json;
using base::Result;
using base::Status;
using model::Task;
using Metrics = std::map<std::string, Estimate>;

constexpr double kConfidence = 0.95;
constexpr uint64_t kBootstrapSeed = 20130901;
constexpr int kBootstrapReplicates = 200;
constexpr size_t kBins = 10;
constexpr int32_t kConfusionClassesMax = 50;

Estimate Plain(double value) { return {value, value, value, false}; }
Estimate With(double value, const stats::Interval& interval) { return {value, interval.low, interval.high, true}; }

// A mean by row with the normal interval of its standard error; one row has none.
Estimate MeanOf(const std::vector<double>& values) {
  stats::ExactMoments moments;
  for (const double value : values) moments.Add(value);
  const double mean = moments.Mean();
  if (values.size() < 2) return Plain(mean);
  const double error = moments.StandardDeviation(1) / base::Sqrt(static_cast<double>(values.size()));
  const double margin = stats::NormalCriticalValue(kConfidence) * error;
  return {mean, mean - margin, mean + margin, true};
}

// Losses are not negative.
Estimate AtLeastZero(Estimate estimate) {
  estimate.low = std::max(0.0, estimate.low);
  return estimate;
}

std::vector<double> Widened(const std::vector<float>& scores) { return {scores.begin(), scores.end()}; }

std::vector<uint8_t> OutcomesOf(const JudgedRows& rows) {
  std::vector<uint8_t> outcomes;
  for (const double label : rows.labels) outcomes.push_back(label != 0 ? 1 : 0);
  return outcomes;
}

// Rows of several classes as the statistics take them.
struct ClassRows {
  explicit ClassRows(const JudgedRows& rows)
      : values(Widened(rows.scores)), probabilities{values, static_cast<int32_t>(rows.outputs)} {
    for (const double label : rows.labels) labels.push_back(static_cast<int32_t>(label));
  }
  ClassRows(const ClassRows&) = delete;
  ClassRows& operator=(const ClassRows&) = delete;

  std::vector<double> values;
  stats::ClassProbabilities probabilities;
  std::vector<int32_t> labels;
};

Result<Estimate> ClassLogLoss(const ClassRows& rows) {
  PLUMB_ASSIGN_OR_RETURN(const auto losses,
                         stats::MulticlassLosses(stats::MulticlassLoss::kLogLoss, rows.probabilities, rows.labels));
  return AtLeastZero(MeanOf(losses));
}

Status AddAreas(const std::vector<double>& scores, const std::vector<uint8_t>& outcomes, Metrics* metrics) {
  PLUMB_ASSIGN_OR_RETURN(const stats::RocAucEstimate roc, stats::EstimateRocAuc(scores, outcomes, kConfidence));
  (*metrics)["roc_auc"] = With(roc.auc, roc.interval);
  stats::BootstrapOptions bootstrap;
  bootstrap.seed = kBootstrapSeed;
  bootstrap.replicates = kBootstrapReplicates;
  bootstrap.confidence = kConfidence;
  PLUMB_ASSIGN_OR_RETURN(const double precision, stats::AveragePrecision(scores, outcomes));
  PLUMB_ASSIGN_OR_RETURN(const stats::Interval interval, stats::BootstrapAveragePrecision(scores, outcomes, bootstrap));
  (*metrics)["pr_auc"] = With(precision, interval);
  return {};
}

void AddBins(const stats::Calibration& calibration, PartReport* report) {
  for (const stats::CalibrationBin& bin : calibration.bins) {
    report->bins.push_back({bin.count, bin.mean_score, bin.observed_rate});
  }
}

Status EvaluateBinary(const JudgedRows& rows, PartReport* report) {
  const std::vector<double> scores = Widened(rows.scores);
  const std::vector<uint8_t> outcomes = OutcomesOf(rows);
  Metrics& metrics = report->metrics;
  report->positives = std::count(outcomes.begin(), outcomes.end(), 1);
  PLUMB_RETURN_IF_ERROR(AddAreas(scores, outcomes, &metrics));
  PLUMB_ASSIGN_OR_RETURN(const auto log_losses,
                         stats::ProbabilityLosses(stats::ProbabilityLoss::kLogLoss, scores, outcomes));
  PLUMB_ASSIGN_OR_RETURN(const auto briers, stats::ProbabilityLosses(stats::ProbabilityLoss::kBrier, scores, outcomes));
  metrics["log_loss"] = AtLeastZero(MeanOf(log_losses));
  metrics["brier"] = AtLeastZero(MeanOf(briers));
  PLUMB_ASSIGN_OR_RETURN(const stats::Calibration calibration, stats::MeasureCalibration(scores, outcomes, {}));
  metrics["ece"] = Plain(calibration.expected_error);
  AddBins(calibration, report);
  // A model that separates perfectly has no finite line; the rest of the report stands without it.
  const Result<stats::CalibrationLine> line = stats::FitCalibrationLine(scores, outcomes);
  metrics["calibration_slope"] = Plain(line.ok() ? line->slope : 0);
  metrics["calibration_intercept"] = Plain(line.ok() ? line->intercept : 0);
  return {};
}

void AddConfusion(const stats::ConfusionMatrix& confusion, PartReport* report) {
  const int32_t classes = confusion.classes;
  report->class_rows.assign(static_cast<size_t>(classes), 0);
  for (int32_t label = 0; label < classes; label++) {
    std::vector<int64_t> row;
    for (int32_t predicted = 0; predicted < classes; predicted++) row.push_back(confusion.Count(label, predicted));
    report->class_rows[static_cast<size_t>(label)] = std::accumulate(row.begin(), row.end(), int64_t{0});
    if (classes <= kConfusionClassesMax) report->confusion.push_back(std::move(row));
  }
}

Status EvaluateClasses(const JudgedRows& judged, PartReport* report) {
  const ClassRows rows(judged);
  Metrics& metrics = report->metrics;
  PLUMB_ASSIGN_OR_RETURN(metrics["log_loss"], ClassLogLoss(rows));
  PLUMB_ASSIGN_OR_RETURN(const stats::AccuracyEstimate accuracy,
                         stats::Accuracy(rows.probabilities, rows.labels, kConfidence));
  metrics["accuracy"] = With(accuracy.accuracy, accuracy.interval);
  PLUMB_ASSIGN_OR_RETURN(const double macro_f1, stats::MacroF1(rows.probabilities, rows.labels));
  metrics["macro_f1"] = Plain(macro_f1);
  // Rows of one class only have no area.
  const Result<double> area = stats::MacroRocAuc(rows.probabilities, rows.labels);
  if (area.ok()) metrics["macro_roc_auc"] = Plain(*area);
  PLUMB_ASSIGN_OR_RETURN(const stats::Calibration calibration,
                         stats::MeasureConfidenceCalibration(rows.probabilities, rows.labels, {}));
  metrics["ece"] = Plain(calibration.expected_error);
  AddBins(calibration, report);
  PLUMB_ASSIGN_OR_RETURN(const stats::ConfusionMatrix confusion, stats::ConfusionOf(rows.probabilities, rows.labels));
  AddConfusion(confusion, report);
  return {};
}

// Ten groups of equal size by predicted value.
std::vector<PartReport::Bin> BinsOf(const std::vector<double>& predictions, const std::vector<double>& labels) {
  std::vector<size_t> order(labels.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return predictions[a] != predictions[b] ? predictions[a] < predictions[b] : labels[a] < labels[b];
  });
  std::vector<PartReport::Bin> bins;
  for (size_t bin = 0; bin < kBins; bin++) {
    const size_t begin = order.size() * bin / kBins, end = order.size() * (bin + 1) / kBins;
    if (begin == end) continue;
    stats::ExactSum predicted, observed;
    for (size_t i = begin; i < end; i++) {
      predicted.Add(predictions[order[i]]);
      observed.Add(labels[order[i]]);
    }
    const auto count = static_cast<int64_t>(end - begin);
    bins.push_back({count, predicted.Mean(count), observed.Mean(count)});
  }
  return bins;
}

Status EvaluateRegression(const JudgedRows& rows, PartReport* report) {
  const std::vector<double> predictions = Widened(rows.scores);
  Metrics& metrics = report->metrics;
  report->bins = BinsOf(predictions, rows.labels);
  if (rows.rows() < 2) {
    PLUMB_ASSIGN_OR_RETURN(const double error, stats::RootMeanSquaredError(predictions, rows.labels));
    metrics["rmse"] = metrics["mae"] = Plain(error);
    return {};
  }
  PLUMB_ASSIGN_OR_RETURN(const stats::RegressionMetrics measured,
                         stats::MeasureRegression(predictions, rows.labels, kConfidence));
  metrics["rmse"] = With(measured.root_mean_squared_error, measured.root_mean_squared_error_interval);
  metrics["mae"] = With(measured.mean_absolute_error, measured.mean_absolute_error_interval);
  metrics["bias"] = With(measured.mean_bias, measured.mean_bias_interval);
  if (measured.r_squared) metrics["r2"] = Plain(*measured.r_squared);
  return {};
}

Json CountsToJson(const std::vector<int64_t>& counts) {
  Json list{base::JsonArray{}};
  for (const int64_t count : counts) list.Append(count);
  return list;
}

Json BinsToJson(const std::vector<PartReport::Bin>& bins) {
  Json list{base::JsonArray{}};
  for (const PartReport::Bin& bin : bins) {
    Json entry;
    entry.Set("count", bin.count);
    entry.Set("mean_score", bin.mean_score);
    entry.Set("observed", bin.observed);
    list.Append(std::move(entry));
  }
  return list;
}

}  // namespace

Json EstimateToJson(const Estimate& estimate) {
  if (!estimate.has_interval) return estimate.value;
  Json json;
  json.Set("value", estimate.value);
  json.Set("low", estimate.low);
  json.Set("high", estimate.high);
  return json;
}

void AddMetrics(const Metrics& metrics, Json* json) {
  for (const auto& [name, estimate] : metrics) json->Set(name, EstimateToJson(estimate));
}

JudgedRows JudgedRows::Take(const std::vector<int64_t>& rows) const {
  JudgedRows taken;
  taken.task = task;
  taken.outputs = outputs;
  for (const int64_t row : rows) {
    taken.labels.push_back(labels[static_cast<size_t>(row)]);
    const auto begin = scores.begin() + row * static_cast<ptrdiff_t>(outputs);
    taken.scores.insert(taken.scores.end(), begin, begin + static_cast<ptrdiff_t>(outputs));
  }
  return taken;
}

Json PartReport::ToJson() const {
  Json json;
  json.Set("rows", rows);
  json.Set("unseen_classes", unseen_classes);
  json.Set("positives", positives);
  AddMetrics(metrics, &json);
  json.Set("class_rows", CountsToJson(class_rows));
  json.Set("calibration", BinsToJson(bins));
  Json table{base::JsonArray{}};
  for (const std::vector<int64_t>& row : confusion) table.Append(CountsToJson(row));
  json.Set("confusion", std::move(table));
  return json;
}

Result<PartReport> EvaluatePart(const JudgedRows& rows) {
  PartReport report;
  report.rows = static_cast<int64_t>(rows.rows());
  switch (rows.task) {
    case Task::kBinary:
      PLUMB_RETURN_IF_ERROR(EvaluateBinary(rows, &report));
      break;
    case Task::kClasses:
      PLUMB_RETURN_IF_ERROR(EvaluateClasses(rows, &report));
      break;
    case Task::kRegression:
      PLUMB_RETURN_IF_ERROR(EvaluateRegression(rows, &report));
      break;
  }
  return report;
}

Result<Metrics> EvaluateSlice(const JudgedRows& rows) {
  Metrics metrics;
  if (rows.task == Task::kClasses) {
    PLUMB_ASSIGN_OR_RETURN(metrics["log_loss"], ClassLogLoss(ClassRows(rows)));
    return metrics;
  }
  if (rows.task == Task::kRegression) {
    PartReport report;
    PLUMB_RETURN_IF_ERROR(EvaluateRegression(rows, &report));
    metrics["rmse"] = report.Metric("rmse");
    return metrics;
  }
  const std::vector<double> scores = Widened(rows.scores);
  const std::vector<uint8_t> outcomes = OutcomesOf(rows);
  PLUMB_ASSIGN_OR_RETURN(const auto losses,
                         stats::ProbabilityLosses(stats::ProbabilityLoss::kLogLoss, scores, outcomes));
  metrics["log_loss"] = AtLeastZero(MeanOf(losses));
  const int64_t positives = std::count(outcomes.begin(), outcomes.end(), 1);
  const int64_t negatives = static_cast<int64_t>(outcomes.size()) - positives;
  if (positives < 2 || negatives < 2) return metrics;
  PLUMB_ASSIGN_OR_RETURN(const stats::RocAucEstimate roc, stats::EstimateRocAuc(scores, outcomes, kConfidence));
  metrics["roc_auc"] = With(roc.auc, roc.interval);
  return metrics;
}

Result<double> DecidingMetric(const JudgedRows& rows) {
  switch (rows.task) {
    case Task::kBinary:
      return stats::RocAuc(Widened(rows.scores), OutcomesOf(rows));
    case Task::kClasses: {
      const ClassRows classes(rows);
      return stats::MulticlassLogLoss(classes.probabilities, classes.labels);
    }
    case Task::kRegression:
      return stats::RootMeanSquaredError(Widened(rows.scores), rows.labels);
  }
  return 0.0;
}

double Worsening(Task task, double reference, double value) {
  return task == Task::kBinary ? reference - value : value - reference;
}

}  // namespace plumb::learn
