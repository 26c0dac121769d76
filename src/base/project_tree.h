// project_tree.h: all *.yaml files of a project as one tree of sections.
//
// Top-level sections (sources, entities, feature_views, models, deployments, …) merge by name across files; nothing
// merges deeper. A name that occurs twice in a section, and a section that nobody knows, are errors. Each module then
// reads its own section. The texts themselves are kept, so that a model version can carry the definitions it was
// trained with.
//
// Thread safety: immutable once loaded.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "base/yaml.h"

namespace plumb::base {

struct ProjectTree {
  std::vector<SourceTextPtr> texts;                        // in path order, names relative to the project
  std::map<std::string, std::vector<YamlEntry>> sections;  // section name → its entries in file and line order

  // The entries of a section; empty when the project has none.
  [[nodiscard]] const std::vector<YamlEntry>& Section(std::string_view name) const;
};

// Section names that may stand at the top of a project file.
const std::vector<std::string>& ProjectSections();

// Parses and merges the texts. Mistakes go to `diagnostics`.
ProjectTree MergeProject(const std::vector<SourceTextPtr>& texts, Diagnostics* diagnostics);

// Reads every *.yaml under `directory` (not under hidden folders, data/, env/ and not plumb.yaml) and merges them.
// NotFound when there is no project file at all.
Result<ProjectTree> LoadProject(FileSystem& files, const std::string& directory, Diagnostics* diagnostics);

}  // namespace plumb::base
