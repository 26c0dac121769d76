#include "base/project_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace plumb::base {
namespace {

constexpr int64_t kFileBytesMax = 4 << 20;
constexpr size_t kFilesMax = 2000;
constexpr int kFolderDepthMax = 16;

// Where each name of each section was first seen.
using FirstSeen = std::map<std::pair<std::string, std::string>, Position>;

void MergeSection(YamlEntry section, ProjectTree* tree, FirstSeen* seen, Diagnostics* diagnostics) {
  const std::vector<std::string>& known = ProjectSections();
  if (std::find(known.begin(), known.end(), section.key) == known.end()) {
    std::string suggestion = DidYouMean(section.key, known);
    if (suggestion.empty()) suggestion = fmt::format("Sections are {}.", fmt::join(known, ", "));
    diagnostics->Error(section.key_position, fmt::format("Section is not known: {}.", section.key), suggestion);
    return;
  }
  if (section.value.IsNull()) return;
  if (!section.value.IsMap()) {
    diagnostics->Error(section.value.position, fmt::format("Section is not a map of names: {}.", section.key));
    return;
  }
  for (YamlEntry& entry : section.value.entries) {
    const auto [first, is_new] = seen->emplace(std::pair(section.key, entry.key), entry.key_position);
    if (is_new) {
      tree->sections[section.key].push_back(std::move(entry));
    } else {
      diagnostics->Error(entry.key_position, fmt::format("Name occurs twice in section {}: {}, first at {}.",
                                                         section.key, entry.key, first->second.ToString()));
    }
  }
}

// The project's folders: hidden ones, the data and the environments' settings are no part of it.
bool IsProjectFolder(const std::string& name, bool at_top) {
  return !name.starts_with('.') && !(at_top && (name == "data" || name == "env"));
}

bool IsProjectFile(const std::string& name, bool at_top) {
  return name.ends_with(".yaml") && !name.starts_with('.') && !(at_top && name == "plumb.yaml");
}

// Collects the paths of the project's files, relative to its directory.
class ProjectWalk {
 public:
  ProjectWalk(FileSystem& files, const std::string& directory, Diagnostics* diagnostics)
      : files_(files), directory_(directory), diagnostics_(diagnostics) {}

  Status Visit(const std::string& folder, int depth) {
    if (depth > kFolderDepthMax) return InvalidArgument("Project folders are nested too deeply: {}.", folder);
    PLUMB_ASSIGN_OR_RETURN(const std::vector<FileInfo> infos, files_.List(JoinPath(directory_, folder)));
    for (const FileInfo& info : infos) {
      const std::string path = folder.empty() ? info.name : JoinPath(folder, info.name);
      if (info.is_directory) {
        if (IsProjectFolder(info.name, folder.empty())) PLUMB_RETURN_IF_ERROR(Visit(path, depth + 1));
      } else {
        PLUMB_RETURN_IF_ERROR(VisitFile(path, info, folder.empty()));
      }
    }
    return Status();
  }

  std::vector<SourceTextPtr> TakeTexts() { return std::move(texts_); }

 private:
  Status VisitFile(const std::string& path, const FileInfo& info, bool at_top) {
    if (info.name.ends_with(".yml") && !info.name.starts_with('.')) {
      diagnostics_->Warn(Position{}, fmt::format("File is not read: {}.", path), "Give it the ending .yaml.");
    }
    if (!IsProjectFile(info.name, at_top)) return Status();
    if (texts_.size() == kFilesMax) return InvalidArgument("Project has too many files: more than {}.", kFilesMax);
    if (info.bytes > kFileBytesMax) {
      return InvalidArgument("Project file is too large: {}, {} bytes, at most {}.", path, info.bytes, kFileBytesMax);
    }
    PLUMB_ASSIGN_OR_RETURN(std::string text, files_.ReadFile(JoinPath(directory_, path)));
    texts_.push_back(std::make_shared<const SourceText>(SourceText{path, std::move(text)}));
    return Status();
  }

  FileSystem& files_;
  const std::string& directory_;
  Diagnostics* diagnostics_;
  std::vector<SourceTextPtr> texts_;
};

}  // namespace

const std::vector<YamlEntry>& ProjectTree::Section(std::string_view name) const {
  static const std::vector<YamlEntry>& empty = *new std::vector<YamlEntry>;
  const auto found = sections.find(std::string(name));
  return found == sections.end() ? empty : found->second;
}

const std::vector<std::string>& ProjectSections() {
  static const auto& sections = *new std::vector<std::string>{"sources",     "entities", "feature_views", "models",
                                                              "deployments", "monitors", "pipelines"};
  return sections;
}

ProjectTree MergeProject(const std::vector<SourceTextPtr>& texts, Diagnostics* diagnostics) {
  ProjectTree tree;
  tree.texts = texts;
  std::stable_sort(tree.texts.begin(), tree.texts.end(),
                   [](const SourceTextPtr& a, const SourceTextPtr& b) { return a->name < b->name; });
  FirstSeen seen;
  for (const SourceTextPtr& text : tree.texts) {
    YamlNode root = ParseYaml(text, diagnostics);
    if (root.IsNull()) continue;
    if (!root.IsMap()) {
      diagnostics->Error(root.position, "Project file is not a map of sections.",
                         fmt::format("Sections are {}.", fmt::join(ProjectSections(), ", ")));
      continue;
    }
    for (YamlEntry& section : root.entries) MergeSection(std::move(section), &tree, &seen, diagnostics);
  }
  return tree;
}

Result<ProjectTree> LoadProject(FileSystem& files, const std::string& directory, Diagnostics* diagnostics) {
  ProjectWalk walk(files, directory, diagnostics);
  PLUMB_RETURN_IF_ERROR(walk.Visit("", 0));
  const std::vector<SourceTextPtr> texts = walk.TakeTexts();
  if (texts.empty()) {
    return NotFound("Project has no file: {}.", JoinPath(directory, "*.yaml"))
        .WithSuggestion("Run plumb init, or name the project's directory.");
  }
  return MergeProject(texts, diagnostics);
}

}  // namespace plumb::base
