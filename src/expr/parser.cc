#include "expr/parser.h"

#include <fmt/core.h>

namespace plumb::expr {
namespace {

constexpr int kNestingMax = 200;
constexpr int kHeightMax = 500;
// `case x when …` repeats x; nested, that would grow without bound.
constexpr size_t kNodesMax = 20000;
constexpr const char* kQueryForm = "Write EXPRESSION of ENTITY from SOURCE, or EXPRESSION from SOURCE for all.";

}  // namespace

ExprPtr Parser::Whole() {
  ExprPtr expr = Expression(kNone);
  if (expr == nullptr) return nullptr;
  if (Peek().kind == TokenKind::kEnd) return expr;
  Trailing();
  return nullptr;
}

std::optional<Query> Parser::WholeQuery() {
  Query query;
  query.expr = Expression(kNone);
  if (query.expr == nullptr) return std::nullopt;
  if (!IsWord("from") && Peek().kind != TokenKind::kEnd &&
      !QueryPart("of", "entity", &query.entity, &query.entity_position)) {
    return std::nullopt;
  }
  if (!QueryPart("from", "source", &query.source, &query.source_position)) return std::nullopt;
  if (Peek().kind == TokenKind::kEnd) return query;
  Trailing();
  return std::nullopt;
}

bool Parser::QueryPart(std::string_view word, std::string_view what, std::string* name, base::Position* at) {
  if (!TakeWord(word)) {
    if (Peek().kind != TokenKind::kEnd) {
      Trailing();
    } else {
      Error(Peek(), fmt::format("Query does not name its {}.", what), kQueryForm);
    }
    return false;
  }
  if (!IsName()) {
    Expected(fmt::format("the name of the {} after {}", what, word), kQueryForm);
    return false;
  }
  const Token& token = Take();
  *name = token.text;
  *at = PartOf(position_, token.offset, token.length);
  return true;
}

std::nullptr_t Parser::Error(const Token& at, std::string message, std::string suggestion) {
  diagnostics_->Error(PartOf(position_, at.offset, at.length), std::move(message), std::move(suggestion));
  return nullptr;
}

std::nullptr_t Parser::ErrorAt(const base::Position& at, std::string message, std::string suggestion) {
  diagnostics_->Error(at, std::move(message), std::move(suggestion));
  return nullptr;
}

std::string Parser::Shown(const Token& token) const {
  if (token.kind == TokenKind::kEnd) return "the end";
  return std::string(text_.substr(token.offset, std::min<size_t>(token.length, 40)));
}

std::nullptr_t Parser::Expected(std::string_view what, std::string suggestion) {
  return Error(Peek(), fmt::format("Expected {}, got {}.", what, Shown(Peek())), std::move(suggestion));
}

// Something stands where the expression could have ended.
void Parser::Trailing() {
  const Token& token = Peek();
  if (IsSymbol(")")) {
    Error(token, "Parenthesis is closed but was never opened.");
  } else if (IsWord("over") || IsWord("where")) {
    Error(token,
          fmt::format("{} belongs to an aggregate, right after its {}.", LowerCase(token.text),
                      IsWord("over") ? "closing parenthesis" : "arguments and inside its parentheses"),
          IsWord("over") ? "Write it at the aggregate: avg(x) over 2h / count() over 2h."
                         : "Write it as sum(x where y > 0).");
  } else if (IsSymbol(",")) {
    Error(token, "Text follows the expression: a comma.", "Each expression has one value.");
  } else if (IsWord("ahead") || IsWord("offset")) {
    Error(token, fmt::format("{} belongs to a window.", LowerCase(token.text)),
          "Write it after over: count() over 1h ahead offset 1d.");
  } else {
    Error(token, fmt::format("Text follows the expression: {}.", Shown(token)), TrailingAdvice(token));
  }
}

std::string Parser::TrailingAdvice(const Token& token) const {
  if (token.kind == TokenKind::kString) return "Strings are joined with ||; a quote inside a string is written ''.";
  if (token.kind == TokenKind::kSpan) return "A window is written after an aggregate: avg(x) over 2h.";
  if (IsSymbol(".")) return "A feature of another view is written view.feature or view(key = x).feature.";
  if (token.kind == TokenKind::kName) {
    return base::DidYouMean(LowerCase(token.text), {"and", "or", "over", "where", "in", "is", "like", "between"});
  }
  return "An operator may be missing before it.";
}

std::shared_ptr<Expr> Parser::Make(Kind kind, size_t first_token) {
  auto expr = std::make_shared<Expr>();
  expr->kind = kind;
  const size_t begin = tokens_[first_token].offset;
  const Token& last = tokens_[next_ == 0 ? 0 : next_ - 1];
  const size_t end = std::max(last.offset + last.length, begin + 1);
  expr->position = PartOf(position_, begin, end - begin);
  return expr;
}

// Every node passes here, so that no tree gets too high or too large.
ExprPtr Parser::Finish(std::shared_ptr<Expr> expr) {
  int height = 0;
  for (const ExprPtr& arg : expr->args) height = std::max(height, arg->height);
  for (const auto& [key, value] : expr->keys) height = std::max(height, value->height);
  if (expr->where != nullptr) height = std::max(height, expr->where->height);
  expr->height = height + 1;
  if (expr->height > kHeightMax) {
    return ErrorAt(expr->position, fmt::format("Expression is nested too deeply: more than {} levels.", kHeightMax),
                   "Group a long chain with parentheses, use in (…) for many choices, or derive a part first.");
  }
  if (++nodes_ > kNodesMax) {
    return ErrorAt(expr->position, "Expression is too large.", "Derive a part of it first.");
  }
  return expr;
}

ExprPtr Parser::Binary(std::string_view op, ExprPtr left, ExprPtr right, size_t first_token) {
  auto expr = Make(Kind::kBinary, first_token);
  expr->name = op;
  expr->args = {std::move(left), std::move(right)};
  return Finish(std::move(expr));
}

ExprPtr Parser::Expression(int above) {
  if (nesting_ == kNestingMax) {
    return Error(Peek(), fmt::format("Expression is nested too deeply: more than {} levels.", kNestingMax),
                 "Derive a part of it first.");
  }
  ++nesting_;
  ExprPtr expr = Chain(above);
  --nesting_;
  return expr;
}

ExprPtr Parser::Chain(int above) {
  const size_t first_token = next_;
  ExprPtr left = IsWord("not") ? NotExpression() : Prefix();
  bool compared = false;
  while (left != nullptr) {
    const int precedence = InfixPrecedence();
    if (precedence <= above) break;
    if (precedence == kCompare) {
      if (compared) return Chained();
      compared = true;
      left = Comparison(std::move(left), first_token);
      continue;
    }
    // What binds less than a comparison may be followed by another one.
    if (precedence < kCompare) compared = false;
    const std::string op = LowerCase(Take().text);
    ExprPtr right = Expression(precedence);
    if (right == nullptr) return nullptr;
    left = Binary(op, std::move(left), std::move(right), first_token);
  }
  return left;
}

std::nullptr_t Parser::Chained() {
  return Error(Peek(), "Comparisons do not chain.", "Write a < b and b < c, or use parentheses.");
}

int Parser::InfixPrecedence() const {
  const Token& token = Peek();
  if (token.kind == TokenKind::kName) {
    if (IsWord("or")) return kOr;
    if (IsWord("and")) return kAnd;
    if (IsWord("in") || IsWord("between") || IsWord("like") || IsWord("is")) return kCompare;
    if (IsWord("not") && (IsWord("in", 1) || IsWord("between", 1) || IsWord("like", 1))) return kCompare;
    return kNone;
  }
  if (token.kind != TokenKind::kSymbol) return kNone;
  const std::string& s = token.text;
  if (s == "=" || s == "<>" || s == "<" || s == "<=" || s == ">" || s == ">=") return kCompare;
  if (s == "||") return kJoin;
  if (s == "+" || s == "-") return kSum;
  if (s == "*" || s == "/" || s == "%") return kProduct;
  return kNone;
}

ExprPtr Parser::NotExpression() {
  const size_t first_token = next_;
  Take();
  ExprPtr arg = Expression(kNot - 1);
  // `not a and b` is (not a) and b: the operand ends where something looser begins.
  if (arg == nullptr) return nullptr;
  auto expr = Make(Kind::kUnary, first_token);
  expr->name = "not";
  expr->args = {std::move(arg)};
  return Finish(std::move(expr));
}

ExprPtr Parser::Comparison(ExprPtr left, size_t first_token) {
  if (Peek().kind == TokenKind::kSymbol) {
    const Token& op = Take();
    ExprPtr right = Expression(kCompare);
    if (right == nullptr) return nullptr;
    return Binary(op.text, std::move(left), std::move(right), first_token);
  }
  if (TakeWord("is")) return IsNull(std::move(left), first_token);
  const bool negated = TakeWord("not");
  const std::string word = LowerCase(Take().text);
  std::vector<ExprPtr> args = {std::move(left)};
  Kind kind = Kind::kIn;
  if (word == "in") {
    if (!InChoices(&args)) return nullptr;
  } else if (word == "between") {
    kind = Kind::kBetween;
    if (!BetweenBounds(&args)) return nullptr;
  } else {
    kind = Kind::kLike;
    args.push_back(Expression(kCompare));
    if (args.back() == nullptr) return nullptr;
    if (IsWord("escape")) return Error(Peek(), "like has no escape.", "Use contains, starts_with or ends_with.");
  }
  auto expr = Make(kind, first_token);
  expr->negated = negated;
  expr->args = std::move(args);
  return Finish(std::move(expr));
}

ExprPtr Parser::IsNull(ExprPtr left, size_t first_token) {
  const bool negated = TakeWord("not");
  if (!TakeWord("null")) {
    if (IsWord("true") || IsWord("false")) {
      return Error(Peek(), fmt::format("is {} is not part of the language.", LowerCase(Peek().text)),
                   "A bool is a condition by itself; coalesce(x, false) makes null false.");
    }
    return Expected("null after is");
  }
  auto expr = Make(Kind::kIsNull, first_token);
  expr->negated = negated;
  expr->args = {std::move(left)};
  return Finish(std::move(expr));
}

bool Parser::InChoices(std::vector<ExprPtr>* args) {
  if (!IsSymbol("(")) {
    Expected("( after in", "Write x in (1, 2, 3).");
    return false;
  }
  const Token& open = Take();
  return Arguments(open, args) && AtLeastOneChoice(open, *args);
}

bool Parser::AtLeastOneChoice(const Token& open, const std::vector<ExprPtr>& args) {
  if (args.size() > 1) return true;
  Error(open, "in () has no choices.", "Write x in (1, 2, 3).");
  return false;
}

bool Parser::BetweenBounds(std::vector<ExprPtr>* args) {
  args->push_back(Expression(kCompare));
  if (args->back() == nullptr) return false;
  if (!TakeWord("and")) {
    Expected("and between the bounds", "Write x between low and high.");
    return false;
  }
  args->push_back(Expression(kCompare));
  return args->back() != nullptr;
}

// Comma-separated expressions up to the closing parenthesis; the opening one is taken.
bool Parser::Arguments(const Token& open, std::vector<ExprPtr>* args) {
  if (TakeSymbol(")")) return true;
  while (true) {
    args->push_back(Expression(kNone));
    if (args->back() == nullptr) return false;
    if (TakeSymbol(")")) return true;
    if (!TakeSymbol(",")) return NotClosed(open);
  }
}

bool Parser::NotClosed(const Token& open) {
  if (Peek().kind == TokenKind::kEnd) {
    Error(open, "Parenthesis is not closed.");
  } else if (IsWord("where")) {
    Error(Peek(), "where belongs to an aggregate.", AggregatesAre());
  } else {
    Error(Peek(), fmt::format("Expected , or ), got {}.", Shown(Peek())), TrailingAdvice(Peek()));
  }
  return false;
}

std::string Parser::AggregatesAre() {
  std::string list;
  for (const std::string& name : AggregateNames()) list += (list.empty() ? "" : ", ") + name;
  return fmt::format("The aggregates are {}.", list);
}

ExprPtr Parse(std::string_view text, const base::Position& position, base::Diagnostics* diagnostics) {
  std::optional<std::vector<Token>> tokens = Lex(text, position, diagnostics);
  if (!tokens) return nullptr;
  return Parser(text, position, std::move(*tokens), diagnostics).Whole();
}

std::optional<Query> ParseQuery(std::string_view text, const base::Position& position, base::Diagnostics* diagnostics) {
  std::optional<std::vector<Token>> tokens = Lex(text, position, diagnostics);
  if (!tokens) return std::nullopt;
  return Parser(text, position, std::move(*tokens), diagnostics).WholeQuery();
}

}  // namespace plumb::expr
