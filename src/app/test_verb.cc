#include <fmt/core.h>

#include <utility>

#include "app/exit_code.h"
#include "app/project.h"
#include "app/verbs.h"
#include "engine/feature_case.h"

namespace plumb::app {
namespace {

using base::Result;

// What cases may use beside their own definitions. Outside a project they stand alone.
Result<std::vector<base::SourceTextPtr>> ProjectTexts(const Invocation& invocation) {
  const Result<std::string> directory = FindProjectDirectory(invocation);
  if (!directory.ok()) {
    if (invocation.globals.project.empty()) return std::vector<base::SourceTextPtr>();
    return directory.status();
  }
  PLUMB_ASSIGN_OR_RETURN(const Project project, OpenProject(invocation));
  return project.tree.texts;
}

Result<std::vector<std::string>> FindFiles(const Invocation& invocation, const std::vector<std::string>& patterns) {
  std::vector<std::string> found;
  for (const std::string& pattern : patterns) {
    PLUMB_ASSIGN_OR_RETURN(const std::vector<std::string> files,
                           invocation.files.Glob(base::JoinPath(base::CurrentDirectory(), pattern)));
    if (files.empty()) return base::NotFound("No file of feature tests: {}.", pattern);
    found.insert(found.end(), files.begin(), files.end());
  }
  if (!patterns.empty()) return found;
  PLUMB_ASSIGN_OR_RETURN(const std::string directory, FindProjectDirectory(invocation));
  PLUMB_ASSIGN_OR_RETURN(found, invocation.files.Glob(base::JoinPath(directory, "**/*.test")));
  if (found.empty()) {
    return base::NotFound("Project has no feature tests: {}.", directory)
        .WithSuggestion("Write one in a file NAME.test.");
  }
  return found;
}

base::Json ToJson(const engine::CaseReport& total) {
  base::Json failures{base::JsonArray{}};
  for (const engine::CaseFailure& failure : total.failures) {
    base::Json entry;
    entry.Set("file", failure.file);
    entry.Set("line", failure.line);
    entry.Set("message", failure.message);
    failures.Append(std::move(entry));
  }
  base::Json json;
  json.Set("cases", total.cases);
  json.Set("checks", total.checks);
  json.Set("failures", std::move(failures));
  return json;
}

// As the user would name it.
std::string ShownPath(const std::string& path) {
  const std::string here = base::CurrentDirectory() + "/";
  return path.starts_with(here) ? path.substr(here.size()) : path;
}

}  // namespace

Result<int> RunTest(Invocation& invocation, const std::vector<std::string>& patterns) {
  PLUMB_ASSIGN_OR_RETURN(const std::vector<base::SourceTextPtr> texts, ProjectTexts(invocation));
  PLUMB_ASSIGN_OR_RETURN(const std::vector<std::string> files, FindFiles(invocation, patterns));
  const auto executor = base::MakeExecutor(base::HardwareThreads());
  engine::CaseReport total;
  for (const std::string& file : files) {
    PLUMB_ASSIGN_OR_RETURN(const std::string text, invocation.files.ReadFile(file));
    const engine::CaseReport report =
        engine::RunFeatureCases(text, {.file = ShownPath(file), .project = texts}, *executor);
    total.cases += report.cases;
    total.checks += report.checks;
    for (const engine::CaseFailure& failure : report.failures) {
      invocation.terminal.Print(failure.ToString() + "\n");
      total.failures.push_back(failure);
    }
  }
  invocation.terminal.Print(fmt::format("test: {} cases, {} values checked, {} failures\n", total.cases, total.checks,
                                        total.failures.size()));
  invocation.terminal.PrintJson(ToJson(total));
  return total.failures.empty() ? kExitOk : kExitProblems;
}

}  // namespace plumb::app
