#include <fmt/core.h>

#include <utility>

#include "app/exit_code.h"
#include "app/project.h"
#include "app/verbs.h"

namespace plumb::app {
namespace {

std::string Counted(size_t count, const char* one, const char* many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string Summary(const Project& project) {
  size_t features = 0;
  for (const auto& view : project.definitions->views()) features += view->features.size();
  return fmt::format("project is fine: {}, {}, {} with {}, {}, {}\n",
                     Counted(project.definitions->sources().size(), "source", "sources"),
                     Counted(project.definitions->entities().size(), "entity", "entities"),
                     Counted(project.definitions->views().size(), "feature view", "feature views"),
                     Counted(features, "feature", "features"), Counted(project.models.size(), "model", "models"),
                     Counted(project.deployments.size(), "deployment", "deployments"));
}

base::Json DiagnosticsToJson(const base::Diagnostics& diagnostics) {
  base::Json list{base::JsonArray{}};
  for (const base::Diagnostic& diagnostic : diagnostics.all()) {
    base::Json entry;
    entry.Set("severity", diagnostic.severity == base::Severity::kError ? "error" : "warning");
    entry.Set("where", diagnostic.position.ToString());
    entry.Set("message", diagnostic.message);
    entry.Set("suggestion", diagnostic.suggestion);
    list.Append(std::move(entry));
  }
  base::Json json;
  json.Set("ok", !diagnostics.has_errors());
  json.Set("diagnostics", std::move(list));
  return json;
}

}  // namespace

base::Result<int> RunCheck(Invocation& invocation) {
  base::Diagnostics diagnostics;
  PLUMB_ASSIGN_OR_RETURN(const Project project, ReadProject(invocation, &diagnostics));
  Terminal& terminal = invocation.terminal;
  terminal.PrintJson(DiagnosticsToJson(diagnostics));
  terminal.Print(diagnostics.Render(terminal.colour_out()));
  if (diagnostics.has_errors()) return kExitProblems;
  terminal.Print(Summary(project));
  return kExitOk;
}

}  // namespace plumb::app
