// batch_driver.h: features for many rows at once, each as of its own time: training sets, backfills, audits of the
// drivers.
//
// Builds per-entity state of all events of the plan's sources once, in (entity, time) order, then answers the rows
// sorted by entity, in parallel. Same kernels as the request driver (entity_state.h), so the same bits.
//
// Thread safety: a driver may be used from one thread; it runs its work on the executor.
#pragma once

#include <memory>

#include "base/executor.h"
#include "data/event_log.h"
#include "engine/feature_plan.h"

namespace plumb::engine {

struct EngineOptions {
  int chunk_rows = 128;  // events in one sorted chunk; tests use 2
};

class BatchDriver {
 public:
  static base::Result<std::unique_ptr<BatchDriver>> Make(const FeaturePlan& plan, data::EventLog& log,
                                                         base::Executor& executor, const EngineOptions& options = {});
  virtual ~BatchDriver() = default;
  virtual base::Result<FeatureAnswer> Compute(const FeatureQuery& query) = 0;
};

}  // namespace plumb::engine
