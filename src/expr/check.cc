#include <fmt/core.h>

#include <algorithm>

#include "expr/checker.h"
#include "expr/program.h"

namespace plumb::expr {

using data::Type;
using data::TypeKind;
using data::TypeName;

std::optional<Checked> Checker::Run(const ExprPtr& expr, std::optional<Type> wanted) {
  const size_t errors_before = diagnostics_->errors();
  NodePtr root = Visit(*expr);
  if (root != nullptr && wanted && !CanBecome(*root, *wanted)) {
    const bool can_cast = FindCast(root->type, *wanted) != nullptr;
    root = Error(
        *expr, fmt::format("Expression has the wrong type: want {}, got {}.", TypeName(*wanted), TypeName(root->type)),
        can_cast ? fmt::format("Convert it with cast(… as {}).", TypeName(*wanted)) : "");
  }
  if (root != nullptr && !wanted && root->type == TypeKind::kNull) {
    root = Error(*expr, "Type of the expression is not known: it is always null.",
                 "Write cast(null as float64), for example.");
  }
  if (root == nullptr || diagnostics_->errors() > errors_before) return std::nullopt;
  if (wanted) root = Become(std::move(root), *wanted);
  std::optional<Scalar> scalar = Build(std::move(root), std::move(frame_));
  return Checked{std::move(*scalar), std::move(aggregates_), std::move(features_)};
}

std::nullptr_t Checker::Error(const Expr& at, std::string message, std::string suggestion) {
  diagnostics_->Error(at.position, std::move(message), std::move(suggestion));
  return nullptr;
}

std::optional<Scalar> Checker::Build(NodePtr root, Frame frame) {
  if (root == nullptr) return std::nullopt;
  Scalar scalar;
  scalar.type_ = root->type;
  scalar.inputs_ = std::move(frame.inputs);
  scalar.canonical_ = CanonicalText(*root, scalar.inputs_);
  scalar.program_ = Compile(*root, scalar.inputs_);
  scalar.root_ = std::move(root);
  return scalar;
}

NodePtr Checker::Visit(const Expr& expr) {
  switch (expr.kind) {
    case Kind::kLiteral:
      return LiteralNode(expr.literal);
    case Kind::kName:
      return Name(expr);
    case Kind::kFeature:
      return Feature(expr);
    case Kind::kCall:
      return Call(expr);
    case Kind::kUnary:
    case Kind::kBinary:
    case Kind::kLike:
      return Operator(expr);
    case Kind::kCase:
      return Case(expr);
    case Kind::kIn:
      return Choices(expr, Op::kIn);
    case Kind::kBetween:
      return Choices(expr, Op::kBetween);
    case Kind::kIsNull:
      return Choices(expr, Op::kIsNull);
    case Kind::kCast:
      return CastTo(expr);
    case Kind::kAggregate:
      return AggregateTerm(expr);
  }
  return nullptr;
}

NodePtr Checker::Operator(const Expr& expr) {
  std::vector<NodePtr> args;
  for (const ExprPtr& arg : expr.args) args.push_back(Visit(*arg));
  if (std::find(args.begin(), args.end(), nullptr) != args.end()) return nullptr;
  if (expr.name != "and" && expr.name != "or") {
    const std::string_view name = expr.kind == Kind::kLike ? "like" : std::string_view(expr.name);
    return Negated(Strict(*FindFunction(name), std::move(args), expr), expr);
  }
  auto node = std::make_shared<Node>();
  node->op = expr.name == "and" ? Op::kAnd : Op::kOr;
  node->type = TypeKind::kBool;
  for (size_t i = 0; i < args.size(); ++i) {
    if (!CanBecome(args[i]->type, TypeKind::kBool)) {
      Error(*expr.args[i],
            fmt::format("Operand of {} is not a condition: want bool, got {}.", expr.name, TypeName(args[i]->type)),
            args[i]->type.IsNumeric() ? "Compare it, as in x <> 0." : "Compare it, as in x = 'a'.");
      args[i] = nullptr;
    } else {
      node->args.push_back(Become(args[i], TypeKind::kBool));
    }
  }
  return node->args.size() == args.size() ? Fold(std::move(node)) : nullptr;
}

NodePtr Checker::Negated(NodePtr node, const Expr& expr) {
  if (node == nullptr || !expr.negated) return node;
  return Strict(*FindFunction("not"), {std::move(node)}, expr);
}

NodePtr Checker::Case(const Expr& expr) {
  std::vector<NodePtr> conditions;
  std::vector<NodePtr> values;
  std::vector<ExprPtr> value_exprs;
  bool ok = true;
  for (size_t i = 0; i + 1 < expr.args.size(); i += 2) {
    NodePtr condition = Visit(*expr.args[i]);
    if (condition != nullptr && !CanBecome(condition->type, TypeKind::kBool)) {
      condition =
          Error(*expr.args[i], fmt::format("Condition of when is not a bool: got {}.", TypeName(condition->type)));
    }
    ok = ok && condition != nullptr;
    conditions.push_back(ok ? Become(std::move(condition), TypeKind::kBool) : nullptr);
    values.push_back(Visit(*expr.args[i + 1]));
    value_exprs.push_back(expr.args[i + 1]);
  }
  if (expr.args.size() % 2 == 1) {
    values.push_back(Visit(*expr.args.back()));
    value_exprs.push_back(expr.args.back());
  }
  if (!ok || std::find(values.begin(), values.end(), nullptr) != values.end()) return nullptr;
  const std::optional<Type> type = CommonType(values, value_exprs, "Values of case");
  if (!type) return nullptr;
  if (values.size() == conditions.size()) values.push_back(LiteralNode(data::Value()));
  auto node = std::make_shared<Node>();
  node->op = Op::kCase;
  node->type = *type;
  for (size_t i = 0; i < conditions.size(); ++i) {
    node->args.push_back(std::move(conditions[i]));
    node->args.push_back(Become(std::move(values[i]), *type));
  }
  node->args.push_back(Become(std::move(values.back()), *type));
  return Fold(std::move(node));
}

bool Checker::HasOrder(Type type) { return type.kind != TypeKind::kList && type.kind != TypeKind::kVector; }

// in, between and is null: a value and others of its type.
NodePtr Checker::Choices(const Expr& expr, Op op) {
  std::vector<NodePtr> args;
  for (const ExprPtr& arg : expr.args) args.push_back(Visit(*arg));
  if (std::find(args.begin(), args.end(), nullptr) != args.end()) return nullptr;
  const char* what = op == Op::kIn ? "Choices of in" : "Bounds of between";
  std::optional<Type> type = CommonType(args, expr.args, what);
  if (!type) return nullptr;
  if (*type == TypeKind::kNull) type = TypeKind::kBool;  // all null: any type does
  if (op == Op::kBetween && !HasOrder(*type)) {
    return Error(expr, fmt::format("Bounds of between have no order: {}.", TypeName(*type)));
  }
  auto node = std::make_shared<Node>();
  node->op = op;
  node->type = TypeKind::kBool;
  for (NodePtr& arg : args) node->args.push_back(Become(std::move(arg), *type));
  return Negated(Fold(std::move(node)), expr);
}

NodePtr Checker::CastTo(const Expr& expr) {
  NodePtr arg = Visit(*expr.args[0]);
  if (arg == nullptr) return nullptr;
  const base::Result<Type> type = data::ParseType(expr.name);
  if (!type.ok()) return Error(expr, type.status().message(), type.status().suggestion());
  if (arg->type != *type && arg->type != TypeKind::kNull && FindCast(arg->type, *type) == nullptr) {
    std::string suggestion;
    if (arg->type == TypeKind::kTimestamp && type->IsNumeric()) suggestion = "Write epoch(x) for seconds.";
    if (*type == TypeKind::kTimestamp && arg->type.IsNumeric()) suggestion = "Write from_epoch(x) for seconds.";
    if (arg->type == TypeKind::kDuration && type->IsNumeric()) suggestion = "Divide by a unit: x / 1s.";
    if (*type == TypeKind::kDuration && arg->type.IsNumeric()) suggestion = "Multiply by a unit: x * 1s.";
    const bool is_number = arg->type == TypeKind::kFloat64 || arg->type.IsDecimal();
    if (*type == TypeKind::kBool && is_number) suggestion = "Compare: x <> 0.";
    if (arg->type == TypeKind::kBool && type->IsDecimal())
      suggestion = "Write cast(cast(x as int64) as decimal(1, 0)).";
    return Error(expr, fmt::format("Conversion is not known: from {} to {}.", TypeName(arg->type), TypeName(*type)),
                 suggestion);
  }
  return Become(std::move(arg), *type);
}

std::optional<Checked> Check(const ExprPtr& expr, const Scope& scope, base::Diagnostics* diagnostics,
                             std::optional<Type> wanted) {
  if (expr == nullptr) return std::nullopt;  // the parser has complained
  return Checker(scope, diagnostics).Run(expr, wanted);
}

}  // namespace plumb::expr
