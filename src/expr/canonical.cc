// The one text of all trees that mean the same: as few parentheses as the grammar needs, literals with their type, what
// the checker converted spelt out. It can be parsed again and gives itself.
#include <fmt/core.h>

#include "expr/node.h"
#include "expr/vocabulary.h"

namespace plumb::expr {
namespace {

int InfixPrecedence(std::string_view name) {
  if (name == "+" || name == "-") return kSum;
  if (name == "*" || name == "/" || name == "%") return kProduct;
  if (name == "||") return kJoin;
  if (name == "like" || name == "=" || name == "<>" || name == "<" || name == "<=" || name == ">" || name == ">=") {
    return kCompare;
  }
  return kNone;
}

std::string Quoted(std::string_view text, char quote) {
  std::string quoted(1, quote);
  for (const char c : text) {
    quoted.push_back(c);
    if (c == quote) quoted.push_back(c);
  }
  quoted.push_back(quote);
  return quoted;
}

std::string FloatText(double value) {
  std::string text = data::Value::Float64(value).ToString();
  if (!IsFinite(value)) return fmt::format("cast('{}' as float64)", text);
  const bool marked = text.find_first_of(".e") != std::string::npos;
  return marked ? text : text + ".0";
}

std::string DurationText(int64_t micros) {
  base::Span span;
  span.micros = micros < 0 ? -micros : micros;
  return (micros < 0 ? "-" : "") + base::FormatSpan(span);
}

class Printer {
 public:
  explicit Printer(const std::vector<Input>& inputs) : inputs_(inputs) {}

  // In parentheses if `node` binds less than `wanted`.
  void Print(const Node& node, int wanted) {
    const bool parenthesised = PrecedenceOf(node) < wanted;
    if (parenthesised) out_ += '(';
    PrintBare(node);
    if (parenthesised) out_ += ')';
  }
  std::string Take() { return std::move(out_); }

 private:
  static int PrecedenceOf(const Node& node) {
    switch (node.op) {
      case Op::kAnd:
        return kAnd;
      case Op::kOr:
        return kOr;
      case Op::kIn:
      case Op::kBetween:
      case Op::kIsNull:
        return kCompare;
      case Op::kCall: {
        if (node.function->name == "not") return kNot;
        if (node.function->name == "-" && node.args.size() == 1) return kSign;
        const int infix = InfixPrecedence(node.function->name);
        return infix == kNone ? kAtom : infix;
      }
      default:
        return kAtom;
    }
  }

  void PrintBare(const Node& node) {
    switch (node.op) {
      case Op::kLiteral:
        out_ += SpellLiteral(node.literal);
        return;
      case Op::kInput:
        return PrintInput(inputs_[static_cast<size_t>(node.input)]);
      case Op::kCall:
        return PrintCall(node);
      case Op::kAnd:
        return Infix(node, " and ", kAnd, kAnd + 1);
      case Op::kOr:
        return Infix(node, " or ", kOr, kOr + 1);
      case Op::kCase:
        return PrintCase(node);
      case Op::kIn:
        Print(*node.args[0], kJoin);
        out_ += " in ";
        return List(node, 1);
      case Op::kBetween:
        Print(*node.args[0], kJoin);
        out_ += " between ";
        Print(*node.args[1], kJoin);
        out_ += " and ";
        return Print(*node.args[2], kJoin);
      case Op::kIsNull:
        Print(*node.args[0], kJoin);
        out_ += " is null";
        return;
      case Op::kCoalesce:
        return Named("coalesce", node);
      case Op::kLeast:
        return Named("least", node);
      case Op::kGreatest:
        return Named("greatest", node);
      case Op::kConcat:
        return Named("concat", node);
      case Op::kNullIf:
        return Named("nullif", node);
    }
  }

  void PrintInput(const Input& input) {
    switch (input.leaf) {
      case Input::Leaf::kColumn:
        out_ += SpellName(input.name);
        return;
      case Input::Leaf::kTime:
        out_ += 't';
        return;
      case Input::Leaf::kAggregate:
      case Input::Leaf::kFeature:
        out_ += input.name;
        return;
    }
  }

  void PrintCall(const Node& node) {
    const std::string_view name = node.function->name;
    if (name == "cast") {
      out_ += "cast(";
      Print(*node.args[0], kNone);
      out_ += fmt::format(" as {})", data::TypeName(node.type));
      return;
    }
    if (name == "not") {
      out_ += "not ";
      return Print(*node.args[0], kNot);
    }
    if (name == "-" && node.args.size() == 1) {
      out_ += '-';
      return Print(*node.args[0], kSign);
    }
    const int precedence = InfixPrecedence(name);
    // Comparisons do not chain.
    if (precedence == kCompare) return Infix(node, fmt::format(" {} ", name), kCompare + 1, kCompare + 1);
    if (precedence != kNone) return Infix(node, fmt::format(" {} ", name), precedence, precedence + 1);
    const int version = node.function->version;
    Named(version > 1 ? fmt::format("{}#{}", name, version) : std::string(name), node);
  }

  void Infix(const Node& node, std::string_view op, int left, int right) {
    Print(*node.args[0], left);
    out_ += op;
    Print(*node.args[1], right);
  }

  void Named(std::string_view name, const Node& node) {
    out_ += name;
    List(node, 0);
  }

  void List(const Node& node, size_t first) {
    out_ += '(';
    for (size_t i = first; i < node.args.size(); ++i) {
      if (IsDefaultZone(node, i)) continue;
      if (i > first) out_ += ", ";
      Print(*node.args[i], kNone);
    }
    out_ += ')';
  }

  static bool IsDefaultZone(const Node& node, size_t arg) {
    return node.op == Op::kCall && node.call->params[arg] == 'z' && node.args[arg]->literal.AsString() == "UTC";
  }

  void PrintCase(const Node& node) {
    out_ += "case";
    for (size_t i = 0; i + 1 < node.args.size(); i += 2) {
      out_ += " when ";
      Print(*node.args[i], kNone);
      out_ += " then ";
      Print(*node.args[i + 1], kNone);
    }
    const Node& otherwise = *node.args.back();
    const bool is_null = otherwise.op == Op::kLiteral && otherwise.literal.is_null();
    if (!is_null) {
      out_ += " else ";
      Print(otherwise, kNone);
    }
    out_ += " end";
  }

  const std::vector<Input>& inputs_;
  std::string out_;
};

}  // namespace

std::string SpellName(std::string_view name) {
  return IsPlainName(name) && name != "t" ? std::string(name) : Quoted(name, '"');
}

std::string SpellLiteral(const data::Value& value) {
  if (value.is_null()) return fmt::format("cast(null as {})", data::TypeName(value.type()));
  switch (value.type().kind) {
    case data::TypeKind::kFloat64:
      return FloatText(value.AsDouble());
    case data::TypeKind::kString:
      return Quoted(value.AsString(), '\'');
    case data::TypeKind::kTimestamp:
      return fmt::format("timestamp '{}'", value.ToString());
    case data::TypeKind::kDuration:
      return DurationText(value.AsInt());
    case data::TypeKind::kDecimal:
    case data::TypeKind::kList:
    case data::TypeKind::kVector:
      return fmt::format("cast({} as {})", Quoted(value.ToString(), '\''), data::TypeName(value.type()));
    default:
      return value.ToString();
  }
}

std::string CanonicalText(const Node& node, const std::vector<Input>& inputs) {
  Printer printer(inputs);
  printer.Print(node, kNone);
  return printer.Take();
}

}  // namespace plumb::expr
