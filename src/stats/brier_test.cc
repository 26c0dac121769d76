#include "stats/brier.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "stats/classification_sample_test.h"

namespace plumb::stats {
namespace {

TEST(BrierScore, IsTheMeanSquaredError) {
  EXPECT_NEAR(BrierScore(std::vector<double>{0.1, 0.4, 0.8}, std::vector<uint8_t>{0, 0, 1}).value(), 0.07, 1e-16);
  EXPECT_NEAR(BrierScore(kSampleScores, kSampleLabels).value(), 0.1829675, 1e-16);
  EXPECT_EQ(BrierScore(std::vector<double>{1, 0}, std::vector<uint8_t>{0, 1}).value(), 1);
  EXPECT_EQ(BrierScore(std::vector<double>{1}, std::vector<uint8_t>{1}).value(), 0);
}

TEST(BrierScore, RejectsWhatIsNoProbability) {
  for (const double score : {-0.1, 1.1, std::nan("")}) {
    EXPECT_EQ(BrierScore(std::vector<double>{score}, std::vector<uint8_t>{1}).status().code(),
              base::Code::kInvalidArgument);
  }
  EXPECT_FALSE(BrierScore(std::vector<double>{}, std::vector<uint8_t>{}).ok());
  EXPECT_FALSE(BrierScore(std::vector<double>{0.5}, std::vector<uint8_t>{2}).ok());
}

}  // namespace
}  // namespace plumb::stats
