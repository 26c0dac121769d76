#include "learn/training.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <numeric>
#include <utility>

#include "learn/internal/model_fit.h"
#include "learn/internal/training_environment.h"
#include "learn/version_dataset.h"
#include "predict/version_bundle.h"

namespace plumb::learn {
namespace {

using base::Json;
using base::Result;
using base::Status;

// What will be served must be what the library trained: margins equal bit for bit on the test part.
Status CompareWithLibrary(const EncodedPart& part, const model::Predictor& predictor, const std::string& model_file,
                          const std::vector<bool>& categorical) {
  std::vector<float> ours(part.labels.size() * predictor.outputs());
  predictor.Margins(part.features.values, ours);
  PLUMB_ASSIGN_OR_RETURN(const std::vector<float> theirs,
                         model::XgboostPredict("", model_file, part.Matrix(), categorical, true));
  if (theirs.size() != ours.size()) {
    return base::DataLoss("Our prediction has another size than the library's: {} against {}.", ours.size(),
                          theirs.size());
  }
  for (size_t i = 0; i < ours.size(); i++) {
    if (std::bit_cast<uint32_t>(ours[i]) == std::bit_cast<uint32_t>(theirs[i])) continue;
    return base::DataLoss("Our prediction differs from the library's: test row {}, {} against {}.",
                          i / predictor.outputs(), ours[i], theirs[i]);
  }
  return {};
}

// Gain by encoded column, as shares of the features.
std::vector<double> GainOfFeatures(const std::vector<double>& gain, const model::FeatureEncoder& encoder) {
  const double total = std::accumulate(gain.begin(), gain.end(), 0.0);
  std::vector<double> shares(encoder.schema().size(), 0.0);
  const std::vector<model::EncodedColumn> columns = encoder.Columns();
  for (size_t i = 0; i < gain.size(); i++) shares[columns[i].feature] += total > 0 ? gain[i] / total : 0.0;
  return shares;
}

std::vector<TrainingReport::Importance> ImportanceOf(const std::vector<double>& gain, const PermutationReport& permuted,
                                                     const model::FeatureEncoder& encoder) {
  const std::vector<double> shares = GainOfFeatures(gain, encoder);
  std::vector<TrainingReport::Importance> list;
  for (size_t i = 0; i < shares.size(); i++) {
    list.push_back({encoder.schema().fields()[i].name, shares[i], permuted.features[i]});
  }
  std::stable_sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.gain > b.gain; });
  return list;
}

std::map<std::string, std::string> ParametersOf(const ModelDefinition& model, const engine::FeaturePlan& plan) {
  std::map<std::string, std::string> parameters = model.train_parameters;
  parameters["objective"] = model.objective;
  parameters["rounds_max"] = std::to_string(model.rounds_max);
  parameters["early_stopping_rounds"] = std::to_string(model.early_stopping_rounds);
  parameters["seed"] = std::to_string(model.seed);
  parameters["features"] = std::to_string(plan.outputs().size());
  return parameters;
}

// The data of a version: lake versions, how many rows each part has, what was left out and why, and digests by which
// a reproduction finds what differs.
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
  json.Set("digests", DigestOf(dataset));
  return json;
}

std::vector<std::string> LeakageWarnings(const LeakageReport& leakage) {
  std::vector<std::string> warnings;
  for (const FeatureSignal& signal : leakage.signals) {
    if (!signal.suspicious) continue;
    warnings.push_back(fmt::format("Feature alone predicts the label suspiciously well: {}, {} {:.3f}.", signal.feature,
                                   leakage.measure, signal.strength));
  }
  if (leakage.labels_known_early > 0) {
    warnings.push_back(fmt::format("Labels were known before their examples' time, and are left out: {} rows.",
                                   leakage.labels_known_early));
  }
  for (const std::string& table : leakage.static_tables) {
    warnings.push_back(fmt::format("Table has no times, so its rows may be from after the examples: {}.", table));
  }
  return warnings;
}

// The features as the plainest evaluator sees them must be those that were trained on.
Status CheckMismatches(const KnowledgeCheck& knowledge) {
  if (knowledge.mismatched == 0) return {};
  const KnowledgeMismatch& first = knowledge.mismatches.front();
  return base::DataLoss("Features differ from what was knowable at their time: {} of {} values, {}: {}.",
                        knowledge.mismatched, knowledge.values, first.feature, first.example)
      .WithSuggestion("This is a mistake of plumb's; plumb why shows how the value comes about.");
}

class Training {
 public:
  Training(const ModelDefinition& model, const engine::FeaturePlan& plan, const Dataset& dataset,
           registry::Registry& registry, const TrainOptionsForModel& options, std::string run)
      : model_(model),
        plan_(plan),
        dataset_(dataset),
        registry_(registry),
        options_(options),
        run_(std::move(run)),
        own_executor_(base::MakeExecutor(0)),
        executor_(options.executor != nullptr ? *options.executor : *own_executor_) {}

  Result<TrainedVersion> Run() {
    PLUMB_RETURN_IF_ERROR(registry_.LogParameters(run_, ParametersOf(model_, plan_)));
    PLUMB_ASSIGN_OR_RETURN(const FitInputs inputs, PrepareFit(dataset_, plan_));
    const model::FeatureEncoder& encoder = inputs.encoder;
    const EncodedParts& parts = inputs.parts;
    PLUMB_RETURN_IF_ERROR(Inspect(parts, encoder));

    model::TrainOptions train_options = FitOptions(model_, dataset_, encoder, options_.threads);
    train_options.progress = options_.progress;
    PLUMB_ASSIGN_OR_RETURN(const model::TrainedModel trained,
                           model::TrainXgboost(parts.train.Matrix(), parts.validate.Matrix(), train_options));
    PLUMB_ASSIGN_OR_RETURN(model::TreeEnsemble ensemble, model::ReadXgboostModel(trained.ubj));
    const model::Predictor predictor(std::make_shared<const model::TreeEnsemble>(std::move(ensemble)));
    Note("comparing with the library");
    PLUMB_RETURN_IF_ERROR(CompareWithLibrary(parts.test, predictor, trained.ubj, train_options.categorical));
    report_.best_round = trained.best_round;
    report_.library = trained.library_version;
    report_.rounds = {model::EvaluationMetric(model_.objective), trained.train_metric, trained.validation_metric};
    PLUMB_RETURN_IF_ERROR(Evaluate(parts, predictor));
    PLUMB_RETURN_IF_ERROR(Explain(parts, predictor, encoder, trained.gain));

    PLUMB_RETURN_IF_ERROR(registry_.LogMetrics(run_, report_.RunMetrics()));
    TrainedVersion out;
    PLUMB_ASSIGN_OR_RETURN(out.version, Register(encoder, trained.ubj));
    out.report = std::move(report_);
    return out;
  }

 private:
  void Note(const char* stage) const {
    if (options_.stage) options_.stage(stage);
  }

  // What can be said of the rows before anything is trained.
  Status Inspect(const EncodedParts& parts, const model::FeatureEncoder& encoder) {
    report_.objective = model_.objective;
    report_.task = model_.task;
    report_.metrics = model_.metrics;
    report_.classes = dataset_.classes.Texts();
    report_.left_out = dataset_.left_out;
    PLUMB_ASSIGN_OR_RETURN(const std::vector<std::string> without, FeaturesWithoutValues(parts.train, encoder));
    for (const std::string& feature : without) {
      report_.warnings.push_back("Feature has no value in the training part: " + feature + ".");
    }
    Note("looking for leaks");
    report_.leakage = InspectLeakage(plan_, dataset_);
    for (std::string& warning : LeakageWarnings(report_.leakage)) report_.warnings.push_back(std::move(warning));
    if (options_.events == nullptr) return {};
    Note("checking features");
    PLUMB_ASSIGN_OR_RETURN(report_.leakage.knowledge,
                           CheckKnowledge(plan_, dataset_, *options_.events, executor_,
                                          {.rows = options_.rows_checked, .seed = model_.seed}));
    return CheckMismatches(report_.leakage.knowledge);
  }

  Status Evaluate(const EncodedParts& parts, const model::Predictor& predictor) {
    Note("judging");
    PLUMB_RETURN_IF_ERROR(EvaluateOne(parts.train, predictor, Part::kTrain, &report_.train));
    PLUMB_RETURN_IF_ERROR(EvaluateOne(parts.validate, predictor, Part::kValidate, &report_.validate));
    PLUMB_RETURN_IF_ERROR(EvaluateOne(parts.test, predictor, Part::kTest, &report_.test));
    return Slice(parts.test, Judge(parts.test, predictor));
  }

  Status EvaluateOne(const EncodedPart& part, const model::Predictor& predictor, Part which, PartReport* report) {
    PLUMB_ASSIGN_OR_RETURN(*report, EvaluatePart(Judge(part, predictor)));
    report->unseen_classes = part.unseen_classes;
    if (part.unseen_classes > 0) {
      report_.warnings.push_back(
          fmt::format("Training never saw the class of rows, which are in no metric: {}, {} rows.", PartName(which),
                      part.unseen_classes));
    }
    return {};
  }

  Status Slice(const EncodedPart& part, const JudgedRows& rows) {
    for (const std::string& name : model_.slices) {
      const data::Column* column = dataset_.examples.Find(name);
      if (column == nullptr) column = dataset_.features.values.Find(name);
      if (column == nullptr) {
        report_.warnings.push_back("Slice is not among the features that were trained: " + name + ".");
        continue;
      }
      PLUMB_ASSIGN_OR_RETURN(SliceReport slice, MeasureSlice(name, column->Take(part.rows), rows));
      report_.slices.push_back(std::move(slice));
    }
    return {};
  }

  Status Explain(const EncodedParts& parts, const model::Predictor& predictor, const model::FeatureEncoder& encoder,
                 const std::vector<double>& gain) {
    Note("measuring importance");
    PermutationOptions options;
    options.seed = model_.seed;
    PLUMB_ASSIGN_OR_RETURN(const PermutationReport permuted,
                           MeasurePermutationImportance(predictor, encoder, parts.validate.features,
                                                        parts.validate.labels, executor_, options));
    report_.permutation = {permuted.metric, permuted.reference, permuted.rows, permuted.repeats};
    report_.importance = ImportanceOf(gain, permuted, encoder);
    return {};
  }

  Result<registry::Version> Register(const model::FeatureEncoder& encoder, const std::string& model_file) {
    registry::NewVersion version;
    version.model = model_.name;
    version.run_id = run_;
    version.description = model_.description;
    version.features = predict::FeatureList(plan_);
    version.data = ManifestOf(dataset_, options_.data_manifest);
    version.data.Set("environment", TrainingEnvironment::Here(report_.library, options_.threads).ToJson());
    version.metrics = report_.ToJson();
    PLUMB_ASSIGN_OR_RETURN(version.artifacts["model.ubj"], registry_.PutArtifact(model_file));
    PLUMB_ASSIGN_OR_RETURN(version.artifacts["encoder.json"], registry_.PutArtifact(encoder.Save().Dump(1)));
    PLUMB_ASSIGN_OR_RETURN(version.artifacts["definitions.json"],
                           registry_.PutArtifact(predict::SaveDefinitions(*plan_.definitions())));
    PLUMB_ASSIGN_OR_RETURN(version.artifacts["report.json"], registry_.PutArtifact(version.metrics.Dump(1)));
    if (model_.task == model::Task::kClasses) {
      PLUMB_ASSIGN_OR_RETURN(version.artifacts["classes.json"], registry_.PutArtifact(dataset_.classes.Save().Dump(1)));
    }
    return registry_.CreateVersion(version);
  }

  const ModelDefinition& model_;
  const engine::FeaturePlan& plan_;
  const Dataset& dataset_;
  registry::Registry& registry_;
  const TrainOptionsForModel& options_;
  const std::string run_;
  const std::unique_ptr<base::Executor> own_executor_;
  base::Executor& executor_;
  TrainingReport report_;
};

// A version of a model with a gate is a challenger until the gate says otherwise.
Status SetAliases(const ModelDefinition& model, registry::Registry& registry, const registry::Version& version) {
  PLUMB_RETURN_IF_ERROR(registry.SetAlias(version.model, "latest", version.number));
  if (model.gate) return registry.SetAlias(version.model, "challenger", version.number);
  const Result<registry::Version> champion = registry.Resolve(version.model + "@champion");
  if (champion.ok()) return {};
  if (champion.status().code() != base::Code::kNotFound) return champion.status();
  return registry.SetAlias(version.model, "champion", version.number);
}

}  // namespace

Result<TrainedVersion> TrainModel(const ModelDefinition& model, const engine::FeaturePlan& plan, const Dataset& dataset,
                                  registry::Registry& registry, const TrainOptionsForModel& options) {
  PLUMB_ASSIGN_OR_RETURN(const std::string run, registry.StartRun(model.name, "train"));
  Result<TrainedVersion> trained = Training(model, plan, dataset, registry, options, run).Run();
  PLUMB_RETURN_IF_ERROR(registry.EndRun(run, trained.ok()));
  if (!trained.ok()) return trained;
  PLUMB_RETURN_IF_ERROR(SetAliases(model, registry, trained->version));
  PLUMB_ASSIGN_OR_RETURN(trained->version,
                         registry.GetVersion(model.name, trained->version.number));  // with its aliases
  return trained;
}

}  // namespace plumb::learn
