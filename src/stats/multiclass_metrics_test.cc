#include "stats/multiclass_metrics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/random.h"
#include "stats/classification_sample_test.h"
#include "stats/log_loss.h"
#include "stats/roc_auc.h"

namespace plumb::stats {
namespace {

constexpr uint64_t kSeed = 2000;
const std::vector<double> kThree = {0.7, 0.2, 0.1, 0.3, 0.4, 0.3, 0.2, 0.5, 0.3};
const std::vector<int32_t> kLabels = {0, 1, 2};

struct Sample {
  std::vector<double> values;
  std::vector<int32_t> labels;
  int32_t classes = 0;
  [[nodiscard]] ClassProbabilities probabilities() const { return {values, classes}; }
};

// Quarters, so that ties are frequent; the last class is often absent.
Sample RandomSample(base::Random& random) {
  Sample sample;
  sample.classes = static_cast<int32_t>(random.Between(2, 5));
  for (int64_t row = random.Between(2, 30); row > 0; row--) {
    std::vector<double> p(static_cast<size_t>(sample.classes));
    for (int quarter = 0; quarter < 4; quarter++) p[random.Below(p.size())] += 0.25;
    sample.values.insert(sample.values.end(), p.begin(), p.end());
    sample.labels.push_back(static_cast<int32_t>(random.Below(static_cast<uint64_t>(sample.classes))));
  }
  sample.labels[0] = 0;
  sample.labels[1] = 1;
  return sample;
}

TEST(MulticlassMetrics, FollowTheDefinitions) {
  const ClassProbabilities p{kThree, 3};
  EXPECT_NEAR(MulticlassLogLoss(p, kLabels).value(), -(std::log(0.7) + std::log(0.4) + std::log(0.3)) / 3, 1e-15);
  const AccuracyEstimate accuracy = Accuracy(p, kLabels, 0.95).value();
  EXPECT_EQ(accuracy.correct, 2);
  EXPECT_EQ(accuracy.accuracy, 2.0 / 3);
  EXPECT_EQ(accuracy.interval.low, WilsonInterval(2, 3, 0.95)->low);
  EXPECT_EQ(TopKAccuracy(2, p, kLabels, 0.95)->accuracy, 1);
  EXPECT_EQ(ConfusionOf(p, kLabels)->counts, (std::vector<int64_t>{1, 0, 0, 0, 1, 0, 0, 1, 0}));
  // F1: class 0: 1; class 1: 2 / (2 + 1); class 2: 0.
  EXPECT_NEAR(MacroF1(p, kLabels).value(), (1 + 2.0 / 3 + 0) / 3, 1e-15);
  // Areas: class 0: 0.7 above both; class 1: 0.4 above 0.2, below 0.5; class 2: 0.3 above 0.1, beside 0.3.
  EXPECT_NEAR(MacroRocAuc(p, kLabels).value(), (1 + 0.5 + 0.75) / 3, 1e-15);
  EXPECT_NEAR(MulticlassLosses(MulticlassLoss::kBrier, p, kLabels).value()[0], 0.09 + 0.04 + 0.01, 1e-15);
  EXPECT_EQ(MulticlassLosses(MulticlassLoss::kZeroOne, p, kLabels).value(), (std::vector<double>{0, 0, 1}));
}

TEST(MulticlassMetrics, AgreeWithThoseOfTwoClasses) {
  std::vector<double> values;
  std::vector<int32_t> labels;
  for (size_t row = 0; row < std::size(kSampleScores); row++) {
    values.push_back(1 - kSampleScores[row]);
    values.push_back(kSampleScores[row]);
    labels.push_back(kSampleLabels[row]);
  }
  EXPECT_NEAR(MulticlassLogLoss({values, 2}, labels).value(), LogLoss(kSampleScores, kSampleLabels).value(), 1e-15);
  EXPECT_NEAR(MacroRocAuc({values, 2}, labels).value(), RocAuc(kSampleScores, kSampleLabels).value(), 1e-15);
  EXPECT_NEAR(ClasswiseCalibrationError({values, 2}, labels, {.bins = 1}).value(),
              MeasureCalibration(kSampleScores, kSampleLabels, {.bins = 1})->expected_error, 1e-15);
}

TEST(MulticlassMetrics, AgreeWithCounting) {
  base::Random random(kSeed);
  for (int round = 0; round < 300; round++) {
    const Sample sample = RandomSample(random);
    const auto classes = static_cast<size_t>(sample.classes);
    const size_t rows = sample.labels.size();
    std::vector<std::vector<int32_t>> ranking(rows);  // The classes of a row by a stable sort.
    for (size_t row = 0; row < rows; row++) {
      for (int32_t k = 0; k < sample.classes; k++) ranking[row].push_back(k);
      std::stable_sort(ranking[row].begin(), ranking[row].end(), [&](int32_t a, int32_t b) {
        return sample.values[row * classes + a] > sample.values[row * classes + b];
      });
    }
    for (int32_t k = 1; k <= sample.classes; k++) {
      int64_t hits = 0;
      for (size_t row = 0; row < rows; row++)
        hits += std::count(ranking[row].begin(), ranking[row].begin() + k, sample.labels[row]);
      ASSERT_EQ(TopKAccuracy(k, sample.probabilities(), sample.labels, 0.9)->correct, hits) << "seed " << kSeed;
    }
    double f1 = 0, occurring = 0;
    for (int32_t k = 0; k < sample.classes; k++) {
      double both = 0, hits = 0;
      for (size_t row = 0; row < rows; row++) {
        both += (sample.labels[row] == k) + (ranking[row][0] == k);
        hits += sample.labels[row] == k && ranking[row][0] == k;
      }
      if (both == 0) continue;
      occurring++;
      f1 += 2 * hits / both;
    }
    ASSERT_NEAR(MacroF1(sample.probabilities(), sample.labels).value(), f1 / occurring, 1e-14) << "seed " << kSeed;
    double areas = 0, labelled = 0;
    for (int32_t k = 0; k < sample.classes; k++) {
      double wins = 0, pairs = 0;
      for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < rows; j++) {
          if (sample.labels[i] != k || sample.labels[j] == k) continue;
          const double a = sample.values[i * classes + k], b = sample.values[j * classes + k];
          wins += a > b ? 1 : a == b ? 0.5 : 0;
          pairs++;
        }
      }
      if (pairs > 0) areas += wins / pairs, labelled++;
    }
    ASSERT_NEAR(MacroRocAuc(sample.probabilities(), sample.labels).value(), areas / labelled, 1e-14)
        << "seed " << kSeed;
  }
}

TEST(MulticlassMetrics, MeasureConfidence) {
  // Confidences 0.7 (right), 0.4 (right), 0.5 (wrong) in one bin: |2/3 - 1.6/3|.
  EXPECT_NEAR(MeasureConfidenceCalibration({kThree, 3}, kLabels, {.bins = 1})->expected_error, 0.4 / 3, 1e-15);
  const Calibration ten = MeasureConfidenceCalibration({kThree, 3}, kLabels, {}).value();
  EXPECT_EQ(ten.bins.size(), 3U);
  EXPECT_NEAR(ten.expected_error, (0.3 + 0.6 + 0.5) / 3, 1e-15);
}

TEST(MulticlassMetrics, TakeTheFirstOfEqualClasses) {
  const std::vector<double> p = {0.5, 0.5};
  EXPECT_EQ(Accuracy({p, 2}, std::vector<int32_t>{0}, 0.95)->correct, 1);
  EXPECT_EQ(Accuracy({p, 2}, std::vector<int32_t>{1}, 0.95)->correct, 0);
  EXPECT_EQ(ConfusionOf({p, 2}, std::vector<int32_t>{1})->Count(1, 0), 1);
}

TEST(MulticlassMetrics, KeepCertainAndWrongPredictionsFinite) {
  const std::vector<double> p = {1, 0, 0};
  EXPECT_NEAR(MulticlassLogLoss({p, 3}, std::vector<int32_t>{2}).value(), 36.04, 0.01);
  EXPECT_EQ(MulticlassLogLoss({p, 3}, std::vector<int32_t>{0}).value(), 0);
}

TEST(MulticlassMetrics, RejectBadArguments) {
  const std::vector<double> nan = {std::numeric_limits<double>::quiet_NaN(), 1}, low = {0.3, 0.3}, beyond = {1.5, -0.5};
  const std::vector<double> good = {0.5, 0.5};
  const std::vector<int32_t> zero = {0}, two = {2}, minus = {-1}, both = {0, 1}, none;
  const struct {
    const char* what;
    base::Status status;
  } cases[] = {
      {"one class", MulticlassLogLoss({good, 1}, both).status()},
      {"no rows", MulticlassLogLoss({{}, 2}, none).status()},
      {"sizes", MulticlassLogLoss({good, 2}, both).status()},
      {"odd size", MulticlassLogLoss({kThree, 2}, std::vector<int32_t>{0, 0, 0, 0}).status()},
      {"label", MacroF1({good, 2}, two).status()},
      {"negative label", MacroF1({good, 2}, minus).status()},
      {"NaN", Accuracy({nan, 2}, zero, 0.95).status()},
      {"sum", Accuracy({low, 2}, zero, 0.95).status()},
      {"outside", Accuracy({beyond, 2}, zero, 0.95).status()},
      {"confidence", Accuracy({good, 2}, zero, 1).status()},
      {"k of 0", TopKAccuracy(0, {good, 2}, zero, 0.95).status()},
      {"k of 3", TopKAccuracy(3, {good, 2}, zero, 0.95).status()},
      {"one class occurs", MacroRocAuc({good, 2}, zero).status()},
      {"bins", MeasureConfidenceCalibration({good, 2}, zero, {.bins = 0}).status()},
  };
  for (const auto& c : cases) EXPECT_EQ(c.status.code(), base::Code::kInvalidArgument) << c.what;
}

}  // namespace
}  // namespace plumb::stats
