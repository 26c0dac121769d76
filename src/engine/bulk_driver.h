// bulk_driver.h: the batch driver over sorted partitions: events are encoded as they are read, spread by key, put in
// order once, and every question about an entity is answered in one sweep over its rows.
//
// Why: a training set asks a million questions of ten million events. Trees that take an event anywhere (what the
// request driver needs) cost twenty times what sorted columns cost. Where a sweep cannot tell, it builds the tree of
// the one entity, so both give the same bits.
//
// Thread safety: one user; work runs on the executor.
#pragma once

#include "engine/batch_driver.h"

namespace plumb::engine {

base::Result<std::unique_ptr<BatchDriver>> MakeBulkDriver(const FeaturePlan& plan, data::EventLog& log,
                                                          base::Executor& executor, const EngineOptions& options);

}  // namespace plumb::engine
