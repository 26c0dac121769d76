#include "base/json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/internal/utf8.h"

namespace plumb::base {
namespace {

// Recursive descent over one text. Each Read function leaves `at_` after what it read; after an error nothing is read
// on.
class JsonReader {
 public:
  JsonReader(std::string_view text, const JsonLimits& limits) : text_(text), limits_(limits) {}

  Result<Json> Read() {
    if (text_.size() > limits_.bytes_max) {
      return InvalidArgument("JSON is too large: {} bytes, at most {}.", text_.size(), limits_.bytes_max);
    }
    Json value;
    PLUMB_RETURN_IF_ERROR(ReadValue(0, &value));
    SkipBlanks();
    if (at_ < text_.size()) return Error(at_, "JSON goes on after its end.");
    return value;
  }

 private:
  Status Error(size_t offset, const char* sentence) const {
    const std::string_view before = text_.substr(0, offset);
    const size_t line = 1 + static_cast<size_t>(std::count(before.begin(), before.end(), '\n'));
    const size_t newline = before.rfind('\n');
    const std::string_view in_line = newline == std::string_view::npos ? before : before.substr(newline + 1);
    const auto column = std::count_if(in_line.begin(), in_line.end(),
                                      [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
    return Status(Code::kInvalidArgument, sentence).WithWhere(fmt::format("{}:{}", line, column + 1));
  }

  void SkipBlanks() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c != ' ' && c != '\n' && c != '\t' && c != '\r') return;
      ++at_;
    }
  }
  bool Skip(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  Status ReadValue(int depth, Json* out) {
    SkipBlanks();
    if (at_ == text_.size()) return Error(at_, "JSON ends too early.");
    if (++values_ > limits_.values_max) return Error(at_, "JSON has too many values.");
    switch (text_[at_]) {
      case '{':
        return ReadObject(depth + 1, out);
      case '[':
        return ReadArray(depth + 1, out);
      case '"': {
        std::string text;
        PLUMB_RETURN_IF_ERROR(ReadString(&text));
        *out = Json(std::move(text));
        return Status();
      }
      case 't':
        return ReadWord("true", Json(true), out);
      case 'f':
        return ReadWord("false", Json(false), out);
      case 'n':
        return ReadWord("null", Json(), out);
      default:
        return ReadNumber(out);
    }
  }

  Status ReadWord(std::string_view word, Json value, Json* out) {
    if (text_.substr(at_, word.size()) != word) return Error(at_, "JSON value is expected.");
    at_ += word.size();
    *out = std::move(value);
    return Status();
  }

  Status ReadArray(int depth, Json* out) {
    if (depth > limits_.depth_max) return Error(at_, "JSON is nested too deeply.");
    ++at_;
    JsonArray items;
    SkipBlanks();
    if (!Skip(']')) {
      do {
        PLUMB_RETURN_IF_ERROR(ReadValue(depth, &items.emplace_back()));
        SkipBlanks();
      } while (Skip(','));
      if (!Skip(']')) return Error(at_, "JSON array is not closed: a comma or ] is expected.");
    }
    *out = Json(std::move(items));
    return Status();
  }

  Status ReadObject(int depth, Json* out) {
    if (depth > limits_.depth_max) return Error(at_, "JSON is nested too deeply.");
    ++at_;
    JsonObject members;
    std::vector<size_t> key_offsets;
    SkipBlanks();
    if (!Skip('}')) {
      do {
        SkipBlanks();
        key_offsets.push_back(at_);
        if (Peek() != '"') return Error(at_, "JSON key is expected in double quotes.");
        auto& [key, value] = members.emplace_back();
        PLUMB_RETURN_IF_ERROR(ReadString(&key));
        SkipBlanks();
        if (!Skip(':')) return Error(at_, "JSON key needs a colon after it.");
        PLUMB_RETURN_IF_ERROR(ReadValue(depth, &value));
        SkipBlanks();
      } while (Skip(','));
      if (!Skip('}')) return Error(at_, "JSON object is not closed: a comma or } is expected.");
    }
    PLUMB_RETURN_IF_ERROR(CheckKeysAreUnique(members, key_offsets));
    *out = Json(std::move(members));
    return Status();
  }

  Status CheckKeysAreUnique(const JsonObject& members, const std::vector<size_t>& key_offsets) const {
    std::vector<size_t> order(members.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      const int compared = members[a].first.compare(members[b].first);
      return compared != 0 ? compared < 0 : a < b;
    });
    for (size_t i = 1; i < order.size(); ++i) {
      if (members[order[i - 1]].first == members[order[i]].first) {
        return Error(key_offsets[order[i]], "JSON key occurs twice in one object.");
      }
    }
    return Status();
  }

  Status ReadString(std::string* out) {
    ++at_;
    size_t plain_begin = at_;
    while (at_ < text_.size()) {
      const unsigned char c = static_cast<unsigned char>(text_[at_]);
      if (c == '"' || c == '\\') {
        out->append(text_.substr(plain_begin, at_ - plain_begin));
        if (c == '"') {
          ++at_;
          return Status();
        }
        PLUMB_RETURN_IF_ERROR(ReadEscape(out));
        plain_begin = at_;
      } else if (c < 0x20) {
        return Error(at_, "JSON string holds a control character.");
      } else if (const size_t bytes = internal::Utf8SequenceBytes(text_, at_); bytes != 0) {
        at_ += bytes;
      } else {
        return Error(at_, "JSON string is not valid UTF-8.");
      }
    }
    return Error(at_, "JSON string is not closed.");
  }

  Status ReadEscape(std::string* out) {
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    const size_t begin = at_++;
    const char letter = Peek();
    if (letter == 'u') {
      ++at_;
      return ReadUnicodeEscape(begin, out);
    }
    const size_t known = at_ < text_.size() ? kLetters.find(letter) : std::string_view::npos;
    if (known == std::string_view::npos) return Error(begin, "JSON escape is not known.");
    out->push_back(kMeanings[known]);
    ++at_;
    return Status();
  }

  Status ReadUnicodeEscape(size_t begin, std::string* out) {
    uint32_t code = 0;
    if (!ReadHex4(&code)) return Error(begin, "JSON escape needs four hexadecimal digits.");
    if (code >= 0xD800 && code <= 0xDFFF) {
      uint32_t low = 0;
      const bool is_pair =
          code <= 0xDBFF && Skip('\\') && Skip('u') && ReadHex4(&low) && low >= 0xDC00 && low <= 0xDFFF;
      if (!is_pair) return Error(begin, "JSON escape is half of a surrogate pair.");
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    internal::AppendUtf8(code, out);
    return Status();
  }

  bool ReadHex4(uint32_t* code) {
    const std::string_view digits = text_.substr(at_, 4);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), *code, 16);
    if (digits.size() != 4 || error != std::errc() || end != digits.data() + 4) return false;
    at_ += 4;
    return true;
  }

  size_t SkipDigits() {
    const size_t begin = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    return at_ - begin;
  }

  Status ReadNumber(Json* out) {
    const size_t begin = at_;
    Skip('-');
    const bool starts_with_zero = Peek() == '0';
    const size_t digits = SkipDigits();
    if (digits == 0) return Error(begin, "JSON value is expected.");
    if (starts_with_zero && digits > 1) return Error(begin, "JSON number starts with a needless zero.");
    bool is_whole = true;
    if (Skip('.')) {
      is_whole = false;
      if (SkipDigits() == 0) return Error(begin, "JSON number needs a digit after its point.");
    }
    if (Peek() == 'e' || Peek() == 'E') {
      is_whole = false;
      ++at_;
      if (!Skip('+')) Skip('-');
      if (SkipDigits() == 0) return Error(begin, "JSON number needs a digit in its exponent.");
    }
    return ConvertNumber(begin, is_whole, out);
  }

  Status ConvertNumber(size_t begin, bool is_whole, Json* out) const {
    const std::string_view text = text_.substr(begin, at_ - begin);
    const char* const last = text.data() + text.size();
    int64_t whole = 0;
    // Minus zero has no integer; as a double it keeps its sign.
    if (is_whole && text != "-0" && std::from_chars(text.data(), last, whole).ec == std::errc()) {
      *out = Json(whole);
      return Status();
    }
    double value = 0;
    if (std::from_chars(text.data(), last, value).ec != std::errc()) {
      if (!IsBelowOne(text)) return Error(begin, "JSON number is too large.");
      value = text.front() == '-' ? -0.0 : 0.0;
    }
    if (!std::isfinite(value)) return Error(begin, "JSON number is too large.");
    *out = Json(value);
    return Status();
  }

  // Whether a number that no double holds is tiny rather than huge. Its decimal exponent is far from 0, so that the
  // exponent of the leading digit decides.
  static bool IsBelowOne(std::string_view number) {
    const size_t mantissa_end = std::min(number.find_first_of("eE"), number.size());
    const std::string_view mantissa = number.substr(0, mantissa_end);
    const int64_t point = static_cast<int64_t>(std::min(mantissa.find('.'), mantissa.size()));
    const size_t leading = mantissa.find_first_of("123456789");
    if (leading == std::string_view::npos) return true;
    const bool exponent_is_negative = number.substr(mantissa_end).find('-') != std::string_view::npos;
    std::string_view digits = number.substr(mantissa_end);
    digits.remove_prefix(std::min(digits.find_first_of("0123456789"), digits.size()));
    int64_t exponent = 0;
    for (const char c : digits) exponent = std::min<int64_t>(exponent * 10 + (c - '0'), int64_t{1} << 40);
    return point - static_cast<int64_t>(leading) + (exponent_is_negative ? -exponent : exponent) <= 0;
  }

  std::string_view text_;
  JsonLimits limits_;
  size_t at_ = 0;
  size_t values_ = 0;
};

void AppendNewline(int indent, int depth, std::string* out) {
  if (indent < 0) return;
  out->push_back('\n');
  out->append(static_cast<size_t>(indent) * static_cast<size_t>(depth), ' ');
}

void AppendJson(const Json& json, int indent, int depth, std::string* out);

void AppendArray(const JsonArray& items, int indent, int depth, std::string* out) {
  out->push_back('[');
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out->push_back(',');
    AppendNewline(indent, depth + 1, out);
    AppendJson(items[i], indent, depth + 1, out);
  }
  if (!items.empty()) AppendNewline(indent, depth, out);
  out->push_back(']');
}

void AppendObject(const JsonObject& members, int indent, int depth, std::string* out) {
  out->push_back('{');
  for (size_t i = 0; i < members.size(); ++i) {
    if (i > 0) out->push_back(',');
    AppendNewline(indent, depth + 1, out);
    AppendJsonString(members[i].first, out);
    out->append(indent < 0 ? ":" : ": ");
    AppendJson(members[i].second, indent, depth + 1, out);
  }
  if (!members.empty()) AppendNewline(indent, depth, out);
  out->push_back('}');
}

void AppendJson(const Json& json, int indent, int depth, std::string* out) {
  if (json.IsNull()) {
    out->append("null");
  } else if (json.IsBool()) {
    out->append(json.AsBool() ? "true" : "false");
  } else if (json.IsInt()) {
    std::array<char, 24> buffer;
    const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), json.AsInt());
    out->append(buffer.data(), result.ptr);
  } else if (json.IsDouble()) {
    AppendJsonDouble(json.AsDouble(), out);
  } else if (json.IsString()) {
    AppendJsonString(json.AsString(), out);
  } else if (json.IsArray()) {
    AppendArray(json.AsArray(), indent, depth, out);
  } else {
    AppendObject(json.AsObject(), indent, depth, out);
  }
}

}  // namespace

bool Json::AsBool() const {
  PLUMB_CHECK(IsBool(), "The JSON value is not a bool.");
  return std::get<bool>(value_);
}

int64_t Json::AsInt() const {
  PLUMB_CHECK(IsInt(), "The JSON value is not an integer.");
  return std::get<int64_t>(value_);
}

double Json::AsDouble() const {
  if (IsInt()) return static_cast<double>(std::get<int64_t>(value_));
  PLUMB_CHECK(IsDouble(), "The JSON value is not a number.");
  return std::get<double>(value_);
}

const std::string& Json::AsString() const {
  PLUMB_CHECK(IsString(), "The JSON value is not a string.");
  return std::get<std::string>(value_);
}

const JsonArray& Json::AsArray() const {
  PLUMB_CHECK(IsArray(), "The JSON value is not an array.");
  return std::get<JsonArray>(value_);
}

const JsonObject& Json::AsObject() const {
  PLUMB_CHECK(IsObject(), "The JSON value is not an object.");
  return std::get<JsonObject>(value_);
}

JsonArray& Json::AsArray() {
  PLUMB_CHECK(IsArray(), "The JSON value is not an array.");
  return std::get<JsonArray>(value_);
}

JsonObject& Json::AsObject() {
  PLUMB_CHECK(IsObject(), "The JSON value is not an object.");
  return std::get<JsonObject>(value_);
}

const Json* Json::Find(std::string_view key) const {
  if (!IsObject()) return nullptr;
  for (const auto& [name, value] : std::get<JsonObject>(value_)) {
    if (name == key) return &value;
  }
  return nullptr;
}

Json& Json::Set(std::string key, Json value) {
  if (IsNull()) value_ = JsonObject();
  for (auto& [name, old] : AsObject()) {
    if (name == key) {
      old = std::move(value);
      return *this;
    }
  }
  AsObject().emplace_back(std::move(key), std::move(value));
  return *this;
}

Json& Json::Append(Json value) {
  if (IsNull()) value_ = JsonArray();
  AsArray().push_back(std::move(value));
  return *this;
}

std::string Json::Dump(int indent) const {
  std::string out;
  AppendJson(*this, indent, 0, &out);
  return out;
}

Result<Json> ParseJson(std::string_view text, const JsonLimits& limits) { return JsonReader(text, limits).Read(); }

void AppendJsonString(std::string_view text, std::string* out) {
  out->push_back('"');
  for (size_t i = 0; i < text.size();) {
    const unsigned char c = static_cast<unsigned char>(text[i]);
    const size_t bytes = internal::Utf8SequenceBytes(text, i);
    if (bytes == 0) {
      out->append("\xEF\xBF\xBD");  // U+FFFD: what is written is always valid JSON
    } else if (c == '"' || c == '\\') {
      out->push_back('\\');
      out->push_back(static_cast<char>(c));
    } else if (c == '\n') {
      out->append("\\n");
    } else if (c == '\t') {
      out->append("\\t");
    } else if (c == '\r') {
      out->append("\\r");
    } else if (c < 0x20) {
      out->append(fmt::format("\\u{:04x}", c));
    } else {
      out->append(text.substr(i, bytes));
    }
    i += std::max<size_t>(bytes, 1);
  }
  out->push_back('"');
}

void AppendJsonDouble(double value, std::string* out) {
  if (std::isnan(value)) {
    out->append("\"NaN\"");
  } else if (std::isinf(value)) {
    out->append(value < 0 ? "\"-Infinity\"" : "\"Infinity\"");
  } else {
    std::array<char, 32> buffer;
    const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
    out->append(buffer.data(), result.ptr);
  }
}

}  // namespace plumb::base
