#include "stats/row_losses.h"

#include <gtest/gtest.h>

#include <limits>
#include <numeric>
#include <vector>

#include "stats/brier.h"
#include "stats/classification_sample_test.h"
#include "stats/log_loss.h"

namespace plumb::stats {
namespace {

using Doubles = std::vector<double>;

double MeanOf(const Doubles& losses) {
  return std::accumulate(losses.begin(), losses.end(), 0.0) / static_cast<double>(losses.size());
}

TEST(RowLosses, AverageToTheMetric) {
  EXPECT_NEAR(MeanOf(ProbabilityLosses(ProbabilityLoss::kLogLoss, kSampleScores, kSampleLabels).value()),
              LogLoss(kSampleScores, kSampleLabels).value(), 1e-15);
  EXPECT_NEAR(MeanOf(ProbabilityLosses(ProbabilityLoss::kBrier, kSampleScores, kSampleLabels).value()),
              BrierScore(kSampleScores, kSampleLabels).value(), 1e-15);
}

TEST(RowLosses, AreOfEachRow) {
  const Doubles predictions = {2, 3}, targets = {1, 3.5};
  EXPECT_EQ(RegressionLosses(RegressionLoss::kAbsoluteError, predictions, targets).value(), (Doubles{1, 0.5}));
  EXPECT_EQ(RegressionLosses(RegressionLoss::kSquaredError, predictions, targets).value(), (Doubles{1, 0.25}));
  EXPECT_EQ(PinballLosses(0.25, predictions, targets).value(), (Doubles{0.75, 0.125}));
}

TEST(RowLosses, KeepCertainAndWrongPredictionsFinite) {
  const auto losses = ProbabilityLosses(ProbabilityLoss::kLogLoss, Doubles{0, 1}, std::vector<uint8_t>{1, 0}).value();
  EXPECT_NEAR(losses[0], 36.04, 0.01);
  EXPECT_NEAR(losses[1], 36.04, 0.01);
}

TEST(RowLosses, RejectBadArguments) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), largest = std::numeric_limits<double>::max();
  const struct {
    const char* what;
    base::Status status;
  } cases[] = {
      {"sizes", RegressionLosses(RegressionLoss::kSquaredError, Doubles{1}, Doubles{1, 2}).status()},
      {"no rows", RegressionLosses(RegressionLoss::kSquaredError, Doubles{}, Doubles{}).status()},
      {"NaN", RegressionLosses(RegressionLoss::kSquaredError, Doubles{nan}, Doubles{1}).status()},
      {"NaN target", RegressionLosses(RegressionLoss::kSquaredError, Doubles{1}, Doubles{nan}).status()},
      {"too far", RegressionLosses(RegressionLoss::kAbsoluteError, Doubles{largest}, Doubles{-largest}).status()},
      {"quantile 0", PinballLosses(0, Doubles{1}, Doubles{1}).status()},
      {"quantile NaN", PinballLosses(nan, Doubles{1}, Doubles{1}).status()},
      {"no probability", ProbabilityLosses(ProbabilityLoss::kBrier, Doubles{1.5}, std::vector<uint8_t>{1}).status()},
      {"label", ProbabilityLosses(ProbabilityLoss::kBrier, Doubles{0.5}, std::vector<uint8_t>{2}).status()},
  };
  for (const auto& c : cases) EXPECT_EQ(c.status.code(), base::Code::kInvalidArgument) << c.what;
}

}  // namespace
}  // namespace plumb::stats
