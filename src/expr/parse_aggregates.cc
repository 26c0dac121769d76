// Aggregates: arguments, condition and window.
#include <fmt/core.h>

#include <charconv>

#include "expr/parser.h"

namespace plumb::expr {

ExprPtr Parser::AggregateCall(const std::string& name, const Token& open, size_t first_token) {
  std::vector<ExprPtr> args;
  ExprPtr where;
  if (IsSymbol("*") && IsSymbol(")", 1))
    return Error(Peek(), "count(*) is not part of the language.", "Write count().");
  if (IsCountDistinct(name))
    return Error(Peek(), "count(distinct …) is not part of the language.", "Write distinct(x).");
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

// count(distinct x); but `distinct` alone, or with an operator after it, is a column.
bool Parser::IsCountDistinct(const std::string& name) const {
  if (name != "count" || !IsWord("distinct")) return false;
  const TokenKind next = Peek(1).kind;
  return IsName(1) || next == TokenKind::kString || next == TokenKind::kInteger || next == TokenKind::kFloat ||
         IsWord("case", 1) || IsWord("cast", 1);
}

bool Parser::WindowAfterOver(Window* window) {
  if (TakeWord("lifetime")) return NoAhead("lifetime") && OffsetAfterWindow(window);
  if (TakeWord("last")) return LastRows(window) && NoAhead("last") && OffsetAfterWindow(window);
  window->lifetime = false;
  if (IsWord("day") || IsWord("week") || IsWord("month")) {
    return ToDateIn(window) && NoAhead("to date") && OffsetAfterWindow(window);
  }
  if (!WindowSpan("Window", &window->length)) return false;
  window->ahead = TakeWord("ahead");
  return OffsetAfterWindow(window);
}

bool Parser::NoAhead(std::string_view kind) {
  if (!IsWord("ahead")) return true;
  Error(Peek(), fmt::format("{} has no ahead.", kind), "Write a length: over 90d ahead.");
  return false;
}

bool Parser::LastRows(Window* window) {
  const size_t first_token = next_;
  const bool negative = TakeSymbol("-");
  const Token& token = Peek();
  const std::string advice = fmt::format("Write over last 10, with 1 to {} rows.", Window::kLastMax);
  if (token.kind != TokenKind::kInteger) {
    Expected("a number of rows after last", advice);
    return false;
  }
  const auto [end, code] = std::from_chars(token.text.data(), token.text.data() + token.text.size(), window->last);
  if (negative || code != std::errc() || window->last < 1 || window->last > Window::kLastMax) {
    Error(tokens_[first_token],
          fmt::format("Number of rows is out of range: {}{}.", negative ? "-" : "", token.text.substr(0, 40)), advice);
    return false;
  }
  Take();
  return true;
}

// day to date [in 'Zone']
bool Parser::ToDateIn(Window* window) {
  const std::string unit = LowerCase(Take().text);
  window->to_date = unit == "day" ? ToDate::kDay : unit == "week" ? ToDate::kWeek : ToDate::kMonth;
  if (!TakeWord("to") || !TakeWord("date")) {
    Expected(fmt::format("to date after {}", unit), "Write over day to date, or a length as in over 1d.");
    return false;
  }
  // `in (` compares the aggregate with choices.
  if (!IsWord("in") || IsSymbol("(", 1)) return true;
  Take();
  return ZoneOfWindow(window);
}

bool Parser::ZoneOfWindow(Window* window) {
  if (TakeWord("utc")) return true;
  if (Peek().kind != TokenKind::kString) {
    Expected("a time zone after in", "Write its name in single quotes: in 'Europe/Berlin'.");
    return false;
  }
  const Token& token = Take();
  const base::Result<const base::Zone*> zone = base::FindZone(token.text);
  if (!zone.ok()) {
    Error(token, zone.status().message(), zone.status().suggestion());
    return false;
  }
  if (token.text != "UTC") window->zone = *zone;
  return true;
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
               what == "Window" ? "Write over 2h, over 1h30m ahead, over last 10, over day to date, or over lifetime."
                                : "Write offset 1d.");
    }
    return false;
  }
  *span = Take().span;
  if (negative) *span = {-span->months, -span->micros};
  return true;
}

}  // namespace plumb::expr
