#include "engine/feature_plan.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/project_tree.h"

namespace plumb::engine {
namespace {

using features::DefinitionsPtr;
using features::FeatureId;

constexpr const char* kProject = R"(
sources:
  reports:
    event_time: at
    columns: {airport: string, at: timestamp, wind: float64}
  flights:
    event_time: at
    columns: {carrier: string, origin: string, at: timestamp, delay: float64}
    derive:
      wind: weather(airport = origin).wind
  numbers:
    event_time: at
    columns: {carrier: int64, at: timestamp}
entities:
  carrier: {key: {carrier: string}}
  airport: {key: {airport: string}}
  numbered: {key: {carrier: int64}}
feature_views:
  trip:
    request: {carrier: string, distance: float64}
    features:
      usual: delays.mean
      far: distance > 1000
  delays:
    entity: carrier
    source: flights
    features:
      mean: avg(delay) over 1d
      windy: count(where wind > 20) over 1d
  weather:
    entity: airport
    source: reports
    features:
      wind: last(wind)
  counts:
    entity: numbered
    source: numbers
    features:
      n: count() over 1d
)";

class FeaturePlanTest : public testing::Test {
 protected:
  FeaturePlanTest() {
    base::Diagnostics diagnostics;
    auto text = std::make_shared<const base::SourceText>(base::SourceText{"project.yaml", kProject});
    definitions_ = features::LoadDefinitions(base::MergeProject({text}, &diagnostics), &diagnostics);
    EXPECT_EQ(diagnostics.Render(false), "");
  }

  std::vector<FeatureId> Select(const std::vector<std::string>& patterns) {
    base::Diagnostics diagnostics;
    std::vector<FeatureId> selected = definitions_->Select(patterns, {}, &diagnostics);
    EXPECT_EQ(diagnostics.Render(false), "");
    return selected;
  }

  FeaturePlan Make(const std::vector<std::string>& patterns) {
    base::Result<FeaturePlan> plan = FeaturePlan::Make(definitions_, Select(patterns));
    EXPECT_TRUE(plan.ok()) << plan.status().ToString();
    return std::move(plan).value();
  }

  DefinitionsPtr definitions_;
};

std::vector<std::string> ViewNames(const FeaturePlan& plan) {
  std::vector<std::string> names;
  for (const features::View* view : plan.views()) names.push_back(view->name);
  return names;
}

using Texts = std::vector<std::string>;

TEST_F(FeaturePlanTest, KeepsTheOrderOfOutputs) {
  EXPECT_EQ(Make({"trip.far", "delays.*"}).output_schema().Names(), (Texts{"trip.far", "delays.mean", "delays.windy"}));
}

TEST_F(FeaturePlanTest, UnitesInputsByName) {
  const FeaturePlan plan = Make({"trip.*", "delays.*", "weather.*"});
  EXPECT_EQ(plan.inputs().Names(), (Texts{"carrier", "distance", "airport"}));
}

TEST_F(FeaturePlanTest, NeedsTheViewsThatAreLookedUpBeforeThoseThatLook) {
  const FeaturePlan plan = Make({"trip.usual"});
  EXPECT_EQ(ViewNames(plan), (Texts{"weather", "delays", "trip"}));
  ASSERT_EQ(plan.sources().size(), 2U);
  EXPECT_EQ(plan.sources()[0]->name, "reports");
  EXPECT_EQ(plan.sources()[1]->name, "flights");
}

TEST_F(FeaturePlanTest, NeedsNothingForARequestAlone) {
  const FeaturePlan plan = Make({"trip.far"});
  EXPECT_EQ(ViewNames(plan), Texts{"trip"});
  EXPECT_TRUE(plan.sources().empty());
}

TEST_F(FeaturePlanTest, RefusesAnInputOfTwoTypes) {
  const base::Result<FeaturePlan> plan = FeaturePlan::Make(definitions_, Select({"delays.mean", "counts.n"}));
  ASSERT_FALSE(plan.ok());
  EXPECT_EQ(plan.status().code(), base::Code::kInvalidArgument);
}

TEST_F(FeaturePlanTest, RefusesAFeatureTwice) {
  std::vector<FeatureId> twice = Select({"delays.mean"});
  twice.push_back(twice.front());
  EXPECT_EQ(FeaturePlan::Make(definitions_, twice).status().code(), base::Code::kInvalidArgument);
}

TEST(FeatureStatusName, IsStable) {
  EXPECT_STREQ(FeatureStatusName(FeatureStatus::kPresent), "PRESENT");
  EXPECT_STREQ(FeatureStatusName(FeatureStatus::kNull), "NULL_VALUE");
  EXPECT_STREQ(FeatureStatusName(FeatureStatus::kNotFound), "NOT_FOUND");
  EXPECT_STREQ(FeatureStatusName(FeatureStatus::kOutsideMaxAge), "OUTSIDE_MAX_AGE");
  EXPECT_STREQ(FeatureStatusName(FeatureStatus::kOutsideRetention), "OUTSIDE_RETENTION");
  EXPECT_STREQ(FeatureStatusName(FeatureStatus::kNullKey), "NULL_KEY");
  EXPECT_STREQ(FeatureStatusName(FeatureStatus::kError), "ERROR");
}

}  // namespace
}  // namespace plumb::engine
