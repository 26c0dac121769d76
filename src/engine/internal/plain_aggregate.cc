#include "engine/internal/plain_aggregate.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "base/elementary.h"
#include "data/list.h"
#include "engine/value_word.h"
#include "stats/distinct_sketch.h"
#include "stats/exact_int_sum.h"
#include "stats/exact_moments.h"
#include "stats/exact_sum.h"
#include "stats/exact_wide_sum.h"
#include "stats/quantile_sketch.h"

namespace plumb::engine::internal {
namespace {

using data::Value;
using expr::Aggregate;
using expr::AggregateFunction;

bool IsBefore(const PlainEvent& a, const PlainEvent& b) {
  const auto times = [](const PlainEvent& event) { return std::tie(event.event_time, event.known_at, event.event_id); };
  if (times(a) != times(b)) return times(a) < times(b);
  return a.argument.Compare(b.argument) < 0;
}

bool IsPositional(const Aggregate& aggregate) {
  return aggregate.function == AggregateFunction::kFirst || aggregate.function == AggregateFunction::kLast;
}

// first and last respect null: the event is chosen whatever its argument.
Value FirstOrLast(const Aggregate& aggregate, const std::vector<PlainEvent>& events) {
  if (events.empty()) return Value::Null(aggregate.type);
  const bool first = aggregate.function == AggregateFunction::kFirst;
  if (aggregate.n == 0) return first ? events.front().argument : events.back().argument;
  const size_t count = std::min(events.size(), static_cast<size_t>(aggregate.n));
  const size_t begin = first ? 0 : events.size() - count;
  data::ListBuilder list(aggregate.type);
  for (size_t i = begin; i < begin + count; ++i) list.Append(events[i].argument);
  return Value::Bytes(aggregate.type, list.bytes());
}

bool IsNan(const Value& value) { return value.type() == data::TypeKind::kFloat64 && std::isnan(value.AsDouble()); }

// NaN only counts when there is nothing else.
Value Extreme(const Aggregate& aggregate, const std::vector<Value>& values) {
  Value best = Value::Null(aggregate.type);
  for (const Value& value : values) {
    const bool better =
        aggregate.function == AggregateFunction::kMin ? value.Compare(best) < 0 : value.Compare(best) > 0;
    if (best.is_null() || IsNan(best) || (better && !IsNan(value))) best = value;
  }
  return best;
}

Value SumOrMeanOfIntegers(const Aggregate& aggregate, const std::vector<Value>& values, bool* error) {
  stats::ExactIntSum sum;
  for (const Value& value : values) sum.Add(value.AsInt());
  if (aggregate.function == AggregateFunction::kAvg)
    return Value::Float64(sum.Mean(static_cast<int64_t>(values.size())));
  const base::Result<int64_t> total = sum.ToInt64();
  if (total.ok()) return Value::Integral(aggregate.type, *total);
  *error = true;
  return Value::Null(aggregate.type);
}

Value SumOrMeanOfDecimals(const Aggregate& aggregate, const std::vector<Value>& values, bool* error) {
  stats::ExactWideSum sum;
  for (const Value& value : values) sum.Add(value.AsDecimal());
  if (aggregate.function == AggregateFunction::kAvg)
    return Value::Float64(sum.Mean(static_cast<int64_t>(values.size()), values.front().type().scale));
  data::Int128 total = 0;
  if (sum.Fits(data::Type::kPrecisionMax, &total)) return Value::Decimal(aggregate.type, total);
  *error = true;
  return Value::Null(aggregate.type);
}

Value SumOrMean(const Aggregate& aggregate, const std::vector<Value>& values, bool* error) {
  if (values.front().type().IsIntegral()) return SumOrMeanOfIntegers(aggregate, values, error);
  if (values.front().type().IsDecimal()) return SumOrMeanOfDecimals(aggregate, values, error);
  stats::ExactSum sum;
  for (const Value& value : values) sum.Add(value.AsDouble());
  const bool mean = aggregate.function == AggregateFunction::kAvg;
  return Value::Float64(mean ? sum.Mean(static_cast<int64_t>(values.size())) : sum.Value());
}

// Decimals as the nearest doubles.
double NumberOf(const Value& value) {
  if (value.type().IsDecimal()) return stats::RoundedQuotient(value.AsDecimal(), 1, value.type().scale);
  return value.type().IsIntegral() ? static_cast<double>(value.AsInt()) : value.AsDouble();
}

Value Moments(const Aggregate& aggregate, const std::vector<Value>& values) {
  if (values.size() < 2) return Value::Null(aggregate.type);
  stats::ExactMoments moments;
  for (const Value& value : values) {
    if (!value.type().IsIntegral()) {
      moments.Add(NumberOf(value));
      continue;
    }
    ++moments.count;
    moments.sum.AddInteger(value.AsInt());
    moments.squares.AddIntegerSquare(value.AsInt());
  }
  const bool is_variance = aggregate.function == AggregateFunction::kVariance;
  return Value::Float64(is_variance ? moments.Variance(1) : moments.StandardDeviation(1));
}

struct IsLess {
  bool operator()(const Value& a, const Value& b) const { return a.Compare(b) < 0; }
};

Value Distinct(const Aggregate& aggregate, const std::vector<Value>& values) {
  const std::set<Value, IsLess> different(values.begin(), values.end());
  const bool is_approximate = aggregate.function == AggregateFunction::kApproxDistinct;
  const int64_t limit = is_approximate ? Aggregate::kApproxDistinctExactMax : Aggregate::kDistinctExactMax;
  if (static_cast<int64_t>(different.size()) <= limit) return Value::Int64(static_cast<int64_t>(different.size()));
  stats::DistinctSketch estimator;
  for (const Value& value : different) estimator.Add(HashOfValue(value));
  return Value::Int64(static_cast<int64_t>(estimator.Estimate() + 0.5));
}

// The bucket of the element of rank ceil(q·n) by its middle.
Value Quantile(const Aggregate& aggregate, const std::vector<Value>& values) {
  std::vector<int32_t> buckets;
  for (const Value& value : values) buckets.push_back(stats::QuantileSketch::IndexOf(NumberOf(value)));
  std::sort(buckets.begin(), buckets.end());
  const auto count = static_cast<double>(buckets.size());
  const double rank = std::clamp(std::ceil(aggregate.quantile * count), 1.0, count);
  return Value::Float64(stats::QuantileSketch::ValueOf(buckets[static_cast<size_t>(rank) - 1]));
}

Value TopK(const Aggregate& aggregate, const std::vector<Value>& values, bool* error) {
  std::map<Value, int64_t, IsLess> counts;
  for (const Value& value : values) ++counts[value];
  if (static_cast<int64_t>(counts.size()) > Aggregate::kTopKValuesMax) {
    *error = true;
    return Value::Null(aggregate.type);
  }
  std::vector<std::pair<Value, int64_t>> order(counts.begin(), counts.end());
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  data::ListBuilder list(aggregate.type);
  for (size_t i = 0; i < order.size() && i < static_cast<size_t>(aggregate.n); ++i) list.Append(order[i].first);
  return Value::Bytes(aggregate.type, list.bytes());
}

int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

// checked.h says what it is: tiles of one half-life, summed exactly, folded oldest first.
Value Ewma(const Aggregate& aggregate, base::Time at, const std::vector<PlainEvent>& events) {
  struct Tile {
    stats::ExactSum sum, weight;
  };
  const base::Duration half_life = aggregate.half_life;
  const int64_t last = FloorDivide(at, half_life);
  std::map<int64_t, Tile> tiles;
  for (const PlainEvent& event : events) {
    const int64_t index = FloorDivide(event.event_time, half_life);
    if (event.argument.is_null() || last - index > Aggregate::kEwmaTilesMax) continue;
    const base::Duration to_end = half_life - (event.event_time - index * half_life);
    const double weight = base::Pow(2, -(static_cast<double>(to_end) / static_cast<double>(half_life)));
    tiles[index].sum.Add(Value::Float64(NumberOf(event.argument) * weight).AsDouble());
    tiles[index].weight.Add(weight);
  }
  if (tiles.empty()) return Value::Null(aggregate.type);
  double sum = 0, weight = 0;
  int64_t before = tiles.begin()->first;
  for (const auto& [index, tile] : tiles) {
    const auto gap = static_cast<int>(index - before);
    sum = std::ldexp(sum, -gap) + tile.sum.Value();
    weight = std::ldexp(weight, -gap) + tile.weight.Value();
    before = index;
  }
  return Value::Float64(sum / weight);
}

}  // namespace

WindowBounds BoundsOf(const expr::Window& window, base::Time t) {
  if (window.ahead) {
    // over w ahead offset o:  t + o ≤ event_time < t + o + w
    const base::Time begin = base::Move(t, window.offset, 1);
    return {begin, base::Move(begin, window.length, 1)};
  }
  // over w offset o:  t − o − w ≤ event_time < t − o;  lifetime has no lower bound. The asking instant itself is never
  // inside.
  const base::Time end = base::Move(t, window.offset, -1);
  const base::Zone& zone = window.zone == nullptr ? *base::FindZone("UTC").value() : *window.zone;
  switch (window.to_date) {
    case expr::ToDate::kDay:
      return {base::StartOfDay(end, zone), end};
    case expr::ToDate::kWeek:
      return {base::StartOfWeek(end, zone), end};
    case expr::ToDate::kMonth:
      return {base::StartOfMonth(end, zone), end};
    case expr::ToDate::kNone:
      break;
  }
  return {window.lifetime ? base::kTimeMin : base::Move(end, window.length, -1), end};
}

void OrderEvents(const Aggregate& aggregate, std::vector<PlainEvent>* events) {
  const auto last = static_cast<size_t>(aggregate.window.last);
  if (!IsPositional(aggregate) && last == 0) return;
  std::sort(events->begin(), events->end(), IsBefore);
  if (last > 0 && events->size() > last) events->erase(events->begin(), events->end() - static_cast<ptrdiff_t>(last));
}

Value FoldAggregate(const Aggregate& aggregate, base::Time t, std::vector<PlainEvent> events, bool* error) {
  OrderEvents(aggregate, &events);
  if (IsPositional(aggregate)) return FirstOrLast(aggregate, events);
  if (!aggregate.argument) return Value::Int64(static_cast<int64_t>(events.size()));
  if (aggregate.function == AggregateFunction::kEwma) {
    return Ewma(aggregate, BoundsOf(aggregate.window, t).end, events);
  }
  std::vector<Value> values;
  for (PlainEvent& event : events) {
    if (!event.argument.is_null()) values.push_back(std::move(event.argument));
  }
  if (aggregate.function == AggregateFunction::kCount) return Value::Int64(static_cast<int64_t>(values.size()));
  if (aggregate.function == AggregateFunction::kDistinct || aggregate.function == AggregateFunction::kApproxDistinct) {
    return Distinct(aggregate, values);
  }
  if (values.empty()) return Value::Null(aggregate.type);
  switch (aggregate.function) {
    case AggregateFunction::kMin:
    case AggregateFunction::kMax:
      return Extreme(aggregate, values);
    case AggregateFunction::kVariance:
    case AggregateFunction::kStdDev:
      return Moments(aggregate, values);
    case AggregateFunction::kApproxQuantile:
      return Quantile(aggregate, values);
    case AggregateFunction::kTopK:
      return TopK(aggregate, values, error);
    default:
      return SumOrMean(aggregate, values, error);
  }
}

}  // namespace plumb::engine::internal
