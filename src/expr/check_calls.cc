// Which operation a call means: overloads, widening, constant arguments, folding.
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "expr/checker.h"
#include "expr/float_result.h"
#include "expr/vocabulary.h"

namespace plumb::expr {

using data::Type;
using data::TypeKind;
using data::TypeName;

namespace {

constexpr int kNoMatch = 1000;

// How far the arguments are from the parameters: conversions needed, kNoMatch if they cannot be had.
int Distance(const Overload& overload, const std::vector<NodePtr>& args) {
  if (overload.params.size() != args.size()) return kNoMatch;
  int distance = 0;
  for (size_t i = 0; i < args.size(); ++i) {
    const Type from = args[i]->type;
    const Type to = ParamType(overload.params[i]);
    if (from == to || from == TypeKind::kNull) continue;
    if (from != TypeKind::kInt64 || to != TypeKind::kFloat64) return kNoMatch;
    ++distance;
  }
  return distance;
}

struct NamedUnit {
  std::string_view name;
  CalendarUnit unit;
};
constexpr std::array<NamedUnit, 8> kUnits = {{{"second", CalendarUnit::kSecond},
                                              {"minute", CalendarUnit::kMinute},
                                              {"hour", CalendarUnit::kHour},
                                              {"day", CalendarUnit::kDay},
                                              {"week", CalendarUnit::kWeek},
                                              {"month", CalendarUnit::kMonth},
                                              {"quarter", CalendarUnit::kQuarter},
                                              {"year", CalendarUnit::kYear}}};

// What functions are called elsewhere.
struct Synonym {
  std::string_view name;
  std::string_view suggestion;
};
constexpr std::array kSynonyms = {
    Synonym{"log", "Write ln(x), log10(x) or log2(x)."},
    Synonym{"pow", "Did you mean power?"},
    Synonym{"ceiling", "Did you mean ceil?"},
    Synonym{"ifnull", "Did you mean coalesce?"},
    Synonym{"nvl", "Did you mean coalesce?"},
    Synonym{"iif", "Did you mean if?"},
    Synonym{"len", "Did you mean length?"},
    Synonym{"substring", "Did you mean substr?"},
    Synonym{"position", "Did you mean strpos?"},
    Synonym{"mean", "Did you mean avg?"},
    Synonym{"average", "Did you mean avg?"},
    Synonym{"total", "Did you mean sum?"},
    Synonym{"now", "There is no now(): t is the time that a feature is asked for."},
    Synonym{"current_timestamp", "There is no current time: t is the time that a feature is asked for."},
    Synonym{"extract", "Write year(x), hour(x), …."},
    Synonym{"date_part", "Write year(x), hour(x), …."},
    Synonym{"dayofweek", "Did you mean day_of_week?"},
    Synonym{"weekday", "Did you mean day_of_week?"},
    Synonym{"isnan", "Did you mean is_nan?"},
    Synonym{"unix_timestamp", "Did you mean epoch?"},
};

std::string UnknownFunctionAdvice(const std::string& name) {
  for (const Synonym& synonym : kSynonyms) {
    if (synonym.name == name) return std::string(synonym.suggestion);
  }
  std::vector<std::string> names = CallableNames();
  names.insert(names.end(), AggregateNames().begin(), AggregateNames().end());
  const std::string nearest = base::DidYouMean(name, names);
  if (!nearest.empty()) return nearest;
  return fmt::format("Aggregates are {}; functions are {}.", Listed(AggregateNames()), Listed(CallableNames()));
}

std::string TypesOf(const std::vector<NodePtr>& args) {
  std::vector<std::string> names;
  for (const NodePtr& arg : args) names.push_back(TypeName(arg->type));
  return Listed(names);
}

std::string OperatorAdvice(std::string_view name, const std::vector<NodePtr>& args) {
  const auto has = [&](TypeKind kind) {
    return std::any_of(args.begin(), args.end(), [&](const NodePtr& arg) { return arg->type == kind; });
  };
  if (name == "+" && has(TypeKind::kString)) return "Strings are joined with ||.";
  if (name == "||") return "Convert with cast(x as string), or use concat.";
  if (name == "like") return "Convert with cast(x as string).";
  if (name == "not") return "Compare it, as in x <> 0.";
  if (has(TypeKind::kString) && has(TypeKind::kTimestamp)) return "Write a time as timestamp '2013-01-01 08:00'.";
  if (has(TypeKind::kDuration) && (has(TypeKind::kInt64) || has(TypeKind::kFloat64))) {
    return "Give the number a unit, as in 90m or x * 1s, or divide the duration by one: x / 1h.";
  }
  if (has(TypeKind::kTimestamp) && (has(TypeKind::kInt64) || has(TypeKind::kFloat64))) {
    return "Times are moved by durations: x + 1h, or x + n * 1s.";
  }
  if (has(TypeKind::kString)) return "Convert with cast(x as float64).";
  if (has(TypeKind::kBool)) return "Convert with cast(x as int64).";
  return "";
}

}  // namespace

NodePtr Checker::Call(const Expr& expr) {
  const auto& callable = CallableNames();
  if (std::find(callable.begin(), callable.end(), expr.name) == callable.end()) {
    // Its arguments are not looked at: whether they stand in an aggregate is not known.
    return Error(expr, fmt::format("Function is not known: {}.", expr.name), UnknownFunctionAdvice(expr.name));
  }
  std::vector<NodePtr> args;
  for (const ExprPtr& arg : expr.args) args.push_back(Visit(*arg));
  if (std::find(args.begin(), args.end(), nullptr) != args.end()) return nullptr;
  const Function& function = *FindFunction(expr.name);
  if (function.form == Form::kStrict) return Strict(function, std::move(args), expr);
  if (function.form == Form::kIf) return If(std::move(args), expr);
  return OfOneType(function, std::move(args), expr);
}

NodePtr Checker::Strict(const Function& function, std::vector<NodePtr> args, const Expr& expr) {
  const Overload* best = nullptr;
  int best_distance = kNoMatch;
  for (const Overload& overload : function.overloads) {
    const int distance = Distance(overload, args);
    if (distance >= best_distance) continue;
    best = &overload;
    best_distance = distance;
  }
  if (best == nullptr) return NoOverload(function, args, expr);
  auto node = std::make_shared<Node>();
  node->op = Op::kCall;
  node->type = best->result;
  node->function = &function;
  node->call = best;
  for (size_t i = 0; i < args.size(); ++i) node->args.push_back(Become(std::move(args[i]), ParamType(best->params[i])));
  if (!SetConstants(*best, expr, node.get())) return nullptr;
  return Fold(std::move(node));
}

NodePtr Checker::NoOverload(const Function& function, const std::vector<NodePtr>& args, const Expr& expr) {
  if (expr.kind != Kind::kCall) {
    return Error(expr, fmt::format("Operator {} does not take {}.", function.name, TypesOf(args)),
                 OperatorAdvice(function.name, args));
  }
  const bool count_fits = std::any_of(function.overloads.begin(), function.overloads.end(),
                                      [&](const Overload& overload) { return overload.params.size() == args.size(); });
  const std::string usage = fmt::format("Write {}.", function.usage);
  if (!count_fits) {
    return Error(expr, fmt::format("Function {} has the wrong number of arguments: {}.", function.name, args.size()),
                 usage);
  }
  return Error(expr, fmt::format("Function {} does not take {}.", function.name, TypesOf(args)), usage);
}

bool Checker::SetConstants(const Overload& overload, const Expr& expr, Node* node) {
  static const base::Zone* utc = *base::FindZone("UTC");
  node->constants.zone = utc;
  for (size_t i = 0; i < overload.params.size(); ++i) {
    const char letter = overload.params[i];
    if (letter != 'z' && letter != 'u') continue;
    const Expr& at = *expr.args[i];
    const Node& arg = *node->args[i];
    if (arg.op != Op::kLiteral || arg.literal.is_null()) {
      Error(at, letter == 'z' ? "Time zone must be a constant." : "Unit must be a constant.",
            letter == 'z' ? "Write its name in single quotes: 'Europe/Berlin'." : "Write it in single quotes: 'day'.");
      return false;
    }
    if (letter == 'z') {
      const base::Result<const base::Zone*> zone = base::FindZone(arg.literal.AsString());
      if (!zone.ok()) {
        Error(at, zone.status().message(), zone.status().suggestion());
        return false;
      }
      node->constants.zone = *zone;
      continue;
    }
    const std::string name = LowerCase(arg.literal.AsString());
    const auto unit =
        std::find_if(kUnits.begin(), kUnits.end(), [&](const NamedUnit& known) { return known.name == name; });
    if (unit == kUnits.end()) {
      std::vector<std::string> names;
      for (const NamedUnit& known : kUnits) names.emplace_back(known.name);
      std::string suggestion = base::DidYouMean(name, names);
      if (suggestion.empty()) suggestion = fmt::format("Units are {}.", Listed(names));
      Error(at, fmt::format("Unit of the calendar is not known: {}.", name), std::move(suggestion));
      return false;
    }
    node->constants.unit = unit->unit;
    node->args[i] = LiteralNode(data::Value::String(name));
  }
  return true;
}

// coalesce, least, greatest, concat, nullif
NodePtr Checker::OfOneType(const Function& function, std::vector<NodePtr> args, const Expr& expr) {
  const bool is_nullif = function.form == Form::kNullIf;
  if (args.empty() || (is_nullif && args.size() != 2)) {
    return Error(expr, fmt::format("Function {} has the wrong number of arguments: {}.", function.name, args.size()),
                 fmt::format("Write {}.", function.usage));
  }
  std::optional<Type> type = CommonType(args, expr.args, fmt::format("Arguments of {}", function.name));
  if (!type) return nullptr;
  if (function.form == Form::kConcat) {
    if (!CanBecome(*type, TypeKind::kString)) return NoOverload(function, args, expr);
    type = TypeKind::kString;
  }
  auto node = std::make_shared<Node>();
  node->op = function.form == Form::kCoalesce   ? Op::kCoalesce
             : function.form == Form::kLeast    ? Op::kLeast
             : function.form == Form::kGreatest ? Op::kGreatest
             : function.form == Form::kConcat   ? Op::kConcat
                                                : Op::kNullIf;
  node->type = *type;
  for (NodePtr& arg : args) node->args.push_back(Become(std::move(arg), *type));
  return Fold(std::move(node));
}

NodePtr Checker::If(std::vector<NodePtr> args, const Expr& expr) {
  if (args.size() != 3) {
    return Error(expr, fmt::format("Function if has the wrong number of arguments: {}.", args.size()),
                 "Write if(condition, a, b).");
  }
  if (!CanBecome(args[0]->type, TypeKind::kBool)) {
    return Error(*expr.args[0], fmt::format("Condition of if is not a bool: got {}.", TypeName(args[0]->type)));
  }
  const std::span<const NodePtr> values(args.data() + 1, 2);
  const std::optional<Type> type = CommonType(values, std::span(expr.args).subspan(1), "Values of if");
  if (!type) return nullptr;
  auto node = std::make_shared<Node>();
  node->op = Op::kCase;
  node->type = *type;
  node->args = {Become(args[0], TypeKind::kBool), Become(args[1], *type), Become(args[2], *type)};
  return Fold(std::move(node));
}

std::optional<Type> Checker::CommonType(std::span<const NodePtr> nodes, std::span<const ExprPtr> exprs,
                                        std::string_view of_what) {
  Type common;
  for (size_t i = 0; i < nodes.size(); ++i) {
    const Type type = nodes[i]->type;
    if (CanBecome(type, common)) continue;
    if (!CanBecome(common, type)) {
      Error(*exprs[i], fmt::format("{} have different types: {} and {}.", of_what, TypeName(common), TypeName(type)),
            FindCast(type, common) != nullptr ? fmt::format("Convert with cast(… as {}).", TypeName(common)) : "");
      return std::nullopt;
    }
    common = type;
  }
  return common;
}

bool Checker::CanBecome(Type from, Type to) {
  return from == to || from == TypeKind::kNull || (from == TypeKind::kInt64 && to == TypeKind::kFloat64);
}

NodePtr Checker::Become(NodePtr node, Type type) {
  if (node->type == type) return node;
  // Whatever is always null is a null of the type wanted.
  if (node->type == TypeKind::kNull) return LiteralNode(data::Value::Null(type));
  auto widened = std::make_shared<Node>();
  widened->op = Op::kCall;
  widened->type = type;
  widened->function = FindFunction("cast");
  widened->call = FindCast(node->type, type);
  widened->args = {std::move(node)};
  return Fold(std::move(widened));
}

NodePtr Checker::LiteralNode(data::Value value) {
  auto node = std::make_shared<Node>();
  node->type = value.type();
  node->literal = std::move(value);
  return node;
}

NodePtr Checker::Fold(std::shared_ptr<Node> node) {
  const bool constant =
      std::all_of(node->args.begin(), node->args.end(), [](const NodePtr& arg) { return arg->op == Op::kLiteral; });
  // A zone's rules change with its database.
  const bool zoned = node->constants.zone != nullptr && base::ZoneName(*node->constants.zone) != "UTC";
  if (!constant || zoned || node->type == TypeKind::kNull) return node;
  bool error = false;
  data::Value value = EvaluateTree(*node, {}, &error);
  if (error) return node;
  // These cannot be written as literals.
  const bool is_time = value.type() == TypeKind::kTimestamp && !value.is_null();
  const bool is_duration = value.type() == TypeKind::kDuration && !value.is_null();
  if (is_time && !IsInstant(value.AsInt())) return node;
  if (is_duration && value.AsInt() == std::numeric_limits<int64_t>::min()) return node;
  return LiteralNode(std::move(value));
}

}  // namespace plumb::expr
