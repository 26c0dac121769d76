// parser.h: the grammar as a Pratt parser: one function per form, precedence as a number.
//
// It stops at the first mistake: what follows one in a line of text is rarely understood. The checker, which reports
// several, runs on whole trees only. A function that returns null or false has complained.
//
// Thread safety: one user, one text.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "expr/expr.h"
#include "expr/lexer.h"
#include "expr/vocabulary.h"

namespace plumb::expr {

class Parser {
 public:
  Parser(std::string_view text, const base::Position& position, std::vector<Token> tokens,
         base::Diagnostics* diagnostics)
      : text_(text), position_(position), tokens_(std::move(tokens)), diagnostics_(diagnostics) {}
  ExprPtr Whole();
  std::optional<Query> WholeQuery();

 private:
  bool QueryPart(std::string_view word, std::string_view what, std::string* name, base::Position* at);
  // ---- tokens ----
  const Token& Peek(size_t ahead = 0) const { return tokens_[std::min(next_ + ahead, tokens_.size() - 1)]; }
  const Token& Take() {
    const Token& token = Peek();
    if (next_ + 1 < tokens_.size()) ++next_;
    return token;
  }
  bool IsSymbol(std::string_view symbol, size_t ahead = 0) const {
    return Peek(ahead).kind == TokenKind::kSymbol && Peek(ahead).text == symbol;
  }
  bool IsWord(std::string_view word, size_t ahead = 0) const {
    return Peek(ahead).kind == TokenKind::kName && LowerCase(Peek(ahead).text) == word;
  }
  bool TakeSymbol(std::string_view symbol) {
    if (!IsSymbol(symbol)) return false;
    Take();
    return true;
  }
  bool TakeWord(std::string_view word) {
    if (!IsWord(word)) return false;
    Take();
    return true;
  }
  bool IsName(size_t ahead = 0) const {
    const Token& token = Peek(ahead);
    return token.kind == TokenKind::kQuotedName ||
           (token.kind == TokenKind::kName && !IsReserved(LowerCase(token.text)));
  }

  // ---- mistakes: parser.cc ----
  std::nullptr_t Error(const Token& at, std::string message, std::string suggestion = "");
  std::nullptr_t ErrorAt(const base::Position& at, std::string message, std::string suggestion = "");
  std::string Shown(const Token& token) const;
  std::nullptr_t Expected(std::string_view what, std::string suggestion = "");
  void Trailing();
  std::string TrailingAdvice(const Token& token) const;

  // ---- trees ----
  std::shared_ptr<Expr> Make(Kind kind, size_t first_token);
  // Every node passes here, so that no tree gets too high or too large.
  ExprPtr Finish(std::shared_ptr<Expr> expr);
  ExprPtr Binary(std::string_view op, ExprPtr left, ExprPtr right, size_t first_token);

  // ---- precedence: parser.cc ----
  ExprPtr Expression(int above);
  ExprPtr Chain(int above);
  std::nullptr_t Chained();
  int InfixPrecedence() const;
  ExprPtr NotExpression();
  ExprPtr Comparison(ExprPtr left, size_t first_token);
  ExprPtr IsNull(ExprPtr left, size_t first_token);
  bool InChoices(std::vector<ExprPtr>* args);
  bool AtLeastOneChoice(const Token& open, const std::vector<ExprPtr>& args);
  bool BetweenBounds(std::vector<ExprPtr>* args);
  // Comma-separated expressions up to the closing parenthesis; the opening one is taken.
  bool Arguments(const Token& open, std::vector<ExprPtr>* args);
  bool NotClosed(const Token& open);
  static std::string AggregatesAre();

  // ---- operands: parse_operands.cc; aggregates: parse_aggregates.cc ----
  ExprPtr Prefix();
  ExprPtr Literal(data::Value value, size_t first_token);
  ExprPtr Integer(size_t first_token, bool negative);
  ExprPtr SpanLiteral();
  ExprPtr SymbolPrefix();
  ExprPtr Parenthesised();
  ExprPtr Word();
  ExprPtr TimestampLiteral();
  ExprPtr Case();
  bool When(const ExprPtr& operand, std::vector<ExprPtr>* args);
  ExprPtr Cast();
  bool TypeText(int levels, std::string* text);
  ExprPtr NameOrCall();
  ExprPtr Member(const std::string& view, std::vector<std::pair<std::string, ExprPtr>> keys, size_t first_token);
  bool IsLookup() const;
  ExprPtr Lookup();
  ExprPtr Call();
  ExprPtr AggregateCall(const std::string& name, const Token& open, size_t first_token);
  bool IsCountDistinct(const std::string& name) const;
  bool AggregateArguments(const Token& open, std::vector<ExprPtr>* args, ExprPtr* where);
  bool WindowAfterOver(Window* window);
  bool LastRows(Window* window);
  bool ToDateIn(Window* window);
  bool ZoneOfWindow(Window* window);
  bool NoAhead(std::string_view kind);
  bool OffsetAfterWindow(Window* window);
  bool WindowSpan(std::string_view what, base::Span* span);

  std::string_view text_;
  const base::Position& position_;
  std::vector<Token> tokens_;
  base::Diagnostics* diagnostics_;
  size_t next_ = 0;
  int nesting_ = 0;
  size_t nodes_ = 0;
};

}  // namespace plumb::expr
