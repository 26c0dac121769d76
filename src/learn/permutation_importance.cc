#include "learn/permutation_importance.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "base/elementary.h"
#include "base/random.h"
#include "learn/model_definition.h"
#include "stats/exact_moments.h"

namespace plumb::learn {
namespace {

using base::Result;

// The first `count` of a shuffle of [0, n), ascending if it is all of a choice of rows.
std::vector<size_t> Draw(size_t n, size_t count, base::Random& random) {
  std::vector<size_t> all(n);
  std::iota(all.begin(), all.end(), size_t{0});
  for (size_t i = 0; i < count; i++) std::swap(all[i], all[i + random.Below(n - i)]);
  all.resize(count);
  return all;
}

// Rows that were drawn, with their labels.
struct Sample {
  size_t width = 0;
  std::vector<float> values;
  std::vector<double> labels;
  [[nodiscard]] size_t rows() const { return labels.size(); }
};

Sample TakeSample(const model::EncodedBatch& rows, const std::vector<double>& labels, size_t count, uint64_t seed) {
  base::Random random(seed);
  std::vector<size_t> chosen = Draw(labels.size(), count, random);
  std::sort(chosen.begin(), chosen.end());
  Sample sample;
  sample.width = rows.features;
  for (const size_t row : chosen) {
    const auto begin = rows.values.begin() + static_cast<ptrdiff_t>(row * rows.features);
    sample.values.insert(sample.values.end(), begin, begin + static_cast<ptrdiff_t>(rows.features));
    sample.labels.push_back(labels[row]);
  }
  return sample;
}

Result<double> Measure(const model::Predictor& predictor, const std::vector<float>& values,
                       const std::vector<double>& labels) {
  JudgedRows judged;
  judged.task = predictor.ensemble().task();
  judged.outputs = predictor.outputs();
  judged.labels = labels;
  judged.scores.resize(labels.size() * judged.outputs);
  predictor.Scores(values, judged.scores);
  return DecidingMetric(judged);
}

// Encoded columns [begin, end) of one feature.
struct Columns {
  size_t begin = 0, end = 0;
};

std::vector<Columns> ColumnsOfFeatures(const model::FeatureEncoder& encoder) {
  std::vector<Columns> features(encoder.schema().size());
  const std::vector<model::EncodedColumn> columns = encoder.Columns();
  for (size_t i = columns.size(); i-- > 0;) {
    Columns& feature = features[columns[i].feature];
    if (feature.end == 0) feature.end = i + 1;
    feature.begin = i;
  }
  return features;
}

std::vector<bool> UsedColumns(const model::TreeEnsemble& ensemble) {
  std::vector<bool> used(static_cast<size_t>(ensemble.features), false);
  for (const model::Tree& tree : ensemble.trees) {
    for (const model::TreeNode& node : tree.nodes) {
      if (node.left >= 0) used[static_cast<size_t>(node.feature)] = true;
    }
  }
  return used;
}

Result<double> MeasurePermuted(const model::Predictor& predictor, const Sample& sample, const Columns& columns,
                               uint64_t seed) {
  base::Random random(seed);
  const std::vector<size_t> from = Draw(sample.rows(), sample.rows(), random);
  std::vector<float> values = sample.values;
  for (size_t row = 0; row < sample.rows(); row++) {
    const float* source = sample.values.data() + from[row] * sample.width;
    std::copy(source + columns.begin, source + columns.end, values.data() + row * sample.width + columns.begin);
  }
  return Measure(predictor, values, sample.labels);
}

// How many rows and repeats the budget pays for.
struct Plan {
  size_t rows = 0;
  int repeats = 0;
};

Plan PlanWork(size_t rows, size_t features, size_t trees, const PermutationOptions& options) {
  const auto each = static_cast<int64_t>(std::max<size_t>(1, features * trees));
  int64_t count = std::min(options.rows_max, options.walks_max / (each * options.repeats));
  count = std::min(std::max(count, options.rows_min), static_cast<int64_t>(rows));
  const int64_t affordable = options.walks_max / std::max<int64_t>(1, each * count);
  return {static_cast<size_t>(count), static_cast<int>(std::clamp<int64_t>(affordable, 1, options.repeats))};
}

}  // namespace

Result<PermutationReport> MeasurePermutationImportance(const model::Predictor& predictor,
                                                       const model::FeatureEncoder& encoder,
                                                       const model::EncodedBatch& rows,
                                                       const std::vector<double>& labels, base::Executor& executor,
                                                       const PermutationOptions& options) {
  const std::vector<bool> used_columns = UsedColumns(predictor.ensemble());
  const std::vector<Columns> columns = ColumnsOfFeatures(encoder);
  std::vector<size_t> used;
  for (size_t i = 0; i < columns.size(); i++) {
    const auto begin = used_columns.begin() + static_cast<ptrdiff_t>(columns[i].begin);
    const auto end = used_columns.begin() + static_cast<ptrdiff_t>(columns[i].end);
    if (std::find(begin, end, true) != end) used.push_back(i);
  }
  const Plan plan = PlanWork(labels.size(), used.size(), predictor.ensemble().trees.size(), options);
  const Sample sample = TakeSample(rows, labels, plan.rows, options.seed);

  PermutationReport report;
  report.metric = MetricsOf(predictor.ensemble().task()).front();
  report.rows = static_cast<int64_t>(plan.rows);
  report.repeats = plan.repeats;
  report.features.resize(columns.size());
  PLUMB_ASSIGN_OR_RETURN(report.reference, Measure(predictor, sample.values, sample.labels));
  const auto repeats = static_cast<size_t>(plan.repeats);
  std::vector<std::optional<Result<double>>> measured(used.size() * repeats);
  executor.ParallelFor(measured.size(), 1, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; i++) {
      measured[i] = MeasurePermuted(predictor, sample, columns[used[i / repeats]], options.seed + 1 + i);
    }
  });
  for (size_t i = 0; i < used.size(); i++) {
    stats::ExactMoments worsening;
    for (size_t repeat = 0; repeat < repeats; repeat++) {
      PLUMB_ASSIGN_OR_RETURN(const double value, *measured[i * repeats + repeat]);
      worsening.Add(Worsening(predictor.ensemble().task(), report.reference, value));
    }
    PermutationImportance& feature = report.features[used[i]];
    feature.worsening = worsening.Mean();
    if (repeats > 1) {
      feature.standard_error = worsening.StandardDeviation(1) / base::Sqrt(static_cast<double>(repeats));
    }
  }
  return report;
}

}  // namespace plumb::learn
