// metrics.h: counters, gauges and histograms with labels, cheap enough for every request.
//
// Why: what is not counted is not seen, and what costs a contended cache line is not counted. Each thread writes only
// to its own shard, with plain relaxed stores: no lock, no shared line. Reading adds the shards up; the shard of a
// thread that ends is folded into the rest, so nothing is lost.
//
// A handle (Counter, Gauge, HistogramMetric) is got once, at set-up, under a lock, and is a pair of numbers to copy; it
// is valid as long as its Metrics. Getting a series again gives the same one. A family keeps at most kSeriesMax label
// sets: further ones share the series whose label values are all "other", so that labels from outside cannot fill the
// memory.
//
// Thread safety: all functions are safe from any thread. A value read while others write is a sum of moments, and each
// counter in it never goes back.
//
//   Metrics metrics;                                          // from metrics_test.cc
//   Counter requests = metrics.GetCounter("plumb_requests_total", "Requests answered.", {{"code", "200"}});
//   requests.Add();
//   metrics.RenderPrometheus();
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/histogram.h"

namespace plumb::base {

namespace internal {
class MetricsCore;
}

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

class Counter {
 public:
  Counter() = default;                // counts nothing
  void Add(int64_t count = 1) const;  // Requires: count >= 0.
  [[nodiscard]] int64_t Value() const;

 private:
  friend class Metrics;
  Counter(internal::MetricsCore* core, uint32_t slot) : core_(core), slot_(slot) {}
  internal::MetricsCore* core_ = nullptr;
  uint32_t slot_ = 0;
};

// Goes up and down. Add is as cheap as a counter's; Set is one shared store, for what is measured now and then. A
// series uses one of them: its value is what was set plus what was added.
class Gauge {
 public:
  Gauge() = default;
  void Add(int64_t count) const;
  void Set(double value) const;
  [[nodiscard]] double Value() const;

 private:
  friend class Metrics;
  Gauge(internal::MetricsCore* core, uint32_t slot) : core_(core), slot_(slot) {}
  internal::MetricsCore* core_ = nullptr;
  uint32_t slot_ = 0;
};

class HistogramMetric {
 public:
  HistogramMetric() = default;
  void Record(int64_t value) const;
  [[nodiscard]] Histogram Snapshot() const;

 private:
  friend class Metrics;
  HistogramMetric(internal::MetricsCore* core, uint32_t slot) : core_(core), slot_(slot) {}
  internal::MetricsCore* core_ = nullptr;
  uint32_t slot_ = 0;
};

struct HistogramOptions {
  // How many recorded units are one exposed unit. The default records nanoseconds and exposes seconds.
  double units = 1e9;
  // Upper bounds of the exposed buckets, in recorded units, increasing; empty: 1-2.5-5 steps from 10 µs to 10 s.
  std::vector<int64_t> bounds;
};

class Metrics {
 public:
  static constexpr size_t kSeriesMax = 1000;

  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // `name` is [a-zA-Z_:][a-zA-Z0-9_:]*, label names without the colon. One name has one kind: anything else is a bug.
  Counter GetCounter(std::string_view name, std::string_view help, const MetricLabels& labels = {});
  Gauge GetGauge(std::string_view name, std::string_view help, const MetricLabels& labels = {});
  HistogramMetric GetHistogram(std::string_view name, std::string_view help, const MetricLabels& labels = {},
                               const HistogramOptions& options = {});
  // A gauge that is asked when rendered. `read` must be quick, and must not use this object.
  void AddGaugeFunction(std::string_view name, std::string_view help, const MetricLabels& labels,
                        std::function<double()> read);

  // Prometheus text exposition format 0.0.4, families by name, series in the order they were got.
  [[nodiscard]] std::string RenderPrometheus() const;
  static constexpr const char* kContentType = "text/plain; version=0.0.4; charset=utf-8";

  // The quantiles that people ask for, of a histogram series; zeros when there is none.
  struct Quantiles {
    int64_t count = 0;
    int64_t p50 = 0, p99 = 0, p999 = 0;
  };
  [[nodiscard]] Quantiles HistogramQuantiles(std::string_view name, const MetricLabels& labels = {}) const;

 private:
  std::shared_ptr<internal::MetricsCore> core_;  // threads that end later than this object see that it is gone
};

}  // namespace plumb::base
