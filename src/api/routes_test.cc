#include "api/routes.h"

#include <gtest/gtest.h>

#include <optional>

#include "api/observed_log.h"
#include "base/json.h"
#include "base/memory_file_system.h"

namespace plumb::api {
namespace {

using base::Json;
using base::Result;
using serve::HttpRequest;
using serve::HttpResponse;
using serve::Permission;

constexpr const char* kProject = R"(
feature_views:
  trip:
    request: {distance: float64}
    features: {half: distance / 2}
)";

features::DefinitionsPtr Definitions() {
  base::Diagnostics diagnostics;
  const auto text = std::make_shared<base::SourceText>(base::SourceText{"project.yaml", kProject});
  features::DefinitionsPtr definitions =
      features::LoadDefinitions(base::MergeProject({text}, &diagnostics), &diagnostics);
  EXPECT_FALSE(diagnostics.has_errors()) << diagnostics.Render(false);
  return definitions;
}

engine::FeaturePlan PlanOf(const features::DefinitionsPtr& definitions) {
  return engine::FeaturePlan::Make(definitions, {{definitions->FindView("trip"), 0}}).value();
}

// Answers every row with a fixed score, and remembers what it was asked.
class FakeService : public predict::PredictionService {
 public:
  FakeService() : definitions_(Definitions()) {
    auto served = std::make_shared<predict::ServedDeployment>();
    served->definition.name = "trips";
    auto bundle = std::make_shared<predict::VersionBundle>(
        predict::VersionBundle{{}, definitions_, PlanOf(definitions_), {}, nullptr, ""});
    bundle->version.model = "trip_model";
    bundle->version.number = 3;
    served->bundle = bundle;
    served_ = served;
  }

  void Predict(const predict::PredictRequest& request,
               std::function<void(Result<predict::PredictAnswer>)> done) override {
    asked = request;
    if (request.deployment != "trips") return done(base::NotFound("Deployment is not known: {}.", request.deployment));
    predict::PredictAnswer answer;
    answer.model = "trip_model";
    answer.version = 3;
    answer.t = answer.cut = request.as_of.value_or(0);
    answer.scores.assign(request.rows.rows, 0.25F);
    answer.features = AnswerFor(request.rows.rows);
    done(std::move(answer));
  }
  Result<engine::FeatureAnswer> Features(const engine::FeaturePlan&, const engine::FeatureQuery& query) override {
    return AnswerFor(query.times.size());
  }
  Result<std::shared_ptr<const engine::FeaturePlan>> PlanFeatures(const std::vector<std::string>&) override {
    return std::make_shared<const engine::FeaturePlan>(PlanOf(definitions_));
  }
  [[nodiscard]] std::shared_ptr<const predict::ServedDeployment> Served(const std::string& name) const override {
    return name == "trips" && is_deployed ? served_ : nullptr;
  }
  [[nodiscard]] std::vector<std::string> Deployments() const override { return {"trips"}; }
  Result<std::vector<std::string>> Reload() override { return std::vector<std::string>(); }

  predict::PredictRequest asked;
  bool is_deployed = true;

 private:
  static engine::FeatureAnswer AnswerFor(size_t rows) {
    engine::FeatureAnswer answer;
    answer.values.AddColumn("trip.half", data::Column::Nulls(data::TypeKind::kFloat64, rows));
    answer.values.rows = rows;
    answer.statuses = {std::vector<engine::FeatureStatus>(rows, engine::FeatureStatus::kNull)};
    return answer;
  }
  features::DefinitionsPtr definitions_;
  std::shared_ptr<const predict::ServedDeployment> served_;
};

class CapturingResponder : public serve::Responder {
 public:
  explicit CapturingResponder(std::optional<HttpResponse>* out) : out_(out) {}
  void Send(HttpResponse response) override { *out_ = std::move(response); }

 private:
  std::optional<HttpResponse>* out_;
};

class RoutesTest : public testing::Test {
 protected:
  RoutesTest()
      : registry_(registry::Registry::Open(base::RealFileSystem(), clock_, Folder()).value()),
        executor_(base::MakeExecutor(0)),
        context_{
            .service = service_, .registry = *registry_, .metrics = metrics_, .clock = clock_, .executor = *executor_},
        routes_(MakeRoutes(context_)) {}

  static std::string Folder() {
    const std::string folder = base::JoinPath(
        testing::TempDir(), std::string("routes_") + testing::UnitTest::GetInstance()->current_test_info()->name());
    EXPECT_TRUE(base::RealFileSystem().RemoveAll(folder).ok() || true);
    EXPECT_TRUE(base::RealFileSystem().CreateDirectories(folder).ok());
    return folder;
  }

  HttpResponse Ask(const std::string& method, const std::string& pattern, const std::string& body = "",
                   const std::string& parameter = "", std::vector<Permission> granted = {Permission::kAskAsOf}) {
    for (const serve::Route& route : routes_) {
      if (route.method != method || route.pattern != pattern) continue;
      HttpRequest request;
      request.method = method;
      request.body = body;
      request.request_id = "r1";
      request.granted = std::move(granted);
      const size_t open = pattern.find('{');
      if (open != std::string::npos) {
        request.parameters = {{pattern.substr(open + 1, pattern.find('}') - open - 1), parameter}};
      }
      std::optional<HttpResponse> response;
      route.handler(request, std::make_unique<CapturingResponder>(&response));
      EXPECT_TRUE(response.has_value());
      return response.value_or(HttpResponse{});
    }
    ADD_FAILURE() << "No such route: " << method << " " << pattern;
    return {};
  }
  HttpResponse Predict(const std::string& body, const std::string& deployment = "trips") {
    return Ask("POST", "/v1/predict/{deployment}", body, deployment);
  }

  base::ManualClock clock_{1'000'000};
  FakeService service_;
  std::unique_ptr<registry::Registry> registry_;
  base::Metrics metrics_;
  std::unique_ptr<base::Executor> executor_;
  ApiContext context_;
  std::vector<serve::Route> routes_;
};

TEST_F(RoutesTest, PredictAnswersEveryRowWithVersionAndTimes) {
  const HttpResponse response =
      Predict(R"({"rows": [{"distance": 1}, {"distance": 2}], "as_of": "2013-11-05T10:00:00Z"})");
  ASSERT_EQ(response.status, 200) << response.body;
  const Json json = base::ParseJson(response.body).value();
  EXPECT_EQ(json.Find("model")->AsString(), "trip_model");
  EXPECT_EQ(json.Find("version")->AsInt(), 3);
  EXPECT_EQ(json.Find("t")->AsString(), "2013-11-05T10:00:00Z");
  EXPECT_EQ(json.Find("request_id")->AsString(), "r1");
  ASSERT_EQ(json.Find("predictions")->AsArray().size(), 2U);
  EXPECT_EQ(json.Find("predictions")->AsArray()[0].Find("score")->AsDouble(), 0.25);
  EXPECT_EQ(json.Find("predictions")->AsArray()[0].Find("features"), nullptr);
  EXPECT_EQ(service_.asked.rows.Find("distance")->Double(1), 2.0);
}

TEST_F(RoutesTest, PredictShowsFeaturesAndTakesTheClientsId) {
  const HttpResponse response = Predict(R"({"row": {"distance": 1}, "features": true, "request_id": "mine"})");
  ASSERT_EQ(response.status, 200) << response.body;
  const Json json = base::ParseJson(response.body).value();
  EXPECT_EQ(json.Find("request_id")->AsString(), "mine");
  EXPECT_EQ(service_.asked.request_id, "mine");
  const Json& prediction = json.Find("predictions")->AsArray()[0];
  EXPECT_TRUE(prediction.Find("features")->Find("trip.half")->IsNull());
  EXPECT_EQ(prediction.Find("statuses")->Find("trip.half")->AsString(), "NULL_VALUE");
}

TEST_F(RoutesTest, MistakesHaveTheirPlace) {
  const HttpResponse response = Predict(R"({"rows": [{"distance": "far"}]})");
  EXPECT_EQ(response.status, 400);
  const Json json = base::ParseJson(response.body).value();
  EXPECT_EQ(json.Find("error")->Find("where")->AsString(), "rows[0].distance");
}

TEST_F(RoutesTest, UnknownDeploymentIsNotFound) { EXPECT_EQ(Predict("{}", "trisp").status, 404); }

TEST_F(RoutesTest, AskingAsOfAnotherTimeNeedsThePermission) {
  const HttpResponse response =
      Ask("POST", "/v1/predict/{deployment}", R"({"row": {"distance": 1}, "as_of": "2013-11-05"})", "trips", {});
  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(service_.asked.deployment, "");
}

TEST_F(RoutesTest, FeaturesAnswerValuesAndStatuses) {
  const HttpResponse response =
      Ask("POST", "/v1/features", R"({"features": ["trip.*"], "rows": [{"distance": 1}], "as_of": "2013-11-05"})");
  ASSERT_EQ(response.status, 200) << response.body;
  const Json json = base::ParseJson(response.body).value();
  EXPECT_EQ(json.Find("features")->AsArray()[0].AsString(), "trip.half");
  EXPECT_EQ(json.Find("rows")->AsArray()[0].Find("statuses")->Find("trip.half")->AsString(), "NULL_VALUE");
  EXPECT_EQ(json.Find("t")->AsString(), "2013-11-05T00:00:00Z");
  EXPECT_EQ(json.Find("cut")->AsString(), "1970-01-01T00:00:01Z") << "never past the present";
}

TEST_F(RoutesTest, IsReadyWhenSomethingIsServedAndNotDraining) {
  EXPECT_EQ(Ask("GET", "/v1/health/ready").status, 200);
  service_.is_deployed = false;
  EXPECT_EQ(Ask("GET", "/v1/health/ready").status, 503);
  service_.is_deployed = true;
  context_.draining = true;
  EXPECT_EQ(Ask("GET", "/v1/health/ready").status, 503);
  EXPECT_EQ(Ask("GET", "/v1/health/live").status, 200);
  EXPECT_EQ(Ask("GET", "/health").status, 200);
}

TEST_F(RoutesTest, MetricsCountRequestsByRouteAndCode) {
  Predict(R"({"row": {"distance": 1}})");
  Predict("nonsense");
  const std::string page = Ask("GET", "/metrics").body;
  EXPECT_NE(page.find(R"(plumb_requests_total{route="POST /v1/predict/{deployment}",code="200"} 1)"), std::string::npos)
      << page;
  EXPECT_NE(page.find(R"(plumb_requests_total{route="POST /v1/predict/{deployment}",code="400"} 1)"),
            std::string::npos);
  EXPECT_NE(page.find(R"(plumb_prediction_rows_total{deployment="trips"} 1)"), std::string::npos);
  EXPECT_NE(page.find(R"(plumb_feature_values_absent_total{status="NULL_VALUE"} 1)"), std::string::npos);
}

TEST_F(RoutesTest, ListsWhatExists) {
  EXPECT_EQ(Ask("GET", "/v1/deployments").status, 200);
  EXPECT_EQ(Ask("GET", "/v1/models").status, 200);
  EXPECT_EQ(Ask("GET", "/v1/models/{model}", "", "none").status, 404);
  const Json views = base::ParseJson(Ask("GET", "/v1/feature_views").body).value();
  EXPECT_EQ(views.Find("feature_views")->AsArray()[0].Find("name")->AsString(), "trip");
}

TEST(ObservedLog, CountsWhatIsPendingAndWhatIsDurable) {
  base::MemoryFileSystem files;
  base::Metrics metrics;
  ObservedLog log(store::RecordLog::Open(files, "log").value(), metrics);
  ASSERT_TRUE(log.Append("one", {}).ok());
  ASSERT_TRUE(log.Flush().ok());
  const std::string page = metrics.RenderPrometheus();
  EXPECT_NE(page.find("plumb_prediction_log_records_total 1"), std::string::npos) << page;
  EXPECT_NE(page.find("plumb_prediction_log_pending_records 0"), std::string::npos) << page;
}

}  // namespace
}  // namespace plumb::api
