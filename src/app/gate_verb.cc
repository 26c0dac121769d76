#include <utility>

#include "app/configuration.h"
#include "app/exit_code.h"
#include "app/gating.h"
#include "app/verbs.h"
#include "learn/version_dataset.h"

namespace plumb::app {
namespace {

using base::Result;

// "MODEL" is its challenger, or its newest version.
Result<registry::Version> FindChallenger(registry::Registry& registry, const std::string& reference) {
  if (reference.find('@') != std::string::npos) return registry.Resolve(reference);
  Result<registry::Version> challenger = registry.Resolve(reference + "@challenger");
  if (challenger.ok() || challenger.status().code() != base::Code::kNotFound) return challenger;
  return registry.Resolve(reference + "@latest");
}

}  // namespace

Result<int> RunGate(Invocation& invocation, const GateVerbOptions& options) {
  PLUMB_ASSIGN_OR_RETURN(const Project project, OpenProject(invocation));
  PLUMB_ASSIGN_OR_RETURN(const State state, OpenState(invocation, project));
  PLUMB_ASSIGN_OR_RETURN(const registry::Version version, FindChallenger(*state.registry, options.reference));
  PLUMB_ASSIGN_OR_RETURN(const learn::ModelDefinition* model, project.FindModel(version.model));
  if (!model->gate) {
    return base::FailedPrecondition("Model has no gate: {}.", model->name)
        .WithSuggestion("Say what a new version must show, such as gate: {metric: " + model->metrics.front() +
                        ", margin: 0.002} in the model.");
  }
  const auto executor = base::MakeExecutor(ComputeThreads(project.config));
  PLUMB_ASSIGN_OR_RETURN(const learn::VersionRecipe recipe, learn::ReadRecipe(*state.registry, version));
  PLUMB_ASSIGN_OR_RETURN(store::LakeEventLog events, store::LakeEventLog::Open(*state.lake, recipe.sources));
  learn::DatasetOptions dataset_options;
  dataset_options.project_directory = project.directory;
  dataset_options.progress = [&](const char* stage) { invocation.terminal.Stage(std::string("dataset: ") + stage); };
  PLUMB_ASSIGN_OR_RETURN(const learn::Dataset dataset,
                         learn::RebuildDataset(recipe, events, invocation.files, *executor, dataset_options));
  PLUMB_ASSIGN_OR_RETURN(const Gating gating, JudgeVersion(invocation, state, version,
                                                           {.model = *model,
                                                            .dataset = dataset,
                                                            .plan = recipe.bundle->plan,
                                                            .events = events,
                                                            .executor = *executor,
                                                            .promote = options.promote}));
  invocation.terminal.Print(GatingText(gating));
  invocation.terminal.PrintJson(GatingToJson(gating));
  return gating.report.verdict == learn::GateVerdict::kPromote ? kExitOk : kExitProblems;
}

}  // namespace plumb::app
