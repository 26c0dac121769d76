// evaluation.h: how good scores are: the metrics of a part, of a slice, and the one by which a model is decided.
//
// Thread safety: pure functions. Intervals are at 95 %; the same rows give the same bits.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/status.h"
#include "model/format/tree_ensemble.h"

namespace plumb::learn {

struct Estimate {
  double value = 0, low = 0, high = 0;
  bool has_interval = false;  // else low == high == value
};
// {"value", "low", "high"}, or the number where there is no interval.
base::Json EstimateToJson(const Estimate& estimate);
// A member a metric.
void AddMetrics(const std::map<std::string, Estimate>& metrics, base::Json* json);

// Rows with what came true and what was predicted.
struct JudgedRows {
  model::Task task = model::Task::kBinary;
  size_t outputs = 1;
  std::vector<double> labels;  // 0 or 1; the number of a class, below outputs; the number
  std::vector<float> scores;   // row-major [rows × outputs]
  [[nodiscard]] size_t rows() const { return labels.size(); }
  [[nodiscard]] JudgedRows Take(const std::vector<int64_t>& rows) const;
};

struct PartReport {
  int64_t rows = 0;            // judged
  int64_t unseen_classes = 0;  // left out: their class is not in the training part
  int64_t positives = 0;       // binary
  std::vector<int64_t> class_rows;
  // By name: roc_auc, pr_auc, log_loss, brier, ece, calibration_slope, calibration_intercept; log_loss, accuracy,
  // macro_f1, macro_roc_auc, ece; rmse, mae, bias, r2. One that these rows do not have (an area under one class) is
  // absent.
  std::map<std::string, Estimate> metrics;
  // By predicted value, ascending: of binary scores, and of the likeliest class's probability against being right, ten
  // of equal width; of numbers ten of equal size.
  struct Bin {
    int64_t count = 0;
    double mean_score = 0, observed = 0;
  };
  std::vector<Bin> bins;
  std::vector<std::vector<int64_t>> confusion;  // at most 50 classes: [label][likeliest class]

  // Requires: there is such a metric.
  [[nodiscard]] const Estimate& Metric(const std::string& name) const { return metrics.at(name); }
  [[nodiscard]] base::Json ToJson() const;
};

// Requires: at least one row.
base::Result<PartReport> EvaluatePart(const JudgedRows& rows);

// The metrics that make sense of few rows, with their intervals: roc_auc where both classes have two rows, log_loss;
// log_loss; rmse. Requires: at least one row.
base::Result<std::map<std::string, Estimate>> EvaluateSlice(const JudgedRows& rows);

// The first of MetricsOf(task): roc_auc, log_loss, rmse; and how much worse `value` is than `reference`, positive if
// so.
base::Result<double> DecidingMetric(const JudgedRows& rows);
double Worsening(model::Task task, double reference, double value);

}  // namespace plumb::learn
