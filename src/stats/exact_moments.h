// exact_moments.h: variance and standard deviation from exact sums, rounded once.
//
// Why: variance = (n * sum(x^2) - sum(x)^2) / (n * (n - ddof)) loses all digits in floating point; with exact sums it
// loses none, needs no second pass, and a window of it is a difference of prefixes like every other sum.
//
// Thread safety: values and pure functions.
// Invariant: results depend only on the values held, never on the order or grouping in which they came.
//
//   ExactMoments moments;                          // from exact_moments_test.cc
//   for (const double x : {1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16}) moments.Add(x);
//   moments.Variance(1);                           // 30.0
#pragma once

#include <cstdint>

#include "stats/exact_sum.h"

namespace plumb::stats {

// Requires: `sum` and `squares` hold x and x^2 of the same `count` values, and 0 <= ddof < count (1: of a sample, 0: of
// a whole population). NaN if a NaN or infinity is among the values.
double Variance(const ExactSum& sum, const ExactSum& squares, int64_t count, int ddof);

// The root of the exact variance, rounded once (not the root of the rounded variance).
double StandardDeviation(const ExactSum& sum, const ExactSum& squares, int64_t count, int ddof);

struct ExactMoments {
  int64_t count = 0;
  ExactSum sum;
  ExactSum squares;

  void Add(double x);
  void Remove(double x);
  void Merge(const ExactMoments& other);
  void Subtract(const ExactMoments& other);

  [[nodiscard]] double Mean() const { return sum.Mean(count); }  // Requires: count > 0.
  [[nodiscard]] double Variance(int ddof) const { return stats::Variance(sum, squares, count, ddof); }
  [[nodiscard]] double StandardDeviation(int ddof) const { return stats::StandardDeviation(sum, squares, count, ddof); }
};

}  // namespace plumb::stats
