#include "app/state.h"

#include <utility>

namespace plumb::app {

using base::Result;

Result<State> OpenState(const Invocation& invocation, const Project& project) {
  PLUMB_RETURN_IF_ERROR(invocation.files.CreateDirectories(project.state_directory));
  State state;
  state.lake = std::make_unique<store::Lake>(invocation.files, invocation.clock, project.state_directory);
  PLUMB_ASSIGN_OR_RETURN(state.registry,
                         registry::Registry::Open(invocation.files, invocation.clock, project.state_directory));
  return state;
}

Result<std::unique_ptr<base::FileLock>> LockForWriting(const Invocation& invocation, const Project& project) {
  PLUMB_RETURN_IF_ERROR(invocation.files.CreateDirectories(project.state_directory));
  auto lock = invocation.files.Lock(base::JoinPath(project.state_directory, "writer.lock"));
  if (lock.ok() || lock.status().code() != base::Code::kUnavailable) return lock;
  return base::Unavailable("Another plumb process is writing to this state: {}.", project.state_directory)
      .WithSuggestion("Wait for its ingest, dataset or train to end, or use another state with --state DIR.");
}

std::string PredictionsDirectory(const Project& project) {
  return base::JoinPath(project.state_directory, "predictions");
}

Result<std::unique_ptr<store::RecordLog>> OpenPredictionLog(const Invocation& invocation, const Project& project) {
  auto log = store::RecordLog::Open(invocation.files, PredictionsDirectory(project));
  if (log.ok() || log.status().code() != base::Code::kUnavailable) return log;
  return base::Unavailable("A server already runs on this state: {}.", project.state_directory)
      .WithSuggestion("Ask it with plumb predict --url, stop it, or use another state with --state DIR.");
}

Result<store::LakeEventLog> OpenEvents(store::Lake& lake, const std::vector<const features::Source*>& sources) {
  PLUMB_ASSIGN_OR_RETURN(store::LakeEventLog events, store::LakeEventLog::Open(lake));
  for (const features::Source* source : sources) {
    if (events.versions().contains(source->name)) continue;
    return base::NotFound("Source has not been loaded: {}.", source->name)
        .WithSuggestion("Run plumb ingest " + source->name + ".");
  }
  return events;
}

}  // namespace plumb::app
