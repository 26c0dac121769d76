// bootstrap_bounds.h: bounds and p-values from replicates, corrected for skewness where that is known.
//
// Why: losses are skewed, and with some hundred rows a plain percentile of their means promotes too often. BCa bounds
// (B. Efron, "Better bootstrap confidence intervals", JASA 82, 1987) err by O(1 / rows) instead of O(1 / sqrt(rows)).
//
// How: the bound that the truth is below with probability `tail` is the replicate at the share Phi(z0 + (z0 + z) / (1 -
// a (z0 + z))), where z = Phi^-1(tail). For a mean the bias correction z0 and the acceleration a are the same number, a
// sixth of the mean's skewness (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, 14.5), which its terms
// give without the noise of replicates. With 0 it is the plain percentile. A p-value is the tail whose bound it is: the
// same formula solved for z.
// Thread safety: values and pure functions.
#pragma once

#include <span>
#include <vector>

namespace plumb::stats::internal {

struct ReplicateSample {
  std::vector<double> ascending;  // not empty
  double correction = 0;          // z0 and a

  // Replicates of -x for those of x.
  [[nodiscard]] ReplicateSample Mirrored() const;
};

// Of the mean of the terms: their own skewness / (6 sqrt(n)).
double SkewnessCorrection(std::span<const double> terms);

struct ReplicateBound {
  double value = 0;
  bool is_reached = true;  // False: more replicates are needed; the value is the outermost one.
};
// The replicate of rank floor(share * (replicates + 1)). Requires: 0 < tail < 1.
ReplicateBound LowerBound(const ReplicateSample& sample, double tail);

// Against the hypothesis that the truth is at most `bound`, with share (1 + replicates <= bound) / (1 + replicates):
// <= tail exactly if LowerBound(tail) is reached and above `bound`.
double PValueAgainst(const ReplicateSample& sample, double bound);

}  // namespace plumb::stats::internal
