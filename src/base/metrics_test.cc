#include "base/metrics.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/executor.h"

namespace plumb::base {
namespace {

TEST(Metrics, RendersTheTextFormat) {
  Metrics metrics;
  metrics.GetCounter("plumb_requests_total", "Requests\nanswered \\ all.", {{"code", "200"}, {"path", "a\"b\\c\nd"}})
      .Add(3);
  metrics.GetCounter("plumb_requests_total", "Requests answered.", {{"code", "404"}, {"path", ""}}).Add();
  metrics.GetGauge("plumb_depth", "Depth.").Set(1.5);
  HistogramOptions options;
  options.units = 10;
  options.bounds = {10, 20};
  const HistogramMetric histogram = metrics.GetHistogram("plumb_size", "Size.", {{"kind", "x"}}, options);
  for (const int64_t value : {5, 15, 16, 30}) histogram.Record(value);
  EXPECT_EQ(metrics.RenderPrometheus(),
            "# HELP plumb_depth Depth.\n"
            "# TYPE plumb_depth gauge\n"
            "plumb_depth 1.5\n"
            "# HELP plumb_requests_total Requests\\nanswered \\\\ all.\n"
            "# TYPE plumb_requests_total counter\n"
            "plumb_requests_total{code=\"200\",path=\"a\\\"b\\\\c\\nd\"} 3\n"
            "plumb_requests_total{code=\"404\",path=\"\"} 1\n"
            "# HELP plumb_size Size.\n"
            "# TYPE plumb_size histogram\n"
            "plumb_size_bucket{kind=\"x\",le=\"1\"} 1\n"
            "plumb_size_bucket{kind=\"x\",le=\"2\"} 3\n"
            "plumb_size_bucket{kind=\"x\",le=\"+Inf\"} 4\n"
            "plumb_size_sum{kind=\"x\"} 6.6\n"
            "plumb_size_count{kind=\"x\"} 4\n");
}

TEST(Metrics, HasReadableDefaultBounds) {
  Metrics metrics;
  metrics.GetHistogram("plumb_seconds", "Time.").Record(1'000'000);
  const std::string text = metrics.RenderPrometheus();
  for (const char* bound : {"1e-05", "2.5e-05", "0.00025", "0.5", "2.5", "10", "+Inf"}) {
    EXPECT_NE(text.find("le=\"" + std::string(bound) + "\""), std::string::npos) << bound << "\n" << text;
  }
}

TEST(Metrics, GivesTheSameSeriesAgain) {
  Metrics metrics;
  const Counter a = metrics.GetCounter("c", "C.", {{"x", "1"}});
  const Counter b = metrics.GetCounter("c", "C.", {{"x", "1"}});
  const Counter other = metrics.GetCounter("c", "C.", {{"x", "2"}});
  a.Add(2);
  EXPECT_EQ(b.Value(), 2);
  EXPECT_EQ(other.Value(), 0);
}

TEST(Metrics, KeepsWhatFinishedThreadsCounted) {
  Metrics metrics;
  const Counter counter = metrics.GetCounter("c", "C.");
  const Gauge gauge = metrics.GetGauge("g", "G.");
  const HistogramMetric histogram = metrics.GetHistogram("h", "H.");
  for (int t = 0; t < 8; ++t) {
    Thread thread("counting", [&] {
      for (int i = 0; i < 1000; ++i) counter.Add();
      gauge.Add(5);
      gauge.Add(-4);
      histogram.Record(1000);
    });
  }
  counter.Add();
  EXPECT_EQ(counter.Value(), 8001);
  EXPECT_EQ(gauge.Value(), 8);
  EXPECT_EQ(histogram.Snapshot().count(), 8);
  EXPECT_EQ(histogram.Snapshot().sum(), 8000);
  EXPECT_EQ(metrics.HistogramQuantiles("h").count, 8);
  EXPECT_NEAR(static_cast<double>(metrics.HistogramQuantiles("h").p99), 1000, 1000.0 / 64);
  EXPECT_EQ(metrics.HistogramQuantiles("none").count, 0);
}

TEST(Metrics, CanBeReadWhileThreadsCount) {
  Metrics metrics;
  const Counter counter = metrics.GetCounter("c", "C.");
  const HistogramMetric histogram = metrics.GetHistogram("h", "H.");
  std::atomic<int> running{4};
  std::vector<std::unique_ptr<Thread>> threads;
  for (int t = 0; t < 4; ++t) {
    threads.push_back(std::make_unique<Thread>("counting", [&] {
      for (int i = 0; i < 20000; ++i) {
        counter.Add();
        histogram.Record(i);
      }
      --running;
    }));
  }
  int64_t last = 0;
  while (running > 0) {
    const int64_t now = counter.Value();
    EXPECT_GE(now, last);
    last = now;
    (void)metrics.RenderPrometheus();
  }
  threads.clear();
  EXPECT_EQ(counter.Value(), 80000);
  EXPECT_EQ(histogram.Snapshot().count(), 80000);
}

TEST(Metrics, MayEndBeforeTheThreadsThatCounted) {
  auto metrics = std::make_unique<Metrics>();
  auto executor = MakeExecutor(2);
  const Counter counter = metrics->GetCounter("c", "C.");
  executor->ParallelFor(100, 1, [&](size_t, size_t) { counter.Add(); });
  EXPECT_EQ(counter.Value(), 100);
  metrics.reset();
  executor.reset();
}

TEST(Metrics, KeepsSeveralRegistriesApart) {
  Metrics a, b;
  const Counter in_a = a.GetCounter("c", "C.");
  const Counter in_b = b.GetCounter("c", "C.");
  for (int i = 0; i < 10; ++i) {
    in_a.Add();
    in_b.Add(2);
  }
  EXPECT_EQ(in_a.Value(), 10);
  EXPECT_EQ(in_b.Value(), 20);
}

TEST(Metrics, BoundsTheLabelSetsOfAFamily) {
  Metrics metrics;
  for (size_t i = 0; i < Metrics::kSeriesMax + 50; ++i) metrics.GetCounter("c", "C.", {{"x", std::to_string(i)}}).Add();
  EXPECT_EQ(metrics.GetCounter("c", "C.", {{"x", "other"}}).Value(), 50);
}

TEST(Metrics, AsksGaugeFunctionsWhenRendered) {
  Metrics metrics;
  double depth = 1;
  metrics.AddGaugeFunction("depth", "Depth.", {}, [&] { return depth; });
  depth = 7;
  EXPECT_NE(metrics.RenderPrometheus().find("depth 7\n"), std::string::npos);
}

TEST(Metrics, DoesNothingThroughAnEmptyHandle) {
  Counter().Add();
  Gauge().Set(1);
  HistogramMetric().Record(1);
  EXPECT_EQ(Counter().Value(), 0);
}

TEST(MetricsDeathTest, RefusesBadNamesAndTwoKinds) {
  Metrics metrics;
  metrics.GetCounter("c", "C.");
  EXPECT_DEATH(metrics.GetGauge("c", "C."), "one kind");
  EXPECT_DEATH(metrics.GetCounter("1c", "C."), "valid name");
  EXPECT_DEATH(metrics.GetCounter("d", "D.", {{"le", "1"}}), "valid name");
}

}  // namespace
}  // namespace plumb::base
