// batch_driver.h: features for many rows at once, each as of its own time: training sets, backfills, audits of the
// drivers.
//
// Reads all events of the plan's sources once, then answers the rows sorted by entity, in parallel. Same definitions
// and roundings as the request driver, so the same bits (bulk_driver.h says how; with use_trees by the request driver's
// own structures).
//
// Thread safety: a driver may be used from one thread; it runs its work on the executor.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/executor.h"
#include "base/file_system.h"
#include "data/event_log.h"
#include "engine/feature_plan.h"

namespace plumb::engine {

struct EngineOptions {
  int chunk_rows = 128;  // events in one sorted chunk of a tree; tests use 2

  // Of the batch driver. What its tables of events may take (not the piece being read, nor questions and answers);
  // beyond it they go to files in a folder of their own under scratch_folder, which is removed with the driver. 0: no
  // limit, else at least BulkMemory::kLeastBytes, and a scratch_folder and files.
  int64_t memory_bytes = 0;
  std::string scratch_folder;
  base::FileSystem* files = nullptr;
  bool use_trees = false;  // a tree for every entity, as the request driver has; ignores the limit
};

class BatchDriver {
 public:
  static base::Result<std::unique_ptr<BatchDriver>> Make(const FeaturePlan& plan, data::EventLog& log,
                                                         base::Executor& executor, const EngineOptions& options = {});
  virtual ~BatchDriver() = default;
  virtual base::Result<FeatureAnswer> Compute(const FeatureQuery& query) = 0;
};

}  // namespace plumb::engine
