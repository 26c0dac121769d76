// Which operation a call means: overloads, widening, constant arguments, folding.
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "expr/checker.h"
#include "expr/conversions.h"
#include "expr/float_result.h"
#include "expr/vocabulary.h"

namespace plumb::expr {

using data::Type;
using data::TypeKind;
using data::TypeName;

namespace {

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
    Synonym{"array_length", "Did you mean len?"},
    Synonym{"cardinality", "Did you mean len?"},
    Synonym{"list_contains", "Did you mean contains?"},
    Synonym{"cosine", "Did you mean cosine_similarity?"},
    Synonym{"euclidean_distance", "Did you mean l2_distance?"},
    Synonym{"dot_product", "Did you mean dot?"},
    Synonym{"substring", "Did you mean substr?"},
    Synonym{"position", "Did you mean strpos?"},
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
  const Overload* best = BestOverload(function, args);
  if (best == nullptr) return NoOverload(function, args, expr);
  const std::vector<Type> types = ParameterTypes(*best, args);
  auto node = std::make_shared<Node>();
  node->op = Op::kCall;
  node->function = &function;
  node->call = best;
  for (size_t i = 0; i < args.size(); ++i) node->args.push_back(Become(std::move(args[i]), types[i]));
  if (!SetConstants(*best, expr, node.get()) || !SetType(*best, expr, node.get())) return nullptr;
  return Fold(std::move(node));
}

bool Checker::SetType(const Overload& overload, const Expr& expr, Node* node) {
  std::vector<Type> types;
  for (const NodePtr& arg : node->args) types.push_back(arg->type);
  std::copy_n(types.begin(), std::min(types.size(), std::size(node->constants.args)), node->constants.args);
  const base::Result<Type> type =
      overload.rule == nullptr ? Type(overload.result) : overload.rule(types, node->constants);
  if (!type.ok()) {
    Error(expr, type.status().message(), type.status().suggestion());
    return false;
  }
  node->type = *type;
  node->constants.result = *type;
  return true;
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
  const bool is_text = function.name == "len" && args[0]->type == TypeKind::kString;
  return Error(expr, fmt::format("Function {} does not take {}.", function.name, TypesOf(args)),
               is_text ? "Write length(s) for the characters of a string." : usage);
}

bool Checker::SetConstants(const Overload& overload, const Expr& expr, Node* node) {
  static const base::Zone* utc = *base::FindZone("UTC");
  node->constants.zone = utc;
  for (size_t i = 0; i < overload.params.size(); ++i) {
    const char letter = overload.params[i];
    if (letter != 'z' && letter != 'u' && letter != 'k') continue;
    const Expr& at = *expr.args[i];
    const Node& arg = *node->args[i];
    if (arg.op != Op::kLiteral || arg.literal.is_null()) {
      if (letter == 'z')
        Error(at, "Time zone must be a constant.", "Write its name in single quotes: 'Europe/Berlin'.");
      if (letter == 'u') Error(at, "Unit must be a constant.", "Write it in single quotes: 'day'.");
      if (letter == 'k') Error(at, "Number of digits of a decimal must be a constant.", "Write round(x, 2).");
      return false;
    }
    if (letter == 'k') node->constants.number = arg.literal.AsInt();
    if (letter == 'z' && !SetZone(at, arg, node)) return false;
    if (letter == 'u' && !SetUnit(at, i, node)) return false;
  }
  return true;
}

bool Checker::SetZone(const Expr& at, const Node& arg, Node* node) {
  const base::Result<const base::Zone*> zone = base::FindZone(arg.literal.AsString());
  if (!zone.ok()) {
    Error(at, zone.status().message(), zone.status().suggestion());
    return false;
  }
  node->constants.zone = *zone;
  return true;
}

bool Checker::SetUnit(const Expr& at, size_t i, Node* node) {
  const std::string name = LowerCase(node->args[i]->literal.AsString());
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
  const bool is_extreme = function.form == Form::kLeast || function.form == Form::kGreatest;
  if (is_extreme && !HasOrder(*type)) {
    return Error(expr, fmt::format("Arguments of {} have no order: {}.", function.name, TypeName(*type)));
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
  const bool is_cast_from_text =
      !value.is_null() && (value.type().IsDecimal() || StorageOf(value.type()) == Storage::kBytes);
  if (is_cast_from_text && value.type() != TypeKind::kString) {
    const base::Result<data::Value> again = data::ParseValue(value.type(), value.ToString());
    if (!again.ok() || *again != value) return node;
  }
  const bool is_time = value.type() == TypeKind::kTimestamp && !value.is_null();
  const bool is_duration = value.type() == TypeKind::kDuration && !value.is_null();
  if (is_time && !IsInstant(value.AsInt())) return node;
  if (is_duration && value.AsInt() == std::numeric_limits<int64_t>::min()) return node;
  return LiteralNode(std::move(value));
}

}  // namespace plumb::expr
