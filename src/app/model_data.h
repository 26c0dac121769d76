// model_data.h: from a model's name to its dataset: sources loaded, examples found, features computed.
//
// Shared by dataset, train and replay. The caller holds the writer lock when sources may have to be loaded.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "app/project.h"
#include "app/state.h"
#include "engine/feature_plan.h"
#include "learn/dataset.h"
#include "operate/ingest.h"

namespace plumb::app {

// Loads what changed, and says so; also what was refused, and which checks failed.
base::Result<std::vector<operate::IngestReport>> LoadSources(const Invocation& invocation, const Project& project,
                                                             store::Lake& lake,
                                                             const std::vector<const features::Source*>& sources,
                                                             bool force, bool set_reference = false);

struct ModelData {
  const learn::ModelDefinition* model = nullptr;
  engine::FeaturePlan plan;
  std::map<std::string, std::string> versions;  // source → lake version
  learn::Dataset dataset;
};

struct ModelDataOptions {
  std::string model;
  std::vector<std::string> features;  // patterns instead of the model's own; empty: the model's
  bool load_sources = true;
  bool compute_features = true;  // else the dataset has examples, times and labels only
};

base::Result<ModelData> BuildModelData(const Invocation& invocation, const Project& project, const State& state,
                                       base::Executor& executor, const ModelDataOptions& options);

}  // namespace plumb::app
