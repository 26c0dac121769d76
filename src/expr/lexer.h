// lexer.h: the text of an expression as tokens.
//
// Why apart from the parser: the parser looks ahead (a look-up is known by the dot after its closing parenthesis), and
// mistakes of spelling are best explained where the characters are.
//
// Thread safety: free function over values. Invariant: the last token is kEnd; tokens point into the text they are
// from.
//
//   Lex("1h30m + x", at, &d)->at(0).span.micros;      // 5400000000
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.h"
#include "base/time.h"

namespace plumb::expr {

enum class TokenKind {
  kName,        // text in `text`, as written; keywords too
  kQuotedName,  // "name"; `text` without quotes
  kString,      // 'text'; `text` without quotes
  kInteger,     // digits; `text`
  kFloat,       // `number`
  kSpan,        // `span`
  kSymbol,      // `text`: + - * / % = <> < <= > >= || ( ) , .
  kEnd,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  size_t offset = 0;  // from the start of the expression
  size_t length = 0;
  std::string text;
  double number = 0;
  base::Span span;
};

inline constexpr size_t kTokensMax = 10000;

// The tokens of `text`, which stands at `position`; nothing after an error.
std::optional<std::vector<Token>> Lex(std::string_view text, const base::Position& position,
                                      base::Diagnostics* diagnostics);

// A part of the text as a position in the user's file.
base::Position PartOf(const base::Position& position, size_t offset, size_t length);

}  // namespace plumb::expr
