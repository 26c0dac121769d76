// regression_metrics.h: how far are predicted numbers from the truth?
//
// How: with error = prediction - target: MSE = mean(error^2), RMSE its root, MAE = mean(|error|), bias = mean(error),
// R^2 = 1 - sum(error^2) / sum((target - mean target)^2). Sums are exact and rounded once; each error is one
// subtraction of doubles. Intervals are normal approximations: mean ± z * s / sqrt(n) for MAE and bias, the roots of
// that of MSE for RMSE, with s the sample's standard deviation.
//
// Errors (kInvalidArgument): sizes differ, no rows, a prediction or target that is NaN or infinite, an error beyond the
// range of double, a confidence outside (0, 1). Thread safety: pure functions. Invariant: the order of rows does not
// matter.
//
//   MeasureRegression({{2, 3, 5}}, {{1, 3, 7}}, 0.95)->mean_absolute_error;   // 1, from regression_metrics_test.cc
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/status.h"
#include "stats/interval.h"

namespace plumb::stats {

base::Result<double> MeanSquaredError(std::span<const double> predictions, std::span<const double> targets);
base::Result<double> RootMeanSquaredError(std::span<const double> predictions, std::span<const double> targets);
base::Result<double> MeanAbsoluteError(std::span<const double> predictions, std::span<const double> targets);
base::Result<double> MeanBias(std::span<const double> predictions, std::span<const double> targets);

// Below 0 when worse than predicting the mean. Also an error if all targets are equal.
base::Result<double> RSquared(std::span<const double> predictions, std::span<const double> targets);

// Mean of PinballLosses (row_losses.h): what the prediction of a quantile minimises (R. Koenker and G. Bassett,
// Econometrica 46, 1978). Also an error unless 0 < quantile < 1.
base::Result<double> PinballLoss(double quantile, std::span<const double> predictions, std::span<const double> targets);

struct RegressionMetrics {
  int64_t rows = 0;
  double mean_squared_error = 0, root_mean_squared_error = 0, mean_absolute_error = 0, mean_bias = 0;
  std::optional<double> r_squared;  // none if all targets are equal
  Interval root_mean_squared_error_interval, mean_absolute_error_interval, mean_bias_interval;
};

// All at once. Also an error if there are fewer than two rows.
base::Result<RegressionMetrics> MeasureRegression(std::span<const double> predictions, std::span<const double> targets,
                                                  double confidence);

}  // namespace plumb::stats
