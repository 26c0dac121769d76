// prediction_checks.h: argument checks of metrics of numbers and of class probabilities. Thread safety: pure functions.
#pragma once

#include <span>

#include "base/status.h"

namespace plumb::stats::internal {

// Errors (kInvalidArgument): sizes differ, no rows, a prediction or target that is NaN or infinite, or an error between
// the two beyond the range of double.
base::Status CheckPredictions(std::span<const double> predictions, std::span<const double> targets);

}  // namespace plumb::stats::internal
