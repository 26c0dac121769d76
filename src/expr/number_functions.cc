// Functions of numbers, and choices between values.
//
// Outside its domain a function is null, as x / 0 is (ln(0), sqrt(-1)); an infinity made of finite arguments is an
// overflow.
#include <cmath>

#include "base/elementary.h"
#include "expr/decimal_kernels.h"
#include "expr/float_result.h"
#include "expr/functions.h"

namespace plumb::expr {
namespace {

using data::TypeKind;

// A function of one number; NaN gives NaN, and a result that is none of something that is one is outside the domain.
template <double (*function)(double)>
State OfOne(const Cell* a, const Constants&, Arena*, Cell* out) {
  const double value = function(a[0].d);
  if (IsNan(value) && !IsNan(a[0].d)) return kNullState;
  return FloatResult(value, IsFinite(a[0].d), out);
}

template <double (*function)(double)>
State Logarithm(const Cell* a, const Constants& c, Arena* arena, Cell* out) {
  return a[0].d <= 0 ? kNullState : OfOne<function>(a, c, arena, out);
}

State Log1pKernel(const Cell* a, const Constants& c, Arena* arena, Cell* out) {
  return a[0].d <= -1 ? kNullState : OfOne<base::Log1p>(a, c, arena, out);
}

double Floor(double x) { return std::floor(x); }
double Ceil(double x) { return std::ceil(x); }
double Trunc(double x) { return std::trunc(x); }
double Round(double x) { return std::round(x); }
double AbsFloat(double x) { return std::fabs(x); }
double SignFloat(double x) {
  return IsNan(x) ? x : static_cast<double>(static_cast<int>(x > 0) - static_cast<int>(x < 0));
}

State SameInt(const Cell* a, const Constants&, Arena*, Cell* out) {
  out->i = a[0].i;
  return kValue;
}
State AbsInt(const Cell* a, const Constants&, Arena*, Cell* out) {
  if (a[0].i >= 0) return SameInt(a, {}, nullptr, out);
  return __builtin_sub_overflow(int64_t{0}, a[0].i, &out->i) ? kErrorState : kValue;
}

// The powers of ten that a double holds exactly.
constexpr double kPowersOfTen[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                   1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

State RoundToDigits(const Cell* a, const Constants&, Arena*, Cell* out) {
  const int64_t digits = a[1].i;
  if (digits < -22 || digits > 22) return kErrorState;
  const double power = kPowersOfTen[digits < 0 ? -digits : digits];
  if (digits < 0) return FloatResult(std::round(a[0].d / power) * power, IsFinite(a[0].d), out);
  const double scaled = a[0].d * power;
  // So large that it has no digits there.
  if (!(std::fabs(scaled) < 0x1p53)) return FloatResult(a[0].d, false, out);
  return FloatResult(std::round(scaled) / power, true, out);
}

State PowerKernel(const Cell* a, const Constants&, Arena*, Cell* out) {
  if (a[0].d == 0 && a[1].d < 0) return kNullState;
  const double value = base::Pow(a[0].d, a[1].d);
  if (IsNan(value) && !IsNan(a[0].d) && !IsNan(a[1].d)) return kNullState;
  return FloatResult(value, IsFinite(a[0].d) && IsFinite(a[1].d), out);
}

State ClampInt(const Cell* a, const Constants&, Arena*, Cell* out) {
  if (a[1].i > a[2].i) return kNullState;
  out->i = a[0].i < a[1].i ? a[1].i : (a[0].i > a[2].i ? a[2].i : a[0].i);
  return kValue;
}
State ClampFloat(const Cell* a, const Constants&, Arena*, Cell* out) {
  if (Order(a[1].d, a[2].d) > 0) return kNullState;
  out->d = a[0].d < a[1].d ? a[1].d : (a[0].d > a[2].d ? a[2].d : a[0].d);
  return kValue;
}

State WidthBucket(const Cell* a, const Constants&, Arena*, Cell* out) {
  const double width = a[2].d - a[1].d;
  const int64_t count = a[3].i;
  if (!(width > 0) || !IsFinite(width) || count < 1 || count > (int64_t{1} << 52)) return kNullState;
  if (a[0].d < a[1].d) {
    out->i = 0;
  } else if (!(a[0].d < a[2].d)) {  // NaN is after all numbers
    out->i = count + 1;
  } else {
    const auto below = static_cast<int64_t>((a[0].d - a[1].d) / width * static_cast<double>(count));
    out->i = (below < count ? below : count - 1) + 1;
  }
  return kValue;
}

State SignInt(const Cell* a, const Constants&, Arena*, Cell* out) {
  out->i = Order(a[0].i, int64_t{0});
  return kValue;
}
State Pi(const Cell*, const Constants&, Arena*, Cell* out) {
  out->d = 0x1.921fb54442d18p+1;
  return kValue;
}
State IsNanKernel(const Cell* a, const Constants&, Arena*, Cell* out) {
  out->i = IsNan(a[0].d) ? 1 : 0;
  return kValue;
}
State IsFiniteKernel(const Cell* a, const Constants&, Arena*, Cell* out) {
  out->i = IsFinite(a[0].d) ? 1 : 0;
  return kValue;
}

Function OfFloat(std::string_view name, std::string_view usage, std::string_view meaning, std::string_view example,
                 Kernel kernel) {
  return Strict(name, usage, meaning, example, {{"f", TypeKind::kFloat64, kernel}});
}

// Whole numbers are already rounded.
std::vector<Overload> Rounding(Kernel of_float, const Overload& of_decimal) {
  return {{"i", TypeKind::kInt64, SameInt}, {"f", TypeKind::kFloat64, of_float}, of_decimal};
}

std::vector<Function> SimpleNumberFunctions() {
  return {
      Strict("abs", "abs(x)", "Without its sign; of durations too.", "abs(-3)",
             {{"i", TypeKind::kInt64, AbsInt},
              {"f", TypeKind::kFloat64, OfOne<AbsFloat>},
              {"d", TypeKind::kDuration, AbsInt},
              DecimalAbs()}),
      Strict("sign", "sign(x)", "-1, 0 or 1.", "sign(-2.5)",
             {{"i", TypeKind::kInt64, SignInt}, {"f", TypeKind::kFloat64, OfOne<SignFloat>}, DecimalSign()}),
      Strict("floor", "floor(x)", "The largest whole number that is not greater.", "floor(-1.5)",
             Rounding(OfOne<Floor>, DecimalFloor())),
      Strict("ceil", "ceil(x)", "The smallest whole number that is not less.", "ceil(1.2)",
             Rounding(OfOne<Ceil>, DecimalCeil())),
      Strict("trunc", "trunc(x)", "Without the fraction.", "trunc(-1.7)", Rounding(OfOne<Trunc>, DecimalTrunc())),
      Strict("round", "round(x [, digits])",
             "Rounded to whole numbers, or to a number of decimal digits from -22 to 22 (of decimals a constant); "
             "halves away "
             "from zero.",
             "round(2.5)",
             {{"i", TypeKind::kInt64, SameInt},
              {"f", TypeKind::kFloat64, OfOne<Round>},
              {"fi", TypeKind::kFloat64, RoundToDigits},
              DecimalRound(),
              DecimalRoundToDigits()}),
      OfFloat("sqrt", "sqrt(x)", "The square root; of negative numbers null.", "sqrt(2)", OfOne<base::Sqrt>),
      OfFloat("exp", "exp(x)", "e to the power x.", "exp(1)", OfOne<base::Exp>),
      OfFloat("expm1", "expm1(x)", "exp(x) - 1, exact near 0.", "expm1(1e-9)", OfOne<base::Expm1>),
      OfFloat("ln", "ln(x)", "The natural logarithm; of 0 and less null.", "ln(10)", Logarithm<base::Ln>),
      OfFloat("log10", "log10(x)", "The logarithm to base 10.", "log10(1000)", Logarithm<base::Log10>),
      OfFloat("log2", "log2(x)", "The logarithm to base 2.", "log2(8)", Logarithm<base::Log2>),
      OfFloat("log1p", "log1p(x)", "ln(1 + x), exact near 0.", "log1p(1e-9)", Log1pKernel),
      OfFloat("sin", "sin(x)", "The sine of an angle in radians.", "sin(1)", OfOne<base::Sin>),
      OfFloat("cos", "cos(x)", "The cosine of an angle in radians.", "cos(1)", OfOne<base::Cos>),
      OfFloat("tan", "tan(x)", "The tangent of an angle in radians.", "tan(1)", OfOne<base::Tan>),
      OfFloat("atan", "atan(x)", "The angle in radians whose tangent is x.", "atan(1)", OfOne<base::Atan>),
      OfFloat("sigmoid", "sigmoid(x)", "1 / (1 + exp(-x)).", "sigmoid(0)", OfOne<base::Sigmoid>),
  };
}

std::vector<Function> OtherNumberFunctions() {
  return {
      Strict("power", "power(x, y)", "x to the power y; null where that is no number.", "power(2, 10)",
             {{"ff", TypeKind::kFloat64, PowerKernel}}),
      Strict("mod", "mod(a, b)", "The remainder a % b.", "mod(7, 3)", RemainderOverloads()),
      Strict("pi", "pi()", "The number pi.", "pi()", {{"", TypeKind::kFloat64, Pi}}),
      Strict("clamp", "clamp(x, low, high)", "x, or the bound that it passes; null if low > high.", "clamp(12, 0, 10)",
             {{"iii", TypeKind::kInt64, ClampInt}, {"fff", TypeKind::kFloat64, ClampFloat}, DecimalClamp()}),
      Strict("width_bucket", "width_bucket(x, low, high, n)",
             "The number, from 1 to n, of the equally wide bucket of [low, high) that holds x; 0 below, n + 1 above.",
             "width_bucket(5.3, 0, 10, 5)", {{"fffi", TypeKind::kInt64, WidthBucket}}),
      Strict("is_nan", "is_nan(x)", "Whether x is NaN.", "is_nan(1.5)", {{"f", TypeKind::kBool, IsNanKernel}}),
      Strict("is_finite", "is_finite(x)", "Whether x is neither NaN nor infinite.", "is_finite(1.5)",
             {{"f", TypeKind::kBool, IsFiniteKernel}}),
  };
}

}  // namespace

std::vector<Function> NumberFunctions() { return Together(SimpleNumberFunctions(), OtherNumberFunctions()); }

std::vector<Function> ChoiceFunctions() {
  return {
      {"coalesce", "coalesce(a, b, …)", "The first that is not null.", "coalesce(null, 2, 3)", Form::kCoalesce, {}},
      {"nullif", "nullif(a, b)", "null if a = b, else a.", "1 / nullif(0, 0)", Form::kNullIf, {}},
      {"if",
       "if(condition, a, b)",
       "a if the condition is true, else b: a short case.",
       "if(2 > 1, 'yes', 'no')",
       Form::kIf,
       {}},
      {"least",
       "least(a, b, …)",
       "The least of those that are not null; NaN is the greatest.",
       "least(3, 1, null)",
       Form::kLeast,
       {}},
      {"greatest",
       "greatest(a, b, …)",
       "The greatest of those that are not null; NaN is the greatest.",
       "greatest(3, 1, null)",
       Form::kGreatest,
       {}},
  };
}

}  // namespace plumb::expr
