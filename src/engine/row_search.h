// row_search.h: the first or last row of an entity in a range of time that is visible and passes a condition.
//
// Thread safety: pure functions over const state.
#pragma once

#include "engine/entity_state.h"

namespace plumb::engine {

struct RowPosition {
  const StateNode* leaf = nullptr;  // null: none
  uint32_t row = 0;
};

struct RowSearch {
  base::Time low = 0, high = 0, cut = 0;  // event_time in [low, high)
  int slot = 0;                           // of kind kCandidates
};

inline bool IsVisible(const StateNode& leaf, uint32_t row, bool has_identity, base::Time cut) {
  return leaf.KnownAt(row) < cut &&
         (!has_identity || cut <= static_cast<base::Time>(leaf.Words(TableLayout::kHiddenFrom)[row]));
}

// First row at or after event_time `time`.
uint32_t LowerBound(const StateNode& leaf, base::Time time);

RowPosition FindLast(const EntityState& state, const RowSearch& search);
RowPosition FindFirst(const EntityState& state, const RowSearch& search);

// Of the rows that tie with `found` in event_time, known_at and identity, the one whose argument comes last (or first).
RowPosition BreakTie(const EntityState& state, const RowSearch& search, const RowPosition& found, int argument,
                     bool last);

// The last (first) `count` rows in the order of events: event_time, known_at, identity, argument. Oldest first.
void FindLastRows(const EntityState& state, const RowSearch& search, int64_t count, int argument,
                  std::vector<RowPosition>* rows);
void FindFirstRows(const EntityState& state, const RowSearch& search, int64_t count, int argument,
                   std::vector<RowPosition>* rows);

}  // namespace plumb::engine
