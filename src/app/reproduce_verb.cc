#include <fmt/core.h>

#include <utility>

#include "app/configuration.h"
#include "app/exit_code.h"
#include "app/state.h"
#include "app/verbs.h"
#include "learn/reproduce.h"

namespace plumb::app {
namespace {

using base::Result;

constexpr size_t kDifferencesShown = 20;

std::string TextOf(const learn::Reproduction& made) {
  if (made.identical) {
    return fmt::format("{} is identical: {} ({} rows, {} threads, {})\n", made.version, made.sha256,
                       FormatCount(made.rows), made.threads, made.library);
  }
  std::string text = fmt::format("{} is not reproduced\n", made.version);
  size_t shown = 0;
  for (const learn::ReproductionDifference& difference : made.differences) {
    if (shown++ == kDifferencesShown) {
      text += fmt::format("  and {} more\n", made.differences.size() - kDifferencesShown);
      break;
    }
    text += fmt::format("  {}: {}\n", difference.what, difference.text);
    if (!difference.recorded.empty()) text += "    recorded  " + difference.recorded + "\n";
    if (!difference.now.empty()) text += "    now       " + difference.now + "\n";
  }
  return text;
}

}  // namespace

Result<int> RunReproduce(Invocation& invocation, const std::string& reference) {
  PLUMB_ASSIGN_OR_RETURN(const Project project, OpenProject(invocation));
  PLUMB_ASSIGN_OR_RETURN(const State state, OpenState(invocation, project));
  PLUMB_ASSIGN_OR_RETURN(const registry::Version version, state.registry->Resolve(reference));
  PLUMB_ASSIGN_OR_RETURN(const learn::VersionRecipe recipe, learn::ReadRecipe(*state.registry, version));
  PLUMB_ASSIGN_OR_RETURN(store::LakeEventLog events, store::LakeEventLog::Open(*state.lake, recipe.sources));
  const auto executor = base::MakeExecutor(ComputeThreads(project.config));
  learn::ReproduceOptions options;
  options.threads = static_cast<int>(ComputeThreads(project.config));
  options.project_directory = project.directory;
  options.stage = [&](const char* stage) { invocation.terminal.Stage(std::string("reproduce: ") + stage); };
  options.progress = [&](int round, double train, double validate) {
    invocation.terminal.Progress(fmt::format("training  loss {:.4f} / {:.4f}", train, validate), round,
                                 recipe.model.rounds_max);
    return invocation.interrupt == nullptr || !invocation.interrupt->requested();
  };
  PLUMB_ASSIGN_OR_RETURN(const learn::Reproduction made,
                         learn::Reproduce(recipe, events, invocation.files, *executor, options));
  invocation.terminal.ClearProgress();
  invocation.terminal.Print(TextOf(made));
  invocation.terminal.PrintJson(made.ToJson());
  return made.identical ? kExitOk : kExitProblems;
}

}  // namespace plumb::app
