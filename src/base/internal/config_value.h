// config_value.h: the text of a configuration value, read by its type.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/config.h"

namespace plumb::base::internal {

using ConfigValue = std::variant<std::string, bool, int64_t, double, std::vector<std::string>>;

// "512", "64KiB", "64 MiB", "1GB": bytes. Decimal units kB, MB, GB, TB; binary KiB, MiB, GiB, TiB.
Result<int64_t> ParseBytes(std::string_view text);

// The value of one scalar, checked against the key's bounds and choices. Of kStrings: a list separated by commas.
// Messages do not repeat `text` if `is_secret`.
Status ParseConfigValue(const ConfigKey& key, std::string_view text, bool is_secret, ConfigValue* value);

// True when the concrete `name` is meant by `declared`, in which a segment may be *.
bool MatchesName(std::string_view declared, std::string_view name);

}  // namespace plumb::base::internal
