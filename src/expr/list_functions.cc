// Functions of lists and vectors. Those of vectors are computed in float64 and add from the first element to the last:
// one order, so one result everywhere.
#include <cmath>

#include "data/list.h"
#include "expr/float_result.h"
#include "expr/functions.h"
#include "expr/list_kernels.h"

namespace plumb::expr {
namespace {

using data::Type;
using data::TypeKind;
using Types = std::span<const Type>;

// ---- types ----

base::Result<Type> TruthOfEqualTypes(Types types, const Constants&) {
  if (types[0] == types[1]) return Type(TypeKind::kBool);
  return base::InvalidArgument("Lists and vectors of different types do not compare: {} and {}.",
                               data::TypeName(types[0]), data::TypeName(types[1]));
}
base::Result<Type> FloatOfEqualSizes(Types types, const Constants&) {
  if (types[0] == types[1]) return Type(TypeKind::kFloat64);
  return base::InvalidArgument("Vectors have different sizes: {} and {}.", data::TypeName(types[0]),
                               data::TypeName(types[1]));
}
base::Result<Type> ElementType(Types types, const Constants&) { return types[0].Element(); }

// ---- lists ----

data::Value ValueOf(Type type, const Cell& cell) {
  if (type.IsDecimal()) return data::Value::Decimal(type, cell.w);
  if (type == TypeKind::kFloat64) return data::Value::Float64(cell.d);
  if (type == TypeKind::kString) return data::Value::String(std::string(cell.s));
  return data::Value::Integral(type, cell.i);
}

void FromValue(const data::Value& value, Arena* arena, Cell* out) {
  const Type type = value.type();
  if (type.IsDecimal()) {
    out->w = value.AsDecimal();
  } else if (type == TypeKind::kFloat64) {
    out->d = value.AsDouble();
  } else if (type == TypeKind::kString) {
    out->s = arena->Keep(value.AsString());
  } else {
    out->i = value.AsInt();
  }
}

State ListLength(const Cell* a, const Constants& c, Arena*, Cell* out) {
  out->i = data::ListView(c.args[0], a[0].s).size();
  return kValue;
}

// 1 is the first and -1 the last; the place from 0, or -1 outside.
int64_t PlaceOf(int64_t index, int64_t size) {
  if (index > size || index < -size || index == 0) return -1;
  return index > 0 ? index - 1 : size + index;
}

State ElementOfList(const Cell* a, const Constants& c, Arena* arena, Cell* out) {
  const data::ListView list(c.args[0], a[0].s);
  const int64_t place = PlaceOf(a[1].i, list.size());
  if (place < 0) return kNullState;
  const data::Value value = list.At(static_cast<uint32_t>(place));
  if (value.is_null()) return kNullState;
  FromValue(value, arena, out);
  return kValue;
}

State Contains(const Cell* a, const Constants& c, Arena*, Cell* out) {
  const data::Value wanted = ValueOf(c.args[1], a[1]);
  bool found = false;
  data::ListView(c.args[0], a[0].s).ForEach([&](const data::Value& element) { found = found || element == wanted; });
  out->i = found ? 1 : 0;
  return kValue;
}

template <bool negated>
State SameBytes(const Cell* a, const Constants&, Arena*, Cell* out) {
  out->i = (a[0].s == a[1].s) != negated ? 1 : 0;
  return kValue;
}

State CastText(const Cell* a, const Constants& c, Arena* arena, Cell* out) {
  const base::Result<data::Value> value = data::ParseValue(c.result, a[0].s);
  if (!value.ok()) return kErrorState;
  out->s = arena->Keep(value->AsString());
  return kValue;
}
State CastToText(const Cell* a, const Constants& c, Arena* arena, Cell* out) {
  std::string text = data::Value::Bytes(c.args[0], std::string(a[0].s)).ToString();
  if (text.size() > kStringBytesMax) return kErrorState;
  out->s = arena->Keep(std::move(text));
  return kValue;
}

// ---- vectors ----

State VectorLength(const Cell*, const Constants& c, Arena*, Cell* out) {
  out->i = c.args[0].size;
  return kValue;
}
State ElementOfVector(const Cell* a, const Constants& c, Arena*, Cell* out) {
  const int64_t place = PlaceOf(a[1].i, c.args[0].size);
  if (place < 0) return kNullState;
  out->d = data::VectorElement(a[0].s, static_cast<size_t>(place));
  return kValue;
}

double DotOf(std::string_view v, std::string_view w, size_t size) {
  double sum = 0;
  for (size_t i = 0; i < size; ++i) {
    sum += static_cast<double>(data::VectorElement(v, i)) * static_cast<double>(data::VectorElement(w, i));
  }
  return sum;
}
double NormOf(std::string_view v, size_t size) { return std::sqrt(DotOf(v, v, size)); }

State Dot(const Cell* a, const Constants& c, Arena*, Cell* out) {
  return FloatResult(DotOf(a[0].s, a[1].s, c.args[0].size), false, out);
}
State Norm(const Cell* a, const Constants& c, Arena*, Cell* out) {
  return FloatResult(NormOf(a[0].s, c.args[0].size), false, out);
}
State CosineSimilarity(const Cell* a, const Constants& c, Arena*, Cell* out) {
  const size_t size = c.args[0].size;
  const double norms = NormOf(a[0].s, size) * NormOf(a[1].s, size);
  if (norms == 0) return kNullState;
  return FloatResult(DotOf(a[0].s, a[1].s, size) / norms, false, out);
}
State L2Distance(const Cell* a, const Constants& c, Arena*, Cell* out) {
  double sum = 0;
  for (size_t i = 0; i < c.args[0].size; ++i) {
    const double difference =
        static_cast<double>(data::VectorElement(a[0].s, i)) - static_cast<double>(data::VectorElement(a[1].s, i));
    sum += difference * difference;
  }
  return FloatResult(std::sqrt(sum), false, out);
}

Overload OfTwoVectors(Kernel kernel) { return {"vv", TypeKind::kFloat64, kernel, Fast::kNone, FloatOfEqualSizes}; }

}  // namespace

std::vector<Overload> ListEquality(bool negated) {
  const Kernel kernel = negated ? SameBytes<true> : SameBytes<false>;
  return {{"ll", TypeKind::kBool, kernel, Fast::kNone, TruthOfEqualTypes},
          {"vv", TypeKind::kBool, kernel, Fast::kNone, TruthOfEqualTypes}};
}

Overload ListContains() { return {"lx", TypeKind::kBool, Contains}; }

std::vector<Overload> ListCasts() {
  return {{"s", TypeKind::kList, CastText},
          {"s", TypeKind::kVector, CastText},
          {"l", TypeKind::kString, CastToText},
          {"v", TypeKind::kString, CastToText}};
}

std::vector<Function> ListFunctions() {
  return {
      Strict("len", "len(x)", "The number of elements of a list or vector.", "len(cast('[5, null]' as list(int64)))",
             {{"l", TypeKind::kInt64, ListLength}, {"v", TypeKind::kInt64, VectorLength}}),
      Strict("element", "element(x, i)",
             "The i-th element of a list or vector: 1 is the first, -1 the last; outside it is null.",
             "element(cast('[5, 6]' as list(int64)), -1)",
             {{"li", TypeKind::kNull, ElementOfList, Fast::kNone, ElementType},
              {"vi", TypeKind::kFloat64, ElementOfVector}}),
      Strict("dot", "dot(v, w)", "The sum of the products of the elements of two vectors of one size.",
             "dot(cast('[1, 2]' as vector(float32, 2)), cast('[3, 4]' as vector(float32, 2)))", {OfTwoVectors(Dot)}),
      Strict("cosine_similarity", "cosine_similarity(v, w)",
             "The cosine of the angle between two vectors: dot(v, w) / (norm(v) * norm(w)); null if one is all 0.",
             "cosine_similarity(cast('[1, 0]' as vector(float32, 2)), cast('[3, 4]' as vector(float32, 2)))",
             {OfTwoVectors(CosineSimilarity)}),
      Strict("l2_distance", "l2_distance(v, w)", "The Euclidean distance of two vectors.",
             "l2_distance(cast('[1, 2]' as vector(float32, 2)), cast('[4, 6]' as vector(float32, 2)))",
             {OfTwoVectors(L2Distance)}),
      Strict("norm", "norm(v)", "The Euclidean length of a vector.", "norm(cast('[3, 4]' as vector(float32, 2)))",
             {{"v", TypeKind::kFloat64, Norm}}),
  };
}

}  // namespace plumb::expr
