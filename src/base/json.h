// json.h: JSON values: a bounded reader and a writer that keeps every bit of a double.
//
// Why: requests, model files, manifests and logs are JSON. One value type, so that nobody else sees a JSON library.
// Objects keep their order. Numbers without fraction and exponent that fit are int64, else double. Depth and size
// bounded. Writing: doubles by the shortest text that reads back to the same bits (std::to_chars); NaN and infinities,
// which JSON lacks, as the strings "NaN", "Infinity", "-Infinity".
//
// Thread safety: values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/status.h"

namespace plumb::base {

class Json;
using JsonArray = std::vector<Json>;
using JsonObject = std::vector<std::pair<std::string, Json>>;

class Json {
 public:
  Json() = default;                                              // null
  Json(bool value) : value_(value) {}                            // NOLINT
  Json(int value) : value_(static_cast<int64_t>(value)) {}       // NOLINT
  Json(int64_t value) : value_(value) {}                         // NOLINT
  Json(unsigned value) : value_(static_cast<int64_t>(value)) {}  // NOLINT
  // A value beyond int64 becomes the nearest double.
  Json(uint64_t value) {  // NOLINT
    if (value <= static_cast<uint64_t>(INT64_MAX)) {
      value_ = static_cast<int64_t>(value);
    } else {
      value_ = static_cast<double>(value);
    }
  }
  Json(double value) : value_(value) {}                         // NOLINT
  Json(const char* value) : value_(std::string(value)) {}       // NOLINT
  Json(std::string value) : value_(std::move(value)) {}         // NOLINT
  Json(std::string_view value) : value_(std::string(value)) {}  // NOLINT
  Json(JsonArray value) : value_(std::move(value)) {}           // NOLINT
  Json(JsonObject value) : value_(std::move(value)) {}          // NOLINT

  [[nodiscard]] bool IsNull() const { return value_.index() == 0; }
  [[nodiscard]] bool IsBool() const { return value_.index() == 1; }
  [[nodiscard]] bool IsInt() const { return value_.index() == 2; }
  [[nodiscard]] bool IsDouble() const { return value_.index() == 3; }
  [[nodiscard]] bool IsNumber() const { return IsInt() || IsDouble(); }
  [[nodiscard]] bool IsString() const { return value_.index() == 4; }
  [[nodiscard]] bool IsArray() const { return value_.index() == 5; }
  [[nodiscard]] bool IsObject() const { return value_.index() == 6; }

  // Require the kind (AsDouble also takes an int).
  [[nodiscard]] bool AsBool() const;
  [[nodiscard]] int64_t AsInt() const;
  [[nodiscard]] double AsDouble() const;
  [[nodiscard]] const std::string& AsString() const;
  [[nodiscard]] const JsonArray& AsArray() const;
  [[nodiscard]] const JsonObject& AsObject() const;
  JsonArray& AsArray();
  JsonObject& AsObject();

  // The member, or null pointer when absent or not an object.
  [[nodiscard]] const Json* Find(std::string_view key) const;
  // Sets a member; a null value becomes an object first.
  Json& Set(std::string key, Json value);
  // Appends; a null value becomes an array first.
  Json& Append(Json value);

  // `indent` < 0: one line.
  [[nodiscard]] std::string Dump(int indent = -1) const;
  friend bool operator==(const Json&, const Json&) = default;

 private:
  std::variant<std::monostate, bool, int64_t, double, std::string, JsonArray, JsonObject> value_;
};

struct JsonLimits {
  size_t bytes_max = 64u << 20;
  int depth_max = 64;
  size_t values_max = 16u << 20;  // an empty value costs a byte of text and 40 bytes of memory
};

// Strict RFC 8259; duplicate keys are an error, and so is a number beyond every double; one too small for any is zero,
// and -0 is a double. The error's where() is "line:column".
Result<Json> ParseJson(std::string_view text, const JsonLimits& limits = {});

// Appends `text` as a JSON string with its quotes; and a double as described above.
void AppendJsonString(std::string_view text, std::string* out);
void AppendJsonDouble(double value, std::string* out);

}  // namespace plumb::base
