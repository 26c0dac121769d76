// prediction_service.h: the prediction path without sockets: rows in, features at (t, c), trees, log, scores out.
//
// Holds an immutable snapshot per deployment (version bundle), swapped by pointer when the registry's current
// deployment changes, and one request driver per set of definitions, filled from the lake's events at pinned data
// versions. What is answered is what is logged.
//
// Time: a row is asked at t = as_of, or now; the cut is min(t, now).
//
// Thread safety: Predict and Features from any thread; Reload from one.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "predict/deployment.h"
#include "predict/prediction_log.h"
#include "predict/version_bundle.h"
#include "store/lake.h"

namespace plumb::predict {

struct PredictRequest {
  std::string deployment;
  std::string request_id;
  data::Batch rows;                 // the plan's inputs, one row a prediction (the adapter broadcasts shared fields)
  std::optional<base::Time> as_of;  // asking as of another time is a permission, checked by the adapter
};

struct PredictAnswer {
  std::string model;
  int64_t version = 0;
  base::Time t = 0, cut = 0;
  model::Task task = model::Task::kBinary;
  std::shared_ptr<const model::ClassDictionary> classes;  // of several classes, one an output; else null
  size_t outputs = 1;
  std::vector<float> margins, scores;  // row-major [rows × outputs]
  engine::FeatureAnswer features;
  int64_t unseen_categories = 0;
};

struct ServedDeployment {
  DeploymentDefinition definition;
  VersionBundlePtr bundle;
};

struct PredictionServiceOptions {
  std::vector<DeploymentDefinition> deployments;
  // Compute with these definitions instead of the version's own (previews); null: each version's own.
  features::DefinitionsPtr definitions_override;
};

class PredictionService {
 public:
  // Loads the current version of every deployment that has one and fills state from the lake.
  static base::Result<std::unique_ptr<PredictionService>> Make(registry::Registry& registry, store::Lake& lake,
                                                               store::RecordLog& log, base::Clock& clock,
                                                               const PredictionServiceOptions& options);
  virtual ~PredictionService() = default;

  // `done` gets the answer once (from the log's thread for a durable log, else before Predict returns).
  // kNotFound: no such deployment, or nothing deployed (the suggestion says how). kInvalidArgument: too many rows, a
  // missing or wrongly typed field, a null entity key.
  virtual void Predict(const PredictRequest& request, std::function<void(base::Result<PredictAnswer>)> done) = 0;

  // Features of a plan that PlanFeatures gave. kUnavailable when its definitions were replaced since.
  virtual base::Result<engine::FeatureAnswer> Features(const engine::FeaturePlan& plan,
                                                       const engine::FeatureQuery& query) = 0;
  // A plan for features by name ("view.feature", "view.*"): over the definitions of the first deployment, by name, that
  // has them all. kNotFound otherwise.
  virtual base::Result<std::shared_ptr<const engine::FeaturePlan>> PlanFeatures(
      const std::vector<std::string>& patterns) = 0;

  // The snapshot now serving, or null.
  [[nodiscard]] virtual std::shared_ptr<const ServedDeployment> Served(const std::string& deployment) const = 0;
  [[nodiscard]] virtual std::vector<std::string> Deployments() const = 0;

  // Follows the registry: loads what was deployed or rolled back since. Running requests finish on the snapshot they
  // began with. Returns the deployments that changed.
  virtual base::Result<std::vector<std::string>> Reload() = 0;
};

}  // namespace plumb::predict
