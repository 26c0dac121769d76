#include <utility>

#include "app/exit_code.h"
#include "app/model_data.h"
#include "app/text_table.h"
#include "app/verbs.h"

namespace plumb::app {
namespace {

using base::Result;

Result<std::vector<const features::Source*>> ChooseSources(const Project& project,
                                                           const std::vector<std::string>& names) {
  std::vector<const features::Source*> sources;
  if (names.empty()) {
    for (const auto& source : project.definitions->sources()) sources.push_back(source.get());
  }
  for (const std::string& name : names) {
    PLUMB_ASSIGN_OR_RETURN(const features::Source* source, project.FindSource(name));
    if (source->paths.empty()) return base::InvalidArgument("Source has no files: {}.", name);
    sources.push_back(source);
  }
  return sources;
}

void Show(Terminal& terminal, const std::vector<operate::IngestReport>& reports) {
  TextTable table({"source", "rows", "files", "without time", "data version", ""}, {false, true, true, true});
  base::Json list{base::JsonArray{}};
  for (const operate::IngestReport& report : reports) {
    table.AddRow({report.source, FormatCount(report.rows), FormatCount(report.files),
                  FormatCount(report.skipped_null_time), report.version.substr(0, 12),
                  report.changed ? "loaded" : "unchanged"});
    base::Json entry;
    entry.Set("source", report.source);
    entry.Set("rows", report.rows);
    entry.Set("files", report.files);
    entry.Set("skipped_null_time", report.skipped_null_time);
    entry.Set("version", report.version);
    entry.Set("changed", report.changed);
    list.Append(std::move(entry));
  }
  terminal.Print(table.Render());
  base::Json json;
  json.Set("sources", std::move(list));
  terminal.PrintJson(json);
}

}  // namespace

Result<int> RunIngest(Invocation& invocation, const IngestVerbOptions& options) {
  PLUMB_ASSIGN_OR_RETURN(const Project project, OpenProject(invocation));
  PLUMB_ASSIGN_OR_RETURN(const std::vector<const features::Source*> sources, ChooseSources(project, options.sources));
  PLUMB_ASSIGN_OR_RETURN(const auto lock, LockForWriting(invocation, project));
  PLUMB_ASSIGN_OR_RETURN(const State state, OpenState(invocation, project));
  PLUMB_ASSIGN_OR_RETURN(const std::vector<operate::IngestReport> reports,
                         LoadSources(invocation, project, *state.lake, sources, options.force));
  Show(invocation.terminal, reports);
  return kExitOk;
}

}  // namespace plumb::app
