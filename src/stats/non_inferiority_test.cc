#include "stats/non_inferiority.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "base/random.h"
#include "stats/classification_sample_test.h"
#include "stats/normal.h"
#include "stats/roc_auc.h"

namespace plumb::stats {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(NonInferiority, JudgesByTheBounds) {
  // The one-sided z of 95 % is 1.645.
  const struct {
    double difference, standard_error, margin;
    Verdict verdict;
  } cases[] = {
      {0.004, 0.001, 0.002, Verdict::kBetter},        {0.000, 0.001, 0.002, Verdict::kNotWorse},
      {0.000, 0.002, 0.002, Verdict::kInconclusive},  {-0.001, 0.0005, 0.002, Verdict::kNotWorse},
      {-0.0018, 0.0001, 0.002, Verdict::kNotWorse},  // surely worse, but by less than the margin
      {-0.003, 0.001, 0.002, Verdict::kInconclusive}, {-0.004, 0.001, 0.002, Verdict::kWorse},
      {0.001, 0.001, 0.0, Verdict::kInconclusive},    {0.002, 0.001, 0.0, Verdict::kBetter},
      {-0.002, 0.001, 0.0, Verdict::kWorse},
  };
  for (const auto& c : cases) {
    const NonInferiority result = JudgeByNormal(c.difference, c.standard_error, {.margin = c.margin}).value();
    EXPECT_EQ(result.verdict, c.verdict) << c.difference << " ± " << c.standard_error << ", " << c.margin;
    EXPECT_NEAR(result.lower_bound, c.difference - 1.6448536269514722 * c.standard_error, 1e-15);
    EXPECT_NEAR(result.upper_bound, c.difference + 1.6448536269514722 * c.standard_error, 1e-15);
    EXPECT_EQ(result.p_value_not_worse < 0.05, IsPromotable(result.verdict));
    EXPECT_EQ(result.p_value_better < 0.05, result.verdict == Verdict::kBetter);
  }
}

TEST(NonInferiority, TurnsLosses) {
  const NonInferiorityOptions options{.margin = 0.002, .confidence = 0.95, .direction = Direction::kLowerIsBetter};
  const NonInferiority lower = JudgeByNormal(-0.004, 0.001, options).value();
  EXPECT_EQ(lower.verdict, Verdict::kBetter);
  EXPECT_EQ(lower.improvement, 0.004);
  EXPECT_EQ(JudgeByNormal(0.004, 0.001, options)->verdict, Verdict::kWorse);
}

TEST(NonInferiority, IsExactWithoutUncertainty) {
  EXPECT_EQ(JudgeByNormal(0, 0, {.margin = 0})->verdict, Verdict::kInconclusive);
  EXPECT_EQ(JudgeByNormal(0, 0, {.margin = 0.001})->verdict, Verdict::kNotWorse);
  EXPECT_EQ(JudgeByNormal(-0.001, 0, {.margin = 0.001})->verdict, Verdict::kInconclusive);
  EXPECT_EQ(JudgeByNormal(0.001, 0, {.margin = 0.001})->verdict, Verdict::kBetter);
  EXPECT_EQ(JudgeByNormal(0.001, 0, {.margin = 0.001})->p_value_better, 0);
}

// Replicates -0.049, -0.048 ... 0.049: the bound at 95 % is the fifth from the end.
PairedDifference NinetyNineReplicates(double shift) {
  PairedDifference difference;
  difference.difference = shift;
  for (int i = -49; i <= 49; i++) difference.replicates.push_back(shift + i / 1000.0);
  return difference;
}

TEST(NonInferiority, ReadsBoundsFromReplicates) {
  const NonInferiority result = JudgeByBootstrap(NinetyNineReplicates(0), {.margin = 0.1}).value();
  EXPECT_EQ(result.lower_bound, -0.045);
  EXPECT_EQ(result.upper_bound, 0.045);
  EXPECT_NEAR(result.p_value_not_worse, 0.01, 1e-15);
  EXPECT_NEAR(result.p_value_better, 0.51, 1e-15);
  EXPECT_EQ(result.verdict, Verdict::kNotWorse);
  EXPECT_EQ(JudgeByBootstrap(NinetyNineReplicates(0.0461), {})->verdict, Verdict::kBetter);
  EXPECT_EQ(JudgeByBootstrap(NinetyNineReplicates(0.0449), {})->verdict, Verdict::kInconclusive);
  EXPECT_EQ(JudgeByBootstrap(NinetyNineReplicates(-0.1), {.margin = 0.05})->verdict, Verdict::kWorse);
  const auto turned = JudgeByBootstrap(NinetyNineReplicates(-0.0461),
                                       {.margin = 0, .confidence = 0.95, .direction = Direction::kLowerIsBetter});
  EXPECT_EQ(turned->verdict, Verdict::kBetter);
}

// A verdict and its p-value never contradict each other.
TEST(NonInferiority, AgreesWithItsPValues) {
  constexpr uint64_t kSeed = 1982;
  base::Random random(kSeed);
  for (int round = 0; round < 2000; round++) {
    PairedDifference difference;
    const double shift = random.Uniform() - 0.5;
    for (int64_t i = random.Between(99, 400); i > 0; i--)
      difference.replicates.push_back(shift + std::floor(random.Uniform() * 20) / 20 - 0.5);
    std::sort(difference.replicates.begin(), difference.replicates.end());
    const double confidence = 1 - static_cast<double>(random.Between(1, 40)) / 100;
    const NonInferiority result = JudgeByBootstrap(difference, {.margin = 0.1, .confidence = confidence}).value();
    ASSERT_EQ(IsPromotable(result.verdict), result.p_value_not_worse <= 1 - confidence + 1e-9) << "seed " << kSeed;
    ASSERT_EQ(result.verdict == Verdict::kBetter, result.p_value_better <= 1 - confidence + 1e-9) << "seed " << kSeed;
  }
}

TEST(NonInferiority, JudgesAreasByDeLong) {
  const RocAucDifference difference = CompareRocAuc(kSampleScores, kSampleOtherScores, kSampleLabels, 0.9).value();
  const NonInferiority result = JudgeRocAuc(kSampleScores, kSampleOtherScores, kSampleLabels, {.margin = 0.05}).value();
  EXPECT_EQ(result.improvement, difference.difference);
  EXPECT_EQ(result.standard_error, difference.standard_error);
  EXPECT_NEAR(result.lower_bound, difference.interval.low, 1e-15);  // One-sided 95 % is two-sided 90 %.
  EXPECT_NEAR(2 * result.p_value_better, difference.p_value, 1e-12);
}

TEST(NonInferiority, NeedsBothToHold) {
  const NonInferiority better = JudgeByNormal(0.004, 0.001, {.margin = 0.002}).value();
  const NonInferiority not_worse = JudgeByNormal(0, 0.001, {.margin = 0.002}).value();
  const NonInferiority worse = JudgeByNormal(-0.1, 0.001, {.margin = 0.002}).value();
  EXPECT_EQ(JudgeBoth(better, not_worse).verdict, Verdict::kNotWorse);
  EXPECT_EQ(JudgeBoth(better, worse).verdict, Verdict::kWorse);
  EXPECT_EQ(JudgeBoth(better, better).verdict, Verdict::kBetter);
  EXPECT_EQ(JudgeBoth(better, worse).against_best.improvement, -0.1);
}

TEST(NonInferiority, KnowsHowManyRowsItNeeds) {
  // (1.6449 + 0.8416)^2 = 6.1826; deviation 1, distance 0.1.
  EXPECT_EQ(RowsForPower(1, 0.05, 0.8, {.margin = 0.05}).value(), 619);
  EXPECT_EQ(RowsForPower(0, 0.05, 0.8, {.margin = 0.05}).value(), 2);
  EXPECT_FALSE(RowsForPower(1, -0.05, 0.8, {.margin = 0.05}).ok());
  EXPECT_FALSE(RowsForPower(1, 1, 1, {.margin = 0.05}).ok());
  EXPECT_FALSE(RowsForPower(-1, 1, 0.8, {.margin = 0.05}).ok());
  EXPECT_FALSE(RowsForPower(1e300, 1e-300, 0.8, {}).ok());
}

TEST(NonInferiority, NamesVerdicts) {
  EXPECT_EQ(std::string(VerdictName(Verdict::kNotWorse)), "not_worse");
  EXPECT_EQ(std::string(VerdictName(Verdict::kInconclusive)), "inconclusive");
}

TEST(NonInferiority, RejectsBadArguments) {
  const struct {
    const char* what;
    base::Status status;
  } cases[] = {
      {"negative margin", JudgeByNormal(0, 1, {.margin = -0.1}).status()},
      {"NaN margin", JudgeByNormal(0, 1, {.margin = kNan}).status()},
      {"confidence", JudgeByNormal(0, 1, {.margin = 0, .confidence = 1}).status()},
      {"difference", JudgeByNormal(kNan, 1, {}).status()},
      {"standard error", JudgeByNormal(0, -1, {}).status()},
      {"no replicates", JudgeByBootstrap({}, {}).status()},
      {"few replicates", JudgeByBootstrap(NinetyNineReplicates(0), {.margin = 0, .confidence = 0.995}).status()},
      {"direction of AUC", JudgeRocAuc(kSampleScores, kSampleOtherScores, kSampleLabels,
                                       {.margin = 0, .confidence = 0.95, .direction = Direction::kLowerIsBetter})
                               .status()},
      {"one class",
       JudgeRocAuc(std::vector<double>{1, 2}, std::vector<double>{1, 2}, std::vector<uint8_t>{1, 1}, {}).status()},
  };
  for (const auto& c : cases) EXPECT_EQ(c.status.code(), base::Code::kInvalidArgument) << c.what;
}

}  // namespace
}  // namespace plumb::stats
