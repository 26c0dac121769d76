// version_bundle.h: everything a model version needs to answer: definitions, features, encoder, trees; saved and loaded
// as one.
//
// Why: a server must compute what the version was trained on, also after the project has changed. The bundle carries
// the project's texts as they were; loading checks every feature's identity against the list in the registry.
//
// Artifacts of a version: "model.ubj", "encoder.json", "definitions.json" ([{"name", "text"}]), "report.json"; of a
// model of several classes also "classes.json".
//
// Thread safety: immutable once loaded.
#pragma once

#include <memory>
#include <string>

#include "engine/feature_plan.h"
#include "model/infer/class_dictionary.h"
#include "model/infer/feature_encoder.h"
#include "model/infer/predictor.h"
#include "registry/registry.h"

namespace plumb::predict {

struct VersionBundle {
  registry::Version version;
  features::DefinitionsPtr definitions;
  engine::FeaturePlan plan;  // the model's features in its order
  model::FeatureEncoder encoder;
  std::shared_ptr<const model::Predictor> predictor;
  std::string model_bytes;         // the model file
  model::ClassDictionary classes;  // one an output of a model of several classes; else empty
};
using VersionBundlePtr = std::shared_ptr<const VersionBundle>;

// kDataLoss when an artifact is corrupt or an identity does not match what was registered.
base::Result<VersionBundlePtr> LoadVersionBundle(registry::Registry& registry, const registry::Version& version);

// The same version computed with other definitions (the project's current ones): for previews; `changed` receives the
// features whose identity differs. kFailedPrecondition when a feature no longer exists or has another type.
base::Result<VersionBundlePtr> WithDefinitions(const VersionBundle& bundle, const features::DefinitionsPtr& definitions,
                                               std::vector<std::string>* changed);

// The features of a version over `definitions`, without its model: to have state ready for a version that may be
// deployed next. Identities are not compared. kFailedPrecondition as above.
base::Result<engine::FeaturePlan> PlanFor(const registry::Version& version,
                                          const features::DefinitionsPtr& definitions);

// [{"name","type","identity"}] of a plan, as kept in the registry.
base::Json FeatureList(const engine::FeaturePlan& plan);
// The texts of definitions as JSON and back.
std::string SaveDefinitions(const features::Definitions& definitions);
base::Result<features::DefinitionsPtr> LoadSavedDefinitions(std::string_view json);

}  // namespace plumb::predict
