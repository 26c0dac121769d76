#include "learn/evaluation.h"

#include <gtest/gtest.h>

#include "base/elementary.h"

namespace plumb::learn {
namespace {

using model::Task;

JudgedRows Numbers(const std::vector<double>& labels, const std::vector<float>& scores) {
  return {Task::kRegression, 1, labels, scores};
}

TEST(Evaluation, MeasuresNumbers) {
  const auto report = EvaluatePart(Numbers({1, 2, 3, 6}, {1, 3, 3, 3}));
  ASSERT_TRUE(report.ok()) << report.status().ToString();
  EXPECT_EQ(report->rows, 4);
  EXPECT_DOUBLE_EQ(report->Metric("rmse").value, base::Sqrt(2.5));
  EXPECT_DOUBLE_EQ(report->Metric("mae").value, 1);
  EXPECT_DOUBLE_EQ(report->Metric("r2").value, 1 - 2.5 / 3.5);
  EXPECT_LE(report->Metric("rmse").low, report->Metric("rmse").value);
  EXPECT_GE(report->Metric("rmse").high, report->Metric("rmse").value);
  EXPECT_GE(report->Metric("mae").low, 0);
  ASSERT_EQ(report->bins.size(), 4U);
  EXPECT_EQ(report->bins[0].mean_score, 1);
  EXPECT_EQ(report->bins[3].observed, 6);
}

TEST(Evaluation, OneNumberHasNoIntervalAndNoSpread) {
  const auto report = EvaluatePart(Numbers({5}, {3}));
  ASSERT_TRUE(report.ok()) << report.status().ToString();
  EXPECT_EQ(report->Metric("rmse").value, 2);
  EXPECT_FALSE(report->Metric("rmse").has_interval);
  EXPECT_FALSE(report->metrics.contains("r2"));
}

JudgedRows Classes() {
  return {Task::kClasses, 3, {0, 1, 2, 1}, {0.5F, 0.25F, 0.25F, 0.5F, 0.5F, 0, 0, 0, 1, 0, 0.75F, 0.25F}};
}

TEST(Evaluation, MeasuresClasses) {
  const auto report = EvaluatePart(Classes());
  ASSERT_TRUE(report.ok()) << report.status().ToString();
  EXPECT_EQ(report->class_rows, (std::vector<int64_t>{1, 2, 1}));
  EXPECT_EQ(report->confusion, (std::vector<std::vector<int64_t>>{{1, 0, 0}, {1, 1, 0}, {0, 0, 1}}));
  EXPECT_DOUBLE_EQ(report->Metric("accuracy").value, 0.75);
  EXPECT_DOUBLE_EQ(report->Metric("log_loss").value, -(2 * base::Ln(0.5) + base::Ln(0.75)) / 4);
  EXPECT_DOUBLE_EQ(report->Metric("macro_f1").value, (2.0 / 3 + 2.0 / 3 + 1) / 3);
  EXPECT_LT(report->Metric("accuracy").low, 0.75);
}

TEST(Evaluation, ACertainMistakeCostsMuchAndNotInfinitely) {
  const auto report = EvaluatePart({Task::kClasses, 2, {0, 0}, {0, 1, 1, 0}});
  ASSERT_TRUE(report.ok());
  EXPECT_GT(report->Metric("log_loss").value, 15);
  EXPECT_LT(report->Metric("log_loss").value, 20);
}

TEST(Evaluation, MeasuresBinaryLabels) {
  const auto report = EvaluatePart({Task::kBinary, 1, {0, 1, 0, 1}, {0.1F, 0.4F, 0.4F, 0.8F}});
  ASSERT_TRUE(report.ok()) << report.status().ToString();
  EXPECT_EQ(report->positives, 2);
  EXPECT_DOUBLE_EQ(report->Metric("roc_auc").value, 0.875);
  for (const char* name : {"pr_auc", "log_loss", "brier", "ece", "calibration_slope", "calibration_intercept"}) {
    EXPECT_TRUE(report->metrics.contains(name)) << name;
  }
  const base::Json json = report->ToJson();
  EXPECT_EQ(json.Find("roc_auc")->Find("value")->AsDouble(), 0.875);
  EXPECT_TRUE(json.Find("ece")->IsNumber()) << "it has no interval";
  EXPECT_FALSE(json.Find("calibration")->AsArray().empty());
}

TEST(Evaluation, ASliceOfOneClassHasALossAndNoArea) {
  const auto metrics = EvaluateSlice({Task::kBinary, 1, {1, 1, 0}, {0.5F, 0.25F, 0.5F}});
  ASSERT_TRUE(metrics.ok()) << metrics.status().ToString();
  EXPECT_FALSE(metrics->contains("roc_auc")) << "one negative has no variance";
  EXPECT_TRUE(metrics->at("log_loss").has_interval);
  EXPECT_TRUE(EvaluateSlice({Task::kBinary, 1, {1, 1, 0, 0}, {0.5F, 0.25F, 0.5F, 0.1F}})->contains("roc_auc"));
  EXPECT_TRUE(EvaluateSlice(Classes())->contains("log_loss"));
  EXPECT_TRUE(EvaluateSlice(Numbers({1}, {1}))->contains("rmse"));
}

TEST(Evaluation, WorseIsALowerAreaAndALargerLoss) {
  EXPECT_GT(Worsening(Task::kBinary, 0.8, 0.7), 0);
  EXPECT_GT(Worsening(Task::kClasses, 0.5, 0.7), 0);
  EXPECT_LT(Worsening(Task::kRegression, 5, 4), 0);
}

TEST(Evaluation, TakesRowsWithAllTheirScores) {
  const JudgedRows taken = Classes().Take({2, 0});
  EXPECT_EQ(taken.labels, (std::vector<double>{2, 0}));
  EXPECT_EQ(taken.scores, (std::vector<float>{0, 0, 1, 0.5F, 0.25F, 0.25F}));
}

}  // namespace
}  // namespace plumb::learn
