#include "predict/prediction_service.h"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <mutex>
#include <set>
#include <utility>

#include "predict/internal/feature_state.h"

namespace plumb::predict {
namespace {

constexpr size_t kSiblingsMax = 16;

using base::Result;
using base::Status;

// What serves one deployment; immutable.
struct Serving {
  std::shared_ptr<const ServedDeployment> deployment;
  FeatureStatePtr state;
  const engine::FeaturePlan* plan = nullptr;  // the version's features, as the state knows them
};

// Everything one request needs; immutable, swapped as a whole.
struct Snapshot {
  int64_t sequence = 0;
  std::map<std::string, Serving, std::less<>> deployments;
};

Status CheckKeys(const engine::FeaturePlan& plan, const data::Batch& rows) {
  std::set<std::string> keys;
  for (const features::FeatureId& id : plan.outputs()) {
    if (id.view->is_request()) continue;
    for (const data::Field& field : id.view->entity->keys.fields()) keys.insert(field.name);
  }
  for (const std::string& key : keys) {
    const data::Column* column = rows.Find(key);
    for (size_t row = 0; row < rows.rows; row++) {
      if (!column->IsNull(row)) continue;
      return base::InvalidArgument("Entity key is null: {}.", key)
          .WithWhere("rows[" + std::to_string(row) + "]." + key)
          .WithSuggestion(
              "Send the key of the entity, or use its features through a look-up, which gives null for a null key.");
    }
  }
  return {};
}

// The plan's inputs in its order, so that what is logged has its schema whatever else the rows hold.
Result<data::Batch> PickInputs(const engine::FeaturePlan& plan, const data::Batch& rows) {
  data::Batch inputs;
  for (const data::Field& field : plan.inputs().fields()) {
    const data::Column* column = rows.Find(field.name);
    if (column == nullptr) {
      return base::InvalidArgument("Rows lack a field: {} {}.", field.name, data::TypeName(field.type))
          .WithWhere("rows");
    }
    if (column->type() != field.type) {
      return base::InvalidArgument("Field has the wrong type: {}, want {}, got {}.", field.name,
                                   data::TypeName(field.type), data::TypeName(column->type()))
          .WithWhere("rows");
    }
    inputs.AddColumn(field.name, *column);
  }
  inputs.rows = rows.rows;
  return inputs;
}

class Service : public PredictionService {
 public:
  Service(registry::Registry& registry, store::Lake& lake, store::RecordLog& log, base::Clock& clock,
          PredictionServiceOptions options)
      : registry_(registry), lake_(lake), log_(log), clock_(clock), options_(std::move(options)) {
    snapshot_.store(std::make_shared<const Snapshot>());
  }

  void Predict(const PredictRequest& request, std::function<void(Result<PredictAnswer>)> done) override {
    const std::shared_ptr<const Snapshot> snapshot = snapshot_.load();
    const auto found = snapshot->deployments.find(request.deployment);
    if (found == snapshot->deployments.end()) {
      done(NotServed(request.deployment));
      return;
    }
    LoggedPrediction record;
    Result<PredictAnswer> answer = Answer(found->second, request, &record);
    if (!answer.ok()) {
      done(std::move(answer));
      return;
    }
    const bool durable = found->second.deployment->definition.durable_log;
    Log(durable, std::move(record), std::move(answer).value(), std::move(done));
  }

  Result<engine::FeatureAnswer> Features(const engine::FeaturePlan& plan, const engine::FeatureQuery& query) override {
    const std::shared_ptr<const Snapshot> snapshot = snapshot_.load();
    for (const auto& [name, serving] : snapshot->deployments) {
      if (serving.state->definitions() == plan.definitions()) return serving.state->ComputeByView(plan, query);
    }
    return base::Unavailable("Definitions were replaced while the request was read. Send it again.");
  }

  Result<std::shared_ptr<const engine::FeaturePlan>> PlanFeatures(const std::vector<std::string>& patterns) override {
    const std::shared_ptr<const Snapshot> snapshot = snapshot_.load();
    if (snapshot->deployments.empty()) return NotServed("");
    // What is missing is said of the first deployment.
    auto serving = snapshot->deployments.begin();
    Result<std::shared_ptr<const engine::FeaturePlan>> first = PlanOver(*serving->second.state, patterns);
    while (!first.ok() && ++serving != snapshot->deployments.end()) {
      auto plan = PlanOver(*serving->second.state, patterns);
      if (plan.ok()) return plan;
    }
    return first;
  }

  [[nodiscard]] std::shared_ptr<const ServedDeployment> Served(const std::string& deployment) const override {
    const std::shared_ptr<const Snapshot> snapshot = snapshot_.load();
    const auto found = snapshot->deployments.find(deployment);
    return found == snapshot->deployments.end() ? nullptr : found->second.deployment;
  }

  [[nodiscard]] std::vector<std::string> Deployments() const override {
    std::vector<std::string> names;
    for (const DeploymentDefinition& deployment : options_.deployments) names.push_back(deployment.name);
    return names;
  }

  Result<std::vector<std::string>> Reload() override {
    const std::lock_guard lock(reload_);
    const std::shared_ptr<const Snapshot> old = snapshot_.load();
    PLUMB_ASSIGN_OR_RETURN(const int64_t sequence, registry_.DeploymentSequence());
    if (sequence == old->sequence) return std::vector<std::string>();
    auto next = std::make_shared<Snapshot>();
    next->sequence = sequence;
    // The bundles first, so that versions of the same texts share one state.
    std::map<std::string, VersionBundlePtr> loaded;
    for (const DeploymentDefinition& definition : options_.deployments) {
      PLUMB_RETURN_IF_ERROR(LoadCurrent(definition, *old, next.get(), &loaded));
    }
    std::vector<std::string> changed;
    for (const DeploymentDefinition& definition : options_.deployments) {
      if (!loaded.contains(definition.name)) continue;
      PLUMB_ASSIGN_OR_RETURN(next->deployments[definition.name], Serve(definition, loaded, *old, *next));
      changed.push_back(definition.name);
    }
    snapshot_.store(std::move(next));
    return changed;
  }

 private:
  static Result<std::shared_ptr<const engine::FeaturePlan>> PlanOver(const FeatureState& state,
                                                                     const std::vector<std::string>& patterns) {
    base::Diagnostics diagnostics;
    std::vector<features::FeatureId> ids = state.definitions()->Select(patterns, {}, &diagnostics);
    if (diagnostics.has_errors()) {
      const base::Diagnostic& first = diagnostics.all().front();
      return base::NotFound("{}", first.message).WithSuggestion(first.suggestion);
    }
    PLUMB_ASSIGN_OR_RETURN(engine::FeaturePlan plan, engine::FeaturePlan::Make(state.definitions(), std::move(ids)));
    return std::make_shared<const engine::FeaturePlan>(std::move(plan));
  }

  Status NotServed(const std::string& name) const {
    std::vector<std::string> names = Deployments();
    if (name.empty() || std::find(names.begin(), names.end(), name) != names.end()) {
      const std::string& which = name.empty() && !names.empty() ? names.front() : name;
      return base::NotFound("Nothing is deployed: {}.", which).WithSuggestion("Run plumb deploy " + which + ".");
    }
    return base::NotFound("Deployment is not known: {}.", name).WithSuggestion(base::DidYouMean(name, names));
  }

  // What is current in the registry: taken over from `old` where nothing changed, else its bundle is put into `loaded`.
  Status LoadCurrent(const DeploymentDefinition& definition, const Snapshot& old, Snapshot* next,
                     std::map<std::string, VersionBundlePtr>* loaded) {
    const Result<registry::DeploymentRecord> current = registry_.Current(definition.name);
    if (!current.ok()) return current.status().code() == base::Code::kNotFound ? Status() : current.status();
    const auto before = old.deployments.find(definition.name);
    if (before != old.deployments.end()) {
      const registry::Version& served = before->second.deployment->bundle->version;
      if (served.model == current->model && served.number == current->version) {
        next->deployments[definition.name] = before->second;
        return {};
      }
    }
    PLUMB_ASSIGN_OR_RETURN(const registry::Version version, registry_.GetVersion(current->model, current->version));
    PLUMB_ASSIGN_OR_RETURN((*loaded)[definition.name], LoadVersionBundle(registry_, version));
    return {};
  }

  [[nodiscard]] const features::DefinitionsPtr& DefinitionsFor(const VersionBundle& bundle) const {
    return options_.definitions_override ? options_.definitions_override : bundle.definitions;
  }

  Result<Serving> Serve(const DeploymentDefinition& definition, const std::map<std::string, VersionBundlePtr>& loaded,
                        const Snapshot& old, const Snapshot& next) {
    const VersionBundle& bundle = *loaded.find(definition.name)->second;
    const std::vector<std::string> features = bundle.plan.output_schema().Names();
    PLUMB_ASSIGN_OR_RETURN(FeatureStatePtr state, FindState(bundle, features, old, next));
    if (state == nullptr) {
      PLUMB_ASSIGN_OR_RETURN(state, LoadState(DefinitionsFor(bundle), loaded));
    }
    std::vector<std::string> different;
    PLUMB_ASSIGN_OR_RETURN(VersionBundlePtr served, WithDefinitions(bundle, state->definitions(), &different));
    Serving serving;
    serving.deployment = std::make_shared<const ServedDeployment>(ServedDeployment{definition, std::move(served)});
    serving.plan = state->FindPlan(features);
    serving.state = std::move(state);
    return serving;
  }

  // State of the same texts and features, filled from what is still the newest data; or null.
  Result<FeatureStatePtr> FindState(const VersionBundle& bundle, const std::vector<std::string>& features,
                                    const Snapshot& old, const Snapshot& next) {
    const std::string texts = SaveDefinitions(*DefinitionsFor(bundle));
    for (const Snapshot* snapshot : {&next, &old}) {
      for (const auto& [name, serving] : snapshot->deployments) {
        if (serving.state == nullptr || serving.state->FindPlan(features) == nullptr) continue;
        if (SaveDefinitions(*serving.state->definitions()) != texts) continue;
        PLUMB_ASSIGN_OR_RETURN(const bool is_current, serving.state->IsCurrent(lake_));
        if (is_current) return serving.state;
      }
    }
    return FeatureStatePtr();
  }

  // The features of the newest other versions with the same texts: deploying one of them, or rolling back to it, needs
  // no new state then.
  Result<std::vector<engine::FeaturePlan>> SiblingPlans(const std::vector<VersionBundlePtr>& bundles,
                                                        const features::DefinitionsPtr& definitions) {
    std::vector<engine::FeaturePlan> plans;
    for (const VersionBundlePtr& bundle : bundles) {
      PLUMB_ASSIGN_OR_RETURN(const std::vector<registry::Version> versions, registry_.Versions(bundle->version.model));
      for (const registry::Version& version : versions) {
        if (plans.size() >= kSiblingsMax) return plans;
        if (version.number == bundle->version.number || !HasSameTexts(version, bundle->version)) continue;
        Result<engine::FeaturePlan> plan = PlanFor(version, definitions);
        if (plan.ok()) plans.push_back(std::move(plan).value());
      }
    }
    return plans;
  }

  static bool HasSameTexts(const registry::Version& a, const registry::Version& b) {
    const auto texts_a = a.artifacts.find("definitions.json"), texts_b = b.artifacts.find("definitions.json");
    return texts_a != a.artifacts.end() && texts_b != b.artifacts.end() && texts_a->second == texts_b->second;
  }

  // A new state for all of the loaded versions that have the same texts.
  Result<FeatureStatePtr> LoadState(const features::DefinitionsPtr& definitions,
                                    const std::map<std::string, VersionBundlePtr>& loaded) {
    const std::string texts = SaveDefinitions(*definitions);
    std::vector<VersionBundlePtr> bundles;
    std::vector<const engine::FeaturePlan*> lists;
    for (const auto& [name, bundle] : loaded) {
      if (SaveDefinitions(*DefinitionsFor(*bundle)) != texts) continue;
      std::vector<std::string> different;
      PLUMB_ASSIGN_OR_RETURN(VersionBundlePtr moved, WithDefinitions(*bundle, definitions, &different));
      lists.push_back(&moved->plan);
      bundles.push_back(std::move(moved));
    }
    PLUMB_ASSIGN_OR_RETURN(const std::vector<engine::FeaturePlan> siblings, SiblingPlans(bundles, definitions));
    for (const engine::FeaturePlan& plan : siblings) lists.push_back(&plan);
    return FeatureState::Load(lake_, definitions, lists);
  }

  Result<PredictAnswer> Answer(const Serving& serving, const PredictRequest& request, LoggedPrediction* record) {
    const VersionBundlePtr& served = serving.deployment->bundle;
    const VersionBundle& bundle = *served;
    const int64_t rows_max = serving.deployment->definition.rows_max;
    if (static_cast<int64_t>(request.rows.rows) > rows_max) {
      return base::InvalidArgument("Request has too many rows: {}, at most {}.", request.rows.rows, rows_max)
          .WithWhere("rows")
          .WithSuggestion("Send several requests, or raise limits.rows of the deployment.");
    }
    PLUMB_ASSIGN_OR_RETURN(data::Batch inputs, PickInputs(bundle.plan, request.rows));
    PLUMB_RETURN_IF_ERROR(CheckKeys(bundle.plan, inputs));
    PredictAnswer answer;
    answer.model = bundle.version.model;
    answer.version = bundle.version.number;
    const base::Time now = clock_.Now();
    answer.t = request.as_of.value_or(now);
    answer.cut = std::min(answer.t, now);

    engine::FeatureQuery query;
    query.inputs = &inputs;
    query.times.assign(inputs.rows, answer.t);
    query.cuts.assign(inputs.rows, answer.cut);
    PLUMB_ASSIGN_OR_RETURN(answer.features, serving.state->Compute(*serving.plan, query));
    PLUMB_ASSIGN_OR_RETURN(const model::EncodedBatch encoded, bundle.encoder.Encode(answer.features.values));
    answer.unseen_categories = encoded.unseen_categories;
    answer.task = bundle.predictor->ensemble().task();
    answer.outputs = bundle.predictor->outputs();
    // Shares the bundle, which holds the classes.
    if (answer.task == model::Task::kClasses) answer.classes = {served, &bundle.classes};
    answer.margins.resize(inputs.rows * answer.outputs);
    answer.scores.resize(inputs.rows * answer.outputs);
    bundle.predictor->Margins(encoded.values, answer.margins);
    bundle.predictor->Scores(encoded.values, answer.scores);

    FillRecord(request, answer, std::move(inputs), record);
    record->served_at = now;
    record->data = serving.state->data();
    return answer;
  }

  // What the request and the answer say.
  static void FillRecord(const PredictRequest& request, const PredictAnswer& answer, data::Batch inputs,
                         LoggedPrediction* record) {
    record->request_id = request.request_id;
    record->deployment = request.deployment;
    record->model = answer.model;
    record->version = answer.version;
    record->t = answer.t;
    record->cut = answer.cut;
    record->inputs = std::move(inputs);
    record->features = answer.features;
    record->outputs = answer.outputs;
    record->margins = answer.margins;
    record->scores = answer.scores;
  }

  // A prediction that cannot be logged is not answered: an audit must be able to see everything that was.
  void Log(bool durable, LoggedPrediction record, PredictAnswer answer,
           std::function<void(Result<PredictAnswer>)> done) {
    std::string bytes = ToJson(record).Dump();
    if (!durable) {
      const Status appended = log_.Append(std::move(bytes), [](const Status&) {});
      done(appended.ok() ? Result<PredictAnswer>(std::move(answer)) : Result<PredictAnswer>(appended));
      return;
    }
    auto shared = std::make_shared<std::pair<PredictAnswer, std::function<void(Result<PredictAnswer>)>>>(
        std::move(answer), std::move(done));
    const Status appended = log_.Append(std::move(bytes), [shared](const Status& status) {
      shared->second(status.ok() ? Result<PredictAnswer>(std::move(shared->first)) : Result<PredictAnswer>(status));
    });
    if (!appended.ok()) shared->second(appended);
  }

  registry::Registry& registry_;
  store::Lake& lake_;
  store::RecordLog& log_;
  base::Clock& clock_;
  const PredictionServiceOptions options_;
  std::atomic<std::shared_ptr<const Snapshot>> snapshot_;
  std::mutex reload_;  // one Reload at a time
};

}  // namespace

Result<std::unique_ptr<PredictionService>> PredictionService::Make(registry::Registry& registry, store::Lake& lake,
                                                                   store::RecordLog& log, base::Clock& clock,
                                                                   const PredictionServiceOptions& options) {
  auto service = std::make_unique<Service>(registry, lake, log, clock, options);
  PLUMB_ASSIGN_OR_RETURN(const std::vector<std::string> loaded, service->Reload());
  (void)loaded;
  return std::unique_ptr<PredictionService>(std::move(service));
}

}  // namespace plumb::predict
