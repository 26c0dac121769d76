// model_fit.h: from a dataset to the bytes of a model: the steps that decide them, and nothing else.
//
// Why: training and its reproduction must do the same, so both do this.
//
// Thread safety: one training at a time.
#pragma once

#include <functional>
#include <utility>

#include "learn/internal/training_parts.h"
#include "learn/model_definition.h"
#include "model/infer/feature_encoder.h"
#include "model/train/xgboost_trainer.h"

namespace plumb::learn {

struct FitInputs {
  model::FeatureEncoder encoder;  // fitted on the training part
  EncodedParts parts;
};

// Errors: features that cannot be encoded; what nothing can be learnt from.
base::Result<FitInputs> PrepareFit(const Dataset& dataset, const engine::FeaturePlan& plan);

model::TrainOptions FitOptions(const ModelDefinition& model, const Dataset& dataset,
                               const model::FeatureEncoder& encoder, int threads);

}  // namespace plumb::learn
