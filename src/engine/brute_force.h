// brute_force.h: the specification of what a feature means, as the plainest program that computes it.
//
// Every definition of docs/concepts.md stands here once, readable against the text: for one entity, one t and one cut c
// it walks all event rows with the entity's keys, keeps those that are their event's version at c, filters by window,
// and folds. No state and nothing shared with the drivers (but the scalar tree walk EvaluateRow and exact arithmetic);
// the only index says which rows carry which keys. It is kept for good: the drivers, the audit and `plumb why` are
// checked against it.
//
// An event row counts for entity e at t under cut c if
//   - its keys are e's; a row with a null key belongs to nobody;
//   - known_at < c, and no version of the same event_id with a later known_at is known before c;
//   - that version is no delete and has an event_time;
//   - t − w ≤ event_time < t, both moved by the offset; `ahead` looks from t on; lifetime has no lower bound;
//   - `where` is true of it: neither false nor null.
// A derived column is evaluated per event at t′ = c′ = min(event_time, known_at). An overflow within a column, an
// argument or a condition of one event is null there; one of an aggregate or of the feature itself is an error.
//
// max_age hides a feature when for any of its lifetime aggregates the newest event that counts is older than max_age
// before t.
//
// Cost: O(event rows of the entity) a value, and as much again for each of them that looks into another view; nothing
// is remembered. Thread safety: const use is safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "data/event_log.h"
#include "engine/feature_plan.h"

namespace plumb::engine {

// Why an event counted or not.
enum class EventVerdict {
  kUsed,
  kOutsideWindow,
  kNotYetKnown,  // known_at ≥ cut
  kFiltered,     // `where` is not true of it
  kSuperseded,   // another version of the event was known later
  kDeleted,      // withdraws its event
  kConflicting,  // another version of the event was known at the same instant, and is taken
  kNoTime,       // withdraws its event: no event_time
  kOtherEntity,  // the event has moved to other keys
};
const char* EventVerdictName(EventVerdict verdict);  // "used", "outside window", …

struct ExplainedEvent {
  int64_t row = 0;  // in the source's event rows
  EventVerdict verdict = EventVerdict::kUsed;
};
struct ExplainedAggregate {
  std::string canonical;
  data::Value value;
  // All versions of events that have a version with this entity's keys, by event_time (none: last), known_at, row.
  std::vector<ExplainedEvent> events;
};
struct Explanation {
  data::Value value;
  FeatureStatus status = FeatureStatus::kPresent;
  std::vector<ExplainedAggregate> aggregates;
};

struct BruteValue {
  data::Value value;
  FeatureStatus status = FeatureStatus::kPresent;
};

class BruteForce {
 public:
  // Loads the events of every source of the plan. Errors are the log's, or kInvalidArgument for rows that are not event
  // rows.
  static base::Result<BruteForce> Make(const FeaturePlan& plan, data::EventLog& log);

  // One feature for one row; `inputs` holds the plan's inputs in the order of plan.inputs(). kInvalidArgument for a
  // feature whose inputs the plan does not have, or inputs of another number or type.
  [[nodiscard]] base::Result<BruteValue> Evaluate(features::FeatureId feature, const std::vector<data::Value>& inputs,
                                                  base::Time t, base::Time cut) const;
  // All of the plan's features for all rows.
  [[nodiscard]] base::Result<FeatureAnswer> EvaluateAll(const FeatureQuery& query) const;
  // How the value came about (source-view features; for others, the aggregates of what they look up are not expanded).
  [[nodiscard]] base::Result<Explanation> Explain(features::FeatureId feature, const std::vector<data::Value>& inputs,
                                                  base::Time t, base::Time cut) const;
  // As loaded: features::EventSchema, without derived columns. Requires: a source of the plan.
  [[nodiscard]] const data::Batch& EventRows(const features::Source& source) const;
  // A column of one event row: declared, derived (computed now), event_time or known_at. Requires: there is such a row
  // and column.
  [[nodiscard]] data::Value EventValue(const features::Source& source, int64_t row, const std::string& column) const;

 private:
  struct State;
  class Evaluator;
  std::shared_ptr<State> state_;
};

}  // namespace plumb::engine
