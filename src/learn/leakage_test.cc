#include "learn/leakage.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "learn/internal/feature_signal.h"
#include "learn/learn_world_test.h"

namespace plumb::learn {
namespace {

using data::TypeKind;

// `count` rows each for training and validation, with these labels over and over.
Dataset Labelled(model::Task task, size_t count, const std::vector<double>& labels) {
  Dataset dataset;
  dataset.task = task;
  for (size_t i = 0; i < 2 * count; i++) {
    dataset.parts.push_back(i < count ? Part::kTrain : Part::kValidate);
    dataset.labels.push_back(labels[i % labels.size()]);
  }
  return dataset;
}

template <typename Value>
data::Column Doubles(const Dataset& dataset, Value value) {
  data::Column column(TypeKind::kFloat64);
  for (size_t i = 0; i < dataset.rows(); i++) column.AppendDouble(value(i));
  return column;
}

TEST(FeatureSignal, IsCertainForTheAnswerWhicheverWayRound) {
  const Dataset dataset = Labelled(model::Task::kBinary, 40, {0, 1, 1, 0, 1});
  const SignalMeter meter(dataset);
  EXPECT_EQ(meter.Strength(Doubles(dataset, [&](size_t i) { return dataset.labels[i]; })), 1);
  EXPECT_EQ(meter.Strength(Doubles(dataset, [&](size_t i) { return 5 - dataset.labels[i]; })), 1);
  EXPECT_EQ(meter.Strength(Doubles(dataset, [](size_t) { return 3; })), 0.5);
  base::Random random(1);
  EXPECT_LT(meter.Strength(Doubles(dataset, [&](size_t) { return random.Uniform(); })), 0.8);
}

TEST(FeatureSignal, SeesAnAnswerThatIsMissing) {
  const Dataset dataset = Labelled(model::Task::kBinary, 40, {0, 1, 1, 0, 1});
  data::Column column(TypeKind::kInt64);
  for (size_t i = 0; i < dataset.rows(); i++) {
    if (dataset.labels[i] == 1) {
      column.AppendNull();
    } else {
      column.AppendInt(7);
    }
  }
  EXPECT_EQ(SignalMeter(dataset).Strength(column), 1);
}

TEST(FeatureSignal, DoesNotTakeAnIdentifierForAnAnswer) {
  const Dataset dataset = Labelled(model::Task::kBinary, 40, {0, 1, 1, 0, 1});
  data::Column ids(TypeKind::kString), answers(TypeKind::kString);
  for (size_t i = 0; i < dataset.rows(); i++) {
    ids.AppendString("id" + std::to_string(i));
    answers.AppendString(dataset.labels[i] == 1 ? "yes" : "no");
  }
  EXPECT_EQ(SignalMeter(dataset).Strength(ids), 0.5) << "no category of validation was seen";
  EXPECT_EQ(SignalMeter(dataset).Strength(answers), 1);
}

TEST(FeatureSignal, IsARankCorrelationForNumbers) {
  const Dataset dataset = Labelled(model::Task::kRegression, 40, {1, 5, 2, 9, 4});
  const SignalMeter meter(dataset);
  EXPECT_NEAR(meter.Strength(Doubles(dataset, [&](size_t i) { return -dataset.labels[i] * dataset.labels[i]; })), 1,
              1e-12);
  EXPECT_EQ(meter.Strength(Doubles(dataset, [](size_t) { return 3; })), 0);
}

TEST(FeatureSignal, OfClassesTheBestAgainstTheRestCounts) {
  const Dataset dataset = Labelled(model::Task::kClasses, 60, {0, 1, 2, 1, Dataset::kUnseenClass});
  const SignalMeter meter(dataset);
  EXPECT_EQ(meter.Strength(Doubles(dataset, [&](size_t i) { return dataset.labels[i] == 1 ? 4 : 2; })), 1);
}

TEST(FeatureSignal, CorrelatesRanksWithTies) {
  EXPECT_NEAR(RankCorrelation({1, 2, 3, 4}, {10, 20, 30, 40}), 1, 1e-12);
  EXPECT_NEAR(RankCorrelation({1, 2, 2, 4}, {4, 3, 2, 1}), -0.9486832980505138, 1e-12);
  EXPECT_EQ(RankCorrelation({1, 1, 1}, {1, 2, 3}), 0);
}

using testing_world::kModel;
using testing_world::LearnWorld;

constexpr const char* kSchedule =
    "flight_id,carrier,scheduled,distance\n"
    "f1,UA,2013-01-10 09:00,500\nf2,UA,2013-01-10 12:00,1500\nf3,DL,2013-02-10 09:00,100\nf4,ZZ,2013-03-10 09:00,1\n";
constexpr const char* kFlights =
    "flight_id,op,carrier,arrived_at,known,arr_delay\n"
    "f1,,UA,2013-01-10 10:00,2013-01-10 10:10,30\nf2,,UA,2013-01-10 11:00,2013-01-10 10:30,5\n"
    "f3,,DL,2013-02-10 10:00,2013-02-10 10:10,15\nf4,,ZZ,2013-03-10 10:00,2013-03-10 10:10,-3\n";

TEST(Leakage, CountsEarlyLabelsAndNewEntities) {
  LearnWorld world;
  world.Events("schedule", kSchedule).Events("flights", kFlights);
  const LeakageReport report = InspectLeakage(world.Plan(), world.MustBuild());
  EXPECT_EQ(report.labels_known_early, 1) << "f2 was known at 10:30 and is asked at 11:00";
  EXPECT_TRUE(report.static_tables.empty());
  ASSERT_EQ(report.entities.size(), 1U);
  EXPECT_EQ(report.entities[0].test_keys, 1);
  EXPECT_EQ(report.entities[0].seen_in_training, 0);
  EXPECT_EQ(report.signals.size(), 5U);
  EXPECT_EQ(report.ToJson().Find("labels_known_early")->AsInt(), 1);
}

TEST(Leakage, NamesTablesWithoutTimes) {
  base::Diagnostics diagnostics;
  const std::string project = std::string(testing_world::kProject) +
                              "  airline:\n    entity: carrier\n    source: airlines\n    features: {size: size}\n";
  auto texts = {
      std::make_shared<const base::SourceText>(base::SourceText{
          "project.yaml", testing_world::Replaced(project, "  pings:",
                                                  "  airlines:\n    kind: table\n    key: [carrier]\n"
                                                  "    static: true\n    columns: {carrier: string, size: int64}\n"
                                                  "  pings:")}),
      std::make_shared<const base::SourceText>(base::SourceText{"models.yaml", kModel})};
  const features::DefinitionsPtr definitions =
      features::LoadDefinitions(base::MergeProject(texts, &diagnostics), &diagnostics);
  ASSERT_NE(definitions, nullptr) << diagnostics.Render(false);
  const auto plan = engine::FeaturePlan::Make(definitions, definitions->Select({"airline.*"}, {}, &diagnostics));
  ASSERT_TRUE(plan.ok()) << plan.status().ToString();
  Dataset dataset = Labelled(model::Task::kBinary, 20, {0, 1});
  dataset.inputs.AddColumn("carrier", data::Column::Repeat(data::Value::String("UA"), dataset.rows()));
  dataset.features.values.AddColumn("airline.size", data::Column::Nulls(TypeKind::kInt64, dataset.rows()));
  EXPECT_EQ(InspectLeakage(*plan, dataset).static_tables, std::vector<std::string>{"airlines"});
}

TEST(Leakage, FindsTheValuesThatWereNotKnowable) {
  LearnWorld world;
  world.Events("schedule", kSchedule).Events("flights", kFlights);
  Dataset dataset = world.MustBuild();
  const auto executor = base::MakeExecutor(0);
  const auto fine = CheckKnowledge(world.Plan(), dataset, world.log(), *executor, {});
  ASSERT_TRUE(fine.ok()) << fine.status().ToString();
  EXPECT_EQ(fine->rows, 3);
  EXPECT_EQ(fine->values, 15);
  EXPECT_EQ(fine->mismatched, 0);

  dataset.features.values.columns[1] = data::Column::Repeat(data::Value::Float64(30), 3);  // delays.last_delay
  dataset.features.statuses[4].assign(3, engine::FeatureStatus::kError);                   // trip.usual
  const auto spoilt = CheckKnowledge(world.Plan(), dataset, world.log(), *executor, {});
  ASSERT_TRUE(spoilt.ok()) << spoilt.status().ToString();
  ASSERT_EQ(spoilt->mismatches.size(), 2U);
  EXPECT_EQ(spoilt->mismatches[0].feature, "delays.last_delay");
  EXPECT_EQ(spoilt->mismatches[0].count, 3);
  EXPECT_NE(spoilt->mismatches[0].example.find("carrier=UA"), std::string::npos) << spoilt->mismatches[0].example;
  EXPECT_EQ(spoilt->mismatches[1].feature, "trip.usual");
  EXPECT_EQ(spoilt->mismatched, 6);
  EXPECT_EQ(CheckKnowledge(world.Plan(), dataset, world.log(), *executor, {.rows = 1})->rows, 1);
}

}  // namespace
}  // namespace plumb::learn
