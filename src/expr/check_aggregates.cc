// Aggregates: their arguments, parameters, windows and types, and their canonical text.
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "expr/checker.h"
#include "expr/vocabulary.h"

namespace plumb::expr {

using data::Type;
using data::TypeKind;
using data::TypeName;

namespace {

constexpr base::Duration kHalfLifeMax = 36500 * base::kDay;

AggregateFunction FunctionOf(const std::string& name) {
  const auto& names = AggregateNames();
  return static_cast<AggregateFunction>(std::find(names.begin(), names.end(), name) - names.begin());
}

// The second argument of some aggregates: a constant in a range.
struct Parameter {
  std::string_view name;
  TypeKind type = TypeKind::kNull;  // kNull: there is none
  bool required = false;
  std::string_view range;
  std::string_view usage;
};

Parameter ParameterOf(AggregateFunction function) {
  static_assert(Aggregate::kValuesMax == 1000);
  switch (function) {
    case AggregateFunction::kFirst:
      return {"n", TypeKind::kInt64, false, "It is from 1 to 1000.", "first(x, 3)"};
    case AggregateFunction::kLast:
      return {"n", TypeKind::kInt64, false, "It is from 1 to 1000.", "last(x, 3)"};
    case AggregateFunction::kTopK:
      return {"k", TypeKind::kInt64, true, "It is from 1 to 1000.", "top_k(x, 3)"};
    case AggregateFunction::kApproxQuantile:
      return {"q", TypeKind::kFloat64, true, "It is from 0 to 1.", "approx_quantile(x, 0.9)"};
    case AggregateFunction::kEwma:
      return {"half_life", TypeKind::kDuration, true, "It is more than 0s, and at most 36500d.", "ewma(x, 1h)"};
    default:
      return {};
  }
}

bool IsInRange(const data::Value& value) {
  if (value.type() == TypeKind::kFloat64) return value.AsDouble() >= 0 && value.AsDouble() <= 1;
  if (value.type() == TypeKind::kDuration) return value.AsInt() > 0 && value.AsInt() <= kHalfLifeMax;
  return value.AsInt() >= 1 && value.AsInt() <= Aggregate::kValuesMax;
}

bool IsScalarType(Type type) { return type.kind != TypeKind::kList && type.kind != TypeKind::kVector; }
bool IsNumber(Type type) { return type == TypeKind::kBool || type.IsNumeric() || type.IsDecimal(); }

enum class Takes { kAny, kScalars, kNumbers, kNumbersAndDurations };

Takes TakenBy(const Aggregate& aggregate) {
  switch (aggregate.function) {
    case AggregateFunction::kCount:
      return Takes::kAny;
    case AggregateFunction::kFirst:
    case AggregateFunction::kLast:
      return aggregate.n == 0 ? Takes::kAny : Takes::kScalars;
    case AggregateFunction::kMin:
    case AggregateFunction::kMax:
    case AggregateFunction::kDistinct:
    case AggregateFunction::kApproxDistinct:
    case AggregateFunction::kTopK:
      return Takes::kScalars;
    case AggregateFunction::kSum:
      return Takes::kNumbersAndDurations;
    default:
      return Takes::kNumbers;
  }
}

bool IsTaken(Takes takes, Type type) {
  switch (takes) {
    case Takes::kAny:
      return true;
    case Takes::kScalars:
      return IsScalarType(type);
    case Takes::kNumbers:
      return IsNumber(type);
    case Takes::kNumbersAndDurations:
      return IsNumber(type) || type == TypeKind::kDuration;
  }
  return false;
}

std::string TypeAdvice(Takes takes, Type type) {
  if (!IsScalarType(type)) return "Take one of its elements: element(x, 1).";
  if (type == TypeKind::kDuration) return "Divide the duration by a unit first: x / 1s.";
  if (type == TypeKind::kString) return "Convert with cast(x as float64), or count the rows with count().";
  return takes == Takes::kNumbersAndDurations ? "It takes bool, int64, float64, decimals and durations."
                                              : "It takes bool, int64, float64 and decimals.";
}

std::string WindowText(const Window& window) {
  std::string text;
  const bool has_offset = window.offset != base::Span{};
  if (window.to_date != ToDate::kNone) {
    constexpr const char* kUnits[] = {"", "day", "week", "month"};
    text = fmt::format(" over {} to date", kUnits[static_cast<size_t>(window.to_date)]);
    if (window.zone != nullptr) text += fmt::format(" in '{}'", base::ZoneName(*window.zone));
  } else if (window.last > 0) {
    text = fmt::format(" over last {}", window.last);
  } else if (!window.lifetime) {
    text = " over " + base::FormatSpan(window.length);
  } else if (has_offset) {
    text = " over lifetime";
  }
  if (window.ahead) text += " ahead";
  if (has_offset) text += " offset " + base::FormatSpan(window.offset);
  return text;
}

std::string ParameterText(const Aggregate& aggregate) {
  if (aggregate.n > 0) return fmt::format(", {}", aggregate.n);
  if (aggregate.half_life > 0) return ", " + SpellLiteral(data::Value::Duration(aggregate.half_life));
  if (aggregate.function != AggregateFunction::kApproxQuantile) return "";
  return ", " + SpellLiteral(data::Value::Float64(aggregate.quantile));
}

}  // namespace

const char* AggregateName(AggregateFunction function) {
  return AggregateNames()[static_cast<size_t>(function)].c_str();
}

std::string AggregateText(const Aggregate& aggregate) {
  std::string text = AggregateName(aggregate.function);
  text += '(';
  if (aggregate.argument) text += aggregate.argument->canonical() + ParameterText(aggregate);
  if (aggregate.where) text += (aggregate.argument ? " where " : "where ") + aggregate.where->canonical();
  text += ')';
  return text + WindowText(aggregate.window);
}

NodePtr Checker::AggregateTerm(const Expr& expr) {
  if (frame_.place == Place::kAggregate) {
    return Error(expr, fmt::format("Aggregate {} stands inside {}.", expr.name, frame_.inside),
                 "Derive the inner value as a column of the source first.");
  }
  if (frame_.place == Place::kKey) {
    return Error(expr, fmt::format("Aggregate {} cannot be used in a key of {}.", expr.name, frame_.inside));
  }
  if (scope_.event_columns == nullptr) {
    const std::string advice =
        expr.name == "min" || expr.name == "max"
            ? fmt::format("Of several values in one row, write {}(a, b).", expr.name == "min" ? "least" : "greatest")
            : "Aggregates belong to views that have an entity and a source.";
    return Error(expr, fmt::format("Aggregate {} cannot be used here: there are no events.", expr.name), advice);
  }
  Aggregate aggregate;
  aggregate.function = FunctionOf(expr.name);
  aggregate.window = expr.window;
  const bool window_is_good = CheckWindow(expr);
  if (!AggregateParts(expr, &aggregate) || !window_is_good) return nullptr;
  const std::optional<Type> type = AggregateType(expr, aggregate);
  if (!type) return nullptr;
  aggregate.type = *type;
  aggregate.canonical = AggregateText(aggregate);
  const std::string text = aggregate.canonical;
  size_t index = 0;
  while (index < aggregates_.size() && aggregates_[index].canonical != text) ++index;
  if (index == aggregates_.size()) aggregates_.push_back(std::move(aggregate));
  return InputNode({Input::Leaf::kAggregate, text, static_cast<int>(index), *type});
}

bool Checker::CheckWindow(const Expr& expr) {
  const Window& window = expr.window;
  const auto is_negative = [](const base::Span& span) { return span.months < 0 || span.micros < 0; };
  const bool has_length = !window.lifetime && window.to_date == ToDate::kNone;
  if (has_length && (is_negative(window.length) || window.length == base::Span{})) {
    Error(expr, fmt::format("Window has no length: {}.", base::FormatSpan(window.length)),
          "Write a positive duration; ahead looks forward: over 2h ahead.");
    return false;
  }
  if (is_negative(window.offset)) {
    Error(expr, fmt::format("Offset is negative: {}.", base::FormatSpan(window.offset)),
          "Write a positive one: it moves a window back, and one that looks ahead forward.");
    return false;
  }
  if (window.ahead && expr.name == "ewma") {
    Error(expr, "Aggregate ewma cannot look ahead: its weights fall from t back.", "Write avg(x) over 2h ahead.");
    return false;
  }
  return true;
}

bool Checker::WrongArgumentCount(const Expr& expr) {
  const Parameter parameter = ParameterOf(FunctionOf(expr.name));
  if (expr.args.empty()) {
    Error(expr, fmt::format("Aggregate {} has nothing to aggregate.", expr.name),
          fmt::format("Write {}(column{}).", expr.name, parameter.required ? ", …" : ""));
    return false;
  }
  if (parameter.required && expr.args.size() == 1) {
    Error(expr, fmt::format("Aggregate {} needs {}, its second argument.", expr.name, parameter.name),
          fmt::format("Write {}.", parameter.usage));
    return false;
  }
  std::string advice = fmt::format("Write {}(value) or {}(value where condition).", expr.name, expr.name);
  if (expr.name == "min") advice = "Of several values in one row, write least(a, b).";
  if (expr.name == "max") advice = "Of several values in one row, write greatest(a, b).";
  if (parameter.type != TypeKind::kNull) advice = fmt::format("Write {}.", parameter.usage);
  Error(expr, fmt::format("Aggregate {} has the wrong number of arguments: {}.", expr.name, expr.args.size()), advice);
  return false;
}

// A scalar of its own over the columns of an event.
std::optional<Scalar> Checker::AggregatePart(const Expr& part, const std::string& aggregate, bool condition) {
  Frame outer = std::exchange(frame_, Frame{Place::kAggregate, aggregate, {}});
  NodePtr node = Visit(part);
  if (node != nullptr && condition && !CanBecome(node->type, TypeKind::kBool)) {
    node = Error(part, fmt::format("Condition of where is not a bool: got {}.", TypeName(node->type)),
                 "Compare it, as in x > 0.");
  } else if (node != nullptr && condition) {
    node = Become(std::move(node), TypeKind::kBool);
  } else if (node != nullptr && node->type == TypeKind::kNull) {
    node = Error(part, fmt::format("Argument of {} is always null.", aggregate));
  }
  Frame inner = std::exchange(frame_, std::move(outer));
  return Build(std::move(node), std::move(inner));
}

// The argument, the parameter and the condition.
bool Checker::AggregateParts(const Expr& expr, Aggregate* aggregate) {
  const Parameter parameter = ParameterOf(aggregate->function);
  const size_t at_least = aggregate->function == AggregateFunction::kCount ? 0 : (parameter.required ? 2 : 1);
  const size_t at_most = parameter.type == TypeKind::kNull ? 1 : 2;
  const size_t count = expr.args.size();
  bool ok = count >= at_least && count <= at_most;
  if (!ok) WrongArgumentCount(expr);
  if (count > 0) {
    aggregate->argument = AggregatePart(*expr.args[0], expr.name, false);
    ok = aggregate->argument.has_value() && ok;
  }
  if (ok && count == 2) ok = AggregateParameter(expr, aggregate);
  if (expr.where != nullptr) {
    aggregate->where = AggregatePart(*expr.where, expr.name, true);
    ok = aggregate->where.has_value() && ok;
  }
  return ok;
}

bool Checker::AggregateParameter(const Expr& expr, Aggregate* aggregate) {
  const Parameter parameter = ParameterOf(aggregate->function);
  const Expr& at = *expr.args[1];
  Frame outer = std::exchange(frame_, Frame{Place::kAggregate, expr.name, {}});
  NodePtr node = Visit(at);
  frame_ = std::move(outer);
  if (node == nullptr) return false;
  const std::string what = fmt::format("{} of {}", parameter.name, expr.name);
  const std::string advice = fmt::format("Write {}.", parameter.usage);
  if (node->type == TypeKind::kNull || !CanBecome(node->type, parameter.type)) {
    Error(at,
          fmt::format("{} has the wrong type: want {}, got {}.", what, TypeName(parameter.type), TypeName(node->type)),
          advice);
    return false;
  }
  node = Become(std::move(node), parameter.type);
  if (node->op != Op::kLiteral || node->literal.is_null()) {
    Error(at, fmt::format("{} must be a constant.", what), advice);
    return false;
  }
  if (!IsInRange(node->literal)) {
    Error(at, fmt::format("{} is out of range: {}.", what, node->literal.ToString()), std::string(parameter.range));
    return false;
  }
  if (parameter.type == TypeKind::kInt64) aggregate->n = node->literal.AsInt();
  if (parameter.type == TypeKind::kFloat64) aggregate->quantile = node->literal.AsDouble();
  if (parameter.type == TypeKind::kDuration) aggregate->half_life = node->literal.AsInt();
  return true;
}

std::optional<Type> Checker::AggregateType(const Expr& expr, const Aggregate& aggregate) {
  if (aggregate.function == AggregateFunction::kCount) return Type(TypeKind::kInt64);
  const Type type = aggregate.argument->type();
  const Takes takes = TakenBy(aggregate);
  if (!IsTaken(takes, type)) {
    Error(*expr.args[0],
          fmt::format("Aggregate {}{} does not take {}.", expr.name, aggregate.n > 0 ? " with a number" : "",
                      TypeName(type)),
          TypeAdvice(takes, type));
    return std::nullopt;
  }
  switch (aggregate.function) {
    case AggregateFunction::kMin:
    case AggregateFunction::kMax:
      return type;
    case AggregateFunction::kFirst:
    case AggregateFunction::kLast:
      return aggregate.n == 0 ? type : Type::List(type);
    case AggregateFunction::kTopK:
      return Type::List(type);
    case AggregateFunction::kDistinct:
    case AggregateFunction::kApproxDistinct:
      return Type(TypeKind::kInt64);
    case AggregateFunction::kSum:
      if (type.IsDecimal()) return Type::Decimal(Type::kPrecisionMax, type.scale);
      return type == TypeKind::kBool ? Type(TypeKind::kInt64) : type;
    default:
      return Type(TypeKind::kFloat64);
  }
}

}  // namespace plumb::expr
