#include "stats/regression_metrics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/random.h"

namespace plumb::stats {
namespace {

constexpr uint64_t kSeed = 1978;
using Doubles = std::vector<double>;

TEST(RegressionMetrics, FollowTheDefinitions) {
  const Doubles predictions = {2, 3, 5}, targets = {1, 3, 7};  // Errors 1, 0, -2; target mean 11/3.
  EXPECT_EQ(MeanSquaredError(predictions, targets).value(), 5.0 / 3);
  EXPECT_EQ(RootMeanSquaredError(predictions, targets).value(), std::sqrt(5.0 / 3));
  EXPECT_EQ(MeanAbsoluteError(predictions, targets).value(), 1);
  EXPECT_EQ(MeanBias(predictions, targets).value(), -1.0 / 3);
  EXPECT_NEAR(RSquared(predictions, targets).value(), 1 - 5 / (56.0 / 3), 1e-15);
  EXPECT_NEAR(PinballLoss(0.9, predictions, targets).value(), (0.1 * 1 + 0 + 0.9 * 2) / 3, 1e-15);
  EXPECT_EQ(PinballLoss(0.5, predictions, targets).value(), 0.5);
}

TEST(RegressionMetrics, AreMeasuredTogether) {
  const Doubles predictions = {2, 3, 5}, targets = {1, 3, 7};
  const RegressionMetrics metrics = MeasureRegression(predictions, targets, 0.95).value();
  EXPECT_EQ(metrics.rows, 3);
  EXPECT_EQ(metrics.mean_squared_error, MeanSquaredError(predictions, targets).value());
  EXPECT_EQ(metrics.root_mean_squared_error, RootMeanSquaredError(predictions, targets).value());
  EXPECT_EQ(metrics.mean_absolute_error, 1);
  EXPECT_EQ(metrics.mean_bias, MeanBias(predictions, targets).value());
  EXPECT_EQ(metrics.r_squared, RSquared(predictions, targets).value());
  // |errors| 1, 0, 2: deviation 1, so 1 ± 1.96 / sqrt(3), cut at 0.
  EXPECT_EQ(metrics.mean_absolute_error_interval.low, 0);
  EXPECT_NEAR(metrics.mean_absolute_error_interval.high, 1 + 1.959963984540054 / std::sqrt(3.0), 1e-12);
  // Errors 1, 0, -2: variance 7/3.
  EXPECT_NEAR(metrics.mean_bias_interval.low, -1.0 / 3 - 1.959963984540054 * std::sqrt(7.0 / 9), 1e-12);
  // Squares 1, 0, 4: variance 13/3.
  EXPECT_EQ(metrics.root_mean_squared_error_interval.low, 0);
  EXPECT_NEAR(metrics.root_mean_squared_error_interval.high,
              std::sqrt(5.0 / 3 + 1.959963984540054 * std::sqrt(13.0 / 9)), 1e-12);
}

TEST(RegressionMetrics, ScorePerfectAndMeanPredictions) {
  const Doubles targets = {1, 2, 6};
  EXPECT_EQ(RSquared(targets, targets).value(), 1);
  EXPECT_EQ(RSquared(Doubles{3, 3, 3}, targets).value(), 0);
  EXPECT_LT(RSquared(Doubles{9, 9, 9}, targets).value(), 0);
  EXPECT_EQ(RSquared(targets, Doubles{4, 4, 4}).status().code(), base::Code::kInvalidArgument);
  EXPECT_FALSE(MeasureRegression(targets, Doubles{4, 4, 4}, 0.95)->r_squared.has_value());
}

TEST(RegressionMetrics, DoNotDependOnTheOrderOfRows) {
  base::Random random(kSeed);
  std::vector<std::pair<double, double>> rows;
  for (int i = 0; i < 500; i++)
    rows.emplace_back(std::ldexp(random.Uniform(), static_cast<int>(random.Between(-30, 30))), random.Uniform());
  const auto measure = [&] {
    Doubles predictions, targets;
    for (const auto& [prediction, target] : rows) predictions.push_back(prediction), targets.push_back(target);
    return MeasureRegression(predictions, targets, 0.9).value();
  };
  const RegressionMetrics before = measure();
  std::sort(rows.begin(), rows.end());
  const RegressionMetrics after = measure();
  EXPECT_EQ(before.mean_squared_error, after.mean_squared_error) << "seed " << kSeed;
  EXPECT_EQ(before.r_squared, after.r_squared);
  EXPECT_EQ(before.mean_bias_interval.low, after.mean_bias_interval.low);
  EXPECT_EQ(before.root_mean_squared_error_interval.high, after.root_mean_squared_error_interval.high);
}

TEST(RegressionMetrics, IntervalsHoldTheTruthAsOftenAsTheySay) {
  base::Random random(kSeed + 1);
  int rmse = 0, mae = 0, bias = 0;
  constexpr int kRounds = 500;
  for (int round = 0; round < kRounds; round++) {
    Doubles predictions, targets(400, 0);
    for (int i = 0; i < 400; i++) predictions.push_back(2 * random.Uniform() - 1);  // MSE 1/3, MAE 1/2, bias 0
    const RegressionMetrics metrics = MeasureRegression(predictions, targets, 0.9).value();
    const auto holds = [](const Interval& interval, double x) { return interval.low <= x && x <= interval.high; };
    rmse += holds(metrics.root_mean_squared_error_interval, std::sqrt(1.0 / 3));
    mae += holds(metrics.mean_absolute_error_interval, 0.5);
    bias += holds(metrics.mean_bias_interval, 0);
  }
  for (const int count : {rmse, mae, bias})
    EXPECT_NEAR(count, 0.9 * kRounds, 4 * std::sqrt(kRounds * 0.09)) << "seed " << kSeed + 1;
}

TEST(RegressionMetrics, RejectBadArguments) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Doubles one = {1}, two = {1, 2};
  EXPECT_FALSE(MeanSquaredError(one, two).ok());
  EXPECT_FALSE(MeanAbsoluteError(Doubles{}, Doubles{}).ok());
  EXPECT_FALSE(MeanBias(Doubles{nan}, one).ok());
  EXPECT_FALSE(RootMeanSquaredError(one, Doubles{nan}).ok());
  EXPECT_FALSE(PinballLoss(1, one, one).ok());
  EXPECT_FALSE(MeasureRegression(one, one, 0.95).ok());
  EXPECT_FALSE(MeasureRegression(two, two, 0).ok());
}

}  // namespace
}  // namespace plumb::stats
