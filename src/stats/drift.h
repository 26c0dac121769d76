// drift.h: how different are two samples of a feature, a prediction or a label? What monitors compare: now against a
// reference.
//
// On counts of bins or categories, with p and q the shares of the reference and of the current sample:
//
//     population stability index    sum of (q - p) ln(q / p)                    0.1 moderate, 0.25 large, by custom
//     Jensen-Shannon distance       sqrt((KL(p | m) + KL(q | m)) / 2), m = (p + q) / 2      bits: 0 to 1
//     chi-square                    of homogeneity, on the 2 x k table; p-value by its limit
//
// On values:
//
//     Kolmogorov-Smirnov            sup|F - G|; p-value by its limit at sqrt(nm / (n + m)) sup|F - G|
//     Wasserstein                   integral of |F - G|: the mean distance that mass must move, in units of the values
//
// PSI is infinite where one sample has a bin that the other has not, so shares are kept at least `share_min`; nothing
// is renormalised. The bins of values are quantiles of the reference: bin i holds edges[i-1] < x <= edges[i], and a
// value that is two quantiles or more has a bin of its own, so that a constant's changes are seen.
//
// Large samples make every p-value small: alarm on the distances, and read the p-value as "could this be noise?".
//
// Errors (kInvalidArgument): a sample without rows, NaN values (count them as a category), infinite values for
// Wasserstein, a negative count, samples of different numbers of bins, options out of range. Thread safety: pure
// functions. Invariants: the order of rows does not matter; the same bits on every machine.
//
//   PopulationStabilityIndex(std::vector<int64_t>{50, 50}, std::vector<int64_t>{60, 40}).value();
//                                                  // 0.0405, from drift_test.cc
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"

namespace plumb::stats {

using Counts = std::span<const int64_t>;

inline constexpr double kPsiShareMin = 1e-4;
inline constexpr int kPsiBins = 10;

// share_min is in (0, 1e-2].
base::Result<double> PopulationStabilityIndex(Counts reference, Counts current, double share_min = kPsiShareMin);

enum class EntropyUnit : uint8_t { kBits, kNats };
base::Result<double> JensenShannonDistance(Counts reference, Counts current, EntropyUnit unit = EntropyUnit::kBits);

struct ChiSquareTest {
  double statistic = 0;
  int64_t degrees = 0;  // categories that occur, less one; with one category there is no difference: p-value 1
  double p_value = 1;
  double smallest_expected = 0;  // Below 5 the p-value is rough (W. Cochran, Biometrics 10, 1954).
};
base::Result<ChiSquareTest> ChiSquareHomogeneity(Counts reference, Counts current);

// At most bins - 1 inner edges, ascending: the different values of rank ceil(i * n / bins), and the double just below a
// repeated one. bins is 2 to 10,000.
base::Result<std::vector<double>> QuantileEdges(std::span<const double> reference, int bins = kPsiBins);
// edges.size() + 1 counts. Also an error unless edges ascend.
base::Result<std::vector<int64_t>> CountBins(std::span<const double> values, std::span<const double> edges);
// Both, and the index.
base::Result<double> PopulationStabilityIndexOfValues(std::span<const double> reference,
                                                      std::span<const double> current, int bins = kPsiBins,
                                                      double share_min = kPsiShareMin);

struct KolmogorovSmirnovTest {
  double statistic = 0;
  double p_value = 1;
};
base::Result<KolmogorovSmirnovTest> KolmogorovSmirnov(std::span<const double> reference,
                                                      std::span<const double> current);

base::Result<double> WassersteinDistance(std::span<const double> reference, std::span<const double> current);
// Divided by the reference's standard deviation (of a population), but at least deviation_min, so that features
// compare.
base::Result<double> NormedWassersteinDistance(std::span<const double> reference, std::span<const double> current,
                                               double deviation_min = 1e-3);

// The same two of counts at positions that ascend: of sketches (quantile_sketch.h) and histograms, whose error is that
// of the positions. Also an error if positions do not ascend or are not finite.
base::Result<KolmogorovSmirnovTest> KolmogorovSmirnovOfCounts(Counts reference, Counts current);
base::Result<double> WassersteinDistanceOfCounts(std::span<const double> positions, Counts reference, Counts current);

}  // namespace plumb::stats
