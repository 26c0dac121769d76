#include "engine/internal/plain_aggregate.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "stats/exact_int_sum.h"
#include "stats/exact_sum.h"

namespace plumb::engine::internal {
namespace {

using data::Value;
using expr::AggregateFunction;

bool IsBefore(const PlainEvent& a, const PlainEvent& b) {
  const auto times = [](const PlainEvent& event) { return std::tie(event.event_time, event.known_at, event.event_id); };
  if (times(a) != times(b)) return times(a) < times(b);
  std::string left, right;
  data::AppendCanonical(a.argument, &left);
  data::AppendCanonical(b.argument, &right);
  return left < right;
}

// first and last respect null: the event is chosen whatever its argument.
Value FirstOrLast(const expr::Aggregate& aggregate, const std::vector<PlainEvent>& events) {
  if (events.empty()) return Value::Null(aggregate.type);
  const bool first = aggregate.function == AggregateFunction::kFirst;
  const auto chosen = first ? std::min_element(events.begin(), events.end(), IsBefore)
                            : std::max_element(events.begin(), events.end(), IsBefore);
  return chosen->argument;
}

bool IsNan(const Value& value) { return value.type() == data::TypeKind::kFloat64 && std::isnan(value.AsDouble()); }

// NaN only counts when there is nothing else.
Value Extreme(const expr::Aggregate& aggregate, const std::vector<Value>& values) {
  Value best = Value::Null(aggregate.type);
  for (const Value& value : values) {
    const bool better =
        aggregate.function == AggregateFunction::kMin ? value.Compare(best) < 0 : value.Compare(best) > 0;
    if (best.is_null() || IsNan(best) || (better && !IsNan(value))) best = value;
  }
  return best;
}

Value SumOrMeanOfIntegers(const expr::Aggregate& aggregate, const std::vector<Value>& values, bool* error) {
  stats::ExactIntSum sum;
  for (const Value& value : values) sum.Add(value.AsInt());
  if (aggregate.function == AggregateFunction::kAvg)
    return Value::Float64(sum.Mean(static_cast<int64_t>(values.size())));
  const base::Result<int64_t> total = sum.ToInt64();
  if (total.ok()) return Value::Integral(aggregate.type, *total);
  *error = true;
  return Value::Null(aggregate.type);
}

Value SumOrMean(const expr::Aggregate& aggregate, const std::vector<Value>& values, bool* error) {
  if (values.empty()) return Value::Null(aggregate.type);
  if (values.front().type().IsIntegral()) return SumOrMeanOfIntegers(aggregate, values, error);
  stats::ExactSum sum;
  for (const Value& value : values) sum.Add(value.AsDouble());
  const bool mean = aggregate.function == AggregateFunction::kAvg;
  return Value::Float64(mean ? sum.Mean(static_cast<int64_t>(values.size())) : sum.Value());
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
  return {window.lifetime ? base::kTimeMin : base::Move(end, window.length, -1), end};
}

Value FoldAggregate(const expr::Aggregate& aggregate, std::vector<PlainEvent> events, bool* error) {
  if (aggregate.function == AggregateFunction::kFirst || aggregate.function == AggregateFunction::kLast) {
    return FirstOrLast(aggregate, events);
  }
  if (!aggregate.argument) return Value::Int64(static_cast<int64_t>(events.size()));
  std::vector<Value> values;
  for (PlainEvent& event : events) {
    if (!event.argument.is_null()) values.push_back(std::move(event.argument));
  }
  switch (aggregate.function) {
    case AggregateFunction::kCount:
      return Value::Int64(static_cast<int64_t>(values.size()));
    case AggregateFunction::kMin:
    case AggregateFunction::kMax:
      return Extreme(aggregate, values);
    default:
      return SumOrMean(aggregate, values, error);
  }
}

}  // namespace plumb::engine::internal
