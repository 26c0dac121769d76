// Functions of strings. Characters are UTF-8 code points and are counted from 1; lower and upper change ASCII only,
// which needs no table of languages and so gives the same text everywhere.
#include <algorithm>

#include "expr/functions.h"
#include "expr/list_kernels.h"
#include "expr/text_match.h"

namespace plumb::expr {
namespace {

using data::TypeKind;

template <char from, char to>
State ChangeCase(const Cell* a, const Constants&, Arena* arena, Cell* out) {
  std::string text(a[0].s);
  for (char& character : text) {
    if (character >= from && character <= from + 25) character = static_cast<char>(character - from + to);
  }
  out->s = arena->Keep(std::move(text));
  return kValue;
}

bool IsBlank(char character) { return character == ' ' || (character >= '\t' && character <= '\r'); }

template <bool left, bool right>
State Trim(const Cell* a, const Constants&, Arena*, Cell* out) {
  std::string_view text = a[0].s;
  while (left && !text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (right && !text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  out->s = text;
  return kValue;
}

// Characters [first, last) counted from 0, cut to what there is.
std::string_view Characters(std::string_view text, int64_t first, int64_t last) {
  if (last <= first || last <= 0) return {};
  const size_t begin = CharacterOffset(text, static_cast<size_t>(std::max<int64_t>(first, 0)));
  const auto count = static_cast<size_t>(last - std::max<int64_t>(first, 0));
  const std::string_view rest = text.substr(begin);
  return rest.substr(0, CharacterOffset(rest, count));
}

// As in SQL: positions before the first character count, but hold nothing.
State Substring(const Cell* a, const Constants&, Arena*, Cell* out) {
  int64_t first = 0;
  int64_t last = 0;
  if (__builtin_sub_overflow(a[1].i, int64_t{1}, &first)) first = a[1].i;
  if (a[2].i < 0) return kNullState;
  if (__builtin_add_overflow(first, a[2].i, &last)) last = std::numeric_limits<int64_t>::max();
  out->s = Characters(a[0].s, first, last);
  return kValue;
}
State SubstringToEnd(const Cell* a, const Constants&, Arena*, Cell* out) {
  const int64_t first = a[1].i > 0 ? a[1].i - 1 : 0;
  out->s = Characters(a[0].s, first, std::numeric_limits<int64_t>::max());
  return kValue;
}

// A negative count leaves out that many at the other end.
State Left(const Cell* a, const Constants&, Arena*, Cell* out) {
  const int64_t count = a[1].i >= 0 ? a[1].i : static_cast<int64_t>(CharacterCount(a[0].s)) + a[1].i;
  out->s = Characters(a[0].s, 0, count);
  return kValue;
}
State Right(const Cell* a, const Constants&, Arena*, Cell* out) {
  const auto size = static_cast<int64_t>(CharacterCount(a[0].s));
  const int64_t skipped = a[1].i >= 0 ? std::max<int64_t>(size - a[1].i, 0) : (a[1].i < -size ? size : -a[1].i);
  out->s = Characters(a[0].s, skipped, size);
  return kValue;
}

State Replace(const Cell* a, const Constants&, Arena* arena, Cell* out) {
  const std::string_view text = a[0].s;
  if (a[1].s.empty()) {
    out->s = text;
    return kValue;
  }
  std::string result;
  size_t at = 0;
  while (true) {
    const size_t found = std::min(text.find(a[1].s, at), text.size());
    result.append(text.substr(at, found - at));
    if (found < text.size()) result.append(a[2].s);
    if (result.size() > kStringBytesMax) return kErrorState;
    if (found == text.size()) break;
    at = found + a[1].s.size();
  }
  out->s = arena->Keep(std::move(result));
  return kValue;
}

State Position(const Cell* a, const Constants&, Arena*, Cell* out) {
  const size_t found = a[0].s.find(a[1].s);
  out->i = found == std::string_view::npos ? 0 : static_cast<int64_t>(CharacterCount(a[0].s.substr(0, found))) + 1;
  return kValue;
}

State Length(const Cell* a, const Constants&, Arena*, Cell* out) {
  out->i = static_cast<int64_t>(CharacterCount(a[0].s));
  return kValue;
}
State Contains(const Cell* a, const Constants&, Arena*, Cell* out) {
  out->i = a[0].s.find(a[1].s) != std::string_view::npos ? 1 : 0;
  return kValue;
}
State StartsWith(const Cell* a, const Constants&, Arena*, Cell* out) {
  out->i = a[0].s.starts_with(a[1].s) ? 1 : 0;
  return kValue;
}
State EndsWith(const Cell* a, const Constants&, Arena*, Cell* out) {
  out->i = a[0].s.ends_with(a[1].s) ? 1 : 0;
  return kValue;
}

Function OfText(std::string_view name, std::string_view usage, std::string_view meaning, std::string_view example,
                Kernel kernel) {
  return Strict(name, usage, meaning, example, {{"s", TypeKind::kString, kernel}});
}

}  // namespace

std::vector<Function> StringFunctions() {
  return {
      Strict("length", "length(s)", "The number of characters (Unicode code points).", "length('abc')",
             {{"s", TypeKind::kInt64, Length}}),
      OfText("lower", "lower(s)", "With the letters A to Z in lower case; others stay.", "lower('JFK')",
             ChangeCase<'A', 'a'>),
      OfText("upper", "upper(s)", "With the letters a to z in upper case; others stay.", "upper('jfk')",
             ChangeCase<'a', 'A'>),
      OfText("trim", "trim(s)", "Without blanks at both ends.", "trim('  a ')", Trim<true, true>),
      OfText("ltrim", "ltrim(s)", "Without blanks at the start.", "ltrim('  a')", Trim<true, false>),
      OfText("rtrim", "rtrim(s)", "Without blanks at the end.", "rtrim('a  ')", Trim<false, true>),
      Strict("substr", "substr(s, from [, count])", "The characters from a position (1 is the first) on.",
             "substr('feature', 2, 3)",
             {{"si", TypeKind::kString, SubstringToEnd}, {"sii", TypeKind::kString, Substring}}),
      Strict("left", "left(s, n)", "The first n characters; if n < 0, all but the last -n.", "left('feature', 4)",
             {{"si", TypeKind::kString, Left}}),
      Strict("right", "right(s, n)", "The last n characters; if n < 0, all but the first -n.", "right('feature', 4)",
             {{"si", TypeKind::kString, Right}}),
      {"concat",
       "concat(a, b, …)",
       "Joined strings; null ones are left out.",
       "concat('a', null, 'b')",
       Form::kConcat,
       {}},
      Strict("replace", "replace(s, from, to)", "With every occurrence of a text replaced.",
             "replace('a-b-c', '-', '.')", {{"sss", TypeKind::kString, Replace}}),
      Strict("strpos", "strpos(s, part)", "The position of the first occurrence, from 1; 0 if there is none.",
             "strpos('feature', 'a')", {{"ss", TypeKind::kInt64, Position}}),
      Strict("contains", "contains(s, part)", "Whether the part of a string, or the element of a list, occurs.",
             "contains('feature', 'eat')", {{"ss", TypeKind::kBool, Contains}, ListContains()}),
      Strict("starts_with", "starts_with(s, start)", "Whether it starts so.", "starts_with('feature', 'feat')",
             {{"ss", TypeKind::kBool, StartsWith}}),
      Strict("ends_with", "ends_with(s, end)", "Whether it ends so.", "ends_with('feature', 'ure')",
             {{"ss", TypeKind::kBool, EndsWith}}),
  };
}

}  // namespace plumb::expr
