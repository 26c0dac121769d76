#include "stats/exact_sum.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "base/random.h"
#include "stats/rational_reference_test.h"

namespace plumb::stats {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kLargest = std::numeric_limits<double>::max();
constexpr double kSmallest = std::numeric_limits<double>::denorm_min();
constexpr uint64_t kSeed = 20260;

::testing::AssertionResult SameBits(double actual, double wanted) {
  if (std::bit_cast<uint64_t>(actual) == std::bit_cast<uint64_t>(wanted)) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << std::hexfloat << actual << " instead of " << wanted;
}

ExactSum SumOf(const std::vector<double>& values) {
  ExactSum sum;
  for (const double x : values) sum.Add(x);
  return sum;
}

double RandomScaled(base::Random& random, int exponent_low, int exponent_high) {
  const double mantissa = std::ldexp(static_cast<double>(random.Next() >> 11), -53) + 1;
  const double x = std::ldexp(mantissa, static_cast<int>(random.Between(exponent_low, exponent_high)));
  return random.Chance(0.5) ? x : -x;
}

// Values as they come: amounts, small integers, all exponents, neighbours of a power, subnormals, and repeats that
// cancel.
double RandomValue(base::Random& random, int kind, const std::vector<double>& before) {
  if (!before.empty() && random.Chance(0.15)) return -before[random.Below(before.size())];
  switch (kind) {
    case 0:
      return static_cast<double>(random.Between(-100000, 100000)) / 100;
    case 1:
      return static_cast<double>(random.Between(-1000, 1000));
    case 2:
      return RandomScaled(random, -1074, 1023);
    case 3:
      return RandomScaled(random, -3, 3);
    case 4:
      return std::bit_cast<double>(random.Next() & 0x800fffffffffffffULL);
    case 5:
      return RandomScaled(random, 1020, 1023);
    case 6:
      return RandomScaled(random, -1074, -1000);
    case 7:
      return RandomScaled(random, -200, 200);
    default:
      return std::ldexp(random.Chance(0.5) ? 1.0 : -1.0, static_cast<int>(random.Between(-130, 130)));
  }
}
constexpr int kKinds = 9;

TEST(ExactSum, ForgetsNothing) {
  ExactSum sum;
  sum.Add(1e300);
  sum.Add(1.0);
  sum.Remove(1e300);
  EXPECT_TRUE(SameBits(sum.Value(), 1.0));
}

TEST(ExactSum, IsTheSameInEveryOrder) {
  base::Random random(kSeed);
  for (int kind = 0; kind < kKinds; kind++) {
    std::vector<double> values;
    for (int i = 0; i < 200; i++) values.push_back(RandomValue(random, kind, values));
    const double wanted = SumOf(values).Value();
    for (int round = 0; round < 20; round++) {
      for (size_t i = values.size(); i > 1; i--) std::swap(values[i - 1], values[random.Below(i)]);
      EXPECT_TRUE(SameBits(SumOf(values).Value(), wanted)) << "seed " << kSeed << " kind " << kind;
    }
  }
}

TEST(ExactSum, AgreesWithRationalArithmetic) {
  base::Random random(kSeed);
  constexpr int kRounds = 4000, kSteps = 60;  // Every step is compared: 240,000 cases.
  for (int round = 0; round < kRounds; round++) {
    const int kind = static_cast<int>(random.Below(kKinds + 1));  // The last: all mixed.
    ExactSum sum;
    mpq_class reference = 0;
    std::vector<double> values;
    for (int step = 0; step < kSteps; step++) {
      const double x = RandomValue(random, kind < kKinds ? kind : static_cast<int>(random.Below(kKinds)), values);
      const bool is_removal = random.Chance(0.2);
      values.push_back(is_removal ? -x : x);
      is_removal ? sum.Remove(x) : sum.Add(x);
      reference += mpq_class(values.back());
      ASSERT_TRUE(SameBits(sum.Value(), NearestDouble(reference))) << "seed " << kSeed << " round " << round;
      if (step % 8 != 0) continue;
      const int64_t count =
          step % 16 == 0 ? step + 1 : static_cast<int64_t>(random.Next() >> random.Between(1, 60)) + 1;
      ASSERT_TRUE(SameBits(sum.Mean(count), NearestDouble(reference / mpq_class(count)))) << kSeed << " " << round;
    }
  }
}

TEST(ExactSum, SquaresAgreeWithRationalArithmetic) {
  base::Random random(kSeed + 1);
  for (int round = 0; round < 1500; round++) {
    const int kind = static_cast<int>(random.Below(kKinds + 1));
    ExactSum sum;
    mpq_class reference = 0;
    std::vector<double> values;
    for (int step = 0; step < 30; step++) {
      const double x = RandomValue(random, kind < kKinds ? kind : static_cast<int>(random.Below(kKinds)), values);
      const bool is_removal = random.Chance(0.3);
      values.push_back(x);
      is_removal ? sum.RemoveSquare(x) : sum.AddSquare(x);
      const mpq_class square = mpq_class(x) * mpq_class(x);
      reference += is_removal ? mpq_class(-square) : square;
      ASSERT_TRUE(SameBits(sum.Value(), NearestDouble(reference))) << "seed " << kSeed + 1 << " round " << round;
    }
  }
}

TEST(ExactSum, TakesIntegersThatNoDoubleHolds) {
  base::Random random(kSeed + 2);
  ExactSum sum, squares;
  mpq_class reference = 0, reference_squares = 0;
  for (int i = 0; i < 2000; i++) {
    const int64_t x =
        i == 0 ? std::numeric_limits<int64_t>::min() : static_cast<int64_t>(random.Next()) >> random.Below(64);
    const mpq_class exact(static_cast<long>(x));
    i % 3 == 2 ? sum.RemoveInteger(x) : sum.AddInteger(x);
    i % 3 == 2 ? squares.RemoveIntegerSquare(x) : squares.AddIntegerSquare(x);
    reference += i % 3 == 2 ? mpq_class(-exact) : exact;
    reference_squares += i % 3 == 2 ? mpq_class(-exact * exact) : mpq_class(exact * exact);
    ASSERT_TRUE(SameBits(sum.Value(), NearestDouble(reference)));
    ASSERT_TRUE(SameBits(squares.Value(), NearestDouble(reference_squares)));
  }
}

TEST(ExactSum, MergesLikeOneSum) {
  base::Random random(kSeed + 3);
  for (int round = 0; round < 4000; round++) {
    const int kinds[] = {static_cast<int>(random.Below(kKinds)), static_cast<int>(random.Below(kKinds))};
    std::vector<double> values[2];
    for (int part = 0; part < 2; part++) {
      const int64_t size = random.Between(0, 12);
      for (int64_t i = 0; i < size; i++) values[part].push_back(RandomValue(random, kinds[part], values[part]));
    }
    const ExactSum left = SumOf(values[0]), right = SumOf(values[1]);
    std::vector<double> all = values[0];
    all.insert(all.end(), values[1].begin(), values[1].end());
    ExactSum merged = left, swapped = right;
    merged.Merge(right);
    swapped.Merge(left);
    const double wanted = SumOf(all).Value();
    ASSERT_TRUE(SameBits(merged.Value(), wanted)) << "seed " << kSeed + 3 << " round " << round;
    ASSERT_TRUE(SameBits(swapped.Value(), wanted));
    merged.Subtract(left);
    swapped.Subtract(right);
    ASSERT_TRUE(SameBits(merged.Value(), right.Value()));
    ASSERT_TRUE(SameBits(swapped.Value(), left.Value()));
    merged.Subtract(right);
    ASSERT_TRUE(SameBits(merged.Value(), 0.0));
    ExactSum negated;
    negated.Subtract(left);
    ASSERT_TRUE(SameBits(negated.Value(), left.Value() == 0 ? 0.0 : -left.Value()));
  }
}

TEST(ExactSum, MergesAndSubtractsItself) {
  for (const double x : {0.1, 1e300, 1e-320, kInfinity}) {
    ExactSum sum = SumOf({x, 1.0});
    const double once = sum.Value();
    ExactSum doubled = sum;
    const ExactSum& same = doubled;
    doubled.Merge(same);
    EXPECT_TRUE(SameBits(doubled.Value(), 2 * once));
    doubled.Subtract(same);
    EXPECT_TRUE(SameBits(doubled.Value(), 0.0));
  }
}

TEST(ExactSum, SpansTheWholeExponentRange) {
  ExactSum sum = SumOf({kLargest, 1.0, kSmallest});
  sum.Remove(kLargest);
  sum.Remove(1.0);
  EXPECT_TRUE(SameBits(sum.Value(), kSmallest));
  sum.AddSquare(kSmallest);
  sum.AddSquare(kLargest);
  sum.RemoveSquare(kLargest);
  sum.Remove(kSmallest);
  EXPECT_TRUE(SameBits(sum.Value(), 0.0));  // 2^-2148 rounds to zero, and is still there:
  for (int i = 0; i < 1076; i++) sum.Merge(sum);
  EXPECT_TRUE(SameBits(sum.Value(), 4 * kSmallest));
}

TEST(ExactSum, RoundsToNearestTiesToEven) {
  const double ulp = std::ldexp(1, -52);
  const struct {
    std::vector<double> values;
    double wanted;
  } cases[] = {
      {{1, ulp / 2}, 1},
      {{1 + ulp, ulp / 2}, 1 + 2 * ulp},
      {{1, ulp / 2, kSmallest}, 1 + ulp},
      {{1 + ulp, ulp / 2, -kSmallest}, 1 + ulp},
      {{-1, -ulp / 2}, -1},
      {{-1 - ulp, -ulp / 2}, -1 - 2 * ulp},
      {{2, -ulp / 2}, 2},
      {{2, -ulp / 2, -kSmallest}, 2 - ulp},
      {{kLargest, std::ldexp(1, 969)}, kLargest},
      {{kLargest, std::ldexp(1, 970), -kSmallest}, kLargest},
      {{kLargest, std::ldexp(1, 970)}, kInfinity},
      {{-kLargest, -std::ldexp(1, 970)}, -kInfinity},
      {{kLargest, kLargest, -kLargest}, kLargest},
      {{std::ldexp(1, -1022), -kSmallest}, std::ldexp(1, -1022) - kSmallest},
  };
  for (const auto& c : cases) EXPECT_TRUE(SameBits(SumOf(c.values).Value(), c.wanted));
}

TEST(ExactSum, RoundsMeansAtMidpointsToEven) {
  EXPECT_TRUE(SameBits(SumOf({3 * kSmallest}).Mean(2), 2 * kSmallest));
  EXPECT_TRUE(SameBits(SumOf({kSmallest}).Mean(2), 0.0));
  EXPECT_TRUE(SameBits(SumOf({kLargest, kLargest}).Mean(2), kLargest));
  EXPECT_TRUE(SameBits(SumOf({1, std::ldexp(1, -52), 1}).Mean(2), 1.0));
  EXPECT_TRUE(SameBits(SumOf({1.0}).Mean(3), 1.0 / 3));
  EXPECT_TRUE(SameBits(SumOf({-7.0}).Mean(std::numeric_limits<int64_t>::max()), -7.0 / 9223372036854775807.0));
}

TEST(ExactSum, LetsNanAndInfinityLeave) {
  ExactSum sum = SumOf({0.5, kInfinity});
  EXPECT_FALSE(sum.IsFinite());
  EXPECT_TRUE(SameBits(sum.Value(), kInfinity));
  EXPECT_TRUE(SameBits(sum.Mean(2), kInfinity));
  sum.Add(-kInfinity);
  EXPECT_TRUE(std::isnan(sum.Value()));
  sum.Remove(kInfinity);
  EXPECT_TRUE(SameBits(sum.Value(), -kInfinity));
  sum.Add(kNan);
  sum.Remove(-kInfinity);
  EXPECT_TRUE(std::isnan(sum.Mean(3)));
  const ExactSum with_nan = sum;
  sum.Remove(kNan);
  EXPECT_TRUE(SameBits(sum.Value(), 0.5));
  ExactSum merged = SumOf({1.0});
  merged.Merge(with_nan);
  EXPECT_TRUE(std::isnan(merged.Value()));
  merged.Subtract(with_nan);
  EXPECT_TRUE(SameBits(merged.Value(), 1.0));
  EXPECT_TRUE(merged.IsFinite());
}

TEST(ExactSum, TreatsMinusZeroAsZero) {
  EXPECT_TRUE(SameBits(ExactSum().Value(), 0.0));
  EXPECT_TRUE(SameBits(SumOf({-0.0, -0.0}).Value(), 0.0));
  EXPECT_TRUE(SameBits(SumOf({-0.0}).Mean(1), 0.0));
  EXPECT_TRUE(SameBits(SumOf({1.5, -1.5}).Value(), 0.0));
}

TEST(ExactSum, OutgrowsItsLimbsWithoutLosingBits) {
  for (const double x : {std::ldexp(1, 126), -std::ldexp(1, 126), 1e-30, 1e30, -0.1, std::ldexp(-1, 127)}) {
    ExactSum sum = SumOf({x});
    for (int i = 0; i < 200; i++) sum.Merge(ExactSum(sum));
    EXPECT_TRUE(SameBits(sum.Value(), std::ldexp(x, 200)));
    ExactSum negated;
    negated.Subtract(sum);
    EXPECT_TRUE(SameBits(negated.Value(), -std::ldexp(x, 200)));
    negated.Merge(sum);
    EXPECT_TRUE(SameBits(negated.Value(), 0.0));
  }
}

TEST(ExactSum, CopiesMovesAndClears) {
  for (const double x : {0.25, 1e300}) {
    ExactSum sum = SumOf({x, 3.0});
    ExactSum copy(sum);
    ExactSum moved(std::move(sum));
    EXPECT_TRUE(SameBits(copy.Value(), moved.Value()));
    ExactSum assigned = SumOf({1e-300, 5});
    assigned = copy;
    copy.Clear();
    EXPECT_TRUE(SameBits(copy.Value(), 0.0));
    assigned.Remove(x);
    EXPECT_TRUE(SameBits(assigned.Value(), 3.0));
    moved = std::move(assigned);
    EXPECT_TRUE(SameBits(moved.Value(), 3.0));
  }
}

}  // namespace
}  // namespace plumb::stats
