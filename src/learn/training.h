// training.h: from a dataset to a registered, judged version.
//
// Encoder and classes fitted on the training part; XGBoost with early stopping on the validation part; metrics of every
// part from our own predictor (what will be served), so the numbers in the registry are of the thing that answers. Two
// things are checked first, and a difference is an error, not a footnote: the library's own margins on the test part
// against ours, and a sample of the features against the plainest evaluator (leakage.h).
//
// What cannot be learnt from is refused: an empty part, labels of a part (of a regression: of the training part) that
// are all equal, features without any value. What is only doubtful is a warning of the report.
//
// Thread safety: one training at a time.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/executor.h"
#include "learn/dataset.h"
#include "learn/training_report.h"
#include "registry/registry.h"

namespace plumb::learn {

struct TrainOptionsForModel {
  int threads = 2;
  base::Json data_manifest;                                                // source → lake version
  std::function<bool(int round, double train, double validate)> progress;  // false cancels
  std::function<void(const char* stage)> stage;                            // what begins now
  base::Executor* executor = nullptr;                                      // for judging; null: the caller's thread
  data::EventLog* events = nullptr;  // what the features were computed from, to check them; null: they are not
  int64_t rows_checked = 200;
};

struct TrainedVersion {
  registry::Version version;
  TrainingReport report;
};

// Registers a run and a version. The alias "latest" moves to it; of a model with a gate also "challenger" (what the
// gate then says is version_gate.h), of one without "champion" if the model has none. Nothing is registered when
// training fails or is cancelled, but the run, as failed.
base::Result<TrainedVersion> TrainModel(const ModelDefinition& model, const engine::FeaturePlan& plan,
                                        const Dataset& dataset, registry::Registry& registry,
                                        const TrainOptionsForModel& options);

}  // namespace plumb::learn
