#include "data/value.h"

#include <bit>
#include <charconv>
#include <limits>

#include "data/internal/scalar_text.h"

namespace plumb::data {
namespace {

template <typename T>
int Order(const T& a, const T& b) {
  return a < b ? -1 : (b < a ? 1 : 0);
}

// An unsigned number that sorts as the doubles do. Canonical doubles only, so NaN is one pattern, above infinity.
uint64_t OrderedBits(double value) {
  constexpr uint64_t kSign = uint64_t{1} << 63;
  const auto bits = std::bit_cast<uint64_t>(value);
  return (bits & kSign) != 0 ? ~bits : bits | kSign;
}

uint64_t OrderedBits(int64_t value) { return static_cast<uint64_t>(value) ^ (uint64_t{1} << 63); }

std::string DoubleText(double value) {
  if (value != value) return "NaN";
  if (value == std::numeric_limits<double>::infinity()) return "Infinity";
  if (value == -std::numeric_limits<double>::infinity()) return "-Infinity";
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), value);
  return std::string(buffer, end.ptr);
}

void AppendBigEndian(uint64_t bits, std::string* out) {
  for (int shift = 56; shift >= 0; shift -= 8) out->push_back(static_cast<char>(bits >> shift));
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

base::Status NotReadable(Type type, std::string_view text, TextOutcome outcome) {
  return base::InvalidArgument("Value is not of type {}: \"{}\", want {}.", TypeName(type), ShownText(text),
                               WantedText(type, outcome));
}

TextOutcome ReadIntegral(Type type, std::string_view text, int64_t* out) {
  if (type == TypeKind::kBool) return ReadBool(text, out);
  if (type == TypeKind::kInt64) return ReadInt64(text, out);
  return type == TypeKind::kTimestamp ? ReadIsoTime(text, out) : ReadDuration(text, out);
}

const char* JsonKind(const base::Json& json) {
  if (json.IsNull()) return "null";
  if (json.IsBool()) return "a boolean";
  if (json.IsNumber()) return json.IsInt() ? "an integer" : "a number with a fraction";
  if (json.IsString()) return "a string";
  return json.IsArray() ? "an array" : "an object";
}

base::Status WrongJson(Type type, const base::Json& json, std::string_view wanted) {
  return base::InvalidArgument("Value is not of type {}: want {}, got {}.", TypeName(type), wanted, JsonKind(json));
}

base::Result<Value> Float64FromJson(const base::Json& json) {
  if (json.IsNumber()) return Value::Float64(json.AsDouble());
  if (json.IsString()) {
    const std::string& text = json.AsString();
    if (text == "NaN") return Value::Float64(std::numeric_limits<double>::quiet_NaN());
    if (text == "Infinity") return Value::Float64(std::numeric_limits<double>::infinity());
    if (text == "-Infinity") return Value::Float64(-std::numeric_limits<double>::infinity());
  }
  return WrongJson(TypeKind::kFloat64, json, "a number, \"NaN\", \"Infinity\" or \"-Infinity\"");
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

int Value::Compare(const Value& other) const {
  if (null_ != other.null_) return null_ ? -1 : 1;
  if (type_ != other.type_) return Order(type_.kind, other.type_.kind);
  if (null_) return 0;
  if (type_ == TypeKind::kString) return Order(string_.compare(other.string_), 0);
  if (type_ == TypeKind::kFloat64) return Order(OrderedBits(double_), OrderedBits(other.double_));
  return Order(int_, other.int_);
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
    case TypeKind::kFloat64: {
      const bool finite = double_ - double_ == 0;
      return finite ? base::Json(double_) : base::Json(DoubleText(double_));
    }
    default:
      return ToString();
  }
}

base::Result<Value> ParseValue(Type type, std::string_view text) {
  if (type == TypeKind::kString && IsUtf8(text)) return Value::String(std::string(text));
  if (type == TypeKind::kNull && text == "null") return Value();
  if (type == TypeKind::kFloat64) {
    double value = 0;
    const TextOutcome outcome = ReadFloat64(text, &value);
    if (outcome == TextOutcome::kRead) return Value::Float64(value);
    return NotReadable(type, text, outcome);
  }
  if (!type.IsIntegral()) return NotReadable(type, text, TextOutcome::kMalformed);
  int64_t value = 0;
  const TextOutcome outcome = ReadIntegral(type, text, &value);
  if (outcome == TextOutcome::kRead) return Value::Integral(type, value);
  return NotReadable(type, text, outcome);
}

base::Result<Value> ValueFromJson(Type type, const base::Json& json) {
  if (json.IsNull()) return Value::Null(type);
  switch (type.kind) {
    case TypeKind::kBool:
      if (json.IsBool()) return Value::Bool(json.AsBool());
      return WrongJson(type, json, "true or false");
    case TypeKind::kInt64:
      if (json.IsInt()) return Value::Int64(json.AsInt());
      return WrongJson(type, json, "a whole number from -2^63 to 2^63-1");
    case TypeKind::kFloat64:
      return Float64FromJson(json);
    case TypeKind::kString:
      if (json.IsString()) return Value::String(json.AsString());
      return WrongJson(type, json, "a string");
    case TypeKind::kTimestamp:
      if (json.IsString()) return ParseValue(type, json.AsString());
      return WrongJson(type, json, "an ISO 8601 time as a string");
    case TypeKind::kDuration:
      if (json.IsString()) return ParseValue(type, json.AsString());
      return WrongJson(type, json, "a length of time as a string");
    case TypeKind::kNull:
      break;
  }
  return WrongJson(type, json, "null");
}

void AppendCanonical(const Value& value, std::string* out) {
  const auto kind = static_cast<char>(value.type().kind);
  if (value.is_null()) {
    out->push_back('\0');
    out->push_back(kind);
    return;
  }
  out->push_back(kind);  // Never 0: a value that is not null has a type.
  switch (value.type().kind) {
    case TypeKind::kBool:
      out->push_back(value.AsBool() ? '\x01' : '\0');
      return;
    case TypeKind::kFloat64:
      return AppendBigEndian(OrderedBits(value.AsDouble()), out);
    case TypeKind::kString:
      return AppendEscaped(value.AsString(), out);
    default:
      return AppendBigEndian(OrderedBits(value.AsInt()), out);
  }
}

}  // namespace plumb::data
