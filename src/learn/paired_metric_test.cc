#include "learn/paired_metric.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/elementary.h"
#include "base/random.h"

namespace plumb::learn {
namespace {

using model::Task;

constexpr uint64_t kSeed = 11;

// The first is the sharper of two versions.
PairedRows BinaryRows(int count) {
  base::Random random(kSeed);
  PairedRows rows;
  for (JudgedRows* side : {&rows.first, &rows.second}) side->task = Task::kBinary;
  for (int i = 0; i < count; i++) {
    const double truth = random.Uniform(), noise = random.Uniform();
    const double label = random.Chance(truth) ? 1 : 0;
    rows.first.labels.push_back(label);
    rows.second.labels.push_back(label);
    rows.first.scores.push_back(static_cast<float>(truth));
    rows.second.scores.push_back(static_cast<float>(0.5 * truth + 0.5 * noise));
  }
  return rows;
}

PairedRows ClassRows() {
  PairedRows rows;
  rows.first = {
      Task::kClasses, 3, {0, 1, 2, 0}, {0.8F, 0.1F, 0.1F, 0.1F, 0.8F, 0.1F, 0.1F, 0.1F, 0.8F, 0.8F, 0.1F, 0.1F}};
  // Numbers its classes the other way round.
  rows.second = {
      Task::kClasses, 3, {2, 1, 0, 2}, {0.2F, 0.2F, 0.6F, 0.2F, 0.6F, 0.2F, 0.2F, 0.2F, 0.6F, 0.6F, 0.2F, 0.2F}};
  return rows;
}

TEST(PairedMetric, ComparesEveryMetricOfItsTaskInItsDirection) {
  const PairedRows binary = BinaryRows(3000);
  for (const std::string& metric : PairedMetricsOf(Task::kBinary)) {
    const auto difference = CompareMetric(metric, binary, {});
    ASSERT_TRUE(difference.ok()) << metric << difference.status().ToString();
    EXPECT_EQ(difference->rows, 3000);
    EXPECT_EQ(difference->method, metric == "roc_auc" ? "DeLong" : "paired bootstrap");
    EXPECT_DOUBLE_EQ(difference->difference, difference->first - difference->second);
    EXPECT_LE(difference->interval.low, difference->difference) << metric;
    EXPECT_GE(difference->interval.high, difference->difference) << metric;
    EXPECT_GT(difference->judgement.improvement, 0) << metric;
    // ece is a mean of absolute values: noise adds to it, so 3,000 rows may not tell.
    const bool is_certain = metric != "ece";
    EXPECT_GE(difference->judgement.verdict, is_certain ? stats::Verdict::kBetter : stats::Verdict::kInconclusive)
        << metric;
    for (const bool is_first : {true, false}) {
      const auto alone = MeasureMetric(metric, is_first ? binary.first : binary.second);
      ASSERT_TRUE(alone.ok());
      EXPECT_NEAR(*alone, is_first ? difference->first : difference->second, 1e-12) << metric;
    }
  }
}

TEST(PairedMetric, EachVersionNumbersItsOwnClasses) {
  const auto loss = CompareMetric("log_loss", ClassRows(), {});
  ASSERT_TRUE(loss.ok()) << loss.status().ToString();
  EXPECT_NEAR(loss->first, -base::Ln(0.8), 1e-6);
  EXPECT_NEAR(loss->second, -(base::Ln(0.6) + base::Ln(0.2)) / 2, 1e-6);
  const auto accuracy = CompareMetric("accuracy", ClassRows(), {});
  ASSERT_TRUE(accuracy.ok());
  EXPECT_EQ(accuracy->first, 1);
  EXPECT_EQ(accuracy->second, 0.5);
  EXPECT_EQ(accuracy->judgement.improvement, 0.5);
  EXPECT_TRUE(CompareMetric("brier", ClassRows(), {}).ok());
  EXPECT_TRUE(CompareMetric("ece", ClassRows(), {}).ok());
}

TEST(PairedMetric, ComparesNumbers) {
  PairedRows rows;
  rows.first = {Task::kRegression, 1, {0, 0, 0, 0}, {1, -1, 1, -1}};
  rows.second = {Task::kRegression, 1, {0, 0, 0, 0}, {2, -2, 3, -3}};
  const auto rmse = CompareMetric("rmse", rows, {});
  ASSERT_TRUE(rmse.ok()) << rmse.status().ToString();
  EXPECT_DOUBLE_EQ(rmse->first, 1);
  EXPECT_DOUBLE_EQ(rmse->second, std::sqrt(6.5));
  EXPECT_DOUBLE_EQ(CompareMetric("mae", rows, {})->difference, -1.5);
  EXPECT_DOUBLE_EQ(MeasureMetric("rmse", rows.second).value(), std::sqrt(6.5));
}

TEST(PairedMetric, EqualScoresDifferByNothing) {
  PairedRows rows = BinaryRows(100);
  rows.second = rows.first;
  for (const std::string& metric : PairedMetricsOf(Task::kBinary)) {
    const auto difference = CompareMetric(metric, rows, {.margin = 0.001});
    ASSERT_TRUE(difference.ok()) << metric;
    EXPECT_EQ(difference->difference, 0);
    EXPECT_EQ(difference->judgement.verdict, stats::Verdict::kNotWorse) << metric;
  }
}

// Every row ten times over is not ten times the evidence.
TEST(PairedMetric, RowsOfOneClusterAreDrawnTogether) {
  const PairedRows few = BinaryRows(60);
  PairedRows many, clustered;
  std::vector<int64_t> copies;
  for (int64_t row = 0; row < 60; row++) copies.insert(copies.end(), 10, row);
  many = few.Take(copies);
  clustered = many;
  clustered.clusters = copies;
  const auto alone = CompareMetric("roc_auc", few, {}), naive = CompareMetric("roc_auc", many, {}),
             together = CompareMetric("roc_auc", clustered, {});
  ASSERT_TRUE(alone.ok() && naive.ok() && together.ok());
  EXPECT_EQ(together->method, "paired bootstrap by cluster");
  EXPECT_LT(naive->standard_error, 0.5 * alone->standard_error);
  EXPECT_NEAR(together->standard_error, alone->standard_error, 0.4 * alone->standard_error);
  EXPECT_EQ(clustered.Take({599, 0}).clusters, (std::vector<int64_t>{59, 0}));
}

TEST(PairedMetric, HighConfidenceDrawsAsOftenAsItNeeds) {
  EXPECT_TRUE(CompareMetric("brier", BinaryRows(50), {.confidence = 0.999, .replicates = 200}).ok());
}

TEST(PairedMetric, RefusesWhatCannotBeCompared) {
  const auto code = [](const std::string& metric, const PairedRows& rows) {
    return CompareMetric(metric, rows, {}).status().code();
  };
  EXPECT_EQ(code("rmse", BinaryRows(10)), base::Code::kInvalidArgument);
  PairedRows other = BinaryRows(10);
  other.second.task = Task::kRegression;
  EXPECT_EQ(code("brier", other), base::Code::kInvalidArgument);
  PairedRows shorter = BinaryRows(10);
  shorter.second = shorter.second.Take({0, 1});
  EXPECT_EQ(code("brier", shorter), base::Code::kInvalidArgument);
  PairedRows one_class = BinaryRows(10);
  one_class.first.labels.assign(10, 1);
  EXPECT_EQ(code("roc_auc", one_class), base::Code::kInvalidArgument);
  EXPECT_EQ(MeasureMetric("r2", BinaryRows(10).first).status().code(), base::Code::kInvalidArgument);
}

}  // namespace
}  // namespace plumb::learn
