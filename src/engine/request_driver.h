// request_driver.h: features at prediction time, from events held in memory.
//
// Events are applied one by one or in batches, in any order of time; a query at any (t, c) gives the bits that the
// batch driver and the brute-force evaluator give for the same events. State is per entity: sorted chunks of events
// with partial aggregates (entity_state.h). It is filled from the lake at start, never from computed rows.
//
// Thread safety: any number of threads may Compute while one thread Applies; a Compute sees a prefix of what was
// applied to each entity.
#pragma once

#include <memory>

#include "data/event_log.h"
#include "engine/batch_driver.h"
#include "engine/feature_plan.h"

namespace plumb::engine {

class RequestDriver {
 public:
  // `plans`: all feature lists that will be asked for; state is kept once for what they share.
  static base::Result<std::unique_ptr<RequestDriver>> Make(const std::vector<const FeaturePlan*>& plans,
                                                           const EngineOptions& options = {});
  virtual ~RequestDriver() = default;

  // Loads everything a log has for the sources in use.
  virtual base::Status Fill(data::EventLog& log) = 0;
  // Adds event rows (features::EventSchema) of one source.
  virtual base::Status Apply(const features::Source& source, const data::Batch& rows) = 0;
  // One to a few hundred rows. Equal keys within a query are fetched once.
  virtual base::Result<FeatureAnswer> Compute(const FeaturePlan& plan, const FeatureQuery& query) = 0;
  [[nodiscard]] virtual int64_t entities() const = 0;
  [[nodiscard]] virtual int64_t events() const = 0;
};

}  // namespace plumb::engine
