#include "stats/roc_auc.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "stats/exact_moments.h"
#include "stats/internal/score_groups.h"
#include "stats/normal.h"

namespace plumb::stats {
namespace {

using internal::ScoreGroup;
using internal::ScoreGroups;

// Twice U, counted in integers: a positive above a negative counts 2, beside it 1.
double AreaOfGroups(std::span<const ScoreGroup> groups) {
  unsigned __int128 twice_u = 0;
  uint64_t positives = 0, negatives_below = 0;
  for (const ScoreGroup& group : groups) {
    const auto in_group = static_cast<uint64_t>(group.positives);
    twice_u +=
        static_cast<unsigned __int128>(in_group) * (2 * negatives_below + static_cast<uint64_t>(group.negatives));
    negatives_below += static_cast<uint64_t>(group.negatives);
    positives += in_group;
  }
  return static_cast<double>(twice_u) / (2.0 * static_cast<double>(positives) * static_cast<double>(negatives_below));
}

// DeLong's structural components: per row, the share of the other class that its score is on the right side of.
std::vector<double> Components(const ScoreGroups& scored, std::span<const uint8_t> labels) {
  std::vector<double> of_positive(scored.groups.size()), of_negative(scored.groups.size());
  int64_t positives_below = 0, negatives_below = 0;
  for (size_t g = 0; g < scored.groups.size(); g++) {
    const ScoreGroup& group = scored.groups[g];
    const int64_t positives_above = scored.positives - positives_below - group.positives;
    of_positive[g] =
        static_cast<double>(2 * negatives_below + group.negatives) / (2.0 * static_cast<double>(scored.negatives));
    of_negative[g] =
        static_cast<double>(2 * positives_above + group.positives) / (2.0 * static_cast<double>(scored.positives));
    positives_below += group.positives;
    negatives_below += group.negatives;
  }
  std::vector<double> components(labels.size());
  for (size_t row = 0; row < labels.size(); row++) {
    const int32_t group = scored.group_of_row[row];
    components[row] = labels[row] != 0 ? of_positive[group] : of_negative[group];
  }
  return components;
}

// s2(V10) / m + s2(V01) / n. Exact moments make it independent of the order of rows.
double StandardErrorOf(std::span<const double> components, std::span<const uint8_t> labels) {
  ExactMoments moments[2];
  for (size_t row = 0; row < labels.size(); row++) moments[labels[row]].Add(components[row]);
  return std::sqrt(moments[1].Variance(1) / static_cast<double>(moments[1].count) +
                   moments[0].Variance(1) / static_cast<double>(moments[0].count));
}

base::Status CheckForVariance(std::span<const double> scores, std::span<const uint8_t> labels, double confidence) {
  PLUMB_RETURN_IF_ERROR(CheckConfidence(confidence));
  PLUMB_RETURN_IF_ERROR(internal::CheckTwoClasses(scores, labels));
  const auto positives = std::count(labels.begin(), labels.end(), 1);
  const auto negatives = static_cast<int64_t>(labels.size()) - positives;
  if (positives >= 2 && negatives >= 2) return {};
  return base::InvalidArgument("A variance needs two rows of each class: {} positive, {} negative.", positives,
                               negatives);
}

}  // namespace

base::Result<double> RocAuc(std::span<const double> scores, std::span<const uint8_t> labels) {
  PLUMB_RETURN_IF_ERROR(internal::CheckTwoClasses(scores, labels));
  return AreaOfGroups(internal::GroupByScore(scores, labels).groups);
}

base::Result<RocAucEstimate> EstimateRocAuc(std::span<const double> scores, std::span<const uint8_t> labels,
                                            double confidence) {
  PLUMB_RETURN_IF_ERROR(CheckForVariance(scores, labels, confidence));
  const ScoreGroups scored = internal::GroupByScore(scores, labels);
  RocAucEstimate estimate;
  estimate.auc = AreaOfGroups(scored.groups);
  estimate.standard_error = StandardErrorOf(Components(scored, labels), labels);
  const double half = NormalCriticalValue(confidence) * estimate.standard_error;
  estimate.interval = {std::max(0.0, estimate.auc - half), std::min(1.0, estimate.auc + half)};
  estimate.positives = scored.positives;
  estimate.negatives = scored.negatives;
  return estimate;
}

base::Result<RocAucDifference> CompareRocAuc(std::span<const double> first, std::span<const double> second,
                                             std::span<const uint8_t> labels, double confidence) {
  PLUMB_RETURN_IF_ERROR(CheckForVariance(first, labels, confidence));
  PLUMB_RETURN_IF_ERROR(internal::CheckTwoClasses(second, labels));
  const ScoreGroups scored[] = {internal::GroupByScore(first, labels), internal::GroupByScore(second, labels)};
  // The variance of a difference is the variance of the components' differences: the covariance needs no matrix.
  std::vector<double> components = Components(scored[0], labels);
  const std::vector<double> other = Components(scored[1], labels);
  for (size_t row = 0; row < components.size(); row++) components[row] -= other[row];
  RocAucDifference result;
  result.first = AreaOfGroups(scored[0].groups);
  result.second = AreaOfGroups(scored[1].groups);
  result.difference = result.first - result.second;
  result.standard_error = StandardErrorOf(components, labels);
  const double half = NormalCriticalValue(confidence) * result.standard_error;
  result.interval = {result.difference - half, result.difference + half};
  if (result.difference != 0) result.z = result.difference / result.standard_error;
  result.p_value = TwoSidedPValue(result.z);
  return result;
}

base::Result<Interval> BootstrapRocAuc(std::span<const double> scores, std::span<const uint8_t> labels,
                                       const BootstrapOptions& options) {
  PLUMB_RETURN_IF_ERROR(internal::CheckTwoClasses(scores, labels));
  return internal::BootstrapInterval(internal::GroupByScore(scores, labels), labels, options, AreaOfGroups);
}

}  // namespace plumb::stats
