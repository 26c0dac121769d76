// training_parts.h: the parts of a dataset as trainer and predictor eat them, and what makes them unfit to learn from.
//
// Thread safety: pure functions.
#pragma once

#include <string>
#include <vector>

#include "learn/dataset.h"
#include "learn/evaluation.h"
#include "model/infer/feature_encoder.h"
#include "model/infer/predictor.h"
#include "model/train/xgboost_trainer.h"

namespace plumb::learn {

struct EncodedPart {
  std::vector<int64_t> rows;  // of the dataset; those of unseen classes are left out
  int64_t unseen_classes = 0;
  model::EncodedBatch features;
  std::vector<double> labels;
  std::vector<float> narrow_labels;  // as the trainer takes them
  [[nodiscard]] model::TrainingMatrix Matrix() const {
    return {features.rows, features.features, features.values, narrow_labels, {}};
  }
};

struct EncodedParts {
  EncodedPart train, validate, test;
};

// `features` has a column for each of the encoder's schema. kInvalidArgument for what nothing can be learnt from.
base::Result<EncodedParts> EncodeParts(const Dataset& dataset, const data::Batch& features,
                                       const model::FeatureEncoder& encoder);

// Features without any value in the training part. kInvalidArgument if that is all of them.
base::Result<std::vector<std::string>> FeaturesWithoutValues(const EncodedPart& train,
                                                             const model::FeatureEncoder& encoder);

// The part with the scores of the predictor.
JudgedRows Judge(const EncodedPart& part, const model::Predictor& predictor);

}  // namespace plumb::learn
