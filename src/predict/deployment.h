// deployment.h: the `deployments` section of a project.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "base/project_tree.h"

namespace plumb::predict {

struct DeploymentDefinition {
  std::string name;
  base::Position position;
  std::string model;      // "late_arrival"
  std::string reference;  // "late_arrival@champion", as written
  int64_t rows_max = 1000;
  bool durable_log = false;  // log: durable — answer only after the log is on disk; log: async (default)
};

// `models`: names of the models section, for "did you mean".
std::vector<DeploymentDefinition> LoadDeployments(const base::ProjectTree& tree, const std::vector<std::string>& models,
                                                  base::Diagnostics* diagnostics);

}  // namespace plumb::predict
