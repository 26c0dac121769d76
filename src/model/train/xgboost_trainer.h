// xgboost_trainer.h: trains trees with XGBoost through its C API, loaded at run time: for a binary label, several
// classes or a number.
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
  std::span<const float> values;   // row-major, NaN = missing
  std::span<const float> labels;   // 0 or 1; the number of a class, below `classes`; the number
  std::span<const float> weights;  // empty: all 1
};

struct TrainOptions {
  std::string library;                            // path of libxgboost.so; empty: the one the build was configured with
  std::map<std::string, std::string> parameters;  // passed on: max_depth, eta, …
  std::string objective = "binary:logistic";      // one that LinkOf knows
  int32_t classes = 0;                            // of multi:softprob
  int rounds_max = 500;
  int early_stopping_rounds = 20;  // 0: none; by EvaluationMetric of the validation rows
  int threads = 2;
  uint64_t seed = 1;
  std::vector<std::string> feature_names;
  std::vector<bool> categorical;                                                           // one a feature
  std::function<bool(int round, double train_metric, double validation_metric)> progress;  // false cancels (kCancelled)
};

struct TrainedModel {
  std::string ubj;  // model file, cut after best_round
  int best_round = 0;
  std::vector<double> train_metric, validation_metric;  // EvaluationMetric, one a round
  std::vector<double> gain;                             // total gain a feature
  std::string library_version;
};

// What rounds are judged by, less is better: logloss, mlogloss, rmse, mae, mphe.
std::string EvaluationMetric(const std::string& objective);

base::Result<TrainedModel> TrainXgboost(const TrainingMatrix& train, const TrainingMatrix& validation,
                                        const TrainOptions& options);

// The library's own prediction of a model file, for tests and cross-checks: margins or predictions, row-major
// [rows × outputs].
base::Result<std::vector<float>> XgboostPredict(const std::string& library, std::string_view model_file,
                                                const TrainingMatrix& rows, const std::vector<bool>& categorical,
                                                bool margin);

}  // namespace plumb::model
