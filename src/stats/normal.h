// normal.h: the standard normal distribution: density, distribution function, quantile.
//
// Why: intervals and tests need them, with the same bits everywhere; built on base/elementary.h, not on the C library.
//
// How: within 1.25 of zero G. Marsaglia's series ("Evaluating the normal distribution", Journal of Statistical Software
// 11(4), 2004), in the tails Laplace's continued fraction (Abramowitz and Stegun, 26.2.14); the quantile is algorithm
// AS 241 (M. Wichura, Applied Statistics 37, 1988). Relative error below 4e-15, in the tails too.
//
// Thread safety: pure functions. NaN gives NaN.
//
//   NormalCdf(1.96);                               // 0.9750021048517795, from normal_test.cc
//   NormalQuantile(0.975);                         // 1.959963984540054
#pragma once

namespace plumb::stats {

double NormalDensity(double x);

// P(Z <= x). NormalTail(x) is P(Z > x), accurate where it is tiny.
double NormalCdf(double x);
double NormalTail(double x);

// The x with P(Z <= x) = p. ±infinity at 0 and 1, NaN outside [0, 1].
double NormalQuantile(double p);

// P(|Z| >= |z|), the p-value of a two-sided test.
double TwoSidedPValue(double z);

// The z with P(|Z| <= z) = confidence: 1.96 for 0.95. Requires: 0 < confidence < 1.
double NormalCriticalValue(double confidence);

}  // namespace plumb::stats
