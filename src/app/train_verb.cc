#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "app/configuration.h"
#include "app/exit_code.h"
#include "app/gating.h"
#include "app/metric_title.h"
#include "app/model_data.h"
#include "app/text_table.h"
#include "app/verbs.h"
#include "learn/training.h"

namespace plumb::app {
namespace {

using base::Result;

constexpr size_t kFeaturesShown = 10;

std::string Shown(const learn::Estimate& estimate) {
  if (!estimate.has_interval) return fmt::format("{:.4f}", estimate.value);
  return fmt::format("{:.4f} [{:.4f}, {:.4f}]", estimate.value, estimate.low, estimate.high);
}

std::string Shown(const std::map<std::string, learn::Estimate>& metrics, const std::string& name) {
  const auto found = metrics.find(name);
  return found == metrics.end() ? "-" : Shown(found->second);
}

std::string MetricsTable(const learn::TrainingReport& report) {
  const bool is_binary = report.task == model::Task::kBinary;
  std::vector<std::string> header = {"part", "rows"};
  if (is_binary) header.emplace_back("positive");
  for (const std::string& metric : report.metrics) {
    const auto found = report.test.metrics.find(metric);
    const bool has_interval = found != report.test.metrics.end() && found->second.has_interval;
    header.push_back(MetricTitle(metric) + (has_interval ? " [95 %]" : ""));
  }
  std::vector<bool> right(header.size(), true);
  right[0] = false;
  TextTable table(header, right);
  for (const auto& [name, part] :
       {std::pair{"train", &report.train}, {"validate", &report.validate}, {"test", &report.test}}) {
    std::vector<std::string> row = {name, FormatCount(part->rows)};
    if (is_binary) row.push_back(FormatCount(part->positives));
    for (const std::string& metric : report.metrics) row.push_back(Shown(part->metrics, metric));
    table.AddRow(row);
  }
  return table.Render();
}

std::string ImportanceTable(const learn::TrainingReport& report) {
  TextTable table({"feature", "gain", MetricTitle(report.permutation.metric) + " lost when permuted"},
                  {false, true, true});
  for (size_t i = 0; i < std::min(kFeaturesShown, report.importance.size()); i++) {
    const learn::TrainingReport::Importance& entry = report.importance[i];
    table.AddRow({entry.feature, fmt::format("{:.1f} %", 100 * entry.gain),
                  fmt::format("{:.4f} ± {:.4f}", entry.permutation.worsening, entry.permutation.standard_error)});
  }
  return table.Render();
}

// The deciding metric of each slice; where it does not exist, the next.
std::string SliceTable(const learn::SliceReport& slice) {
  TextTable table({slice.name, "rows", "metric", "value [95 %]"}, {false, true, false, true});
  for (const learn::SliceReport::Value& value : slice.values) {
    const bool has_area = value.metrics.contains("roc_auc");
    const auto& [metric, estimate] = has_area ? *value.metrics.find("roc_auc") : *value.metrics.begin();
    const std::string name =
        value.merged > 0 ? fmt::format("{} others", FormatCount(value.merged)) : value.text.value_or("null");
    table.AddRow({name, FormatCount(value.rows), MetricTitle(metric), Shown(estimate)});
  }
  return table.Render();
}

std::string LeakageText(const learn::LeakageReport& leakage) {
  std::string text;
  if (!leakage.signals.empty()) {
    const learn::FeatureSignal& strongest = leakage.signals.front();
    text += fmt::format("strongest feature by itself: {}, {} {:.3f}\n", strongest.feature, leakage.measure,
                        strongest.strength);
  }
  for (const learn::EntityOverlap& overlap : leakage.entities) {
    text += fmt::format("entity {}: {} of {} keys of the test part were seen in training\n", overlap.entity,
                        FormatCount(overlap.seen_in_training), FormatCount(overlap.test_keys));
  }
  if (leakage.knowledge.rows > 0) {
    text += fmt::format("recomputed {} values of {} rows from what was known at their time: {} differ\n",
                        FormatCount(leakage.knowledge.values), FormatCount(leakage.knowledge.rows),
                        leakage.knowledge.mismatched);
  }
  return text;
}

std::string ReportText(const learn::TrainingReport& report) {
  std::string text = MetricsTable(report) + "\n" + ImportanceTable(report) + "\n";
  for (const learn::SliceReport& slice : report.slices) text += SliceTable(slice) + "\n";
  text += LeakageText(report.leakage);
  for (const std::string& warning : report.warnings) text += "warning: " + warning + "\n";
  return text;
}

void Show(Terminal& terminal, const ModelData& data, const learn::TrainedVersion& trained,
          const std::optional<Gating>& gating) {
  const registry::Version& version = trained.version;
  std::string aliases;
  for (const std::string& alias : version.aliases) aliases += (aliases.empty() ? "" : ", ") + alias;
  terminal.Print(fmt::format("{}@v{} ({})  {}, {} features, {} rounds, {}\n\n{}", version.model, version.number,
                             aliases, trained.report.objective, data.plan.outputs().size(), trained.report.best_round,
                             trained.report.library, ReportText(trained.report)));
  if (gating) terminal.Print("\n" + GatingText(*gating));
  base::Json names{base::JsonArray{}};
  for (const std::string& alias : version.aliases) names.Append(alias);
  base::Json json;
  json.Set("model", version.model);
  json.Set("version", version.number);
  json.Set("aliases", std::move(names));
  json.Set("run_id", version.run_id);
  json.Set("metrics", trained.report.ToJson());
  json.Set("gate", gating ? GatingToJson(*gating) : base::Json());
  terminal.PrintJson(json);
}

Result<learn::TrainedVersion> Train(Invocation& invocation, const Project& project, const State& state,
                                    const ModelData& data, base::Executor& executor) {
  // The events that the features were computed from.
  PLUMB_ASSIGN_OR_RETURN(store::LakeEventLog events, store::LakeEventLog::Open(*state.lake, data.versions));
  learn::TrainOptionsForModel options;
  options.executor = &executor;
  options.events = &events;
  options.stage = [&](const char* stage) { invocation.terminal.Stage(std::string("training: ") + stage); };
  options.threads = static_cast<int>(ComputeThreads(project.config));
  for (const auto& [source, version] : data.versions) options.data_manifest.Set(source, version);
  options.progress = [&](int round, double train, double validate) {
    invocation.terminal.Progress(fmt::format("training  loss {:.4f} / {:.4f}", train, validate), round,
                                 data.model->rounds_max);
    return invocation.interrupt == nullptr || !invocation.interrupt->requested();
  };
  // A run that was begun is ended in the registry before the program is.
  if (invocation.interrupt != nullptr) invocation.interrupt->BeginCooperative();
  Result<learn::TrainedVersion> trained =
      learn::TrainModel(*data.model, data.plan, data.dataset, *state.registry, options);
  if (invocation.interrupt != nullptr) invocation.interrupt->EndCooperative();
  return trained;
}

// None for a model without a gate.
Result<std::optional<Gating>> Gate(const Invocation& invocation, const State& state, const ModelData& data,
                                   const registry::Version& version, base::Executor& executor) {
  if (!data.model->gate) return std::optional<Gating>();
  PLUMB_ASSIGN_OR_RETURN(store::LakeEventLog events, store::LakeEventLog::Open(*state.lake, data.versions));
  PLUMB_ASSIGN_OR_RETURN(Gating gating, JudgeVersion(invocation, state, version,
                                                     {.model = *data.model,
                                                      .dataset = data.dataset,
                                                      .plan = data.plan,
                                                      .events = events,
                                                      .executor = executor,
                                                      .promote = data.model->gate->promote}));
  return std::optional<Gating>(std::move(gating));
}

}  // namespace

Result<int> RunTrain(Invocation& invocation, const TrainVerbOptions& options) {
  PLUMB_ASSIGN_OR_RETURN(const Project project, OpenProject(invocation));
  PLUMB_RETURN_IF_ERROR(project.FindModel(options.model).status());
  PLUMB_ASSIGN_OR_RETURN(const auto lock, LockForWriting(invocation, project));
  PLUMB_ASSIGN_OR_RETURN(const State state, OpenState(invocation, project));
  const auto executor = base::MakeExecutor(ComputeThreads(project.config));
  PLUMB_ASSIGN_OR_RETURN(const ModelData data, BuildModelData(invocation, project, state, *executor,
                                                              {.model = options.model, .features = options.features}));
  PLUMB_ASSIGN_OR_RETURN(learn::TrainedVersion trained, Train(invocation, project, state, data, *executor));
  PLUMB_ASSIGN_OR_RETURN(const std::optional<Gating> gating, Gate(invocation, state, data, trained.version, *executor));
  if (options.champion) {
    PLUMB_RETURN_IF_ERROR(state.registry->SetAlias(options.model, "champion", trained.version.number));
  }
  PLUMB_ASSIGN_OR_RETURN(trained.version, state.registry->GetVersion(options.model, trained.version.number));
  Show(invocation.terminal, data, trained, gating);
  return kExitOk;
}

}  // namespace plumb::app
