// tail_probabilities.h: p-values of the chi-square and of Kolmogorov's distribution, with the same bits on every
// machine.
//
// How: chi-square by its finite sums for integer degrees of freedom (Abramowitz and Stegun, 26.4.4 and 26.4.5), terms
// kept as logarithms so that none overflows; Kolmogorov's limit by the series that converges fast on either side
// (W. Feller, "On the Kolmogorov-Smirnov limit theorems", Ann. Math. Stat. 19, 1948). Relative error below 1e-13, of
// the chi-square below 1e-14 times the degrees of freedom. Thread safety: pure functions. NaN gives NaN.
//
//   ChiSquareTail(3.841458820694124, 1);           // 0.05, from tail_probabilities_test.cc
//   KolmogorovTail(1.3580986393225505);            // 0.05
#pragma once

#include <cstdint>

namespace plumb::stats {

// P(X > x) for X chi-square with `degrees` degrees of freedom; 1 for x <= 0. O(degrees). Requires: degrees >= 1.
double ChiSquareTail(double x, int64_t degrees);

// P(K > x) for Kolmogorov's K, the limit of sqrt(n) * sup|F_n - F|; 1 for x <= 0.
double KolmogorovTail(double x);

}  // namespace plumb::stats
