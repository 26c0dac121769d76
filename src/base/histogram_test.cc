#include "base/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/random.h"

namespace plumb::base {
namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

int64_t RandomValue(Random& random) { return static_cast<int64_t>(random.Next() >> (1 + random.Below(63))); }

bool IsNear(int64_t got, int64_t want) {
  return std::fabs(static_cast<double>(got) - static_cast<double>(want)) <= static_cast<double>(want) / 64;
}

TEST(Histogram, HasBucketsThatCoverEveryValueWithoutGaps) {
  EXPECT_EQ(Histogram::BucketOf(0), 0u);
  EXPECT_EQ(Histogram::BucketOf(-5), 0u);
  EXPECT_EQ(Histogram::BucketOf(kMax), Histogram::kBuckets - 1);
  for (size_t bucket = 1; bucket < Histogram::kBuckets; ++bucket) {
    const int64_t lower = Histogram::LowerEnd(bucket);
    EXPECT_EQ(Histogram::BucketOf(lower), bucket);
    EXPECT_EQ(Histogram::BucketOf(lower - 1), bucket - 1);
    EXPECT_EQ(Histogram::BucketOf(Histogram::Middle(bucket)), bucket);
  }
}

TEST(Histogram, IsWithinOneSixtyFourthOfEveryValue) {
  const uint64_t seed = RandomSeed();
  SCOPED_TRACE(seed);
  Random random(seed);
  for (int i = 0; i < 20000; ++i) {
    const int64_t value = RandomValue(random);
    EXPECT_TRUE(IsNear(Histogram::Middle(Histogram::BucketOf(value)), value)) << value;
  }
  for (int64_t value = 0; value < 64; ++value) EXPECT_EQ(Histogram::Middle(Histogram::BucketOf(value)), value);
}

TEST(Histogram, FindsQuantilesLikeASortedList) {
  const uint64_t seed = RandomSeed();
  SCOPED_TRACE(seed);
  Random random(seed);
  Histogram histogram;
  std::vector<int64_t> values;
  for (int i = 0; i < 1000; ++i) {
    values.push_back(RandomValue(random) >> 10);
    histogram.Record(values.back());
  }
  std::sort(values.begin(), values.end());
  for (const double quantile : {0.0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto rank = std::max<size_t>(static_cast<size_t>(std::ceil(quantile * 1000)), 1);
    EXPECT_TRUE(IsNear(histogram.ValueAtQuantile(quantile), values[rank - 1])) << quantile;
  }
}

TEST(Histogram, MergesLikeOne) {
  Histogram a, b, both;
  for (int64_t value = 1; value < 1'000'000; value = value * 3 + 1) {
    a.Record(value);
    b.Record(value * 2, 3);
    both.Record(value);
    both.Record(value * 2, 3);
  }
  a.Merge(b);
  EXPECT_EQ(a.count(), both.count());
  EXPECT_EQ(a.sum(), both.sum());
  for (const double quantile : {0.1, 0.5, 0.99}) EXPECT_EQ(a.ValueAtQuantile(quantile), both.ValueAtQuantile(quantile));
}

TEST(Histogram, CountsAtOrBelow) {
  Histogram histogram;
  EXPECT_EQ(histogram.ValueAtQuantile(0.5), 0);
  EXPECT_EQ(histogram.Mean(), 0);
  for (const int64_t value : {1, 2, 3, 1000}) histogram.Record(value);
  EXPECT_EQ(histogram.CountAtOrBelow(-1), 0);
  EXPECT_EQ(histogram.CountAtOrBelow(2), 2);
  EXPECT_EQ(histogram.CountAtOrBelow(500), 3);
  EXPECT_EQ(histogram.CountAtOrBelow(kMax), 4);
  EXPECT_EQ(histogram.Mean(), 251.5);
}

}  // namespace
}  // namespace plumb::base
