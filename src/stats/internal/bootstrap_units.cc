#include "stats/internal/bootstrap_units.h"

#include <algorithm>
#include <cmath>

#include "stats/exact_moments.h"
#include "stats/internal/bootstrap_bounds.h"
#include "stats/internal/poisson_weights.h"

namespace plumb::stats::internal {
namespace {

constexpr size_t kRowsMax = (size_t{1} << 30) - 1;
constexpr int kDrawsPerReplicateMax = 2;

double SpreadOf(std::span<const double> values) {
  ExactMoments moments;
  for (const double value : values) moments.Add(value);
  return moments.StandardDeviation(1);
}

void SetBounds(double confidence, PairedDifference* result) {
  const ReplicateSample sample{result->replicates, result->skewness_correction};
  const ReplicateSample mirrored = sample.Mirrored();
  const double tail = 1 - confidence;
  result->confidence = confidence;
  result->interval = {LowerBound(sample, tail / 2).value, 0 - LowerBound(mirrored, tail / 2).value};
  result->lower_bound = LowerBound(sample, tail).value;
  result->upper_bound = 0 - LowerBound(mirrored, tail).value;
}

}  // namespace

ClusterUnits UnitsOfClusters(std::span<const int64_t> clusters) {
  std::vector<int64_t> ids(clusters.begin(), clusters.end());
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  ClusterUnits result;
  result.units = static_cast<int32_t>(ids.size());
  result.unit_of_row.reserve(clusters.size());
  for (const int64_t id : clusters) {
    result.unit_of_row.push_back(static_cast<int32_t>(std::lower_bound(ids.begin(), ids.end(), id) - ids.begin()));
  }
  return result;
}

base::Status CheckPairedOptions(size_t rows, const PairedBootstrapOptions& options) {
  PLUMB_RETURN_IF_ERROR(CheckBootstrapOptions(options.bootstrap));
  if ((1 - options.bootstrap.confidence) / 2 * (options.bootstrap.replicates + 1) + 1e-9 < 1) {
    return base::InvalidArgument("There are too few bootstrap replicates for the confidence: {} for {}.",
                                 options.bootstrap.replicates, options.bootstrap.confidence);
  }
  if (!options.clusters.empty() && options.clusters.size() != rows) {
    return base::InvalidArgument("Rows and clusters differ in number: {} and {}.", rows, options.clusters.size());
  }
  if (rows < 2) return base::InvalidArgument("A paired bootstrap needs two rows: {}.", rows);
  if (rows > kRowsMax) return base::InvalidArgument("There are too many rows: {}.", rows);
  return {};
}

base::Status DrawReplicates(int32_t units, const BootstrapOptions& options, const DifferenceOfWeights& difference,
                            PairedDifference* result) {
  if (units < 2) return base::InvalidArgument("A paired bootstrap needs two clusters: {}.", units);
  PoissonWeights source(options.seed);
  std::vector<int16_t> weights(static_cast<size_t>(units));
  const auto wanted = static_cast<size_t>(options.replicates);
  result->replicates.clear();
  result->replicates.reserve(wanted);
  for (size_t draw = 0; draw < kDrawsPerReplicateMax * wanted && result->replicates.size() < wanted; draw++) {
    source.Draw(weights);
    const double value = difference(weights);
    if (std::isfinite(value)) result->replicates.push_back(value);
  }
  if (result->replicates.size() < wanted) {
    return base::InvalidArgument("Metric exists in too few of the bootstrap's draws: {} of {}.",
                                 result->replicates.size(), kDrawsPerReplicateMax * wanted);
  }
  std::sort(result->replicates.begin(), result->replicates.end());
  result->units = units;
  result->standard_error = SpreadOf(result->replicates);
  SetBounds(options.confidence, result);
  return {};
}

}  // namespace plumb::stats::internal
