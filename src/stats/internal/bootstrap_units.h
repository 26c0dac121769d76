// bootstrap_units.h: what a bootstrap draws (rows, or clusters of them), and the loop that draws it.
// Thread safety: values and pure functions.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/status.h"
#include "stats/paired_bootstrap.h"

namespace plumb::stats::internal {

// Units in ascending order of cluster ids.
struct ClusterUnits {
  std::vector<int32_t> unit_of_row;
  int32_t units = 0;
};
ClusterUnits UnitsOfClusters(std::span<const int64_t> clusters);

// Options in range; clusters none or one per row; at least two and fewer than 2^30 rows.
base::Status CheckPairedOptions(size_t rows, const PairedBootstrapOptions& options);

// The difference for the units' weights; not finite if there is none.
using DifferenceOfWeights = std::function<double(std::span<const int16_t> unit_weights)>;

// Fills the rest of `result`, which has the metrics, rows and skewness_correction, from replicates.
// Requires: CheckPairedOptions passed.
base::Status DrawReplicates(int32_t units, const BootstrapOptions& options, const DifferenceOfWeights& difference,
                            PairedDifference* result);

}  // namespace plumb::stats::internal
