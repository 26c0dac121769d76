// paired_metric.h: how much better or worse is one version than another on the same rows, and how sure is that?
//
// Why: a gate decides by it, and a comparison of two versions shows it. ROC AUC of independent rows is compared by
// DeLong's test, everything else by the paired bootstrap (stats/paired_bootstrap.h), with rows of one cluster drawn
// together.
//
// Metrics: roc_auc, pr_auc, log_loss, brier, ece of a binary label; log_loss, accuracy, brier, ece of classes; rmse,
// mae of numbers. Larger is better of areas and accuracy, smaller of the rest.
//
// Thread safety: pure functions. The same rows and seed give the same bits.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "learn/evaluation.h"
#include "learn/gate_definition.h"
#include "stats/interval.h"
#include "stats/non_inferiority.h"

namespace plumb::learn {

// Two versions' scores of the same rows. Each numbers classes in its own way, so each has labels of its own.
struct PairedRows {
  JudgedRows first, second;
  std::vector<int64_t> clusters;  // by row; empty: every row by itself
  [[nodiscard]] size_t rows() const { return first.rows(); }
  [[nodiscard]] PairedRows Take(const std::vector<int64_t>& rows) const;
};

struct MetricDifference {
  std::string metric, method;  // "DeLong", "paired bootstrap", "paired bootstrap by cluster"
  double first = 0, second = 0;
  double difference = 0;     // first - second
  stats::Interval interval;  // of the difference, two-sided
  double standard_error = 0;
  int64_t rows = 0;
  stats::NonInferiority judgement;  // of the first against the second
  [[nodiscard]] base::Json ToJson() const;
};

struct PairedMetricOptions {
  double margin = 0;
  double confidence = 0.95;
  int replicates = 1000;  // more are drawn where the confidence needs them
  uint64_t seed = 1;
};

stats::Direction DirectionOf(const std::string& metric);

// kInvalidArgument for a metric that the task does not have, and what the metric says of rows (one class only, fewer
// than two rows).
base::Result<MetricDifference> CompareMetric(const std::string& metric, const PairedRows& rows,
                                             const PairedMetricOptions& options);
// The metric of one version alone.
base::Result<double> MeasureMetric(const std::string& metric, const JudgedRows& rows);

}  // namespace plumb::learn
