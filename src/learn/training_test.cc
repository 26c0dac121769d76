// Trains a tiny model with the real library and looks at what the registry then holds.
#include "learn/training.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
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

// The same, with the delay that a distance of so many miles gives: 40 rows of each of the parts.
Tables MakeDelays(const std::function<double(int64_t distance, const std::string& month)>& delay) {
  base::Random random(6);
  Tables tables;
  int id = 0;
  for (const std::string month : {"2013-01-", "2013-02-", "2013-03-"}) {
    for (int i = 0; i < 120; i++) {
      const std::string name = "f" + std::to_string(id++), day = month + std::to_string(10 + i % 15);
      const auto distance = static_cast<int64_t>(random.Below(2000));
      tables.schedule +=
          name + "," + (i % 3 == 0 ? "UA" : "DL") + "," + day + " 09:00," + std::to_string(distance) + "\n";
      tables.flights +=
          name + ",,UA," + day + " 10:00," + day + " 10:10," + std::to_string(delay(distance, month)) + "\n";
    }
  }
  return tables;
}

std::string WithObjective(const std::string& objective, const std::string& label) {
  return Replaced(Replaced(kModel, "with: xgboost", "with: xgboost, objective: " + objective), "arr_delay >= 15",
                  label);
}

bool Warns(const TrainingReport& report, const std::string& text) {
  return std::any_of(report.warnings.begin(), report.warnings.end(),
                     [&](const std::string& warning) { return warning.find(text) != std::string::npos; });
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

  // The same with the events to check against; `spoil` may change the dataset first.
  base::Result<TrainedVersion> TrainChecked(const Tables& tables,
                                            const std::function<void(Dataset*)>& spoil = nullptr) {
    LearnWorld world;
    world.Events("schedule", tables.schedule).Events("flights", tables.flights);
    Dataset dataset = world.MustBuild();
    if (spoil) spoil(&dataset);
    TrainOptionsForModel options{.threads = 1};
    options.events = &world.log();
    return TrainModel(world.model(), world.Plan(), dataset, *registry_, options);
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
  EXPECT_GT(report.test.Metric("roc_auc").value, 0.75);
  EXPECT_LE(report.test.Metric("roc_auc").low, report.test.Metric("roc_auc").value);
  EXPECT_GE(report.test.Metric("roc_auc").high, report.test.Metric("roc_auc").value);
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
  EXPECT_EQ(run->metrics.at("test.roc_auc"), report.test.Metric("roc_auc").value);
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

constexpr const char* kFate = "case when arr_delay > 60 then 'awful' when arr_delay > 15 then 'late' else 'fine' end";
double FateDelay(int64_t distance, const std::string&) { return distance > 1500 ? 90 : distance > 800 ? 30 : 0; }

TEST_F(TrainingTest, TrainsSeveralClasses) {
  const auto trained = Train(MakeDelays(FateDelay), {.threads = 1}, WithObjective("multi:softprob", kFate));
  ASSERT_TRUE(trained.ok()) << trained.status().ToString();
  const TrainingReport& report = trained->report;
  EXPECT_EQ(report.task, model::Task::kClasses);
  EXPECT_EQ(report.classes, (std::vector<std::string>{"awful", "fine", "late"}));
  EXPECT_EQ(report.rounds.metric, "mlogloss");
  EXPECT_GT(report.test.Metric("accuracy").value, 0.8);
  EXPECT_LT(report.test.Metric("log_loss").value, 0.8);
  EXPECT_TRUE(report.test.Metric("log_loss").has_interval);
  EXPECT_EQ(report.test.class_rows.size(), 3U);
  EXPECT_EQ(report.test.confusion.size(), 3U);
  EXPECT_EQ(report.permutation.metric, "log_loss");
  const auto bundle = predict::LoadVersionBundle(*registry_, trained->version);
  ASSERT_TRUE(bundle.ok()) << bundle.status().ToString();
  EXPECT_EQ((*bundle)->predictor->outputs(), 3U);
  EXPECT_EQ((*bundle)->classes.Texts(), report.classes);
  EXPECT_EQ(*trained->version.metrics.Find("task"), base::Json("classes"));
}

TEST_F(TrainingTest, LeavesClassesThatTrainingNeverSawOutOfTheMetrics) {
  int row = 0;
  const Tables tables = MakeDelays([&](int64_t distance, const std::string& month) {
    return month != "2013-01-" && row++ % 10 == 0 ? 90 : distance > 1000 ? 30.0 : 0.0;
  });
  const auto trained = Train(tables, {.threads = 1}, WithObjective("multi:softprob", kFate));
  ASSERT_TRUE(trained.ok()) << trained.status().ToString();
  EXPECT_EQ(trained->report.classes, (std::vector<std::string>{"fine", "late"}));
  EXPECT_EQ(trained->report.train.unseen_classes, 0);
  EXPECT_EQ(trained->report.validate.unseen_classes, 12);
  EXPECT_EQ(trained->report.test.unseen_classes, 12);
  EXPECT_EQ(trained->report.test.rows, 108);
  EXPECT_TRUE(Warns(trained->report, "Training never saw the class of rows, which are in no metric: test, 12 rows."));
}

TEST_F(TrainingTest, RefusesAPartOfUnseenClassesOnly) {
  const Tables tables = MakeDelays([](int64_t distance, const std::string& month) {
    return month == "2013-02-" ? 90 : distance > 1000 ? 30.0 : 0.0;
  });
  const auto trained = Train(tables, {.threads = 1}, WithObjective("multi:softprob", kFate));
  EXPECT_EQ(trained.status().message(), "Training saw none of the classes of a part: validate, 120 rows.");
  ExpectOnlyAFailedRun();
}

TEST_F(TrainingTest, TrainsRegressions) {
  for (const char* objective : {"reg:squarederror", "reg:absoluteerror", "reg:pseudohubererror"}) {
    SCOPED_TRACE(objective);
    const Tables tables =
        MakeDelays([](int64_t distance, const std::string&) { return static_cast<double>(distance) / 100 + 3; });
    const std::string model =
        Replaced(WithObjective(objective, "arr_delay"), "rounds: 20", "rounds: 60, eta: 0.3, huber_slope: 20");
    const auto trained = Train(tables, {.threads = 1}, model);
    ASSERT_TRUE(trained.ok()) << trained.status().ToString();
    const TrainingReport& report = trained->report;
    EXPECT_EQ(report.task, model::Task::kRegression);
    EXPECT_LT(report.test.Metric("rmse").value, 2.5);
    EXPECT_LE(report.test.Metric("mae").value, report.test.Metric("rmse").value);
    EXPECT_GT(report.test.Metric("r2").value, 0.8);
    EXPECT_EQ(report.test.bins.size(), 10U);
    EXPECT_EQ(report.importance[0].feature, "trip.distance");
    EXPECT_GT(report.importance[0].permutation.worsening, 1);
    const auto bundle = predict::LoadVersionBundle(*registry_, trained->version);
    ASSERT_TRUE(bundle.ok()) << bundle.status().ToString();
    EXPECT_EQ((*bundle)->predictor->ensemble().task(), model::Task::kRegression);
    EXPECT_EQ(registry_->GetRun(trained->version.run_id)->metrics.at("test.rmse"), report.test.Metric("rmse").value);
  }
}

TEST_F(TrainingTest, RefusesARegressionOfOneNumber) {
  const Tables constant = MakeDelays([](int64_t, const std::string&) { return 7; });
  const auto trained = Train(constant, {.threads = 1}, WithObjective("reg:squarederror", "arr_delay"));
  EXPECT_EQ(trained.status().message(), "All labels of a part are equal: train, 120 rows.");
  ExpectOnlyAFailedRun();
  const auto one_class = Train(constant, {.threads = 1}, WithObjective("multi:softprob", kFate));
  EXPECT_EQ(one_class.status().message(), "All labels of a part are equal: train, 120 rows.");
}

TEST_F(TrainingTest, AConstantTestPartHasNoShareOfVarianceExplained) {
  const Tables tables = MakeDelays([](int64_t distance, const std::string& month) {
    return month == "2013-03-" ? 7.0 : static_cast<double>(distance) / 100;
  });
  const auto trained = Train(tables, {.threads = 1}, WithObjective("reg:squarederror", "arr_delay"));
  ASSERT_TRUE(trained.ok()) << trained.status().ToString();
  EXPECT_FALSE(trained->report.test.metrics.contains("r2"));
  EXPECT_TRUE(trained->report.test.metrics.contains("rmse"));
}

TEST_F(TrainingTest, WarnsOfAFeatureWithoutValuesAndRefusesNothingElse) {
  // Nobody lands for DL, whose delays are asked by the look-up too.
  Tables tables = MakeTables();
  for (size_t at = 0; (at = tables.schedule.find(",UA,", at)) != std::string::npos;)
    tables.schedule.replace(at, 4, ",DL,");
  const auto trained = Train(tables);
  ASSERT_TRUE(trained.ok()) << trained.status().ToString();
  EXPECT_TRUE(Warns(trained->report, "Feature has no value in the training part: delays.avg_1d."));
  EXPECT_TRUE(Warns(trained->report, "Feature has no value in the training part: trip.usual."));
  const auto none = Train(tables, {.threads = 1}, Replaced(kModel, "[delays.*, trip.*]", "[delays.*]"));
  EXPECT_EQ(none.status().code(), Code::kInvalidArgument);
  EXPECT_NE(none.status().message().find("No feature has a value in the training part: 2 features, 100 rows."),
            std::string::npos)
      << none.status().message();
}

TEST_F(TrainingTest, MeasuresSlicesWithIntervals) {
  const auto trained = Train(MakeTables(), {.threads = 1}, std::string(kModel) + "    slices: [carrier, trip.far]\n");
  ASSERT_TRUE(trained.ok()) << trained.status().ToString();
  const std::vector<SliceReport>& slices = trained->report.slices;
  ASSERT_EQ(slices.size(), 2U);
  EXPECT_EQ(slices[0].name, "carrier");
  ASSERT_EQ(slices[0].values.size(), 2U);
  EXPECT_EQ(slices[0].values[0].text, "DL");
  EXPECT_EQ(slices[0].values[0].rows, 66);
  EXPECT_EQ(slices[0].values[1].rows, 34);
  EXPECT_TRUE(slices[0].values[0].metrics.at("roc_auc").has_interval);
  EXPECT_EQ(slices[1].name, "trip.far");
  EXPECT_EQ(trained->version.metrics.Find("slices")->AsArray().size(), 2U);
}

TEST_F(TrainingTest, SaysHowMuchIsLostWithoutAFeature) {
  const auto trained = Train(MakeTables());
  ASSERT_TRUE(trained.ok()) << trained.status().ToString();
  const TrainingReport& report = trained->report;
  EXPECT_EQ(report.permutation.metric, "roc_auc");
  EXPECT_EQ(report.permutation.rows, 100);
  EXPECT_EQ(report.permutation.reference, report.validate.Metric("roc_auc").value);
  double most = 0;
  for (const TrainingReport::Importance& entry : report.importance) {
    if (entry.gain == 0) {
      EXPECT_EQ(entry.permutation.worsening, 0) << entry.feature;
    }
    most = std::max(most, entry.permutation.worsening);
  }
  EXPECT_GT(most, 0.1);
}

TEST_F(TrainingTest, PointsAtAFeatureThatHoldsTheAnswer) {
  const Tables tables = MakeDelays([](int64_t distance, const std::string&) { return distance > 1000 ? 60 : 0; });
  const auto trained = Train(tables);
  ASSERT_TRUE(trained.ok()) << trained.status().ToString();
  const LeakageReport& leakage = trained->report.leakage;
  EXPECT_EQ(leakage.measure, "roc_auc");
  EXPECT_EQ(leakage.signals.size(), 5U);
  EXPECT_EQ(leakage.signals[0].strength, 1);
  EXPECT_TRUE(leakage.signals[0].suspicious);
  EXPECT_FALSE(leakage.signals.back().suspicious);
  EXPECT_TRUE(Warns(trained->report, "Feature alone predicts the label suspiciously well: trip.far, roc_auc 1.000."));
  EXPECT_EQ(leakage.knowledge.rows, 0) << "there were no events to check against";
}

TEST_F(TrainingTest, SaysWhichEntitiesOfTheTestWereSeenInTraining) {
  Tables tables = MakeTables();
  const size_t last = tables.schedule.rfind(",DL,");
  tables.schedule.replace(last, 4, ",ZZ,");
  const auto trained = Train(tables);
  ASSERT_TRUE(trained.ok()) << trained.status().ToString();
  ASSERT_EQ(trained->report.leakage.entities.size(), 1U);
  EXPECT_EQ(trained->report.leakage.entities[0].entity, "carrier");
  EXPECT_EQ(trained->report.leakage.entities[0].test_keys, 3);
  EXPECT_EQ(trained->report.leakage.entities[0].seen_in_training, 2);
}

TEST_F(TrainingTest, RecomputesFeaturesFromWhatWasKnown) {
  const auto trained = TrainChecked(MakeTables());
  ASSERT_TRUE(trained.ok()) << trained.status().ToString();
  EXPECT_EQ(trained->report.leakage.knowledge.rows, 200);
  EXPECT_EQ(trained->report.leakage.knowledge.values, 1000);
  EXPECT_EQ(trained->report.leakage.knowledge.mismatched, 0);
}

TEST_F(TrainingTest, RefusesFeaturesThatNobodyCouldKnow) {
  const auto trained = TrainChecked(MakeTables(), [](Dataset* dataset) {
    data::Column& column = dataset->features.values.columns[1];
    column = data::Column::Repeat(data::Value::Float64(60), dataset->rows());
  });
  EXPECT_EQ(trained.status().code(), Code::kDataLoss);
  EXPECT_NE(trained.status().message().find("delays.last_delay: carrier="), std::string::npos)
      << trained.status().message();
  ExpectOnlyAFailedRun();
}

// What the timetable says of a flight as a vector and a decimal; the label is whether the vector's second element is
// large.
TEST_F(TrainingTest, TakesVectorsAndDecimals) {
  std::string project = Replaced(testing_world::kProject, "scheduled: timestamp, distance: float64}",
                                 "scheduled: timestamp, e: 'vector(float32, 2)', price: 'decimal(12, 2)'}");
  project = Replaced(project, "    request: {carrier: string, distance: float64}",
                     "    request: {e: 'vector(float32, 2)', price: 'decimal(12, 2)'}");
  project = Replaced(project, "      far: distance > 1000\n      distance: distance\n      usual: delays.avg_1d\n",
                     "      e: e\n      price: price\n");
  base::Random random(8);
  Tables tables;
  tables.schedule = "flight_id,carrier,scheduled,e,price\n";
  int id = 0;
  for (const std::string month : {"2013-01-", "2013-02-", "2013-03-"}) {
    for (int i = 0; i < 100; i++) {
      const std::string name = "f" + std::to_string(id++), day = month + std::to_string(10 + i % 15);
      const bool late = random.Chance(0.5);
      tables.schedule += name + ",UA," + day + " 09:00,\"[" + std::to_string(random.Uniform()) + ", " +
                         (late != random.Chance(0.1) ? "2.5" : "-1") + "]\"," + std::to_string(random.Below(100)) +
                         ".25\n";
      tables.flights += name + ",,UA," + day + " 10:00," + day + " 10:10," + (late ? "60" : "0") + "\n";
    }
  }
  LearnWorld world(kModel, project);
  world.Events("schedule", tables.schedule).Events("flights", tables.flights);
  const auto trained = TrainModel(world.model(), world.Plan(), world.MustBuild(), *registry_, {.threads = 1});
  ASSERT_TRUE(trained.ok()) << trained.status().ToString();
  EXPECT_EQ(trained->report.importance.size(), 4U);
  EXPECT_EQ(trained->report.importance[0].feature, "trip.e") << "its elements together";
  EXPECT_GT(trained->report.importance[0].permutation.worsening, 0.2);
  EXPECT_EQ(trained->report.leakage.signals[0].feature, "trip.e");
  EXPECT_GT(trained->report.test.Metric("roc_auc").value, 0.8);
  const auto bundle = predict::LoadVersionBundle(*registry_, trained->version);
  ASSERT_TRUE(bundle.ok()) << bundle.status().ToString();
  EXPECT_EQ((*bundle)->encoder.width(), 5U);
  EXPECT_EQ((*bundle)->predictor->ensemble().feature_names[3], "trip.e.1");
}

}  // namespace
}  // namespace plumb::learn
