#include "engine/aggregate_state.h"

#include <bit>
#include <limits>
#include <string>

#include "engine/weighted_tiles.h"
#include "stats/exact_moments.h"

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

// One kind of order on words; IsBetter says whether `a` replaces `b`.
struct LessInt {
  static bool IsBetter(data::Type, uint64_t a, uint64_t b) { return static_cast<int64_t>(a) < static_cast<int64_t>(b); }
  static bool IsUsable(uint64_t) { return true; }
};
struct LessFloat {
  static bool IsBetter(data::Type, uint64_t a, uint64_t b) { return AsDouble(a) < AsDouble(b); }
  static bool IsUsable(uint64_t a) { return AsDouble(a) == AsDouble(a); }
};
struct LessBytes {
  static bool IsBetter(data::Type type, uint64_t a, uint64_t b) { return CompareWords(type, a, b) < 0; }
  static bool IsUsable(uint64_t) { return true; }
};
template <typename Less>
struct Greater : Less {
  static bool IsBetter(data::Type type, uint64_t a, uint64_t b) { return Less::IsBetter(type, b, a); }
};

template <typename Order>
void Offer(data::Type type, uint64_t word, PartialAggregate* state) {
  if (!Order::IsUsable(word)) return;
  if (state->has_extreme && !Order::IsBetter(type, word, state->extreme)) return;
  state->extreme = word;
  state->has_extreme = true;
}

// Calls visit(Order()) with the order of a kind of extreme.
template <typename Visit>
void WithOrder(SlotKind kind, Visit visit) {
  switch (kind) {
    case SlotKind::kIntMin:
      return visit(LessInt());
    case SlotKind::kIntMax:
      return visit(Greater<LessInt>());
    case SlotKind::kFloatMin:
      return visit(LessFloat());
    case SlotKind::kFloatMax:
      return visit(Greater<LessFloat>());
    case SlotKind::kBytesMin:
      return visit(LessBytes());
    default:
      return visit(Greater<LessBytes>());
  }
}

LargeState* LargeOf(PartialAggregate* state) {
  if (state->large == nullptr) state->large = std::make_unique<LargeState>();
  return state->large.get();
}

size_t ValuesMax(SlotKind kind) {
  if (kind == SlotKind::kDistinct) return expr::Aggregate::kDistinctExactMax;
  return kind == SlotKind::kApproxDistinct ? expr::Aggregate::kApproxDistinctExactMax : expr::Aggregate::kTopKValuesMax;
}

// The set has outgrown its limit: from the values to an estimate of their number, or to nothing.
void GiveUpValues(const SlotForm& form, LargeState* large) {
  if (form.kind == SlotKind::kFrequencies) {
    large->has_too_many = true;
  } else {
    if (large->estimator == nullptr) large->estimator = std::make_unique<stats::DistinctSketch>();
    large->words.ForEach([&](uint64_t word, int64_t) { large->estimator->Add(HashOfWord(form.type, word)); });
  }
  large->words = {};
}

void AddWord(const SlotForm& form, uint64_t word, int64_t times, LargeState* large) {
  if (large->has_too_many) return;
  if (large->estimator != nullptr) return large->estimator->Add(HashOfWord(form.type, word));
  large->words.Add(word, times);
  if (large->words.size() > ValuesMax(form.kind)) GiveUpValues(form, large);
}

void MergeWords(const SlotForm& form, const LargeState& from, LargeState* into) {
  if (from.has_too_many || into->has_too_many) {
    into->has_too_many = true;
    into->words = {};
    return;
  }
  if (from.estimator != nullptr) {
    if (into->estimator == nullptr) GiveUpValues(form, into);
    return into->estimator->Merge(*from.estimator);
  }
  from.words.ForEach([&](uint64_t word, int64_t count) { AddWord(form, word, count, into); });
}

void AddLargeRows(const SlotForm& form, const SlotColumns& columns, const RowSet& rows, PartialAggregate* state) {
  if (!state->is_kept) {
    state->count += CountRows(columns, rows);
    return;
  }
  LargeState* large = LargeOf(state);
  const auto count_rows = [&](auto add) {
    ForEachRow(columns, rows, [&](uint32_t row) {
      ++state->count;
      add(columns.values[row], row);
    });
  };
  switch (form.kind) {
    case SlotKind::kWideSum:
      return count_rows([&](uint64_t word, uint32_t) { large->wide_sum.Add(DecimalOfWord(form.type, word)); });
    case SlotKind::kQuantiles:
      return count_rows([&](uint64_t word, uint32_t) { large->quantiles.Add(NumberOfWord(form.type, word)); });
    case SlotKind::kTiles:
      return count_rows([&](uint64_t word, uint32_t row) {
        AddToTiles(static_cast<base::Time>(columns.times[row]), NumberOfWord(form.type, word), form.half_life,
                   &large->tiles);
      });
    default:
      return count_rows([&](uint64_t word, uint32_t) { AddWord(form, word, 1, large); });
  }
}

void MergeLarge(const SlotForm& form, const PartialAggregate& from, PartialAggregate* into) {
  if (from.large == nullptr) return;
  LargeState* large = LargeOf(into);
  switch (form.kind) {
    case SlotKind::kWideSum:
      return large->wide_sum.Merge(from.large->wide_sum);
    case SlotKind::kQuantiles:
      return large->quantiles.Merge(from.large->quantiles);
    case SlotKind::kTiles:
      return MergeTiles(from.large->tiles, &large->tiles);
    default:
      return MergeWords(form, *from.large, large);
  }
}

template <bool kRemove>
void ChangeSums(const SlotForm& form, const SlotColumns& columns, const RowSet& rows, PartialAggregate* state) {
  const auto for_each = [&](auto change) {
    ForEachRow(columns, rows, [&](uint32_t row) {
      state->count += kRemove ? -1 : 1;
      change(columns.values[row]);
    });
  };
  switch (form.kind) {
    case SlotKind::kIntSum:
      return for_each([&](uint64_t word) {
        const auto value = static_cast<int64_t>(word);
        kRemove ? state->int_sum.Remove(value) : state->int_sum.Add(value);
      });
    case SlotKind::kFloatSum:
      return for_each([&](uint64_t word) {
        kRemove ? state->float_sum.Remove(AsDouble(word)) : state->float_sum.Add(AsDouble(word));
      });
    case SlotKind::kIntMoments:
      return for_each([&](uint64_t word) {
        const auto value = static_cast<int64_t>(word);
        kRemove ? state->float_sum.RemoveInteger(value) : state->float_sum.AddInteger(value);
        kRemove ? state->squares.RemoveIntegerSquare(value) : state->squares.AddIntegerSquare(value);
      });
    default:
      return for_each([&](uint64_t word) {
        const double value = NumberOfWord(form.type, word);
        kRemove ? state->float_sum.Remove(value) : state->float_sum.Add(value);
        kRemove ? state->squares.RemoveSquare(value) : state->squares.AddSquare(value);
      });
  }
}

Cell IntCell(int64_t value) { return {static_cast<uint64_t>(value), CellState::kValue}; }
Cell DoubleCell(double value) { return {std::bit_cast<uint64_t>(data::CanonicalDouble(value)), CellState::kValue}; }
Cell BytesCell(const std::string* bytes) { return {reinterpret_cast<uint64_t>(bytes), CellState::kValue}; }
constexpr Cell kOverflow{0, CellState::kError};

Cell WideDecimalCell(data::Int128 value, std::string* bytes) {
  bytes->assign(reinterpret_cast<const char*>(&value), sizeof(value));
  return BytesCell(bytes);
}

Cell FinishSum(const SlotForm& form, const PartialAggregate& state, std::string* bytes) {
  if (form.kind == SlotKind::kFloatSum) return DoubleCell(state.float_sum.Value());
  if (form.kind == SlotKind::kWideSum) {
    data::Int128 sum = 0;
    if (!state.large->wide_sum.Fits(data::Type::kPrecisionMax, &sum)) return kOverflow;
    return WideDecimalCell(sum, bytes);
  }
  const __int128 sum = state.int_sum.value();
  // 2^64 decimals of 18 digits have less than 38.
  if (form.type.IsDecimal()) return WideDecimalCell(sum, bytes);
  constexpr __int128 kLeast = std::numeric_limits<int64_t>::min(), kMost = std::numeric_limits<int64_t>::max();
  if (sum < kLeast || sum > kMost) return kOverflow;
  return IntCell(static_cast<int64_t>(sum));
}

Cell FinishMean(const SlotForm& form, const PartialAggregate& state) {
  if (form.kind == SlotKind::kFloatSum) return DoubleCell(state.float_sum.Mean(state.count));
  if (form.kind == SlotKind::kWideSum) return DoubleCell(state.large->wide_sum.Mean(state.count, form.type.scale));
  const __int128 sum = state.int_sum.value();
  if (form.type.IsDecimal()) return DoubleCell(stats::RoundedQuotient(sum, state.count, form.type.scale));
  // Where both are doubles, the division is the only rounding.
  constexpr int64_t kExact = int64_t{1} << 53;
  if (sum < kExact && sum > -kExact && state.count < kExact) {
    return DoubleCell(static_cast<double>(static_cast<int64_t>(sum)) / static_cast<double>(state.count));
  }
  return DoubleCell(state.int_sum.Mean(state.count));
}

Cell FinishMoments(AggregateFunction function, const PartialAggregate& state) {
  if (state.count < 2) return {};
  const bool is_variance = function == AggregateFunction::kVariance;
  return DoubleCell(is_variance ? stats::Variance(state.float_sum, state.squares, state.count, 1)
                                : stats::StandardDeviation(state.float_sum, state.squares, state.count, 1));
}

Cell FinishDistinct(const PartialAggregate& state) {
  const LargeState& large = *state.large;
  if (large.estimator == nullptr) return IntCell(static_cast<int64_t>(large.words.size()));
  return IntCell(static_cast<int64_t>(large.estimator->Estimate() + 0.5));
}

Cell FinishTopK(const Question& question, const SlotForm& form, const PartialAggregate& state, std::string* bytes) {
  if (state.large->has_too_many) return kOverflow;
  const auto is_less = [&](uint64_t a, uint64_t b) { return CompareWords(form.type, a, b) < 0; };
  data::ListBuilder list(question.type);
  for (const auto& entry : state.large->words.TopK(static_cast<size_t>(question.n), is_less)) {
    AppendWordToList(form.type, entry.word, &list);
  }
  *bytes = list.bytes();
  return BytesCell(bytes);
}

Cell FinishTiles(const Question& question, const SlotForm& form, const PartialAggregate& state) {
  const int64_t first = TileOf(question.at, form.half_life) - expr::Aggregate::kEwmaTilesMax;
  double mean = 0;
  if (!FoldTiles(state.large->tiles, first, &mean)) return {};
  return DoubleCell(mean);
}

}  // namespace

SlotKind SlotKindOf(AggregateFunction function, data::Type argument) {
  const bool is_float = argument == data::TypeKind::kFloat64;
  const bool is_bytes = argument.storage() == data::Storage::kBytes;
  switch (function) {
    case AggregateFunction::kCount:
      return SlotKind::kValues;
    case AggregateFunction::kSum:
    case AggregateFunction::kAvg:
      return is_float ? SlotKind::kFloatSum : is_bytes ? SlotKind::kWideSum : SlotKind::kIntSum;
    case AggregateFunction::kVariance:
    case AggregateFunction::kStdDev:
      return is_float || argument.IsDecimal() ? SlotKind::kMoments : SlotKind::kIntMoments;
    case AggregateFunction::kMin:
      return is_float ? SlotKind::kFloatMin : is_bytes ? SlotKind::kBytesMin : SlotKind::kIntMin;
    case AggregateFunction::kMax:
      return is_float ? SlotKind::kFloatMax : is_bytes ? SlotKind::kBytesMax : SlotKind::kIntMax;
    case AggregateFunction::kDistinct:
      return SlotKind::kDistinct;
    case AggregateFunction::kApproxDistinct:
      return SlotKind::kApproxDistinct;
    case AggregateFunction::kApproxQuantile:
      return SlotKind::kQuantiles;
    case AggregateFunction::kTopK:
      return SlotKind::kFrequencies;
    case AggregateFunction::kEwma:
      return SlotKind::kTiles;
    case AggregateFunction::kFirst:
    case AggregateFunction::kLast:
      break;
  }
  return SlotKind::kCandidates;
}

void AddRows(const SlotForm& form, const SlotColumns& columns, const RowSet& rows, PartialAggregate* state) {
  switch (form.kind) {
    case SlotKind::kRows:
    case SlotKind::kValues:
    case SlotKind::kCandidates:
      state->count += CountRows(columns, rows);
      return;
    case SlotKind::kIntSum:
    case SlotKind::kFloatSum:
    case SlotKind::kIntMoments:
    case SlotKind::kMoments:
      return ChangeSums<false>(form, columns, rows, state);
    case SlotKind::kIntMin:
    case SlotKind::kIntMax:
    case SlotKind::kFloatMin:
    case SlotKind::kFloatMax:
    case SlotKind::kBytesMin:
    case SlotKind::kBytesMax:
      return WithOrder(form.kind, [&]<typename Order>(Order) {
        ForEachRow(columns, rows, [&](uint32_t row) {
          ++state->count;
          Offer<Order>(form.type, columns.values[row], state);
        });
      });
    default:
      return AddLargeRows(form, columns, rows, state);
  }
}

void RemoveRows(const SlotForm& form, const SlotColumns& columns, const RowSet& rows, PartialAggregate* state) {
  switch (form.kind) {
    case SlotKind::kRows:
    case SlotKind::kValues:
      state->count -= CountRows(columns, rows);
      return;
    case SlotKind::kWideSum:
      return ForEachRow(columns, rows, [&](uint32_t row) {
        --state->count;
        LargeOf(state)->wide_sum.Remove(DecimalOfWord(form.type, columns.values[row]));
      });
    default:
      PLUMB_CHECK(CanRemove(form.kind), "An extreme does not forget.");
      return ChangeSums<true>(form, columns, rows, state);
  }
}

void Merge(const SlotForm& form, const PartialAggregate& from, PartialAggregate* into) {
  if (form.kind >= SlotKind::kIntMin && form.kind <= SlotKind::kBytesMax) {
    into->count += from.count;
    if (!from.has_extreme) return;
    return WithOrder(form.kind, [&]<typename Order>(Order) { Offer<Order>(form.type, from.extreme, into); });
  }
  into->count += from.count;
  into->is_kept = into->is_kept && from.is_kept;
  switch (form.kind) {
    case SlotKind::kRows:
    case SlotKind::kValues:
    case SlotKind::kCandidates:
      return;
    case SlotKind::kIntSum:
      return into->int_sum.Merge(from.int_sum);
    case SlotKind::kFloatSum:
      return into->float_sum.Merge(from.float_sum);
    case SlotKind::kIntMoments:
    case SlotKind::kMoments:
      into->float_sum.Merge(from.float_sum);
      return into->squares.Merge(from.squares);
    default:
      if (into->is_kept) return MergeLarge(form, from, into);
      into->large.reset();
  }
}

void Limit(const SlotForm& form, PartialAggregate* state) {
  if (form.kind != SlotKind::kTiles || state->large == nullptr || state->large->tiles.size() <= 1) return;
  state->large.reset();
  state->is_kept = false;
}

void Reset(const SlotForm& form, PartialAggregate* state) {
  state->count = 0;
  state->has_extreme = false;
  state->is_kept = true;
  if (form.kind == SlotKind::kIntSum) state->int_sum = {};
  if (form.kind >= SlotKind::kFloatSum && form.kind <= SlotKind::kMoments) state->float_sum.Clear();
  if (form.kind == SlotKind::kIntMoments || form.kind == SlotKind::kMoments) state->squares.Clear();
  if (state->large == nullptr) return;
  state->large->wide_sum = {};
  state->large->quantiles.Clear();
  state->large->words.Clear();
  state->large->estimator.reset();
  state->large->has_too_many = false;
  state->large->tiles.clear();
}

Cell Finish(const Question& question, const SlotForm& form, const PartialAggregate& state, std::string* bytes) {
  const bool is_count = question.function == AggregateFunction::kCount ||
                        question.function == AggregateFunction::kDistinct ||
                        question.function == AggregateFunction::kApproxDistinct;
  if (state.count == 0) return is_count ? IntCell(0) : Cell{};
  switch (question.function) {
    case AggregateFunction::kCount:
      return IntCell(state.count);
    case AggregateFunction::kDistinct:
    case AggregateFunction::kApproxDistinct:
      return FinishDistinct(state);
    case AggregateFunction::kSum:
      return FinishSum(form, state, bytes);
    case AggregateFunction::kAvg:
      return FinishMean(form, state);
    case AggregateFunction::kVariance:
    case AggregateFunction::kStdDev:
      return FinishMoments(question.function, state);
    case AggregateFunction::kApproxQuantile:
      return DoubleCell(state.large->quantiles.Quantile(question.quantile));
    case AggregateFunction::kTopK:
      return FinishTopK(question, form, state, bytes);
    case AggregateFunction::kEwma:
      return FinishTiles(question, form, state);
    default:
      if (state.has_extreme) return {state.extreme, CellState::kValue};
      return DoubleCell(std::numeric_limits<double>::quiet_NaN());
  }
}

}  // namespace plumb::engine
