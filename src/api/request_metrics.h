// request_metrics.h: what the API counts: requests by route and code, how long they took, predictions, rows, features
// that were not there.
//
// Why: every route is measured by wrapping its handler, so that none can be forgotten and no handler measures itself.
// Latency is from the handler's start to the answer, also when a durable log answers later from another thread.
//
// Thread safety: all functions are safe from any thread.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "engine/feature_plan.h"
#include "serve/http_server.h"

namespace plumb::api {

class RequestMetrics {
 public:
  RequestMetrics(base::Metrics& metrics, base::Clock& clock, const std::vector<std::string>& deployments);

  // `handler`, measured under the name of its route.
  serve::Handler Observe(const std::string& method, const std::string& pattern, serve::Handler handler);

  // Requires: one of the deployments.
  void CountPrediction(const std::string& deployment, size_t rows, int64_t unseen_categories);
  // Values whose status is not PRESENT.
  void CountStatuses(const engine::FeatureAnswer& answer);

 private:
  static constexpr size_t kStatuses = static_cast<size_t>(engine::FeatureStatus::kError) + 1;
  struct DeploymentSeries {
    base::Counter requests, rows, unseen_categories;
  };
  base::Metrics& metrics_;
  base::Clock& clock_;
  std::array<base::Counter, kStatuses> statuses_;
  std::map<std::string, DeploymentSeries> deployments_;
};

}  // namespace plumb::api
