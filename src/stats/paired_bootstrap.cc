#include "stats/paired_bootstrap.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "stats/exact_sum.h"
#include "stats/internal/bootstrap_bounds.h"
#include "stats/internal/bootstrap_units.h"

namespace plumb::stats {
namespace {

using internal::ClusterUnits;

base::Status CheckLosses(std::span<const double> first, std::span<const double> second,
                         const PairedBootstrapOptions& options) {
  if (first.size() != second.size()) {
    return base::InvalidArgument("Losses of two models differ in number: {} and {}.", first.size(), second.size());
  }
  PLUMB_RETURN_IF_ERROR(internal::CheckPairedOptions(first.size(), options));
  for (size_t row = 0; row < first.size(); row++) {
    if (!std::isfinite(first[row] - second[row])) {
      return base::InvalidArgument("Loss is not finite: row {}, {} and {}.", row, first[row], second[row]);
    }
  }
  return {};
}

// Losses by unit: sums of the clusters, or the rows in ascending order, so that theirs does not matter.
struct LossColumns {
  std::vector<double> first, second, difference, rows;

  void Append(double of_first, double of_second, double of_difference, double rows_of_unit) {
    first.push_back(of_first);
    second.push_back(of_second);
    difference.push_back(of_difference);
    rows.push_back(rows_of_unit);
  }
};

LossColumns ColumnsOfRows(std::span<const double> first, std::span<const double> second) {
  std::vector<std::pair<double, double>> losses;
  losses.reserve(first.size());
  for (size_t row = 0; row < first.size(); row++) losses.emplace_back(first[row], second[row]);
  std::sort(losses.begin(), losses.end());
  LossColumns columns;
  for (const auto& [a, b] : losses) columns.Append(a, b, a - b, 1);
  return columns;
}

LossColumns ColumnsOfClusters(std::span<const double> first, std::span<const double> second,
                              const ClusterUnits& clusters) {
  struct Sums {
    ExactSum first, second, difference;
    int64_t rows = 0;
  };
  std::vector<Sums> sums(static_cast<size_t>(clusters.units));
  for (size_t row = 0; row < first.size(); row++) {
    Sums& of_unit = sums[clusters.unit_of_row[row]];
    of_unit.first.Add(first[row]);
    of_unit.second.Add(second[row]);
    of_unit.difference.Add(first[row] - second[row]);
    of_unit.rows++;
  }
  LossColumns columns;
  for (const Sums& of_unit : sums) {
    columns.Append(of_unit.first.Value(), of_unit.second.Value(), of_unit.difference.Value(),
                   static_cast<double>(of_unit.rows));
  }
  return columns;
}

// Sum of weights * values, in one order on every machine; four chains so that additions overlap.
double WeightedSum(std::span<const int16_t> weights, std::span<const double> values) {
  double sums[4] = {0, 0, 0, 0};
  const size_t whole = values.size() & ~size_t{3};
  for (size_t i = 0; i < whole; i += 4) {
    for (size_t k = 0; k < 4; k++) sums[k] += values[i + k] * weights[i + k];
  }
  for (size_t i = whole; i < values.size(); i++) sums[0] += values[i] * weights[i];
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

double WeightOfRows(std::span<const int16_t> weights, const LossColumns& columns, bool has_clusters) {
  if (has_clusters) return WeightedSum(weights, columns.rows);
  return static_cast<double>(std::accumulate(weights.begin(), weights.end(), int64_t{0}));
}

double MeanOf(std::span<const double> losses) {
  ExactSum sum;
  for (const double loss : losses) sum.Add(loss);
  return sum.Mean(static_cast<int64_t>(losses.size()));
}

// From the units' influence on the difference: what one more of each would change it by, up to a factor.
double CorrectionOf(const LossColumns& columns, const PairedDifference& whole, bool take_root) {
  std::vector<double> influence(columns.rows.size());
  for (size_t unit = 0; unit < influence.size(); unit++) {
    const double rows = columns.rows[unit];
    if (!take_root) {
      influence[unit] = columns.difference[unit] - rows * whole.difference;
      continue;
    }
    // d sqrt(x) = dx / (2 sqrt(x)); a model without any error has no influence on its root.
    const double of_first = columns.first[unit] - rows * whole.first * whole.first;
    const double of_second = columns.second[unit] - rows * whole.second * whole.second;
    influence[unit] =
        (whole.first > 0 ? of_first / whole.first : 0) - (whole.second > 0 ? of_second / whole.second : 0);
  }
  return internal::SkewnessCorrection(influence);
}

base::Result<PairedDifference> BootstrapLosses(std::span<const double> first, std::span<const double> second,
                                               const PairedBootstrapOptions& options, bool take_root) {
  PLUMB_RETURN_IF_ERROR(CheckLosses(first, second, options));
  const bool has_clusters = !options.clusters.empty();
  const LossColumns columns = has_clusters
                                  ? ColumnsOfClusters(first, second, internal::UnitsOfClusters(options.clusters))
                                  : ColumnsOfRows(first, second);
  PairedDifference result;
  result.rows = static_cast<int64_t>(first.size());
  result.first = take_root ? std::sqrt(MeanOf(first)) : MeanOf(first);
  result.second = take_root ? std::sqrt(MeanOf(second)) : MeanOf(second);
  result.difference = result.first - result.second;
  const auto difference = [&](std::span<const int16_t> weights) {
    const double rows = WeightOfRows(weights, columns, has_clusters);  // None: 0 / 0 is no replicate.
    if (!take_root) return WeightedSum(weights, columns.difference) / rows;
    return std::sqrt(WeightedSum(weights, columns.first) / rows) -
           std::sqrt(WeightedSum(weights, columns.second) / rows);
  };
  const auto units = static_cast<int32_t>(columns.rows.size());
  result.skewness_correction = CorrectionOf(columns, result, take_root);
  PLUMB_RETURN_IF_ERROR(internal::DrawReplicates(units, options.bootstrap, difference, &result));
  return result;
}

}  // namespace

base::Result<PairedDifference> BootstrapMeanDifference(std::span<const double> first, std::span<const double> second,
                                                       const PairedBootstrapOptions& options) {
  return BootstrapLosses(first, second, options, false);
}

base::Result<PairedDifference> BootstrapRootMeanDifference(std::span<const double> first,
                                                           std::span<const double> second,
                                                           const PairedBootstrapOptions& options) {
  for (const auto losses : {first, second}) {
    const auto negative = std::find_if(losses.begin(), losses.end(), [](double loss) { return loss < 0; });
    if (negative != losses.end()) {
      return base::InvalidArgument("Squared error is negative: row {}, {}.", negative - losses.begin(), *negative);
    }
  }
  return BootstrapLosses(first, second, options, true);
}

base::Result<PairedDifference> BootstrapMetricDifference(int64_t rows, const WeightedMetric& first,
                                                         const WeightedMetric& second,
                                                         const PairedBootstrapOptions& options) {
  PLUMB_RETURN_IF_ERROR(internal::CheckPairedOptions(static_cast<size_t>(std::max<int64_t>(rows, 0)), options));
  std::vector<int16_t> row_weights(static_cast<size_t>(rows), 1);
  PairedDifference result;
  result.rows = rows;
  result.first = first(row_weights);
  result.second = second(row_weights);
  result.difference = result.first - result.second;
  if (!std::isfinite(result.difference)) {
    return base::InvalidArgument("Metric is not finite: {} and {}.", result.first, result.second);
  }
  const ClusterUnits clusters = internal::UnitsOfClusters(options.clusters);
  const auto difference = [&](std::span<const int16_t> weights) {
    if (options.clusters.empty()) return first(weights) - second(weights);
    for (size_t row = 0; row < row_weights.size(); row++) row_weights[row] = weights[clusters.unit_of_row[row]];
    return first(row_weights) - second(row_weights);
  };
  const int32_t units = options.clusters.empty() ? static_cast<int32_t>(rows) : clusters.units;
  PLUMB_RETURN_IF_ERROR(internal::DrawReplicates(units, options.bootstrap, difference, &result));
  return result;
}

}  // namespace plumb::stats
