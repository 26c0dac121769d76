#include "learn/training.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <utility>

#include "model/infer/predictor.h"
#include "model/train/xgboost_trainer.h"
#include "predict/version_bundle.h"
#include "stats/brier.h"
#include "stats/calibration.h"
#include "stats/log_loss.h"
#include "stats/pr_auc.h"
#include "stats/roc_auc.h"

namespace plumb::learn {
namespace {

using base::Json;
using base::Result;
using base::Status;

constexpr double kConfidence = 0.95;
constexpr uint64_t kBootstrapSeed = 20130901;
constexpr int kBootstrapReplicates = 200;

// One part, encoded: what the trainer and the predictor eat.
struct EncodedPart {
  model::EncodedBatch features;
  std::vector<float> labels;
  std::vector<uint8_t> outcomes;
  [[nodiscard]] model::TrainingMatrix Matrix() const {
    return {features.rows, features.features, features.values, labels, {}};
  }
};

Result<EncodedPart> EncodePart(const Dataset& dataset, const data::Batch& features,
                               const model::FeatureEncoder& encoder, Part part) {
  const std::vector<int64_t> rows = dataset.RowsOf(part);
  EncodedPart out;
  PLUMB_ASSIGN_OR_RETURN(out.features, encoder.Encode(features.Take(rows)));
  for (const int64_t row : rows) {
    out.outcomes.push_back(dataset.labels[static_cast<size_t>(row)]);
    out.labels.push_back(out.outcomes.back() != 0 ? 1.0F : 0.0F);
  }
  return out;
}

Status CheckPart(const EncodedPart& part, const char* name) {
  const int64_t positives = std::count(part.outcomes.begin(), part.outcomes.end(), 1);
  const auto rows = static_cast<int64_t>(part.outcomes.size());
  if (rows == 0) {
    return base::InvalidArgument("Split leaves a part empty: {}.", name)
        .WithSuggestion("Check the times of the split against the times of the examples.");
  }
  if (positives == 0 || positives == rows) {
    return base::InvalidArgument("All labels of a part are equal: {}, {} rows, {} positive.", name, rows, positives)
        .WithSuggestion("Check the label's expression.");
  }
  return {};
}

Result<PartReport> Evaluate(const EncodedPart& part, const model::Predictor& predictor) {
  PartReport report;
  report.rows = static_cast<int64_t>(part.outcomes.size());
  report.positives = std::count(part.outcomes.begin(), part.outcomes.end(), 1);
  std::vector<float> narrow(part.outcomes.size());
  predictor.Scores(part.features.values, narrow);
  const std::vector<double> scores(narrow.begin(), narrow.end());

  PLUMB_ASSIGN_OR_RETURN(const stats::RocAucEstimate roc, stats::EstimateRocAuc(scores, part.outcomes, kConfidence));
  report.roc_auc = {roc.auc, roc.interval.low, roc.interval.high};
  stats::BootstrapOptions bootstrap;
  bootstrap.seed = kBootstrapSeed;
  bootstrap.replicates = kBootstrapReplicates;
  bootstrap.confidence = kConfidence;
  PLUMB_ASSIGN_OR_RETURN(report.pr_auc.value, stats::AveragePrecision(scores, part.outcomes));
  PLUMB_ASSIGN_OR_RETURN(const stats::Interval pr, stats::BootstrapAveragePrecision(scores, part.outcomes, bootstrap));
  report.pr_auc.low = pr.low;
  report.pr_auc.high = pr.high;
  PLUMB_ASSIGN_OR_RETURN(report.log_loss, stats::LogLoss(scores, part.outcomes));
  PLUMB_ASSIGN_OR_RETURN(report.brier, stats::BrierScore(scores, part.outcomes));
  PLUMB_ASSIGN_OR_RETURN(const stats::Calibration calibration, stats::MeasureCalibration(scores, part.outcomes, {}));
  report.ece = calibration.expected_error;
  for (const stats::CalibrationBin& bin : calibration.bins) {
    report.bins.push_back({bin.count, bin.mean_score, bin.observed_rate});
  }
  // A model that separates perfectly has no finite line; the rest of the report stands without it.
  const Result<stats::CalibrationLine> line = stats::FitCalibrationLine(scores, part.outcomes);
  report.calibration_slope = line.ok() ? line->slope : 0;
  report.calibration_intercept = line.ok() ? line->intercept : 0;
  return report;
}

// What will be served must be what the library trained: margins equal bit for bit on the test part.
Status CompareWithLibrary(const EncodedPart& part, const model::Predictor& predictor, const std::string& model_file,
                          const std::vector<bool>& categorical) {
  std::vector<float> ours(part.outcomes.size());
  predictor.Margins(part.features.values, ours);
  PLUMB_ASSIGN_OR_RETURN(const std::vector<float> theirs,
                         model::XgboostPredict("", model_file, part.Matrix(), categorical, true));
  for (size_t row = 0; row < ours.size(); row++) {
    if (std::bit_cast<uint32_t>(ours[row]) == std::bit_cast<uint32_t>(theirs[row])) continue;
    return base::DataLoss("Our prediction differs from the library's: test row {}, {} against {}.", row, ours[row],
                          theirs[row]);
  }
  return {};
}

std::vector<TrainingReport::Importance> ImportanceOf(const std::vector<double>& gain, const data::Schema& schema) {
  const double total = std::accumulate(gain.begin(), gain.end(), 0.0);
  std::vector<TrainingReport::Importance> list;
  for (size_t i = 0; i < gain.size(); i++) list.push_back({schema.fields()[i].name, total > 0 ? gain[i] / total : 0.0});
  std::stable_sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.gain > b.gain; });
  return list;
}

Json EstimateToJson(const Estimate& estimate) {
  Json json;
  json.Set("value", estimate.value);
  json.Set("low", estimate.low);
  json.Set("high", estimate.high);
  return json;
}

Json PartToJson(const PartReport& part) {
  Json json;
  json.Set("rows", part.rows);
  json.Set("positives", part.positives);
  json.Set("roc_auc", EstimateToJson(part.roc_auc));
  json.Set("pr_auc", EstimateToJson(part.pr_auc));
  json.Set("log_loss", part.log_loss);
  json.Set("brier", part.brier);
  json.Set("ece", part.ece);
  json.Set("calibration_slope", part.calibration_slope);
  json.Set("calibration_intercept", part.calibration_intercept);
  Json bins{base::JsonArray{}};
  for (const PartReport::Bin& bin : part.bins) {
    Json entry;
    entry.Set("count", bin.count);
    entry.Set("mean_score", bin.mean_score);
    entry.Set("observed", bin.observed);
    bins.Append(std::move(entry));
  }
  json.Set("calibration", std::move(bins));
  return json;
}

std::map<std::string, double> MetricsOf(const TrainingReport& report) {
  std::map<std::string, double> metrics;
  for (const auto& [name, part] :
       {std::pair{"train", &report.train}, {"validate", &report.validate}, {"test", &report.test}}) {
    const std::string prefix = std::string(name) + ".";
    metrics[prefix + "roc_auc"] = part->roc_auc.value;
    metrics[prefix + "pr_auc"] = part->pr_auc.value;
    metrics[prefix + "log_loss"] = part->log_loss;
    metrics[prefix + "brier"] = part->brier;
    metrics[prefix + "ece"] = part->ece;
  }
  metrics["best_round"] = report.best_round;
  return metrics;
}

std::map<std::string, std::string> ParametersOf(const ModelDefinition& model, const engine::FeaturePlan& plan) {
  std::map<std::string, std::string> parameters = model.train_parameters;
  parameters["rounds_max"] = std::to_string(model.rounds_max);
  parameters["early_stopping_rounds"] = std::to_string(model.early_stopping_rounds);
  parameters["seed"] = std::to_string(model.seed);
  parameters["features"] = std::to_string(plan.outputs().size());
  return parameters;
}

// The data of a version: lake versions, how many rows each part has, and what was left out and why.
Json ManifestOf(const Dataset& dataset, const Json& sources) {
  Json json;
  json.Set("sources", sources);
  Json parts;
  for (const Part part : {Part::kTrain, Part::kValidate, Part::kTest}) {
    parts.Set(PartName(part), static_cast<int64_t>(dataset.RowsOf(part).size()));
  }
  json.Set("rows", std::move(parts));
  Json left_out{base::JsonObject{}};
  for (const auto& [reason, count] : dataset.left_out) left_out.Set(reason, count);
  json.Set("left_out", std::move(left_out));
  return json;
}

// The columns of the dataset that the plan wants, in its order.
data::Batch PickFeatures(const Dataset& dataset, const engine::FeaturePlan& plan) {
  data::Batch features;
  for (const data::Field& field : plan.output_schema().fields()) {
    features.AddColumn(field.name, *dataset.features.values.Find(field.name));
  }
  features.rows = dataset.rows();
  return features;
}

class Training {
 public:
  Training(const ModelDefinition& model, const engine::FeaturePlan& plan, const Dataset& dataset,
           registry::Registry& registry, const TrainOptionsForModel& options, std::string run)
      : model_(model), plan_(plan), dataset_(dataset), registry_(registry), options_(options), run_(std::move(run)) {}

  Result<TrainedVersion> Run() {
    PLUMB_RETURN_IF_ERROR(registry_.LogParameters(run_, ParametersOf(model_, plan_)));
    const data::Batch features = PickFeatures(dataset_, plan_);
    const model::FeatureEncoder encoder = model::FeatureEncoder::Fit(features.Take(dataset_.RowsOf(Part::kTrain)));
    PLUMB_ASSIGN_OR_RETURN(const EncodedPart train, EncodePart(dataset_, features, encoder, Part::kTrain));
    PLUMB_ASSIGN_OR_RETURN(const EncodedPart validate, EncodePart(dataset_, features, encoder, Part::kValidate));
    PLUMB_ASSIGN_OR_RETURN(const EncodedPart test, EncodePart(dataset_, features, encoder, Part::kTest));
    PLUMB_RETURN_IF_ERROR(CheckPart(train, "train"));
    PLUMB_RETURN_IF_ERROR(CheckPart(validate, "validate"));
    PLUMB_RETURN_IF_ERROR(CheckPart(test, "test"));

    const model::TrainOptions train_options = OptionsFor(encoder);
    PLUMB_ASSIGN_OR_RETURN(const model::TrainedModel trained,
                           model::TrainXgboost(train.Matrix(), validate.Matrix(), train_options));
    PLUMB_ASSIGN_OR_RETURN(model::TreeEnsemble ensemble, model::ReadXgboostModel(trained.ubj));
    const model::Predictor predictor(std::make_shared<const model::TreeEnsemble>(std::move(ensemble)));
    PLUMB_RETURN_IF_ERROR(CompareWithLibrary(test, predictor, trained.ubj, train_options.categorical));

    TrainedVersion out;
    PLUMB_ASSIGN_OR_RETURN(out.report.train, Evaluate(train, predictor));
    PLUMB_ASSIGN_OR_RETURN(out.report.validate, Evaluate(validate, predictor));
    PLUMB_ASSIGN_OR_RETURN(out.report.test, Evaluate(test, predictor));
    out.report.best_round = trained.best_round;
    out.report.library = trained.library_version;
    out.report.importance = ImportanceOf(trained.gain, plan_.output_schema());
    PLUMB_RETURN_IF_ERROR(registry_.LogMetrics(run_, MetricsOf(out.report)));
    PLUMB_ASSIGN_OR_RETURN(out.version, Register(encoder, trained.ubj, out.report));
    return out;
  }

 private:
  model::TrainOptions OptionsFor(const model::FeatureEncoder& encoder) const {
    model::TrainOptions options;
    options.parameters = model_.train_parameters;
    options.rounds_max = model_.rounds_max;
    options.early_stopping_rounds = model_.early_stopping_rounds;
    options.threads = options_.threads;
    options.seed = model_.seed;
    options.feature_names = plan_.output_schema().Names();
    for (size_t i = 0; i < options.feature_names.size(); i++) options.categorical.push_back(encoder.IsCategorical(i));
    options.progress = options_.progress;
    return options;
  }

  Result<registry::Version> Register(const model::FeatureEncoder& encoder, const std::string& model_file,
                                     const TrainingReport& report) {
    registry::NewVersion version;
    version.model = model_.name;
    version.run_id = run_;
    version.description = model_.description;
    version.features = predict::FeatureList(plan_);
    version.data = ManifestOf(dataset_, options_.data_manifest);
    version.metrics = report.ToJson();
    PLUMB_ASSIGN_OR_RETURN(version.artifacts["model.ubj"], registry_.PutArtifact(model_file));
    PLUMB_ASSIGN_OR_RETURN(version.artifacts["encoder.json"], registry_.PutArtifact(encoder.Save().Dump(1)));
    PLUMB_ASSIGN_OR_RETURN(version.artifacts["definitions.json"],
                           registry_.PutArtifact(predict::SaveDefinitions(*plan_.definitions())));
    PLUMB_ASSIGN_OR_RETURN(version.artifacts["report.json"], registry_.PutArtifact(version.metrics.Dump(1)));
    return registry_.CreateVersion(version);
  }

  const ModelDefinition& model_;
  const engine::FeaturePlan& plan_;
  const Dataset& dataset_;
  registry::Registry& registry_;
  const TrainOptionsForModel& options_;
  const std::string run_;
};

Status SetAliases(registry::Registry& registry, const registry::Version& version) {
  PLUMB_RETURN_IF_ERROR(registry.SetAlias(version.model, "latest", version.number));
  const Result<registry::Version> champion = registry.Resolve(version.model + "@champion");
  if (champion.ok()) return {};
  if (champion.status().code() != base::Code::kNotFound) return champion.status();
  return registry.SetAlias(version.model, "champion", version.number);
}

}  // namespace

Json TrainingReport::ToJson() const {
  Json json;
  json.Set("library", library);
  json.Set("best_round", best_round);
  json.Set("train", PartToJson(train));
  json.Set("validate", PartToJson(validate));
  json.Set("test", PartToJson(test));
  Json list{base::JsonArray{}};
  for (const Importance& entry : importance) {
    Json item;
    item.Set("feature", entry.feature);
    item.Set("gain", entry.gain);
    list.Append(std::move(item));
  }
  json.Set("importance", std::move(list));
  return json;
}

Result<TrainedVersion> TrainModel(const ModelDefinition& model, const engine::FeaturePlan& plan, const Dataset& dataset,
                                  registry::Registry& registry, const TrainOptionsForModel& options) {
  PLUMB_ASSIGN_OR_RETURN(const std::string run, registry.StartRun(model.name, "train"));
  Result<TrainedVersion> trained = Training(model, plan, dataset, registry, options, run).Run();
  PLUMB_RETURN_IF_ERROR(registry.EndRun(run, trained.ok()));
  if (!trained.ok()) return trained;
  PLUMB_RETURN_IF_ERROR(SetAliases(registry, trained->version));
  PLUMB_ASSIGN_OR_RETURN(trained->version,
                         registry.GetVersion(model.name, trained->version.number));  // with its aliases
  return trained;
}

}  // namespace plumb::learn
