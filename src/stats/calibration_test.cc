#include "stats/calibration.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/elementary.h"
#include "base/random.h"
#include "stats/classification_sample_test.h"

namespace plumb::stats {
namespace {

TEST(Calibration, MeasuresGapsOfEqualWidthBins) {
  const Calibration result = MeasureCalibration(kSampleScores, kSampleLabels, {.bins = 5}).value();
  const int64_t counts[] = {2, 13, 11, 9, 5}, positives[] = {0, 2, 3, 4, 5};
  ASSERT_EQ(result.bins.size(), 5U);
  for (size_t i = 0; i < 5; i++) {
    EXPECT_EQ(result.bins[i].count, counts[i]);
    EXPECT_EQ(result.bins[i].positives, positives[i]);
    EXPECT_NEAR(result.bins[i].score_low, 0.2 * static_cast<double>(i), 1e-15);
    EXPECT_LE(result.bins[i].observed_interval.low, result.bins[i].observed_rate);
    EXPECT_GE(result.bins[i].observed_interval.high, result.bins[i].observed_rate);
  }
  EXPECT_NEAR(result.expected_error, 0.17975, 1e-15);
  EXPECT_NEAR(result.maximum_error, 0.2227272727272727384, 1e-15);
}

TEST(Calibration, MeasuresGapsOfEqualMassBins) {
  const CalibrationOptions options = {.bins = 4, .binning = Binning::kEqualMass};
  const Calibration result = MeasureCalibration(kSampleScores, kSampleLabels, options).value();
  ASSERT_EQ(result.bins.size(), 4U);
  for (const CalibrationBin& bin : result.bins) EXPECT_EQ(bin.count, 10);
  EXPECT_NEAR(result.expected_error, 0.15675, 1e-15);
  EXPECT_NEAR(result.maximum_error, 0.299, 1e-15);
}

TEST(Calibration, KeepsEqualScoresInOneBin) {
  const std::vector<double> scores = {0.1, 0.3, 0.3, 0.3, 0.3, 0.9};
  const std::vector<uint8_t> labels = {0, 1, 0, 1, 0, 1};
  const Calibration result = MeasureCalibration(scores, labels, {.bins = 3, .binning = Binning::kEqualMass}).value();
  ASSERT_EQ(result.bins.size(), 2U);
  EXPECT_EQ(result.bins[0].count, 5);
  EXPECT_EQ(result.bins[1].score_low, 0.9);
}

TEST(Calibration, PutsOneIntoTheLastBinAndLeavesOutEmptyOnes) {
  const Calibration result =
      MeasureCalibration(std::vector<double>{0, 1, 1}, std::vector<uint8_t>{0, 1, 1}, {.bins = 10}).value();
  ASSERT_EQ(result.bins.size(), 2U);
  EXPECT_EQ(result.bins[1].count, 2);
  EXPECT_EQ(result.bins[1].score_high, 1);
  EXPECT_EQ(result.expected_error, 0);
}

TEST(Calibration, RejectsBadOptionsAndScores) {
  EXPECT_FALSE(MeasureCalibration(kSampleScores, kSampleLabels, {.bins = 0}).ok());
  EXPECT_FALSE(MeasureCalibration(kSampleScores, kSampleLabels, {.confidence = 2}).ok());
  const std::vector<uint8_t> labels = {1};
  for (const double score : {-0.1, 1.1, std::nan("")}) {
    EXPECT_EQ(MeasureCalibration(std::vector<double>{score}, labels, {}).status().code(), base::Code::kInvalidArgument);
  }
}

TEST(CalibrationLine, IsTheLogisticFit) {
  const CalibrationLine line = FitCalibrationLine(kSampleScores, kSampleLabels).value();
  EXPECT_NEAR(line.slope, 1.532106400871445847, 1e-12);
  EXPECT_NEAR(line.intercept, -0.8842155458246177673, 1e-12);
}

TEST(CalibrationLine, RecoversTheDistortionOfScores) {
  constexpr uint64_t kSeed = 1958;
  base::Random random(kSeed);
  std::vector<double> scores;
  std::vector<uint8_t> labels;
  for (int i = 0; i < 20000; i++) {
    const double logit = random.Uniform() * 6 - 3;
    scores.push_back(base::Sigmoid(logit));
    labels.push_back(random.Chance(base::Sigmoid(0.5 + 0.7 * logit)) ? 1 : 0);
  }
  const CalibrationLine line = FitCalibrationLine(scores, labels).value();
  EXPECT_NEAR(line.slope, 0.7, 0.05) << "seed " << kSeed;
  EXPECT_NEAR(line.intercept, 0.5, 0.06) << "seed " << kSeed;
}

TEST(CalibrationLine, HasNoFitForConstantOrSeparatingScores) {
  const std::vector<uint8_t> labels = {0, 0, 1, 1};
  EXPECT_EQ(FitCalibrationLine(std::vector<double>(4, 0.3), labels).status().code(), base::Code::kFailedPrecondition);
  EXPECT_EQ(FitCalibrationLine(std::vector<double>{0.1, 0.2, 0.8, 0.9}, labels).status().code(),
            base::Code::kFailedPrecondition);
  EXPECT_EQ(FitCalibrationLine(std::vector<double>{0.1, 0.2}, std::vector<uint8_t>{1, 1}).status().code(),
            base::Code::kInvalidArgument);
}

TEST(CalibrationLine, TakesScoresOfZeroAndOne) {
  const std::vector<double> scores = {0, 0, 0, 1, 1, 1, 0.5, 0.5};
  const std::vector<uint8_t> labels = {0, 0, 1, 1, 1, 0, 0, 1};
  const CalibrationLine line = FitCalibrationLine(scores, labels).value();
  EXPECT_NEAR(line.intercept, 0, 1e-9);
  EXPECT_GT(line.slope, 0);
  EXPECT_LT(line.slope, 0.1);
}

}  // namespace
}  // namespace plumb::stats
