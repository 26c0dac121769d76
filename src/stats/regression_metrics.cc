#include "stats/regression_metrics.h"

#include <algorithm>
#include <cmath>

#include "stats/exact_moments.h"
#include "stats/internal/prediction_checks.h"
#include "stats/normal.h"
#include "stats/row_losses.h"

namespace plumb::stats {
namespace {

double MeanOf(std::span<const double> values) {
  ExactSum sum;
  for (const double value : values) sum.Add(value);
  return sum.Mean(static_cast<int64_t>(values.size()));
}

struct ErrorMoments {
  ExactMoments error, absolute, squares, targets;  // Squares are rounded: only for the interval of their mean.

  void Add(double prediction, double target) {
    const double difference = prediction - target;
    error.Add(difference);
    absolute.Add(std::fabs(difference));
    squares.Add(difference * difference);
    targets.Add(target);
  }
  [[nodiscard]] double MeanSquare() const { return error.squares.Mean(error.count); }
};

ErrorMoments MomentsOf(std::span<const double> predictions, std::span<const double> targets) {
  ErrorMoments moments;
  for (size_t row = 0; row < predictions.size(); row++) moments.Add(predictions[row], targets[row]);
  return moments;
}

std::optional<double> RSquaredOf(const ErrorMoments& moments) {
  const double variance = moments.targets.Variance(0);
  if (!(variance > 0)) return std::nullopt;
  return 1 - moments.MeanSquare() / variance;
}

Interval IntervalOfMean(const ExactMoments& moments, double z) {
  const double half = z * moments.StandardDeviation(1) / std::sqrt(static_cast<double>(moments.count));
  return {moments.Mean() - half, moments.Mean() + half};
}

}  // namespace

base::Result<double> MeanSquaredError(std::span<const double> predictions, std::span<const double> targets) {
  PLUMB_RETURN_IF_ERROR(internal::CheckPredictions(predictions, targets));
  ExactSum squares;
  for (size_t row = 0; row < predictions.size(); row++) squares.AddSquare(predictions[row] - targets[row]);
  return squares.Mean(static_cast<int64_t>(predictions.size()));
}

base::Result<double> RootMeanSquaredError(std::span<const double> predictions, std::span<const double> targets) {
  PLUMB_ASSIGN_OR_RETURN(const double mean, MeanSquaredError(predictions, targets));
  return std::sqrt(mean);
}

base::Result<double> MeanAbsoluteError(std::span<const double> predictions, std::span<const double> targets) {
  PLUMB_ASSIGN_OR_RETURN(const auto losses, RegressionLosses(RegressionLoss::kAbsoluteError, predictions, targets));
  return MeanOf(losses);
}

base::Result<double> MeanBias(std::span<const double> predictions, std::span<const double> targets) {
  PLUMB_RETURN_IF_ERROR(internal::CheckPredictions(predictions, targets));
  ExactSum sum;
  for (size_t row = 0; row < predictions.size(); row++) sum.Add(predictions[row] - targets[row]);
  return sum.Mean(static_cast<int64_t>(predictions.size()));
}

base::Result<double> RSquared(std::span<const double> predictions, std::span<const double> targets) {
  PLUMB_RETURN_IF_ERROR(internal::CheckPredictions(predictions, targets));
  const std::optional<double> result = RSquaredOf(MomentsOf(predictions, targets));
  if (result) return *result;
  return base::InvalidArgument("All targets are the same: {} rows of {}.", targets.size(), targets[0]);
}

base::Result<double> PinballLoss(double quantile, std::span<const double> predictions,
                                 std::span<const double> targets) {
  PLUMB_ASSIGN_OR_RETURN(const auto losses, PinballLosses(quantile, predictions, targets));
  return MeanOf(losses);
}

base::Result<RegressionMetrics> MeasureRegression(std::span<const double> predictions, std::span<const double> targets,
                                                  double confidence) {
  PLUMB_RETURN_IF_ERROR(CheckConfidence(confidence));
  PLUMB_RETURN_IF_ERROR(internal::CheckPredictions(predictions, targets));
  if (predictions.size() < 2) return base::InvalidArgument("An interval needs two rows: {}.", predictions.size());
  const ErrorMoments moments = MomentsOf(predictions, targets);
  RegressionMetrics result;
  result.rows = static_cast<int64_t>(predictions.size());
  result.mean_squared_error = moments.MeanSquare();
  result.root_mean_squared_error = std::sqrt(result.mean_squared_error);
  result.mean_absolute_error = moments.absolute.Mean();
  result.mean_bias = moments.error.Mean();
  result.r_squared = RSquaredOf(moments);
  const double z = NormalCriticalValue(confidence);
  const Interval of_square = IntervalOfMean(moments.squares, z);
  result.root_mean_squared_error_interval = {std::sqrt(std::max(0.0, of_square.low)), std::sqrt(of_square.high)};
  result.mean_absolute_error_interval = IntervalOfMean(moments.absolute, z);
  result.mean_absolute_error_interval.low = std::max(0.0, result.mean_absolute_error_interval.low);
  result.mean_bias_interval = IntervalOfMean(moments.error, z);
  return result;
}

}  // namespace plumb::stats
