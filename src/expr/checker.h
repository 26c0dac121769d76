// checker.h: from a syntax tree to typed trees: names, types, and the terms that need events.
//
// A frame is one scalar expression under construction: the whole, an aggregate's argument or condition, or a key of a
// look-up. A frame says which names it knows and gathers the inputs that it uses. Checking goes on after a mistake: a
// null node stands for a part that has been complained about, and nothing more is said about it.
//
// Thread safety: one user.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "expr/checked.h"
#include "expr/node.h"

namespace plumb::expr {

class Checker {
 public:
  Checker(const Scope& scope, base::Diagnostics* diagnostics) : scope_(scope), diagnostics_(diagnostics) {}
  std::optional<Checked> Run(const ExprPtr& expr, std::optional<data::Type> wanted);

 private:
  enum class Place { kOutside, kAggregate, kKey };
  struct Frame {
    Place place = Place::kOutside;
    std::string inside;  // the aggregate's name, or the view of the look-up
    std::vector<Input> inputs;
  };

  // check.cc
  NodePtr Visit(const Expr& expr);
  NodePtr Operator(const Expr& expr);
  NodePtr Case(const Expr& expr);
  NodePtr Choices(const Expr& expr, Op op);
  NodePtr Negated(NodePtr node, const Expr& expr);
  NodePtr CastTo(const Expr& expr);
  std::optional<Scalar> Build(NodePtr root, Frame frame);
  std::nullptr_t Error(const Expr& at, std::string message, std::string suggestion = "");

  // check_names.cc: what inputs are
  NodePtr Name(const Expr& expr);
  NodePtr EventName(const Expr& expr);
  NodePtr UnknownColumn(const Expr& expr, const data::Schema* known, const std::string& known_are_of);
  NodePtr InputNode(Input input);
  NodePtr Feature(const Expr& expr);
  bool FeatureKeys(const Expr& expr, const ViewSignature& view, FeatureRef* ref);
  std::optional<Scalar> MappedKey(const Expr& value, const data::Field& field, const std::string& view);
  std::optional<Scalar> KeyByName(const Expr& expr, const data::Field& field, const std::string& view);

  // check_aggregates.cc
  NodePtr AggregateTerm(const Expr& expr);
  bool AggregateParts(const Expr& expr, Aggregate* aggregate);
  std::optional<Scalar> AggregatePart(const Expr& part, const std::string& aggregate, bool condition);
  bool AggregateParameter(const Expr& expr, Aggregate* aggregate);
  bool WrongArgumentCount(const Expr& expr);
  std::optional<data::Type> AggregateType(const Expr& expr, const Aggregate& aggregate);
  bool CheckWindow(const Expr& expr);

  // check_calls.cc: functions, conversions, constants
  NodePtr Call(const Expr& expr);
  NodePtr Strict(const Function& function, std::vector<NodePtr> args, const Expr& expr);
  NodePtr OfOneType(const Function& function, std::vector<NodePtr> args, const Expr& expr);
  NodePtr If(std::vector<NodePtr> args, const Expr& expr);
  bool SetConstants(const Overload& overload, const Expr& expr, Node* node);
  bool SetZone(const Expr& at, const Node& arg, Node* node);
  bool SetUnit(const Expr& at, size_t i, Node* node);
  bool SetType(const Overload& overload, const Expr& expr, Node* node);
  NodePtr NoOverload(const Function& function, const std::vector<NodePtr>& args, const Expr& expr);
  // The type that all have after widening; nothing and an error if there is none.
  std::optional<data::Type> CommonType(std::span<const NodePtr> nodes, std::span<const ExprPtr> exprs,
                                       std::string_view of_what);

  // Requires: the types are equal, or the node's is null, or there is a cast.
  static NodePtr Become(NodePtr node, data::Type type);
  // Whether a value is converted without being asked to.
  static bool CanBecome(data::Type from, data::Type to);
  static bool CanBecome(const Node& node, data::Type to);
  static bool HasOrder(data::Type type);
  // A literal instead of an operation on literals, where that has the same bits always.
  static NodePtr Fold(std::shared_ptr<Node> node);
  static NodePtr LiteralNode(data::Value value);

  const Scope& scope_;
  base::Diagnostics* diagnostics_;
  Frame frame_;
  std::vector<Aggregate> aggregates_;
  std::vector<FeatureRef> features_;
};

std::string AggregateText(const Aggregate& aggregate);
std::string FeatureText(const FeatureRef& feature);
// "a, b and c"
std::string Listed(const std::vector<std::string>& names);

}  // namespace plumb::expr
