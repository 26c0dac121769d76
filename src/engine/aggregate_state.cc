#include "engine/aggregate_state.h"

#include <bit>
#include <limits>
#include <string>

namespace plumb::engine {
namespace {

using expr::AggregateFunction;

template <typename Visit>
void ForEachPosition(const RowSet& rows, Visit visit) {
  if (rows.selection != nullptr) {
    for (uint32_t i = rows.begin; i < rows.end; ++i) visit(rows.selection[i]);
  } else {
    for (uint32_t row = rows.begin; row < rows.end; ++row) visit(row);
  }
}

// Calls body(row) for every row of the set whose flags pass. What there is to test is found out before the loop.
template <typename Body>
void ForEachRow(const SlotColumns& columns, const RowSet& rows, Body body) {
  const uint64_t *first = columns.flags[0], *second = columns.flags[1];
  const uint64_t mask = columns.masks[0], other_mask = columns.masks[1];
  if (first == nullptr) return ForEachPosition(rows, body);
  if (second == nullptr) {
    return ForEachPosition(rows, [&](uint32_t row) {
      if ((first[row] & mask) == mask) body(row);
    });
  }
  ForEachPosition(rows, [&](uint32_t row) {
    if ((first[row] & mask) == mask && (second[row] & other_mask) == other_mask) body(row);
  });
}

int64_t CountRows(const SlotColumns& columns, const RowSet& rows) {
  if (columns.flags[0] == nullptr) return rows.end - rows.begin;
  int64_t count = 0;
  if (columns.flags[1] != nullptr) {
    ForEachRow(columns, rows, [&](uint32_t) { ++count; });
    return count;
  }
  const uint64_t mask = columns.masks[0];
  ForEachPosition(rows, [&](uint32_t row) { count += (columns.flags[0][row] & mask) == mask ? 1 : 0; });
  return count;
}

double AsDouble(uint64_t word) { return std::bit_cast<double>(word); }
const std::string& AsString(uint64_t word) { return *reinterpret_cast<const std::string*>(word); }

// One kind of order on words; IsBetter says whether `a` replaces `b`.
struct LessInt {
  static bool IsBetter(uint64_t a, uint64_t b) { return static_cast<int64_t>(a) < static_cast<int64_t>(b); }
  static bool IsUsable(uint64_t) { return true; }
};
struct GreaterInt : LessInt {
  static bool IsBetter(uint64_t a, uint64_t b) { return LessInt::IsBetter(b, a); }
};
struct LessFloat {
  static bool IsBetter(uint64_t a, uint64_t b) { return AsDouble(a) < AsDouble(b); }
  static bool IsUsable(uint64_t a) { return AsDouble(a) == AsDouble(a); }
};
struct GreaterFloat : LessFloat {
  static bool IsBetter(uint64_t a, uint64_t b) { return LessFloat::IsBetter(b, a); }
};
struct LessString {
  static bool IsBetter(uint64_t a, uint64_t b) { return a != b && AsString(a) < AsString(b); }
  static bool IsUsable(uint64_t) { return true; }
};
struct GreaterString : LessString {
  static bool IsBetter(uint64_t a, uint64_t b) { return LessString::IsBetter(b, a); }
};

template <typename Order>
void Offer(uint64_t word, PartialAggregate* state) {
  if (!Order::IsUsable(word)) return;
  if (state->has_extreme && !Order::IsBetter(word, state->extreme)) return;
  state->extreme = word;
  state->has_extreme = true;
}

template <typename Order>
void AddExtremes(const SlotColumns& columns, const RowSet& rows, PartialAggregate* state) {
  ForEachRow(columns, rows, [&](uint32_t row) {
    ++state->count;
    Offer<Order>(columns.values[row], state);
  });
}

template <typename Order>
void MergeExtremes(const PartialAggregate& from, PartialAggregate* into) {
  into->count += from.count;
  if (from.has_extreme) Offer<Order>(from.extreme, into);
}

Cell IntCell(int64_t value) { return {static_cast<uint64_t>(value), CellState::kValue}; }
Cell DoubleCell(double value) { return {std::bit_cast<uint64_t>(data::CanonicalDouble(value)), CellState::kValue}; }

Cell FinishSum(SlotKind kind, const PartialAggregate& state) {
  if (kind == SlotKind::kFloatSum) return DoubleCell(state.float_sum.Value());
  constexpr __int128 kLeast = std::numeric_limits<int64_t>::min(), kMost = std::numeric_limits<int64_t>::max();
  const __int128 sum = state.int_sum.value();
  if (sum < kLeast || sum > kMost) return {0, CellState::kError};
  return IntCell(static_cast<int64_t>(sum));
}

Cell FinishMean(SlotKind kind, const PartialAggregate& state) {
  if (kind == SlotKind::kFloatSum) return DoubleCell(state.float_sum.Mean(state.count));
  // Where both are doubles, the division is the only rounding.
  constexpr int64_t kExact = int64_t{1} << 53;
  const __int128 sum = state.int_sum.value();
  if (sum < kExact && sum > -kExact && state.count < kExact) {
    return DoubleCell(static_cast<double>(static_cast<int64_t>(sum)) / static_cast<double>(state.count));
  }
  return DoubleCell(state.int_sum.Mean(state.count));
}

}  // namespace

SlotKind SlotKindOf(AggregateFunction function, data::Type argument) {
  const bool is_float = argument == data::TypeKind::kFloat64;
  const bool is_string = argument == data::TypeKind::kString;
  switch (function) {
    case AggregateFunction::kCount:
      return SlotKind::kValues;
    case AggregateFunction::kSum:
    case AggregateFunction::kAvg:
      return is_float ? SlotKind::kFloatSum : SlotKind::kIntSum;
    case AggregateFunction::kMin:
      return is_float ? SlotKind::kFloatMin : is_string ? SlotKind::kStringMin : SlotKind::kIntMin;
    case AggregateFunction::kMax:
      return is_float ? SlotKind::kFloatMax : is_string ? SlotKind::kStringMax : SlotKind::kIntMax;
    case AggregateFunction::kFirst:
    case AggregateFunction::kLast:
      break;
  }
  return SlotKind::kCandidates;
}

void AddRows(SlotKind kind, const SlotColumns& columns, const RowSet& rows, PartialAggregate* state) {
  switch (kind) {
    case SlotKind::kRows:
    case SlotKind::kValues:
    case SlotKind::kCandidates:
      state->count += CountRows(columns, rows);
      return;
    case SlotKind::kIntSum:
      return ForEachRow(columns, rows, [&](uint32_t row) {
        ++state->count;
        state->int_sum.Add(static_cast<int64_t>(columns.values[row]));
      });
    case SlotKind::kFloatSum:
      return ForEachRow(columns, rows, [&](uint32_t row) {
        ++state->count;
        state->float_sum.Add(AsDouble(columns.values[row]));
      });
    case SlotKind::kIntMin:
      return AddExtremes<LessInt>(columns, rows, state);
    case SlotKind::kIntMax:
      return AddExtremes<GreaterInt>(columns, rows, state);
    case SlotKind::kFloatMin:
      return AddExtremes<LessFloat>(columns, rows, state);
    case SlotKind::kFloatMax:
      return AddExtremes<GreaterFloat>(columns, rows, state);
    case SlotKind::kStringMin:
      return AddExtremes<LessString>(columns, rows, state);
    case SlotKind::kStringMax:
      return AddExtremes<GreaterString>(columns, rows, state);
  }
}

void RemoveRows(SlotKind kind, const SlotColumns& columns, const RowSet& rows, PartialAggregate* state) {
  switch (kind) {
    case SlotKind::kRows:
    case SlotKind::kValues:
      state->count -= CountRows(columns, rows);
      return;
    case SlotKind::kIntSum:
      return ForEachRow(columns, rows, [&](uint32_t row) {
        --state->count;
        state->int_sum.Remove(static_cast<int64_t>(columns.values[row]));
      });
    case SlotKind::kFloatSum:
      return ForEachRow(columns, rows, [&](uint32_t row) {
        --state->count;
        state->float_sum.Remove(AsDouble(columns.values[row]));
      });
    default:
      PLUMB_CHECK(false, "An extreme does not forget.");
  }
}

void Merge(SlotKind kind, const PartialAggregate& from, PartialAggregate* into) {
  switch (kind) {
    case SlotKind::kRows:
    case SlotKind::kValues:
    case SlotKind::kCandidates:
      into->count += from.count;
      return;
    case SlotKind::kIntSum:
      into->count += from.count;
      into->int_sum.Merge(from.int_sum);
      return;
    case SlotKind::kFloatSum:
      into->count += from.count;
      into->float_sum.Merge(from.float_sum);
      return;
    case SlotKind::kIntMin:
      return MergeExtremes<LessInt>(from, into);
    case SlotKind::kIntMax:
      return MergeExtremes<GreaterInt>(from, into);
    case SlotKind::kFloatMin:
      return MergeExtremes<LessFloat>(from, into);
    case SlotKind::kFloatMax:
      return MergeExtremes<GreaterFloat>(from, into);
    case SlotKind::kStringMin:
      return MergeExtremes<LessString>(from, into);
    case SlotKind::kStringMax:
      return MergeExtremes<GreaterString>(from, into);
  }
}

void Reset(SlotKind kind, PartialAggregate* state) {
  state->count = 0;
  state->has_extreme = false;
  if (kind == SlotKind::kIntSum) state->int_sum = {};
  if (kind == SlotKind::kFloatSum) state->float_sum.Clear();
}

Cell Finish(AggregateFunction function, SlotKind kind, const PartialAggregate& state) {
  if (function == AggregateFunction::kCount) return IntCell(state.count);
  if (state.count == 0) return {};
  switch (function) {
    case AggregateFunction::kSum:
      return FinishSum(kind, state);
    case AggregateFunction::kAvg:
      return FinishMean(kind, state);
    default:
      if (state.has_extreme) return {state.extreme, CellState::kValue};
      return DoubleCell(std::numeric_limits<double>::quiet_NaN());
  }
}

}  // namespace plumb::engine
