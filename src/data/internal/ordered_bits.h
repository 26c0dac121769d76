// ordered_bits.h: unsigned numbers that sort as the values do: for order and for canonical bytes.
//
// Doubles and floats must be canonical: then NaN is one pattern, above infinity. Thread safety: pure functions.
#pragma once

#include <bit>
#include <cstdint>
#include <string>

#include "data/value.h"

namespace plumb::data {

using UInt128 = unsigned __int128;

inline uint64_t OrderedBits(double value) {
  constexpr uint64_t kSign = uint64_t{1} << 63;
  const auto bits = std::bit_cast<uint64_t>(value);
  return (bits & kSign) != 0 ? ~bits : bits | kSign;
}

inline uint32_t OrderedBits(float value) {
  constexpr uint32_t kSign = uint32_t{1} << 31;
  const auto bits = std::bit_cast<uint32_t>(value);
  return (bits & kSign) != 0 ? ~bits : bits | kSign;
}

inline uint64_t OrderedBits(int64_t value) { return static_cast<uint64_t>(value) ^ (uint64_t{1} << 63); }
inline UInt128 OrderedBits(Int128 value) { return static_cast<UInt128>(value) ^ (UInt128{1} << 127); }

template <typename Unsigned>
void AppendBigEndian(Unsigned bits, std::string* out) {
  for (int shift = static_cast<int>(sizeof(bits)) * 8 - 8; shift >= 0; shift -= 8) {
    out->push_back(static_cast<char>(static_cast<uint8_t>(bits >> shift)));
  }
}

template <typename T>
int Order(const T& a, const T& b) {
  return a < b ? -1 : (b < a ? 1 : 0);
}

}  // namespace plumb::data
