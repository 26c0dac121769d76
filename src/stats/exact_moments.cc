#include "stats/exact_moments.h"

#include <limits>

#include "base/check.h"
#include "stats/internal/big_magnitude.h"

namespace plumb::stats {
namespace {

// The exact variance to at least 128 bits, the rest in `inexact`. Negative only if the sums are not of the same values.
internal::BigMagnitude VarianceMagnitude(const ExactSum& sum, const ExactSum& squares, int64_t count, int ddof) {
  internal::BigMagnitude scaled = squares.ToMagnitude();
  scaled.MultiplyBy(static_cast<uint64_t>(count));
  internal::BigMagnitude variance = internal::Difference(scaled, internal::Square(sum.ToMagnitude()));
  variance.KeepTop(5);  // Above 2^256; at most 126 bits go.
  const auto n = static_cast<uint64_t>(count), rest = static_cast<uint64_t>(count - ddof);
  if (n >> 32 == 0) {
    variance.DivideBy(n * rest);
  } else {
    variance.DivideBy(n);
    variance.DivideBy(rest);
  }
  return variance;
}

void CheckArguments(int64_t count, int ddof) {
  PLUMB_CHECK(ddof >= 0 && count > ddof, "A variance needs more values than it loses degrees of freedom.");
}

}  // namespace

double Variance(const ExactSum& sum, const ExactSum& squares, int64_t count, int ddof) {
  CheckArguments(count, ddof);
  if (!sum.IsFinite() || !squares.IsFinite()) return std::numeric_limits<double>::quiet_NaN();
  return internal::RoundToDouble(VarianceMagnitude(sum, squares, count, ddof));
}

double StandardDeviation(const ExactSum& sum, const ExactSum& squares, int64_t count, int ddof) {
  CheckArguments(count, ddof);
  if (!sum.IsFinite() || !squares.IsFinite()) return std::numeric_limits<double>::quiet_NaN();
  const internal::BigMagnitude variance = VarianceMagnitude(sum, squares, count, ddof);
  if (variance.negative) return std::numeric_limits<double>::quiet_NaN();
  return internal::RoundToDouble(internal::SquareRoot(variance));
}

void ExactMoments::Add(double x) {
  count++;
  sum.Add(x);
  squares.AddSquare(x);
}

void ExactMoments::Remove(double x) {
  count--;
  sum.Remove(x);
  squares.RemoveSquare(x);
}

void ExactMoments::Merge(const ExactMoments& other) {
  count += other.count;
  sum.Merge(other.sum);
  squares.Merge(other.squares);
}

void ExactMoments::Subtract(const ExactMoments& other) {
  count -= other.count;
  sum.Subtract(other.sum);
  squares.Subtract(other.squares);
}

}  // namespace plumb::stats
