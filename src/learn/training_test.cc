// Trains a tiny model with the real library and looks at what the registry then holds.
#include "learn/training.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "base/random.h"
#include "learn/learn_world_test.h"
#include "predict/version_bundle.h"

namespace plumb::learn {
namespace {

using base::Code;
using testing_world::kModel;
using testing_world::LearnWorld;
using testing_world::Replaced;

// Long flights are late, mostly. A hundred examples a part.
struct Tables {
  std::string schedule = "flight_id,carrier,scheduled,distance\n";
  std::string flights = "flight_id,op,carrier,arrived_at,known,arr_delay\n";
};
Tables MakeTables(const std::set<std::string>& constant_months = {}, const std::set<std::string>& empty_months = {}) {
  base::Random random(5);
  Tables tables;
  int id = 0;
  for (const std::string month : {"2013-01-", "2013-02-", "2013-03-"}) {
    if (empty_months.contains(month)) continue;
    for (int i = 0; i < 100; i++) {
      const std::string name = "f" + std::to_string(id++);
      const std::string day = month + std::to_string(10 + i % 15);
      const auto distance = static_cast<int64_t>(random.Below(2000));
      const bool late = !constant_months.contains(month) && (random.Chance(0.1) != (distance > 1000));
      tables.schedule +=
          name + "," + (i % 3 == 0 ? "UA" : "DL") + "," + day + " 09:00," + std::to_string(distance) + "\n";
      tables.flights += name + ",,UA," + day + " 10:00," + day + " 10:10," + (late ? "60" : "0") + "\n";
    }
  }
  return tables;
}

class TrainingTest : public testing::Test {
 protected:
  void SetUp() override {
    state_ = base::JoinPath(testing::TempDir(), "plumb_learn_XXXXXX");
    ASSERT_NE(mkdtemp(state_.data()), nullptr);
    registry_ = registry::Registry::Open(base::RealFileSystem(), clock_, state_).value();
  }
  void TearDown() override {
    registry_.reset();
    EXPECT_TRUE(base::RealFileSystem().RemoveAll(state_).ok());
  }

  base::Result<TrainedVersion> Train(const Tables& tables, const TrainOptionsForModel& options = {.threads = 1},
                                     const std::string& model = kModel) {
    LearnWorld world(model);
    world.Events("schedule", tables.schedule).Events("flights", tables.flights);
    return TrainModel(world.model(), world.Plan(), world.MustBuild(), *registry_, options);
  }

  // The one run is failed, and nothing else was registered.
  void ExpectOnlyAFailedRun() {
    const auto runs = registry_->Runs("late");
    ASSERT_TRUE(runs.ok());
    ASSERT_EQ(runs->size(), 1U);
    EXPECT_EQ(runs->front().status, "failed");
    const auto versions = registry_->Versions("late");
    EXPECT_TRUE(!versions.ok() || versions->empty());
    EXPECT_EQ(registry_->Resolve("late@latest").status().code(), Code::kNotFound);
  }

  base::ManualClock clock_{1'400'000'000 * base::kSecond};
  std::string state_;
  std::unique_ptr<registry::Registry> registry_;
};

TEST_F(TrainingTest, RegistersAVersionThatCanBeServed) {
  std::vector<int> rounds;
  TrainOptionsForModel options{.threads = 1};
  options.data_manifest.Set("schedule", "v1");
  options.progress = [&](int round, double, double) {
    rounds.push_back(round);
    return true;
  };
  const auto trained = Train(MakeTables(), options);
  ASSERT_TRUE(trained.ok()) << trained.status().ToString();
  const registry::Version& version = trained->version;
  EXPECT_EQ(version.number, 1);
  EXPECT_EQ(std::set<std::string>(version.aliases.begin(), version.aliases.end()),
            (std::set<std::string>{"champion", "latest"}));
  EXPECT_EQ(*version.data.Find("sources"), options.data_manifest);
  EXPECT_EQ(version.data.Find("rows")->Dump(), R"({"train":100,"validate":100,"test":100})");
  EXPECT_FALSE(rounds.empty());

  const TrainingReport& report = trained->report;
  EXPECT_EQ(report.test.rows, 100);
  EXPECT_GT(report.test.positives, 20);
  EXPECT_GT(report.test.roc_auc.value, 0.75);
  EXPECT_LE(report.test.roc_auc.low, report.test.roc_auc.value);
  EXPECT_GE(report.test.roc_auc.high, report.test.roc_auc.value);
  EXPECT_GE(report.best_round, 1);
  EXPECT_EQ(report.importance.size(), 5U);
  EXPECT_EQ(report.importance[0].feature, "trip.far");
  EXPECT_EQ(report.ToJson().Find("test")->Find("rows")->AsInt(), 100);

  const auto bundle = predict::LoadVersionBundle(*registry_, version);
  ASSERT_TRUE(bundle.ok()) << bundle.status().ToString();
  EXPECT_EQ((*bundle)->plan.outputs().size(), 5U);

  const auto run = registry_->GetRun(version.run_id);
  ASSERT_TRUE(run.ok());
  EXPECT_EQ(run->status, "finished");
  EXPECT_EQ(run->parameters.at("max_depth"), "2");
  EXPECT_EQ(run->metrics.at("test.roc_auc"), report.test.roc_auc.value);
}

TEST_F(TrainingTest, TrainsTheSameModelTwice) {
  const auto first = Train(MakeTables()), second = Train(MakeTables());
  ASSERT_TRUE(first.ok()) << first.status().ToString();
  ASSERT_TRUE(second.ok()) << second.status().ToString();
  EXPECT_EQ(second->version.number, 2);
  EXPECT_EQ(second->version.artifacts, first->version.artifacts);
  EXPECT_EQ(second->version.aliases, std::vector<std::string>{"latest"}) << "the champion stays";
  EXPECT_EQ(registry_->Resolve("late@champion")->number, 1);
}

TEST_F(TrainingTest, RefusesLabelsThatAreAllEqual) {
  for (const char* month : {"2013-01-", "2013-02-", "2013-03-"}) {
    TearDown();
    SetUp();
    const auto trained = Train(MakeTables({month}));
    ASSERT_FALSE(trained.ok()) << month;
    EXPECT_EQ(trained.status().code(), Code::kInvalidArgument);
    EXPECT_NE(trained.status().message().find("All labels of a part are equal"), std::string::npos)
        << trained.status().message();
    ExpectOnlyAFailedRun();
  }
}

TEST_F(TrainingTest, RefusesAnEmptyPart) {
  const struct {
    const char* month;
    const char* part;
  } cases[] = {{"2013-01-", "train"}, {"2013-02-", "validate"}, {"2013-03-", "test"}};
  for (const auto& c : cases) {
    TearDown();
    SetUp();
    const auto trained = Train(MakeTables({}, {c.month}));
    ASSERT_FALSE(trained.ok()) << c.part;
    EXPECT_EQ(trained.status().code(), Code::kInvalidArgument);
    EXPECT_EQ(trained.status().message(), std::string("Split leaves a part empty: ") + c.part + ".");
    ExpectOnlyAFailedRun();
  }
}

TEST_F(TrainingTest, IsCancelledByProgress) {
  TrainOptionsForModel options{.threads = 1};
  options.progress = [](int round, double, double) { return round < 2; };
  EXPECT_EQ(Train(MakeTables(), options).status().code(), Code::kCancelled);
  ExpectOnlyAFailedRun();
}

TEST_F(TrainingTest, PassesOnWhatTheLibraryRefuses) {
  const auto trained = Train(MakeTables(), {.threads = 1}, Replaced(kModel, "max_depth: 2", "max_depth: deep"));
  ASSERT_FALSE(trained.ok());
  EXPECT_EQ(trained.status().code(), Code::kInvalidArgument);
  EXPECT_NE(trained.status().message().find("max_depth"), std::string::npos) << trained.status().message();
  ExpectOnlyAFailedRun();
}

}  // namespace
}  // namespace plumb::learn
