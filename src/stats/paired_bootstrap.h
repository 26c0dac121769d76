// paired_bootstrap.h: how sure is the difference of a metric between two models judged on the same rows?
//
// Why: two models fail on the same hard rows, so their difference is far surer than either metric. A replicate draws a
// weight per row and gives it to both models; the spread of the replicates' differences is the uncertainty of the
// difference (B. Efron and R. Tibshirani, "An Introduction to the Bootstrap", 1993).
//
// How: weights are Poisson(1), independent per row or per cluster. Rows of one customer, device or session are not
// independent: give their id as the cluster, and they are drawn together (A. Davison and D. Hinkley, "Bootstrap Methods
// and their Application", 1997, 3.8); treating them as independent makes bounds too narrow. Bounds are percentiles
// of the replicates; those of means are corrected for skewness (BCa; B. Efron, JASA 82, 1987), because with some
// hundred rows of skewed losses the plain percentile is too generous.
//
// Errors of all functions (kInvalidArgument): sizes differ, fewer than two rows or clusters, NaN or infinite losses,
// what RocAuc says of scores and labels, options out of range, fewer replicates than a bound needs, which is
// 2 / (1 - confidence) - 1, and a metric that exists in fewer than half of the draws (too few rows of a class).
//
// Cost: rows * replicates. A thousand replicates of 100,000 rows take 0.35 s for means and about 1 s for areas.
//
// Thread safety: pure functions. Invariants: the same seed and data give the same bits on every machine; the order of
// rows does not matter (except for BootstrapMetricDifference), and clusters are drawn in the order of their ids.
//
//   const std::vector<double> champion = {0.5, 0.25, 1, 0.75}, challenger = {0.25, 0.25, 0.5, 0.5};
//   BootstrapMeanDifference(challenger, champion, {})->difference;   // -0.25, from paired_bootstrap_test.cc
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/status.h"
#include "stats/bootstrap.h"
#include "stats/interval.h"

namespace plumb::stats {

struct PairedBootstrapOptions {
  BootstrapOptions bootstrap;
  std::span<const int64_t> clusters;  // by row; empty: every row by itself
};

struct PairedDifference {
  double first = 0, second = 0;             // The metrics of all rows.
  double difference = 0;                    // first - second
  double standard_error = 0;                // standard deviation of the replicates
  double skewness_correction = 0;           // BCa's z0 and a; 0 of areas and callbacks
  double confidence = 0;                    // of what follows
  Interval interval;                        // two-sided
  double lower_bound = 0, upper_bound = 0;  // one-sided, each for itself
  int64_t rows = 0, units = 0;              // units: rows or clusters, whichever was drawn
  std::vector<double> replicates;           // of the difference, ascending
};

// Of mean(first) - mean(second), losses by row (row_losses.h). With clusters a replicate is the weighted mean of rows,
// so that large clusters count as much as their rows.
base::Result<PairedDifference> BootstrapMeanDifference(std::span<const double> first, std::span<const double> second,
                                                       const PairedBootstrapOptions& options);

// Of sqrt(mean(first)) - sqrt(mean(second)): the RMSE of squared errors. Also an error if a loss is negative.
base::Result<PairedDifference> BootstrapRootMeanDifference(std::span<const double> first,
                                                           std::span<const double> second,
                                                           const PairedBootstrapOptions& options);

enum class RankingMetric : uint8_t { kRocAuc, kPrAuc };

// Of areas under curves of two score vectors. Both classes are drawn together, so their shares vary as they would in
// another sample.
base::Result<PairedDifference> BootstrapRankingDifference(RankingMetric metric, std::span<const double> first,
                                                          std::span<const double> second,
                                                          std::span<const uint8_t> labels,
                                                          const PairedBootstrapOptions& options);

// A metric of weighted rows; NaN if it does not exist for these weights (then others are drawn). Called with weights of
// one for the metric of all rows.
using WeightedMetric = std::function<double(std::span<const int16_t> weights)>;

base::Result<PairedDifference> BootstrapMetricDifference(int64_t rows, const WeightedMetric& first,
                                                         const WeightedMetric& second,
                                                         const PairedBootstrapOptions& options);

}  // namespace plumb::stats
