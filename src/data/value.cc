#include "data/value.h"

#include <charconv>
#include <limits>
#include <tuple>
#include <utility>

#include "data/internal/decimal.h"
#include "data/internal/ordered_bits.h"
#include "data/list.h"

namespace plumb::data {
namespace {

std::string DoubleText(double value) {
  if (value != value) return "NaN";
  if (value == std::numeric_limits<double>::infinity()) return "Infinity";
  if (value == -std::numeric_limits<double>::infinity()) return "-Infinity";
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), value);
  return std::string(buffer, end.ptr);
}

// 00 inside the text becomes 00 FF and the end is 00 00, so that a prefix sorts first and no text runs into the next
// value.
void AppendEscaped(std::string_view text, std::string* out) {
  for (const char c : text) {
    out->push_back(c);
    if (c == '\0') out->push_back('\xff');
  }
  out->append(2, '\0');
}

base::Json DoubleJson(double value) {
  const bool finite = value - value == 0;
  return finite ? base::Json(value) : base::Json(DoubleText(value));
}

// The double that is written the shortest of those that are rounded to this float: 0.1, not 0.10000000149011612.
double ShortestDouble(float value) {
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), value);
  double shortest = value;
  const auto [stop, error] = std::from_chars(buffer, end.ptr, shortest);
  const bool same = error == std::errc() && stop == end.ptr && static_cast<float>(shortest) == value;
  return same ? shortest : value;
}

// The element as it stands in a JSON array; decimals by their digits, which no double has.
std::string ElementText(const Value& element) {
  if (!element.is_null() && element.type().IsDecimal()) return element.ToString();
  return element.ToJson().Dump();
}

std::string ListText(Type type, std::string_view bytes) {
  std::string text = "[";
  ListView(type, bytes).ForEach([&](const Value& element) {
    if (text.size() > 1) text += ", ";
    text += ElementText(element);
  });
  return text + "]";
}

std::string VectorText(Type type, std::string_view bytes) {
  std::string text = "[";
  for (uint32_t i = 0; i < type.size; ++i) {
    if (i > 0) text += ", ";
    text += DoubleJson(ShortestDouble(VectorElement(bytes, i))).Dump();
  }
  return text + "]";
}

int CompareTypes(Type a, Type b) {
  const auto parts = [](Type type) {
    return std::make_tuple(type.kind, type.element, type.precision, type.scale, type.size);
  };
  return Order(parts(a), parts(b));
}

// The type, so that no two types have values of the same bytes.
void AppendType(Type type, std::string* out) {
  out->push_back(static_cast<char>(type.kind));
  if (type.kind == TypeKind::kList) return AppendType(type.Element(), out);
  if (type.kind == TypeKind::kVector) return AppendBigEndian(type.size, out);
  if (!type.IsDecimal()) return;
  out->push_back(static_cast<char>(type.precision));
  out->push_back(static_cast<char>(type.scale));
}

void AppendPayload(const Value& value, std::string* out);

// Each element after a mark that is above null's, which is above the end's: a list sorts after its beginning.
void AppendElements(const Value& list, std::string* out) {
  constexpr char kEnd = 0, kNull = 1, kValue = 2;
  ListView(list.type(), list.AsString()).ForEach([&](const Value& element) {
    out->push_back(element.is_null() ? kNull : kValue);
    if (!element.is_null()) AppendPayload(element, out);
  });
  out->push_back(kEnd);
}

void AppendPayload(const Value& value, std::string* out) {
  switch (value.type().kind) {
    case TypeKind::kBool:
      out->push_back(value.AsBool() ? '\x01' : '\0');
      return;
    case TypeKind::kFloat64:
      return AppendBigEndian(OrderedBits(value.AsDouble()), out);
    case TypeKind::kString:
      return AppendEscaped(value.AsString(), out);
    case TypeKind::kDecimal:
      if (value.type().IsWideDecimal()) return AppendBigEndian(OrderedBits(value.AsDecimal()), out);
      return AppendBigEndian(OrderedBits(static_cast<int64_t>(value.AsDecimal())), out);
    case TypeKind::kList:
      return AppendElements(value, out);
    case TypeKind::kVector:
      for (uint32_t i = 0; i < value.type().size; ++i) {
        AppendBigEndian(OrderedBits(VectorElement(value.AsString(), i)), out);
      }
      return;
    default:
      return AppendBigEndian(OrderedBits(value.AsInt()), out);
  }
}

}  // namespace

Value Value::Null(Type type) {
  Value value;
  value.type_ = type;
  return value;
}

Value Value::Bool(bool value) { return Integral(TypeKind::kBool, value ? 1 : 0); }
Value Value::Int64(int64_t value) { return Integral(TypeKind::kInt64, value); }
Value Value::Timestamp(base::Time value) { return Integral(TypeKind::kTimestamp, value); }
Value Value::Duration(base::Duration value) { return Integral(TypeKind::kDuration, value); }

Value Value::Float64(double value) {
  Value result = Null(TypeKind::kFloat64);
  result.null_ = false;
  result.double_ = CanonicalDouble(value);
  return result;
}

Value Value::String(std::string value) {
  Value result = Null(TypeKind::kString);
  result.null_ = false;
  result.string_ = std::move(value);
  return result;
}

Value Value::Integral(Type type, int64_t value) {
  PLUMB_CHECK(type.IsIntegral(), "Only integral types have an integer form.");
  Value result = Null(type);
  result.null_ = false;
  result.int_ = value;
  return result;
}

Value Value::Decimal(Type type, Int128 unscaled) {
  PLUMB_CHECK(type.IsDecimal(), "Only decimals have an unscaled form.");
  PLUMB_CHECK(FitsPrecision(type, unscaled), "The decimal has more digits than its type.");
  Value result = Null(type);
  result.null_ = false;
  if (type.IsWideDecimal()) {
    result.string_ = WideDecimalBytes(unscaled);
  } else {
    result.int_ = static_cast<int64_t>(unscaled);
  }
  return result;
}

Value Value::Bytes(Type type, std::string bytes) {
  PLUMB_CHECK(type.storage() == Storage::kBytes, "The type is not held as bytes.");
  Value result = Null(type);
  result.null_ = false;
  result.string_ = std::move(bytes);
  return result;
}

Int128 Value::AsDecimal() const { return type_.IsWideDecimal() ? Int128Of(string_) : Int128{int_}; }

int Value::Compare(const Value& other) const {
  if (null_ != other.null_) return null_ ? -1 : 1;
  if (type_ != other.type_) return CompareTypes(type_, other.type_);
  if (null_) return 0;
  switch (type_.kind) {
    case TypeKind::kString:
      return Order(string_.compare(other.string_), 0);
    case TypeKind::kFloat64:
      return Order(OrderedBits(double_), OrderedBits(other.double_));
    case TypeKind::kDecimal:
      return Order(AsDecimal(), other.AsDecimal());
    case TypeKind::kList:
    case TypeKind::kVector:
      return CompareLists(type_, string_, other.string_);
    default:
      return Order(int_, other.int_);
  }
}

std::string Value::ToString() const {
  if (null_) return "null";
  switch (type_.kind) {
    case TypeKind::kBool:
      return int_ != 0 ? "true" : "false";
    case TypeKind::kInt64:
      return std::to_string(int_);
    case TypeKind::kFloat64:
      return DoubleText(double_);
    case TypeKind::kString:
      return string_;
    case TypeKind::kTimestamp:
      return base::FormatTime(int_);
    case TypeKind::kDuration:
      return base::FormatSpan({0, int_});
    case TypeKind::kDecimal:
      return DecimalText(type_, AsDecimal());
    case TypeKind::kList:
      return ListText(type_, string_);
    case TypeKind::kVector:
      return VectorText(type_, string_);
    case TypeKind::kNull:
      break;
  }
  return "null";
}

base::Json Value::ToJson() const {
  if (null_) return {};
  switch (type_.kind) {
    case TypeKind::kBool:
      return AsBool();
    case TypeKind::kInt64:
      return int_;
    case TypeKind::kFloat64:
      return DoubleJson(double_);
    case TypeKind::kList: {
      base::JsonArray items;
      ListView(type_, string_).ForEach([&](const Value& element) { items.push_back(element.ToJson()); });
      return items;
    }
    case TypeKind::kVector: {
      base::JsonArray items;
      for (uint32_t i = 0; i < type_.size; ++i) items.push_back(DoubleJson(ShortestDouble(VectorElement(string_, i))));
      return items;
    }
    default:
      return ToString();
  }
}

void AppendCanonical(const Value& value, std::string* out) {
  // A value that is not null has a type, whose byte is never 0.
  if (value.is_null()) out->push_back('\0');
  AppendType(value.type(), out);
  if (!value.is_null()) AppendPayload(value, out);
}

}  // namespace plumb::data
