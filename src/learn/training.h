// training.h: from a dataset to a registered, judged version.
//
// Encoder fitted on the training part; XGBoost with early stopping on the validation part; metrics of every part from
// our own predictor (what will be served), so the numbers in the registry are of the thing that answers. The library's
// own predictions on the test part are compared with ours first: a difference is an error, not a footnote.
//
// Thread safety: one training at a time.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/executor.h"
#include "learn/dataset.h"
#include "registry/registry.h"

namespace plumb::learn {

struct Estimate {
  double value = 0, low = 0, high = 0;  // 95 % interval; low == high == value where there is none
};

struct PartReport {
  int64_t rows = 0, positives = 0;
  Estimate roc_auc, pr_auc;
  double log_loss = 0, brier = 0, ece = 0, calibration_slope = 0, calibration_intercept = 0;
  struct Bin {
    int64_t count = 0;
    double mean_score = 0, observed = 0;
  };
  std::vector<Bin> bins;
};

struct TrainingReport {
  PartReport train, validate, test;
  int best_round = 0;
  struct Importance {
    std::string feature;
    double gain = 0;  // share of the total
  };
  std::vector<Importance> importance;  // most first
  std::string library;
  [[nodiscard]] base::Json ToJson() const;
};

struct TrainOptionsForModel {
  int threads = 2;
  base::Json data_manifest;                                                // source → lake version
  std::function<bool(int round, double train, double validate)> progress;  // false cancels
};

struct TrainedVersion {
  registry::Version version;
  TrainingReport report;
};

// Registers a run and a version (alias "latest" moves to it; "champion" too if the model has none). Nothing is
// registered when training fails or is cancelled, but the run, as failed.
base::Result<TrainedVersion> TrainModel(const ModelDefinition& model, const engine::FeaturePlan& plan,
                                        const Dataset& dataset, registry::Registry& registry,
                                        const TrainOptionsForModel& options);

}  // namespace plumb::learn
