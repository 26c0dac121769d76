// routes.h: plumb's own HTTP routes: predict, features, health, metrics, and what exists.
//
//   POST /v1/predict/{deployment}   predict        rows in, scores out (predict_json.h); asking as of another time
//   needs
//                                                  the permission to
//   POST /v1/features               read features  feature values as of now or another time (features_json.h)
//   GET  /health                    public         who is served, and whether requests are taken
//   GET  /v1/health/live            public         200 while the process runs
//   GET  /v1/health/ready           public         200 when predictions can be asked for, else 503
//   GET  /metrics                   read metrics   Prometheus text
//   GET  /v1/deployments            admin          what is served
//   GET  /v1/models, /v1/models/{model}  admin     models and their versions
//   GET  /v1/feature_views          read features  the served definitions
//
// Handlers only translate. Those that read the registry run on the executor, since loops must not wait for a disk.
//
// Thread safety: handlers run on any thread.
//
//   ApiContext context{.service = *service, .registry = *registry, .metrics = metrics, .clock = clock, .executor =
//   *executor}; auto server = serve::HttpServer::Start(MakeRoutes(context), {.port = 8080});
#pragma once

#include <atomic>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "base/metrics.h"
#include "predict/prediction_service.h"
#include "registry/registry.h"
#include "serve/http_server.h"

namespace plumb::api {

// What routes work on. Outlives the server and what its handlers left on the executor and in the log.
struct ApiContext {
  predict::PredictionService& service;
  registry::Registry& registry;
  base::Metrics& metrics;
  base::Clock& clock;
  base::Executor& executor;
  std::atomic<bool> draining{false};  // set before the server shuts down: not ready any more
};

std::vector<serve::Route> MakeRoutes(ApiContext& context);

// Adds the server's own counters to the metrics page. `server` outlives the last look at it.
void ExposeServerStats(base::Metrics& metrics, const serve::HttpServer& server);

}  // namespace plumb::api
