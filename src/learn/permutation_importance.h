// permutation_importance.h: how much worse does the model get when one feature tells it nothing?
//
// Why: gain counts what helped on the training rows, where a feature with many values looks better than it is; this is
// measured on rows that were not trained on, with the predictor that will answer (L. Breiman, "Random forests", Machine
// Learning 45, 2001).
//
// How: the values of one feature (all columns of a vector together) are permuted among the rows, and the deciding
// metric is measured again; several times with different permutations, which gives the standard error of the mean. A
// feature that no split uses has 0 without measuring. Cost is bounded by counting: rows × repeats × used features ×
// trees is at most `walks_max`; rows are drawn without replacement where there are more.
//
// Thread safety: a function of its inputs; the same seed gives the same bits, whatever the executor.
#pragma once

#include <string>
#include <vector>

#include "base/executor.h"
#include "learn/evaluation.h"
#include "model/infer/feature_encoder.h"
#include "model/infer/predictor.h"

namespace plumb::learn {

struct PermutationOptions {
  int64_t rows_max = 20'000;
  int64_t rows_min = 100;  // fewer are not taken for the sake of walks_max; repeats are cut then
  int repeats = 5;
  int64_t walks_max = 50'000'000;  // of one row through one tree
  uint64_t seed = 1;
};

struct PermutationImportance {
  double worsening = 0;  // of the deciding metric, mean over repeats; about 0 for what the model does not need
  double standard_error = 0;
};

struct PermutationReport {
  std::string metric;    // "roc_auc", "log_loss", "rmse"
  double reference = 0;  // of the rows as they are
  int64_t rows = 0;
  int repeats = 0;
  std::vector<PermutationImportance> features;  // in the order of the encoder's schema
};

// `rows` are encoded by `encoder`; labels one a row. An error is the metric's: labels of one class.
base::Result<PermutationReport> MeasurePermutationImportance(
    const model::Predictor& predictor, const model::FeatureEncoder& encoder, const model::EncodedBatch& rows,
    const std::vector<double>& labels, base::Executor& executor, const PermutationOptions& options);

}  // namespace plumb::learn
