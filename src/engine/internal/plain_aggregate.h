// plain_aggregate.h: the value of one aggregate of the events given, by one fold; for the brute-force evaluator.
//
// Order. Events stand by event_time, then known_at, then event_id, then the canonical order of the argument. Only
// first, last and windows of the last n events can tell; sums are exact and rounded once, so that they cannot.
//
// Thread safety: pure functions.
#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "data/value.h"
#include "expr/checked.h"

namespace plumb::engine::internal {

// The event times that a window holds: begin ≤ event_time < end.
struct WindowBounds {
  base::Time begin = 0, end = 0;
  [[nodiscard]] bool Holds(base::Time event_time) const { return begin <= event_time && event_time < end; }
};
// The window as asked for at t.
WindowBounds BoundsOf(const expr::Window& window, base::Time t);

// An event that counts: in the window, and `where` is true of it.
struct PlainEvent {
  base::Time event_time = 0, known_at = 0;
  std::string event_id;
  data::Value argument;  // unused by count()
  int64_t row = 0;       // where it stands, for who wants to know
};

// In the order above; of a window of the last n events, only these. Of events whose order nothing depends on, nothing.
void OrderEvents(const expr::Aggregate& aggregate, std::vector<PlainEvent>* events);

// `events` are those in the bounds of the window at t; of these a window of the last n takes the newest n. Null with
// *error where the value does not fit its type.
data::Value FoldAggregate(const expr::Aggregate& aggregate, base::Time t, std::vector<PlainEvent> events, bool* error);

}  // namespace plumb::engine::internal
