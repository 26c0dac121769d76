#include "app/gating.h"

#include <fmt/core.h>

#include <utility>

#include "app/metric_title.h"
#include "app/text_table.h"

namespace plumb::app {

using base::Result;

Result<Gating> JudgeVersion(const Invocation& invocation, const State& state, const registry::Version& version,
                            const GatingInputs& inputs) {
  Gating gating;
  const learn::VersionGateInputs gate{
      .definition = *inputs.model.gate,
      .slices = inputs.model.slices,
      .dataset = inputs.dataset,
      .plan = inputs.plan,
      .registry = *state.registry,
      .log = inputs.events,
      .executor = inputs.executor,
      .clock = &invocation.clock,
      .stage = [&](const char* stage) { invocation.terminal.Stage(std::string("gate: ") + stage); }};
  PLUMB_ASSIGN_OR_RETURN(gating.report, learn::GateVersion(version, gate));
  invocation.terminal.ClearProgress();
  PLUMB_RETURN_IF_ERROR(learn::KeepVerdict(*state.registry, version, gating.report).status());
  gating.promoted = inputs.promote && gating.report.verdict == learn::GateVerdict::kPromote;
  if (!gating.promoted) return gating;
  PLUMB_RETURN_IF_ERROR(state.registry->SetAlias(version.model, inputs.model.gate->against, version.number));
  return gating;
}

std::string GatingText(const Gating& gating) {
  const learn::GateReport& report = gating.report;
  std::string text = fmt::format("gate of {}: {}\n", report.challenger, learn::GateVerdictName(report.verdict));
  if (!report.comparisons.empty()) {
    TextTable table({"against", "version", "metric", "it", "this", "improvement", "bounds", "rows"},
                    {false, false, false, true, true, true, true, true});
    for (const learn::GateComparison& comparison : report.comparisons) {
      const learn::MetricDifference& difference = comparison.difference;
      table.AddRow(
          {comparison.role, comparison.version, MetricTitle(difference.metric),
           fmt::format("{:.4f}", difference.second), fmt::format("{:.4f}", difference.first),
           fmt::format("{:+.4f}", difference.judgement.improvement),
           fmt::format("{:+.4f} to {:+.4f}", difference.judgement.lower_bound, difference.judgement.upper_bound),
           FormatCount(difference.rows)});
    }
    text += table.Render();
  }
  for (const std::string& reason : report.reasons) text += "  " + reason + "\n";
  for (const std::string& note : report.notes) text += "  note: " + note + "\n";
  if (gating.promoted) text += fmt::format("{} is the {} now\n", report.challenger, report.definition.against);
  return text;
}

base::Json GatingToJson(const Gating& gating) {
  base::Json json = gating.report.ToJson();
  json.Set("promoted", gating.promoted);
  return json;
}

Result<std::string> LastVerdictLine(registry::Registry& registry, const registry::Version& version) {
  PLUMB_ASSIGN_OR_RETURN(const auto verdicts, registry.Verdicts(version.model, version.number));
  if (verdicts.empty()) return std::string();
  const registry::VerdictRecord& last = verdicts.front();
  std::string line = last.verdict + ", " + base::FormatTime(last.created);
  const base::Json* reasons = last.report.Find("reasons");
  const bool has_reason =
      reasons != nullptr && reasons->IsArray() && !reasons->AsArray().empty() && reasons->AsArray().front().IsString();
  if (has_reason) line += ": " + reasons->AsArray().front().AsString();
  return line;
}

}  // namespace plumb::app
