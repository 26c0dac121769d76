#include "base/project_tree.h"

#include <gtest/gtest.h>

#include "base/memory_file_system.h"

namespace plumb::base {
namespace {

SourceTextPtr Text(std::string name, std::string text) {
  return std::make_shared<const SourceText>(SourceText{std::move(name), std::move(text)});
}

std::vector<std::string> Names(const ProjectTree& tree, std::string_view section) {
  std::vector<std::string> names;
  for (const YamlEntry& entry : tree.Section(section)) names.push_back(entry.key);
  return names;
}

void Write(FileSystem& files, const std::string& path, std::string_view text) {
  ASSERT_TRUE(files.CreateDirectories(DirectoryOf(path)).ok());
  ASSERT_TRUE(files.WriteFileAtomically(path, text).ok());
}

TEST(MergeProject, MergesSectionsByName) {
  Diagnostics diagnostics;
  const ProjectTree tree = MergeProject(
      {Text("b.yaml", "sources:\n  weather: {path: x}\nmodels:\n  late: {}\n"),
       Text("a.yaml", "sources:\n  flights: {path: y}\n  planes:\nentities:\n"), Text("c.yaml", "# nothing yet\n")},
      &diagnostics);
  EXPECT_TRUE(diagnostics.all().empty()) << diagnostics.Render(false);
  EXPECT_EQ(Names(tree, "sources"), (std::vector<std::string>{"flights", "planes", "weather"}));
  EXPECT_EQ(Names(tree, "models"), std::vector<std::string>{"late"});
  EXPECT_TRUE(tree.Section("entities").empty());
  EXPECT_TRUE(tree.Section("pipelines").empty());
  EXPECT_EQ(tree.texts.size(), 3u);
  EXPECT_EQ(tree.texts[0]->name, "a.yaml");
  EXPECT_EQ(tree.Section("sources")[2].key_position.ToString(), "b.yaml:2:3");
}

TEST(MergeProject, ReportsMistakes) {
  const struct {
    const char *text, *where, *part, *suggestion;
  } kCases[] = {
      {"source:\n  a: {}\n", "p.yaml:1:1", "Section is not known: source.", "Did you mean sources?"},
      {"featureviews: {}\n", "p.yaml:1:1", "Section is not known", "Did you mean feature_views?"},
      {"server: {}\n", "p.yaml:1:1", "Section is not known", "Sections are sources"},
      {"sources: [a]\n", "p.yaml:1:10", "Section is not a map of names: sources.", ""},
      {"- a\n", "p.yaml:1:1", "not a map of sections", "Sections are"},
      {"models:\n  m: {}\n", "p.yaml:2:3", "Name occurs twice in section models: m, first at a.yaml:2:3.", ""},
      {"models: {x: {}}\nmodels: {y: {}}\n", "p.yaml:2:1", "Key occurs twice: models", ""},
  };
  for (const auto& test : kCases) {
    Diagnostics diagnostics;
    MergeProject({Text("p.yaml", test.text), Text("a.yaml", "models:\n  m: {}\n")}, &diagnostics);
    ASSERT_EQ(diagnostics.errors(), 1u) << diagnostics.Render(false);
    const Diagnostic& mistake = diagnostics.all()[0];
    EXPECT_EQ(mistake.position.ToString(), test.where) << test.text;
    EXPECT_NE(mistake.message.find(test.part), std::string::npos) << mistake.message;
    EXPECT_NE(mistake.suggestion.find(test.suggestion), std::string::npos) << mistake.suggestion;
  }
}

TEST(LoadProject, ReadsYamlFilesAndLeavesTheRest) {
  MemoryFileSystem files;
  Write(files, "/p/project.yaml", "sources: {a: {}}");
  Write(files, "/p/views/delays.yaml", "feature_views: {b: {}}");
  Write(files, "/p/views/data/more.yaml", "models: {c: {}}");
  for (const char* path : {"/p/views/old.yml", "/p/plumb.yaml", "/p/env/prod.yaml", "/p/data/x.yaml",
                           "/p/.plumb/state.yaml", "/p/.hidden.yaml", "/p/readme.md"}) {
    Write(files, path, "{");
  }
  Diagnostics diagnostics;
  const Result<ProjectTree> tree = LoadProject(files, "/p", &diagnostics);
  ASSERT_TRUE(tree.ok()) << tree.status().ToString();
  EXPECT_FALSE(diagnostics.has_errors()) << diagnostics.Render(false);
  ASSERT_EQ(diagnostics.all().size(), 1u) << "the warning of the ending .yml";
  std::vector<std::string> names;
  for (const SourceTextPtr& text : tree->texts) names.push_back(text->name);
  EXPECT_EQ(names, (std::vector<std::string>{"project.yaml", "views/data/more.yaml", "views/delays.yaml"}));
  EXPECT_EQ(Names(tree.value(), "feature_views"), std::vector<std::string>{"b"});
}

TEST(LoadProject, SaysWhenThereIsNoProject) {
  MemoryFileSystem files;
  Write(files, "/p/readme.md", "");
  Write(files, "/p/plumb.yaml", "");
  Diagnostics diagnostics;
  EXPECT_EQ(LoadProject(files, "/p", &diagnostics).status().code(), Code::kNotFound);
}

TEST(LoadProject, RefusesFilesThatAreTooLarge) {
  MemoryFileSystem files;
  Write(files, "/p/project.yaml", std::string((4u << 20) + 1, '#'));
  Diagnostics diagnostics;
  EXPECT_EQ(LoadProject(files, "/p", &diagnostics).status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace plumb::base
