// The part of paired_bootstrap.h that is about areas under curves.
#include <algorithm>
#include <limits>
#include <numeric>
#include <tuple>

#include "stats/internal/bootstrap_units.h"
#include "stats/internal/score_groups.h"
#include "stats/paired_bootstrap.h"
#include "stats/pr_auc.h"
#include "stats/roc_auc.h"

namespace plumb::stats {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// One row in the order of a model's scores, in one word, so that a replicate reads it in a single pass.
class RankedRow {
 public:
  RankedRow(int32_t unit, bool is_positive, bool ends_group)
      : packed_(static_cast<uint32_t>(unit) << 2 | static_cast<uint32_t>(is_positive) << 1 |
                static_cast<uint32_t>(ends_group)) {}
  [[nodiscard]] uint32_t unit() const { return packed_ >> 2; }
  [[nodiscard]] int64_t is_positive() const { return (packed_ >> 1) & 1; }
  [[nodiscard]] bool ends_group() const { return (packed_ & 1) != 0; }  // the last of equal scores

 private:
  uint32_t packed_;
};

// Descending by score, as precision wants it; the ROC curve is the same from either end.
std::vector<RankedRow> RankRows(std::span<const double> scores, std::span<const uint8_t> labels,
                                std::span<const int32_t> unit_of_row) {
  std::vector<int32_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return scores[a] > scores[b]; });
  std::vector<RankedRow> ranked;
  ranked.reserve(order.size());
  for (size_t i = 0; i < order.size(); i++) {
    const int32_t row = order[i];
    const bool ends_group = i + 1 == order.size() || scores[order[i + 1]] != scores[row];
    ranked.emplace_back(unit_of_row[row], labels[row] != 0, ends_group);
  }
  return ranked;
}

double WeightedRocAuc(std::span<const RankedRow> rows, std::span<const int16_t> weights) {
  unsigned __int128 twice_u = 0;
  int64_t positives = 0, negatives = 0, group_positives = 0, group_negatives = 0;
  for (const RankedRow row : rows) {
    const int64_t weight = weights[row.unit()], positive = weight & -row.is_positive();
    group_positives += positive;
    group_negatives += weight - positive;
    if (!row.ends_group()) continue;
    twice_u += static_cast<unsigned __int128>(group_negatives) *
               static_cast<uint64_t>(2 * positives + group_positives);  // Positives above, and half of those beside.
    positives += group_positives;
    negatives += group_negatives;
    group_positives = group_negatives = 0;
  }
  if (positives == 0 || negatives == 0) return kNone;
  return static_cast<double>(twice_u) / (2.0 * static_cast<double>(positives) * static_cast<double>(negatives));
}

double WeightedAveragePrecision(std::span<const RankedRow> rows, std::span<const int16_t> weights) {
  int64_t positives = 0, all = 0, group_positives = 0;
  double sum = 0;
  for (const RankedRow row : rows) {
    const int64_t weight = weights[row.unit()];
    group_positives += weight & -row.is_positive();
    all += weight;
    if (!row.ends_group() || group_positives == 0) continue;
    positives += group_positives;
    sum += static_cast<double>(group_positives) * (static_cast<double>(positives) / static_cast<double>(all));
    group_positives = 0;
  }
  if (positives == 0 || positives == all) return kNone;
  return sum / static_cast<double>(positives);
}

// Rows as units, numbered by what they are and not by where they stand.
internal::ClusterUnits UnitsOfRows(std::span<const double> first, std::span<const double> second,
                                   std::span<const uint8_t> labels) {
  std::vector<int32_t> order(labels.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
    return std::tie(first[a], second[a], labels[a]) < std::tie(first[b], second[b], labels[b]);
  });
  internal::ClusterUnits result{std::vector<int32_t>(labels.size()), static_cast<int32_t>(labels.size())};
  for (size_t i = 0; i < order.size(); i++) result.unit_of_row[order[i]] = static_cast<int32_t>(i);
  return result;
}

}  // namespace

base::Result<PairedDifference> BootstrapRankingDifference(RankingMetric metric, std::span<const double> first,
                                                          std::span<const double> second,
                                                          std::span<const uint8_t> labels,
                                                          const PairedBootstrapOptions& options) {
  PLUMB_RETURN_IF_ERROR(internal::CheckTwoClasses(first, labels));
  PLUMB_RETURN_IF_ERROR(internal::CheckTwoClasses(second, labels));
  PLUMB_RETURN_IF_ERROR(internal::CheckPairedOptions(labels.size(), options));
  const internal::ClusterUnits units =
      options.clusters.empty() ? UnitsOfRows(first, second, labels) : internal::UnitsOfClusters(options.clusters);
  const std::vector<RankedRow> by_first = RankRows(first, labels, units.unit_of_row);
  const std::vector<RankedRow> by_second = RankRows(second, labels, units.unit_of_row);
  const auto area = metric == RankingMetric::kRocAuc ? WeightedRocAuc : WeightedAveragePrecision;
  PairedDifference result;
  result.rows = static_cast<int64_t>(labels.size());
  const std::vector<int16_t> ones(static_cast<size_t>(units.units), 1);
  result.first = area(by_first, ones);
  result.second = area(by_second, ones);
  result.difference = result.first - result.second;
  const auto difference = [&](std::span<const int16_t> weights) {
    return area(by_first, weights) - area(by_second, weights);
  };
  PLUMB_RETURN_IF_ERROR(internal::DrawReplicates(units.units, options.bootstrap, difference, &result));
  return result;
}

}  // namespace plumb::stats
