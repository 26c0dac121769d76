// hash.h: digests. SHA-256 names content; CRC-32C guards frames on disk; Hash64 spreads keys in memory (never stored).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace plumb::base {

// 64 lower-case hex digits.
std::string Sha256Hex(std::string_view bytes);
// The CRC of `bytes` after what gave `seed`: Crc32c(b, Crc32c(a)) is Crc32c(ab).
uint32_t Crc32c(std::string_view bytes, uint32_t seed = 0);
// The same by table: the specification of Crc32c, which uses SSE4.2 where there is one.
uint32_t Crc32cPortable(std::string_view bytes, uint32_t seed = 0);
uint64_t Hash64(std::string_view bytes, uint64_t seed = 0);

}  // namespace plumb::base
