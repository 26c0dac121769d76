// The specification of what an expression means: a plain walk of the tree, one row at a time.
#include <span>

#include "base/check.h"
#include "expr/node.h"

namespace plumb::expr {
namespace {

struct Outcome {
  Cell cell;
  State state = kNullState;
};

class Walk {
 public:
  Walk(std::span<const data::Value> inputs, std::span<const uint8_t> input_errors)
      : inputs_(inputs), input_errors_(input_errors) {}

  Outcome Visit(const Node& node) {
    switch (node.op) {
      case Op::kLiteral:
        return FromValue(node.literal);
      case Op::kInput:
        return FromInput(static_cast<size_t>(node.input));
      case Op::kCall:
        return Call(node);
      case Op::kAnd:
      case Op::kOr:
        return Logic(node);
      case Op::kCase:
        return Case(node);
      case Op::kIn:
        return In(node);
      case Op::kBetween:
        return Between(node);
      case Op::kIsNull:
        return FromTruth({Visit(*node.args[0]).state != kValue, kValue});
      case Op::kCoalesce:
        return Coalesce(node);
      case Op::kLeast:
      case Op::kGreatest:
        return Extreme(node);
      case Op::kConcat:
        return Concat(node);
      case Op::kNullIf:
        return NullIf(node);
    }
    return {};
  }

 private:
  [[nodiscard]] Outcome FromInput(size_t input) const {
    if (!input_errors_.empty() && input_errors_[input] != 0) return Null(kErrorState);
    return FromValue(inputs_[input]);
  }
  static Outcome FromValue(const data::Value& value) {
    Outcome outcome;
    if (value.is_null()) return outcome;
    outcome.state = kValue;
    switch (StorageOf(value.type())) {
      case Storage::kInts:
        outcome.cell.i = value.AsInt();
        break;
      case Storage::kDoubles:
        outcome.cell.d = value.AsDouble();
        break;
      case Storage::kBytes:
        outcome.cell.s = value.AsString();
        break;
      case Storage::kDecimals:
        outcome.cell.w = value.AsDecimal();
        break;
    }
    return outcome;
  }
  static Outcome FromTruth(Truth truth) {
    Outcome outcome;
    outcome.cell.i = truth.value ? 1 : 0;
    outcome.state = truth.state;
    return outcome;
  }
  Truth VisitTruth(const Node& node) {
    const Outcome outcome = Visit(node);
    return {outcome.cell.i != 0, outcome.state};
  }

  Outcome Call(const Node& node) {
    Cell args[kKernelArgsMax];
    State state = kValue;
    for (size_t i = 0; i < node.args.size(); ++i) {
      const Outcome arg = Visit(*node.args[i]);
      args[i] = arg.cell;
      state |= arg.state;
    }
    Outcome outcome;
    outcome.state = state != kValue ? state : node.call->kernel(args, node.constants, &arena_, &outcome.cell);
    return outcome;
  }

  Outcome Logic(const Node& node) {
    const Truth a = VisitTruth(*node.args[0]);
    const Truth b = VisitTruth(*node.args[1]);
    return FromTruth(node.op == Op::kAnd ? And(a, b) : Or(a, b));
  }

  // A condition that is an error makes the result one: nobody knows which branch was meant.
  Outcome Case(const Node& node) {
    for (size_t i = 0; i + 1 < node.args.size(); i += 2) {
      const Truth condition = VisitTruth(*node.args[i]);
      if (condition.state == kErrorState) return Null(kErrorState);
      if (condition.state == kValue && condition.value) return Visit(*node.args[i + 1]);
    }
    return Visit(*node.args.back());
  }

  static Outcome Null(State state) {
    Outcome outcome;
    outcome.state = state;
    return outcome;
  }

  // x in (a, b) is x = a or x = b.
  Outcome In(const Node& node) {
    const Outcome value = Visit(*node.args[0]);
    const Storage storage = StorageOf(node.args[0]->type);
    Truth found{false, kValue};
    for (size_t i = 1; i < node.args.size(); ++i) {
      const Outcome choice = Visit(*node.args[i]);
      const auto state = static_cast<State>(value.state | choice.state);
      found = Or(found, {state == kValue && OrderCells(storage, value.cell, choice.cell) == 0, state});
    }
    return FromTruth(found);
  }

  // x between a and b is x >= a and x <= b.
  Outcome Between(const Node& node) {
    const Outcome value = Visit(*node.args[0]);
    const Outcome low = Visit(*node.args[1]);
    const Outcome high = Visit(*node.args[2]);
    const Storage storage = StorageOf(node.args[0]->type);
    const auto low_state = static_cast<State>(value.state | low.state);
    const auto high_state = static_cast<State>(value.state | high.state);
    return FromTruth(And({low_state == kValue && OrderCells(storage, value.cell, low.cell) >= 0, low_state},
                         {high_state == kValue && OrderCells(storage, value.cell, high.cell) <= 0, high_state}));
  }

  Outcome Coalesce(const Node& node) {
    State state = kNullState;
    for (const NodePtr& arg : node.args) {
      const Outcome outcome = Visit(*arg);
      if (outcome.state == kValue) return outcome;
      state |= outcome.state;
    }
    return Null(state);
  }

  Outcome Extreme(const Node& node) {
    Outcome best;
    State errors = kValue;
    for (const NodePtr& arg : node.args) {
      const Outcome outcome = Visit(*arg);
      if (outcome.state == kErrorState) errors = kErrorState;
      if (outcome.state != kValue) continue;
      const int order = best.state == kValue ? OrderCells(StorageOf(node.type), outcome.cell, best.cell) : 0;
      if (best.state != kValue || (node.op == Op::kLeast ? order < 0 : order > 0)) best = outcome;
    }
    return errors == kErrorState ? Null(kErrorState) : best;
  }

  Outcome Concat(const Node& node) {
    std::string joined;
    State errors = kValue;
    for (const NodePtr& arg : node.args) {
      const Outcome outcome = Visit(*arg);
      if (outcome.state == kErrorState) errors = kErrorState;
      if (outcome.state == kValue) joined.append(outcome.cell.s);
    }
    if (errors == kErrorState || joined.size() > kStringBytesMax) return Null(kErrorState);
    Outcome outcome;
    outcome.cell.s = arena_.Keep(std::move(joined));
    outcome.state = kValue;
    return outcome;
  }

  Outcome NullIf(const Node& node) {
    const Outcome value = Visit(*node.args[0]);
    const Outcome other = Visit(*node.args[1]);
    if (other.state == kErrorState) return Null(kErrorState);
    if (value.state != kValue || other.state != kValue) return value;
    return OrderCells(StorageOf(node.type), value.cell, other.cell) == 0 ? Null(kNullState) : value;
  }

  std::span<const data::Value> inputs_;
  std::span<const uint8_t> input_errors_;
  Arena arena_;
};

data::Value ToValue(data::Type type, const Outcome& outcome) {
  if (outcome.state != kValue) return data::Value::Null(type);
  switch (StorageOf(type)) {
    case Storage::kInts:
      return data::Value::Integral(type, outcome.cell.i);
    case Storage::kDoubles:
      return data::Value::Float64(outcome.cell.d);
    case Storage::kBytes:
      return data::Value::Bytes(type, std::string(outcome.cell.s));
    case Storage::kDecimals:
      return data::Value::Decimal(type, outcome.cell.w);
  }
  return data::Value::Null(type);
}

}  // namespace

data::Value EvaluateTree(const Node& node, std::span<const data::Value> inputs, bool* error,
                         std::span<const uint8_t> input_errors) {
  Walk walk(inputs, input_errors);
  const Outcome outcome = walk.Visit(node);
  if (error != nullptr) *error = outcome.state == kErrorState;
  return ToValue(node.type, outcome);
}

}  // namespace plumb::expr
