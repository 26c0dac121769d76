#include "stats/exact_int_sum.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>

#include "base/random.h"
#include "stats/rational_reference_test.h"

namespace plumb::stats {
namespace {

TEST(ExactIntSum, OverflowsOnlyInTheAnswer) {
  ExactIntSum sum;
  sum.Add(INT64_MAX);
  sum.Add(1);
  EXPECT_EQ(sum.ToInt64().status().code(), base::Code::kInvalidArgument);
  EXPECT_EQ(sum.ToDouble(), 9223372036854775808.0);
  sum.Remove(2);
  EXPECT_EQ(sum.ToInt64().value(), INT64_MAX - 1);
}

TEST(ExactIntSum, ReachesBothEndsOfTheRange) {
  ExactIntSum low;
  low.Add(INT64_MIN);
  EXPECT_EQ(low.ToInt64().value(), INT64_MIN);
  EXPECT_EQ(low.ToDouble(), -9223372036854775808.0);
  low.Remove(1);
  EXPECT_FALSE(low.ToInt64().ok());
}

TEST(ExactIntSum, AgreesWithRationalArithmetic) {
  constexpr uint64_t kSeed = 20262;
  base::Random random(kSeed);
  ExactIntSum sum, half;
  mpq_class reference = 0;
  for (int i = 0; i < 20000; i++) {
    const auto x = static_cast<int64_t>(random.Next()) >> random.Below(64);
    sum.Add(x);
    if (i % 2 == 0) half.Add(x);
    reference += mpq_class(static_cast<long>(x));
    const int64_t count = static_cast<int64_t>(random.Next() >> random.Between(1, 63)) + 1;
    ASSERT_EQ(sum.ToDouble(), NearestDouble(reference)) << "seed " << kSeed << " step " << i;
    ASSERT_EQ(sum.Mean(count), NearestDouble(reference / mpq_class(static_cast<long>(count)))) << "seed " << kSeed;
  }
  ExactIntSum rest = sum;
  rest.Subtract(half);
  rest.Merge(half);
  EXPECT_EQ(rest, sum);
}

}  // namespace
}  // namespace plumb::stats
