#include "base/hash.h"

#include <openssl/evp.h>

#include <array>
#include <cstring>

#include "base/check.h"

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace plumb::base {
namespace {

uint64_t Load64(const char* bytes) {
  uint64_t value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

uint64_t Load32(const char* bytes) {
  uint32_t value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

// The two halves of the 128-bit product, folded: one multiplication mixes 128 bits well.
uint64_t MultiplyFold(uint64_t a, uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

// One table of the reflected Castagnoli polynomial; byte by byte.
constexpr std::array<uint32_t, 256> MakeCrcTable() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) ? 0x82f63b78u : 0u);
    table[i] = crc;
  }
  return table;
}
constexpr std::array<uint32_t, 256> kCrcTable = MakeCrcTable();

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) uint32_t Crc32cSse42(std::string_view bytes, uint32_t seed) {
  uint64_t crc = ~seed;
  const char* at = bytes.data();
  size_t left = bytes.size();
  for (; left >= 8; left -= 8, at += 8) crc = _mm_crc32_u64(crc, Load64(at));
  auto narrow = static_cast<uint32_t>(crc);
  for (; left > 0; --left, ++at) narrow = _mm_crc32_u8(narrow, static_cast<unsigned char>(*at));
  return ~narrow;
}
#endif

}  // namespace

std::string Sha256Hex(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  const int done = EVP_Digest(bytes.data(), bytes.size(), digest, &length, EVP_sha256(), nullptr);
  PLUMB_CHECK(done == 1 && length == 32, "SHA-256 is available in every OpenSSL.");
  static constexpr char kHex[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(64);
  for (unsigned int i = 0; i < length; ++i) {
    hex += kHex[digest[i] >> 4];
    hex += kHex[digest[i] & 15];
  }
  return hex;
}

uint32_t Crc32cPortable(std::string_view bytes, uint32_t seed) {
  uint32_t crc = ~seed;
  for (const char c : bytes) crc = kCrcTable[(crc ^ static_cast<unsigned char>(c)) & 0xff] ^ (crc >> 8);
  return ~crc;
}

uint32_t Crc32c(std::string_view bytes, uint32_t seed) {
#if defined(__x86_64__)
  static const bool has_sse42 = __builtin_cpu_supports("sse4.2") != 0;
  if (has_sse42) return Crc32cSse42(bytes, seed);
#endif
  return Crc32cPortable(bytes, seed);
}

uint64_t Hash64(std::string_view bytes, uint64_t seed) {
  // The idea of wyhash (Wang Yi): read 16 bytes a step, multiply them into the state; the tail overlaps instead of
  // looping.
  constexpr uint64_t kA = 0x9e3779b97f4a7c15, kB = 0xbf58476d1ce4e5b9, kC = 0x94d049bb133111eb;
  const char* at = bytes.data();
  size_t left = bytes.size();
  uint64_t state = seed ^ MultiplyFold(seed ^ kA, kB);
  for (; left > 16; left -= 16, at += 16) state = MultiplyFold(Load64(at) ^ kB, Load64(at + 8) ^ state);
  uint64_t a = 0;
  uint64_t b = 0;
  if (left >= 8) {
    a = Load64(at);
    b = Load64(at + left - 8);
  } else if (left >= 4) {
    a = Load32(at);
    b = Load32(at + left - 4);
  } else if (left > 0) {
    a = uint64_t{static_cast<unsigned char>(at[0])} << 16 | uint64_t{static_cast<unsigned char>(at[left / 2])} << 8 |
        static_cast<unsigned char>(at[left - 1]);
  }
  return MultiplyFold(kC ^ bytes.size(), MultiplyFold(a ^ kB, b ^ state));
}

}  // namespace plumb::base
