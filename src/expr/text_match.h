// text_match.h: strings as sequences of characters (UTF-8 code points).
// A byte that is no valid UTF-8 counts with the character before it, so every string has a length.
// Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <string_view>

namespace plumb::expr {

inline bool StartsCharacter(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; }
size_t CharacterCount(std::string_view text);
// The byte at which character `index` (from 0) starts, or the size when there are fewer.
size_t CharacterOffset(std::string_view text, size_t index);
// SQL's LIKE without escapes: % is any text, _ one character.
bool IsLike(std::string_view text, std::string_view pattern);

}  // namespace plumb::expr
