#include "api/request_metrics.h"

#include <utility>

namespace plumb::api {
namespace {

constexpr std::array kCodes = {200, 400, 403, 404, 409, 413, 429, 500, 503};

// The series of one route, got once.
struct RouteSeries {
  std::array<base::Counter, kCodes.size()> by_code;
  base::Counter other_codes;
  base::HistogramMetric latency;
};

class MeasuredResponder : public serve::Responder {
 public:
  MeasuredResponder(std::unique_ptr<serve::Responder> inner, std::shared_ptr<const RouteSeries> series,
                    base::Clock& clock)
      : inner_(std::move(inner)), series_(std::move(series)), clock_(clock), begin_nanos_(clock.SteadyNanos()) {}
  // Unsent: the inner responder answers 500.
  ~MeasuredResponder() override {
    if (inner_ != nullptr) Record(500);
  }
  MeasuredResponder(const MeasuredResponder&) = delete;
  MeasuredResponder& operator=(const MeasuredResponder&) = delete;

  void Send(serve::HttpResponse response) override {
    Record(response.status);
    std::exchange(inner_, nullptr)->Send(std::move(response));
  }

 private:
  void Record(int code) const {
    series_->latency.Record(clock_.SteadyNanos() - begin_nanos_);
    for (size_t i = 0; i < kCodes.size(); i++) {
      if (kCodes[i] == code) return series_->by_code[i].Add();
    }
    series_->other_codes.Add();
  }

  std::unique_ptr<serve::Responder> inner_;
  std::shared_ptr<const RouteSeries> series_;
  base::Clock& clock_;
  const int64_t begin_nanos_;
};

}  // namespace

RequestMetrics::RequestMetrics(base::Metrics& metrics, base::Clock& clock, const std::vector<std::string>& deployments)
    : metrics_(metrics), clock_(clock) {
  for (const std::string& name : deployments) {
    const base::MetricLabels labels = {{"deployment", name}};
    deployments_[name] = {
        metrics.GetCounter("plumb_predictions_total", "Prediction requests answered.", labels),
        metrics.GetCounter("plumb_prediction_rows_total", "Rows predicted.", labels),
        metrics.GetCounter("plumb_unseen_categories_total", "Categories the model was not trained on.", labels)};
  }
  for (size_t i = 1; i < kStatuses; i++) {
    statuses_[i] = metrics.GetCounter("plumb_feature_values_absent_total",
                                      "Feature values served with another status than PRESENT.",
                                      {{"status", engine::FeatureStatusName(static_cast<engine::FeatureStatus>(i))}});
  }
}

serve::Handler RequestMetrics::Observe(const std::string& method, const std::string& pattern, serve::Handler handler) {
  auto series = std::make_shared<RouteSeries>();
  const std::string route = method + " " + pattern;
  const auto counter = [&](const std::string& code) {
    return metrics_.GetCounter("plumb_requests_total", "Requests answered.", {{"route", route}, {"code", code}});
  };
  for (size_t i = 0; i < kCodes.size(); i++) series->by_code[i] = counter(std::to_string(kCodes[i]));
  series->other_codes = counter("other");
  series->latency = metrics_.GetHistogram("plumb_request_seconds", "Time from the handler's start to its answer.",
                                          {{"route", route}});
  return [this, series, handler = std::move(handler)](const serve::HttpRequest& request,
                                                      std::unique_ptr<serve::Responder> responder) {
    handler(request, std::make_unique<MeasuredResponder>(std::move(responder), series, clock_));
  };
}

void RequestMetrics::CountPrediction(const std::string& deployment, size_t rows, int64_t unseen_categories) {
  const DeploymentSeries& series = deployments_.at(deployment);
  series.requests.Add();
  series.rows.Add(static_cast<int64_t>(rows));
  if (unseen_categories > 0) series.unseen_categories.Add(unseen_categories);
}

void RequestMetrics::CountStatuses(const engine::FeatureAnswer& answer) {
  std::array<int64_t, kStatuses> counts{};
  for (const auto& feature : answer.statuses) {
    for (const engine::FeatureStatus status : feature) counts[static_cast<size_t>(status)]++;
  }
  for (size_t i = 1; i < kStatuses; i++) {
    if (counts[i] > 0) statuses_[i].Add(counts[i]);
  }
}

}  // namespace plumb::api
