#include "learn/version_scores.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/batch_driver.h"

namespace plumb::learn {
namespace {

using base::Result;
using base::Status;
using model::Task;

constexpr double kPercentile = 0.99;

std::string KeyOf(const features::FeatureId& id) { return id.ToString() + "\n" + id.feature().identity; }

}  // namespace

VersionScorer::VersionScorer(const Dataset& dataset, const engine::FeaturePlan& plan, std::vector<int64_t> rows,
                             data::EventLog& log, base::Executor& executor)
    : dataset_(dataset),
      rows_(std::move(rows)),
      log_(log),
      executor_(executor),
      examples_(dataset.examples.Take(rows_)) {
  for (const int64_t row : rows_) times_.push_back(dataset.times[static_cast<size_t>(row)]);
  for (const features::FeatureId& id : plan.outputs()) {
    const data::Column* column = dataset.features.values.Find(id.ToString());
    if (column != nullptr) features_[KeyOf(id)] = column->Take(rows_);
  }
}

std::vector<int64_t> VersionScorer::PositionsOf(Part part) const {
  std::vector<int64_t> positions;
  for (size_t i = 0; i < rows_.size(); i++) {
    if (dataset_.parts[static_cast<size_t>(rows_[i])] == part) positions.push_back(static_cast<int64_t>(i));
  }
  return positions;
}

Status VersionScorer::Compute(const predict::VersionBundle& bundle, std::vector<features::FeatureId> missing) {
  PLUMB_ASSIGN_OR_RETURN(const engine::FeaturePlan plan, engine::FeaturePlan::Make(bundle.definitions, missing));
  data::Batch inputs;
  for (const data::Field& field : plan.inputs().fields()) {
    const data::Column* column = examples_.Find(field.name);
    if (column == nullptr || column->type() != field.type) {
      return base::FailedPrecondition("Examples lack a column that the version's features need: {} {}.", field.name,
                                      data::TypeName(field.type));
    }
    inputs.AddColumn(field.name, *column);
  }
  inputs.rows = rows_.size();
  PLUMB_ASSIGN_OR_RETURN(const auto driver, engine::BatchDriver::Make(plan, log_, executor_));
  engine::FeatureQuery query;
  query.inputs = &inputs;
  query.times = times_;
  query.cuts = times_;
  PLUMB_ASSIGN_OR_RETURN(const engine::FeatureAnswer answer, driver->Compute(query));
  for (const features::FeatureId& id : missing) features_[KeyOf(id)] = *answer.values.Find(id.ToString());
  return {};
}

Result<data::Batch> VersionScorer::FeaturesOf(const predict::VersionBundle& bundle) {
  std::vector<features::FeatureId> missing;
  for (const features::FeatureId& id : bundle.plan.outputs()) {
    if (!features_.contains(KeyOf(id))) missing.push_back(id);
  }
  if (!missing.empty()) {
    const Status computed = Compute(bundle, std::move(missing));
    // Definitions that no longer fit the events or examples are the version's age, not the caller's mistake.
    const bool does_not_fit =
        computed.code() == base::Code::kInvalidArgument || computed.code() == base::Code::kNotFound;
    if (does_not_fit) return base::FailedPrecondition("{}", computed.message());
    PLUMB_RETURN_IF_ERROR(computed);
  }
  data::Batch features;
  for (const features::FeatureId& id : bundle.plan.outputs())
    features.AddColumn(id.ToString(), features_.at(KeyOf(id)));
  features.rows = rows_.size();
  return features;
}

// Classes are numbered as the version numbers them.
std::vector<double> VersionScorer::LabelsFor(const predict::VersionBundle& bundle) const {
  std::vector<double> labels;
  for (const int64_t row : rows_) {
    const auto at = static_cast<size_t>(row);
    if (dataset_.task != Task::kClasses) {
      labels.push_back(dataset_.labels[at]);
      continue;
    }
    const std::optional<size_t> code = bundle.classes.CodeOf(dataset_.label_values.At(at));
    labels.push_back(code ? static_cast<double>(*code) : Dataset::kUnseenClass);
  }
  return labels;
}

Result<VersionScores> VersionScorer::Score(const predict::VersionBundle& bundle) {
  const model::Predictor& predictor = *bundle.predictor;
  VersionScores scores;
  scores.version = bundle.version.model + "@v" + std::to_string(bundle.version.number);
  scores.rows.task = predictor.ensemble().task();
  scores.rows.outputs = predictor.outputs();
  if (scores.rows.task != dataset_.task) {
    return base::FailedPrecondition("Version predicts something else: {}, want {}.", model::TaskName(scores.rows.task),
                                    model::TaskName(dataset_.task));
  }
  PLUMB_ASSIGN_OR_RETURN(const data::Batch features, FeaturesOf(bundle));
  PLUMB_ASSIGN_OR_RETURN(const model::EncodedBatch encoded, bundle.encoder.Encode(features));
  scores.rows.labels = LabelsFor(bundle);
  scores.rows.scores.resize(rows_.size() * predictor.outputs());
  predictor.Scores(encoded.values, scores.rows.scores);
  return scores;
}

Result<double> VersionScorer::MeasureRowSeconds(const predict::VersionBundle& bundle, base::Clock& clock,
                                                size_t count) {
  PLUMB_ASSIGN_OR_RETURN(const data::Batch features, FeaturesOf(bundle));
  std::vector<float> score(bundle.predictor->outputs());
  std::vector<int64_t> nanos;
  for (size_t row = 0; row < std::min(count, features.rows); row++) {
    const data::Batch one = features.Take({static_cast<int64_t>(row)});
    const int64_t begin = clock.SteadyNanos();
    PLUMB_ASSIGN_OR_RETURN(const model::EncodedBatch encoded, bundle.encoder.Encode(one));
    bundle.predictor->Scores(encoded.values, score);
    nanos.push_back(clock.SteadyNanos() - begin);
  }
  std::sort(nanos.begin(), nanos.end());
  const auto at = static_cast<size_t>(std::ceil(kPercentile * static_cast<double>(nanos.size()))) - 1;
  return static_cast<double>(nanos[at]) * 1e-9;
}

PairedRows PairRows(const JudgedRows& first, const JudgedRows& second, const std::vector<int64_t>& positions,
                    std::vector<int64_t>* kept, int64_t* left_out) {
  const auto is_unseen = [](const JudgedRows& rows, int64_t row) {
    return rows.task == Task::kClasses && rows.labels[static_cast<size_t>(row)] == Dataset::kUnseenClass;
  };
  kept->clear();
  for (const int64_t row : positions) {
    if (!is_unseen(first, row) && !is_unseen(second, row)) kept->push_back(row);
  }
  *left_out = static_cast<int64_t>(positions.size() - kept->size());
  return {first.Take(*kept), second.Take(*kept), {}};
}

}  // namespace plumb::learn
