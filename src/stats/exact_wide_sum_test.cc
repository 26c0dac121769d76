#include "stats/exact_wide_sum.h"

#include <gtest/gtest.h>

#include <string>

#include "base/random.h"
#include "stats/rational_reference_test.h"

namespace plumb::stats {
namespace {

using Int128 = __int128;

mpz_class ToGmp(Int128 value) {
  const auto magnitude = value < 0 ? ~static_cast<unsigned __int128>(value) + 1 : static_cast<unsigned __int128>(value);
  mpz_class result(static_cast<unsigned long>(magnitude >> 64));
  result <<= 64;
  result += static_cast<unsigned long>(magnitude);
  return value < 0 ? mpz_class(-result) : result;
}

Int128 RandomInteger(base::Random* random) {
  const auto bits = static_cast<Int128>((static_cast<unsigned __int128>(random->Next()) << 64) | random->Next()) >>
                    random->Below(127);
  const Int128 limit = PowerOfTen(38);
  return bits >= limit || bits <= -limit ? bits / 4 : bits;
}

mpq_class Quotient(const mpz_class& numerator, int64_t count, int scale) {
  mpz_class denominator;
  mpz_ui_pow_ui(denominator.get_mpz_t(), 10, static_cast<unsigned long>(scale));
  denominator *= static_cast<unsigned long>(count);
  mpq_class quotient(numerator, denominator);
  quotient.canonicalize();
  return quotient;
}

TEST(ExactWideSum, OverflowsOnlyInTheAnswer) {
  const Int128 most = PowerOfTen(38) - 1;
  ExactWideSum sum;
  for (int i = 0; i < 1000; ++i) sum.Add(most);
  Int128 value = 0;
  EXPECT_FALSE(sum.Fits(38, &value));
  for (int i = 0; i < 999; ++i) sum.Remove(most);
  ASSERT_TRUE(sum.Fits(38, &value));
  EXPECT_TRUE(value == most);
  EXPECT_FALSE(sum.Fits(37, &value));
  sum.Remove(most);
  sum.Remove(most);
  ASSERT_TRUE(sum.Fits(38, &value));
  EXPECT_TRUE(value == -most);
}

TEST(ExactWideSum, AgreesWithRationalArithmeticInAnyOrder) {
  const uint64_t seed = base::RandomSeed();
  SCOPED_TRACE("seed " + std::to_string(seed));
  base::Random random(seed);
  ExactWideSum sum, half;
  mpz_class reference = 0;
  for (int i = 0; i < 4000; ++i) {
    const Int128 x = RandomInteger(&random);
    sum.Add(x);
    if (i % 2 == 0) half.Add(x);
    reference += ToGmp(x);
    if (i % 7 != 0) continue;
    const auto count = static_cast<int64_t>(random.Below(1000) + 1);
    const int scale = static_cast<int>(random.Below(39));
    ASSERT_EQ(sum.Mean(count, scale), NearestDouble(Quotient(reference, count, scale))) << i;
  }
  ExactWideSum other = sum;
  other.Subtract(half);
  other.Merge(half);
  EXPECT_TRUE(other == sum);
}

TEST(ExactWideSum, RoundsQuotientsOnce) {
  EXPECT_EQ(RoundedQuotient(1, 1, 1), 0.1);
  EXPECT_EQ(RoundedQuotient(-12345, 1, 2), -123.45);
  EXPECT_EQ(RoundedQuotient(0, 7, 3), 0.0);
  EXPECT_EQ(RoundedQuotient(1, 3, 0), 1.0 / 3);
  const uint64_t seed = base::RandomSeed();
  SCOPED_TRACE("seed " + std::to_string(seed));
  base::Random random(seed);
  for (int i = 0; i < 4000; ++i) {
    const Int128 value = RandomInteger(&random);
    const auto count = static_cast<int64_t>(random.Next() >> (1 + random.Below(62))) + 1;
    const int scale = static_cast<int>(random.Below(39));
    ASSERT_EQ(RoundedQuotient(value, count, scale), NearestDouble(Quotient(ToGmp(value), count, scale)));
  }
}

}  // namespace
}  // namespace plumb::stats
