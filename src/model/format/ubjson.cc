#include "model/format/ubjson.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace plumb::model {
namespace {

using base::Json;
using base::Result;

class Reader {
 public:
  Reader(std::string_view bytes, const UbjsonLimits& limits) : bytes_(bytes), limits_(limits) {}

  Result<Json> Document() {
    PLUMB_ASSIGN_OR_RETURN(const char marker, Marker());
    PLUMB_ASSIGN_OR_RETURN(Json value, Value(marker, 0));
    while (at_ < bytes_.size() && bytes_[at_] == 'N') at_++;
    if (at_ != bytes_.size()) return Broken("bytes after the end");
    return value;
  }

 private:
  base::Status Broken(const char* why) const {
    return base::DataLoss("UBJSON is malformed: {}, at byte {}.", why, at_);
  }
  [[nodiscard]] size_t Left() const { return bytes_.size() - at_; }

  Result<char> Marker() {
    while (at_ < bytes_.size() && bytes_[at_] == 'N') at_++;
    if (at_ >= bytes_.size()) return Broken("cut short");
    return bytes_[at_++];
  }

  // Bytes of a number with this marker, or 0.
  static size_t WidthOf(char marker) {
    switch (marker) {
      case 'i':
      case 'U':
        return 1;
      case 'I':
        return 2;
      case 'l':
      case 'd':
        return 4;
      case 'L':
      case 'D':
        return 8;
      default:
        return 0;
    }
  }

  uint64_t BigEndian(size_t width) {
    uint64_t value = 0;
    for (size_t i = 0; i < width; i++) value = value << 8 | static_cast<uint8_t>(bytes_[at_ + i]);
    at_ += width;
    return value;
  }

  // Requires: a number's marker and its bytes being left.
  Json Number(char marker) {
    const uint64_t raw = BigEndian(WidthOf(marker));
    switch (marker) {
      case 'i':
        return static_cast<int64_t>(static_cast<int8_t>(raw));
      case 'U':
        return static_cast<int64_t>(raw);
      case 'I':
        return static_cast<int64_t>(static_cast<int16_t>(raw));
      case 'l':
        return static_cast<int64_t>(static_cast<int32_t>(raw));
      case 'L':
        return static_cast<int64_t>(raw);
      case 'd':
        return static_cast<double>(std::bit_cast<float>(static_cast<uint32_t>(raw)));
      default:
        return std::bit_cast<double>(raw);
    }
  }

  Result<size_t> Count() {
    PLUMB_ASSIGN_OR_RETURN(const char marker, Marker());
    const size_t width = WidthOf(marker);
    if (width == 0 || marker == 'd' || marker == 'D') return Broken("a length is not an integer");
    if (width > Left()) return Broken("cut short");
    const Json count = Number(marker);
    if (count.AsInt() < 0) return Broken("a length is negative");
    return static_cast<size_t>(count.AsInt());
  }

  Result<std::string> Text() {
    PLUMB_ASSIGN_OR_RETURN(const size_t size, Count());
    if (size > Left()) return Broken("a text is longer than the file");
    std::string text(bytes_.substr(at_, size));
    at_ += size;
    return text;
  }

  Result<Json> Value(char marker, int depth) {
    if (++items_ > limits_.items_max) return Broken("too many values");
    switch (marker) {
      case 'Z':
        return Json();
      case 'T':
        return Json(true);
      case 'F':
        return Json(false);
      case 'C':
        if (Left() < 1) return Broken("cut short");
        return Json(std::string(1, bytes_[at_++]));
      case 'S': {
        PLUMB_ASSIGN_OR_RETURN(std::string text, Text());
        return Json(std::move(text));
      }
      case '[':
        return Array(depth);
      case '{':
        return Object(depth);
      default:
        break;
    }
    const size_t width = WidthOf(marker);
    if (width == 0) return Broken("an unknown marker");
    if (width > Left()) return Broken("cut short");
    return Number(marker);
  }

  Result<Json> Array(int depth) {
    if (depth >= limits_.depth_max) return Broken("nested too deeply");
    if (Left() > 0 && bytes_[at_] == '$') return TypedArray();
    base::JsonArray items;
    if (Left() > 0 && bytes_[at_] == '#') {
      at_++;
      PLUMB_ASSIGN_OR_RETURN(const size_t count, Count());
      if (count > Left()) return Broken("an array is longer than the file");
      for (size_t i = 0; i < count; i++) {
        PLUMB_ASSIGN_OR_RETURN(const char marker, Marker());
        PLUMB_ASSIGN_OR_RETURN(Json item, Value(marker, depth + 1));
        items.push_back(std::move(item));
      }
      return Json(std::move(items));
    }
    while (true) {
      PLUMB_ASSIGN_OR_RETURN(const char marker, Marker());
      if (marker == ']') return Json(std::move(items));
      PLUMB_ASSIGN_OR_RETURN(Json item, Value(marker, depth + 1));
      items.push_back(std::move(item));
    }
  }

  Result<Json> TypedArray() {
    at_++;  // '$'
    if (Left() < 2) return Broken("cut short");
    const char type = bytes_[at_++];
    const size_t width = WidthOf(type);
    if (width == 0) return Broken("a typed array is not of numbers");
    if (bytes_[at_++] != '#') return Broken("a typed array has no length");
    PLUMB_ASSIGN_OR_RETURN(const size_t count, Count());
    if (count > Left() / width) return Broken("an array is longer than the file");
    items_ += count;
    if (items_ > limits_.items_max) return Broken("too many values");
    base::JsonArray items;
    items.reserve(count);
    for (size_t i = 0; i < count; i++) items.push_back(Number(type));
    return Json(std::move(items));
  }

  Result<Json> Object(int depth) {
    if (depth >= limits_.depth_max) return Broken("nested too deeply");
    base::JsonObject members;
    if (Left() > 0 && bytes_[at_] == '$') return Broken("typed objects are not supported");
    if (Left() > 0 && bytes_[at_] == '#') {
      at_++;
      PLUMB_ASSIGN_OR_RETURN(const size_t count, Count());
      if (count > Left()) return Broken("an object is longer than the file");
      for (size_t i = 0; i < count; i++) PLUMB_RETURN_IF_ERROR(Member(depth, &members));
      return Finish(std::move(members));
    }
    while (true) {
      while (Left() > 0 && bytes_[at_] == 'N') at_++;
      if (Left() == 0) return Broken("cut short");
      if (bytes_[at_] == '}') {
        at_++;
        return Finish(std::move(members));
      }
      PLUMB_RETURN_IF_ERROR(Member(depth, &members));
    }
  }

  // Readers disagree on which of two equal keys counts, so there must not be two.
  Result<Json> Finish(base::JsonObject members) const {
    std::vector<std::string_view> keys;
    for (const auto& [key, value] : members) keys.push_back(key);
    std::sort(keys.begin(), keys.end());
    if (std::adjacent_find(keys.begin(), keys.end()) != keys.end()) return Broken("a key occurs twice");
    return Json(std::move(members));
  }

  base::Status Member(int depth, base::JsonObject* members) {
    PLUMB_ASSIGN_OR_RETURN(std::string key, Text());
    PLUMB_ASSIGN_OR_RETURN(const char marker, Marker());
    PLUMB_ASSIGN_OR_RETURN(Json value, Value(marker, depth + 1));
    members->emplace_back(std::move(key), std::move(value));
    return {};
  }

  std::string_view bytes_;
  const UbjsonLimits& limits_;
  size_t at_ = 0;
  size_t items_ = 0;
};

}  // namespace

Result<Json> ParseUbjson(std::string_view bytes, const UbjsonLimits& limits) {
  return Reader(bytes, limits).Document();
}

}  // namespace plumb::model
