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

std::string KindName(data::TypeKind kind) {
  switch (kind) {
    case data::TypeKind::kDecimal:
      return "decimal";
    case data::TypeKind::kList:
      return "list(T)";
    case data::TypeKind::kVector:
      return "vector";
    case data::TypeKind::kNull:
      return "T";
    default:
      return data::TypeName(kind);
  }
}

std::string ParameterName(char letter) {
  if (letter == 'z') return "zone";
  if (letter == 'u') return "unit";
  if (letter == 'x') return "T";
  return KindName(ParamKind(letter));
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
      text += ParameterName(letter);
    }
    text += overload.params.empty() ? "→ " : " → ";
    text += KindName(overload.result);
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
| decimal, list, vector | `cast('12.30' as decimal(12, 2))`, `cast('[1, null]' as list(int64))`, `cast('[0.5, 1]' as vector(float32, 2))` |

int64 widens to float64 and to decimals, decimals to wider decimals and, rounded once, to float64, wherever they meet;
nothing else is converted silently.

## Types

| | values |
| --- | --- |
| `bool` | true and false |
| `int64` | whole numbers of 64 bits |
| `float64` | IEEE 754 doubles with one NaN and no -0 |
| `decimal(p, s)` | exact numbers of p digits (1 to 38), s of them after the point |
| `string` | UTF-8 text |
| `timestamp` | microseconds, UTC |
| `duration` | microseconds |
| `list(T)` | any number of values of one of the types before; elements may be null |
| `vector(float32, n)` | n numbers (1 to 65,536) of single precision, none of them null |

Decimals are exact: `a + b` and `a - b` have the larger scale and one digit more before the point than either, `a * b` adds
the digits and the scales (at most 38 after the point), `a / b` is the float64 nearest to the exact quotient. An int64 among
decimals has 19 digits, a literal one its own. Choices (`case`, `coalesce`, `in`, `least`, …) have the least decimal that
holds all, and need one. No decimal has more than 38 digits: a value beyond is an overflow. Decimals compare by value,
whatever their scales.

Lists and vectors can be passed on, compared with `=` and `<>`, and taken apart; they have no order.

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

`name([argument [, parameter]] [where condition]) [over window]`; no window means lifetime. Inside, the columns of the events
are known, with `event_time` and `known_at`. Aggregates do not nest, and cannot see `t` or features: derive a column first.
Parameters are constants. Of no rows, counts are 0 and all else is null. Numbers are bool (as 0 and 1), int64, float64 and
decimals; scalars are all types but lists and vectors.

| window | rows |
| --- | --- |
| `over 24h` | of the 24 hours before `t`; `t` itself is not among them |
| `over 2h ahead` | of the 2 hours from `t` on, `t` included, as far as they are known |
| `over lifetime` | all before `t` |
| `over last 10` | the newest 10 (1 to 10,000) before `t`, of those that pass `where` |
| `over day to date` | since the day of `t` began, in UTC; also `week` (from Monday) and `month` |
| `over month to date in 'Europe/Berlin'` | since the month of `t` began there |
| `… offset 1d` | any window as it was one day before `t` (with `ahead`: after) |

| | meaning | types | example |
| --- | --- | --- | --- |
| `count([x])` | rows, or rows where x is not null | any → int64 | `count(where late) over 24h` |
| `sum(x)` | the sum of what is not null; float64 is added exactly and rounded once | bool, int64 → int64; float64 → float64; decimal(p, s) → decimal(38, s); duration → duration | `sum(distance) over 7d` |
| `avg(x)`, `mean(x)` | the mean of what is not null, rounded once | number → float64 | `avg(arr_delay) over 2h offset 1d` |
| `variance(x)`, `var_samp(x)` | the variance of a sample (divided by n - 1), rounded once; null of fewer than two values | number → float64 | `variance(arr_delay) over 30d` |
| `stddev(x)`, `stddev_samp(x)` | the square root of the variance | number → float64 | `stddev(arr_delay) over last 100` |
| `min(x)` | the least that is not null; NaN only if there is nothing else | scalar T → T | `min(price) over 30d` |
| `max(x)` | the greatest that is not null; NaN only if there is nothing else | scalar T → T | `max(price) over 30d` |
| `first(x)` | the value of the earliest event, null too | T → T | `first(price) over day to date` |
| `last(x)` | the value of the latest event, null too | T → T | `(t - last(event_time)) / 1h` |
| `first(x, n)` | the values of the n earliest events (n from 1 to 1,000), earliest first, nulls too | scalar T → list(T) | `first(origin, 3) over 1d` |
| `last(x, n)` | the values of the n latest events (n from 1 to 1,000), latest last, nulls too | scalar T → list(T) | `last(origin, 3)` |
| `distinct(x)` | how many different values; exact up to 65,536, then an estimate | scalar → int64 | `distinct(dest) over 7d` |
| `approx_distinct(x)` | the same in less memory; exact up to 256 | scalar → int64 | `approx_distinct(tail) over 30d` |
| `approx_quantile(x, q)` | the value below which a share q (0 to 1) lies, within 1/128 of it; NaN sorts last | number → float64 | `approx_quantile(arr_delay, 0.9) over 30d` |
| `top_k(x, k)` | the k (1 to 1,000) most frequent values, ties by value; null with an error beyond 65,536 different ones | scalar T → list(T) | `top_k(dest, 3) over 30d` |
| `ewma(x, half_life)` | the mean in which a value counts half as much for each half-life (a duration of at most 36500d) of its age; not with `ahead` | number → float64 | `ewma(arr_delay, 6h)` |
)";

}  // namespace

std::string ExpressionReference() {
  std::string reference(kIntroduction);
  reference += kAggregates;
  for (const Section& section : FunctionSections()) AppendSection(section, &reference);
  return reference;
}

}  // namespace plumb::expr
