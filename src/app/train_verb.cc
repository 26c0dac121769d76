#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "app/configuration.h"
#include "app/exit_code.h"
#include "app/model_data.h"
#include "app/text_table.h"
#include "app/verbs.h"
#include "learn/training.h"

namespace plumb::app {
namespace {

using base::Result;

constexpr size_t kFeaturesShown = 10;

std::string Shown(const learn::Estimate& estimate) {
  if (estimate.low == estimate.high) return fmt::format("{:.4f}", estimate.value);
  return fmt::format("{:.4f} [{:.4f}, {:.4f}]", estimate.value, estimate.low, estimate.high);
}

std::string MetricsTable(const learn::TrainingReport& report) {
  TextTable table({"part", "rows", "positive", "ROC AUC [95 %]", "PR AUC [95 %]", "log loss", "Brier", "ECE", "slope"},
                  {false, true, true, true, true, true, true, true, true});
  for (const auto& [name, part] :
       {std::pair{"train", &report.train}, {"validate", &report.validate}, {"test", &report.test}}) {
    table.AddRow({name, FormatCount(part->rows), FormatCount(part->positives), Shown(part->roc_auc),
                  Shown(part->pr_auc), fmt::format("{:.4f}", part->log_loss), fmt::format("{:.4f}", part->brier),
                  fmt::format("{:.4f}", part->ece), fmt::format("{:.3f}", part->calibration_slope)});
  }
  return table.Render();
}

std::string ImportanceTable(const learn::TrainingReport& report) {
  TextTable table({"feature", "gain"}, {false, true});
  for (size_t i = 0; i < std::min(kFeaturesShown, report.importance.size()); i++) {
    table.AddRow({report.importance[i].feature, fmt::format("{:.1f} %", 100 * report.importance[i].gain)});
  }
  return table.Render();
}

void Show(Terminal& terminal, const ModelData& data, const learn::TrainedVersion& trained) {
  const registry::Version& version = trained.version;
  std::string aliases;
  for (const std::string& alias : version.aliases) aliases += (aliases.empty() ? "" : ", ") + alias;
  terminal.Print(fmt::format("{}@v{} ({})  {} features, {} rounds, {}\n\n{}\n{}", version.model, version.number,
                             aliases, data.plan.outputs().size(), trained.report.best_round, trained.report.library,
                             MetricsTable(trained.report), ImportanceTable(trained.report)));
  base::Json names{base::JsonArray{}};
  for (const std::string& alias : version.aliases) names.Append(alias);
  base::Json json;
  json.Set("model", version.model);
  json.Set("version", version.number);
  json.Set("aliases", std::move(names));
  json.Set("run_id", version.run_id);
  json.Set("metrics", trained.report.ToJson());
  terminal.PrintJson(json);
}

Result<learn::TrainedVersion> Train(Invocation& invocation, const Project& project, const State& state,
                                    const ModelData& data) {
  learn::TrainOptionsForModel options;
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

}  // namespace

Result<int> RunTrain(Invocation& invocation, const TrainVerbOptions& options) {
  PLUMB_ASSIGN_OR_RETURN(const Project project, OpenProject(invocation));
  PLUMB_RETURN_IF_ERROR(project.FindModel(options.model).status());
  PLUMB_ASSIGN_OR_RETURN(const auto lock, LockForWriting(invocation, project));
  PLUMB_ASSIGN_OR_RETURN(const State state, OpenState(invocation, project));
  const auto executor = base::MakeExecutor(ComputeThreads(project.config));
  PLUMB_ASSIGN_OR_RETURN(const ModelData data, BuildModelData(invocation, project, state, *executor,
                                                              {.model = options.model, .features = options.features}));
  PLUMB_ASSIGN_OR_RETURN(learn::TrainedVersion trained, Train(invocation, project, state, data));
  if (options.champion) {
    PLUMB_RETURN_IF_ERROR(state.registry->SetAlias(options.model, "champion", trained.version.number));
    PLUMB_ASSIGN_OR_RETURN(trained.version, state.registry->GetVersion(options.model, trained.version.number));
  }
  Show(invocation.terminal, data, trained);
  return kExitOk;
}

}  // namespace plumb::app
