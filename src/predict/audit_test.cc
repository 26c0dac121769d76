#include "predict/audit.h"

#include <set>

#include "predict/prediction_service.h"
#include "predict/served_world_test.h"

namespace plumb::predict {
namespace {

using base::Code;
using testing_world::At;
using testing_world::kEvents;
using testing_world::kProject;
using testing_world::Rows;

constexpr const char* kLog = "state/predictions";

class AuditTest : public testing_world::ServedWorld {
 protected:
  void SetUp() override {
    ServedWorld::SetUp();
    PutEvents(kEvents);
    Deploy("eta", Register(MakeVersion()));
  }

  // Three requests of two rows each, a quarter of an hour apart, logged.
  void Serve(const features::DefinitionsPtr& definitions_override = nullptr, const std::string& deployment = "eta") {
    auto log = store::RecordLog::Open(files_, kLog);
    ASSERT_TRUE(log.ok()) << log.status().ToString();
    PredictionServiceOptions options;
    options.deployments = {{.name = deployment, .model = "late"}};
    options.definitions_override = definitions_override;
    const auto service = PredictionService::Make(*registry_, lake_, **log, clock_, options);
    ASSERT_TRUE(service.ok()) << service.status().ToString();
    for (int i = 0; i < 3; i++) {
      const PredictRequest request{
          deployment, deployment + "-" + std::to_string(i), Rows({{"UA", 100}, {"DL", 2}}), {}};
      (*service)->Predict(request, [](const base::Result<PredictAnswer>& answer) { EXPECT_TRUE(answer.ok()); });
      clock_.Advance(15 * base::kMinute);
    }
  }

  AuditReport Run(const AuditOptions& options = {}, size_t threads = 0) {
    const auto executor = base::MakeExecutor(threads);
    const auto report = Audit(files_, kLog, *registry_, lake_, *executor, options);
    EXPECT_TRUE(report.ok()) << report.status().ToString();
    return report.ok() ? *report : AuditReport();
  }
  Code RunCode(const AuditOptions& options = {}) {
    const auto executor = base::MakeExecutor(0);
    return Audit(files_, kLog, *registry_, lake_, *executor, options).status().code();
  }
};

std::set<std::string> FeaturesOf(const AuditReport& report) {
  std::set<std::string> features;
  for (const AuditMismatch& mismatch : report.mismatches) features.insert(mismatch.feature);
  return features;
}

const AuditMismatch& MismatchOf(const AuditReport& report, const std::string& feature) {
  for (const AuditMismatch& mismatch : report.mismatches) {
    if (mismatch.feature == feature) return mismatch;
  }
  ADD_FAILURE() << "No mismatch of " << feature;
  static const AuditMismatch kNone;
  return kNone;
}

TEST_F(AuditTest, FindsNothingWhereNothingChanged) {
  Serve();
  int64_t done = 0, total = 0;
  AuditOptions options;
  options.progress = [&](int64_t d, int64_t t) { std::tie(done, total) = std::tie(d, t); };
  for (const size_t threads : {0, 2}) {
    const AuditReport report = Run(options, threads);
    EXPECT_EQ(report.predictions, 6);
    EXPECT_EQ(report.compared, 6 * 7) << "six features and the score";
    EXPECT_EQ(report.mismatched, 0);
    EXPECT_TRUE(report.mismatches.empty());
    EXPECT_EQ(report.Summary(), "audit: 42 compared, 0 mismatches");
    EXPECT_EQ(done, 6);
    EXPECT_EQ(total, 6);
  }
}

TEST_F(AuditTest, RecomputesFromTheVersionThatWasServed) {
  Serve();
  PutEvents("flight_id,carrier,arrived_at,arr_delay\nf9,UA,2013-01-01 09:00,1\n");
  EXPECT_EQ(Run().mismatched, 0);
}

TEST_F(AuditTest, FindsAnEventThatWasDropped) {
  Serve();
  PutEvents(
      "flight_id,carrier,arrived_at,arr_delay\n"
      "f1,UA,2013-01-01 08:00,10\n"
      "f2,UA,2013-01-01 08:30,20\n"
      "f3,DL,2013-01-01 08:45,\n");
  const AuditReport report = Run({.newest_data = true});
  EXPECT_EQ(FeaturesOf(report),
            (std::set<std::string>{"delays.count_2h", "delays.avg_2h", "delays.last_delay", "trip.usual", "score"}));
  const AuditMismatch& count = MismatchOf(report, "delays.count_2h");
  EXPECT_EQ(count.count, 3);
  EXPECT_EQ(count.example.request_id, "eta-0");
  EXPECT_EQ(count.example.row, 0);
  EXPECT_EQ(count.example.t, At("2013-01-01 10:00"));
  EXPECT_EQ(count.example.cut, At("2013-01-01 10:00"));
  EXPECT_EQ(count.example.inputs, "carrier=UA, distance=100");
  EXPECT_EQ(count.example.served, "3 (PRESENT)");
  EXPECT_EQ(count.example.recomputed, "2 (PRESENT)");
  EXPECT_EQ(MismatchOf(report, "delays.last_delay").example.recomputed, "20 (PRESENT)");
}

TEST_F(AuditTest, FindsAShiftedKnownAt) {
  Serve();
  PutEvents(kEvents, [](data::Batch* rows) {
    data::Column& known_at = rows->columns[static_cast<size_t>(rows->schema.IndexOf(data::kKnownAtColumn))];
    known_at.mutable_int_data()[3] = At("2013-01-01 10:20");  // f4, served as known since 09:40
  });
  const AuditReport report = Run({.newest_data = true});
  EXPECT_TRUE(FeaturesOf(report).contains("delays.last_delay"));
  const AuditMismatch& last = MismatchOf(report, "delays.last_delay");
  EXPECT_EQ(last.count, 2) << "at 10:00 and 10:15, no more at 10:30";
  EXPECT_EQ(last.example.served, "90 (PRESENT)");
  EXPECT_EQ(last.example.recomputed, "20 (PRESENT)");
}

TEST_F(AuditTest, FindsAnExpressionThatServingComputedDifferently) {
  std::string project = kProject;
  project.replace(project.find("avg(arr_delay)"), 14, "max(arr_delay)");
  Serve(testing_world::Definitions(project));
  const AuditReport report = Run();
  EXPECT_EQ(FeaturesOf(report), (std::set<std::string>{"delays.avg_2h", "trip.usual"}))
      << "the score is the same: both are above the threshold";
  const AuditMismatch& average = MismatchOf(report, "delays.avg_2h");
  EXPECT_EQ(average.count, 3);
  EXPECT_EQ(average.example.served, "90 (PRESENT)");
  EXPECT_EQ(average.example.recomputed, "40 (PRESENT)");
  EXPECT_EQ(report.mismatched, 6);
}

TEST_F(AuditTest, FindsAChangedScore) {
  Serve();
  // The first record again, with one bit of a score changed.
  std::string first;
  const auto read = store::ReadRecordLog(files_, kLog, [&](std::string_view record) {
    if (first.empty()) first = record;
    return base::Status();
  });
  ASSERT_TRUE(read.ok());
  base::Json json = base::ParseJson(first).value();
  json.Set("scores", base::JsonArray{json.Find("scores")->AsArray()[1], json.Find("scores")->AsArray()[1]});
  auto log = store::RecordLog::Open(files_, kLog);
  ASSERT_TRUE((*log)->Append(json.Dump(), nullptr).ok());
  ASSERT_TRUE((*log)->Flush().ok());
  const AuditReport report = Run();
  EXPECT_EQ(report.mismatched, 1);
  EXPECT_EQ(FeaturesOf(report), std::set<std::string>{"score"});
}

TEST_F(AuditTest, ComparesAScoreAClass) {
  Deploy("eta", Register(MakeClassVersion()));
  Serve();
  EXPECT_EQ(Run().mismatched, 0);
  PutEvents("flight_id,carrier,arrived_at,arr_delay\nf1,UA,2013-01-01 08:00,10\n");
  const AuditReport report = Run({.newest_data = true});
  const AuditMismatch& score = MismatchOf(report, "score");
  EXPECT_EQ(score.count, 3);
  EXPECT_EQ(std::count(score.example.served.begin(), score.example.served.end(), ','), 2) << score.example.served;
  EXPECT_NE(score.example.served, score.example.recomputed);
}

TEST_F(AuditTest, TheReportDoesNotDependOnThreads) {
  Serve();
  PutEvents("flight_id,carrier,arrived_at,arr_delay\nf1,UA,2013-01-01 08:00,10\n");
  const AuditReport alone = Run({.newest_data = true}), together = Run({.newest_data = true}, 3);
  ASSERT_EQ(alone.mismatches.size(), together.mismatches.size());
  for (size_t i = 0; i < alone.mismatches.size(); i++) {
    EXPECT_EQ(alone.mismatches[i].feature, together.mismatches[i].feature);
    EXPECT_EQ(alone.mismatches[i].count, together.mismatches[i].count);
    EXPECT_EQ(alone.mismatches[i].example.request_id, together.mismatches[i].example.request_id);
    EXPECT_TRUE(i == 0 || alone.mismatches[i - 1].count >= alone.mismatches[i].count) << "most first";
  }
}

TEST_F(AuditTest, LooksAtOneDeploymentOrASample) {
  Serve();
  Deploy("other", 1);
  Serve(nullptr, "other");
  EXPECT_EQ(Run().predictions, 12);
  EXPECT_EQ(Run({.deployment = "other"}).predictions, 6);
  EXPECT_EQ(Run({.deployment = "none"}).predictions, 0);
  EXPECT_EQ(Run({.sample = 1}).predictions, 2);
  EXPECT_EQ(Run({.sample = 4}).predictions, 8);
  EXPECT_EQ(Run({.sample = 100}).predictions, 12);
}

TEST_F(AuditTest, SaysWhatItCannotRead) {
  EXPECT_EQ(RunCode(), Code::kNotFound) << "no log";
  const struct {
    const char* record;
    Code code;
  } cases[] = {
      {"not json", Code::kDataLoss},
      {"{}", Code::kDataLoss},
      {R"({"deployment":"eta","model":"late","version":1})", Code::kDataLoss},
      {R"({"deployment":"eta","model":"late","version":99})", Code::kNotFound},
  };
  for (const auto& c : cases) {
    ASSERT_TRUE(files_.RemoveAll(kLog).ok());
    auto log = store::RecordLog::Open(files_, kLog);
    ASSERT_TRUE(log.ok());
    ASSERT_TRUE((*log)->Append(c.record, nullptr).ok());
    ASSERT_TRUE((*log)->Flush().ok());
    EXPECT_EQ(RunCode(), c.code) << c.record;
  }
}

}  // namespace
}  // namespace plumb::predict
