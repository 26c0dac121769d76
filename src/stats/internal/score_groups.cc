#include "stats/internal/score_groups.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/random.h"

namespace plumb::stats::internal {
namespace {

constexpr size_t kRowsMax = (size_t{1} << 31) - 1;

// Quantile of sorted values by linear interpolation (Hyndman and Fan, 1996, type 7).
double SortedQuantile(std::span<const double> sorted, double p) {
  const double position = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(position);
  if (below + 1 >= sorted.size()) return sorted.back();
  return sorted[below] + (position - static_cast<double>(below)) * (sorted[below + 1] - sorted[below]);
}

}  // namespace

base::Status CheckScores(std::span<const double> scores, std::span<const uint8_t> labels) {
  if (scores.size() != labels.size()) {
    return base::InvalidArgument("Scores and labels differ in number: {} and {}.", scores.size(), labels.size());
  }
  if (scores.empty()) return base::InvalidArgument("There are no scores.");
  if (scores.size() > kRowsMax) return base::InvalidArgument("There are too many scores: {}.", scores.size());
  for (size_t row = 0; row < scores.size(); row++) {
    if (labels[row] > 1) return base::InvalidArgument("Label is not 0 or 1: row {}, {}.", row, int{labels[row]});
    if (std::isnan(scores[row])) return base::InvalidArgument("Score is NaN: row {}.", row);
  }
  return {};
}

base::Status CheckTwoClasses(std::span<const double> scores, std::span<const uint8_t> labels) {
  PLUMB_RETURN_IF_ERROR(CheckScores(scores, labels));
  const auto positives = std::count(labels.begin(), labels.end(), 1);
  if (positives == 0 || static_cast<size_t>(positives) == labels.size()) {
    return base::InvalidArgument("All labels are the same: {} rows of {}.", labels.size(), int{labels[0]});
  }
  return {};
}

base::Status CheckProbabilities(std::span<const double> scores, std::span<const uint8_t> labels) {
  PLUMB_RETURN_IF_ERROR(CheckScores(scores, labels));
  for (size_t row = 0; row < scores.size(); row++) {
    if (scores[row] < 0 || scores[row] > 1) {
      return base::InvalidArgument("Score is not a probability: row {}, {}.", row, scores[row]);
    }
  }
  return {};
}

ScoreGroups GroupByScore(std::span<const double> scores, std::span<const uint8_t> labels) {
  std::vector<int32_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return scores[a] < scores[b]; });
  ScoreGroups result;
  result.group_of_row.resize(scores.size());
  for (size_t i = 0; i < order.size(); i++) {
    const int32_t row = order[i];
    if (i == 0 || scores[row] != scores[order[i - 1]]) result.groups.emplace_back();
    result.group_of_row[row] = static_cast<int32_t>(result.groups.size() - 1);
    (labels[row] != 0 ? result.groups.back().positives : result.groups.back().negatives)++;
    (labels[row] != 0 ? result.positives : result.negatives)++;
  }
  return result;
}

base::Result<Interval> BootstrapInterval(const ScoreGroups& groups, std::span<const uint8_t> labels,
                                         const BootstrapOptions& options,
                                         const std::function<double(std::span<const ScoreGroup>)>& metric) {
  PLUMB_RETURN_IF_ERROR(CheckBootstrapOptions(options));
  std::vector<int32_t> rows[2];  // The group of each example, by label.
  for (size_t row = 0; row < labels.size(); row++) rows[labels[row]].push_back(groups.group_of_row[row]);
  // Sorted by group, the draw does not depend on the order of the rows.
  for (auto& of_label : rows) std::sort(of_label.begin(), of_label.end());
  base::Random random(options.seed);
  std::vector<ScoreGroup> resample(groups.groups.size());
  std::vector<double> values(static_cast<size_t>(options.replicates));
  for (double& value : values) {
    std::fill(resample.begin(), resample.end(), ScoreGroup{});
    for (size_t i = 0; i < rows[0].size(); i++) resample[rows[0][random.Below(rows[0].size())]].negatives++;
    for (size_t i = 0; i < rows[1].size(); i++) resample[rows[1][random.Below(rows[1].size())]].positives++;
    value = metric(resample);
  }
  std::sort(values.begin(), values.end());
  const double tail = (1 - options.confidence) / 2;
  return Interval{SortedQuantile(values, tail), SortedQuantile(values, 1 - tail)};
}

}  // namespace plumb::stats::internal
