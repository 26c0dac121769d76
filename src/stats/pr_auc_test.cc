#include "stats/pr_auc.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/random.h"
#include "stats/classification_sample_test.h"

namespace plumb::stats {
namespace {

// Precision and recall recounted at every threshold: the definition.
double BruteForce(const std::vector<double>& scores, const std::vector<uint8_t>& labels) {
  double all = 0, sum = 0;
  for (const uint8_t label : labels) all += label;
  for (size_t i = 0; i < scores.size();
       i++) {  // Each positive brings 1 / all of recall at its own threshold's precision.
    if (labels[i] == 0) continue;
    double hits = 0, rows = 0;
    for (size_t j = 0; j < scores.size(); j++) {
      if (scores[j] < scores[i]) continue;
      rows++;
      hits += labels[j];
    }
    sum += hits / rows / all;
  }
  return sum;
}

TEST(AveragePrecision, SumsStepsOfRecall) {
  EXPECT_NEAR(AveragePrecision(std::vector<double>{0.1, 0.4, 0.35, 0.8}, std::vector<uint8_t>{0, 0, 1, 1}).value(),
              5.0 / 6, 1e-15);
  EXPECT_NEAR(AveragePrecision(kSampleScores, kSampleLabels).value(), 0.7938428059395801331, 1e-15);
  EXPECT_NEAR(AveragePrecision(kSampleOtherScores, kSampleLabels).value(), 0.7293139893483938221, 1e-15);
}

TEST(AveragePrecision, TakesTiesAsOneThreshold) {
  const std::vector<uint8_t> labels = {0, 1, 0, 1, 0};
  EXPECT_EQ(AveragePrecision(std::vector<double>(5, 0.5), labels).value(), 0.4);
}

TEST(AveragePrecision, AgreesWithTheDefinition) {
  constexpr uint64_t kSeed = 2006;
  base::Random random(kSeed);
  for (int round = 0; round < 500; round++) {
    std::vector<double> scores = {0.5, 0.5};
    std::vector<uint8_t> labels = {0, 1};
    for (int64_t i = random.Between(0, 50); i > 0; i--) {
      scores.push_back(static_cast<double>(random.Between(0, 20)) / 20);
      labels.push_back(static_cast<uint8_t>(random.Below(2)));
    }
    ASSERT_NEAR(AveragePrecision(scores, labels).value(), BruteForce(scores, labels), 1e-14) << "seed " << kSeed;
  }
}

TEST(AveragePrecision, BootstrapIntervalHoldsTheEstimate) {
  const Interval interval =
      BootstrapAveragePrecision(kSampleScores, kSampleLabels, {.replicates = 500, .seed = 9}).value();
  EXPECT_LT(interval.low, 0.79);
  EXPECT_GT(interval.high, 0.80);
  EXPECT_EQ(BootstrapAveragePrecision(kSampleScores, kSampleLabels, {.replicates = 500, .seed = 9}).value().low,
            interval.low);
}

TEST(AveragePrecision, RejectsOneClassAndBadOptions) {
  const std::vector<double> scores = {0.5, 0.6};
  EXPECT_EQ(AveragePrecision(scores, std::vector<uint8_t>{1, 1}).status().code(), base::Code::kInvalidArgument);
  EXPECT_EQ(AveragePrecision(scores, std::vector<uint8_t>{1}).status().code(), base::Code::kInvalidArgument);
  EXPECT_FALSE(BootstrapAveragePrecision(scores, std::vector<uint8_t>{0, 1}, {.confidence = 1.5}).ok());
}

}  // namespace
}  // namespace plumb::stats
