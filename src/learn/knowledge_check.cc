// Recomputes a sample of a dataset's rows by the plainest evaluator, and compares every bit.
#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "base/random.h"
#include "engine/brute_force.h"
#include "learn/leakage.h"

namespace plumb::learn {
namespace {

using base::Result;

// `count` of the rows, ascending, drawn without replacement.
std::vector<int64_t> DrawRows(size_t rows, int64_t count, uint64_t seed) {
  std::vector<int64_t> all(rows);
  std::iota(all.begin(), all.end(), int64_t{0});
  const size_t wanted = std::min(rows, static_cast<size_t>(std::max<int64_t>(0, count)));
  base::Random random(seed);
  for (size_t i = 0; i < wanted; i++) std::swap(all[i], all[i + random.Below(rows - i)]);
  all.resize(wanted);
  std::sort(all.begin(), all.end());
  return all;
}

std::string Shown(const data::Value& value, engine::FeatureStatus status) {
  return value.ToString() + " (" + engine::FeatureStatusName(status) + ")";
}

std::string InputsOf(const Dataset& dataset, size_t row) {
  std::string text;
  for (size_t i = 0; i < dataset.inputs.columns.size(); i++) {
    if (!text.empty()) text += ", ";
    text += dataset.inputs.schema.fields()[i].name + "=" + dataset.inputs.columns[i].At(row).ToString();
  }
  return text;
}

Result<engine::FeatureAnswer> Recompute(const engine::BruteForce& brute, const Dataset& dataset, int64_t row) {
  const data::Batch inputs = dataset.inputs.Take({row});
  engine::FeatureQuery query;
  query.inputs = &inputs;
  query.times = {dataset.times[static_cast<size_t>(row)]};
  query.cuts = query.times;
  return brute.EvaluateAll(query);
}

// One feature over the sampled rows.
class Comparison {
 public:
  Comparison(const Dataset& dataset, const std::string& feature)
      : dataset_(dataset), column_(static_cast<size_t>(dataset.features.values.schema.IndexOf(feature))) {
    mismatch_.feature = feature;
  }

  void Compare(int64_t row, const data::Value& again, engine::FeatureStatus is) {
    const auto at = static_cast<size_t>(row);
    const data::Value value = dataset_.features.values.columns[column_].At(at);
    const engine::FeatureStatus was = dataset_.features.statuses[column_][at];
    if (value == again && was == is) return;
    if (mismatch_.count++ > 0) return;
    mismatch_.example = InputsOf(dataset_, at) + " at " + base::FormatTime(dataset_.times[at]) + ": " +
                        Shown(value, was) + ", recomputed " + Shown(again, is);
  }
  [[nodiscard]] const KnowledgeMismatch& mismatch() const { return mismatch_; }

 private:
  const Dataset& dataset_;
  const size_t column_;
  KnowledgeMismatch mismatch_;
};

}  // namespace

Result<KnowledgeCheck> CheckKnowledge(const engine::FeaturePlan& plan, const Dataset& dataset, data::EventLog& log,
                                      base::Executor& executor, const KnowledgeCheckOptions& options) {
  PLUMB_ASSIGN_OR_RETURN(const engine::BruteForce brute, engine::BruteForce::Make(plan, log));
  const std::vector<int64_t> rows = DrawRows(dataset.rows(), options.rows, options.seed);
  std::vector<std::optional<Result<engine::FeatureAnswer>>> answers(rows.size());
  executor.ParallelFor(rows.size(), 1, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; i++) answers[i] = Recompute(brute, dataset, rows[i]);
  });
  KnowledgeCheck check;
  check.rows = static_cast<int64_t>(rows.size());
  std::vector<Comparison> comparisons;
  for (const std::string& feature : plan.output_schema().Names()) comparisons.emplace_back(dataset, feature);
  for (size_t i = 0; i < rows.size(); i++) {
    PLUMB_RETURN_IF_ERROR(answers[i]->status());
    const engine::FeatureAnswer& answer = **answers[i];
    for (size_t feature = 0; feature < comparisons.size(); feature++) {
      comparisons[feature].Compare(rows[i], answer.values.columns[feature].At(0), answer.statuses[feature][0]);
      check.values++;
    }
  }
  for (const Comparison& comparison : comparisons) {
    if (comparison.mismatch().count == 0) continue;
    check.mismatched += comparison.mismatch().count;
    check.mismatches.push_back(comparison.mismatch());
  }
  return check;
}

}  // namespace plumb::learn
