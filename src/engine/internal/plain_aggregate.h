// plain_aggregate.h: the value of one aggregate of the events given, by one fold; for the brute-force evaluator.
//
// Order. Events stand by event_time, then known_at, then event_id, then the canonical encoding of the argument. Only
// first and last can tell; sums are exact and rounded once, so that they cannot.
//
// Thread safety: pure functions.
#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "data/value.h"
#include "expr/checked.h"

namespace plumb::engine::internal {

// Whether an event of `event_time` is in the window asked for at t.
bool IsInWindow(const expr::Window& window, base::Time t, base::Time event_time);

// An event that counts: in the window, and `where` is true of it.
struct PlainEvent {
  base::Time event_time = 0, known_at = 0;
  std::string event_id;
  data::Value argument;  // unused by count()
};

// Null with *error where the value does not fit its type.
data::Value FoldAggregate(const expr::Aggregate& aggregate, std::vector<PlainEvent> events, bool* error);

}  // namespace plumb::engine::internal
