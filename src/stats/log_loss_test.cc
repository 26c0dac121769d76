#include "stats/log_loss.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "stats/classification_sample_test.h"

namespace plumb::stats {
namespace {

TEST(LogLoss, IsTheMeanOfMinusLogLikelihood) {
  EXPECT_NEAR(LogLoss(std::vector<double>{0.1, 0.4, 0.8}, std::vector<uint8_t>{0, 0, 1}).value(), 0.27977656357934225,
              1e-16);
  EXPECT_NEAR(LogLoss(kSampleScores, kSampleLabels).value(), 0.538972043083577609, 1e-15);
}

TEST(LogLoss, StaysFiniteWhenCertainAndWrong) {
  const std::vector<uint8_t> labels = {0, 1};
  EXPECT_NEAR(LogLoss(std::vector<double>{1, 0}, labels).value(), 52 * 0.69314718055994531, 1e-12);
  EXPECT_NEAR(LogLoss(std::vector<double>{0, 1}, labels).value(), 0, 1e-15);
  EXPECT_NEAR(LogLoss(std::vector<double>{1, 0}, labels, 0.25).value(), 2 * 0.69314718055994531, 1e-15);
}

TEST(LogLoss, RejectsWhatIsNoProbability) {
  const std::vector<uint8_t> labels = {0, 1};
  for (const double score : {-0.1, 1.1, std::nan("")}) {
    EXPECT_EQ(LogLoss(std::vector<double>{0.5, score}, labels).status().code(), base::Code::kInvalidArgument);
  }
  EXPECT_FALSE(LogLoss(std::vector<double>{0.5}, labels).ok());
  EXPECT_FALSE(LogLoss(std::vector<double>{}, std::vector<uint8_t>{}).ok());
  EXPECT_FALSE(LogLoss(std::vector<double>{0.5, 0.5}, labels, 0).ok());
}

}  // namespace
}  // namespace plumb::stats
