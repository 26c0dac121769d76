#include "api/routes.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "api/catalog_json.h"
#include "api/features_json.h"
#include "api/predict_json.h"
#include "api/request_metrics.h"
#include "api/request_rows.h"

namespace plumb::api {
namespace {

using base::Json;
using base::Result;
using base::Status;
using serve::HttpRequest;
using serve::HttpResponse;
using serve::Permission;
using ResponderPtr = std::unique_ptr<serve::Responder>;

HttpResponse JsonResponse(const Json& json, int status = 200) {
  HttpResponse response;
  response.status = status;
  response.body = json.Dump();
  return response;
}

HttpResponse ToResponse(const Result<Json>& result, const HttpRequest& request) {
  return result.ok() ? JsonResponse(*result) : serve::ErrorResponse(result.status(), request.request_id);
}

Status CheckAsOf(const HttpRequest& request, const std::optional<base::Time>& as_of) {
  if (!as_of || request.May(Permission::kAskAsOf)) return {};
  return base::PermissionDenied("Asking as of another time is not permitted.")
      .WithWhere("as_of")
      .WithSuggestion("Leave as_of out to ask as of now.");
}

// The handlers, on what they work on. Lives as long as the routes.
class Handlers : public std::enable_shared_from_this<Handlers> {
 public:
  explicit Handlers(ApiContext& context)
      : context_(context), metrics_(context.metrics, context.clock, context.service.Deployments()) {}

  RequestMetrics& metrics() { return metrics_; }

  void Predict(const HttpRequest& request, ResponderPtr responder) {
    predict::PredictRequest prediction;
    prediction.deployment = request.Parameter("deployment");
    AnswerFormat format{prediction.deployment, request.request_id, false};
    const auto served = context_.service.Served(prediction.deployment);
    if (served != nullptr) {
      const Status read = ReadPrediction(request, *served, &prediction, &format);
      if (!read.ok()) return responder->Send(serve::ErrorResponse(read, request.request_id));
    }
    // Of a deployment that is not served, the service says what is wrong.
    prediction.request_id = format.request_id;
    const std::shared_ptr<serve::Responder> sender = std::move(responder);
    context_.service.Predict(
        prediction, [self = shared_from_this(), format, sender](const Result<predict::PredictAnswer>& answer) {
          if (!answer.ok()) return sender->Send(serve::ErrorResponse(answer.status(), format.request_id));
          self->metrics_.CountPrediction(format.deployment, answer->scores.size() / answer->outputs,
                                         answer->unseen_categories);
          self->metrics_.CountStatuses(answer->features);
          sender->Send(JsonResponse(PredictAnswerToJson(*answer, format)));
        });
  }

  Result<Json> Features(const HttpRequest& request) {
    PLUMB_ASSIGN_OR_RETURN(const FeaturesDocument document, ReadFeaturesDocument(request.body));
    PLUMB_RETURN_IF_ERROR(CheckAsOf(request, document.as_of));
    PLUMB_ASSIGN_OR_RETURN(const auto plan, context_.service.PlanFeatures(document.patterns));
    PLUMB_ASSIGN_OR_RETURN(const data::Batch rows, ReadRows(document.json, plan->inputs()));
    const base::Time now = context_.clock.Now();
    const base::Time t = document.as_of.value_or(now), cut = std::min(t, now);
    engine::FeatureQuery query;
    query.inputs = &rows;
    query.times.assign(rows.rows, t);
    query.cuts.assign(rows.rows, cut);
    PLUMB_ASSIGN_OR_RETURN(const engine::FeatureAnswer answer, context_.service.Features(*plan, query));
    metrics_.CountStatuses(answer);
    return FeatureAnswerToJson(answer, t, cut);
  }

  HttpResponse Health() {
    Json json;
    json.Set("status", context_.draining ? "draining" : "ok");
    Json deployments{base::JsonObject{}};
    for (const std::string& name : context_.service.Deployments()) {
      const auto served = context_.service.Served(name);
      deployments.Set(
          name, served ? Json(served->bundle->version.model + "@v" + std::to_string(served->bundle->version.number))
                       : Json());
    }
    json.Set("deployments", std::move(deployments));
    return JsonResponse(json);
  }

  HttpResponse Ready() {
    const std::vector<std::string> names = context_.service.Deployments();
    const bool is_served = std::any_of(names.begin(), names.end(), [this](const std::string& name) {
      return context_.service.Served(name) != nullptr;
    });
    Json json;
    json.Set("status", context_.draining ? "draining" : is_served ? "ready" : "nothing is deployed");
    return JsonResponse(json, is_served && !context_.draining ? 200 : 503);
  }

  HttpResponse MetricsPage() {
    HttpResponse response;
    response.content_type = base::Metrics::kContentType;
    response.body = context_.metrics.RenderPrometheus();
    return response;
  }

  Json Deployments() { return ServedDeploymentsToJson(context_.service); }

  Result<Json> Models(const HttpRequest&) { return ModelsToJson(context_.registry); }
  Result<Json> Model(const HttpRequest& request) {
    return ModelToJson(context_.registry, std::string(request.Parameter("model")));
  }

  Result<Json> FeatureViews() {
    for (const std::string& name : context_.service.Deployments()) {
      if (const auto served = context_.service.Served(name)) return ViewsToJson(*served->bundle->definitions);
    }
    return base::NotFound("Nothing is deployed, so no definitions are served.")
        .WithSuggestion("Run plumb deploy DEPLOYMENT.");
  }

  // Runs `work` on the executor and sends its result.
  void Later(const HttpRequest& request, ResponderPtr responder, Result<Json> (Handlers::*work)(const HttpRequest&)) {
    const std::shared_ptr<serve::Responder> sender = std::move(responder);
    context_.executor.Submit([self = shared_from_this(), request, sender, work] {
      sender->Send(ToResponse((self.get()->*work)(request), request));
    });
  }

 private:
  static Status ReadPrediction(const HttpRequest& request, const predict::ServedDeployment& served,
                               predict::PredictRequest* prediction, AnswerFormat* format) {
    PLUMB_ASSIGN_OR_RETURN(PredictDocument document, ReadPredictDocument(request.body, served.bundle->plan.inputs()));
    PLUMB_RETURN_IF_ERROR(CheckAsOf(request, document.as_of));
    prediction->rows = std::move(document.rows);
    prediction->as_of = document.as_of;
    format->features = document.features;
    if (!document.request_id.empty()) format->request_id = std::move(document.request_id);
    return {};
  }

  ApiContext& context_;
  RequestMetrics metrics_;
};

}  // namespace

std::vector<serve::Route> MakeRoutes(ApiContext& context) {
  auto handlers = std::make_shared<Handlers>(context);
  std::vector<serve::Route> routes;
  const auto add = [&](const char* method, const char* pattern, Permission permission, auto handle) {
    routes.push_back({method, pattern, permission,
                      handlers->metrics().Observe(
                          method, pattern, [handlers, handle](const HttpRequest& request, ResponderPtr responder) {
                            handle(*handlers, request, std::move(responder));
                          })});
  };
  add("POST", "/v1/predict/{deployment}", Permission::kPredict,
      [](Handlers& h, const HttpRequest& r, ResponderPtr out) { h.Predict(r, std::move(out)); });
  add("POST", "/v1/features", Permission::kReadFeatures,
      [](Handlers& h, const HttpRequest& r, ResponderPtr out) { out->Send(ToResponse(h.Features(r), r)); });
  add("GET", "/health", Permission::kPublic,
      [](Handlers& h, const HttpRequest&, ResponderPtr out) { out->Send(h.Health()); });
  add("GET", "/v1/health/live", Permission::kPublic, [](Handlers&, const HttpRequest&, ResponderPtr out) {
    out->Send(JsonResponse(base::JsonObject{{"status", "live"}}));
  });
  add("GET", "/v1/health/ready", Permission::kPublic,
      [](Handlers& h, const HttpRequest&, ResponderPtr out) { out->Send(h.Ready()); });
  add("GET", "/metrics", Permission::kReadMetrics,
      [](Handlers& h, const HttpRequest&, ResponderPtr out) { out->Send(h.MetricsPage()); });
  add("GET", "/v1/deployments", Permission::kAdmin,
      [](Handlers& h, const HttpRequest&, ResponderPtr out) { out->Send(JsonResponse(h.Deployments())); });
  add("GET", "/v1/models", Permission::kAdmin,
      [](Handlers& h, const HttpRequest& r, ResponderPtr out) { h.Later(r, std::move(out), &Handlers::Models); });
  add("GET", "/v1/models/{model}", Permission::kAdmin,
      [](Handlers& h, const HttpRequest& r, ResponderPtr out) { h.Later(r, std::move(out), &Handlers::Model); });
  add("GET", "/v1/feature_views", Permission::kReadFeatures,
      [](Handlers& h, const HttpRequest& r, ResponderPtr out) { out->Send(ToResponse(h.FeatureViews(), r)); });
  return routes;
}

void ExposeServerStats(base::Metrics& metrics, const serve::HttpServer& server) {
  const auto expose = [&](const char* name, const char* help, int64_t serve::HttpServerStats::* member) {
    metrics.AddGaugeFunction(name, help, {}, [&server, member] { return static_cast<double>(server.Stats().*member); });
  };
  expose("plumb_http_connections_open", "Connections open now.", &serve::HttpServerStats::connections_open);
  expose("plumb_http_connections_accepted", "Connections accepted since the start.",
         &serve::HttpServerStats::connections_total);
  expose("plumb_http_requests_received", "Requests received since the start.", &serve::HttpServerStats::requests_total);
  expose("plumb_http_errors_sent", "Errors that the server itself answered since the start.",
         &serve::HttpServerStats::errors_total);
}

}  // namespace plumb::api
