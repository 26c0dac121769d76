#include "stats/brier.h"

#include "stats/exact_sum.h"
#include "stats/internal/score_groups.h"

namespace plumb::stats {

base::Result<double> BrierScore(std::span<const double> scores, std::span<const uint8_t> labels) {
  PLUMB_RETURN_IF_ERROR(internal::CheckProbabilities(scores, labels));
  ExactSum squares;
  for (size_t row = 0; row < scores.size(); row++) squares.AddSquare(labels[row] != 0 ? 1 - scores[row] : scores[row]);
  return squares.Mean(static_cast<int64_t>(scores.size()));
}

}  // namespace plumb::stats
