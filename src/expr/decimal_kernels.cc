#include "expr/decimal_kernels.h"

#include <fmt/core.h>

#include <algorithm>

#include "data/value.h"
#include "expr/decimal_math.h"

namespace plumb::expr {
namespace {

using data::Type;
using data::TypeKind;
using Types = std::span<const Type>;

constexpr int kDigitsMax = Type::kPrecisionMax;

int WholeDigits(Type type) { return type.precision - type.scale; }

State Result(Int128 value, const Constants& c, Cell* out) {
  if (!FitsDigits(value, c.result.precision)) return kErrorState;
  out->w = value;
  return kValue;
}

// ---- arithmetic ----

base::Result<Type> SumType(Types types, const Constants&) {
  const int scale = std::max(types[0].scale, types[1].scale);
  const int whole = std::max(WholeDigits(types[0]), WholeDigits(types[1])) + 1;
  return Type::Decimal(std::min(whole + scale, kDigitsMax), scale);
}

base::Result<Type> ProductType(Types types, const Constants&) {
  const int scale = types[0].scale + types[1].scale;
  if (scale > kDigitsMax) {
    return base::InvalidArgument("Product has {} digits after the point, and at most {} are possible: {} * {}.", scale,
                                 kDigitsMax, data::TypeName(types[0]), data::TypeName(types[1]))
        .WithSuggestion("Cast one of them to fewer digits after the point, or to float64.");
  }
  return Type::Decimal(std::min(types[0].precision + types[1].precision, kDigitsMax), scale);
}

base::Result<Type> TypeOfFirst(Types types, const Constants&) { return types[0]; }

template <bool subtract>
State Add(const Cell* a, const Constants& c, Arena*, Cell* out) {
  Int128 left = 0;
  Int128 right = 0;
  if (!Rescale(a[0].w, c.args[0].scale, c.result.scale, &left)) return kErrorState;
  if (!Rescale(a[1].w, c.args[1].scale, c.result.scale, &right)) return kErrorState;
  Int128 sum = 0;
  const bool overflow =
      subtract ? __builtin_sub_overflow(left, right, &sum) : __builtin_add_overflow(left, right, &sum);
  return overflow ? kErrorState : Result(sum, c, out);
}
State Multiply(const Cell* a, const Constants& c, Arena*, Cell* out) {
  Int128 product = 0;
  if (__builtin_mul_overflow(a[0].w, a[1].w, &product)) return kErrorState;
  return Result(product, c, out);
}
State Divide(const Cell* a, const Constants& c, Arena*, Cell* out) {
  if (a[1].w == 0) return kNullState;
  out->d = DecimalQuotient(a[0].w, c.args[0].scale, a[1].w, c.args[1].scale);
  return kValue;
}
State Remainder(const Cell* a, const Constants&, Arena*, Cell* out) {
  if (a[1].w == 0) return kNullState;
  out->w = a[0].w % a[1].w;
  return kValue;
}
State Negate(const Cell* a, const Constants&, Arena*, Cell* out) {
  out->w = -a[0].w;
  return kValue;
}
State Abs(const Cell* a, const Constants&, Arena*, Cell* out) {
  out->w = a[0].w < 0 ? -a[0].w : a[0].w;
  return kValue;
}
State Sign(const Cell* a, const Constants&, Arena*, Cell* out) {
  out->i = Order(a[0].w, Int128{0});
  return kValue;
}
State Clamp(const Cell* a, const Constants&, Arena*, Cell* out) {
  if (a[1].w > a[2].w) return kNullState;
  out->w = std::clamp(a[0].w, a[1].w, a[2].w);
  return kValue;
}

// ---- rounding ----

// Rounding up may need one more digit.
Type Rounded(Type type, int scale) { return Type::Decimal(std::min(WholeDigits(type) + scale + 1, kDigitsMax), scale); }
base::Result<Type> WholeType(Types types, const Constants&) {
  return types[0].scale == 0 ? types[0] : Rounded(types[0], 0);
}
base::Result<Type> RoundedType(Types types, const Constants& c) {
  if (c.number >= types[0].scale) return types[0];
  return Rounded(types[0], static_cast<int>(std::max<int64_t>(c.number, 0)));
}

template <Int128 (*whole)(Int128, int)>
State Whole(const Cell* a, const Constants& c, Arena*, Cell* out) {
  out->w = whole(a[0].w, c.args[0].scale);
  return kValue;
}
State Round(const Cell* a, const Constants& c, Arena*, Cell* out) {
  Int128 value = 0;
  Rescale(a[0].w, c.args[0].scale, 0, &value);
  return Result(value, c, out);
}
State RoundToDigits(const Cell* a, const Constants& c, Arena*, Cell* out) {
  const int scale = c.args[0].scale;
  if (c.number >= scale) {
    out->w = a[0].w;
    return kValue;
  }
  if (c.number < scale - kDigitsMax) {  // less than half of such a power of ten
    out->w = 0;
    return kValue;
  }
  const auto digits = static_cast<int>(c.number);
  Int128 value = 0;
  Rescale(a[0].w, scale, digits, &value);
  if (digits < 0 && !Rescale(value, digits, 0, &value)) return kErrorState;
  return Result(value, c, out);
}

// ---- conversions ----

State CastInt(const Cell* a, const Constants& c, Arena*, Cell* out) {
  Int128 value = 0;
  return Rescale(a[0].i, 0, c.result.scale, &value) ? Result(value, c, out) : kErrorState;
}
State CastDecimal(const Cell* a, const Constants& c, Arena*, Cell* out) {
  Int128 value = 0;
  return Rescale(a[0].w, c.args[0].scale, c.result.scale, &value) ? Result(value, c, out) : kErrorState;
}
State CastFloat(const Cell* a, const Constants& c, Arena*, Cell* out) {
  Int128 value = 0;
  return DoubleToDecimal(a[0].d, c.result.scale, &value) ? Result(value, c, out) : kErrorState;
}
State CastText(const Cell* a, const Constants& c, Arena*, Cell* out) {
  const base::Result<data::Value> value = data::ParseValue(c.result, a[0].s);
  return value.ok() ? Result(value->AsDecimal(), c, out) : kErrorState;
}
State CastToInt(const Cell* a, const Constants& c, Arena*, Cell* out) {
  const Int128 whole = TruncateDecimal(a[0].w, c.args[0].scale);
  out->i = static_cast<int64_t>(whole);
  return out->i == whole ? kValue : kErrorState;
}
State CastToFloat(const Cell* a, const Constants& c, Arena*, Cell* out) {
  out->d = DecimalToDouble(a[0].w, c.args[0].scale);
  return kValue;
}
State CastToText(const Cell* a, const Constants& c, Arena* arena, Cell* out) {
  out->s = arena->Keep(data::Value::Decimal(c.args[0], a[0].w).ToString());
  return kValue;
}

Overload WithType(std::string_view params, Kernel kernel, TypeRule rule) {
  return {params, TypeKind::kDecimal, kernel, Fast::kNone, rule};
}

}  // namespace

Overload DecimalAddition() { return WithType("nn", Add<false>, SumType); }
Overload DecimalSubtraction() { return WithType("nn", Add<true>, SumType); }
Overload DecimalMultiplication() { return WithType("nn", Multiply, ProductType); }
Overload DecimalDivision() { return {"nn", TypeKind::kFloat64, Divide}; }
Overload DecimalRemainder() { return WithType("mm", Remainder, TypeOfFirst); }
Overload DecimalNegation() { return WithType("n", Negate, TypeOfFirst); }
Overload DecimalAbs() { return WithType("n", Abs, TypeOfFirst); }
Overload DecimalSign() { return {"n", TypeKind::kInt64, Sign}; }
Overload DecimalFloor() { return WithType("n", Whole<FloorDecimal>, WholeType); }
Overload DecimalCeil() { return WithType("n", Whole<CeilDecimal>, WholeType); }
Overload DecimalTrunc() { return WithType("n", Whole<TruncateDecimal>, WholeType); }
Overload DecimalRound() { return WithType("n", Round, WholeType); }
Overload DecimalRoundToDigits() { return WithType("nk", RoundToDigits, RoundedType); }
Overload DecimalClamp() { return WithType("mmm", Clamp, TypeOfFirst); }

std::vector<Overload> DecimalCasts() {
  return {
      {"i", TypeKind::kDecimal, CastInt},   {"n", TypeKind::kDecimal, CastDecimal},
      {"f", TypeKind::kDecimal, CastFloat}, {"s", TypeKind::kDecimal, CastText},
      {"n", TypeKind::kInt64, CastToInt},   {"n", TypeKind::kFloat64, CastToFloat},
      {"n", TypeKind::kString, CastToText},
  };
}

Type WiderDecimal(Type a, Type b) {
  const int scale = std::max(a.scale, b.scale);
  const int whole = std::max(WholeDigits(a), WholeDigits(b));
  return Type::Decimal(std::min(whole + scale, kDigitsMax), scale);
}

Type DecimalOfInt(int64_t value) {
  int digits = 1;
  while (digits < kInt64AsDecimal.precision && !FitsDigits(value, digits)) ++digits;
  return Type::Decimal(digits, 0);
}

}  // namespace plumb::expr
