#include "base/hash.h"

#include <gtest/gtest.h>

#include <set>

#include "base/random.h"

namespace plumb::base {
namespace {

std::string RandomBytes(Random& random, size_t size) {
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random.Below(256));
  return bytes;
}

TEST(Sha256Hex, GivesTheStandardDigests) {
  EXPECT_EQ(Sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Crc32c, GivesTheStandardChecksums) {  // RFC 3720, B.4
  EXPECT_EQ(Crc32c(""), 0u);
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62a8ab43u);
}

TEST(Crc32c, IsTheSameByTableAndByInstructionAndInParts) {
  const uint64_t seed = RandomSeed();
  SCOPED_TRACE(seed);
  Random random(seed);
  for (size_t size = 0; size < 200; ++size) {
    const std::string bytes = RandomBytes(random, size);
    const auto start = static_cast<uint32_t>(random.Next());
    EXPECT_EQ(Crc32c(bytes, start), Crc32cPortable(bytes, start));
    const size_t cut = random.Below(size + 1);
    EXPECT_EQ(Crc32c(bytes.substr(cut), Crc32c(bytes.substr(0, cut))), Crc32c(bytes));
  }
}

TEST(Hash64, DependsOnEveryByteTheLengthAndTheSeed) {
  const uint64_t seed = RandomSeed();
  SCOPED_TRACE(seed);
  Random random(seed);
  for (size_t size = 0; size < 100; ++size) {
    const std::string bytes = RandomBytes(random, size);
    std::set<uint64_t> hashes = {Hash64(bytes), Hash64(bytes, 1), Hash64(bytes + '\0')};
    for (size_t i = 0; i < size; ++i) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(changed[i] ^ 1);
      hashes.insert(Hash64(changed));
    }
    EXPECT_EQ(hashes.size(), size + 3) << size;
  }
}

TEST(Hash64, SpreadsConsecutiveKeysOverAllBits) {
  constexpr int kKeys = 20000;
  int ones[64] = {};
  for (int key = 0; key < kKeys; ++key) {
    const uint64_t hash = Hash64(std::to_string(key));
    for (int bit = 0; bit < 64; ++bit) ones[bit] += static_cast<int>(hash >> bit & 1);
  }
  for (const int count : ones) EXPECT_NEAR(count, kKeys / 2, 500);  // seven standard deviations
}

}  // namespace
}  // namespace plumb::base
