// row_losses.h: the loss of each row, for tests that compare two models row by row.
//
// Why: the mean of these is the metric (log_loss.h, brier.h, regression_metrics.h, multiclass_metrics.h); a paired test
// needs the terms. Smaller is better in all of them.
//
// Errors (kInvalidArgument): as the metric's. Thread safety: pure functions. The i-th loss is of the i-th row.
//
//   RegressionLosses(RegressionLoss::kAbsoluteError, predictions, targets).value();
//                                                  // {1, 0.5} for {2, 3}, {1, 3.5}; from row_losses_test.cc
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"

namespace plumb::stats {

enum class ProbabilityLoss : uint8_t {
  kLogLoss,  // -ln of the probability given to the label, kept kLogLossEpsilon away from 0 and 1
  kBrier,    // (p - y)^2
};
base::Result<std::vector<double>> ProbabilityLosses(ProbabilityLoss loss, std::span<const double> scores,
                                                    std::span<const uint8_t> labels);

enum class RegressionLoss : uint8_t { kSquaredError, kAbsoluteError };
base::Result<std::vector<double>> RegressionLosses(RegressionLoss loss, std::span<const double> predictions,
                                                   std::span<const double> targets);

// The loss of predicting a quantile: q * (y - p) above the prediction, (1 - q) * (p - y) below. Also an error unless
// 0 < quantile < 1.
base::Result<std::vector<double>> PinballLosses(double quantile, std::span<const double> predictions,
                                                std::span<const double> targets);

}  // namespace plumb::stats
