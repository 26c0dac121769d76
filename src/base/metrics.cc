#include "base/metrics.h"

#include "base/internal/metrics_core.h"

namespace plumb::base {

using internal::MetricKind;

void Counter::Add(int64_t count) const {
  if (core_ != nullptr) core_->Add(slot_, count);
}

int64_t Counter::Value() const { return core_ == nullptr ? 0 : core_->Read(slot_); }

void Gauge::Add(int64_t count) const {
  if (core_ != nullptr) core_->Add(slot_, count);
}

void Gauge::Set(double value) const {
  if (core_ != nullptr) core_->SetGauge(slot_, value);
}

double Gauge::Value() const { return core_ == nullptr ? 0 : core_->ReadGauge(slot_); }

void HistogramMetric::Record(int64_t value) const {
  if (core_ != nullptr) core_->Record(slot_, value);
}

Histogram HistogramMetric::Snapshot() const { return core_ == nullptr ? Histogram() : core_->ReadHistogram(slot_); }

Metrics::Metrics() : core_(std::make_shared<internal::MetricsCore>()) {}
Metrics::~Metrics() = default;

Counter Metrics::GetCounter(std::string_view name, std::string_view help, const MetricLabels& labels) {
  return {core_.get(), core_->GetSlot(name, help, MetricKind::kCounter, labels, {}, nullptr)};
}

Gauge Metrics::GetGauge(std::string_view name, std::string_view help, const MetricLabels& labels) {
  return {core_.get(), core_->GetSlot(name, help, MetricKind::kGauge, labels, {}, nullptr)};
}

HistogramMetric Metrics::GetHistogram(std::string_view name, std::string_view help, const MetricLabels& labels,
                                      const HistogramOptions& options) {
  return {core_.get(), core_->GetSlot(name, help, MetricKind::kHistogram, labels, options, nullptr)};
}

void Metrics::AddGaugeFunction(std::string_view name, std::string_view help, const MetricLabels& labels,
                               std::function<double()> read) {
  core_->GetSlot(name, help, MetricKind::kGauge, labels, {}, std::move(read));
}

std::string Metrics::RenderPrometheus() const { return core_->Render(); }

Metrics::Quantiles Metrics::HistogramQuantiles(std::string_view name, const MetricLabels& labels) const {
  uint32_t slot = 0;
  if (!core_->FindHistogram(name, labels, &slot)) return {};
  const Histogram histogram = core_->ReadHistogram(slot);
  return {histogram.count(), histogram.ValueAtQuantile(0.5), histogram.ValueAtQuantile(0.99),
          histogram.ValueAtQuantile(0.999)};
}

}  // namespace plumb::base
