// Gates of versions that were really trained, against champions that were.
#include "learn/version_gate.h"

#include <gtest/gtest.h>

#include "learn/version_dataset.h"
#include "learn/version_world_test.h"

namespace plumb::learn {
namespace {

using testing_world::kModel;
using testing_world::kProject;
using testing_world::LateWhenLong;
using testing_world::LearnWorld;
using testing_world::MakeFlights;
using testing_world::Replaced;

// Knows nothing of the distance.
std::string Blind() { return Replaced(kModel, "[delays.*, trip.*]", "[delays.*]"); }

class VersionGateTest : public testing_world::VersionWorldTest {
 protected:
  static GateDefinition Auc(double margin = 0.05) {
    GateDefinition definition;
    definition.metric = "roc_auc";
    definition.margin = margin;
    return definition;
  }

  base::Result<GateReport> Gate(LearnWorld& world, const registry::Version& version, const GateDefinition& definition) {
    const Dataset dataset = world.MustBuild();
    const engine::FeaturePlan plan = world.Plan();
    return GateVersion(version, {.definition = definition,
                                 .slices = world.model().slices,
                                 .dataset = dataset,
                                 .plan = plan,
                                 .registry = *registry_,
                                 .log = world.log(),
                                 .executor = *executor_,
                                 .clock = &clock_});
  }
  GateReport MustGate(LearnWorld& world, const registry::Version& version, const GateDefinition& definition) {
    auto report = Gate(world, version, definition);
    EXPECT_TRUE(report.ok()) << report.status().ToString();
    return report.ok() ? std::move(report).value() : GateReport();
  }
  static std::string Texts(const GateReport& report) {
    std::string text;
    for (const std::string& reason : report.reasons) text += reason + "\n";
    for (const std::string& note : report.notes) text += note + "\n";
    return text;
  }
};

TEST_F(VersionGateTest, TheSameAgainIsNotWorse) {
  const auto world = World(LateWhenLong(200));
  Train(*world);
  const registry::Version again = Train(*world);
  const GateReport report = MustGate(*world, again, Auc());
  EXPECT_EQ(report.verdict, GateVerdict::kPromote) << Texts(report);
  EXPECT_EQ(report.challenger, "late@v2");
  EXPECT_EQ(report.rows, 200);
  ASSERT_EQ(report.comparisons.size(), 1U);
  EXPECT_EQ(report.comparisons[0].version, "late@v1");
  EXPECT_EQ(report.comparisons[0].difference.difference, 0);
  // The numbers are those of the report that training wrote.
  EXPECT_EQ(report.comparisons[0].difference.first,
            again.metrics.Find("test")->Find("roc_auc")->Find("value")->AsDouble());
}

TEST_F(VersionGateTest, AFirstVersionHasNothingToBeWorseThan) {
  const auto world = World(LateWhenLong(150));
  const registry::Version first = Train(*world);
  GateDefinition definition = Auc();
  const GateReport own = MustGate(*world, first, definition);
  EXPECT_EQ(own.verdict, GateVerdict::kPromote);
  EXPECT_NE(Texts(own).find("It is the champion itself."), std::string::npos);
  definition.against = "production";
  EXPECT_NE(Texts(MustGate(*world, first, definition)).find("There is no production to be worse than."),
            std::string::npos);
}

TEST_F(VersionGateTest, WorseVersionsAreRejected) {
  const auto world = World(LateWhenLong(200)), blind = World(LateWhenLong(200), Blind());
  Train(*world);
  const GateReport report = MustGate(*blind, Train(*blind), Auc());
  EXPECT_EQ(report.verdict, GateVerdict::kReject) << Texts(report);
  EXPECT_LT(report.comparisons[0].difference.judgement.upper_bound, -0.05);
}

// The champion is as blind as the challenger, but there was a better one: without it, the loss would be for ever.
TEST_F(VersionGateTest, WhatIsWorseThanTheBestPastVersionIsRejectedThoughTheChampionIsNoBetter) {
  const auto world = World(LateWhenLong(200)), blind = World(LateWhenLong(200), Blind());
  Train(*world);
  Train(*blind);
  Alias("champion", 2);
  const registry::Version challenger = Train(*blind);
  const GateReport report = MustGate(*blind, challenger, Auc());
  EXPECT_EQ(report.verdict, GateVerdict::kReject) << Texts(report);
  ASSERT_EQ(report.comparisons.size(), 2U);
  EXPECT_EQ(report.comparisons[0].version, "late@v2");
  EXPECT_EQ(report.comparisons[0].difference.judgement.verdict, stats::Verdict::kNotWorse);
  EXPECT_EQ(report.comparisons[1].role, "best past version");
  EXPECT_EQ(report.comparisons[1].version, "late@v1");
  EXPECT_EQ(report.comparisons[1].difference.judgement.verdict, stats::Verdict::kWorse);
  // As good as the best again.
  const GateReport good = MustGate(*world, Train(*world), Auc());
  EXPECT_EQ(good.verdict, GateVerdict::kPromote) << Texts(good);
}

// A version answers by the definitions that it was trained with, whatever the project says now.
TEST_F(VersionGateTest, OldVersionsAnswerByTheirOwnDefinitions) {
  const auto world = World(LateWhenLong(200));
  const registry::Version old = Train(*world);
  const auto changed = World(LateWhenLong(200), kModel, Replaced(kProject, "distance > 1000", "distance > 1900"));
  const GateReport report = MustGate(*changed, Train(*changed), Auc());
  ASSERT_EQ(report.comparisons.size(), 1U) << Texts(report);
  EXPECT_EQ(report.comparisons[0].difference.second,
            old.metrics.Find("test")->Find("roc_auc")->Find("value")->AsDouble());
}

TEST_F(VersionGateTest, AChampionThatCannotAnswerLeavesItOpen) {
  const auto world = World(LateWhenLong(150));
  Train(*world);
  // The examples no longer have a distance.
  std::string project = Replaced(kProject, "scheduled: timestamp, distance: float64", "scheduled: timestamp");
  project = Replaced(Replaced(project, "{carrier: string, distance: float64}", "{carrier: string}"),
                     "      far: distance > 1000\n      distance: distance\n", "");
  auto poorer = std::make_unique<LearnWorld>(kModel, project);
  std::string schedule = "flight_id,carrier,scheduled\n";
  const testing_world::Flights flights = LateWhenLong(150);
  for (size_t at = flights.schedule.find('\n') + 1; at < flights.schedule.size();) {
    const size_t end = flights.schedule.find('\n', at);
    schedule += flights.schedule.substr(at, flights.schedule.rfind(',', end) - at) + "\n";
    at = end + 1;
  }
  poorer->Events("schedule", schedule).Events("flights", flights.flights);
  const GateReport report = MustGate(*poorer, Train(*poorer), Auc());
  EXPECT_EQ(report.verdict, GateVerdict::kInconclusive);
  EXPECT_NE(Texts(report).find("Examples lack a column that the version's features need: distance float64."),
            std::string::npos)
      << Texts(report);
}

TEST_F(VersionGateTest, SlicesClustersAndLatencyAreOfTheVersionsRows) {
  const std::string model = std::string(kModel) + "    slices: [carrier]\n";
  const auto world = World(LateWhenLong(150), model);
  Train(*world);
  GateDefinition definition = Auc(0.1);
  definition.slices = SliceDemand{.rows_min = 40, .margins = 2};
  definition.clusters = "carrier";
  definition.latency_p99 = base::kSecond;
  const GateReport report = MustGate(*world, Train(*world), definition);
  EXPECT_EQ(report.comparisons.front().difference.method, "paired bootstrap by cluster");
  std::string names;
  for (const GateCheck& check : report.checks) names += check.name + " ";
  EXPECT_EQ(names, "rows slices latency_p99 ");
  EXPECT_NE(report.checks[1].text.find("None of 2 slices"), std::string::npos) << report.checks[1].text;
}

TEST_F(VersionGateTest, SaysThatAChampionWasTrainedOnTheTestRows) {
  const auto world = World(LateWhenLong(150));
  const std::string later = Replaced(Replaced(kModel, "train_until: 2013-02-01, validate_until: 2013-03-01",
                                              "train_until: 2013-03-01, validate_until: 2013-03-20"),
                                     "test_until: 2013-04-01", "test_until: 2013-04-02");
  const auto ahead = World(LateWhenLong(150), later);
  Train(*ahead);
  const GateReport report = MustGate(*world, Train(*world), Auc());
  EXPECT_EQ(Texts(report).find("was trained on the time of"), std::string::npos);  // train_until is where test begins
  const auto further = World(LateWhenLong(150), Replaced(later, "train_until: 2013-03-01", "train_until: 2013-03-14"));
  Alias("champion", Train(*further).number);
  EXPECT_NE(Texts(MustGate(*world, registry_->GetVersion("late", 2).value(), Auc()))
                .find("late@v3 was trained on the time of"),
            std::string::npos);
}

TEST_F(VersionGateTest, ClassesAreMatchedByValue) {
  const std::string classes =
      Replaced(Replaced(kModel, "with: xgboost", "with: xgboost, objective: multi:softprob"), "arr_delay >= 15",
               "case when arr_delay > 50 then 'late' when arr_delay > 5 then 'soon' else 'fine' end");
  const auto three =
      MakeFlights(150, [](base::Random&, int64_t distance) { return static_cast<double>(distance) / 20; });
  const auto two = MakeFlights(150, [](base::Random&, int64_t distance) { return distance > 1000 ? 60.0 : 0.0; });
  const auto small = World(two, classes), large = World(three, classes);
  Train(*small);
  GateDefinition definition;
  definition.metric = "log_loss";
  definition.margin = 0.1;
  const GateReport report = MustGate(*large, Train(*large), definition);
  ASSERT_EQ(report.comparisons.size(), 1U) << Texts(report);
  EXPECT_GT(report.comparisons[0].rows_left_out, 0);  // 'soon', which the champion never saw
  EXPECT_LT(report.comparisons[0].rows_left_out, 150);
  EXPECT_EQ(report.rows + report.comparisons[0].rows_left_out, 150);
}

TEST_F(VersionGateTest, AVersionOfAModelWithAGateIsAChallengerUntilItPasses) {
  const std::string model = std::string(kModel) + "    gate: {metric: pr_auc, margin: 0.01, clusters: carrier}\n";
  const auto world = World(LateWhenLong(120), model);
  ASSERT_TRUE(world->model().gate.has_value());
  EXPECT_EQ(world->model().gate->metric, "pr_auc");
  EXPECT_EQ(world->model().gate->clusters, "carrier");
  EXPECT_EQ(Train(*world).aliases, (std::vector<std::string>{"challenger", "latest"}));
  EXPECT_EQ(registry_->Resolve("late@champion").status().code(), base::Code::kNotFound);
  const auto mistaken = testing_world::Load(std::string(kModel) + "    gate: {margin: 0.01, slices: {}}\n");
  ASSERT_FALSE(mistaken.diagnostics.empty());
  EXPECT_NE(mistaken.diagnostics[0].message.find("the model has none"), std::string::npos);
}

TEST_F(VersionGateTest, TheVerdictIsKeptWithTheVersion) {
  const auto world = World(LateWhenLong(150));
  const registry::Version version = Train(*world);
  const GateReport report = MustGate(*world, version, Auc());
  ASSERT_TRUE(KeepVerdict(*registry_, version, report).ok());
  const auto kept = registry_->Verdicts("late", 1).value();
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0].verdict, "promote");
  EXPECT_EQ(kept[0].report.Dump(), report.ToJson().Dump());
}

}  // namespace
}  // namespace plumb::learn
