#include "base/random.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <vector>

namespace plumb::base {
namespace {

TEST(Random, RepeatsItselfFromASeed) {
  Random a(42), b(42), c(43);
  const uint64_t first = a.Next();
  EXPECT_EQ(first, b.Next());
  EXPECT_NE(first, c.Next());
}

TEST(Random, IsTheSameOnEveryMachine) {
  // SplitMix64 from 0 gives 0xe220a8397b1dcdaf first; xoshiro256** rotates its second word.
  Random random(0);
  EXPECT_EQ(random.Next(), 0x99ec5f36cb75f2b4u);
}

TEST(Random, StaysInItsBounds) {
  Random random(1);
  std::vector<int> seen(7);
  for (int i = 0; i < 7000; ++i) ++seen[random.Below(7)];
  for (const int count : seen) EXPECT_NEAR(count, 1000, 200);
  for (int i = 0; i < 1000; ++i) {
    const int64_t value = random.Between(-2, 2);
    EXPECT_TRUE(value >= -2 && value <= 2);
    const double share = random.Uniform();
    EXPECT_TRUE(share >= 0 && share < 1);
  }
  EXPECT_EQ(random.Between(5, 5), 5);
  EXPECT_FALSE(random.Chance(0));
  EXPECT_TRUE(random.Chance(1));
  (void)random.Between(std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max());
}

TEST(Random, SeedsDiffer) { EXPECT_NE(RandomSeed(), RandomSeed()); }

}  // namespace
}  // namespace plumb::base
