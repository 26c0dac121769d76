// Aggregates: arguments, condition and window.
#include <fmt/core.h>

#include "expr/parser.h"

namespace plumb::expr {

ExprPtr Parser::AggregateCall(const std::string& name, const Token& open, size_t first_token) {
  std::vector<ExprPtr> args;
  ExprPtr where;
  if (IsSymbol("*") && IsSymbol(")", 1))
    return Error(Peek(), "count(*) is not part of the language.", "Write count().");
  if (!AggregateArguments(open, &args, &where)) return nullptr;
  Window window;
  if (TakeWord("over") && !WindowAfterOver(&window)) return nullptr;
  auto expr = Make(Kind::kAggregate, first_token);
  expr->name = name;
  expr->args = std::move(args);
  expr->where = std::move(where);
  expr->window = window;
  return Finish(std::move(expr));
}

bool Parser::AggregateArguments(const Token& open, std::vector<ExprPtr>* args, ExprPtr* where) {
  if (TakeSymbol(")")) return true;
  if (!IsWord("where")) {
    while (true) {
      args->push_back(Expression(kNone));
      if (args->back() == nullptr) return false;
      if (!TakeSymbol(",")) break;
    }
  }
  if (TakeWord("where")) {
    *where = Expression(kNone);
    if (*where == nullptr) return false;
  }
  return TakeSymbol(")") || NotClosed(open);
}

bool Parser::WindowAfterOver(Window* window) {
  if (TakeWord("lifetime")) {
    if (IsWord("ahead")) {
      Error(Peek(), "lifetime has no ahead.", "Write a length: over 90d ahead.");
      return false;
    }
    return OffsetAfterWindow(window);
  }
  window->lifetime = false;
  if (!WindowSpan("Window", &window->length)) return false;
  window->ahead = TakeWord("ahead");
  return OffsetAfterWindow(window);
}

bool Parser::OffsetAfterWindow(Window* window) {
  if (!TakeWord("offset")) return true;
  return WindowSpan("Offset", &window->offset);
}

bool Parser::WindowSpan(std::string_view what, base::Span* span) {
  const bool negative = TakeSymbol("-");
  const Token& token = Peek();
  if (token.kind != TokenKind::kSpan) {
    if (token.kind == TokenKind::kInteger || token.kind == TokenKind::kFloat) {
      Error(token, fmt::format("{} has no unit: {}.", what, Shown(token)),
            "Units are ms, s, m, h, d, w and mo: 10m, 90d.");
    } else {
      Expected(what == "Window" ? "a window after over" : "a duration after offset",
               what == "Window" ? "Write over 2h, over 1h30m ahead, or over lifetime." : "Write offset 1d.");
    }
    return false;
  }
  *span = Take().span;
  if (negative) *span = {-span->months, -span->micros};
  return true;
}

}  // namespace plumb::expr
