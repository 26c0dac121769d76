// node.h: the typed tree that the checker makes and both evaluators read.
// Thread safety: immutable and shared.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "data/value.h"
#include "expr/checked.h"
#include "expr/functions.h"

namespace plumb::expr {

enum class Op : uint8_t {
  kLiteral,
  kInput,  // Scalar::inputs()[input]
  kCall,   // a strict operation: call
  kAnd,    // three-valued
  kOr,
  kCase,     // [when, then]*, else
  kIn,       // value, choices…
  kBetween,  // value, low, high
  kIsNull,
  kCoalesce,  // the first that is not null
  kLeast,     // of those that are not null
  kGreatest,
  kConcat,  // of those that are not null
  kNullIf,
};

struct Node;
using NodePtr = std::shared_ptr<const Node>;

struct Node {
  Op op = Op::kLiteral;
  data::Type type;
  data::Value literal;
  int input = -1;
  const Function* function = nullptr;  // kCall
  const Overload* call = nullptr;      // kCall
  Constants constants;
  std::vector<NodePtr> args;
};

// The canonical text of a tree. Two trees have the same text iff they mean the same to the checker.
std::string CanonicalText(const Node& node, const std::vector<Input>& inputs);
std::string SpellName(std::string_view name);
std::string SpellLiteral(const data::Value& value);
std::string_view CalendarUnitName(CalendarUnit unit);

// The specification: a plain walk of the tree.
data::Value EvaluateTree(const Node& node, std::span<const data::Value> inputs, bool* error,
                         std::span<const uint8_t> input_errors = {});

// What `and`, `or`, `in` and `between` make of states; shared with the vectorised evaluator.
struct Truth {
  bool value = false;
  State state = kValue;
};
inline Truth And(Truth a, Truth b) {
  const bool decided = (a.state == kValue && !a.value) || (b.state == kValue && !b.value);
  return decided ? Truth{false, kValue} : Truth{true, static_cast<State>(a.state | b.state)};
}
inline Truth Or(Truth a, Truth b) {
  const bool decided = (a.state == kValue && a.value) || (b.state == kValue && b.value);
  return decided ? Truth{true, kValue} : Truth{false, static_cast<State>(a.state | b.state)};
}

}  // namespace plumb::expr
