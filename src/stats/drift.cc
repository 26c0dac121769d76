#include "stats/drift.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/elementary.h"
#include "stats/exact_moments.h"
#include "stats/tail_probabilities.h"

namespace plumb::stats {
namespace {

constexpr int kBinsMax = 10'000;
constexpr int64_t kRowsMax = int64_t{1} << 52;  // Sums of two samples' counts are exact as doubles.

base::Status CheckCounts(Counts counts, const char* which) {
  int64_t rows = 0;
  for (const int64_t count : counts) {
    if (count < 0) return base::InvalidArgument("Count of a {} sample is negative: {}.", which, count);
    if (count > kRowsMax - rows) return base::InvalidArgument("There are too many rows in the {} sample.", which);
    rows += count;
  }
  if (rows == 0) return base::InvalidArgument("There are no rows in the {} sample.", which);
  return {};
}

base::Status CheckBoth(Counts reference, Counts current) {
  if (reference.size() != current.size()) {
    return base::InvalidArgument("Two samples have different numbers of bins: {} and {}.", reference.size(),
                                 current.size());
  }
  PLUMB_RETURN_IF_ERROR(CheckCounts(reference, "reference"));
  return CheckCounts(current, "current");
}

base::Status CheckValues(std::span<const double> values, const char* which) {
  if (values.empty()) return base::InvalidArgument("There are no rows in the {} sample.", which);
  const auto nan = std::find_if(values.begin(), values.end(), [](double x) { return std::isnan(x); });
  if (nan == values.end()) return {};
  return base::InvalidArgument("Value of the {} sample is NaN: row {}.", which, nan - values.begin());
}

base::Status CheckFinite(std::span<const double> values, const char* which) {
  if (values.empty()) return base::InvalidArgument("There are no rows in the {} sample.", which);
  const auto bad = std::find_if(values.begin(), values.end(), [](double x) { return !std::isfinite(x); });
  if (bad == values.end()) return {};
  return base::InvalidArgument("Value of the {} sample is not finite: row {}, {}.", which, bad - values.begin(), *bad);
}

double RowsOf(Counts counts) { return static_cast<double>(std::accumulate(counts.begin(), counts.end(), int64_t{0})); }

std::vector<double> Sorted(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

// x ln(x / y) of Kullback and Leibler; nothing where x is 0.
double DivergenceTerm(double x, double y) { return x > 0 ? x * base::Ln(x / y) : 0; }

// Calls visit(position, next position, rows of a up to position, rows of b) at every different value but the last.
template <typename Visit>
void SweepTogether(std::span<const double> a, std::span<const double> b, const Visit& visit) {
  size_t of_a = 0, of_b = 0;
  while (of_a < a.size() || of_b < b.size()) {
    const double x = of_b == b.size() || (of_a < a.size() && a[of_a] < b[of_b]) ? a[of_a] : b[of_b];
    while (of_a < a.size() && a[of_a] == x) of_a++;
    while (of_b < b.size() && b[of_b] == x) of_b++;
    if (of_a == a.size() && of_b == b.size()) return;
    const double next = of_b == b.size() || (of_a < a.size() && a[of_a] < b[of_b]) ? a[of_a] : b[of_b];
    visit(x, next, static_cast<double>(of_a), static_cast<double>(of_b));
  }
}

KolmogorovSmirnovTest TestOf(double statistic, double n, double m) {
  return {statistic, KolmogorovTail(std::sqrt(n / (n + m) * m) * statistic)};
}

}  // namespace

base::Result<double> PopulationStabilityIndex(Counts reference, Counts current, double share_min) {
  PLUMB_RETURN_IF_ERROR(CheckBoth(reference, current));
  if (!(share_min > 0 && share_min <= 1e-2)) {
    return base::InvalidArgument("Smallest share is out of range: {}, want above 0 and at most 0.01.", share_min);
  }
  const double n = RowsOf(reference), m = RowsOf(current);
  ExactSum index;
  for (size_t bin = 0; bin < reference.size(); bin++) {
    if (reference[bin] == 0 && current[bin] == 0) continue;
    const double p = std::max(static_cast<double>(reference[bin]) / n, share_min);
    const double q = std::max(static_cast<double>(current[bin]) / m, share_min);
    index.Add((q - p) * base::Ln(q / p));
  }
  return index.Value();
}

base::Result<double> JensenShannonDistance(Counts reference, Counts current, EntropyUnit unit) {
  PLUMB_RETURN_IF_ERROR(CheckBoth(reference, current));
  const double n = RowsOf(reference), m = RowsOf(current);
  ExactSum divergence;
  for (size_t bin = 0; bin < reference.size(); bin++) {
    const double p = static_cast<double>(reference[bin]) / n, q = static_cast<double>(current[bin]) / m;
    const double middle = (p + q) / 2;
    divergence.Add(DivergenceTerm(p, middle) + DivergenceTerm(q, middle));
  }
  const double nats = std::max(0.0, divergence.Value() / 2);  // Rounding may leave equal samples below zero.
  return std::sqrt(unit == EntropyUnit::kNats ? nats : std::min(1.0, nats / base::Ln(2)));
}

base::Result<ChiSquareTest> ChiSquareHomogeneity(Counts reference, Counts current) {
  PLUMB_RETURN_IF_ERROR(CheckBoth(reference, current));
  const double n = RowsOf(reference), m = RowsOf(current);
  ChiSquareTest test{.statistic = 0, .degrees = -1, .p_value = 1, .smallest_expected = std::min(n, m)};
  ExactSum statistic;
  for (size_t bin = 0; bin < reference.size(); bin++) {
    const auto both = static_cast<double>(reference[bin] + current[bin]);
    if (both == 0) continue;
    test.degrees++;
    const double expected_reference = both * (n / (n + m)), expected_current = both * (m / (n + m));
    const double gap = static_cast<double>(current[bin]) - expected_current;  // The reference's is its negative.
    statistic.Add(gap * gap / expected_reference);
    statistic.Add(gap * gap / expected_current);
    test.smallest_expected = std::min({test.smallest_expected, expected_reference, expected_current});
  }
  if (test.degrees == 0) return test;
  test.statistic = statistic.Value();
  test.p_value = ChiSquareTail(test.statistic, test.degrees);
  return test;
}

base::Result<std::vector<double>> QuantileEdges(std::span<const double> reference, int bins) {
  if (bins < 2 || bins > kBinsMax) {
    return base::InvalidArgument("Number of bins is out of range: {}, want 2 to {}.", bins, kBinsMax);
  }
  PLUMB_RETURN_IF_ERROR(CheckValues(reference, "reference"));
  const std::vector<double> sorted = Sorted(reference);
  const auto quantile = [&](int i) {
    return sorted[(static_cast<size_t>(i) * sorted.size() + static_cast<size_t>(bins) - 1) / static_cast<size_t>(bins) -
                  1];
  };
  std::vector<double> edges;
  for (int i = 1; i < bins; i++) {
    const double edge = quantile(i);
    if (!edges.empty() && edge == edges.back()) continue;
    const double below = std::nextafter(edge, -std::numeric_limits<double>::infinity());
    const bool is_frequent = i + 1 < bins && quantile(i + 1) == edge;
    if (is_frequent && below < edge && (edges.empty() || edges.back() < below)) edges.push_back(below);
    edges.push_back(edge);
  }
  return edges;
}

base::Result<std::vector<int64_t>> CountBins(std::span<const double> values, std::span<const double> edges) {
  PLUMB_RETURN_IF_ERROR(CheckValues(values, "binned"));
  for (size_t i = 0; i < edges.size(); i++) {
    if (std::isnan(edges[i]) || (i > 0 && !(edges[i - 1] < edges[i]))) {
      return base::InvalidArgument("Edges of bins do not ascend: edge {}, {}.", i, edges[i]);
    }
  }
  std::vector<int64_t> counts(edges.size() + 1);
  for (const double x : values) counts[std::lower_bound(edges.begin(), edges.end(), x) - edges.begin()]++;
  return counts;
}

base::Result<double> PopulationStabilityIndexOfValues(std::span<const double> reference,
                                                      std::span<const double> current, int bins, double share_min) {
  PLUMB_ASSIGN_OR_RETURN(const std::vector<double> edges, QuantileEdges(reference, bins));
  PLUMB_ASSIGN_OR_RETURN(const std::vector<int64_t> of_reference, CountBins(reference, edges));
  PLUMB_ASSIGN_OR_RETURN(const std::vector<int64_t> of_current, CountBins(current, edges));
  return PopulationStabilityIndex(of_reference, of_current, share_min);
}

base::Result<KolmogorovSmirnovTest> KolmogorovSmirnov(std::span<const double> reference,
                                                      std::span<const double> current) {
  PLUMB_RETURN_IF_ERROR(CheckValues(reference, "reference"));
  PLUMB_RETURN_IF_ERROR(CheckValues(current, "current"));
  const auto n = static_cast<double>(reference.size()), m = static_cast<double>(current.size());
  double largest = 0;
  SweepTogether(Sorted(reference), Sorted(current), [&](double, double, double of_reference, double of_current) {
    largest = std::max(largest, std::fabs(of_reference / n - of_current / m));
  });
  return TestOf(largest, n, m);
}

base::Result<double> WassersteinDistance(std::span<const double> reference, std::span<const double> current) {
  PLUMB_RETURN_IF_ERROR(CheckFinite(reference, "reference"));
  PLUMB_RETURN_IF_ERROR(CheckFinite(current, "current"));
  const auto n = static_cast<double>(reference.size()), m = static_cast<double>(current.size());
  ExactSum distance;
  SweepTogether(Sorted(reference), Sorted(current), [&](double x, double next, double of_reference, double of_current) {
    distance.Add(std::fabs(of_reference / n - of_current / m) * (next - x));
  });
  return distance.Value();
}

base::Result<double> NormedWassersteinDistance(std::span<const double> reference, std::span<const double> current,
                                               double deviation_min) {
  if (!(deviation_min > 0)) {
    return base::InvalidArgument("Smallest standard deviation is not above 0: {}.", deviation_min);
  }
  PLUMB_ASSIGN_OR_RETURN(const double distance, WassersteinDistance(reference, current));
  ExactMoments moments;
  for (const double x : reference) moments.Add(x);
  return distance / std::max(moments.StandardDeviation(0), deviation_min);
}

base::Result<KolmogorovSmirnovTest> KolmogorovSmirnovOfCounts(Counts reference, Counts current) {
  PLUMB_RETURN_IF_ERROR(CheckBoth(reference, current));
  const double n = RowsOf(reference), m = RowsOf(current);
  int64_t of_reference = 0, of_current = 0;
  double largest = 0;
  for (size_t bin = 0; bin < reference.size(); bin++) {
    of_reference += reference[bin];
    of_current += current[bin];
    const double gap = static_cast<double>(of_reference) / n - static_cast<double>(of_current) / m;
    largest = std::max(largest, std::fabs(gap));
  }
  return TestOf(largest, n, m);
}

base::Result<double> WassersteinDistanceOfCounts(std::span<const double> positions, Counts reference, Counts current) {
  PLUMB_RETURN_IF_ERROR(CheckBoth(reference, current));
  PLUMB_RETURN_IF_ERROR(CheckFinite(positions, "position"));
  if (positions.size() != reference.size()) {
    return base::InvalidArgument("Positions and counts differ in number: {} and {}.", positions.size(),
                                 reference.size());
  }
  const double n = RowsOf(reference), m = RowsOf(current);
  int64_t of_reference = 0, of_current = 0;
  ExactSum distance;
  for (size_t bin = 0; bin + 1 < positions.size(); bin++) {
    if (!(positions[bin] < positions[bin + 1])) {
      return base::InvalidArgument("Positions do not ascend: {}, {}.", positions[bin], positions[bin + 1]);
    }
    of_reference += reference[bin];
    of_current += current[bin];
    const double gap = static_cast<double>(of_reference) / n - static_cast<double>(of_current) / m;
    distance.Add(std::fabs(gap) * (positions[bin + 1] - positions[bin]));
  }
  return distance.Value();
}

}  // namespace plumb::stats
