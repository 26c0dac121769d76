#include "learn/version_diff.h"

#include <gtest/gtest.h>

#include <cmath>

#include "learn/internal/prediction_difference.h"
#include "learn/version_world_test.h"

namespace plumb::learn {
namespace {

using model::Task;
using testing_world::kModel;
using testing_world::kProject;
using testing_world::LateWhenLong;
using testing_world::LearnWorld;
using testing_world::Replaced;

class VersionDiffTest : public testing_world::VersionWorldTest {
 protected:
  VersionDiff Diff(const registry::Version& first, const registry::Version& second, LearnWorld& world) {
    const auto a = ReadRecipe(*registry_, first), b = ReadRecipe(*registry_, second);
    EXPECT_TRUE(a.ok() && b.ok());
    if (!a.ok() || !b.ok()) return {};
    auto diff = DiffVersions(*a, *b, {world.log(), world.files(), *executor_}, {});
    EXPECT_TRUE(diff.ok()) << diff.status().ToString();
    return diff.ok() ? std::move(diff).value() : VersionDiff();
  }
  static std::string Names(const std::vector<ChangedText>& changed) {
    std::string names;
    for (const ChangedText& change : changed) names += change.name + "; ";
    return names;
  }
};

TEST_F(VersionDiffTest, TheSameVersionsDifferInNothing) {
  const auto world = World(LateWhenLong(150));
  const registry::Version first = Train(*world), second = Train(*world);
  const VersionDiff diff = Diff(first, second, *world);
  EXPECT_EQ(Names(diff.data) + Names(diff.parameters) + Names(diff.features_changed), "");
  EXPECT_TRUE(diff.features_added.empty() && diff.features_removed.empty());
  ASSERT_EQ(diff.metrics.size(), 5U);
  for (const MetricDifference& metric : diff.metrics) EXPECT_EQ(metric.difference, 0) << metric.metric;
  ASSERT_TRUE(diff.predictions.has_value()) << diff.why_not_compared;
  EXPECT_EQ(diff.predictions->rows, 150);
  EXPECT_EQ(diff.predictions->mean_absolute, 0);
  EXPECT_EQ(diff.predictions->changed_decisions, 0);
  EXPECT_NEAR(diff.predictions->correlation, 1, 1e-12);
  EXPECT_EQ(diff.predictions->first_row_time, "2013-03-10T08:00:00Z");
}

TEST_F(VersionDiffTest, SaysWhatChangedAndWhatItBrought) {
  const auto world = World(LateWhenLong(150));
  const registry::Version first = Train(*world, "v1");
  const std::string model = Replaced(Replaced(kModel, "[delays.*, trip.*]", "[delays.avg_1d, trip.far, trip.more]"),
                                     "max_depth: 2", "max_depth: 1, eta: 0.5");
  const std::string project = Replaced(Replaced(kProject, "distance > 1000", "distance > 1800"),
                                       "      usual:", "      more: distance * 2\n      usual:");
  const auto changed = World(LateWhenLong(150), model, project);
  const registry::Version second = Train(*changed, "v2");
  const VersionDiff diff = Diff(first, second, *changed);
  EXPECT_EQ(Names(diff.data), "source flights; source schedule; ");
  EXPECT_EQ(diff.data[0].first + diff.data[0].second, "v1v2");
  EXPECT_EQ(diff.features_added, std::vector<std::string>{"trip.more"});
  EXPECT_EQ(diff.features_removed, (std::vector<std::string>{"delays.last_delay", "trip.distance", "trip.usual"}));
  EXPECT_EQ(Names(diff.features_changed), "trip.far; ");
  EXPECT_NE(Names(diff.parameters).find("eta; "), std::string::npos);
  EXPECT_NE(Names(diff.parameters).find("max_depth; "), std::string::npos);
  ASSERT_TRUE(diff.predictions.has_value()) << diff.why_not_compared;
  EXPECT_GT(diff.predictions->mean_absolute, 0);
  ASSERT_EQ(diff.predictions->farthest.size(), 5U);
  const PredictionDifference::Row& row = diff.predictions->farthest[0];
  EXPECT_EQ(row.distance, diff.predictions->largest);
  EXPECT_GE(row.distance, diff.predictions->farthest[4].distance);
  EXPECT_EQ(row.columns[0].first, "flight_id");
  EXPECT_TRUE(row.label == "true" || row.label == "false");
  const base::Json json = diff.ToJson();
  const base::Json& metric = json.Find("metrics")->AsArray().at(0);
  EXPECT_EQ(metric.Find("metric")->AsString(), "roc_auc");
  EXPECT_EQ(metric.Find("first")->AsDouble(), first.metrics.Find("test")->Find("roc_auc")->Find("value")->AsDouble());
  EXPECT_EQ(metric.Find("second")->AsDouble(), second.metrics.Find("test")->Find("roc_auc")->Find("value")->AsDouble());
  EXPECT_LE(metric.Find("low")->AsDouble(), metric.Find("difference")->AsDouble());
}

TEST_F(VersionDiffTest, OnlyRowsThatBothTestedOnAreCompared) {
  const std::string later = Replaced(kModel, "validate_until: 2013-03-01", "validate_until: 2013-03-15");
  const auto world = World(LateWhenLong(150)), narrow = World(LateWhenLong(150), later);
  const registry::Version first = Train(*world), second = Train(*narrow);
  for (const VersionDiff& diff : {Diff(first, second, *narrow), Diff(second, first, *world)}) {
    ASSERT_TRUE(diff.predictions.has_value()) << diff.why_not_compared;
    EXPECT_EQ(diff.predictions->first_row_time, "2013-03-15T08:00:00Z");
    EXPECT_EQ(diff.predictions->rows, 100);
    EXPECT_NE(Names(diff.data).find("split validate_until; "), std::string::npos);
  }
}

TEST_F(VersionDiffTest, WhatCannotBeComparedIsSaid) {
  const auto world = World(LateWhenLong(150));
  const std::string numbers = Replaced(Replaced(kModel, "with: xgboost", "with: xgboost, objective: reg:squarederror"),
                                       "arr_delay >= 15", "arr_delay");
  const auto other = World(LateWhenLong(150), numbers);
  const registry::Version first = Train(*world), second = Train(*other);
  const VersionDiff diff = Diff(first, second, *other);
  EXPECT_FALSE(diff.predictions.has_value());
  EXPECT_NE(diff.why_not_compared.find("predicts something else"), std::string::npos) << diff.why_not_compared;
  EXPECT_NE(Names(diff.parameters).find("objective; "), std::string::npos);
}

TEST(PredictionDifference, MeasuresBinaryScores) {
  const JudgedRows first{Task::kBinary, 1, {0, 1, 1, 0}, {0.25F, 0.75F, 0.5F, 0.25F}};
  const JudgedRows second{Task::kBinary, 1, {0, 1, 1, 0}, {0.75F, 0.75F, 0.25F, 0.25F}};
  std::vector<int64_t> order;
  const PredictionDifference difference = MeasurePredictions(first, second, &order);
  EXPECT_EQ(difference.rows, 4);
  EXPECT_DOUBLE_EQ(difference.mean_absolute, 0.1875);
  EXPECT_DOUBLE_EQ(difference.largest, 0.5);
  EXPECT_DOUBLE_EQ(*difference.changed_decisions, 0.5);
  EXPECT_EQ(order, (std::vector<int64_t>{0, 2, 1, 3}));
  // Deviations: (-3, 5, 1, -3) / 16 and (1, 1, -1, -1) / 4.
  EXPECT_NEAR(difference.correlation, 4 / std::sqrt(44 * 4), 1e-12);
}

TEST(PredictionDifference, ConstantScoresAreCorrelatedOnlyWhenTheyAreEqual) {
  const JudgedRows half{Task::kBinary, 1, {0, 1}, {0.5F, 0.5F}}, other{Task::kBinary, 1, {0, 1}, {0.25F, 0.75F}};
  std::vector<int64_t> order;
  EXPECT_EQ(MeasurePredictions(half, half, &order).correlation, 1);
  EXPECT_EQ(MeasurePredictions(half, other, &order).correlation, 0);
}

TEST(PredictionDifference, ClassesAreDecidedByTheLikeliestAndNumbersNotAtAll) {
  const JudgedRows first{Task::kClasses, 3, {0, 1}, {0.5F, 0.25F, 0.25F, 0.25F, 0.5F, 0.25F}};
  const JudgedRows second{Task::kClasses, 3, {0, 1}, {0.25F, 0.25F, 0.5F, 0, 0.75F, 0.25F}};
  std::vector<int64_t> order;
  EXPECT_DOUBLE_EQ(*MeasurePredictions(first, second, &order).changed_decisions, 0.5);
  const JudgedRows numbers{Task::kRegression, 1, {0, 1}, {1, 2}};
  EXPECT_FALSE(MeasurePredictions(numbers, numbers, &order).changed_decisions.has_value());
}

}  // namespace
}  // namespace plumb::learn
