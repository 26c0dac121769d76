#include "stats/roc_auc.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "base/random.h"
#include "stats/classification_sample_test.h"

namespace plumb::stats {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr uint64_t kSeed = 1988;

struct Rows {
  std::vector<double> scores, others;
  std::vector<uint8_t> labels;
};

Rows RandomRows(base::Random& random) {
  Rows rows;
  const int64_t size = random.Between(4, 60), levels = random.Between(1, 40);
  for (int64_t i = 0; i < size; i++) {
    rows.labels.push_back(i < 2 ? 1 : i < 4 ? 0 : static_cast<uint8_t>(random.Below(2)));
    rows.scores.push_back(static_cast<double>(random.Between(0, levels)) + rows.labels.back());
    rows.others.push_back(static_cast<double>(random.Between(0, levels)));
  }
  return rows;
}

// P(positive above negative) + P(equal) / 2 and DeLong's components by comparing all pairs: the definition.
struct BruteForce {
  std::vector<double> of_positives, of_negatives;
  double auc = 0;

  BruteForce(const std::vector<double>& scores, const std::vector<uint8_t>& labels) {
    for (size_t i = 0; i < scores.size(); i++) {
      double sum = 0, count = 0;
      for (size_t j = 0; j < scores.size(); j++) {
        if (labels[j] == labels[i]) continue;
        const double better = labels[i] != 0 ? scores[i] - scores[j] : scores[j] - scores[i];
        sum += better > 0 ? 1 : better == 0 ? 0.5 : 0;
        count++;
      }
      (labels[i] != 0 ? of_positives : of_negatives).push_back(sum / count);
    }
    auc = std::accumulate(of_positives.begin(), of_positives.end(), 0.0) / static_cast<double>(of_positives.size());
  }
};

double Covariance(const std::vector<double>& a, const std::vector<double>& b) {
  const auto n = static_cast<double>(a.size());
  const double mean_a = std::accumulate(a.begin(), a.end(), 0.0) / n,
               mean_b = std::accumulate(b.begin(), b.end(), 0.0) / n;
  double sum = 0;
  for (size_t i = 0; i < a.size(); i++) sum += (a[i] - mean_a) * (b[i] - mean_b);
  return sum / (n - 1);
}

double DeLongCovariance(const BruteForce& a, const BruteForce& b) {
  return Covariance(a.of_positives, b.of_positives) / static_cast<double>(a.of_positives.size()) +
         Covariance(a.of_negatives, b.of_negatives) / static_cast<double>(a.of_negatives.size());
}

TEST(RocAuc, CountsTiesAsHalf) {
  const std::vector<double> scores = {0.1, 0.4, 0.4, 0.8};
  const std::vector<uint8_t> labels = {0, 0, 1, 1};
  EXPECT_EQ(RocAuc(scores, labels).value(), 0.875);
}

TEST(RocAuc, TakesExtremeScores) {
  const std::vector<uint8_t> labels = {0, 0, 1, 1};
  EXPECT_EQ(RocAuc(std::vector<double>{0, 1, 2, 3}, labels).value(), 1);
  EXPECT_EQ(RocAuc(std::vector<double>{3, 2, 1, 0}, labels).value(), 0);
  EXPECT_EQ(RocAuc(std::vector<double>{7, 7, 7, 7}, labels).value(), 0.5);
  EXPECT_EQ(RocAuc(std::vector<double>{-kInfinity, 0, 0.5, kInfinity}, labels).value(), 1);
  EXPECT_EQ(RocAuc(std::vector<double>{-0.0, 0.0, -0.0, 0.0}, labels).value(), 0.5);
}

TEST(RocAuc, AgreesWithAllPairs) {
  base::Random random(kSeed);
  for (int round = 0; round < 500; round++) {
    const Rows rows = RandomRows(random);
    const BruteForce first(rows.scores, rows.labels), second(rows.others, rows.labels);
    const RocAucEstimate estimate = EstimateRocAuc(rows.scores, rows.labels, 0.9).value();
    ASSERT_NEAR(estimate.auc, first.auc, 1e-14) << "seed " << kSeed << " round " << round;
    ASSERT_NEAR(estimate.standard_error * estimate.standard_error, DeLongCovariance(first, first), 1e-14);
    const RocAucDifference compared = CompareRocAuc(rows.scores, rows.others, rows.labels, 0.9).value();
    const double variance =
        DeLongCovariance(first, first) + DeLongCovariance(second, second) - 2 * DeLongCovariance(first, second);
    ASSERT_NEAR(compared.difference, first.auc - second.auc, 1e-14);
    ASSERT_NEAR(compared.standard_error * compared.standard_error, variance, 1e-14);
  }
}

TEST(RocAuc, GivesDeLongsIntervalAndPairedTest) {
  const RocAucEstimate estimate = EstimateRocAuc(kSampleScores, kSampleLabels, 0.95).value();
  EXPECT_NEAR(estimate.auc, 0.8173076923076923077, 1e-15);
  EXPECT_NEAR(estimate.standard_error, 0.0785332178366091495, 1e-15);
  EXPECT_NEAR(estimate.interval.low, 0.6633854137578997811, 1e-14);
  EXPECT_NEAR(estimate.interval.high, 0.9712299708574848343, 1e-14);
  EXPECT_EQ(estimate.positives + estimate.negatives, 40);
  const RocAucDifference compared = CompareRocAuc(kSampleScores, kSampleOtherScores, kSampleLabels, 0.95).value();
  EXPECT_NEAR(compared.second, 0.7307692307692307692, 1e-15);
  EXPECT_NEAR(compared.standard_error, 0.06672244569382735032, 1e-15);
  EXPECT_NEAR(compared.z, 1.296991749006997418, 1e-13);
  EXPECT_NEAR(compared.p_value, 0.1946340257732140715, 1e-13);
  EXPECT_NEAR(compared.interval.low, -0.04423512898186969868, 1e-14);
  EXPECT_NEAR(compared.interval.high, 0.2173120520587927756, 1e-14);
}

TEST(RocAuc, FindsNoDifferenceBetweenEqualScores) {
  const RocAucDifference compared = CompareRocAuc(kSampleScores, kSampleScores, kSampleLabels, 0.95).value();
  EXPECT_EQ(compared.difference, 0);
  EXPECT_EQ(compared.standard_error, 0);
  EXPECT_EQ(compared.p_value, 1);
}

TEST(RocAuc, DoesNotDependOnTheOrderOfRows) {
  base::Random random(kSeed + 1);
  std::vector<double> scores(std::begin(kSampleScores), std::end(kSampleScores));
  std::vector<uint8_t> labels(std::begin(kSampleLabels), std::end(kSampleLabels));
  const RocAucEstimate wanted = EstimateRocAuc(scores, labels, 0.95).value();
  const Interval interval = BootstrapRocAuc(scores, labels, {.replicates = 50}).value();
  for (int round = 0; round < 20; round++) {
    for (size_t i = scores.size(); i > 1; i--) {
      const size_t j = random.Below(i);
      std::swap(scores[i - 1], scores[j]);
      std::swap(labels[i - 1], labels[j]);
    }
    const RocAucEstimate estimate = EstimateRocAuc(scores, labels, 0.95).value();
    EXPECT_EQ(estimate.auc, wanted.auc);
    EXPECT_EQ(estimate.standard_error, wanted.standard_error);
    EXPECT_EQ(BootstrapRocAuc(scores, labels, {.replicates = 50}).value().low, interval.low);
  }
}

TEST(RocAuc, BootstrapIntervalIsSeededAndNearDeLongs) {
  const BootstrapOptions options = {.replicates = 4000, .confidence = 0.95, .seed = 3};
  const Interval interval = BootstrapRocAuc(kSampleScores, kSampleLabels, options).value();
  const Interval again = BootstrapRocAuc(kSampleScores, kSampleLabels, options).value();
  EXPECT_EQ(interval.low, again.low);
  EXPECT_EQ(interval.high, again.high);
  EXPECT_NEAR(interval.low, 0.66, 0.03);
  EXPECT_NEAR(interval.high, 0.96, 0.03);
}

TEST(RocAuc, RejectsWhatHasNoArea) {
  const std::vector<double> scores = {0.1, 0.2, 0.3};
  const struct {
    std::vector<double> scores;
    std::vector<uint8_t> labels;
  } cases[] = {
      {scores, {0, 1}},    {{}, {}},
      {scores, {0, 0, 0}}, {scores, {1, 1, 1}},
      {scores, {0, 1, 2}}, {{0.1, std::nan(""), 1}, {0, 1, 1}},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(RocAuc(c.scores, c.labels).status().code(), base::Code::kInvalidArgument);
    EXPECT_EQ(EstimateRocAuc(c.scores, c.labels, 0.95).status().code(), base::Code::kInvalidArgument);
    EXPECT_EQ(BootstrapRocAuc(c.scores, c.labels, {}).status().code(), base::Code::kInvalidArgument);
  }
  EXPECT_FALSE(EstimateRocAuc(scores, std::vector<uint8_t>{0, 1, 0}, 0.95).ok());  // One positive has no variance.
  EXPECT_FALSE(EstimateRocAuc(kSampleScores, kSampleLabels, 1).ok());
  EXPECT_FALSE(CompareRocAuc(kSampleScores, scores, kSampleLabels, 0.95).ok());
  EXPECT_FALSE(BootstrapRocAuc(kSampleScores, kSampleLabels, {.replicates = 1}).ok());
}

}  // namespace
}  // namespace plumb::stats
