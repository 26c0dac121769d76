// docs/expressions.md, printed from the tables that the checker uses, with examples that are evaluated while printing.
#include <fmt/core.h>

#include "base/check.h"
#include "expr/checked.h"
#include "expr/functions.h"
#include "expr/vocabulary.h"

namespace plumb::expr {
namespace {

std::string EscapedForTable(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '|') escaped.push_back('\\');
    escaped.push_back(c);
  }
  return escaped;
}

std::string ValueOfExample(std::string_view example) {
  base::Diagnostics diagnostics;
  const std::optional<Checked> checked = Check(Parse(example, {}, &diagnostics), Scope{}, &diagnostics);
  PLUMB_CHECK(checked.has_value(), diagnostics.Render(false).c_str());
  const data::Value value = checked->scalar.EvaluateRow({});
  const bool quoted = value.type() == data::TypeKind::kString && !value.is_null();
  return quoted ? fmt::format("'{}'", value.ToString()) : value.ToString();
}

std::string NullRule(const Function& function) {
  switch (function.form) {
    case Form::kStrict:
      return "null of null";
    case Form::kCoalesce:
    case Form::kLeast:
    case Form::kGreatest:
    case Form::kConcat:
      return "passes over null";
    case Form::kNullIf:
      return "null if equal";
    case Form::kIf:
      return "null counts as false";
  }
  return "";
}

std::string Signatures(const Function& function) {
  if (function.form == Form::kConcat) return "string… → string";
  if (function.form == Form::kIf) return "bool, T, T → T";
  if (function.form != Form::kStrict) return "T… → T";
  std::string text;
  for (const Overload& overload : function.overloads) {
    if (!text.empty()) text += "; ";
    for (size_t i = 0; i < overload.params.size(); ++i) {
      const char letter = overload.params[i];
      text += i > 0 ? ", " : "";
      text += letter == 'z' ? "zone" : letter == 'u' ? "unit" : data::TypeName(ParamType(letter));
    }
    text += overload.params.empty() ? "→ " : " → ";
    text += data::TypeName(overload.result);
  }
  return text;
}

void AppendSection(const Section& section, std::string* out) {
  *out += fmt::format("\n## {}\n\n", section.title);
  *out += "| | meaning | types | null | example |\n| --- | --- | --- | --- | --- |\n";
  for (const Function& function : section.functions) {
    const std::string version = function.version > 1 ? fmt::format(" (version {})", function.version) : "";
    *out += fmt::format("| `{}`{} | {} | {} | {} | `{}` is `{}` |\n", EscapedForTable(function.usage), version,
                        EscapedForTable(function.meaning), Signatures(function), NullRule(function),
                        EscapedForTable(function.example), EscapedForTable(ValueOfExample(function.example)));
  }
}

constexpr std::string_view kIntroduction = R"(# Expressions

An expression is scalar SQL in which aggregates over events are terms and features of other views are names. Keywords and
functions are written in any case; names of columns are exact, and stand in double quotes if they are no plain word.

## Literals

| | written |
| --- | --- |
| bool | `true`, `false` |
| int64 | `12` |
| float64 | `1.5`, `.5`, `1e-3` |
| string | `'JFK'`, `'it''s'` |
| timestamp | `timestamp '2013-01-01 08:00'` (UTC, or with an offset such as `+01:00`) |
| duration | `90d`, `1h30m`, `250ms`; units w, d (24 h), h, m, s, ms, and mo (calendar months) in windows |
| null | `null` |

int64 widens to float64 wherever the two meet; nothing else is converted silently.

## Grammar

From what binds least: `or`; `and`; `not`; `= <> < <= > >=`, `in (…)`, `between … and …`, `like`, `is null` and their
negations (they do not chain); `||`; `+ -`; `* / %`; `-x`. Further `case when c then v … else v end`,
`case x when a then v … end`, `cast(x as type)` and calls.

`t` is the time that a feature is asked for. `view.feature` is a feature of another view whose keys are columns of equal
names; `view(key = expression, …).feature` says what the keys are.

## Null, NaN and overflow

`null` follows SQL: `and`, `or` and `not` are three-valued, and operators give null of null unless the tables say otherwise.
NaN equals itself and is greater than every number; there is no -0. `x / 0` is null, and so is a function outside its domain
(`ln(0)`, `sqrt(-1)`). An overflow (int64 out of range, an infinity made of finite numbers, text that cannot be converted, a
string of more than 1 MiB) is null with an error. The error goes with the value: it is dropped by `and`, `or`, `in`, `case`,
`if`, `coalesce` and `is null` when they do not choose that operand. A condition of `case` or `if` that is an error makes the
result one.
)";

constexpr std::string_view kAggregates = R"(
## Aggregates

`name([argument] [where condition]) [over window]`, with window `duration [ahead] [offset duration]` or
`lifetime [offset duration]`; no window means lifetime. A window reaches back from `t` and excludes it; `ahead` begins at `t`;
`offset` moves it back (ahead: forward). Inside, the columns of the events are known, with `event_time` and `known_at`.
Aggregates do not nest, and cannot see `t` or features: derive a column first. Of no rows, counts are 0 and all else is null.

| | meaning | types | example |
| --- | --- | --- | --- |
| `count([x])` | rows, or rows where x is not null | any → int64 | `count(where late) over 24h` |
| `sum(x)` | the sum of what is not null; float64 is added exactly and rounded once | bool, int64 → int64; float64 → float64 | `sum(distance) over 7d` |
| `avg(x)` | the mean of what is not null, rounded once; bool counts as 0 and 1 | bool, int64, float64 → float64 | `avg(arr_delay) over 2h offset 1d` |
| `min(x)` | the least that is not null; NaN only if there is nothing else | T → T | `min(price) over 30d` |
| `max(x)` | the greatest that is not null; NaN only if there is nothing else | T → T | `max(price) over 30d` |
| `first(x)` | the value of the earliest event, null too | T → T | `first(price) over 30d` |
| `last(x)` | the value of the latest event, null too | T → T | `(t - last(event_time)) / 1h` |
)";

}  // namespace

std::string ExpressionReference() {
  std::string reference(kIntroduction);
  reference += kAggregates;
  for (const Section& section : FunctionSections()) AppendSection(section, &reference);
  return reference;
}

}  // namespace plumb::expr
