#include "learn/paired_metric.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "stats/calibration.h"
#include "stats/exact_moments.h"
#include "stats/log_loss.h"
#include "stats/multiclass_metrics.h"
#include "stats/paired_bootstrap.h"
#include "stats/pr_auc.h"
#include "stats/roc_auc.h"
#include "stats/row_losses.h"

namespace plumb::learn {
namespace {

using base::Result;
using base::Status;
using model::Task;

constexpr int kReplicatesMax = 1'000'000;
constexpr size_t kCalibrationBins = 10;

std::vector<double> Widened(const std::vector<float>& scores) { return {scores.begin(), scores.end()}; }

std::vector<uint8_t> OutcomesOf(const JudgedRows& rows) {
  std::vector<uint8_t> outcomes;
  outcomes.reserve(rows.rows());
  for (const double label : rows.labels) outcomes.push_back(label != 0 ? 1 : 0);
  return outcomes;
}

Status NotPaired(const std::string& metric, Task task) {
  std::string known;
  for (const std::string& name : PairedMetricsOf(task)) known += (known.empty() ? "" : ", ") + name;
  return base::InvalidArgument("Versions cannot be compared by this metric: {}, want one of {}.", metric, known);
}

// What each row adds to a metric that is a mean: losses, or 1 for a right class.
Result<std::vector<double>> ClassTerms(const std::string& metric, const JudgedRows& rows) {
  const std::vector<double> values = Widened(rows.scores);
  std::vector<int32_t> labels;
  for (const double label : rows.labels) labels.push_back(static_cast<int32_t>(label));
  const stats::ClassProbabilities probabilities{values, static_cast<int32_t>(rows.outputs)};
  if (metric == "log_loss") return stats::MulticlassLosses(stats::MulticlassLoss::kLogLoss, probabilities, labels);
  if (metric == "brier") return stats::MulticlassLosses(stats::MulticlassLoss::kBrier, probabilities, labels);
  if (metric != "accuracy") return NotPaired(metric, Task::kClasses);
  PLUMB_ASSIGN_OR_RETURN(std::vector<double> terms,
                         stats::MulticlassLosses(stats::MulticlassLoss::kZeroOne, probabilities, labels));
  for (double& term : terms) term = 1 - term;
  return terms;
}

Result<std::vector<double>> TermsOf(const std::string& metric, const JudgedRows& rows) {
  if (rows.task == Task::kClasses) return ClassTerms(metric, rows);
  const std::vector<double> scores = Widened(rows.scores);
  if (rows.task == Task::kRegression) {
    if (metric == "rmse") return stats::RegressionLosses(stats::RegressionLoss::kSquaredError, scores, rows.labels);
    if (metric == "mae") return stats::RegressionLosses(stats::RegressionLoss::kAbsoluteError, scores, rows.labels);
    return NotPaired(metric, rows.task);
  }
  if (metric == "log_loss") {
    return stats::ProbabilityLosses(stats::ProbabilityLoss::kLogLoss, scores, OutcomesOf(rows));
  }
  if (metric == "brier") return stats::ProbabilityLosses(stats::ProbabilityLoss::kBrier, scores, OutcomesOf(rows));
  return NotPaired(metric, rows.task);
}

// Expected calibration error of weighted rows, in ten bins of equal width: of the probability of the label, or of
// classes of that of the likeliest class against being right.
class WeightedCalibration {
 public:
  explicit WeightedCalibration(const JudgedRows& rows) {
    const size_t outputs = rows.task == Task::kClasses ? rows.outputs : 1;
    for (size_t row = 0; row < rows.rows(); row++) {
      const float* scores = rows.scores.data() + row * outputs;
      const auto likeliest = static_cast<size_t>(std::max_element(scores, scores + outputs) - scores);
      const auto score = static_cast<double>(scores[likeliest]);
      const bool is_right =
          rows.task == Task::kClasses ? rows.labels[row] == static_cast<double>(likeliest) : rows.labels[row] != 0;
      gaps_.push_back((is_right ? 1.0 : 0.0) - score);
      bins_.push_back(static_cast<uint8_t>(
          std::min(kCalibrationBins - 1, static_cast<size_t>(score * static_cast<double>(kCalibrationBins)))));
    }
  }

  double operator()(std::span<const int16_t> weights) const {
    double gaps[kCalibrationBins] = {}, total = 0, sum = 0;
    for (size_t row = 0; row < gaps_.size(); row++) {
      gaps[bins_[row]] += weights[row] * gaps_[row];
      total += weights[row];
    }
    for (const double gap : gaps) sum += std::fabs(gap);
    return total > 0 ? sum / total : std::numeric_limits<double>::quiet_NaN();
  }

 private:
  std::vector<double> gaps_;
  std::vector<uint8_t> bins_;
};

bool IsArea(const std::string& metric) { return metric == "roc_auc" || metric == "pr_auc"; }

Result<stats::PairedDifference> Bootstrap(const std::string& metric, const PairedRows& rows,
                                          const stats::PairedBootstrapOptions& options) {
  if (IsArea(metric)) {
    const auto which = metric == "roc_auc" ? stats::RankingMetric::kRocAuc : stats::RankingMetric::kPrAuc;
    return stats::BootstrapRankingDifference(which, Widened(rows.first.scores), Widened(rows.second.scores),
                                             OutcomesOf(rows.first), options);
  }
  if (metric == "ece") {
    return stats::BootstrapMetricDifference(static_cast<int64_t>(rows.rows()), WeightedCalibration(rows.first),
                                            WeightedCalibration(rows.second), options);
  }
  PLUMB_ASSIGN_OR_RETURN(const std::vector<double> first, TermsOf(metric, rows.first));
  PLUMB_ASSIGN_OR_RETURN(const std::vector<double> second, TermsOf(metric, rows.second));
  if (metric == "rmse") return stats::BootstrapRootMeanDifference(first, second, options);
  return stats::BootstrapMeanDifference(first, second, options);
}

// As many as both the interval and the one-sided bounds need.
int ReplicatesFor(const PairedMetricOptions& options) {
  const double needed = std::ceil(2 / (1 - options.confidence));
  return std::max(options.replicates, static_cast<int>(std::min(needed, static_cast<double>(kReplicatesMax))));
}

Result<MetricDifference> ByBootstrap(const std::string& metric, const PairedRows& rows,
                                     const PairedMetricOptions& options, MetricDifference made) {
  stats::PairedBootstrapOptions paired;
  paired.bootstrap = {.replicates = ReplicatesFor(options), .confidence = options.confidence, .seed = options.seed};
  paired.clusters = rows.clusters;
  PLUMB_ASSIGN_OR_RETURN(const stats::PairedDifference drawn, Bootstrap(metric, rows, paired));
  made.method = rows.clusters.empty() ? "paired bootstrap" : "paired bootstrap by cluster";
  made.first = drawn.first;
  made.second = drawn.second;
  made.difference = drawn.difference;
  made.interval = drawn.interval;
  made.standard_error = drawn.standard_error;
  PLUMB_ASSIGN_OR_RETURN(made.judgement,
                         stats::JudgeByBootstrap(drawn, {options.margin, options.confidence, DirectionOf(metric)}));
  return made;
}

Result<MetricDifference> ByDeLong(const PairedRows& rows, const PairedMetricOptions& options, MetricDifference made) {
  const std::vector<double> first = Widened(rows.first.scores), second = Widened(rows.second.scores);
  const std::vector<uint8_t> outcomes = OutcomesOf(rows.first);
  PLUMB_ASSIGN_OR_RETURN(const stats::RocAucDifference areas,
                         stats::CompareRocAuc(first, second, outcomes, options.confidence));
  made.method = "DeLong";
  made.first = areas.first;
  made.second = areas.second;
  made.difference = areas.difference;
  made.interval = areas.interval;
  made.standard_error = areas.standard_error;
  PLUMB_ASSIGN_OR_RETURN(made.judgement,
                         stats::JudgeByNormal(areas.difference, areas.standard_error,
                                              {options.margin, options.confidence, stats::Direction::kHigherIsBetter}));
  return made;
}

Status CheckPaired(const std::string& metric, const PairedRows& rows) {
  if (rows.first.task != rows.second.task) {
    return base::InvalidArgument("Versions predict different things: {}, {}.", model::TaskName(rows.first.task),
                                 model::TaskName(rows.second.task));
  }
  if (rows.first.rows() != rows.second.rows()) {
    return base::InvalidArgument("Versions were scored on different rows: {}, {}.", rows.first.rows(),
                                 rows.second.rows());
  }
  const std::vector<std::string> known = PairedMetricsOf(rows.first.task);
  const bool is_known = std::find(known.begin(), known.end(), metric) != known.end();
  return is_known ? Status() : NotPaired(metric, rows.first.task);
}

}  // namespace

std::vector<std::string> PairedMetricsOf(Task task) {
  switch (task) {
    case Task::kBinary:
      return {"roc_auc", "pr_auc", "log_loss", "brier", "ece"};
    case Task::kClasses:
      return {"log_loss", "accuracy", "brier", "ece"};
    case Task::kRegression:
      return {"rmse", "mae"};
  }
  return {};
}

stats::Direction DirectionOf(const std::string& metric) {
  return IsArea(metric) || metric == "accuracy" ? stats::Direction::kHigherIsBetter : stats::Direction::kLowerIsBetter;
}

PairedRows PairedRows::Take(const std::vector<int64_t>& rows) const {
  PairedRows taken{first.Take(rows), second.Take(rows), {}};
  for (const int64_t row : rows) {
    if (!clusters.empty()) taken.clusters.push_back(clusters[static_cast<size_t>(row)]);
  }
  return taken;
}

base::Json MetricDifference::ToJson() const {
  base::Json json;
  json.Set("metric", metric);
  json.Set("method", method);
  json.Set("first", first);
  json.Set("second", second);
  json.Set("difference", difference);
  json.Set("low", interval.low);
  json.Set("high", interval.high);
  json.Set("standard_error", standard_error);
  json.Set("rows", rows);
  json.Set("improvement", judgement.improvement);
  json.Set("improvement_low", judgement.lower_bound);
  json.Set("improvement_high", judgement.upper_bound);
  json.Set("margin", judgement.margin);
  json.Set("confidence", judgement.confidence);
  json.Set("p_not_worse", judgement.p_value_not_worse);
  json.Set("p_better", judgement.p_value_better);
  json.Set("verdict", stats::VerdictName(judgement.verdict));
  return json;
}

Result<MetricDifference> CompareMetric(const std::string& metric, const PairedRows& rows,
                                       const PairedMetricOptions& options) {
  PLUMB_RETURN_IF_ERROR(CheckPaired(metric, rows));
  MetricDifference made;
  made.metric = metric;
  made.rows = static_cast<int64_t>(rows.rows());
  if (metric == "roc_auc" && rows.clusters.empty()) return ByDeLong(rows, options, std::move(made));
  return ByBootstrap(metric, rows, options, std::move(made));
}

Result<double> MeasureMetric(const std::string& metric, const JudgedRows& rows) {
  if (rows.task == Task::kBinary && metric == "roc_auc") return stats::RocAuc(Widened(rows.scores), OutcomesOf(rows));
  if (rows.task == Task::kBinary && metric == "pr_auc") {
    return stats::AveragePrecision(Widened(rows.scores), OutcomesOf(rows));
  }
  if (rows.task != Task::kRegression && metric == "ece") {
    const std::vector<int16_t> ones(rows.rows(), 1);
    return WeightedCalibration(rows)(ones);
  }
  PLUMB_ASSIGN_OR_RETURN(const std::vector<double> terms, TermsOf(metric, rows));
  stats::ExactMoments moments;
  for (const double term : terms) moments.Add(term);
  return metric == "rmse" ? std::sqrt(moments.Mean()) : moments.Mean();
}

}  // namespace plumb::learn
