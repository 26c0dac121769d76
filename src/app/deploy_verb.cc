#include <fmt/core.h>

#include <utility>

#include "app/exit_code.h"
#include "app/gating.h"
#include "app/reference.h"
#include "app/state.h"
#include "app/verbs.h"
#include "predict/version_bundle.h"

namespace plumb::app {
namespace {

using base::Result;

std::string Name(const registry::DeploymentRecord& record) {
  return fmt::format("{}@v{}", record.model, record.version);
}

void Show(Terminal& terminal, const registry::DeploymentRecord& record,
          const Result<registry::DeploymentRecord>& before) {
  const std::string was = before.ok() ? " (was " + Name(*before) + ")" : "";
  terminal.Print(fmt::format("{}: {} is deployed{}\n", record.deployment, Name(record), was));
  base::Json json;
  json.Set("deployment", record.deployment);
  json.Set("model", record.model);
  json.Set("version", record.version);
  json.Set("reason", record.reason);
  json.Set("before", before.ok() ? base::Json(before->version) : base::Json());
  terminal.PrintJson(json);
}

// Deploying is the user's word; that the gate said otherwise is said again.
base::Status WarnOfVerdict(Terminal& terminal, registry::Registry& registry, const registry::Version& version) {
  PLUMB_ASSIGN_OR_RETURN(const auto verdicts, registry.Verdicts(version.model, version.number));
  if (verdicts.empty() || verdicts.front().verdict == learn::GateVerdictName(learn::GateVerdict::kPromote)) return {};
  PLUMB_ASSIGN_OR_RETURN(const std::string line, LastVerdictLine(registry, version));
  terminal.Warn(fmt::format("The gate did not pass {}@v{}: {}", version.model, version.number, line));
  return {};
}

}  // namespace

Result<int> RunDeploy(Invocation& invocation, const DeployOptions& options) {
  PLUMB_ASSIGN_OR_RETURN(const Project project, OpenProject(invocation));
  PLUMB_ASSIGN_OR_RETURN(const auto* deployment, project.FindDeployment(options.deployment));
  const std::string reference =
      options.version.empty() ? deployment->reference : FullReference(deployment->model, options.version);
  PLUMB_ASSIGN_OR_RETURN(const State state, OpenState(invocation, project));
  PLUMB_ASSIGN_OR_RETURN(const registry::Version version, state.registry->Resolve(reference));
  if (version.model != deployment->model) {
    return base::InvalidArgument("Deployment serves another model: {}, not {}.", deployment->model, version.model);
  }
  // What cannot be loaded is not deployed.
  PLUMB_RETURN_IF_ERROR(predict::LoadVersionBundle(*state.registry, version).status());
  PLUMB_RETURN_IF_ERROR(WarnOfVerdict(invocation.terminal, *state.registry, version));
  const Result<registry::DeploymentRecord> before = state.registry->Current(deployment->name);
  PLUMB_ASSIGN_OR_RETURN(const registry::DeploymentRecord record,
                         state.registry->Deploy(deployment->name, version.model, version.number, "deploy"));
  Show(invocation.terminal, record, before);
  return kExitOk;
}

Result<int> RunRollback(Invocation& invocation, const std::string& name) {
  PLUMB_ASSIGN_OR_RETURN(const Project project, OpenProject(invocation));
  PLUMB_ASSIGN_OR_RETURN(const auto* deployment, project.FindDeployment(name));
  PLUMB_ASSIGN_OR_RETURN(const State state, OpenState(invocation, project));
  const Result<registry::DeploymentRecord> before = state.registry->Current(deployment->name);
  PLUMB_ASSIGN_OR_RETURN(const registry::DeploymentRecord record, state.registry->Rollback(deployment->name));
  Show(invocation.terminal, record, before);
  return kExitOk;
}

}  // namespace plumb::app
