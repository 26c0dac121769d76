#include "stats/frequency_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <vector>

#include "base/random.h"

namespace plumb::stats {
namespace {

constexpr uint64_t kSeed = 1973;
using Entries = std::vector<FrequencyTable::Entry>;

Entries BruteTopK(const std::map<uint64_t, int64_t>& counts, size_t k) {
  Entries entries;
  for (const auto& [word, count] : counts) entries.push_back({word, count});
  std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.count > b.count; });
  entries.resize(std::min(k, entries.size()));
  return entries;
}

TEST(FrequencyTable, OrdersByCountThenByValue) {
  FrequencyTable table;
  for (const uint64_t word : {7, 3, 7, 3, 5}) table.Add(word);
  EXPECT_EQ(table.TopK(2, std::less<>()), (Entries{{3, 2}, {7, 2}}));
  EXPECT_EQ(table.TopK(2, std::greater<>()), (Entries{{7, 2}, {3, 2}}));
  EXPECT_EQ(table.TopK(10, std::less<>()), (Entries{{3, 2}, {7, 2}, {5, 1}}));
  EXPECT_TRUE(table.TopK(0, std::less<>()).empty());
  EXPECT_EQ(table.size(), 3U);
  EXPECT_EQ(table.total(), 5);
}

TEST(FrequencyTable, KnowsNothingAtFirst) {
  FrequencyTable table;
  EXPECT_TRUE(table.TopK(3, std::less<>()).empty());
  EXPECT_EQ(table.CountOf(1), 0);
  EXPECT_EQ(table.MemoryBytes(), 0U);
  table.Merge(table);
  EXPECT_TRUE(table.empty());
}

TEST(FrequencyTable, TakesEveryWord) {
  FrequencyTable table;
  for (const uint64_t word : {uint64_t{0}, ~uint64_t{0}, uint64_t{1} << 63}) table.Add(word, 2);
  table.Remove(0);
  table.Remove(0);
  EXPECT_EQ(table.CountOf(0), 0);
  EXPECT_EQ(table.size(), 2U);
  EXPECT_EQ(table.TopK(1, std::less<>()), (Entries{{uint64_t{1} << 63, 2}}));
}

// Words from small and large ranges, so that slots fill, free and wrap around.
TEST(FrequencyTable, AgreesWithAMap) {
  base::Random random(kSeed);
  for (int round = 0; round < 300; round++) {
    FrequencyTable table;
    std::map<uint64_t, int64_t> counts;
    const uint64_t range = uint64_t{1} << random.Between(1, 9);
    const int shift = static_cast<int>(random.Between(0, 50));
    for (int64_t i = random.Between(0, 600); i > 0; i--) {
      const uint64_t word = random.Below(range) << shift;
      const int64_t change = random.Chance(0.45) ? -1 : random.Between(1, 2);
      table.Add(word, change);
      if ((counts[word] += change) == 0) counts.erase(word);
      ASSERT_EQ(table.CountOf(word), counts.contains(word) ? counts[word] : 0) << "seed " << kSeed;
    }
    ASSERT_EQ(table.size(), counts.size()) << "seed " << kSeed;
    for (const auto& [word, count] : counts) ASSERT_EQ(table.CountOf(word), count) << "seed " << kSeed;
    for (const size_t k : {size_t{1}, size_t{3}, size_t{1000}}) {
      ASSERT_EQ(table.TopK(k, std::less<>()), BruteTopK(counts, k)) << "seed " << kSeed;
    }
  }
}

TEST(FrequencyTable, MergesAndSubtractsLikeOneTable) {
  base::Random random(kSeed + 1);
  for (int round = 0; round < 200; round++) {
    FrequencyTable whole;
    std::vector<FrequencyTable> parts(4);
    for (int64_t i = random.Between(0, 2000); i > 0; i--) {
      const uint64_t word = random.Below(uint64_t{1} << random.Between(1, 12));
      whole.Add(word);
      parts[random.Below(parts.size())].Add(word);
    }
    FrequencyTable merged, rest = whole;
    for (size_t i = parts.size(); i-- > 0;) merged.Merge(parts[i]);
    ASSERT_EQ(merged, whole) << "seed " << kSeed + 1;
    rest.Subtract(parts[0]);
    rest.Subtract(parts[2]);
    parts[1].Merge(parts[3]);
    ASSERT_EQ(rest, parts[1]) << "seed " << kSeed + 1;
    rest.Subtract(rest);
    ASSERT_EQ(rest, FrequencyTable()) << "seed " << kSeed + 1;
  }
}

TEST(FrequencyTable, StaysFastWhenFilledFromAnother) {
  FrequencyTable large, copy;
  for (uint64_t word = 0; word < 65536; word++) large.Add(word * 64, 1 + static_cast<int64_t>(word % 5));
  large.ForEach([&](uint64_t word, int64_t count) { copy.Add(word, count); });  // In slot order.
  EXPECT_EQ(copy, large);
  EXPECT_LE(large.MemoryBytes(), size_t{65536} * 4 * sizeof(FrequencyTable::Entry));
  copy.Clear();
  EXPECT_EQ(copy, FrequencyTable());
  EXPECT_GT(copy.MemoryBytes(), 0U);
}

TEST(FrequencyTable, TellsDifferentTablesApart) {
  FrequencyTable a, b;
  a.Add(1, 2), a.Add(2, 1);
  b.Add(1, 1), b.Add(2, 2);
  EXPECT_FALSE(a == b);
  b.Add(1, 1), b.Remove(2);
  EXPECT_EQ(a, b);
}

}  // namespace
}  // namespace plumb::stats
