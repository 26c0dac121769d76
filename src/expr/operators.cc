// Operators and casts, value by value.
#include <cmath>

#include "base/time.h"
#include "data/value.h"
#include "expr/decimal_kernels.h"
#include "expr/decimal_math.h"
#include "expr/float_result.h"
#include "expr/functions.h"
#include "expr/list_kernels.h"
#include "expr/text_match.h"

namespace plumb::expr {
namespace {

using data::TypeKind;

State AddInt(const Cell* a, const Constants&, Arena*, Cell* out) {
  return __builtin_add_overflow(a[0].i, a[1].i, &out->i) ? kErrorState : kValue;
}
State SubtractInt(const Cell* a, const Constants&, Arena*, Cell* out) {
  return __builtin_sub_overflow(a[0].i, a[1].i, &out->i) ? kErrorState : kValue;
}
State MultiplyInt(const Cell* a, const Constants&, Arena*, Cell* out) {
  return __builtin_mul_overflow(a[0].i, a[1].i, &out->i) ? kErrorState : kValue;
}
State NegateInt(const Cell* a, const Constants&, Arena*, Cell* out) {
  return __builtin_sub_overflow(int64_t{0}, a[0].i, &out->i) ? kErrorState : kValue;
}
State RemainderInt(const Cell* a, const Constants&, Arena*, Cell* out) {
  if (a[1].i == 0) return kNullState;
  out->i = a[1].i == -1 ? 0 : a[0].i % a[1].i;  // -2^63 % -1 would trap
  return kValue;
}
// fmod is exact, so it is the same everywhere.
State RemainderFloat(const Cell* a, const Constants&, Arena*, Cell* out) {
  if (a[1].d == 0) return kNullState;
  return FloatResult(std::fmod(a[0].d, a[1].d), true, out);
}
State DivideFloat(const Cell* a, const Constants&, Arena*, Cell* out) {
  if (a[1].d == 0) return kNullState;
  return FloatResult(a[0].d / a[1].d, IsFinite(a[0].d) && IsFinite(a[1].d), out);
}
State DivideDurations(const Cell* a, const Constants&, Arena*, Cell* out) {
  if (a[1].i == 0) return kNullState;
  return FloatResult(static_cast<double>(a[0].i) / static_cast<double>(a[1].i), true, out);
}
// Durations by numbers are rounded to the nearest microsecond, halves away from zero.
State ScaledDuration(double micros, Cell* out) {
  const double rounded = std::round(micros);
  if (!(rounded >= -0x1p63 && rounded < 0x1p63)) return kErrorState;
  out->i = static_cast<int64_t>(rounded);
  return kValue;
}
State DurationTimesFloat(const Cell* a, const Constants&, Arena*, Cell* out) {
  return ScaledDuration(static_cast<double>(a[0].i) * a[1].d, out);
}
State FloatTimesDuration(const Cell* a, const Constants&, Arena*, Cell* out) {
  return ScaledDuration(a[0].d * static_cast<double>(a[1].i), out);
}
State DurationOverFloat(const Cell* a, const Constants&, Arena*, Cell* out) {
  if (a[1].d == 0) return kNullState;
  return ScaledDuration(static_cast<double>(a[0].i) / a[1].d, out);
}
State Join(const Cell* a, const Constants&, Arena* arena, Cell* out) {
  if (a[0].s.size() + a[1].s.size() > kStringBytesMax) return kErrorState;
  std::string joined(a[0].s);
  joined.append(a[1].s);
  out->s = arena->Keep(std::move(joined));
  return kValue;
}

enum class Is { kEqual, kNotEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };
constexpr bool Holds(Is is, int order) {
  switch (is) {
    case Is::kEqual:
      return order == 0;
    case Is::kNotEqual:
      return order != 0;
    case Is::kLess:
      return order < 0;
    case Is::kLessOrEqual:
      return order <= 0;
    case Is::kGreater:
      return order > 0;
    case Is::kGreaterOrEqual:
      return order >= 0;
  }
  return false;
}
template <Is is, Storage storage>
State Compare(const Cell* a, const Constants&, Arena*, Cell* out) {
  out->i = Holds(is, OrderCells(storage, a[0], a[1])) ? 1 : 0;
  return kValue;
}
// By value, whatever their scales.
template <Is is>
State CompareDecimals(const Cell* a, const Constants& c, Arena*, Cell* out) {
  out->i = Holds(is, OrderDecimals(a[0].w, c.args[0].scale, a[1].w, c.args[1].scale)) ? 1 : 0;
  return kValue;
}
template <Is is>
std::vector<Overload> Comparison(Fast fast) {
  return {{"ii", TypeKind::kBool, Compare<is, Storage::kInts>, fast},
          {"ff", TypeKind::kBool, Compare<is, Storage::kDoubles>, fast},
          {"ss", TypeKind::kBool, Compare<is, Storage::kBytes>, Fast::kNone},
          {"bb", TypeKind::kBool, Compare<is, Storage::kInts>, fast},
          {"tt", TypeKind::kBool, Compare<is, Storage::kInts>, fast},
          {"dd", TypeKind::kBool, Compare<is, Storage::kInts>, fast},
          {"nn", TypeKind::kBool, CompareDecimals<is>}};
}

template <TypeKind to>
State CastText(const Cell* a, const Constants&, Arena*, Cell* out) {
  const base::Result<data::Value> value = data::ParseValue(to, a[0].s);
  if (!value.ok()) return kErrorState;
  if (to == TypeKind::kFloat64) {
    out->d = Canonical(value->AsDouble());
  } else {
    out->i = value->AsInt();
  }
  return kValue;
}
State CastFloatToInt(const Cell* a, const Constants&, Arena*, Cell* out) {
  if (!(a[0].d >= -0x1p63 && a[0].d < 0x1p63)) return kErrorState;
  out->i = static_cast<int64_t>(a[0].d);
  return kValue;
}
State CastIntToFloat(const Cell* a, const Constants&, Arena*, Cell* out) {
  out->d = static_cast<double>(a[0].i);
  return kValue;
}
template <TypeKind from>
State CastToText(const Cell* a, const Constants&, Arena* arena, Cell* out) {
  if (from == TypeKind::kTimestamp && !IsInstant(a[0].i)) return kErrorState;
  const data::Value value =
      from == TypeKind::kFloat64 ? data::Value::Float64(a[0].d) : data::Value::Integral(from, a[0].i);
  out->s = arena->Keep(value.ToString());
  return kValue;
}

State AddFloat(const Cell* a, const Constants&, Arena*, Cell* out) {
  return FloatResult(a[0].d + a[1].d, IsFinite(a[0].d) && IsFinite(a[1].d), out);
}
State SubtractFloat(const Cell* a, const Constants&, Arena*, Cell* out) {
  return FloatResult(a[0].d - a[1].d, IsFinite(a[0].d) && IsFinite(a[1].d), out);
}
State MultiplyFloat(const Cell* a, const Constants&, Arena*, Cell* out) {
  return FloatResult(a[0].d * a[1].d, IsFinite(a[0].d) && IsFinite(a[1].d), out);
}
State NegateFloat(const Cell* a, const Constants&, Arena*, Cell* out) { return FloatResult(-a[0].d, false, out); }
State Not(const Cell* a, const Constants&, Arena*, Cell* out) {
  out->i = a[0].i == 0 ? 1 : 0;
  return kValue;
}
State Like(const Cell* a, const Constants&, Arena*, Cell* out) {
  out->i = IsLike(a[0].s, a[1].s) ? 1 : 0;
  return kValue;
}
State CastBoolToInt(const Cell* a, const Constants&, Arena*, Cell* out) {
  out->i = a[0].i;
  return kValue;
}
State CastIntToBool(const Cell* a, const Constants&, Arena*, Cell* out) {
  out->i = a[0].i != 0 ? 1 : 0;
  return kValue;
}

std::vector<Function> ArithmeticOperators() {
  return {
      Strict("+", "a + b", "Sum. timestamp + duration is a timestamp.", "1 + 2",
             {{"ii", TypeKind::kInt64, AddInt, Fast::kAddInt},
              {"ff", TypeKind::kFloat64, AddFloat, Fast::kAddFloat},
              {"td", TypeKind::kTimestamp, AddInt, Fast::kAddInt},
              {"dt", TypeKind::kTimestamp, AddInt, Fast::kAddInt},
              {"dd", TypeKind::kDuration, AddInt, Fast::kAddInt},
              DecimalAddition()}),
      Strict("-", "a - b, -a", "Difference; of two timestamps a duration. Alone before a value: its negative.",
             "timestamp '2013-01-02' - timestamp '2013-01-01'",
             {{"ii", TypeKind::kInt64, SubtractInt, Fast::kSubtractInt},
              {"ff", TypeKind::kFloat64, SubtractFloat, Fast::kSubtractFloat},
              {"td", TypeKind::kTimestamp, SubtractInt, Fast::kSubtractInt},
              {"tt", TypeKind::kDuration, SubtractInt, Fast::kSubtractInt},
              {"dd", TypeKind::kDuration, SubtractInt, Fast::kSubtractInt},
              DecimalSubtraction(),
              {"i", TypeKind::kInt64, NegateInt},
              {"f", TypeKind::kFloat64, NegateFloat},
              {"d", TypeKind::kDuration, NegateInt},
              DecimalNegation()}),
      Strict("*", "a * b", "Product. A duration may be multiplied by a number.", "2 * 1h30m",
             {{"ii", TypeKind::kInt64, MultiplyInt, Fast::kMultiplyInt},
              {"ff", TypeKind::kFloat64, MultiplyFloat, Fast::kMultiplyFloat},
              {"di", TypeKind::kDuration, MultiplyInt, Fast::kMultiplyInt},
              {"id", TypeKind::kDuration, MultiplyInt, Fast::kMultiplyInt},
              {"df", TypeKind::kDuration, DurationTimesFloat},
              {"fd", TypeKind::kDuration, FloatTimesDuration},
              DecimalMultiplication()}),
      Strict("/", "a / b", "Quotient, always float64 (of a duration and a number a duration); by zero it is null.",
             "7 / 2",
             {{"ff", TypeKind::kFloat64, DivideFloat, Fast::kDivideFloat},
              {"dd", TypeKind::kFloat64, DivideDurations},
              {"df", TypeKind::kDuration, DurationOverFloat},
              DecimalDivision()}),
      Strict("%", "a % b", "Remainder with the sign of a; by zero it is null.", "-7 % 3", RemainderOverloads()),
  };
}

std::vector<Function> OtherOperators() {
  return {
      Strict("=", "a = b", "Whether both are equal; NaN equals NaN.", "2 = 2.0",
             Together(Comparison<Is::kEqual>(Fast::kEqual), ListEquality(false))),
      Strict("<>", "a <> b", "Whether both differ; != is another spelling.", "'a' <> 'b'",
             Together(Comparison<Is::kNotEqual>(Fast::kNotEqual), ListEquality(true))),
      Strict("<", "a < b", "Order: numbers by value with NaN last, strings by bytes, false before true.", "1 < 2",
             Comparison<Is::kLess>(Fast::kLess)),
      Strict("<=", "a <= b", "Less or equal.", "2 <= 2", Comparison<Is::kLessOrEqual>(Fast::kLessOrEqual)),
      Strict(">", "a > b", "Greater.", "1h > 90m", Comparison<Is::kGreater>(Fast::kGreater)),
      Strict(">=", "a >= b", "Greater or equal.", "2 >= 3", Comparison<Is::kGreaterOrEqual>(Fast::kGreaterOrEqual)),
      Strict("not", "not a", "The opposite; of null null.", "not true", {{"b", TypeKind::kBool, Not, Fast::kNot}}),
      Strict("||", "a || b", "Joined strings; null if one is null.", "'a' || 'b'", {{"ss", TypeKind::kString, Join}}),
      Strict("like", "s like pattern",
             "Whether the whole string matches: % is any text, _ one character; case matters.", "'JFK-LAX' like 'JFK%'",
             {{"ss", TypeKind::kBool, Like}}),
  };
}

}  // namespace

std::vector<Overload> RemainderOverloads() {
  return {{"ii", TypeKind::kInt64, RemainderInt}, {"ff", TypeKind::kFloat64, RemainderFloat}, DecimalRemainder()};
}

std::vector<Function> Operators() { return Together(ArithmeticOperators(), OtherOperators()); }

std::vector<Function> Casts() {
  std::vector<Overload> overloads = {{"b", TypeKind::kInt64, CastBoolToInt},
                                     {"b", TypeKind::kFloat64, CastIntToFloat, Fast::kIntToFloat},
                                     {"b", TypeKind::kString, CastToText<TypeKind::kBool>},
                                     {"i", TypeKind::kBool, CastIntToBool},
                                     {"i", TypeKind::kFloat64, CastIntToFloat, Fast::kIntToFloat},
                                     {"i", TypeKind::kString, CastToText<TypeKind::kInt64>},
                                     {"f", TypeKind::kInt64, CastFloatToInt},
                                     {"f", TypeKind::kString, CastToText<TypeKind::kFloat64>},
                                     {"s", TypeKind::kBool, CastText<TypeKind::kBool>},
                                     {"s", TypeKind::kInt64, CastText<TypeKind::kInt64>},
                                     {"s", TypeKind::kFloat64, CastText<TypeKind::kFloat64>},
                                     {"s", TypeKind::kTimestamp, CastText<TypeKind::kTimestamp>},
                                     {"s", TypeKind::kDuration, CastText<TypeKind::kDuration>},
                                     {"t", TypeKind::kString, CastToText<TypeKind::kTimestamp>},
                                     {"d", TypeKind::kString, CastToText<TypeKind::kDuration>}};
  return {
      Strict("cast", "cast(x as type)",
             "The value as another type. float64 and decimals to int64 drop the fraction; to a decimal they are "
             "rounded, halves away from zero. Lists and vectors are read from JSON arrays. Text that cannot be read "
             "and numbers out of range are null with an error.",
             "cast('12' as int64)", Together(Together(std::move(overloads), DecimalCasts()), ListCasts())),
  };
}

}  // namespace plumb::expr
