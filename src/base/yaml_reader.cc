#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/yaml.h"

namespace plumb::base {
namespace {

const char* KindName(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return "nothing";
    case YamlNode::Kind::kScalar:
      return "text";
    case YamlNode::Kind::kSequence:
      return "list";
    case YamlNode::Kind::kMap:
      return "map";
  }
  return "";
}

template <typename T>
std::optional<T> ParseNumber(std::string_view text) {
  T value{};
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc() || end != last) return std::nullopt;
  return value;
}

}  // namespace

YamlReader::YamlReader(const YamlNode& node, std::string what, Diagnostics* diagnostics)
    : node_(node), what_(std::move(what)), diagnostics_(diagnostics) {
  if (!node_.IsMap() && !node_.IsNull()) {
    diagnostics_->Error(node_.position,
                        fmt::format("Value has the wrong type: {}, want map, got {}.", what_, KindName(node_)));
  }
}

const YamlNode* YamlReader::Take(std::string_view key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
  return node_.Find(key);
}

const YamlNode* YamlReader::TakeScalar(std::string_view key, const char* want) {
  const YamlNode* value = Take(key);
  if (value == nullptr || value->IsNull()) return nullptr;
  if (value->IsScalar()) return value;
  WrongType(key, *value, want, KindName(*value));
  return nullptr;
}

void YamlReader::WrongType(std::string_view key, const YamlNode& value, std::string_view want, std::string_view got) {
  diagnostics_->Error(value.position,
                      fmt::format("Value has the wrong type: {} in {}, want {}, got {}.", key, what_, want, got));
}

void YamlReader::Missing(std::string_view key) {
  if (!node_.IsMap() && !node_.IsNull()) return;  // already reported
  diagnostics_->Error(Where(key), fmt::format("Key is missing: {} in {}.", key, what_));
}

std::optional<std::string> YamlReader::String(std::string_view key) {
  const YamlNode* value = TakeScalar(key, "text");
  return value == nullptr ? std::nullopt : std::optional(value->scalar);
}

std::string YamlReader::RequiredString(std::string_view key) {
  const YamlNode* value = Take(key);
  if (value == nullptr || value->IsNull()) {
    Missing(key);
    return "";
  }
  return String(key).value_or("");
}

std::optional<bool> YamlReader::Bool(std::string_view key) {
  const YamlNode* value = TakeScalar(key, "true or false");
  if (value == nullptr) return std::nullopt;
  if (!value->quoted && value->scalar == "true") return true;
  if (!value->quoted && value->scalar == "false") return false;
  WrongType(key, *value, "true or false", value->scalar);
  return std::nullopt;
}

std::optional<int64_t> YamlReader::Int(std::string_view key, int64_t min, int64_t max) {
  const YamlNode* value = TakeScalar(key, "whole number");
  if (value == nullptr) return std::nullopt;
  const std::optional<int64_t> number = value->quoted ? std::nullopt : ParseNumber<int64_t>(value->scalar);
  if (!number) {
    WrongType(key, *value, "whole number", value->scalar);
    return std::nullopt;
  }
  if (*number >= min && *number <= max) return number;
  OutOfRange(key, *value, fmt::format("{} to {}", min, max));
  return std::nullopt;
}

std::optional<double> YamlReader::Double(std::string_view key, double min, double max) {
  const YamlNode* value = TakeScalar(key, "number");
  if (value == nullptr) return std::nullopt;
  const std::optional<double> number = value->quoted ? std::nullopt : ParseNumber<double>(value->scalar);
  if (!number || !std::isfinite(*number)) {
    WrongType(key, *value, "number", value->scalar);
    return std::nullopt;
  }
  if (*number >= min && *number <= max) return number;
  OutOfRange(key, *value, fmt::format("{} to {}", min, max));
  return std::nullopt;
}

void YamlReader::OutOfRange(std::string_view key, const YamlNode& value, std::string_view want) {
  diagnostics_->Error(value.position,
                      fmt::format("Value is out of range: {} in {}, want {}, got {}.", key, what_, want, value.scalar));
}

std::vector<std::string> YamlReader::Strings(std::string_view key) {
  const YamlNode* value = Take(key);
  if (value == nullptr || value->IsNull()) return {};
  if (value->IsScalar()) return {value->scalar};
  if (!value->IsSequence()) {
    WrongType(key, *value, "list of texts", KindName(*value));
    return {};
  }
  std::vector<std::string> texts;
  for (const YamlNode& item : value->items) {
    if (item.IsScalar()) {
      texts.push_back(item.scalar);
    } else {
      WrongType(key, item, "list of texts", fmt::format("{} in it", KindName(item)));
    }
  }
  return texts;
}

const YamlNode* YamlReader::Node(std::string_view key) { return Take(key); }

const YamlNode* YamlReader::RequiredNode(std::string_view key) {
  const YamlNode* value = Take(key);
  if (value == nullptr) Missing(key);
  return value;
}

Position YamlReader::Where(std::string_view key) const {
  const YamlNode* value = node_.Find(key);
  return value == nullptr ? node_.position : value->position;
}

void YamlReader::Finish() {
  for (const YamlEntry& entry : node_.entries) {
    if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) continue;
    std::string suggestion = DidYouMean(entry.key, known_);
    if (suggestion.empty() && !known_.empty()) suggestion = fmt::format("Known keys: {}.", fmt::join(known_, ", "));
    diagnostics_->Error(entry.key_position, fmt::format("Key is not known: {} in {}.", entry.key, what_), suggestion);
  }
}

}  // namespace plumb::base
