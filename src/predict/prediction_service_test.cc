#include "predict/prediction_service.h"

#include <limits>
#include <optional>

#include "engine/brute_force.h"
#include "predict/served_world_test.h"

namespace plumb::predict {
namespace {

using base::Code;
using testing_world::At;
using testing_world::Definitions;
using testing_world::kEvents;
using testing_world::kProject;
using testing_world::Rows;

class PredictionServiceTest : public testing_world::ServedWorld {
 protected:
  void SetUp() override {
    ServedWorld::SetUp();
    PutEvents(kEvents);
    OpenLog({});
    options_.deployments = {{.name = "eta", .model = "late", .reference = "late@champion", .rows_max = 3},
                            {.name = "backup", .model = "late", .reference = "late@v1", .durable_log = true}};
  }
  void OpenLog(const store::RecordLogOptions& options) {
    log_.reset();
    auto log = store::RecordLog::Open(files_, "state/predictions", options);
    ASSERT_TRUE(log.ok()) << log.status().ToString();
    log_ = std::move(log).value();
  }

  base::Result<std::unique_ptr<PredictionService>> Make() {
    return PredictionService::Make(*registry_, lake_, *log_, clock_, options_);
  }
  std::unique_ptr<PredictionService> MustMake() {
    auto service = Make();
    EXPECT_TRUE(service.ok()) << service.status().ToString();
    return service.ok() ? std::move(service).value() : nullptr;
  }

  base::Result<PredictAnswer> Ask(PredictionService& service, const PredictRequest& request) {
    std::optional<base::Result<PredictAnswer>> answer;
    service.Predict(request, [&](base::Result<PredictAnswer> result) { answer = std::move(result); });
    (void)log_->Flush();  // a durable answer comes after its record, or its failure
    EXPECT_TRUE(answer.has_value()) << "done was not called";
    return answer.has_value() ? *answer : base::Result<PredictAnswer>(base::Unavailable("No answer."));
  }
  base::Result<PredictAnswer> Ask(PredictionService& service, const data::Batch& rows,
                                  std::optional<base::Time> as_of = std::nullopt,
                                  const std::string& deployment = "eta") {
    return Ask(service, PredictRequest{deployment, "r-1", rows, as_of});
  }

  std::vector<LoggedPrediction> Logged(const engine::FeaturePlan& plan) {
    std::vector<LoggedPrediction> all;
    const base::Status read = store::ReadRecordLog(files_, "state/predictions", [&](std::string_view record) {
      PLUMB_ASSIGN_OR_RETURN(const base::Json json, base::ParseJson(record));
      PLUMB_ASSIGN_OR_RETURN(LoggedPrediction prediction, FromJson(json, plan.inputs(), plan.output_schema()));
      all.push_back(std::move(prediction));
      return base::Status();
    });
    EXPECT_TRUE(read.ok()) << read.ToString();
    return all;
  }

  PredictionServiceOptions options_;
  std::unique_ptr<store::RecordLog> log_;
};

void ExpectSameAnswer(const engine::FeatureAnswer& a, const engine::FeatureAnswer& b) {
  ASSERT_EQ(a.values.schema, b.values.schema);
  EXPECT_EQ(a.statuses, b.statuses);
  for (size_t i = 0; i < a.values.columns.size(); i++) {
    for (size_t row = 0; row < a.values.rows; row++) {
      EXPECT_EQ(a.values.columns[i].At(row), b.values.columns[i].At(row)) << a.values.schema.fields()[i].name;
    }
  }
}

TEST_F(PredictionServiceTest, AnswersWithTheFeaturesOfThatMoment) {
  Deploy("eta", Register(MakeVersion()));
  const auto service = MustMake();
  const auto answer = Ask(*service, Rows({{"UA", 100}, {"DL", 0}, {"??", 1}}));
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_EQ(answer->model, "late");
  EXPECT_EQ(answer->version, 1);
  EXPECT_EQ(answer->t, At("2013-01-01 10:00"));
  EXPECT_EQ(answer->cut, answer->t);
  const data::Batch& values = answer->features.values;
  EXPECT_EQ(values.Find("delays.count_2h")->Int(0), 3);
  EXPECT_EQ(values.Find("delays.avg_2h")->Double(0), 40);
  EXPECT_EQ(values.Find("trip.usual")->Double(0), 40);
  EXPECT_EQ(values.Find("delays.last_delay")->Double(0), 90);
  EXPECT_TRUE(values.Find("delays.last_delay")->IsNull(1));
  EXPECT_EQ(answer->features.statuses[0],
            (std::vector<engine::FeatureStatus>{engine::FeatureStatus::kPresent, engine::FeatureStatus::kPresent,
                                                engine::FeatureStatus::kNotFound}));
  EXPECT_EQ(answer->unseen_categories, 2);  // the model knows UA
  EXPECT_EQ(answer->margins, (std::vector<float>{1.5F, -0.75F, -0.75F}));
  EXPECT_GT(answer->scores[0], 0.5F);
  EXPECT_LT(answer->scores[1], 0.5F);
}

TEST_F(PredictionServiceTest, GivesAProbabilityAClass) {
  Deploy("eta", Register(MakeClassVersion()));
  const auto service = MustMake();
  const auto answer = Ask(*service, Rows({{"UA", 100}, {"DL", 0}}));
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_EQ(answer->task, model::Task::kClasses);
  ASSERT_EQ(answer->outputs, 3U);
  ASSERT_NE(answer->classes, nullptr);
  EXPECT_EQ(answer->classes->Texts(), (std::vector<std::string>{"awful", "fine", "late"}));
  EXPECT_EQ(answer->margins, (std::vector<float>{-1.5F, -0.5F, 2.5F, -1.5F, 1.5F, 0.0F}));
  ASSERT_EQ(answer->scores.size(), 6U);
  EXPECT_GT(answer->scores[2], 0.9F);
  EXPECT_GT(answer->scores[4], 0.75F);
  EXPECT_NEAR(answer->scores[0] + answer->scores[1] + answer->scores[2], 1, 1e-6);
}

TEST_F(PredictionServiceTest, GivesTheNumberOfARegression) {
  Deploy("eta", Register(MakeRegressionVersion()));
  const auto service = MustMake();
  const auto answer = Ask(*service, Rows({{"UA", 100}, {"DL", 0}}));
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_EQ(answer->task, model::Task::kRegression);
  EXPECT_EQ(answer->classes, nullptr);
  EXPECT_EQ(answer->scores, (std::vector<float>{2.5F, -1.0F}));
}

TEST_F(PredictionServiceTest, GivesWhatTheSpecificationGives) {
  Deploy("eta", Register(MakeVersion()));
  const auto service = MustMake();
  const engine::FeaturePlan& plan = service->Served("eta")->bundle->plan;
  store::LakeEventLog events = store::LakeEventLog::Open(lake_).value();
  const auto brute = engine::BruteForce::Make(plan, events);
  ASSERT_TRUE(brute.ok()) << brute.status().ToString();
  const data::Batch rows = Rows({{"UA", 7}, {"DL", 1e300}, {"UA", -1}});
  for (base::Time t = At("2013-01-01 07:55"); t < At("2013-01-01 11:45"); t += 5 * base::kMinute) {
    const auto answer = Ask(*service, rows, t);
    ASSERT_TRUE(answer.ok()) << answer.status().ToString();
    const engine::FeatureQuery query{&rows, std::vector<base::Time>(3, t),
                                     std::vector<base::Time>(3, std::min(t, clock_.Now()))};
    ExpectSameAnswer(answer->features, brute->EvaluateAll(query).value());
  }
}

TEST_F(PredictionServiceTest, AsksAsOfAnotherTime) {
  Deploy("eta", Register(MakeVersion()));
  const auto service = MustMake();
  const auto past = Ask(*service, Rows({{"UA", 1}}), At("2013-01-01 08:35"));
  ASSERT_TRUE(past.ok());
  EXPECT_EQ(past->cut, At("2013-01-01 08:35"));
  EXPECT_EQ(past->features.values.Find("delays.count_2h")->Int(0), 1);  // the second is known at 08:40
  const auto future = Ask(*service, Rows({{"UA", 1}}), At("2013-01-01 11:00"));
  ASSERT_TRUE(future.ok());
  EXPECT_EQ(future->t, At("2013-01-01 11:00"));
  EXPECT_EQ(future->cut, At("2013-01-01 10:00"));
  EXPECT_EQ(future->features.values.Find("delays.count_2h")->Int(0), 1);
}

TEST_F(PredictionServiceTest, LogsWhatItAnswers) {
  Deploy("eta", Register(MakeVersion()));
  const auto service = MustMake();
  data::Batch turned;
  turned.AddColumn("note", Rows({{"x", 0}, {"y", 0}}).columns[0]);  // nobody asked for it
  turned.AddColumn("distance", Rows({{"", 0.1}, {"", std::numeric_limits<double>::quiet_NaN()}}).columns[1]);
  turned.AddColumn("carrier", Rows({{"UA", 0}, {"DL", 0}}).columns[0]);
  const auto answer = Ask(*service, turned, At("2013-01-01 09:00"));
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  const auto records = Logged(service->Served("eta")->bundle->plan);
  ASSERT_EQ(records.size(), 1U);
  const LoggedPrediction& record = records[0];
  EXPECT_EQ(record.request_id, "r-1");
  EXPECT_EQ(record.deployment, "eta");
  EXPECT_EQ(record.version, 1);
  EXPECT_EQ(record.served_at, At("2013-01-01 10:00"));
  EXPECT_EQ(record.t, At("2013-01-01 09:00"));
  EXPECT_EQ(record.data.at("flights"), lake_.Manifest("flights")->version);
  EXPECT_EQ(record.inputs.schema.Names(), (std::vector<std::string>{"carrier", "distance"}));
  EXPECT_EQ(record.inputs.columns[0].String(1), "DL");
  EXPECT_EQ(record.margins, answer->margins);
  EXPECT_EQ(record.scores, answer->scores);
  ExpectSameAnswer(record.features, answer->features);
}

TEST_F(PredictionServiceTest, DoesNotAnswerWhatItCannotLog) {
  Deploy("eta", Register(MakeVersion()));
  Deploy("backup", 1);
  OpenLog({.record_bytes_max = 10});
  const auto service = MustMake();
  for (const char* deployment : {"eta", "backup"}) {
    EXPECT_FALSE(Ask(*service, Rows({{"UA", 1}}), std::nullopt, deployment).ok()) << deployment;
  }
}

TEST_F(PredictionServiceTest, AnswersADurableDeploymentOnceTheRecordIsOnDisk) {
  Register(MakeVersion());
  Deploy("backup", 1);
  const auto service = MustMake();
  const auto answer = Ask(*service, Rows({{"UA", 1}}), std::nullopt, "backup");
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  files_.FailAt(files_.operations(), Code::kIo, true);
  const auto unlogged = Ask(*service, Rows({{"UA", 1}}), std::nullopt, "backup");
  files_.ClearFaults();
  EXPECT_FALSE(unlogged.ok());
}

TEST_F(PredictionServiceTest, RefusesWhatItCannotAnswer) {
  Deploy("eta", Register(MakeVersion()));
  const auto service = MustMake();
  data::Batch untyped = Rows({{"UA", 1}});
  untyped.columns[1] = data::Column::Repeat(data::Value::Int64(1), 1);
  untyped.schema = data::Schema({{"carrier", data::TypeKind::kString}, {"distance", data::TypeKind::kInt64}});
  data::Batch keyless;
  keyless.AddColumn("distance", Rows({{"", 1}}).columns[1]);
  const struct {
    const char* name;
    PredictRequest request;
    Code code;
    const char* where;
    const char* suggestion;
  } cases[] = {
      {"a misspelt deployment", {"eat", "", Rows({}), {}}, Code::kNotFound, "", "Did you mean eta?"},
      {"a deployment without a version", {"backup", "", Rows({}), {}}, Code::kNotFound, "", "Run plumb deploy backup."},
      {"too many rows",
       {"eta", "", Rows({{"UA", 1}, {"UA", 1}, {"UA", 1}, {"UA", 1}}), {}},
       Code::kInvalidArgument,
       "rows",
       "limits.rows"},
      {"a null key", {"eta", "", Rows({{"UA", 1}, {"", 1}}), {}}, Code::kInvalidArgument, "rows[1].carrier", "look-up"},
      {"a missing field", {"eta", "", keyless, {}}, Code::kInvalidArgument, "rows", ""},
      {"a field of another type", {"eta", "", untyped, {}}, Code::kInvalidArgument, "rows", ""},
  };
  for (const auto& c : cases) {
    const auto answer = Ask(*service, c.request);
    ASSERT_FALSE(answer.ok()) << c.name;
    EXPECT_EQ(answer.status().code(), c.code) << c.name << ": " << answer.status().ToString();
    EXPECT_EQ(answer.status().where(), c.where) << c.name;
    EXPECT_NE(answer.status().suggestion().find(c.suggestion), std::string::npos) << answer.status().ToString();
  }
  EXPECT_TRUE(Logged(service->Served("eta")->bundle->plan).empty());
}

TEST_F(PredictionServiceTest, TakesNullsOfFieldsThatAreNoKey) {
  Deploy("eta", Register(MakeVersion(kProject, {"trip.*"})));
  const auto service = MustMake();
  const auto answer = Ask(*service, Rows({{"", 1}}));
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_TRUE(answer->features.values.Find("trip.usual")->IsNull(0));
}

TEST_F(PredictionServiceTest, FollowsDeployAndRollback) {
  const int64_t first = Register(MakeVersion()), second = Register(MakeVersion(kProject, {"delays.*", "trip.*"}, 2));
  const auto service = MustMake();
  EXPECT_EQ(service->Served("eta"), nullptr);
  EXPECT_EQ(service->Deployments(), (std::vector<std::string>{"eta", "backup"}));
  const auto margin = [&] { return Ask(*service, Rows({{"UA", 1}}))->margins[0]; };
  const std::vector<std::string> eta = {"eta"};

  Deploy("eta", first);
  EXPECT_EQ(Ask(*service, Rows({{"UA", 1}})).status().code(), Code::kNotFound);  // not yet reloaded
  EXPECT_EQ(service->Reload().value(), eta);
  EXPECT_EQ(margin(), 1.5F);
  const auto before = service->Served("eta");
  Deploy("eta", second);
  EXPECT_EQ(service->Reload().value(), eta);
  EXPECT_EQ(margin(), 2.5F);
  EXPECT_EQ(before->bundle->version.number, first) << "who holds a snapshot keeps it";
  ASSERT_TRUE(registry_->Rollback("eta").ok());
  EXPECT_EQ(service->Reload().value(), eta);
  EXPECT_EQ(margin(), 1.5F);
  EXPECT_TRUE(service->Reload()->empty());
  Deploy("elsewhere", second);
  EXPECT_TRUE(service->Reload()->empty());
  EXPECT_EQ(service->Served("eta")->bundle->version.number, first);
}

TEST_F(PredictionServiceTest, KeepsServingWhenAVersionDoesNotLoad) {
  Deploy("eta", Register(MakeVersion()));
  const auto service = MustMake();
  registry::NewVersion broken = MakeVersion();
  broken.artifacts["model.ubj"] = Put("{}");
  Deploy("eta", Register(broken));
  EXPECT_EQ(service->Reload().status().code(), Code::kDataLoss);
  EXPECT_TRUE(Ask(*service, Rows({{"UA", 1}})).ok());
  EXPECT_EQ(Make().status().code(), Code::kDataLoss);
}

TEST_F(PredictionServiceTest, LoadsNewDataWithANewVersion) {
  Deploy("eta", Register(MakeVersion()));
  const auto service = MustMake();
  const auto count = [&] { return Ask(*service, Rows({{"UA", 1}}))->features.values.Find("delays.count_2h")->Int(0); };
  EXPECT_EQ(count(), 3);
  PutEvents(std::string(kEvents) + "f5,UA,2013-01-01 09:40,1\n");
  EXPECT_EQ(count(), 3);
  Deploy("eta", Register(MakeVersion()));
  ASSERT_TRUE(service->Reload().ok());
  EXPECT_EQ(count(), 4);
}

TEST_F(PredictionServiceTest, ServesVersionsOfDifferentFeaturesSideBySide) {
  Deploy("eta", Register(MakeVersion()));
  Deploy("backup", Register(MakeVersion(kProject, {"trip.log_distance", "delays.count_2h"})));
  const auto service = MustMake();
  const auto wide = Ask(*service, Rows({{"UA", 1}})), narrow = Ask(*service, Rows({{"UA", 1}}), {}, "backup");
  ASSERT_TRUE(wide.ok()) << wide.status().ToString();
  ASSERT_TRUE(narrow.ok()) << narrow.status().ToString();
  EXPECT_EQ(narrow->features.values.schema.Names(), (std::vector<std::string>{"trip.log_distance", "delays.count_2h"}));
  EXPECT_EQ(narrow->features.values.columns[1].Int(0), 3);
  EXPECT_EQ(service->Served("eta")->bundle->definitions, service->Served("backup")->bundle->definitions)
      << "equal texts share their state";
}

TEST_F(PredictionServiceTest, ComputesWithOtherDefinitionsWhenToldTo) {
  Deploy("eta", Register(MakeVersion()));
  std::string project = kProject;
  project.replace(project.find("over 2h", project.find("avg_2h:")), 7, "over 1h");
  options_.definitions_override = Definitions(project);
  const auto service = MustMake();
  const auto answer = Ask(*service, Rows({{"UA", 1}}));
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_EQ(answer->features.values.Find("delays.avg_2h")->Double(0), 90);
}

TEST_F(PredictionServiceTest, GivesFeaturesByName) {
  Deploy("eta", Register(MakeVersion(kProject, {"trip.log_distance"})));
  const auto service = MustMake();
  const auto plan = service->PlanFeatures({"trip.usual", "delays.last_delay", "trip.carrier"});
  ASSERT_TRUE(plan.ok()) << plan.status().ToString();
  const data::Batch rows = Rows({{"UA", 1}, {"DL", 2}});
  const base::Time t = At("2013-01-01 09:00");
  const engine::FeatureQuery query{&rows, {t, t}, {t, t}};
  const auto answer = service->Features(**plan, query);
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  store::LakeEventLog events = store::LakeEventLog::Open(lake_).value();
  ExpectSameAnswer(*answer, engine::BruteForce::Make(**plan, events)->EvaluateAll(query).value());

  EXPECT_EQ(service->PlanFeatures({"delays.last_dealy"}).status().code(), Code::kNotFound);
  EXPECT_EQ(service->PlanFeatures({"delays.last_dealy"}).status().suggestion(), "Did you mean last_delay?");
  const engine::FeaturePlan foreign = testing_world::Plan(Definitions(kProject), {"delays.*"});
  EXPECT_EQ(service->Features(foreign, query).status().code(), Code::kUnavailable);
}

TEST_F(PredictionServiceTest, HasNoFeaturesBeforeADeployment) {
  const auto service = MustMake();
  EXPECT_EQ(service->PlanFeatures({"delays.*"}).status().code(), Code::kNotFound);
}

TEST_F(PredictionServiceTest, NeedsTheEventsOfItsSources) {
  ASSERT_TRUE(files_.RemoveAll("state/lake").ok());
  Deploy("eta", Register(MakeVersion()));
  EXPECT_EQ(Make().status().code(), Code::kNotFound);
}

}  // namespace
}  // namespace plumb::predict
