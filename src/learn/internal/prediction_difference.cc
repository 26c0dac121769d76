#include "learn/internal/prediction_difference.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "stats/exact_moments.h"
#include "stats/exact_sum.h"

namespace plumb::learn {
namespace {

constexpr double kDecision = 0.5;

// Pearson's, by two passes.
double Correlation(const std::vector<float>& first, const std::vector<float>& second) {
  stats::ExactMoments of_first, of_second;
  for (size_t i = 0; i < first.size(); i++) {
    of_first.Add(static_cast<double>(first[i]));
    of_second.Add(static_cast<double>(second[i]));
  }
  const double mean_first = of_first.Mean(), mean_second = of_second.Mean();
  stats::ExactSum product, square_first, square_second;
  for (size_t i = 0; i < first.size(); i++) {
    const double a = static_cast<double>(first[i]) - mean_first, b = static_cast<double>(second[i]) - mean_second;
    product.Add(a * b);
    square_first.Add(a * a);
    square_second.Add(b * b);
  }
  const auto count = static_cast<int64_t>(first.size());
  const double spread = std::sqrt(square_first.Mean(count)) * std::sqrt(square_second.Mean(count));
  if (spread <= 0) return first == second ? 1 : 0;
  return std::clamp(product.Mean(count) / spread, -1.0, 1.0);
}

// What a user of the scores would do: 0 or 1, or the likeliest class.
size_t DecisionOf(const JudgedRows& rows, size_t row) {
  const float* scores = rows.scores.data() + row * rows.outputs;
  if (rows.task == model::Task::kBinary) return static_cast<double>(*scores) >= kDecision ? 1 : 0;
  return static_cast<size_t>(std::max_element(scores, scores + rows.outputs) - scores);
}

// The largest difference of an output.
double DistanceOf(const JudgedRows& first, const JudgedRows& second, size_t row) {
  double distance = 0;
  for (size_t i = row * first.outputs; i < (row + 1) * first.outputs; i++) {
    distance =
        std::max(distance, std::fabs(static_cast<double>(first.scores[i]) - static_cast<double>(second.scores[i])));
  }
  return distance;
}

}  // namespace

PredictionDifference MeasurePredictions(const JudgedRows& first, const JudgedRows& second,
                                        std::vector<int64_t>* order) {
  PredictionDifference difference;
  difference.rows = static_cast<int64_t>(first.rows());
  difference.correlation = Correlation(first.scores, second.scores);
  stats::ExactSum distances;
  for (size_t i = 0; i < first.scores.size(); i++) {
    distances.Add(std::fabs(static_cast<double>(first.scores[i]) - static_cast<double>(second.scores[i])));
  }
  difference.mean_absolute = distances.Mean(static_cast<int64_t>(first.scores.size()));
  std::vector<double> by_row;
  int64_t changed = 0;
  for (size_t row = 0; row < first.rows(); row++) {
    by_row.push_back(DistanceOf(first, second, row));
    changed += DecisionOf(first, row) != DecisionOf(second, row);
  }
  difference.largest = *std::max_element(by_row.begin(), by_row.end());
  if (first.task != model::Task::kRegression) {
    difference.changed_decisions = static_cast<double>(changed) / static_cast<double>(first.rows());
  }
  order->resize(by_row.size());
  std::iota(order->begin(), order->end(), int64_t{0});
  std::stable_sort(order->begin(), order->end(), [&](int64_t a, int64_t b) {
    return by_row[static_cast<size_t>(a)] > by_row[static_cast<size_t>(b)];
  });
  return difference;
}

}  // namespace plumb::learn
