#include <fmt/core.h>

#include <memory>
#include <utility>

#include "app/configuration.h"
#include "app/exit_code.h"
#include "app/lock_plan.h"
#include "app/trial_computation.h"
#include "app/verbs.h"

namespace plumb::app {
namespace {

using base::Result;
using base::Status;

// A view that goes while a model that is served was made of it.
Status CheckRemovals(const LockPlan& plan) {
  for (const DeployedVersion& deployed : plan.deployed) {
    if (deployed.removed_views.empty()) continue;
    return base::FailedPrecondition("View was removed, and a deployed model uses it: {}, {}@v{} of deployment {}.",
                                    deployed.removed_views.front(), deployed.model, deployed.version,
                                    deployed.deployment)
        .WithSuggestion(
            "Deploy a version without it first, or say --force: the version keeps computing its own "
            "definitions.");
  }
  return {};
}

// Before or after, never between; and never over a lock that another process wrote meanwhile.
Status WriteLock(base::FileSystem& files, const std::string& directory, const LockPlan& plan) {
  const std::string text = features::RenderLock(plan.changes.after);
  const auto source = std::make_shared<const base::SourceText>(base::SourceText{features::kLockFileName, text});
  const Result<features::LockFile> again = features::ParseLock(source);
  if (!again.ok()) return again.status().WithContext("the new lock cannot be read back");
  PLUMB_ASSIGN_OR_RETURN(const std::optional<LockOnDisk> now, ReadLock(files, directory));
  if (now.has_value() != plan.before.has_value() || (now && now->text != plan.before->text)) {
    return base::Unavailable("Lock file was changed while it was compared: {}.", features::kLockFileName)
        .WithSuggestion("Run plumb apply again.");
  }
  return files.WriteFileAtomically(LockPath(directory), text);
}

void Show(Terminal& terminal, const LockPlan& plan, const std::vector<TrialOfView>& trials, bool wrote) {
  base::Json json = LockPlanToJson(plan);
  json.Set("applied", wrote);
  json.Set("tried", TrialsToJson(trials));
  terminal.PrintJson(json);
  if (!wrote) {
    terminal.Print("nothing to change: plumb.lock agrees with the project\n");
    return;
  }
  const std::string counts = CountChanges(plan.changes);
  terminal.Print(fmt::format("{}{}\nwrote plumb.lock{}{}; commit it\n", LockPlanText(plan), TrialsText(trials),
                             counts.empty() ? "" : ": ", counts));
}

}  // namespace

Result<int> RunApply(Invocation& invocation, const ApplyOptions& options) {
  PLUMB_ASSIGN_OR_RETURN(const Project project, OpenProject(invocation));
  PLUMB_ASSIGN_OR_RETURN(const LockPlan plan, MakeLockPlan(invocation, project));
  if (plan.before && !plan.changes.has_changes()) {
    Show(invocation.terminal, plan, {}, false);
    return kExitOk;
  }
  if (!options.force) PLUMB_RETURN_IF_ERROR(CheckRemovals(plan));
  invocation.terminal.Stage("trying features");
  const auto executor = base::MakeExecutor(ComputeThreads(project.config));
  store::Lake lake(invocation.files, invocation.clock, project.state_directory);
  PLUMB_ASSIGN_OR_RETURN(const std::vector<TrialOfView> trials,
                         TryFeatures(lake, project.definitions, plan.changes, *executor));
  invocation.terminal.ClearProgress();
  PLUMB_RETURN_IF_ERROR(WriteLock(invocation.files, project.directory, plan));
  Show(invocation.terminal, plan, trials, true);
  return kExitOk;
}

}  // namespace plumb::app
