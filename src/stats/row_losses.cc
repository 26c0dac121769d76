#include "stats/row_losses.h"

#include <algorithm>
#include <cmath>

#include "base/elementary.h"
#include "stats/internal/prediction_checks.h"
#include "stats/internal/score_groups.h"
#include "stats/log_loss.h"

namespace plumb::stats {

base::Result<std::vector<double>> ProbabilityLosses(ProbabilityLoss loss, std::span<const double> scores,
                                                    std::span<const uint8_t> labels) {
  PLUMB_RETURN_IF_ERROR(internal::CheckProbabilities(scores, labels));
  std::vector<double> losses(scores.size());
  for (size_t row = 0; row < scores.size(); row++) {
    if (loss == ProbabilityLoss::kBrier) {
      const double error = labels[row] != 0 ? 1 - scores[row] : scores[row];
      losses[row] = error * error;
    } else {
      const double p = std::clamp(scores[row], kLogLossEpsilon, 1 - kLogLossEpsilon);
      losses[row] = labels[row] != 0 ? -base::Ln(p) : -base::Log1p(-p);
    }
  }
  return losses;
}

base::Result<std::vector<double>> RegressionLosses(RegressionLoss loss, std::span<const double> predictions,
                                                   std::span<const double> targets) {
  PLUMB_RETURN_IF_ERROR(internal::CheckPredictions(predictions, targets));
  std::vector<double> losses(predictions.size());
  for (size_t row = 0; row < losses.size(); row++) {
    const double error = predictions[row] - targets[row];
    losses[row] = loss == RegressionLoss::kSquaredError ? error * error : std::fabs(error);
  }
  return losses;
}

base::Result<std::vector<double>> PinballLosses(double quantile, std::span<const double> predictions,
                                                std::span<const double> targets) {
  if (!(quantile > 0 && quantile < 1)) {
    return base::InvalidArgument("Quantile is not between 0 and 1: {}.", quantile);
  }
  PLUMB_RETURN_IF_ERROR(internal::CheckPredictions(predictions, targets));
  std::vector<double> losses(predictions.size());
  for (size_t row = 0; row < losses.size(); row++) {
    const double below = targets[row] - predictions[row];
    losses[row] = below >= 0 ? quantile * below : (quantile - 1) * below;
  }
  return losses;
}

}  // namespace plumb::stats
