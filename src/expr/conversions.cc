#include "expr/conversions.h"

#include <fmt/core.h>

#include <algorithm>

#include "expr/checker.h"
#include "expr/decimal_kernels.h"
#include "expr/decimal_math.h"

namespace plumb::expr {

using data::Type;
using data::TypeKind;
using data::TypeName;

namespace {

constexpr int kNoMatch = 1000;
// Costs of conversions. Two of int64 to float64 are less than one to decimal, and one of int64 to decimal is less than
// one of decimal to float64.
constexpr int kIntToFloat = 1, kIntToDecimal = 3, kDecimalToFloat = 7;

// Whether the kind of a parameter needs more to be a type.
bool HasParameters(TypeKind kind) {
  return kind == TypeKind::kDecimal || kind == TypeKind::kList || kind == TypeKind::kVector;
}

int Distance(TypeKind to, Type from, const std::vector<NodePtr>& args) {
  if (from == TypeKind::kNull) {
    // A null takes its type from another argument.
    const bool is_known = !HasParameters(to) || std::any_of(args.begin(), args.end(),
                                                            [&](const NodePtr& arg) { return arg->type.kind == to; });
    return is_known ? 0 : kNoMatch;
  }
  if (from.kind == to) return 0;
  if (from == TypeKind::kInt64 && to == TypeKind::kFloat64) return kIntToFloat;
  if (from == TypeKind::kInt64 && to == TypeKind::kDecimal) return kIntToDecimal;
  return from.IsDecimal() && to == TypeKind::kFloat64 ? kDecimalToFloat : kNoMatch;
}

bool IsConstant(char letter) { return letter == 'z' || letter == 'u' || letter == 'k'; }

// Whether every value of `from` is one of `to`.
bool Holds(Type to, Type from) {
  return to.scale >= from.scale && to.precision - to.scale >= from.precision - from.scale;
}

bool CanBecomeNode(const Node& node, Type to) {
  if (node.op == Op::kLiteral && node.type == TypeKind::kInt64 && to.IsDecimal() && !node.literal.is_null()) {
    return FitsDigits(node.literal.AsInt(), to.precision - to.scale);
  }
  return node.type == to || node.type == TypeKind::kNull ||
         (to == TypeKind::kFloat64 && (node.type == TypeKind::kInt64 || node.type.IsDecimal())) ||
         (to.IsDecimal() && (node.type == TypeKind::kInt64 || node.type.IsDecimal()) && Holds(to, AsDecimal(node)));
}

int Distance(const Overload& overload, const std::vector<NodePtr>& args) {
  if (overload.params.size() != args.size()) return kNoMatch;
  int distance = 0;
  for (size_t i = 0; i < args.size() && distance < kNoMatch; ++i) {
    if (overload.params[i] != 'x') {
      distance += Distance(ParamKind(overload.params[i]), args[i]->type, args);
      continue;
    }
    const Type element = args[0]->type.Element();
    if (args[i]->type == element) continue;
    distance += CanBecomeNode(*args[i], element) ? kIntToFloat : kNoMatch;
  }
  return distance;
}

// The widest of the decimals among arguments with this letter.
Type CommonDecimal(char letter, const Overload& overload, const std::vector<NodePtr>& args) {
  Type common;
  for (size_t i = 0; i < args.size(); ++i) {
    if (overload.params[i] != letter || args[i]->type == TypeKind::kNull) continue;
    const Type type = AsDecimal(*args[i]);
    common = common.IsDecimal() ? WiderDecimal(common, type) : type;
  }
  return common;
}

}  // namespace

const Overload* BestOverload(const Function& function, const std::vector<NodePtr>& args) {
  const Overload* best = nullptr;
  int best_distance = kNoMatch;
  for (const Overload& overload : function.overloads) {
    const int distance = Distance(overload, args);
    if (distance >= best_distance) continue;
    best = &overload;
    best_distance = distance;
  }
  return best;
}

Type AsDecimal(const Node& node) {
  if (node.type.IsDecimal()) return node.type;
  const bool is_literal = node.op == Op::kLiteral && !node.literal.is_null();
  return is_literal ? DecimalOfInt(node.literal.AsInt()) : kInt64AsDecimal;
}

std::vector<Type> ParameterTypes(const Overload& overload, const std::vector<NodePtr>& args) {
  std::vector<Type> types;
  for (size_t i = 0; i < args.size(); ++i) {
    const char letter = overload.params[i];
    const TypeKind kind = ParamKind(letter);
    const Type given = args[i]->type;
    if (letter == 'x') {
      types.push_back(args[0]->type.Element());
    } else if (letter == 'm' || (letter == 'n' && given == TypeKind::kNull)) {
      types.push_back(CommonDecimal(letter, overload, args));
    } else if (letter == 'n') {
      types.push_back(AsDecimal(*args[i]));
    } else if (!HasParameters(kind) || IsConstant(letter)) {
      types.emplace_back(kind);
    } else if (given != TypeKind::kNull) {
      types.push_back(given);
    } else {
      const auto other =
          std::find_if(args.begin(), args.end(), [&](const NodePtr& arg) { return arg->type.kind == kind; });
      types.push_back((*other)->type);
    }
  }
  return types;
}

bool Checker::CanBecome(Type from, Type to) {
  Node node;
  node.op = Op::kInput;
  node.type = from;
  return CanBecomeNode(node, to);
}

bool Checker::CanBecome(const Node& node, Type to) { return CanBecomeNode(node, to); }

std::optional<Type> Checker::CommonType(std::span<const NodePtr> nodes, std::span<const ExprPtr> exprs,
                                        std::string_view of_what) {
  const bool has_decimal =
      std::any_of(nodes.begin(), nodes.end(), [](const NodePtr& node) { return node->type.IsDecimal(); });
  Type common;
  for (size_t i = 0; i < nodes.size(); ++i) {
    const bool is_int = nodes[i]->type == TypeKind::kInt64;
    const Type type = has_decimal && is_int ? AsDecimal(*nodes[i]) : nodes[i]->type;
    if (CanBecome(type, common)) continue;
    if (common.IsDecimal() && type.IsDecimal()) {
      const Type wider = WiderDecimal(common, type);
      // A value that does not fit would be an error, and choices drop errors: another value would be chosen.
      if (!CanBecome(common, wider) || !CanBecome(type, wider)) {
        Error(*exprs[i],
              fmt::format("{} have no decimal of at most {} digits that holds all: {} and {}.", of_what,
                          Type::kPrecisionMax, TypeName(common), TypeName(type)),
              "Cast one of them to fewer digits, or to float64.");
        return std::nullopt;
      }
      common = wider;
    } else if (CanBecome(common, type)) {
      common = type;
    } else {
      Error(*exprs[i],
            fmt::format("{} have different types: {} and {}.", of_what, TypeName(common), TypeName(nodes[i]->type)),
            FindCast(type, common) != nullptr ? fmt::format("Convert with cast(… as {}).", TypeName(common)) : "");
      return std::nullopt;
    }
  }
  return common;
}

NodePtr Checker::Become(NodePtr node, Type type) {
  if (node->type == type) return node;
  // Whatever is always null is a null of the type wanted.
  if (node->type == TypeKind::kNull) return LiteralNode(data::Value::Null(type));
  auto converted = std::make_shared<Node>();
  converted->op = Op::kCall;
  converted->type = type;
  converted->function = FindFunction("cast");
  converted->call = FindCast(node->type, type);
  converted->constants.args[0] = node->type;
  converted->constants.result = type;
  converted->args = {std::move(node)};
  return Fold(std::move(converted));
}

}  // namespace plumb::expr
