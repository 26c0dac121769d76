// version_scores.h: versions, old and new, scored on the same examples.
//
// Why: two versions can only be told apart on rows that both answer. The examples, their times and their labels are
// those of one dataset; each version answers with its own features, computed from the definitions that it carries as
// they were knowable at each example's time (c = t), encoded by its own encoder. A feature whose identity is the same
// in the dataset or in a version scored before is not computed again.
//
// Thread safety: one user.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "data/event_log.h"
#include "engine/feature_plan.h"
#include "learn/dataset.h"
#include "learn/paired_metric.h"
#include "predict/version_bundle.h"

namespace plumb::learn {

// One row of JudgedRows for each row that was asked for; a label that the version has no class for is kUnseenClass.
struct VersionScores {
  std::string version;  // "late@v3"
  JudgedRows rows;
};

class VersionScorer {
 public:
  // Scores `rows` of the dataset, ascending. `plan` is that of the dataset's features. All must outlive the scorer.
  VersionScorer(const Dataset& dataset, const engine::FeaturePlan& plan, std::vector<int64_t> rows, data::EventLog& log,
                base::Executor& executor);

  [[nodiscard]] const std::vector<int64_t>& rows() const { return rows_; }
  // Positions among rows() of those of one part.
  [[nodiscard]] std::vector<int64_t> PositionsOf(Part part) const;

  // kFailedPrecondition when the version cannot answer for these examples: it predicts something else, or needs a
  // column that they do not have.
  base::Result<VersionScores> Score(const predict::VersionBundle& bundle);

  // How long encoding and scoring one row takes, at the 99th percentile of at most `count` rows one by one, in
  // seconds. Requires: at least one row.
  base::Result<double> MeasureRowSeconds(const predict::VersionBundle& bundle, base::Clock& clock, size_t count);

 private:
  base::Result<data::Batch> FeaturesOf(const predict::VersionBundle& bundle);
  base::Status Compute(const predict::VersionBundle& bundle, std::vector<features::FeatureId> missing);
  std::vector<double> LabelsFor(const predict::VersionBundle& bundle) const;

  const Dataset& dataset_;
  const std::vector<int64_t> rows_;
  data::EventLog& log_;
  base::Executor& executor_;
  data::Batch examples_;                          // of rows_
  std::vector<base::Time> times_;                 // of rows_
  std::map<std::string, data::Column> features_;  // by name and identity, of rows_
};

// The rows of `positions` that both versions can be judged on; `left_out` receives how many they cannot.
PairedRows PairRows(const JudgedRows& first, const JudgedRows& second, const std::vector<int64_t>& positions,
                    std::vector<int64_t>* kept, int64_t* left_out);

}  // namespace plumb::learn
