#include "base/internal/config_value.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace plumb::base::internal {
namespace {

template <typename T>
Result<T> ParseNumber(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) return InvalidArgument("Number is out of range: {}.", text);
  if (error != std::errc() || end != text.data() + text.size()) return InvalidArgument("Not a number: {}.", text);
  return value;
}

Result<int64_t> ParseDuration(std::string_view text) {
  PLUMB_ASSIGN_OR_RETURN(const Span span, ParseSpan(text));
  if (span.months != 0) return InvalidArgument("Months have no fixed length: {}.", text);
  return span.micros;
}

Result<bool> ParseBool(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return InvalidArgument("Not true or false: {}.", text);
}

std::string_view Trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::vector<std::string> SplitList(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    items.emplace_back(Trim(text.substr(0, comma)));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return items;
}

// Moves a number into `value`.
template <typename T>
Status Take(const Result<T>& result, ConfigValue* value) {
  if (!result.ok()) return result.status();
  value->emplace<T>(*result);
  return Status();
}

// The value without bounds. Of numbers, an empty text is 0.
Status ParseUnbounded(ConfigType type, std::string_view text, ConfigValue* value) {
  const std::string_view number = text.empty() ? "0" : text;
  switch (type) {
    case ConfigType::kString:
      value->emplace<std::string>(text);
      return Status();
    case ConfigType::kStrings:
      value->emplace<std::vector<std::string>>(SplitList(text));
      return Status();
    case ConfigType::kBool:
      return Take(ParseBool(text.empty() ? "false" : text), value);
    case ConfigType::kInt:
      return Take(ParseNumber<int64_t>(number), value);
    case ConfigType::kDouble:
      return Take(ParseNumber<double>(number), value);
    case ConfigType::kDuration:
      return Take(ParseDuration(text.empty() ? "0s" : text), value);
    case ConfigType::kBytes:
      return Take(ParseBytes(number), value);
  }
  return InvalidArgument("Type is not known.");
}

bool IsOrdered(ConfigType type) {
  return type == ConfigType::kInt || type == ConfigType::kDouble || type == ConfigType::kDuration ||
         type == ConfigType::kBytes;
}

std::string Join(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : ", ") + item;
  return text;
}

Status CheckBounds(const ConfigKey& key, const ConfigValue& value) {
  if (!IsOrdered(key.type)) return Status();
  const auto bound = [&](const std::string& text) {
    ConfigValue limit;
    const Status status = ParseUnbounded(key.type, text, &limit);
    PLUMB_CHECK(status.ok(), "A bound of a configuration key is of the key's type.");
    return limit;
  };
  // NaN compares false with everything, so each claim says what must hold.
  if (!key.min.empty() && !(value >= bound(key.min))) return InvalidArgument("It is below {}.", key.min);
  if (!key.max.empty() && !(value <= bound(key.max))) return InvalidArgument("It is above {}.", key.max);
  return Status();
}

Status CheckChoices(const ConfigKey& key, const ConfigValue& value) {
  if (key.choices.empty()) return Status();
  const auto check = [&](const std::string& text) {
    const bool known = std::find(key.choices.begin(), key.choices.end(), text) != key.choices.end();
    return known ? Status() : InvalidArgument("It is none of {}.", Join(key.choices));
  };
  if (const auto* text = std::get_if<std::string>(&value)) return check(*text);
  if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) {
    for (const std::string& text : *texts) PLUMB_RETURN_IF_ERROR(check(text));
  }
  return Status();
}

}  // namespace

Result<int64_t> ParseBytes(std::string_view text) {
  static constexpr std::pair<std::string_view, int64_t> kUnits[] = {{"KiB", int64_t{1} << 10},
                                                                    {"MiB", int64_t{1} << 20},
                                                                    {"GiB", int64_t{1} << 30},
                                                                    {"TiB", int64_t{1} << 40},
                                                                    {"kB", 1'000},
                                                                    {"MB", 1'000'000},
                                                                    {"GB", 1'000'000'000},
                                                                    {"TB", 1'000'000'000'000},
                                                                    {"B", 1}};
  const auto fail = [&] { return InvalidArgument("Not a number of bytes: {}, want 512, 64MiB or 1GB.", text); };
  std::string_view digits = Trim(text);
  int64_t unit = 1;
  for (const auto& [name, bytes] : kUnits) {
    if (!digits.ends_with(name)) continue;
    unit = bytes;
    digits = Trim(digits.substr(0, digits.size() - name.size()));
    break;
  }
  const auto count = ParseNumber<int64_t>(digits);
  int64_t bytes = 0;
  if (!count.ok() || *count < 0 || __builtin_mul_overflow(*count, unit, &bytes)) return fail();
  return bytes;
}

Status ParseConfigValue(const ConfigKey& key, std::string_view text, bool is_secret, ConfigValue* value) {
  Status status = ParseUnbounded(key.type, text, value);
  if (status.ok()) status = CheckBounds(key, *value);
  if (status.ok()) status = CheckChoices(key, *value);
  if (status.ok()) return status;
  if (is_secret) return InvalidArgument("Value does not fit: {}, want {}.", key.name, ConfigTypeName(key.type));
  return InvalidArgument("Value does not fit: {}, want {}, got {}: {}", key.name, ConfigTypeName(key.type), text,
                         status.message());
}

bool MatchesName(std::string_view declared, std::string_view name) {
  while (!declared.empty() && !name.empty()) {
    const size_t declared_end = std::min(declared.find('.'), declared.size());
    const size_t name_end = std::min(name.find('.'), name.size());
    const std::string_view segment = declared.substr(0, declared_end);
    if (name_end == 0 || (segment != "*" && segment != name.substr(0, name_end))) return false;
    declared.remove_prefix(std::min(declared_end + 1, declared.size()));
    name.remove_prefix(std::min(name_end + 1, name.size()));
  }
  return declared.empty() && name.empty();
}

}  // namespace plumb::base::internal
