// expr.h: the feature language as a syntax tree, and its parser.
//
// Scalar SQL (or, and, not, comparison, in, between, like, is null, + - * / %, case, cast, function calls) in which
// aggregates are terms and features of other views are names:
//
//   AGG     := name( [args] [where EXPR] ) [over WINDOW]         no window means lifetime
//   WINDOW  := (DURATION [ahead] | lifetime | last N | (day|week|month) to date [in ZONE]) [offset DURATION]
//   LOOKUP  := view(key = EXPR, …).feature                       view.feature where names agree
//   QUERY   := EXPR [of ENTITY] from SOURCE                      (plumb query, feature tests); without `of`: of all
//
// Durations are literals: 10m, 1h30m, 24h, 30d, 2mo. Strings stand in single quotes ('' inside for one). Keywords and
// function names are case-insensitive; names of columns are not, and may stand in double quotes.
//
// Thread safety: trees are immutable and shared.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/diagnostics.h"
#include "base/time.h"
#include "base/zone.h"
#include "data/value.h"

namespace plumb::expr {

enum class Kind {
  kLiteral,    // literal
  kName,       // name: a column, or `t`
  kFeature,    // name = view, member = feature, keys (empty: where names agree)
  kCall,       // name = function in lower case, args
  kUnary,      // name: "-", "not"
  kBinary,     // name: "+", "-", "*", "/", "%", "=", "<>", "<", "<=", ">", ">=", "and", "or", "||"
  kCase,       // args: [when, then]*, [else] if odd; operand form is rewritten by the parser
  kIn,         // args: value, choices…; negated
  kBetween,    // args: value, low, high; negated
  kLike,       // args: value, pattern; negated
  kIsNull,     // args: value; negated
  kCast,       // args: value; name = type name
  kAggregate,  // name, args, where, window
};

enum class ToDate : uint8_t { kNone, kDay, kWeek, kMonth };

struct Window {
  // Everything before t − offset; with `last` > 0 the newest so many of the rows that pass `where`.
  bool lifetime = true;
  int64_t last = 0;                  // 0, or 1 to kLastMax; lifetime is true then
  base::Span length;                 // not lifetime and not to date: w > 0
  ToDate to_date = ToDate::kNone;    // since the day, week (Monday) or month of t − offset began; lifetime is false
  const base::Zone* zone = nullptr;  // of to_date; null is UTC
  bool ahead = false;
  base::Span offset;
  static constexpr int64_t kLastMax = 10000;
  friend bool operator==(const Window&, const Window&) = default;
};

struct Expr;
using ExprPtr = std::shared_ptr<const Expr>;

struct Expr {
  Kind kind = Kind::kLiteral;
  base::Position position;
  data::Value literal;
  std::string name;
  std::string member;
  bool quoted = false;  // kName in double quotes: a column, never `t`
  bool negated = false;
  std::vector<ExprPtr> args;
  std::vector<std::pair<std::string, ExprPtr>> keys;
  ExprPtr where;
  Window window;
  int height = 1;  // levels of this tree, bounded by the parser
};

// `text` stands in the user's file at `position` (contiguous bytes), so that errors point there. Returns null after an
// error. Nesting ≤ 200, levels of the tree ≤ 500 (a chain of operators is as high as it is long), tokens ≤ 10,000.
ExprPtr Parse(std::string_view text, const base::Position& position, base::Diagnostics* diagnostics);

struct Query {
  ExprPtr expr;
  std::string entity, source;  // entity is empty: of all
  base::Position entity_position, source_position;
};
std::optional<Query> ParseQuery(std::string_view text, const base::Position& position, base::Diagnostics* diagnostics);

// Whether a name can be written without double quotes: a word that is no keyword.
bool IsPlainName(std::string_view name);

}  // namespace plumb::expr
