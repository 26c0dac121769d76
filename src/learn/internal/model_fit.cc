#include "learn/internal/model_fit.h"

namespace plumb::learn {
namespace {

using base::Result;

// The columns of the dataset that the plan wants, in its order.
data::Batch PickFeatures(const Dataset& dataset, const engine::FeaturePlan& plan) {
  data::Batch features;
  for (const data::Field& field : plan.output_schema().fields()) {
    features.AddColumn(field.name, *dataset.features.values.Find(field.name));
  }
  features.rows = dataset.rows();
  return features;
}

}  // namespace

Result<FitInputs> PrepareFit(const Dataset& dataset, const engine::FeaturePlan& plan) {
  PLUMB_RETURN_IF_ERROR(model::FeatureEncoder::CheckEncodable(plan.output_schema()));
  const data::Batch features = PickFeatures(dataset, plan);
  model::FeatureEncoder encoder = model::FeatureEncoder::Fit(features.Take(dataset.RowsOf(Part::kTrain)));
  PLUMB_ASSIGN_OR_RETURN(EncodedParts parts, EncodeParts(dataset, features, encoder));
  return FitInputs{std::move(encoder), std::move(parts)};
}

model::TrainOptions FitOptions(const ModelDefinition& model, const Dataset& dataset,
                               const model::FeatureEncoder& encoder, int threads) {
  model::TrainOptions options;
  options.parameters = model.train_parameters;
  options.objective = model.objective;
  options.classes = static_cast<int32_t>(dataset.classes.size());
  options.rounds_max = model.rounds_max;
  options.early_stopping_rounds = model.early_stopping_rounds;
  options.threads = threads;
  options.seed = model.seed;
  for (const model::EncodedColumn& column : encoder.Columns()) {
    options.feature_names.push_back(column.name);
    options.categorical.push_back(column.categorical);
  }
  return options;
}

}  // namespace plumb::learn
