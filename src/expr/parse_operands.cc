// Operands: literals, names, calls, case and cast, look-ups.
#include <fmt/core.h>

#include <charconv>

#include "expr/parser.h"

namespace plumb::expr {
namespace {

constexpr int kTypeLevelsMax = 4;
// What is repeated counts as nodes; long texts as several.
constexpr size_t kBytesPerNode = 64;

}  // namespace

ExprPtr Parser::Prefix() {
  const Token& token = Peek();
  switch (token.kind) {
    case TokenKind::kName:
      return Word();
    case TokenKind::kQuotedName:
      return NameOrCall();
    case TokenKind::kString: {
      const size_t first_token = next_;
      return Literal(data::Value::String(Take().text), first_token);
    }
    case TokenKind::kInteger:
      return Integer(next_, false);
    case TokenKind::kFloat: {
      const size_t first_token = next_;
      return Literal(data::Value::Float64(Take().number), first_token);
    }
    case TokenKind::kSpan:
      return SpanLiteral();
    case TokenKind::kSymbol:
      return SymbolPrefix();
    case TokenKind::kEnd:
      break;
  }
  if (next_ == 0) return Error(token, "Expression is empty.");
  return Error(token, "Expression ends where a value is expected.");
}

ExprPtr Parser::Literal(data::Value value, size_t first_token) {
  auto expr = Make(Kind::kLiteral, first_token);
  expr->literal = std::move(value);
  return Finish(std::move(expr));
}

// A sign before the digits belongs to them, or else -2^63 could not be written.
ExprPtr Parser::Integer(size_t first_token, bool negative) {
  const Token& token = Take();
  const std::string digits = (negative ? "-" : "") + token.text;
  int64_t value = 0;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (code != std::errc()) {
    return Error(token, fmt::format("Number is out of the range of int64: {}.", digits.substr(0, 40)),
                 "Write it with a decimal point, as float64.");
  }
  return Literal(data::Value::Int64(value), first_token);
}

ExprPtr Parser::SpanLiteral() {
  const size_t first_token = next_;
  const Token& token = Take();
  if (token.span.months != 0) {
    return Error(token, "Duration in months has no fixed length outside windows.",
                 "Write days (30d), or add_months(time, 2).");
  }
  return Literal(data::Value::Duration(token.span.micros), first_token);
}

ExprPtr Parser::SymbolPrefix() {
  const size_t first_token = next_;
  if (IsSymbol("(")) return Parenthesised();
  if (TakeSymbol("-")) {
    if (Peek().kind == TokenKind::kInteger) return Integer(first_token, true);
    ExprPtr arg = Expression(kSign);
    if (arg == nullptr) return nullptr;
    auto expr = Make(Kind::kUnary, first_token);
    expr->name = "-";
    expr->args = {std::move(arg)};
    return Finish(std::move(expr));
  }
  if (TakeSymbol("+")) return Expression(kSign);
  if (IsSymbol(")")) return Expected("a value");
  if (IsSymbol("*")) return Expected("a value", "Write count() to count rows.");
  return Expected("a value");
}

ExprPtr Parser::Parenthesised() {
  const Token& open = Take();
  ExprPtr expr = Expression(kNone);
  if (expr == nullptr) return nullptr;
  if (TakeSymbol(")")) return expr;
  NotClosed(open);
  return nullptr;
}

ExprPtr Parser::Word() {
  const std::string lower = LowerCase(Peek().text);
  const size_t first_token = next_;
  if (lower == "null" || lower == "true" || lower == "false") {
    Take();
    return Literal(lower == "null" ? data::Value() : data::Value::Bool(lower == "true"), first_token);
  }
  if (lower == "case") return Case();
  if (lower == "cast") return Cast();
  if (lower == "timestamp" && Peek(1).kind == TokenKind::kString) return TimestampLiteral();
  if (lower == "interval" && (Peek(1).kind == TokenKind::kString || Peek(1).kind == TokenKind::kInteger)) {
    return Error(Peek(), "interval is not part of the language.", "Durations are written as 10m, 1h30m, 90d.");
  }
  if (IsReserved(lower)) {
    return Error(Peek(), fmt::format("Expected a value, got the word {}.", lower),
                 fmt::format("If it is a column's name, write it in double quotes: \"{}\".", Peek().text));
  }
  return NameOrCall();
}

ExprPtr Parser::TimestampLiteral() {
  const size_t first_token = next_;
  Take();
  const Token& text = Take();
  const base::Result<base::Time> time = base::ParseTime(text.text);
  if (!time.ok()) return Error(text, time.status().message(), time.status().suggestion());
  return Literal(data::Value::Timestamp(*time), first_token);
}

// case when c then v … [else v] end;  case x when a then v … is case when x = a then v …
ExprPtr Parser::Case() {
  const size_t first_token = next_;
  const Token& word = Take();
  ExprPtr operand;
  size_t operand_size = 0;
  if (!IsWord("when")) {
    const size_t before = nodes_;
    const size_t first_of_operand = next_;
    operand = Expression(kNone);
    if (operand == nullptr) return nullptr;
    const size_t bytes = tokens_[next_ - 1].offset + tokens_[next_ - 1].length - tokens_[first_of_operand].offset;
    operand_size = nodes_ - before + bytes / kBytesPerNode;
  }
  std::vector<ExprPtr> args;
  while (TakeWord("when")) {
    if (!args.empty()) nodes_ += operand_size;
    if (!When(operand, &args)) return nullptr;
  }
  if (args.empty()) return Expected("when after case");
  if (TakeWord("else")) {
    args.push_back(Expression(kNone));
    if (args.back() == nullptr) return nullptr;
  }
  if (!TakeWord("end")) {
    if (Peek().kind == TokenKind::kEnd) return Error(word, "case is not ended.", "Write end after the last value.");
    return Expected("when, else or end");
  }
  auto expr = Make(Kind::kCase, first_token);
  expr->args = std::move(args);
  return Finish(std::move(expr));
}

bool Parser::When(const ExprPtr& operand, std::vector<ExprPtr>* args) {
  const size_t first_token = next_;
  ExprPtr condition = Expression(kNone);
  if (condition == nullptr) return false;
  if (operand != nullptr) {
    condition = Binary("=", operand, std::move(condition), first_token);
    if (condition == nullptr) return false;
  }
  args->push_back(std::move(condition));
  if (!TakeWord("then")) {
    Expected("then after the condition");
    return false;
  }
  args->push_back(Expression(kNone));
  return args->back() != nullptr;
}

ExprPtr Parser::Cast() {
  const size_t first_token = next_;
  Take();
  if (!IsSymbol("(")) return Expected("( after cast", "Write cast(x as float64).");
  const Token& open = Take();
  ExprPtr arg = Expression(kNone);
  if (arg == nullptr) return nullptr;
  if (!TakeWord("as")) return Expected("as and a type", "Write cast(x as float64).");
  const size_t first_of_type = next_;
  std::string type_name;
  if (!TypeText(kTypeLevelsMax, &type_name)) return nullptr;
  if (!TakeSymbol(")")) {
    NotClosed(open);
    return nullptr;
  }
  const base::Result<data::Type> type = data::ParseType(type_name);
  if (!type.ok()) return Error(tokens_[first_of_type], type.status().message(), type.status().suggestion());
  auto expr = Make(Kind::kCast, first_token);
  expr->name = data::TypeName(*type);
  expr->args = {std::move(arg)};
  return Finish(std::move(expr));
}

// A type as written in project files: a word, and arguments in parentheses, which may be types.
bool Parser::TypeText(int levels, std::string* text) {
  if (Peek().kind != TokenKind::kName) {
    Expected("a type's name", "Write cast(x as float64).");
    return false;
  }
  *text += LowerCase(Take().text);
  if (!IsSymbol("(")) return true;
  const Token& open = Take();
  *text += '(';
  while (true) {
    if (Peek().kind == TokenKind::kInteger) {
      *text += Take().text;
    } else if (levels == 0) {
      Expected("a shorter type");
      return false;
    } else if (!TypeText(levels - 1, text)) {
      return false;
    }
    if (TakeSymbol(")")) break;
    if (!TakeSymbol(",")) return NotClosed(open);
    *text += ", ";
  }
  *text += ')';
  return true;
}

// column, function(…), aggregate(…) over …, view.feature, view(key = x).feature
ExprPtr Parser::NameOrCall() {
  const size_t first_token = next_;
  if (IsSymbol(".", 1)) {
    const std::string view = Take().text;
    return Member(view, {}, first_token);
  }
  if (IsSymbol("(", 1)) return IsLookup() ? Lookup() : Call();
  auto expr = Make(Kind::kName, first_token);
  const Token& token = Take();
  expr->position = PartOf(position_, token.offset, token.length);
  expr->name = token.text;
  expr->quoted = token.kind == TokenKind::kQuotedName;
  return Finish(std::move(expr));
}

ExprPtr Parser::Member(const std::string& view, std::vector<std::pair<std::string, ExprPtr>> keys, size_t first_token) {
  Take();  // the dot
  if (Peek().kind != TokenKind::kName && Peek().kind != TokenKind::kQuotedName) {
    return Expected("the name of a feature after the dot");
  }
  const std::string feature = Take().text;
  auto expr = Make(Kind::kFeature, first_token);
  expr->name = view;
  expr->member = feature;
  expr->keys = std::move(keys);
  return Finish(std::move(expr));
}

// Whether a dot and a name follow the parenthesis that closes the one after the next name.
bool Parser::IsLookup() const {
  int open = 0;
  for (size_t at = next_ + 1; at < tokens_.size(); ++at) {
    const Token& token = tokens_[at];
    if (token.kind != TokenKind::kSymbol) continue;
    if (token.text == "(") ++open;
    if (token.text == ")" && --open == 0) {
      const Token& after = tokens_[at + 1];  // the last token is kEnd
      return after.kind == TokenKind::kSymbol && after.text == ".";
    }
  }
  return false;
}

ExprPtr Parser::Lookup() {
  const size_t first_token = next_;
  const std::string view = Take().text;
  const Token& open = Take();
  std::vector<std::pair<std::string, ExprPtr>> keys;
  while (true) {
    if (!IsName() || !IsSymbol("=", 1)) {
      return Expected("key = value in the look-up", fmt::format("Write {}(key = column).feature.", view));
    }
    std::string key = Take().text;
    Take();
    ExprPtr value = Expression(kNone);
    if (value == nullptr) return nullptr;
    keys.emplace_back(std::move(key), std::move(value));
    if (TakeSymbol(")")) break;
    if (TakeSymbol(",")) continue;
    NotClosed(open);
    return nullptr;
  }
  return Member(view, std::move(keys), first_token);
}

ExprPtr Parser::Call() {
  const size_t first_token = next_;
  const Token& name_token = Take();
  const std::string name = LowerCase(name_token.text);
  const Token& open = Take();
  if (const std::string_view meant = AggregateMeant(name); !meant.empty()) {
    return AggregateCall(std::string(meant), open, first_token);
  }
  if (const std::string_view advice = ForeignAggregateAdvice(name); !advice.empty()) {
    return Error(name_token, fmt::format("Aggregate is not known: {}.", name), std::string(advice));
  }
  std::vector<ExprPtr> args;
  if (!Arguments(open, &args)) return nullptr;
  auto expr = Make(Kind::kCall, first_token);
  expr->name = name;
  expr->args = std::move(args);
  if (IsWord("over")) {
    return Error(Peek(), fmt::format("over belongs to an aggregate, and {} is none.", name), AggregatesAre());
  }
  return Finish(std::move(expr));
}

}  // namespace plumb::expr
