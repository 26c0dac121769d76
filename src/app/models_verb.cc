#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "api/catalog_json.h"
#include "app/exit_code.h"
#include "app/gating.h"
#include "app/metric_title.h"
#include "app/reference.h"
#include "app/state.h"
#include "app/text_table.h"
#include "app/verbs.h"

namespace plumb::app {
namespace {

using base::Json;
using base::Result;

constexpr size_t kFeaturesShown = 10;

std::string TextOf(const Json* value) {
  if (value == nullptr || value->IsNull()) return "-";
  if (value->IsString()) return value->AsString();
  return value->IsDouble() ? fmt::format("{:.4f}", value->AsDouble()) : value->Dump();
}

// Of a metric that has an interval {"value", "low", "high"}, else the number.
std::string MetricOf(const Json& figures, const std::string& metric) {
  const Json* value = figures.Find(metric);
  return TextOf(value != nullptr && value->IsObject() ? value->Find("value") : value);
}

// The metrics that a version is judged by; one of before there were others has none listed.
std::vector<std::string> MetricsOf(const Json& report) {
  const Json* listed = report.Find("metrics");
  if (listed == nullptr || !listed->IsArray()) return {"roc_auc", "pr_auc", "log_loss", "ece"};
  std::vector<std::string> metrics;
  for (const Json& metric : listed->AsArray()) metrics.push_back(TextOf(&metric));
  return metrics;
}

std::string Joined(const std::vector<std::string>& texts) {
  std::string joined;
  for (const std::string& text : texts) joined += (joined.empty() ? "" : ", ") + text;
  return joined;
}

std::string MetricsTable(const Json& report) {
  const std::vector<std::string> metrics = MetricsOf(report);
  const Json* task = report.Find("task");
  const bool is_binary = task == nullptr || *task == Json("binary");
  std::vector<std::string> header = {"part", "rows"};
  if (is_binary) header.emplace_back("positive");
  for (const std::string& metric : metrics) header.push_back(MetricTitle(metric));
  std::vector<bool> right(header.size(), true);
  right[0] = false;
  TextTable table(header, right);
  for (const char* part : {"train", "validate", "test"}) {
    const Json* figures = report.Find(part);
    if (figures == nullptr) continue;
    std::vector<std::string> row = {part, TextOf(figures->Find("rows"))};
    if (is_binary) row.push_back(TextOf(figures->Find("positives")));
    for (const std::string& metric : metrics) row.push_back(MetricOf(*figures, metric));
    table.AddRow(row);
  }
  return table.Render();
}

std::string Warnings(const Json& report) {
  const Json* warnings = report.Find("warnings");
  if (warnings == nullptr || !warnings->IsArray()) return "";
  std::string text;
  for (const Json& warning : warnings->AsArray()) text += "warning: " + TextOf(&warning) + "\n";
  return text;
}

std::string ImportanceTable(const Json& metrics) {
  const Json* importance = metrics.Find("importance");
  if (importance == nullptr || !importance->IsArray()) return "";
  TextTable table({"feature", "gain", "permutation"}, {false, true, true});
  const base::JsonArray& list = importance->AsArray();
  for (size_t i = 0; i < std::min(kFeaturesShown, list.size()); i++) {
    table.AddRow({TextOf(list[i].Find("feature")), TextOf(list[i].Find("gain")), TextOf(list[i].Find("permutation"))});
  }
  return table.Render();
}

std::string VersionText(const registry::Version& version, const std::string& verdict) {
  std::string text = fmt::format("{}@v{}\n", version.model, version.number);
  if (!version.aliases.empty()) text += "  aliases   " + Joined(version.aliases) + "\n";
  text += "  created   " + base::FormatTime(version.created) + "\n";
  text += "  run       " + version.run_id + "\n";
  if (!verdict.empty()) text += "  gate      " + verdict + "\n";
  text += fmt::format("  features  {}\n", version.features.IsArray() ? version.features.AsArray().size() : 0);
  if (const Json* sources = version.data.Find("sources"); sources != nullptr && sources->IsObject()) {
    for (const auto& [source, data] : sources->AsObject()) {
      text += fmt::format("  data      {} {}\n", source, TextOf(&data).substr(0, 12));
    }
  }
  return text + "\n" + MetricsTable(version.metrics) + "\n" + ImportanceTable(version.metrics) +
         Warnings(version.metrics);
}

Result<Json> DeployedJson(registry::Registry& registry) {
  Json list{base::JsonArray{}};
  PLUMB_ASSIGN_OR_RETURN(const std::vector<registry::DeploymentRecord> records, registry.CurrentDeployments());
  for (const registry::DeploymentRecord& record : records) {
    Json entry;
    entry.Set("deployment", record.deployment);
    entry.Set("model", record.model);
    entry.Set("version", record.version);
    entry.Set("since", base::FormatTime(record.created));
    list.Append(std::move(entry));
  }
  return list;
}

// Newest first.
Result<Json> VerdictsToJson(registry::Registry& registry, const registry::Version& version) {
  PLUMB_ASSIGN_OR_RETURN(const auto verdicts, registry.Verdicts(version.model, version.number));
  Json list{base::JsonArray{}};
  for (const registry::VerdictRecord& record : verdicts) {
    Json entry;
    entry.Set("verdict", record.verdict);
    entry.Set("created", base::FormatTime(record.created));
    entry.Set("report", record.report);
    list.Append(std::move(entry));
  }
  return list;
}

Json RunToJson(const registry::Run& run) {
  Json parameters{base::JsonObject{}}, metrics{base::JsonObject{}};
  for (const auto& [name, value] : run.parameters) parameters.Set(name, value);
  for (const auto& [name, value] : run.metrics) metrics.Set(name, value);
  Json json;
  json.Set("id", run.id);
  json.Set("kind", run.kind);
  json.Set("status", run.status);
  json.Set("started", base::FormatTime(run.started));
  json.Set("ended", run.ended == 0 ? Json() : Json(base::FormatTime(run.ended)));
  json.Set("parameters", std::move(parameters));
  json.Set("metrics", std::move(metrics));
  return json;
}

}  // namespace

Result<int> RunModelsList(Invocation& invocation) {
  PLUMB_ASSIGN_OR_RETURN(const Project project, OpenProject(invocation));
  PLUMB_ASSIGN_OR_RETURN(const State state, OpenState(invocation, project));
  PLUMB_ASSIGN_OR_RETURN(Json json, api::ModelsToJson(*state.registry));
  PLUMB_ASSIGN_OR_RETURN(Json deployed, DeployedJson(*state.registry));
  TextTable table({"model", "versions", "newest", "champion", "deployed as"}, {false, true, true, true});
  for (const Json& model : json.Find("models")->AsArray()) {
    std::vector<std::string> names;
    for (const Json& record : deployed.AsArray()) {
      if (TextOf(record.Find("model")) != TextOf(model.Find("model"))) continue;
      names.push_back(TextOf(record.Find("deployment")) + " (v" + TextOf(record.Find("version")) + ")");
    }
    table.AddRow({TextOf(model.Find("model")), TextOf(model.Find("versions")), TextOf(model.Find("newest")),
                  TextOf(model.Find("champion")), Joined(names)});
  }
  const bool is_empty = json.Find("models")->AsArray().empty();
  invocation.terminal.Print(is_empty ? "no models yet; plumb train MODEL makes one\n" : table.Render());
  json.Set("deployments", std::move(deployed));
  invocation.terminal.PrintJson(json);
  return kExitOk;
}

Result<int> RunModelsShow(Invocation& invocation, const std::string& reference) {
  PLUMB_ASSIGN_OR_RETURN(const Project project, OpenProject(invocation));
  PLUMB_ASSIGN_OR_RETURN(const State state, OpenState(invocation, project));
  PLUMB_ASSIGN_OR_RETURN(const registry::Version version, state.registry->Resolve(reference));
  PLUMB_ASSIGN_OR_RETURN(const std::string verdict, LastVerdictLine(*state.registry, version));
  PLUMB_ASSIGN_OR_RETURN(const Json verdicts, VerdictsToJson(*state.registry, version));
  invocation.terminal.Print(VersionText(version, verdict));
  Json json = api::VersionToJson(version);
  json.Set("verdicts", verdicts);
  invocation.terminal.PrintJson(json);
  return kExitOk;
}

Result<int> RunModelsAlias(Invocation& invocation, const AliasOptions& options) {
  PLUMB_ASSIGN_OR_RETURN(const Project project, OpenProject(invocation));
  PLUMB_ASSIGN_OR_RETURN(const State state, OpenState(invocation, project));
  PLUMB_ASSIGN_OR_RETURN(const registry::Version version,
                         state.registry->Resolve(FullReference(options.model, options.version)));
  PLUMB_RETURN_IF_ERROR(state.registry->SetAlias(options.model, options.alias, version.number));
  invocation.terminal.Print(fmt::format("{}@{} is v{}\n", options.model, options.alias, version.number));
  Json json;
  json.Set("model", options.model);
  json.Set("alias", options.alias);
  json.Set("version", version.number);
  invocation.terminal.PrintJson(json);
  return kExitOk;
}

Result<int> RunModelsRuns(Invocation& invocation, const std::string& model) {
  PLUMB_ASSIGN_OR_RETURN(const Project project, OpenProject(invocation));
  PLUMB_RETURN_IF_ERROR(project.FindModel(model).status());
  PLUMB_ASSIGN_OR_RETURN(const State state, OpenState(invocation, project));
  PLUMB_ASSIGN_OR_RETURN(const std::vector<registry::Run> runs, state.registry->Runs(model));
  TextTable table({"run", "kind", "status", "started", "metric of the test part", "value"},
                  {false, false, false, false, false, true});
  Json list{base::JsonArray{}};
  // The deciding one of its task.
  const auto deciding = [](const registry::Run& run) -> std::pair<std::string, std::string> {
    for (const char* name : {"roc_auc", "rmse", "log_loss"}) {
      const auto found = run.metrics.find(std::string("test.") + name);
      if (found != run.metrics.end()) return {MetricTitle(name), fmt::format("{:.4f}", found->second)};
    }
    return {"-", "-"};
  };
  for (const registry::Run& run : runs) {
    const auto [metric, value] = deciding(run);
    table.AddRow({run.id.substr(0, 12), run.kind, run.status, base::FormatTime(run.started), metric, value});
    list.Append(RunToJson(run));
  }
  invocation.terminal.Print(table.Render());
  Json json;
  json.Set("runs", std::move(list));
  invocation.terminal.PrintJson(json);
  return kExitOk;
}

}  // namespace plumb::app
