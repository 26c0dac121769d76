#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "app/exit_code.h"
#include "app/state.h"
#include "app/text_table.h"
#include "app/verbs.h"
#include "base/diagnostics.h"
#include "operate/quarantine_replay.h"
#include "operate/row_screen.h"

namespace plumb::app {
namespace {

using base::Json;
using base::Result;

constexpr const char* kPiiShown = "(pii)";

// What stands in a file may hold anything, and a terminal obeys control characters.
std::string Printable(std::string_view text) {
  std::string shown(text);
  for (char& c : shown) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) c = '?';
  }
  return shown;
}

Json TextOrNull(const data::Column& column, size_t row) {
  return column.IsNull(row) ? Json() : Json(column.String(row));
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

Result<store::QuarantineManifest> ManifestOf(Invocation& invocation, const Project& project,
                                             const std::string& source) {
  store::Lake lake(invocation.files, invocation.clock, project.state_directory);
  return operate::QuarantineOf(invocation.files, invocation.clock, lake, project.state_directory, source);
}

Result<std::vector<const features::Source*>> ChooseSources(const Project& project, const std::string& name) {
  std::vector<const features::Source*> sources;
  if (!name.empty()) {
    PLUMB_ASSIGN_OR_RETURN(const features::Source* source, project.FindSource(name));
    sources.push_back(source);
    return sources;
  }
  for (const auto& source : project.definitions->sources()) sources.push_back(source.get());
  return sources;
}

base::Status CheckReason(const std::string& reason) {
  const std::vector<std::string>& known = operate::RefusalReasons();
  if (reason.empty() || std::find(known.begin(), known.end(), reason) != known.end()) return {};
  std::string suggestion = base::DidYouMean(reason, known);
  if (suggestion.empty()) {
    for (const std::string& one : known) suggestion += (suggestion.empty() ? "Reasons are " : ", ") + one;
    suggestion += ".";
  }
  return base::InvalidArgument("Reason is not known: {}.", reason).WithSuggestion(suggestion);
}

// Row numbers to show: with the reason, at most `limit`; and how many there are.
std::vector<int64_t> ChooseRows(const data::Batch& held, const QuarantineShowOptions& options, int64_t* matching) {
  const data::Column& reasons = *held.Find(store::kRefusedReasonColumn);
  std::vector<int64_t> rows;
  *matching = 0;
  for (size_t row = 0; row < held.rows; ++row) {
    if (!options.reason.empty() && reasons.String(row) != options.reason) continue;
    if ((*matching)++ < options.limit) rows.push_back(static_cast<int64_t>(row));
  }
  return rows;
}

// The row as the source had it: without what the quarantine adds.
Json ValuesOf(const features::Source& source, const data::Batch& held, size_t row) {
  Json values{base::JsonObject{}};
  for (size_t i = store::QuarantineSchema({}).size(); i < held.schema.size(); ++i) {
    const std::string& name = held.schema.fields()[i].name;
    const bool is_hidden = source.IsPii(name) && !held.columns[i].IsNull(row);
    values.Set(name, is_hidden ? Json(kPiiShown) : TextOrNull(held.columns[i], row));
  }
  return values;
}

std::string ValuesText(const Json& values) {
  std::string text;
  for (const auto& [name, value] : values.AsObject()) {
    text += (text.empty() ? "" : ", ") + name + "=" + (value.IsNull() ? "null" : Printable(value.AsString()));
  }
  return text;
}

Json RowToJson(const features::Source& source, const data::Batch& held, size_t row) {
  Json json;
  json.Set("id", TextOrNull(*held.Find(store::kRefusedIdColumn), row));
  json.Set("reason", TextOrNull(*held.Find(store::kRefusedReasonColumn), row));
  json.Set("check", TextOrNull(*held.Find(store::kRefusedCheckColumn), row));
  json.Set("file", TextOrNull(*held.Find(store::kRefusedFileColumn), row));
  json.Set("row", held.Find(store::kRefusedRowColumn)->At(row).ToJson());
  json.Set("received_at", held.Find(store::kReceivedAtColumn)->At(row).ToJson());
  json.Set("values", ValuesOf(source, held, row));
  return json;
}

void ShowRows(Terminal& terminal, const std::string& source, const Json& rows, int64_t matching) {
  TextTable table({"id", "reason", "check", "from", "received", "values"});
  for (const Json& row : rows.AsArray()) {
    const Json *file = row.Find("file"), *number = row.Find("row");
    const std::string from = file->IsNull() ? "" : Printable(file->AsString()) + " row " + number->Dump();
    table.AddRow({row.Find("id")->AsString(), row.Find("reason")->AsString(), Printable(row.Find("check")->AsString()),
                  from, row.Find("received_at")->AsString(), ValuesText(*row.Find("values"))});
  }
  const auto shown = static_cast<int64_t>(rows.AsArray().size());
  std::string text = shown == 0 ? "no rows are held\n" : table.Render();
  if (shown < matching) {
    text += fmt::format("{} more of {}; plumb quarantine show {} --limit {} shows all\n", FormatCount(matching - shown),
                        FormatCount(matching), source, matching);
  }
  terminal.Print(text);
}

}  // namespace

Result<int> RunQuarantineList(Invocation& invocation, const std::string& source) {
  PLUMB_ASSIGN_OR_RETURN(const Project project, OpenProject(invocation));
  PLUMB_ASSIGN_OR_RETURN(const std::vector<const features::Source*> sources, ChooseSources(project, source));
  TextTable table({"source", "reason", "check", "rows"}, {false, false, false, true});
  Json list{base::JsonArray{}};
  int64_t total = 0;
  for (const features::Source* one : sources) {
    PLUMB_ASSIGN_OR_RETURN(const store::QuarantineManifest manifest, ManifestOf(invocation, project, one->name));
    const std::vector<store::QuarantineCount> counts = manifest.Counts();
    for (const store::QuarantineCount& count : counts) {
      table.AddRow({one->name, count.reason, Printable(count.check), FormatCount(count.rows)});
    }
    Json entry;
    entry.Set("source", one->name);
    entry.Set("rows", manifest.rows());
    entry.Set("reasons", CountsToJson(counts));
    list.Append(std::move(entry));
    total += manifest.rows();
  }
  invocation.terminal.Print(total == 0 ? "no rows are held\n" : table.Render());
  Json json;
  json.Set("sources", std::move(list));
  invocation.terminal.PrintJson(json);
  return kExitOk;
}

Result<int> RunQuarantineShow(Invocation& invocation, const QuarantineShowOptions& options) {
  PLUMB_RETURN_IF_ERROR(CheckReason(options.reason));
  PLUMB_ASSIGN_OR_RETURN(const Project project, OpenProject(invocation));
  PLUMB_ASSIGN_OR_RETURN(const features::Source* source, project.FindSource(options.source));
  PLUMB_ASSIGN_OR_RETURN(const store::QuarantineManifest manifest, ManifestOf(invocation, project, source->name));
  store::Quarantine quarantine(invocation.files, invocation.clock, project.state_directory);
  PLUMB_ASSIGN_OR_RETURN(const data::Batch held, quarantine.Read(manifest));
  int64_t matching = 0;
  Json rows{base::JsonArray{}};
  for (const int64_t row : ChooseRows(held, options, &matching)) {
    rows.Append(RowToJson(*source, held, static_cast<size_t>(row)));
  }
  ShowRows(invocation.terminal, source->name, rows, matching);
  Json json;
  json.Set("source", source->name);
  json.Set("matching", matching);
  json.Set("rows", std::move(rows));
  invocation.terminal.PrintJson(json);
  return kExitOk;
}

Result<int> RunQuarantineReplay(Invocation& invocation, const QuarantineReplayOptions& options) {
  PLUMB_ASSIGN_OR_RETURN(const Project project, OpenProject(invocation));
  PLUMB_ASSIGN_OR_RETURN(const features::Source* source, project.FindSource(options.source));
  PLUMB_ASSIGN_OR_RETURN(const auto lock, LockForWriting(invocation, project));
  store::Lake lake(invocation.files, invocation.clock, project.state_directory);
  operate::ReplayOptions replay;
  replay.state_directory = project.state_directory;
  replay.clock = &invocation.clock;
  replay.ids = options.ids;
  PLUMB_ASSIGN_OR_RETURN(const operate::ReplayReport report,
                         operate::ReplayQuarantine(invocation.files, lake, *source, replay));
  std::string text =
      fmt::format("{}: {} of {} rows pass and are known from now on, {} stay\n", report.source,
                  FormatCount(report.released), FormatCount(report.asked), FormatCount(report.remaining));
  if (report.skipped > 0) text += fmt::format("left out: {}, without event_time\n", FormatCount(report.skipped));
  TextTable table({"reason", "check", "rows"}, {false, false, true});
  for (const store::QuarantineCount& count : report.reasons) {
    table.AddRow({count.reason, Printable(count.check), FormatCount(count.rows)});
  }
  if (!report.reasons.empty()) text += table.Render();
  invocation.terminal.Print(text);
  const Json checks = report.checks.ToJson();
  Json json;
  json.Set("source", report.source);
  json.Set("asked", report.asked);
  json.Set("released", report.released);
  json.Set("skipped_null_time", report.skipped);
  json.Set("remaining", report.remaining);
  json.Set("reasons", CountsToJson(report.reasons));
  json.Set("checks", *checks.Find("results"));
  json.Set("version", report.version);
  invocation.terminal.PrintJson(json);
  return report.checks.failed() ? kExitProblems : kExitOk;
}

}  // namespace plumb::app
