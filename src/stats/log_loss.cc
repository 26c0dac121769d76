#include "stats/log_loss.h"

#include <algorithm>

#include "base/elementary.h"
#include "stats/exact_sum.h"
#include "stats/internal/score_groups.h"

namespace plumb::stats {

base::Result<double> LogLoss(std::span<const double> scores, std::span<const uint8_t> labels, double epsilon) {
  if (!(epsilon > 0 && epsilon < 0.5)) return base::InvalidArgument("Epsilon is not between 0 and 0.5: {}.", epsilon);
  PLUMB_RETURN_IF_ERROR(internal::CheckProbabilities(scores, labels));
  ExactSum loss;
  for (size_t row = 0; row < scores.size(); row++) {
    const double p = std::clamp(scores[row], epsilon, 1 - epsilon);
    loss.Remove(labels[row] != 0 ? base::Ln(p) : base::Log1p(-p));
  }
  return loss.Mean(static_cast<int64_t>(scores.size()));
}

}  // namespace plumb::stats
