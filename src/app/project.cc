#include "app/project.h"

#include <algorithm>
#include <utility>

#include "app/configuration.h"

namespace plumb::app {
namespace {

using base::Result;
using base::Status;

// Whether a line of the text begins a section that projects have.
bool HasSection(std::string_view text) {
  const std::vector<std::string>& sections = base::ProjectSections();
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    const size_t colon = line.find(':');
    if (colon != std::string_view::npos &&
        std::find(sections.begin(), sections.end(), line.substr(0, colon)) != sections.end()) {
      return true;
    }
    at = end + 1;
  }
  return false;
}

bool HoldsProject(base::FileSystem& files, const std::string& directory) {
  const Result<std::vector<base::FileInfo>> list = files.List(directory);
  if (!list.ok()) return false;
  return std::any_of(list->begin(), list->end(), [&](const base::FileInfo& file) {
    if (file.is_directory || !file.name.ends_with(".yaml")) return false;
    if (file.name == "plumb.yaml" || file.name == "project.yaml") return true;
    const Result<std::string> text = files.ReadFile(base::JoinPath(directory, file.name));
    return text.ok() && HasSection(*text);
  });
}

template <typename List, typename NameOf>
Status NotFound(const char* what, const std::string& name, const List& list, NameOf name_of) {
  std::vector<std::string> names;
  for (const auto& entry : list) names.push_back(name_of(entry));
  std::string suggestion = base::DidYouMean(name, names);
  if (suggestion.empty()) {
    for (const std::string& known : names) suggestion += (suggestion.empty() ? "There are: " : ", ") + known;
    if (!suggestion.empty()) suggestion += ".";
  }
  return base::NotFound("{} is not known: {}.", what, name).WithSuggestion(suggestion);
}

}  // namespace

Result<const learn::ModelDefinition*> Project::FindModel(const std::string& name) const {
  for (const learn::ModelDefinition& model : models) {
    if (model.name == name) return &model;
  }
  return NotFound("Model", name, models, [](const auto& model) { return model.name; });
}

Result<const predict::DeploymentDefinition*> Project::FindDeployment(const std::string& name) const {
  for (const predict::DeploymentDefinition& deployment : deployments) {
    if (deployment.name == name) return &deployment;
  }
  return NotFound("Deployment", name, deployments, [](const auto& deployment) { return deployment.name; });
}

Result<const features::Source*> Project::FindSource(const std::string& name) const {
  const features::Source* source = definitions->FindSource(name);
  if (source != nullptr) return source;
  return NotFound("Source", name, definitions->sources(), [](const auto& known) { return known->name; });
}

Result<std::string> FindProjectDirectory(const Invocation& invocation) {
  base::FileSystem& files = invocation.files;
  const std::string here = base::CurrentDirectory();
  if (!invocation.globals.project.empty()) {
    const std::string directory = base::JoinPath(here, invocation.globals.project);
    const Result<base::FileInfo> info = files.Stat(directory);
    if (!info.ok()) return info.status().WithContext("project");
    if (!info->is_directory) {
      return base::InvalidArgument("Project is not a directory: {}.", invocation.globals.project);
    }
    return directory;
  }
  for (std::string directory = here;;) {
    if (HoldsProject(files, directory)) return directory;
    const std::string parent = base::DirectoryOf(directory);
    if (parent == directory || parent.empty()) break;
    directory = parent;
  }
  return base::NotFound("No project here or in a directory above: {}.", here)
      .WithSuggestion("Make one with plumb init, or name it with --project DIR.");
}

Result<Project> ReadProject(const Invocation& invocation, base::Diagnostics* diagnostics) {
  Project project;
  PLUMB_ASSIGN_OR_RETURN(project.directory, FindProjectDirectory(invocation));
  project.config = base::LoadConfig({.files = &invocation.files,
                                     .directory = project.directory,
                                     .environment_name = invocation.globals.environment_name,
                                     .environment = invocation.environment,
                                     .overrides = {},
                                     .keys = ConfigurationKeys()},
                                    diagnostics);
  project.state_directory = invocation.globals.state.empty()
                                ? base::JoinPath(project.directory, project.config.String("state"))
                                : base::JoinPath(base::CurrentDirectory(), invocation.globals.state);
  PLUMB_ASSIGN_OR_RETURN(project.tree, base::LoadProject(invocation.files, project.directory, diagnostics));
  project.definitions = features::LoadDefinitions(project.tree, diagnostics);
  std::vector<std::string> models;
  for (const base::YamlEntry& entry : project.tree.Section("models")) models.push_back(entry.key);
  if (project.definitions != nullptr) {
    project.models = learn::LoadModels(project.tree, project.definitions, diagnostics);
  }
  project.deployments = predict::LoadDeployments(project.tree, models, diagnostics);
  return project;
}

Result<Project> OpenProject(const Invocation& invocation) {
  base::Diagnostics diagnostics;
  PLUMB_ASSIGN_OR_RETURN(Project project, ReadProject(invocation, &diagnostics));
  PLUMB_RETURN_IF_ERROR(diagnostics.ToStatus());
  if (!diagnostics.all().empty()) invocation.terminal.Note(diagnostics.Render(invocation.terminal.colour_err()));
  ApplyLogConfiguration(project.config, invocation.globals.terminal.quiet);
  return project;
}

}  // namespace plumb::app
