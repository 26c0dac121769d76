#include "features/lock_file_changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "features/lock_file_world_test.h"

namespace plumb::features {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// The locked project against one in which `to` stands for `from`.
struct Compared {
  DefinitionsPtr definitions;
  LockChanges changes;

  Compared(const LockFile& lock, const std::string& text, const std::vector<std::string>& patterns)
      : definitions(LoadGood(text)), changes(CompareWithLock(lock, *definitions, LateModel(*definitions, patterns))) {}

  [[nodiscard]] const ViewLockChange& View(const std::string& name) const {
    for (const ViewLockChange& view : changes.views) {
      if (view.name == name) return view;
    }
    ADD_FAILURE() << name;
    return changes.views.front();
  }
  [[nodiscard]] const FeatureLockChange& Feature(const std::string& view, const std::string& name) const {
    for (const FeatureLockChange& feature : View(view).features) {
      if (feature.name == name) return feature;
    }
    ADD_FAILURE() << name;
    return View(view).features.front();
  }
};

Compared Change(const char* from, const char* to) {
  return {LockOf(kLockedProject), Replace(kLockedProject, from, to), {"delays.*", "trip.vs_usual"}};
}

TEST(LockChanges, AProjectThatAgreesHasNone) {
  const Compared same = Change("owner: ops@example.com", "owner: you@example.com");
  EXPECT_FALSE(same.changes.has_changes());
  EXPECT_EQ(same.changes.after, LockOf(kLockedProject));
  EXPECT_THAT(same.changes.AggregatesToFill(), IsEmpty());
}

TEST(LockChanges, EverythingIsNewWithoutALock) {
  const Compared fresh({}, kLockedProject, {"delays.*"});
  EXPECT_TRUE(fresh.changes.has_changes());
  for (const ViewLockChange& view : fresh.changes.views) {
    EXPECT_EQ(view.kind, LockChange::kAdded);
    EXPECT_EQ(view.after.version, 1);
  }
  EXPECT_EQ(fresh.changes.AggregatesToFill().size(), 5U);
  EXPECT_EQ(fresh.changes.models.front().added.size(), 4U);
}

TEST(LockChanges, AnAddedFeatureFillsOneAggregate) {
  const Compared grown =
      Change("      last: last(delay)\n", "      last: last(delay)\n      worst: max(delay) over 24h\n");
  const ViewLockChange& view = grown.View("delays");
  EXPECT_EQ(view.kind, LockChange::kChanged);
  EXPECT_EQ(view.before.version, 1);
  EXPECT_EQ(view.after.version, 2);
  EXPECT_EQ(grown.Feature("delays", "worst").kind, LockChange::kAdded);
  EXPECT_EQ(grown.Feature("delays", "last").kind, LockChange::kSame);
  ASSERT_EQ(grown.changes.AggregatesToFill().size(), 1U);
  EXPECT_EQ(grown.changes.AggregatesToFill()[0].text, "max(delay) over 1d");
  EXPECT_THAT(grown.changes.models[0].added, ElementsAre("delays.worst"));
  EXPECT_EQ(grown.changes.models[0].kind, LockChange::kChanged);
  EXPECT_EQ(grown.View("weather").kind, LockChange::kSame);
}

TEST(LockChanges, AChangedFeatureHasBothExpressions) {
  const Compared changed = Change("avg(delay) over 24h", "avg(delay) over 12h");
  const FeatureLockChange& feature = changed.Feature("delays", "delay_avg_24h");
  EXPECT_EQ(feature.kind, LockChange::kChanged);
  EXPECT_EQ(feature.before.expression, "avg(delay) over 1d");
  EXPECT_EQ(feature.after.expression, "avg(delay) over 12h");
  EXPECT_THAT(feature.reasons, IsEmpty());
  // What looks into it changes too, and says why; the model's list is as it was.
  EXPECT_THAT(changed.Feature("trip", "vs_usual").reasons, ElementsAre("delays.delay_avg_24h changed"));
  EXPECT_EQ(changed.Feature("trip", "wind").kind, LockChange::kSame);
  EXPECT_EQ(changed.changes.models[0].kind, LockChange::kSame);
  EXPECT_THAT(changed.changes.models[0].changed, ElementsAre("delays.delay_avg_24h", "trip.vs_usual"));
  size_t removed = 0;
  for (const AggregateLockChange& aggregate : changed.View("delays").aggregates) {
    removed += aggregate.kind == LockChange::kRemoved ? 1 : 0;
  }
  EXPECT_EQ(removed, 1U);
}

TEST(LockChanges, ARemovedFeatureIsMissedByTheModel) {
  const Compared less = Change("      last: last(delay)\n", "");
  EXPECT_EQ(less.Feature("delays", "last").kind, LockChange::kRemoved);
  EXPECT_EQ(less.Feature("delays", "last").before.expression, "last(delay)");
  EXPECT_THAT(less.changes.models[0].removed, ElementsAre("delays.last"));
  EXPECT_THAT(less.changes.AggregatesToFill(), IsEmpty());
}

struct Reason {
  const char* from;
  const char* to;
  const char* view;
  const char* feature;
  const char* reason;
};

TEST(LockChanges, SayWhyAFeatureOfTheSameExpressionChanged) {
  for (const Reason& reason : std::vector<Reason>{
           {"available_after: 10m", "available_after: 20m", "delays", "last", "the rows of source flights changed"},
           {"late: delay >= 15", "late: delay >= 30", "delays", "late_share", "columns of source flights changed"},
           {"max_age: 30d", "max_age: 31d", "delays", "last", "max_age was 30d, is 31d"},
           {"carrier: {key: {carrier: string}}", "carrier: {key: {origin: string}}", "delays", "last",
            "inputs was carrier string, is origin string"},
           {"wind: float64", "wind: int64", "trip", "wind", "type was float64, is int64"},
           {"last(wind)", "max(wind) over 1h", "trip", "wind", "weather.wind changed"},
       }) {
    std::string text = Replace(kLockedProject, reason.from, reason.to);
    if (text.find("{key: {origin") != std::string::npos) {
      text = Replace(text, "request: {carrier", "request: {seat: string, carrier");
    }
    const Compared changed(LockOf(kLockedProject), text, {"delays.*"});
    EXPECT_THAT(changed.Feature(reason.view, reason.feature).reasons, testing::Contains(reason.reason)) << reason.to;
  }
}

TEST(LockChanges, AChangedSourceIsToBeLoadedAnew) {
  const Compared changed = Change("available_after: 10m", "available_after: 20m");
  EXPECT_EQ(changed.changes.sources[0].name, "flights");
  EXPECT_EQ(changed.changes.sources[0].kind, LockChange::kChanged);
  EXPECT_EQ(changed.changes.sources[1].kind, LockChange::kSame);
  EXPECT_EQ(changed.changes.AggregatesToFill().size(), 4U);
  EXPECT_EQ(Change("late: delay >= 15", "late: delay >= 30").changes.sources[0].kind, LockChange::kSame);
}

TEST(LockChanges, KnowAVersionThatWasThereBefore) {
  const std::string other = Replace(kLockedProject, "avg(delay) over 24h", "avg(delay) over 12h");
  const LockFile second = LockOf(other, LockOf(kLockedProject));
  const Compared back(second, kLockedProject, {"delays.*", "trip.vs_usual"});
  EXPECT_TRUE(back.View("delays").is_return);
  EXPECT_EQ(back.View("delays").before.version, 2);
  EXPECT_EQ(back.View("delays").after.version, 1);
  EXPECT_FALSE(
      Compared(second, Replace(kLockedProject, "last(delay)", "first(delay)"), {"delays.*"}).View("delays").is_return);
}

TEST(LockChanges, AggregatesThatAnotherViewHasAreThere) {
  const std::string twin = std::string(kLockedProject) +
                           "  twin:\n    entity: carrier\n    source: flights\n    features: {n: count() over 24h}\n";
  const Compared added(LockOf(kLockedProject), twin, {"delays.*", "trip.vs_usual"});
  EXPECT_EQ(added.View("twin").kind, LockChange::kAdded);
  EXPECT_EQ(added.View("twin").aggregates.front().kind, LockChange::kSame);
  EXPECT_THAT(added.changes.AggregatesToFill(), IsEmpty());
}

TEST(LockChanges, AreReportedWithPlaceAndBothIdentities) {
  struct Case {
    const char* from;
    const char* to;
    std::vector<std::string> messages;
  };
  const LockFile lock = LockOf(kLockedProject);
  const std::string was = ShortIdentity(lock.views.at("delays").features.at("delay_avg_24h").identity);
  for (const Case& c : std::vector<Case>{
           {"avg(delay) over 24h",
            "avg(delay) over 12h",
            {"delays.delay_avg_24h, locked " + was + ", is ", "trip.vs_usual, locked "}},
           {"      last: last(delay)\n", "", {"delays.last, locked ", "fewer: delays.last"}},
           {"      last: last(delay)\n",
            "      last: last(delay)\n      n: count() over 1h\n",
            {"Feature is not in plumb.lock: delays.n, locked none, is ", "more: delays.n"}},
           {"  reports:\n",
            "  more:\n    event_time: a\n    columns: {a: timestamp}\n  reports:\n",
            {"Source is not in plumb.lock: more"}},
           {"  trip:\n",
            "  other:\n",
            {"View is not in plumb.lock: other", "View of plumb.lock is not in the project: trip"}},
       }) {
    const bool is_renamed = std::string(c.to) == "  other:\n";
    const Compared changed(lock, Replace(kLockedProject, c.from, c.to),
                           {"delays.*", is_renamed ? "other.vs_usual" : "trip.vs_usual"});
    base::Diagnostics diagnostics;
    ReportLockChanges(changed.changes, &diagnostics);
    const std::string shown = diagnostics.Render(false);
    for (const std::string& message : c.messages) EXPECT_THAT(shown, HasSubstr(message)) << c.to;
    EXPECT_GE(diagnostics.errors(), c.messages.size());
  }
}

}  // namespace
}  // namespace plumb::features
