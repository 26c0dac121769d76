#include <fmt/core.h>

#include <utility>

#include "app/configuration.h"
#include "app/exit_code.h"
#include "app/metric_title.h"
#include "app/reference.h"
#include "app/state.h"
#include "app/text_table.h"
#include "app/verbs.h"
#include "learn/version_diff.h"

namespace plumb::app {
namespace {

using base::Result;
using learn::ChangedText;

constexpr size_t kIdentityShown = 12;

// Digests are long and only compared.
std::string Shown(const std::string& text) {
  if (text.empty()) return "-";
  const bool is_digest = text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
  return is_digest ? text.substr(0, kIdentityShown) : text;
}

std::string ChangesText(const char* title, const learn::VersionDiff& diff, const std::vector<ChangedText>& changes) {
  if (changes.empty()) return fmt::format("{}: the same\n", title);
  TextTable table({title, diff.first, diff.second}, {false, false, false});
  for (const ChangedText& change : changes) table.AddRow({change.name, Shown(change.first), Shown(change.second)});
  return table.Render();
}

std::string FeaturesText(const learn::VersionDiff& diff) {
  const size_t changes = diff.features_added.size() + diff.features_removed.size() + diff.features_changed.size();
  if (changes == 0) return "features: the same\n";
  std::string text = "features\n";
  for (const std::string& name : diff.features_added) text += "  added    " + name + "\n";
  for (const std::string& name : diff.features_removed) text += "  removed  " + name + "\n";
  for (const ChangedText& change : diff.features_changed) {
    text += fmt::format("  changed  {}  {} → {}\n", change.name, Shown(change.first), Shown(change.second));
  }
  return text;
}

std::string MetricsText(const learn::VersionDiff& diff) {
  if (diff.metrics.empty()) return "";
  TextTable table({"metric", diff.first, diff.second, "difference [95 %]"}, {false, true, true, true});
  for (const learn::MetricDifference& metric : diff.metrics) {
    table.AddRow(
        {MetricTitle(metric.metric), fmt::format("{:.4f}", metric.second), fmt::format("{:.4f}", metric.first),
         fmt::format("{:+.4f} [{:+.4f}, {:+.4f}]", metric.difference, metric.interval.low, metric.interval.high)});
  }
  return table.Render();
}

std::string ScoresText(const std::vector<double>& scores) {
  std::string text;
  for (const double score : scores) text += (text.empty() ? "" : ", ") + fmt::format("{:.4f}", score);
  return text;
}

std::string PredictionsText(const learn::VersionDiff& diff) {
  if (!diff.predictions) return "";
  const learn::PredictionDifference& predictions = *diff.predictions;
  std::string text = fmt::format("predictions of {} common test rows, {} to {}\n", FormatCount(predictions.rows),
                                 predictions.first_row_time, predictions.last_row_time);
  text += fmt::format("  correlation {:.4f}, mean difference {:.4f}, largest {:.4f}", predictions.correlation,
                      predictions.mean_absolute, predictions.largest);
  if (predictions.changed_decisions)
    text += fmt::format(", decided otherwise {:.2f} %", 100 * *predictions.changed_decisions);
  text += "\n";
  TextTable table({"farthest apart", "example", "label", diff.first, diff.second}, {false, false, false, true, true});
  for (const learn::PredictionDifference::Row& row : predictions.farthest) {
    std::string example;
    for (const auto& [name, value] : row.columns) example += (example.empty() ? "" : ", ") + name + "=" + value;
    table.AddRow({row.time, example, row.label, ScoresText(row.first), ScoresText(row.second)});
  }
  return text + table.Render();
}

std::string TextOf(const learn::VersionDiff& diff) {
  std::string text = ChangesText("data", diff, diff.data) + "\n" + FeaturesText(diff) + "\n" +
                     ChangesText("parameters", diff, diff.parameters) + "\n" + MetricsText(diff) + "\n" +
                     PredictionsText(diff);
  if (!diff.why_not_compared.empty()) text += diff.why_not_compared + "\n";
  return text;
}

// The second may be named without its model, which is then the first one's.
std::string SecondReference(const DiffVerbOptions& options) {
  return FullReference(options.first.substr(0, options.first.find('@')), options.second);
}

}  // namespace

Result<int> RunDiff(Invocation& invocation, const DiffVerbOptions& options) {
  PLUMB_ASSIGN_OR_RETURN(const Project project, OpenProject(invocation));
  PLUMB_ASSIGN_OR_RETURN(const State state, OpenState(invocation, project));
  PLUMB_ASSIGN_OR_RETURN(const registry::Version a, state.registry->Resolve(options.first));
  PLUMB_ASSIGN_OR_RETURN(const registry::Version b, state.registry->Resolve(SecondReference(options)));
  PLUMB_ASSIGN_OR_RETURN(const learn::VersionRecipe first, learn::ReadRecipe(*state.registry, a));
  PLUMB_ASSIGN_OR_RETURN(const learn::VersionRecipe second, learn::ReadRecipe(*state.registry, b));
  PLUMB_ASSIGN_OR_RETURN(store::LakeEventLog events, store::LakeEventLog::Open(*state.lake, second.sources));
  const auto executor = base::MakeExecutor(ComputeThreads(project.config));
  learn::VersionDiffOptions diff_options;
  diff_options.project_directory = project.directory;
  diff_options.stage = [&](const char* stage) { invocation.terminal.Stage(std::string("diff: ") + stage); };
  PLUMB_ASSIGN_OR_RETURN(const learn::VersionDiff diff,
                         learn::DiffVersions(first, second, {events, invocation.files, *executor}, diff_options));
  invocation.terminal.ClearProgress();
  invocation.terminal.Print(TextOf(diff));
  invocation.terminal.PrintJson(diff.ToJson());
  return kExitOk;
}

}  // namespace plumb::app
