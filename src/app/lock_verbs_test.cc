// plan, apply and check --locked as a whole, on a file system in memory that fails when told to.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "app/exit_code.h"
#include "app/lock_plan.h"
#include "app/trial_computation.h"
#include "app/verbs.h"
#include "base/memory_file_system.h"
#include "features/events.h"

namespace plumb::app {
namespace {

using base::Code;
using testing::HasSubstr;

constexpr const char* kProject = R"(sources:
  flights:
    path: data/flights.csv
    event_time: arrived_at
    available_after: 10m
    columns: {carrier: string, arrived_at: timestamp, delay: float64}
  orders:
    event_time: at
    columns: {customer: string, at: timestamp}
entities:
  carrier: {key: {carrier: string}}
  customer: {key: {customer: string}}
feature_views:
  delays:
    entity: carrier
    source: flights
    features: {flights_24h: count() over 24h, delay_avg_24h: avg(delay) over 24h}
  shopping:
    entity: customer
    source: orders
    features: {orders_7d: count() over 7d}
  trip:
    request: {carrier: string, distance: float64}
    features: {usual: delays.delay_avg_24h}
)";

class LockVerbsTest : public testing::Test {
 protected:
  LockVerbsTest() { Say(kProject); }

  void Say(const std::string& project) { files_.Put("/work/project.yaml", project); }
  void Replace(const std::string& from, const std::string& to) {
    std::string text = files_.ReadFile("/work/project.yaml").value();
    const size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    Say(text.replace(at, from.size(), to));
  }

  Invocation MakeInvocation() {
    GlobalOptions globals;
    globals.project = "/work";
    return {.files = files_, .clock = clock_, .environment = {}, .terminal = terminal_, .globals = globals};
  }
  base::Result<int> Apply(bool force = false) {
    Invocation invocation = MakeInvocation();
    return RunApply(invocation, {force});
  }
  base::Result<int> Plan() {
    Invocation invocation = MakeInvocation();
    return RunPlan(invocation, {true});
  }
  base::Result<int> Check(bool locked) {
    Invocation invocation = MakeInvocation();
    return RunCheck(invocation, {locked});
  }
  LockPlan PlanOf() {
    const Invocation invocation = MakeInvocation();
    project_ = OpenProject(invocation).value();
    return MakeLockPlan(invocation, project_).value();
  }
  std::string LockText() {
    const auto text = files_.ReadFile("/work/plumb.lock");
    return text.ok() ? *text : "";
  }

  // Flights of two carriers, one an hour.
  void Load(int rows) {
    const Invocation invocation = MakeInvocation();
    const Project project = OpenProject(invocation).value();
    const features::Source& source = *project.definitions->FindSource("flights");
    data::Batch batch(source.columns);
    for (int row = 0; row < rows; row++) {
      batch.columns[0].AppendString(row % 2 == 0 ? "UA" : "B6");
      batch.columns[1].AppendInt(row * base::kHour);
      batch.columns[2].AppendDouble(row);
      batch.rows++;
    }
    store::Lake lake(files_, clock_, project.state_directory);
    const auto events = features::MakeEvents(source, batch, {});
    ASSERT_TRUE(events.ok()) << events.status().ToString();
    ASSERT_TRUE(lake.Commit("flights", events->rows, base::Json("test"), true).ok());
  }

  base::MemoryFileSystem files_;
  base::ManualClock clock_{1'700'000'000 * base::kSecond};
  Terminal terminal_{clock_};
  Project project_;
};

TEST_F(LockVerbsTest, ApplyWritesTheLockOnceAndThenHasNothingToDo) {
  EXPECT_EQ(Plan().value(), kExitProblems);
  EXPECT_EQ(Check(false).value(), kExitOk);
  EXPECT_EQ(Check(true).value(), kExitProblems) << "missing";
  EXPECT_EQ(Apply().value(), kExitOk);
  const std::string text = LockText();
  EXPECT_THAT(text, HasSubstr("  delays:\n    version: 1\n"));
  EXPECT_EQ(Plan().value(), kExitOk);
  EXPECT_EQ(Check(true).value(), kExitOk);
  const int64_t written = files_.Stat("/work/plumb.lock")->modified_time;
  EXPECT_EQ(Apply().value(), kExitOk);
  EXPECT_EQ(LockText(), text);
  EXPECT_EQ(files_.Stat("/work/plumb.lock")->modified_time, written) << "it was not written again";
  EXPECT_FALSE(files_.Exists("/work/.plumb")) << "no state is made";
}

TEST_F(LockVerbsTest, CheckLockedRefusesWhatApplyAccepts) {
  ASSERT_TRUE(Apply().ok());
  Replace("avg(delay) over 24h", "avg(delay) over 12h");
  EXPECT_EQ(Check(false).value(), kExitOk) << "a note";
  EXPECT_EQ(Check(true).value(), kExitProblems);
  ASSERT_TRUE(Apply().ok());
  EXPECT_EQ(Check(true).value(), kExitOk);
  EXPECT_THAT(LockText(), HasSubstr("  delays:\n    version: 2\n"));
}

TEST_F(LockVerbsTest, ABrokenLockIsRefusedByAll) {
  ASSERT_TRUE(Apply().ok());
  const std::string text = LockText();
  struct Case {
    std::string text;
    Code code;
  };
  const size_t checksum = text.find("checksum: ");
  for (const Case& c :
       std::vector<Case>{{text.substr(0, checksum), Code::kInvalidArgument},
                         {"<<<<<<< HEAD\n" + text, Code::kInvalidArgument},
                         {text.substr(0, checksum) + "checksum: " + std::string(64, '0') + "\n", Code::kDataLoss}}) {
    files_.Put("/work/plumb.lock", c.text);
    EXPECT_EQ(Plan().status().code(), c.code);
    EXPECT_EQ(Apply().status().code(), c.code);
    EXPECT_EQ(Apply(/*force=*/true).status().code(), c.code);
    EXPECT_EQ(LockText(), c.text) << "left as it is";
    EXPECT_EQ(Check(false).value(), kExitProblems);
    EXPECT_EQ(Check(true).value(), kExitProblems);
  }
}

TEST_F(LockVerbsTest, EveryFailureLeavesTheOldLockOrTheNewOne) {
  Load(10);
  ASSERT_TRUE(Apply().ok());
  const std::string before = LockText();
  Replace("count() over 24h", "count() over 12h");
  const std::string project = files_.ReadFile("/work/project.yaml").value();
  const int64_t first = files_.operations();
  ASSERT_TRUE(Apply().ok());
  const int64_t count = files_.operations() - first;
  const std::string after = LockText();
  ASSERT_NE(before, after);
  int64_t failures = 0;
  for (int64_t at = 0; at < count; at++) {
    for (const bool crashes : {false, true}) {
      files_.Put("/work/plumb.lock", before);
      files_.FailAt(files_.operations() + at, at % 2 == 0 ? Code::kIo : Code::kResourceExhausted, /*sticky=*/crashes);
      const auto applied = Apply();
      files_.ClearFaults();
      if (crashes) files_.Crash();
      failures += applied.ok() ? 0 : 1;
      const std::string now = LockText();
      EXPECT_TRUE(now == before || now == after) << at;
      EXPECT_TRUE(!applied.ok() || now == after) << at;
      ASSERT_EQ(files_.ReadFile("/work/project.yaml").value(), project);
    }
  }
  EXPECT_GT(failures, count) << "most operations matter";
}

TEST_F(LockVerbsTest, AFullDiskLeavesTheOldLock) {
  ASSERT_TRUE(Apply().ok());
  const std::string before = LockText();
  Replace("count() over 24h", "count() over 12h");
  files_.SetCapacity(static_cast<int64_t>(before.size()));
  EXPECT_EQ(Apply().status().code(), Code::kResourceExhausted);
  EXPECT_EQ(LockText(), before);
  files_.ClearFaults();
  EXPECT_TRUE(Apply().ok());
  EXPECT_NE(LockText(), before);
}

TEST_F(LockVerbsTest, ThePlanSaysWhatTheLakeHasAndWhatFillingCosts) {
  Load(10);
  ASSERT_TRUE(Apply().ok());
  EXPECT_EQ(PlanOf().cost.aggregates, 0);
  Replace("delay_avg_24h: avg(delay) over 24h", "delay_avg_24h: avg(delay) over 24h, worst: max(delay) over 7d");
  const LockPlan plan = PlanOf();
  EXPECT_EQ(plan.cost.aggregates, 1);
  EXPECT_EQ(plan.cost.row_updates, 10);
  EXPECT_GT(plan.cost.bytes, 0);
  EXPECT_TRUE(plan.loaded.at("flights").is_loaded);
  EXPECT_FALSE(plan.loaded.at("orders").is_loaded);
  const std::string text = LockPlanText(plan);
  EXPECT_THAT(text, HasSubstr("~ delays  v1 → v2"));
  EXPECT_THAT(text, HasSubstr("+ worst  max(delay) over"));
  EXPECT_THAT(text, HasSubstr("3 aggregates: 1 to be filled, 2 kept, 0 no longer used"));
  EXPECT_THAT(text, HasSubstr("10 row updates"));
  EXPECT_EQ(LockPlanToJson(plan).Find("backfill")->Find("row_updates")->AsInt(), 10);
}

TEST_F(LockVerbsTest, ASourceOfOtherColumnsIsToBeLoadedAnew) {
  Load(10);
  ASSERT_TRUE(Apply().ok());
  Replace("delay: float64}", "delay: float64, seats: int64}");
  const LockPlan plan = PlanOf();
  EXPECT_TRUE(plan.loaded.at("flights").is_outdated);
  EXPECT_EQ(plan.changes.sources[0].kind, features::LockChange::kChanged);
  EXPECT_FALSE(plan.changes.views[0].kind != features::LockChange::kSame) << "unused columns change no feature";
  EXPECT_THAT(LockPlanText(plan), HasSubstr("to be loaded anew"));
}

TEST_F(LockVerbsTest, FeaturesAreTriedOnTheNewestRows) {
  Load(500);
  const LockPlan plan = PlanOf();
  const Invocation invocation = MakeInvocation();
  store::Lake lake(files_, clock_, project_.state_directory);
  const auto executor = base::MakeExecutor(1);
  const auto trials = TryFeatures(lake, project_.definitions, plan.changes, *executor);
  ASSERT_TRUE(trials.ok()) << trials.status().ToString();
  ASSERT_EQ(trials->size(), 2U) << "the request view has no rows";
  const TrialOfView& delays = (*trials)[0];
  EXPECT_EQ(delays.view, "delays");
  EXPECT_EQ(delays.rows, 500);
  EXPECT_EQ(delays.questions, kTrialQuestionsMax);
  EXPECT_EQ(delays.present, 2 * kTrialQuestionsMax) << "each question sees its own event";
  EXPECT_EQ(delays.erroneous, 0);
  EXPECT_THAT((*trials)[1].skipped, HasSubstr("orders has not been loaded"));
}

TEST_F(LockVerbsTest, ALakeThatCannotBeReadStopsApply) {
  Load(10);
  const auto parts = files_.List("/work/.plumb/lake/flights").value();
  for (const base::FileInfo& file : parts) {
    if (file.name.starts_with("part-")) files_.Corrupt("/work/.plumb/lake/flights/" + file.name, 20);
  }
  EXPECT_EQ(Apply().status().code(), Code::kDataLoss);
  EXPECT_EQ(LockText(), "");
}

}  // namespace
}  // namespace plumb::app
