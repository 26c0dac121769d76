#include "app/model_data.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace plumb::app {
namespace {

using base::Result;

Result<std::vector<features::FeatureId>> FeaturesOf(const Project& project, const learn::ModelDefinition& model,
                                                    const std::vector<std::string>& patterns) {
  if (patterns.empty()) return model.features;
  base::Diagnostics diagnostics;
  std::vector<features::FeatureId> chosen = project.definitions->Select(patterns, {}, &diagnostics);
  if (diagnostics.has_errors()) {
    const base::Diagnostic& first = diagnostics.all().front();
    return base::NotFound("{}", first.message).WithSuggestion(first.suggestion);
  }
  std::vector<features::FeatureId> kept;
  for (const features::FeatureId& id : chosen) {
    if (std::find(model.features.begin(), model.features.end(), id) != model.features.end()) kept.push_back(id);
  }
  if (kept.empty()) {
    return base::InvalidArgument("None of these features belongs to the model: {}.", model.name)
        .WithSuggestion("--features chooses among the features that the model lists.");
  }
  return kept;
}

std::vector<const features::Source*> SourcesOf(const learn::ModelDefinition& model, const engine::FeaturePlan& plan) {
  std::vector<const features::Source*> sources = plan.sources();
  for (const features::Source* source : {model.examples.source, model.label.from}) {
    const bool is_new = source != nullptr && std::find(sources.begin(), sources.end(), source) == sources.end();
    if (is_new) sources.push_back(source);
  }
  return sources;
}

void NoteLoad(Terminal& terminal, const operate::IngestReport& report) {
  for (const operate::SetCheckResult& result : report.checks.results) {
    if (result.outcome != operate::CheckOutcome::kFailed) continue;
    terminal.Warn(fmt::format("Check of source {} fails: {}: {}.", report.source, result.name, result.detail));
  }
  if (!report.changed) return;
  std::string text = fmt::format("loaded {}: {} rows from {} {}", report.source, FormatCount(report.rows), report.files,
                                 report.files == 1 ? "file" : "files");
  if (report.refused > 0) text += fmt::format(", {} refused", FormatCount(report.refused));
  terminal.Note(text + "\n");
}

}  // namespace

Result<std::vector<operate::IngestReport>> LoadSources(const Invocation& invocation, const Project& project,
                                                       store::Lake& lake,
                                                       const std::vector<const features::Source*>& sources, bool force,
                                                       bool set_reference) {
  Terminal& terminal = invocation.terminal;
  operate::IngestOptions options;
  options.project_directory = project.directory;
  options.state_directory = project.state_directory;
  options.clock = &invocation.clock;
  options.force = force;
  options.set_reference = set_reference;
  options.progress = [&](const operate::IngestReport& report) { NoteLoad(terminal, report); };
  terminal.Stage("loading sources");
  return operate::IngestSources(invocation.files, lake, sources, options);
}

Result<ModelData> BuildModelData(const Invocation& invocation, const Project& project, const State& state,
                                 base::Executor& executor, const ModelDataOptions& options) {
  ModelData data;
  PLUMB_ASSIGN_OR_RETURN(data.model, project.FindModel(options.model));
  PLUMB_ASSIGN_OR_RETURN(std::vector<features::FeatureId> ids, FeaturesOf(project, *data.model, options.features));
  PLUMB_ASSIGN_OR_RETURN(data.plan, engine::FeaturePlan::Make(project.definitions, std::move(ids)));
  const std::vector<const features::Source*> sources = SourcesOf(*data.model, data.plan);
  if (options.load_sources) {
    PLUMB_RETURN_IF_ERROR(LoadSources(invocation, project, *state.lake, sources, false).status());
  }
  PLUMB_ASSIGN_OR_RETURN(store::LakeEventLog events, OpenEvents(*state.lake, sources));
  for (const features::Source* source : sources) data.versions[source->name] = events.versions().at(source->name);

  learn::DatasetOptions dataset_options;
  dataset_options.project_directory = project.directory;
  dataset_options.progress = [&](const char* stage) { invocation.terminal.Stage(std::string("dataset: ") + stage); };
  PLUMB_ASSIGN_OR_RETURN(const engine::FeaturePlan nothing, engine::FeaturePlan::Make(project.definitions, {}));
  PLUMB_ASSIGN_OR_RETURN(data.dataset, learn::BuildDataset(*data.model, options.compute_features ? data.plan : nothing,
                                                           events, invocation.files, executor, dataset_options));
  invocation.terminal.ClearProgress();
  return data;
}

}  // namespace plumb::app
