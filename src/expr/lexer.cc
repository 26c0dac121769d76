#include "expr/lexer.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace plumb::expr {
namespace {

constexpr size_t kBytesMax = 1 << 20;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsNameStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool IsNamePart(char c) { return IsNameStart(c) || IsDigit(c); }
bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// What people write in other languages, and what to write here.
struct Foreign {
  std::string_view text;
  std::string_view suggestion;
};
constexpr std::array kForeign = {
    Foreign{"==", "Write = to compare."},
    Foreign{"&&", "Write and."},
    Foreign{"!", "Write not, or <> for unequal."},
    Foreign{"&", "Write and."},
    Foreign{"|", "Write or, or || to join strings."},
    Foreign{"^", "Write power(x, y)."},
    Foreign{"~", "Write like, as in name like 'A%'."},
    Foreign{"?", "Write case when … then … else … end."},
    Foreign{":", "Write cast(x as type)."},
    Foreign{";", "An expression has no semicolon."},
    Foreign{"`", "Names stand in double quotes."},
    Foreign{"[", "Choices are written x in (1, 2), a list cast('[1, 2]' as list(int64))."},
    Foreign{"{", "There are no braces; use parentheses."},
    Foreign{"#", "Comments belong outside expressions."},
    Foreign{"$", "Parameters are not known; write the value."},
    Foreign{"@", "An expression names the feature only: view.feature."},
};

constexpr std::array<std::string_view, 17> kSymbols = {"<>", "!=", "<=", ">=", "||", "+", "-", "*", "/",
                                                       "%",  "=",  "<",  ">",  "(",  ")", ",", "."};

class Lexer {
 public:
  Lexer(std::string_view text, const base::Position& position, base::Diagnostics* diagnostics)
      : text_(text), position_(position), diagnostics_(diagnostics) {}

  std::optional<std::vector<Token>> Run() {
    if (text_.size() > kBytesMax) {
      Error(0, 1, fmt::format("Expression is too long: {} bytes, at most {}.", text_.size(), kBytesMax), "");
      return std::nullopt;
    }
    while (true) {
      while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
      if (at_ == text_.size()) break;
      if (tokens_.size() == kTokensMax) {
        Error(at_, 1, fmt::format("Expression is too long: more than {} words and signs.", kTokensMax),
              "Split it into derived columns or features.");
        return std::nullopt;
      }
      if (!Next()) return std::nullopt;
    }
    Add(TokenKind::kEnd, at_);
    return std::move(tokens_);
  }

 private:
  bool Next() {
    const char c = text_[at_];
    if (IsNameStart(c)) return Name();
    if (IsDigit(c) || (c == '.' && at_ + 1 < text_.size() && IsDigit(text_[at_ + 1]))) return Number();
    if (c == '\'') return Quoted('\'', TokenKind::kString, "String");
    if (c == '"') return Quoted('"', TokenKind::kQuotedName, "Name");
    return Symbol();
  }

  Token& Add(TokenKind kind, size_t begin) {
    Token& token = tokens_.emplace_back();
    token.kind = kind;
    token.offset = begin;
    token.length = at_ - begin;
    return token;
  }

  bool Error(size_t offset, size_t length, std::string message, std::string suggestion) {
    diagnostics_->Error(PartOf(position_, offset, length), std::move(message), std::move(suggestion));
    return false;
  }

  bool Name() {
    const size_t begin = at_;
    while (at_ < text_.size() && IsNamePart(text_[at_])) ++at_;
    Add(TokenKind::kName, begin).text = text_.substr(begin, at_ - begin);
    return true;
  }

  bool Quoted(char quote, TokenKind kind, std::string_view what) {
    const size_t begin = at_++;
    std::string value;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == quote) {
        const bool doubled = at_ < text_.size() && text_[at_] == quote;
        if (!doubled) {
          if (kind == TokenKind::kQuotedName && value.empty()) {
            return Error(begin, 2, "Name is empty.", "Strings stand in single quotes: ''.");
          }
          Add(kind, begin).text = std::move(value);
          return true;
        }
        ++at_;
      }
      value.push_back(c);
    }
    return Error(begin, text_.size() - begin, fmt::format("{} does not end: the closing {} is missing.", what, quote),
                 fmt::format("Inside, {0} is written {0}{0}.", quote));
  }

  // Digits, fraction and exponent; or, when letters follow the digits, a duration.
  bool Number() {
    const size_t begin = at_;
    SkipDigits();
    bool is_float = false;
    if (at_ < text_.size() && text_[at_] == '.') {
      is_float = true;
      ++at_;
      SkipDigits();
    }
    if (SkipExponent()) is_float = true;
    if (at_ < text_.size() && IsNamePart(text_[at_])) return SpanOrMistake(begin);
    const std::string_view text = text_.substr(begin, at_ - begin);
    if (!is_float) {
      Add(TokenKind::kInteger, begin).text = text;
      return true;
    }
    double value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc()) {
      return Error(begin, text.size(), fmt::format("Number is out of the range of float64: {}.", text), "");
    }
    Token& token = Add(TokenKind::kFloat, begin);
    token.number = value;
    token.text = text;
    return true;
  }

  void SkipDigits() {
    while (at_ < text_.size() && IsDigit(text_[at_])) ++at_;
  }

  bool SkipExponent() {
    if (at_ >= text_.size() || (text_[at_] != 'e' && text_[at_] != 'E')) return false;
    size_t next = at_ + 1;
    if (next < text_.size() && (text_[next] == '+' || text_[next] == '-')) ++next;
    if (next >= text_.size() || !IsDigit(text_[next])) return false;
    at_ = next;
    SkipDigits();
    return true;
  }

  bool SpanOrMistake(size_t begin) {
    while (at_ < text_.size() && (IsNamePart(text_[at_]) || text_[at_] == '.')) ++at_;
    const std::string_view text = text_.substr(begin, at_ - begin);
    const size_t after_digits = std::min(text.find_first_not_of("0123456789"), text.size() - 1);
    if (text[after_digits] == '_') {
      return Error(begin, text.size(), fmt::format("Number is not valid: {}.", text),
                   "Numbers have no separators: write 1000, or 1e3.");
    }
    if (text[after_digits] == '.' || text.find('.') != std::string_view::npos) {
      return Error(begin, text.size(), fmt::format("Duration is not valid: {}.", text),
                   "Durations are whole numbers with units: 90m or 1h30m instead of 1.5h.");
    }
    const base::Result<base::Span> span = base::ParseSpan(text);
    if (!span.ok())
      return Error(begin, text.size(), SpanMistake(text),
                   "Units are ms, s, m, h, d, w and mo, the largest first: 10m, 1h30m, 90d.");
    Add(TokenKind::kSpan, begin).span = *span;
    return true;
  }

  static std::string SpanMistake(std::string_view text) {
    constexpr std::array<std::string_view, 8> kUnits = {"us", "ms", "s", "m", "h", "d", "w", "mo"};
    size_t at = 0;
    while (at < text.size()) {
      while (at < text.size() && IsDigit(text[at])) ++at;
      const size_t begin = at;
      while (at < text.size() && !IsDigit(text[at])) ++at;
      const std::string_view unit = text.substr(begin, at - begin);
      if (std::find(kUnits.begin(), kUnits.end(), unit) == kUnits.end()) {
        if (unit.empty()) return fmt::format("Duration is not valid: {}: a unit is missing at its end.", text);
        return fmt::format("Unit of a duration is not known: {} in {}.", unit, text);
      }
    }
    return fmt::format("Duration is not valid: {}.", text);
  }

  bool Symbol() {
    const std::string_view rest = text_.substr(at_);
    if (!rest.starts_with("!=") && !rest.starts_with("||")) {
      for (const Foreign& foreign : kForeign) {
        if (!rest.starts_with(foreign.text)) continue;
        return Error(at_, foreign.text.size(), fmt::format("Sign is not known: {}.", foreign.text),
                     std::string(foreign.suggestion));
      }
    }
    for (const std::string_view symbol : kSymbols) {
      if (!rest.starts_with(symbol)) continue;
      const size_t begin = at_;
      at_ += symbol.size();
      Add(TokenKind::kSymbol, begin).text = symbol == "!=" ? "<>" : symbol;
      return true;
    }
    const auto byte = static_cast<unsigned char>(rest[0]);
    return Error(at_, 1,
                 byte > 0x20 && byte < 0x7f ? fmt::format("Sign is not known: {}.", rest[0])
                                            : fmt::format("Byte is not part of the language: 0x{:02x}.", byte),
                 "");
  }

  std::string_view text_;
  const base::Position& position_;
  base::Diagnostics* diagnostics_;
  size_t at_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace

std::optional<std::vector<Token>> Lex(std::string_view text, const base::Position& position,
                                      base::Diagnostics* diagnostics) {
  return Lexer(text, position, diagnostics).Run();
}

base::Position PartOf(const base::Position& position, size_t offset, size_t length) {
  base::Position part = position;
  part.offset += offset;
  part.length = std::max<size_t>(length, 1);
  return part;
}

}  // namespace plumb::expr
