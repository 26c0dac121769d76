// expr.h: the feature language as a syntax tree, and its parser.
//
// Scalar SQL (or, and, not, comparison, in, between, like, is null, + - * / %, case, cast, function calls) in which
// aggregates are terms and features of other views are names:
//
//   AGG     := name( [args] [where EXPR] ) [over WINDOW]         no window means lifetime
//   WINDOW  := (DURATION [ahead] | lifetime) [offset DURATION]
//   LOOKUP  := view(key = EXPR, …).feature                       view.feature where names agree
//   QUERY   := EXPR of ENTITY from SOURCE                        (plumb query, feature tests)
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

struct Window {
  bool lifetime = true;
  base::Span length;  // not lifetime: w > 0
  bool ahead = false;
  base::Span offset;
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
  std::string entity, source;
  base::Position entity_position, source_position;
};
std::optional<Query> ParseQuery(std::string_view text, const base::Position& position, base::Diagnostics* diagnostics);

// Whether a name can be written without double quotes: a word that is no keyword.
bool IsPlainName(std::string_view name);

}  // namespace plumb::expr
