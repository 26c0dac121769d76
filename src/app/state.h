// state.h: what a project has accumulated: lake, registry, prediction log; and who may write it.
//
//   STATE/lake/         events (store/lake.h); written under STATE/writer.lock
//   STATE/registry.db   runs, versions, deployments (registry/registry.h); several processes may use it at once
//   STATE/artifacts/    model files
//   STATE/predictions/  the prediction log (store/record_log.h); one process has it open for writing
//
// Thread safety: as the parts.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/invocation.h"
#include "app/project.h"
#include "base/file_system.h"
#include "registry/registry.h"
#include "store/lake.h"
#include "store/record_log.h"

namespace plumb::app {

struct State {
  std::unique_ptr<store::Lake> lake;
  std::unique_ptr<registry::Registry> registry;
};

// Opens it, and makes it when it is not there yet.
base::Result<State> OpenState(const Invocation& invocation, const Project& project);

// The right to write the lake, until destroyed. kUnavailable, with what to do, while another process has it.
base::Result<std::unique_ptr<base::FileLock>> LockForWriting(const Invocation& invocation, const Project& project);

std::string PredictionsDirectory(const Project& project);
// kUnavailable, with what to do, while a server has it.
base::Result<std::unique_ptr<store::RecordLog>> OpenPredictionLog(const Invocation& invocation, const Project& project);

// The lake's newest events. kNotFound, naming plumb ingest, when one of the sources was never loaded.
base::Result<store::LakeEventLog> OpenEvents(store::Lake& lake, const std::vector<const features::Source*>& sources);

}  // namespace plumb::app
