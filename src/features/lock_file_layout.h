// lock_file_layout.h: the fixed lines of plumb.lock, for its writer and its parser. Format: docs/formats/lock.md.
#pragma once

#include <array>
#include <string_view>

namespace plumb::features {

inline constexpr std::array<const char*, 2> kLockComments = {
    "# plumb.lock: what the sources, views and models of this project mean. `plumb apply` writes it; keep it in git.",
    "# Not for editing by hand: the checksum would no longer match. `plumb plan` shows what the project would change."};
inline constexpr const char* kLockFormatLine = "format: plumb-lock";
inline constexpr const char* kLockVersionKey = "format_version: ";
inline constexpr const char* kLockChecksumKey = "checksum: ";

// A name that stands in the text as it is; others are JSON strings.
bool IsPlainWord(std::string_view text);

}  // namespace plumb::features
