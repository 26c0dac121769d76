// training_report.h: what is known of a trained version: how good, for whom, because of what, and what to distrust.
//
// Stored with the version, as its metrics and as "report.json". Members are only added: gates, comparisons and pages
// read it. Format of the JSON: see ToJson.
//
// Thread safety: values.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "learn/evaluation.h"
#include "learn/leakage.h"
#include "learn/permutation_importance.h"
#include "learn/slices.h"

namespace plumb::learn {

struct TrainingReport {
  std::string library, objective;
  model::Task task = model::Task::kBinary;
  std::vector<std::string> classes;  // of several classes: their texts, in the order of class_rows and confusion
  std::vector<std::string> metrics;  // to show, the deciding one first
  PartReport train, validate, test;

  int best_round = 0;
  // What the trainer judged its rounds by.
  struct Rounds {
    std::string metric;  // "logloss"
    std::vector<double> train, validate;
  };
  Rounds rounds;

  struct Importance {
    std::string feature;
    double gain = 0;  // share of the total
    PermutationImportance permutation;
  };
  std::vector<Importance> importance;  // most gain first
  // What the permutations were measured by, on the validation part.
  struct Permutation {
    std::string metric;
    double reference = 0;
    int64_t rows = 0;
    int repeats = 0;
  };
  Permutation permutation;

  std::vector<SliceReport> slices;  // of the test part
  LeakageReport leakage;
  std::map<std::string, int64_t> left_out;  // reason → examples
  std::vector<std::string> warnings;        // sentences

  // {"library", "objective", "task", "classes", "metrics", "best_round", "train", "validate", "test" (PartReport),
  // "importance": [{"feature", "gain", "permutation", "permutation_error"}], "permutation", "slices", "leakage",
  // "left_out", "warnings", "rounds"}.
  [[nodiscard]] base::Json ToJson() const;
  // "test.roc_auc" and so on, for the run.
  [[nodiscard]] std::map<std::string, double> RunMetrics() const;
};

}  // namespace plumb::learn
