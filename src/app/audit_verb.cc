#include <fmt/core.h>

#include <utility>

#include "app/configuration.h"
#include "app/exit_code.h"
#include "app/state.h"
#include "app/verbs.h"
#include "predict/audit.h"

namespace plumb::app {
namespace {

using base::Result;

std::string ReportText(const predict::AuditReport& report) {
  std::string text = fmt::format("looked at {} predictions\n", FormatCount(report.predictions));
  for (const predict::AuditMismatch& mismatch : report.mismatches) {
    const predict::AuditExample& example = mismatch.example;
    text += fmt::format("\n{}: {} differ\n", mismatch.feature, FormatCount(mismatch.count));
    text += fmt::format("  for example  request {}, row {}: {}\n", example.request_id, example.row, example.inputs);
    text += fmt::format("               at {}, known before {}\n", base::FormatTime(example.t),
                        base::FormatTime(example.cut));
    text += fmt::format("  served       {}\n  recomputed   {}\n", example.served, example.recomputed);
  }
  return text + (report.mismatches.empty() ? "" : "\n") + report.Summary() + "\n";
}

base::Json ReportJson(const predict::AuditReport& report) {
  base::Json mismatches{base::JsonArray{}};
  for (const predict::AuditMismatch& mismatch : report.mismatches) {
    const predict::AuditExample& example = mismatch.example;
    base::Json shown;
    shown.Set("request_id", example.request_id);
    shown.Set("row", example.row);
    shown.Set("t", base::FormatTime(example.t));
    shown.Set("cut", base::FormatTime(example.cut));
    shown.Set("inputs", example.inputs);
    shown.Set("served", example.served);
    shown.Set("recomputed", example.recomputed);
    base::Json entry;
    entry.Set("feature", mismatch.feature);
    entry.Set("count", mismatch.count);
    entry.Set("example", std::move(shown));
    mismatches.Append(std::move(entry));
  }
  base::Json json;
  json.Set("predictions", report.predictions);
  json.Set("compared", report.compared);
  json.Set("mismatched", report.mismatched);
  json.Set("mismatches", std::move(mismatches));
  return json;
}

}  // namespace

Result<int> RunAudit(Invocation& invocation, const AuditVerbOptions& options) {
  PLUMB_ASSIGN_OR_RETURN(const Project project, OpenProject(invocation));
  if (!options.deployment.empty()) PLUMB_RETURN_IF_ERROR(project.FindDeployment(options.deployment).status());
  PLUMB_ASSIGN_OR_RETURN(const State state, OpenState(invocation, project));
  const auto executor = base::MakeExecutor(ComputeThreads(project.config));
  predict::AuditOptions audit;
  audit.deployment = options.deployment;
  audit.sample = options.sample;
  audit.newest_data = options.newest;
  audit.progress = [&](int64_t done, int64_t total) { invocation.terminal.Progress("auditing", done, total); };
  const Result<predict::AuditReport> report =
      predict::Audit(invocation.files, PredictionsDirectory(project), *state.registry, *state.lake, *executor, audit);
  if (!report.ok() && report.status().code() == base::Code::kNotFound &&
      !invocation.files.Exists(PredictionsDirectory(project))) {
    return base::NotFound("Nothing was predicted yet, so there is nothing to audit.")
        .WithSuggestion("Run plumb serve or plumb predict first.");
  }
  PLUMB_RETURN_IF_ERROR(report.status());
  invocation.terminal.Print(ReportText(*report));
  invocation.terminal.PrintJson(ReportJson(*report));
  return report->mismatched > 0 ? kExitProblems : kExitOk;
}

}  // namespace plumb::app
