#include "stats/internal/bootstrap_bounds.h"

#include <algorithm>
#include <cmath>

#include "stats/exact_moments.h"
#include "stats/normal.h"

namespace plumb::stats::internal {
namespace {

// Products like 0.05 * 1000 may fall just below the integer they mean.
constexpr double kRankSlack = 1e-9;
constexpr double kDenominatorMin = 0.05;  // Beyond this skewness the formula has no meaning.

}  // namespace

ReplicateSample ReplicateSample::Mirrored() const {
  ReplicateSample mirrored{ascending, 0 - correction};
  std::reverse(mirrored.ascending.begin(), mirrored.ascending.end());
  for (double& value : mirrored.ascending) value = 0 - value;
  return mirrored;
}

double SkewnessCorrection(std::span<const double> terms) {
  ExactMoments moments;
  for (const double term : terms) moments.Add(term);
  const double mean = moments.Mean(), deviation = moments.StandardDeviation(0);
  if (!(deviation > 0) || !std::isfinite(deviation)) return 0;
  ExactSum cubes;
  for (const double term : terms) {
    const double scaled = (term - mean) / deviation;
    cubes.Add(scaled * scaled * scaled);
  }
  return cubes.Mean(moments.count) / (6 * std::sqrt(static_cast<double>(moments.count)));
}

ReplicateBound LowerBound(const ReplicateSample& sample, double tail) {
  const double shifted = sample.correction + NormalQuantile(tail);
  const double denominator = 1 - sample.correction * shifted;
  if (denominator < kDenominatorMin) return {sample.ascending.front(), false};
  const double share = NormalCdf(sample.correction + shifted / denominator);
  const auto n = static_cast<double>(sample.ascending.size());
  const double rank = std::floor(share * (n + 1) + kRankSlack);
  if (rank < 1) return {sample.ascending.front(), false};
  return {sample.ascending[static_cast<size_t>(std::min(rank, n)) - 1], true};
}

double PValueAgainst(const ReplicateSample& sample, double bound) {
  const auto beyond = std::upper_bound(sample.ascending.begin(), sample.ascending.end(), bound);
  const auto count = static_cast<double>(beyond - sample.ascending.begin());
  const double share = (1 + count) / (1 + static_cast<double>(sample.ascending.size()));
  if (share >= 1) return 1;
  const double shifted = NormalQuantile(share) - sample.correction;
  const double denominator = 1 + sample.correction * shifted;
  if (denominator < kDenominatorMin) return shifted < 0 ? 0.5 : 1;
  return NormalCdf(shifted / denominator - sample.correction);
}

}  // namespace plumb::stats::internal
