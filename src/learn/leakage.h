// leakage.h: does the training set know something that it will not know when it is asked?
//
// Why: a feature that holds the answer gives a splendid report and a useless model. Four things are looked for:
//   - a feature that alone predicts the label almost perfectly, or far better than every other (FeatureSignal);
//   - rows whose label was known before their time (counted by the dataset, and left out);
//   - tables without times among the features' sources: their rows may be from after the time asked for;
//   - feature values that differ from what the plainest evaluator computes at (t, c = t) from the events: a sample of
//     the dataset is recomputed and compared bit for bit.
// And how many of the entities of the test part were seen in training is said, for it tells whether the test is about
// new entities or known ones.
//
// Thread safety: functions of their inputs; the same seed draws the same rows.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/executor.h"
#include "base/json.h"
#include "data/event_log.h"
#include "engine/feature_plan.h"
#include "learn/dataset.h"

namespace plumb::learn {

// What one feature tells of the label by itself, on the validation part; categories are ordered by their mean label on
// the training part, and being missing counts as a feature of its own.
struct FeatureSignal {
  std::string feature;
  // 0.5 to 1: the area under the ROC curve, whichever way round; of classes the best of one class against the others.
  // 0 to 1 for numbers: Spearman's rank correlation, without its sign.
  double strength = 0;
  bool suspicious = false;  // above 0.95; or well above 0.75 and far above the next
};

struct EntityOverlap {
  std::string entity;
  int64_t test_keys = 0, seen_in_training = 0;  // different ones
};

struct KnowledgeMismatch {
  std::string feature;
  int64_t count = 0;
  std::string example;  // of the first: inputs, time, both values
};

struct KnowledgeCheck {
  int64_t rows = 0, values = 0, mismatched = 0;  // rows 0: not checked
  std::vector<KnowledgeMismatch> mismatches;     // by feature, in the order of the plan
};

struct LeakageReport {
  std::string measure;                 // "roc_auc" or "spearman"
  std::vector<FeatureSignal> signals;  // strongest first
  int64_t labels_known_early = 0;
  std::vector<std::string> static_tables;  // sources without times
  std::vector<EntityOverlap> entities;
  KnowledgeCheck knowledge;
  [[nodiscard]] base::Json ToJson() const;
};

// All but the knowledge check.
LeakageReport InspectLeakage(const engine::FeaturePlan& plan, const Dataset& dataset);

struct KnowledgeCheckOptions {
  int64_t rows = 200;
  uint64_t seed = 1;
};
// Recomputes rows of the dataset by engine::BruteForce. Errors are the log's.
base::Result<KnowledgeCheck> CheckKnowledge(const engine::FeaturePlan& plan, const Dataset& dataset,
                                            data::EventLog& log, base::Executor& executor,
                                            const KnowledgeCheckOptions& options);

}  // namespace plumb::learn
