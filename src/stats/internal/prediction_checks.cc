#include "stats/internal/prediction_checks.h"

#include <cmath>

namespace plumb::stats::internal {

base::Status CheckPredictions(std::span<const double> predictions, std::span<const double> targets) {
  if (predictions.size() != targets.size()) {
    return base::InvalidArgument("Predictions and targets differ in number: {} and {}.", predictions.size(),
                                 targets.size());
  }
  if (predictions.empty()) return base::InvalidArgument("There are no predictions.");
  for (size_t row = 0; row < predictions.size(); row++) {
    if (!std::isfinite(predictions[row])) {
      return base::InvalidArgument("Prediction is not finite: row {}, {}.", row, predictions[row]);
    }
    if (!std::isfinite(targets[row])) {
      return base::InvalidArgument("Target is not finite: row {}, {}.", row, targets[row]);
    }
    if (!std::isfinite(predictions[row] - targets[row])) {
      return base::InvalidArgument("Error of a prediction is too large: row {}, {} for {}.", row, predictions[row],
                                   targets[row]);
    }
  }
  return {};
}

}  // namespace plumb::stats::internal
