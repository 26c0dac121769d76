#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "app/exit_code.h"
#include "app/model_data.h"
#include "app/text_table.h"
#include "app/verbs.h"

namespace plumb::app {
namespace {

using base::Json;
using base::Result;
using operate::IngestReport;

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

std::string RowsText(int64_t rows) { return FormatCount(rows) + (rows == 1 ? " row" : " rows"); }

std::string ReportTable(const std::vector<IngestReport>& reports) {
  TextTable table({"source", "rows", "files", "without time", "refused", "data version", ""},
                  {false, true, true, true, true});
  for (const IngestReport& report : reports) {
    table.AddRow({report.source, FormatCount(report.rows), FormatCount(report.files),
                  FormatCount(report.skipped_null_time), FormatCount(report.refused), report.version.substr(0, 12),
                  report.changed ? "loaded" : "unchanged"});
  }
  return table.Render();
}

// Why rows were refused, and what else the checks found; nothing when all is well.
std::string FindingsTable(const std::vector<IngestReport>& reports) {
  TextTable table({"source", "finding", "check", ""});
  bool is_empty = true;
  const auto add = [&](const std::string& source, const std::string& finding, const std::string& check,
                       const std::string& what) {
    table.AddRow({source, finding, check, what});
    is_empty = false;
  };
  for (const IngestReport& report : reports) {
    for (const store::QuarantineCount& count : report.reasons) {
      add(report.source, "refused: " + count.reason, count.check, RowsText(count.rows));
    }
    for (const operate::CheckWarning& warning : report.checks.warnings) {
      if (warning.rows > 0) add(report.source, "warning", warning.check, RowsText(warning.rows));
    }
    for (const operate::SetCheckResult& result : report.checks.results) {
      if (result.outcome != operate::CheckOutcome::kFailed) continue;
      add(report.source, result.stops() ? "failed" : "warning", result.name, result.detail);
    }
  }
  return is_empty ? "" : "\n" + table.Render();
}

Json CountsToJson(const std::vector<store::QuarantineCount>& counts) {
  Json list{base::JsonArray{}};
  for (const store::QuarantineCount& count : counts) {
    Json entry;
    entry.Set("reason", count.reason);
    entry.Set("check", count.check);
    entry.Set("rows", count.rows);
    list.Append(std::move(entry));
  }
  return list;
}

Json ToJson(const IngestReport& report) {
  Json json;
  json.Set("source", report.source);
  json.Set("rows", report.rows);
  json.Set("files", report.files);
  json.Set("skipped_null_time", report.skipped_null_time);
  json.Set("refused", report.refused);
  json.Set("reasons", CountsToJson(report.reasons));
  const Json checks = report.checks.ToJson();
  json.Set("warnings", *checks.Find("warnings"));
  json.Set("checks", *checks.Find("results"));
  json.Set("version", report.version);
  json.Set("changed", report.changed);
  return json;
}

}  // namespace

Result<int> RunIngest(Invocation& invocation, const IngestVerbOptions& options) {
  PLUMB_ASSIGN_OR_RETURN(const Project project, OpenProject(invocation));
  PLUMB_ASSIGN_OR_RETURN(const std::vector<const features::Source*> sources, ChooseSources(project, options.sources));
  PLUMB_ASSIGN_OR_RETURN(const auto lock, LockForWriting(invocation, project));
  PLUMB_ASSIGN_OR_RETURN(const State state, OpenState(invocation, project));
  PLUMB_ASSIGN_OR_RETURN(const std::vector<IngestReport> reports,
                         LoadSources(invocation, project, *state.lake, sources, options.force, options.set_reference));
  const bool fails =
      std::any_of(reports.begin(), reports.end(), [](const IngestReport& report) { return report.checks.failed(); });
  Json list{base::JsonArray{}};
  for (const IngestReport& report : reports) list.Append(ToJson(report));
  Json json;
  json.Set("ok", !fails);
  json.Set("sources", std::move(list));
  invocation.terminal.PrintJson(json);
  invocation.terminal.Print(ReportTable(reports) + FindingsTable(reports));
  return fails ? kExitProblems : kExitOk;
}

}  // namespace plumb::app
