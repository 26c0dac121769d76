// project.h: the user's project, found, read and checked.
//
// Thread safety: immutable once opened.
#pragma once

#include <string>
#include <vector>

#include "app/invocation.h"
#include "base/config.h"
#include "base/diagnostics.h"
#include "base/project_tree.h"
#include "features/definitions.h"
#include "learn/model_definition.h"
#include "predict/deployment.h"

namespace plumb::app {

struct Project {
  std::string directory;
  std::string state_directory;
  base::Config config;
  base::ProjectTree tree;
  features::DefinitionsPtr definitions;
  std::vector<learn::ModelDefinition> models;
  std::vector<predict::DeploymentDefinition> deployments;

  // kNotFound with what was meant or what there is.
  [[nodiscard]] base::Result<const learn::ModelDefinition*> FindModel(const std::string& name) const;
  [[nodiscard]] base::Result<const predict::DeploymentDefinition*> FindDeployment(const std::string& name) const;
  [[nodiscard]] base::Result<const features::Source*> FindSource(const std::string& name) const;
};

// The directory that --project names, else the nearest parent of the current one that holds a project. kNotFound.
base::Result<std::string> FindProjectDirectory(const Invocation& invocation);

// Everything that can be read; mistakes go to `diagnostics`. Definitions are null after a mistake in them.
base::Result<Project> ReadProject(const Invocation& invocation, base::Diagnostics* diagnostics);

// The same without mistakes: kInvalidArgument with all of them. Warnings are shown.
base::Result<Project> OpenProject(const Invocation& invocation);

}  // namespace plumb::app
