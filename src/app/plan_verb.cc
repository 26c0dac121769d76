#include <fmt/core.h>

#include "app/exit_code.h"
#include "app/lock_plan.h"
#include "app/verbs.h"

namespace plumb::app {

base::Result<int> RunPlan(Invocation& invocation, const PlanOptions& options) {
  PLUMB_ASSIGN_OR_RETURN(const Project project, OpenProject(invocation));
  PLUMB_ASSIGN_OR_RETURN(const LockPlan plan, MakeLockPlan(invocation, project));
  const bool has_changes = !plan.before || plan.changes.has_changes();
  Terminal& terminal = invocation.terminal;
  terminal.PrintJson(LockPlanToJson(plan));
  terminal.Print(LockPlanText(plan));
  if (!has_changes) {
    terminal.Print("nothing to change: plumb.lock agrees with the project\n");
  } else {
    const std::string counts = CountChanges(plan.changes);
    terminal.Print(fmt::format("plumb apply would {} plumb.lock{}{}\n", plan.before ? "change" : "write",
                               counts.empty() ? "" : ": ", counts));
  }
  return has_changes && options.exit_code ? kExitProblems : kExitOk;
}

}  // namespace plumb::app
