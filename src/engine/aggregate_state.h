// aggregate_state.h: what an aggregate remembers of the events it has seen, so that it can go on and be joined with
// others.
//
// Why: one window is answered from partial results of chunks of events and from single rows. All of it must give the
// bits of the plain fold, whatever the grouping; so sums are exact (stats::ExactSum, stats::ExactIntSum) and rounded
// once, at the end. The kind is chosen once per slot and the loops run inside; no call is made per row.
//
// A value is one 64-bit word: an integer, the bits of a double, or the address of an interned string (string_pool.h).
//
// Thread safety: values; const use is safe.
#pragma once

#include <cstdint>

#include "expr/checked.h"
#include "stats/exact_int_sum.h"
#include "stats/exact_sum.h"

namespace plumb::engine {

// How a (function, argument, where) is kept. sum and avg share a kind; first and last are found by position and need
// only the number of rows that may be chosen.
enum class SlotKind : uint8_t {
  kRows,    // rows that pass
  kValues,  // values that are not null
  kIntSum,  // bool, int64, duration
  kFloatSum,
  kIntMin,
  kIntMax,
  kFloatMin,
  kFloatMax,
  kStringMin,
  kStringMax,
  kCandidates,  // rows that pass, those that were superseded included: what first and last may skip
};

SlotKind SlotKindOf(expr::AggregateFunction function, data::Type argument);

struct PartialAggregate {
  int64_t count = 0;         // values that counted
  uint64_t extreme = 0;      // min, max
  bool has_extreme = false;  // false although count > 0: only NaN so far
  stats::ExactIntSum int_sum;
  stats::ExactSum float_sum;
};

// Rows of one chunk: a range, or a list of positions.
struct RowSet {
  const uint16_t* selection = nullptr;  // null: [begin, end)
  uint32_t begin = 0, end = 0;          // of the chunk, or of the selection
};

// Where a slot finds what it reads in a chunk: the value column (null for kRows and kCandidates) and up to two flag
// columns of which all bits of the mask must be set.
struct SlotColumns {
  const uint64_t* values = nullptr;
  const uint64_t* flags[2] = {nullptr, nullptr};
  uint64_t masks[2] = {0, 0};
};

void AddRows(SlotKind kind, const SlotColumns& columns, const RowSet& rows, PartialAggregate* state);
// Takes rows out again. Requires: they are in it, and kind is one of kRows, kValues, kIntSum, kFloatSum.
void RemoveRows(SlotKind kind, const SlotColumns& columns, const RowSet& rows, PartialAggregate* state);
void Merge(SlotKind kind, const PartialAggregate& from, PartialAggregate* into);
inline bool CanRemove(SlotKind kind) { return kind <= SlotKind::kFloatSum; }
void Reset(SlotKind kind, PartialAggregate* state);

enum class CellState : uint8_t { kNull, kValue, kError };  // kError: overflow; reads as null
struct Cell {
  uint64_t word = 0;
  CellState state = CellState::kNull;
};

// The value of count, sum, avg, min or max.
Cell Finish(expr::AggregateFunction function, SlotKind kind, const PartialAggregate& state);

}  // namespace plumb::engine
