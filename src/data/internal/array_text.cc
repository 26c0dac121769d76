#include "data/internal/array_text.h"

#include "base/json.h"
#include "data/internal/decimal.h"
#include "data/internal/scalar_text.h"
#include "data/list.h"
#include "data/value.h"

namespace plumb::data {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::string_view WithoutBlanks(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

// The place after the string that begins at `at`, or npos if it does not end.
size_t AfterString(std::string_view text, size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '"') return at + 1;
    if (text[at] == '\\') ++at;
  }
  return std::string_view::npos;
}

// The place of the comma that ends the element at `at`, or the end of the text; npos for what no scalar has.
size_t EndOfElement(std::string_view text, size_t at) {
  while (at < text.size() && text[at] != ',') {
    const char c = text[at];
    if (c == '[' || c == ']' || c == '{' || c == '}') return std::string_view::npos;
    at = c == '"' ? AfterString(text, at) : at + 1;
  }
  return at;
}

bool IsNumber(std::string_view text) {
  return text.find_first_not_of("0123456789+-.eE") == std::string_view::npos && text != "-";
}

base::Result<Value> ReadElement(Type element, std::string_view text) {
  PLUMB_ASSIGN_OR_RETURN(const base::Json json, base::ParseJson(text));
  if (!json.IsNumber() || !element.IsDecimal()) return ValueFromJson(element, json);
  return ParseValue(element, text);
}

TextOutcome ReadFloat32(std::string_view text, float* out) {
  double number = 0;
  if (IsNumber(text)) {
    const TextOutcome outcome = ReadFloat64(text, &number);
    if (outcome != TextOutcome::kRead) return outcome;
  } else {
    const base::Result<Value> value = ReadElement(TypeKind::kFloat64, text);
    if (!value.ok() || value->is_null()) return TextOutcome::kMalformed;
    number = value->AsDouble();
  }
  return RoundToFloat32(number, out);
}

std::string WantedElement(Type type, size_t index, std::string_view text) {
  const std::string element = type.kind == TypeKind::kVector ? "float32" : TypeName(type.Element());
  return fmt::format("{}; element {} is not {}: {}", WantedText(type, TextOutcome::kMalformed), index + 1, element,
                     ShownText(text));
}

bool ReadVector(Type type, const std::vector<std::string_view>& elements, std::string* bytes, std::string* wanted) {
  if (elements.size() != type.size) {
    *wanted = fmt::format("{}, not of {}", WantedText(type, TextOutcome::kMalformed), elements.size());
    return false;
  }
  bytes->clear();
  bytes->reserve(elements.size() * sizeof(float));
  for (size_t i = 0; i < elements.size(); ++i) {
    float value = 0;
    if (ReadFloat32(elements[i], &value) != TextOutcome::kRead) {
      *wanted = WantedElement(type, i, elements[i]);
      return false;
    }
    AppendVectorElement(value, bytes);
  }
  return true;
}

bool ReadList(Type type, const std::vector<std::string_view>& elements, std::string* bytes, std::string* wanted) {
  ListBuilder list(type);
  for (size_t i = 0; i < elements.size(); ++i) {
    const base::Result<Value> element = ReadElement(type.Element(), elements[i]);
    if (!element.ok()) {
      *wanted = WantedElement(type, i, elements[i]);
      return false;
    }
    list.Append(*element);
  }
  *bytes = list.bytes();
  return true;
}

}  // namespace

bool SplitArray(std::string_view text, std::vector<std::string_view>* elements) {
  elements->clear();
  text = WithoutBlanks(text);
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') return false;
  text = text.substr(1, text.size() - 2);
  if (WithoutBlanks(text).empty()) return true;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = EndOfElement(text, at);
    if (end == std::string_view::npos) return false;
    elements->push_back(WithoutBlanks(text.substr(at, end - at)));
    if (elements->back().empty()) return false;
    at = end + 1;
  }
  return true;
}

bool ReadArray(Type type, std::string_view text, std::string* bytes, std::string* wanted) {
  std::vector<std::string_view> elements;
  if (!SplitArray(text, &elements)) {
    *wanted = WantedText(type, TextOutcome::kMalformed);
    return false;
  }
  return type.kind == TypeKind::kVector ? ReadVector(type, elements, bytes, wanted)
                                        : ReadList(type, elements, bytes, wanted);
}

}  // namespace plumb::data
