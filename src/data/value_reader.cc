// How a Value is read from text and from JSON.
#include <charconv>
#include <limits>
#include <vector>

#include "data/internal/array_text.h"
#include "data/internal/decimal.h"
#include "data/internal/scalar_text.h"
#include "data/list.h"
#include "data/value.h"

namespace plumb::data {
namespace {

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

base::Result<Value> DecimalFromText(Type type, std::string_view text) {
  Int128 unscaled = 0;
  const TextOutcome outcome = ReadDecimal(type, text, &unscaled);
  if (outcome == TextOutcome::kRead) return Value::Decimal(type, unscaled);
  return NotReadable(type, text, outcome);
}

size_t SignificantDigits(std::string_view number) {
  number = number.substr(0, number.find_first_of("eE"));
  size_t digits = 0;
  for (const char c : number) {
    if (c >= '0' && c <= '9' && (digits > 0 || c != '0')) ++digits;
  }
  return digits;
}

// A number with a fraction has become a double. As long as its shortest text has no more digits than every double
// keeps, that text is the number that was written.
base::Result<Value> DecimalFromDouble(Type type, double number) {
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), number);
  const std::string_view text(buffer, static_cast<size_t>(end.ptr - buffer));
  if (SignificantDigits(text) <= std::numeric_limits<double>::digits10) return DecimalFromText(type, text);
  return base::InvalidArgument("Value is not of type {}: {}, want a number of at most {} digits.", TypeName(type), text,
                               std::numeric_limits<double>::digits10)
      .WithSuggestion("Write it as a string, which keeps every digit.");
}

base::Result<Value> DecimalFromJson(Type type, const base::Json& json) {
  if (json.IsString()) return DecimalFromText(type, json.AsString());
  if (json.IsInt()) return DecimalFromText(type, std::to_string(json.AsInt()));
  if (json.IsDouble()) return DecimalFromDouble(type, json.AsDouble());
  return WrongJson(type, json, "a number, or a string such as \"12.30\"");
}

base::Status WrongElement(Type type, size_t index, const std::string& message) {
  return base::InvalidArgument("Value is not of type {}: element {}: {}", TypeName(type), index + 1, message);
}

base::Result<Value> ListFromJson(Type type, const base::Json& json) {
  if (!json.IsArray()) return WrongJson(type, json, "an array");
  ListBuilder list(type);
  const base::JsonArray& items = json.AsArray();
  for (size_t i = 0; i < items.size(); ++i) {
    const base::Result<Value> element = ValueFromJson(type.Element(), items[i]);
    if (!element.ok()) return WrongElement(type, i, element.status().message());
    list.Append(*element);
  }
  return Value::Bytes(type, list.bytes());
}

base::Result<Value> VectorFromJson(Type type, const base::Json& json) {
  if (!json.IsArray()) return WrongJson(type, json, "an array");
  const base::JsonArray& items = json.AsArray();
  if (items.size() != type.size) {
    return base::InvalidArgument("Value is not of type {}: want {} elements, got {}.", TypeName(type), type.size,
                                 items.size());
  }
  std::string bytes;
  bytes.reserve(items.size() * sizeof(float));
  for (size_t i = 0; i < items.size(); ++i) {
    const base::Result<Value> element = Float64FromJson(items[i]);
    if (!element.ok()) return WrongElement(type, i, element.status().message());
    float value = 0;
    if (RoundToFloat32(element->AsDouble(), &value) != TextOutcome::kRead) {
      return WrongElement(type, i, "it is beyond every float32.");
    }
    AppendVectorElement(value, &bytes);
  }
  return Value::Bytes(type, std::move(bytes));
}

base::Result<Value> ArrayFromText(Type type, std::string_view text) {
  std::string bytes, wanted;
  if (ReadArray(type, text, &bytes, &wanted)) return Value::Bytes(type, std::move(bytes));
  return base::InvalidArgument("Value is not of type {}: \"{}\", want {}.", TypeName(type), ShownText(text), wanted);
}

}  // namespace

base::Result<Value> ParseValue(Type type, std::string_view text) {
  if (type.IsDecimal()) return DecimalFromText(type, text);
  if (type.kind == TypeKind::kList || type.kind == TypeKind::kVector) return ArrayFromText(type, text);
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
    case TypeKind::kDecimal:
      return DecimalFromJson(type, json);
    case TypeKind::kList:
      return ListFromJson(type, json);
    case TypeKind::kVector:
      return VectorFromJson(type, json);
    case TypeKind::kNull:
      break;
  }
  return WrongJson(type, json, "null");
}

}  // namespace plumb::data
