// version_diff.h: in what do two versions of a model differ: data, features, parameters, metrics, predictions?
//
// How: what they recorded is compared member by member. Metrics and predictions are compared on common rows: the test
// part of the second version, restricted to the times of the first one's test part, so that neither was trained on
// them; both answer with their own definitions (version_scores.h). Differences of metrics have paired 95 % intervals.
//
// Thread safety: functions of their inputs.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "learn/paired_metric.h"
#include "learn/version_dataset.h"

namespace plumb::learn {

struct ChangedText {
  std::string name, first, second;  // empty: it does not have it
};

// How far the scores of the same rows are apart.
struct PredictionDifference {
  int64_t rows = 0;
  std::string first_row_time, last_row_time;
  double correlation = 0;  // Pearson's, of all scores; 1 when both are constant and equal, else 0 when one is constant
  double mean_absolute = 0, largest = 0;
  // Binary: on different sides of 0.5. Classes: another likeliest class.
  std::optional<double> changed_decisions;  // share of rows
  struct Row {
    std::string time;
    std::vector<std::pair<std::string, std::string>> columns;  // of the example
    std::string label;
    std::vector<double> first, second;  // a score an output
    double distance = 0;
  };
  std::vector<Row> farthest;  // descending
};

struct VersionDiff {
  std::string first, second;      // "late@v2"
  std::vector<ChangedText> data;  // lake versions, rows of parts, times of the split
  std::vector<std::string> features_added, features_removed;
  std::vector<ChangedText> features_changed;  // identities
  std::vector<ChangedText> parameters;
  std::vector<MetricDifference> metrics;  // first: the second version, so that a difference is what the change brought
  std::optional<PredictionDifference> predictions;
  std::string why_not_compared;  // a sentence, if there are no metrics and predictions
  [[nodiscard]] base::Json ToJson() const;
};

struct VersionDiffOptions {
  size_t farthest = 5;
  std::string project_directory;
  std::function<void(const char* stage)> stage;
};

// `log` is pinned at the second recipe's sources. What makes scores incomparable is said in the result, not an error.
// What it reads from and computes by.
struct VersionDiffPorts {
  data::EventLog& log;
  base::FileSystem& files;
  base::Executor& executor;
};
base::Result<VersionDiff> DiffVersions(const VersionRecipe& first, const VersionRecipe& second,
                                       const VersionDiffPorts& ports, const VersionDiffOptions& options);

}  // namespace plumb::learn
