// aggregate_state.h: what an aggregate remembers of the events it has seen, so that it can go on and be joined with
// others.
//
// Why: one window is answered from partial results of chunks of events and from single rows. All of it must give the
// bits of the plain fold, whatever the grouping; so sums are exact (stats::ExactSum, stats::ExactIntSum,
// stats::ExactWideSum) and rounded once, at the end, and sketches are functions of the multiset of values. The kind is
// chosen once per slot and the loops run inside; no call is made per row.
//
// A value is one 64-bit word (value_word.h).
//
// Thread safety: values; const use is safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/value_word.h"
#include "expr/checked.h"
#include "stats/distinct_sketch.h"
#include "stats/exact_int_sum.h"
#include "stats/exact_sum.h"
#include "stats/exact_wide_sum.h"
#include "stats/frequency_table.h"
#include "stats/quantile_sketch.h"

namespace plumb::engine {

// How a (function, argument, where) is kept. sum and avg share a kind, variance and stddev another; first and last are
// found by position and need only the number of rows that may be chosen.
enum class SlotKind : uint8_t {
  kRows,    // rows that pass
  kValues,  // values that are not null
  kIntSum,  // bool, int64, duration, decimals of up to 18 digits
  kFloatSum,
  kWideSum,     // decimals of more digits
  kIntMoments,  // sum and sum of squares; bool, int64
  kMoments,     // the same of doubles, and of decimals as the nearest doubles
  kIntMin,      // what comes from here on cannot be taken out again
  kIntMax,
  kFloatMin,
  kFloatMax,
  kBytesMin,  // strings, decimals of more than 18 digits
  kBytesMax,
  kQuantiles,
  kDistinct,
  kApproxDistinct,
  kFrequencies,  // top_k
  kTiles,        // ewma
  kCandidates,   // rows that pass, those that were superseded included: what first and last may skip
};

SlotKind SlotKindOf(expr::AggregateFunction function, data::Type argument);
inline bool CanRemove(SlotKind kind) { return kind <= SlotKind::kMoments; }

// Sums of ewma within one tile of time, [index, index + 1) half-lives since the epoch: of xᵢ·wᵢ and wᵢ, where wᵢ =
// 2^(−(end − tᵢ) / half-life).
struct WeightedTile {
  int64_t index = 0;
  stats::ExactSum sum, weight;
};

// What few kinds remember, kept apart so that a partial stays small.
struct LargeState {
  stats::ExactWideSum wide_sum;                      // kWideSum
  stats::QuantileSketch quantiles;                   // kQuantiles
  stats::FrequencyTable words;                       // kDistinct, kApproxDistinct, kFrequencies; up to their limit
  std::unique_ptr<stats::DistinctSketch> estimator;  // of the distinct ones beyond the limit; `words` is empty then
  bool has_too_many = false;                         // kFrequencies beyond the limit
  std::vector<WeightedTile> tiles;                   // kTiles, by index
};

struct PartialAggregate {
  int64_t count = 0;         // values that counted
  uint64_t extreme = 0;      // min, max
  bool has_extreme = false;  // false although count > 0: only NaN so far
  bool is_kept = true;       // false: too much to keep for a chunk, only count is right
  stats::ExactIntSum int_sum;
  stats::ExactSum float_sum, squares;
  std::unique_ptr<LargeState> large;  // null: nothing yet
};

// Rows of one chunk: a range, or a list of positions.
struct RowSet {
  const uint16_t* selection = nullptr;  // null: [begin, end)
  uint32_t begin = 0, end = 0;          // of the chunk, or of the selection
};

// What is kept: the kind, and what it must know of the values.
struct SlotForm {
  SlotKind kind = SlotKind::kRows;
  data::Type type;               // of the values; kNull for kRows and kCandidates
  base::Duration half_life = 0;  // kTiles
  friend bool operator==(const SlotForm&, const SlotForm&) = default;
};

// Where a slot finds what it reads in a chunk: the value column (null for kRows and kCandidates), event times, and up
// to two flag columns of which all bits of the mask must be set.
struct SlotColumns {
  const uint64_t* values = nullptr;
  const uint64_t* times = nullptr;
  const uint64_t* flags[2] = {nullptr, nullptr};
  uint64_t masks[2] = {0, 0};
};

void AddRows(const SlotForm& form, const SlotColumns& columns, const RowSet& rows, PartialAggregate* state);
// Takes rows out again. Requires: they are in it, and CanRemove(kind).
void RemoveRows(const SlotForm& form, const SlotColumns& columns, const RowSet& rows, PartialAggregate* state);
// Requires: both are of that form. What is not kept in `from` is not kept in `into`.
void Merge(const SlotForm& form, const PartialAggregate& from, PartialAggregate* into);
void Reset(const SlotForm& form, PartialAggregate* state);
// Gives up what is not worth keeping for a chunk: tiles of more than one index.
void Limit(const SlotForm& form, PartialAggregate* state);

enum class CellState : uint8_t { kNull, kValue, kError };  // kError: overflow; reads as null
struct Cell {
  uint64_t word = 0;  // of a type that is bytes: the address of a std::string
  CellState state = CellState::kNull;
};

// What is asked of a slot.
struct Question {
  expr::AggregateFunction function = expr::AggregateFunction::kCount;
  data::Type type;  // of the answer
  int64_t n = 0;    // top_k
  double quantile = 0;
  base::Time at = 0;  // ewma: the end of the window
};

// The value of any aggregate but first and last. An answer that is bytes and no value of the events stands in *bytes.
Cell Finish(const Question& question, const SlotForm& form, const PartialAggregate& state, std::string* bytes);

// The tile of a time: floor(time / half_life). Events of tiles before it by more than Aggregate::kEwmaTilesMax do not
// count.
int64_t TileOf(base::Time time, base::Duration half_life);
// The first instant whose events may count for an ewma at `at`.
base::Time FirstTileTime(base::Time at, base::Duration half_life);

}  // namespace plumb::engine
