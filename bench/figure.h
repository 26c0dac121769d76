// figure.h: how a bench repeats, takes medians and prints: one JSON line for each figure.
//
// Times are CPU times of the calling thread: the machine is small and shared with whatever else runs on it. A figure is
// the median of several runs after one that warms up; the reference is measured in the same program, run by run beside
// it.
#pragma once

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/environment.h"
#include "base/json.h"

namespace plumb::bench {

inline constexpr int kRuns = 9;

struct Pair {
  double value = 0, reference = 0;
};

// Median CPU nanoseconds of `work` and of `reference`, alternating.
inline Pair MedianNanos(const std::function<void()>& work, const std::function<void()>& reference) {
  std::vector<double> ours, theirs;
  const auto timed = [](const std::function<void()>& body) {
    const int64_t begin = base::ThreadCpuNanos();
    body();
    return static_cast<double>(base::ThreadCpuNanos() - begin);
  };
  for (int run = 0; run <= kRuns; run++) {
    const double a = timed(work), b = timed(reference);
    if (run == 0) continue;
    ours.push_back(a);
    theirs.push_back(b);
  }
  const auto median = [](std::vector<double> values) {
    std::nth_element(values.begin(), values.begin() + kRuns / 2, values.end());
    return values[kRuns / 2];
  };
  return {median(ours), median(theirs)};
}

// `pair` is of `count` operations each; ratio > 1: better than the reference.
inline void PrintFigure(const std::string& name, const std::string& reference, Pair pair, double count) {
  base::Json figure;
  figure.Set("name", name);
  figure.Set("value", pair.value / count);
  figure.Set("unit", "ns");
  figure.Set("reference", reference);
  figure.Set("reference_value", pair.reference / count);
  figure.Set("ratio", pair.reference / pair.value);
  fmt::print("{}\n", figure.Dump());
}

}  // namespace plumb::bench
