#include "predict/deployment.h"

#include <algorithm>
#include <utility>

namespace plumb::predict {
namespace {

void ReadModel(base::YamlReader& reader, const std::vector<std::string>& models, DeploymentDefinition* deployment,
               base::Diagnostics* diagnostics) {
  deployment->reference = reader.RequiredString("model");
  if (deployment->reference.empty()) return;
  deployment->model = deployment->reference.substr(0, deployment->reference.find('@'));
  if (std::find(models.begin(), models.end(), deployment->model) == models.end()) {
    diagnostics->Error(reader.Where("model"), "Model is not known: " + deployment->model + ".",
                       base::DidYouMean(deployment->model, models));
  }
}

}  // namespace

std::vector<DeploymentDefinition> LoadDeployments(const base::ProjectTree& tree, const std::vector<std::string>& models,
                                                  base::Diagnostics* diagnostics) {
  std::vector<DeploymentDefinition> deployments;
  for (const base::YamlEntry& entry : tree.Section("deployments")) {
    DeploymentDefinition deployment;
    deployment.name = entry.key;
    deployment.position = entry.key_position;
    base::YamlReader reader(entry.value, "deployment " + entry.key, diagnostics);
    ReadModel(reader, models, &deployment, diagnostics);
    if (const base::YamlNode* node = reader.Node("limits")) {
      base::YamlReader limits(*node, "limits of deployment " + entry.key, diagnostics);
      deployment.rows_max = limits.Int("rows", 1, 100'000).value_or(deployment.rows_max);
      limits.Finish();
    }
    const std::string log = reader.String("log").value_or("async");
    if (log != "async" && log != "durable") {
      diagnostics->Error(reader.Where("log"), "Log mode is not known: " + log + ".",
                         "Write log: async or log: durable.");
    }
    deployment.durable_log = log == "durable";
    reader.Finish();
    deployments.push_back(std::move(deployment));
  }
  return deployments;
}

}  // namespace plumb::predict
