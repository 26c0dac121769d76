// version_dataset.h: a version's training set, made again from what the version recorded.
//
// Why: a gate judges a version on its own test part, `reproduce` trains it again and a comparison shows it, long after
// the project has changed. A version keeps the project's texts; with the lake versions and the run's parameters it
// records, its examples, labels, parts and features are those that it was trained on.
//
// Thread safety: functions of their inputs.
#pragma once

#include <map>
#include <string>

#include "base/json.h"
#include "learn/dataset.h"
#include "predict/version_bundle.h"

namespace plumb::learn {

struct VersionRecipe {
  predict::VersionBundlePtr bundle;
  ModelDefinition model;                       // as its project said it; points into the bundle's definitions
  std::map<std::string, std::string> sources;  // source → lake version; empty if it was not recorded
  [[nodiscard]] const registry::Version& version() const { return bundle->version; }
  [[nodiscard]] std::string Name() const;  // "late@v3"
};

// kDataLoss when an artifact is corrupt; kFailedPrecondition when this program no longer understands the version's
// project, or its parameters are not those of its project and were not recorded.
base::Result<VersionRecipe> ReadRecipe(registry::Registry& registry, const registry::Version& version);
// The same of a version that is loaded already.
base::Result<VersionRecipe> RecipeOf(registry::Registry& registry, predict::VersionBundlePtr bundle);

// `log` holds the events at the recorded lake versions. The features are the version's, in its order.
base::Result<Dataset> RebuildDataset(const VersionRecipe& recipe, data::EventLog& log, base::FileSystem& files,
                                     base::Executor& executor, const DatasetOptions& options);

// What the dataset is, so that another machine can tell whether it has the same one and, if not, in what they differ:
// {"examples", "times", "parts", "labels", "features": {name: …}}, each the SHA-256 of the values in their order.
base::Json DigestOf(const Dataset& dataset);

}  // namespace plumb::learn
