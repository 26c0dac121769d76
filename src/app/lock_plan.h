// lock_plan.h: what `plumb apply` would change: the project against plumb.lock, and against what the state holds.
//
// Reads only: neither the lock nor the state is made or changed.
//
// Thread safety: functions of their arguments. A LockPlan points into the project.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/invocation.h"
#include "app/project.h"
#include "base/json.h"
#include "features/lock_file_changes.h"
#include "registry/registry.h"
#include "store/lake.h"

namespace plumb::app {

struct LockOnDisk {
  std::string text;
  features::LockFile lock;
};
std::string LockPath(const std::string& project_directory);
// Nothing when there is no plumb.lock; else as ParseLock, which sets `mistake`.
base::Result<std::optional<LockOnDisk>> ReadLock(base::FileSystem& files, const std::string& project_directory,
                                                 base::Position* mistake = nullptr);

std::vector<features::ModelExpansion> ExpansionsOf(const Project& project);

// What the lake has of a source.
struct LoadedSource {
  bool is_loaded = false;
  bool is_outdated = false;     // the source meant something else then: loading it is due
  int64_t rows = 0, bytes = 0;  // of the newest manifest
};

// A version that is served, and what the project says of its features now. It keeps its own definitions.
struct DeployedVersion {
  std::string deployment, model;
  int64_t version = 0;
  std::vector<std::string> changed, missing;  // "view.feature"
  std::vector<std::string> removed_views;     // of the lock: used by it, directly or through look-ups
};

// How much is computed for the first time. Rows and bytes are the lake's, now.
struct BackfillCost {
  struct Source {
    std::string name;
    int64_t aggregates = 0;  // to fill from it
    LoadedSource loaded;
  };
  std::vector<Source> sources;  // by name; only those with something to fill
  int64_t aggregates = 0;
  int64_t row_updates = 0;  // rows × aggregates
  int64_t bytes = 0;        // of Parquet, to be read once
};
extern const char* const kBackfillBasis;  // how the cost was estimated, in a sentence

struct LockPlan {
  std::optional<LockOnDisk> before;
  features::LockChanges changes;
  std::map<std::string, LoadedSource> loaded;  // every source of the project
  std::vector<DeployedVersion> deployed;
  BackfillCost cost;
};
base::Result<LockPlan> MakeLockPlan(const Invocation& invocation, const Project& project);

// "2 views, 1 model"; empty without changes.
std::string CountChanges(const features::LockChanges& changes);
std::string LockPlanText(const LockPlan& plan);
base::Json LockPlanToJson(const LockPlan& plan);

}  // namespace plumb::app
