// xgboost_trainer.h: trains a binary classifier with XGBoost through its C API, loaded at run time.
//
// Why dlopen: only training needs the library; the serving process never loads it. The few functions used are declared
// in the .cc. Training is deterministic for the same rows, parameters, threads and library.
//
// Thread safety: one training at a time per process.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"

namespace plumb::model {

struct TrainingMatrix {
  size_t rows = 0, features = 0;
  std::span<const float> values;  // row-major, NaN = missing
  std::span<const float> labels;
  std::span<const float> weights;  // empty: all 1
};

struct TrainOptions {
  std::string library;                            // path of libxgboost.so; empty: the one the build was configured with
  std::map<std::string, std::string> parameters;  // passed on: max_depth, eta, …; objective is binary:logistic
  int rounds_max = 500;
  int early_stopping_rounds = 20;  // 0: none; by log loss of the validation rows
  int threads = 2;
  uint64_t seed = 1;
  std::vector<std::string> feature_names;
  std::vector<bool> categorical;                                                           // one a feature
  std::function<bool(int round, double train_metric, double validation_metric)> progress;  // false cancels (kCancelled)
};

struct TrainedModel {
  std::string ubj;  // model file, cut after best_round
  int best_round = 0;
  std::vector<double> validation_log_loss;  // one a round
  std::vector<double> gain;                 // total gain a feature
  std::string library_version;
};

base::Result<TrainedModel> TrainXgboost(const TrainingMatrix& train, const TrainingMatrix& validation,
                                        const TrainOptions& options);

// The library's own prediction of a model file, for tests and cross-checks: margins or probabilities.
base::Result<std::vector<float>> XgboostPredict(const std::string& library, std::string_view model_file,
                                                const TrainingMatrix& rows, const std::vector<bool>& categorical,
                                                bool margin);

}  // namespace plumb::model
