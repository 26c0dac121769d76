#include "stats/exact_moments.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "base/random.h"
#include "stats/rational_reference_test.h"

namespace plumb::stats {
namespace {

constexpr uint64_t kSeed = 20261;

struct Reference {
  mpq_class count = 0, sum = 0, squares = 0;
  void Add(double x) {
    const mpq_class exact(x);
    count += 1, sum += exact, squares += exact * exact;
  }
  [[nodiscard]] mpq_class Variance(int ddof) const { return (count * squares - sum * sum) / (count * (count - ddof)); }
};

TEST(ExactMoments, SeeSmallSpreadOnLargeValues) {
  ExactMoments moments;
  for (const double x : {1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16}) moments.Add(x);
  EXPECT_EQ(moments.Variance(1), 30.0);
  EXPECT_EQ(moments.Variance(0), 22.5);
  EXPECT_EQ(moments.Mean(), 1e9 + 10);
}

TEST(ExactMoments, AgreeWithRationalArithmetic) {
  base::Random random(kSeed);
  for (int round = 0; round < 3000; round++) {
    ExactMoments moments;
    Reference reference;
    const int64_t spread = random.Between(0, 250), size = random.Between(2, 20);
    for (int64_t i = 0; i < size; i++) {
      const double x = round % 4 == 0
                           ? static_cast<double>(random.Between(0, 3))
                           : std::ldexp(random.Uniform() - 0.5, static_cast<int>(random.Between(-spread, spread)));
      moments.Add(x);
      reference.Add(x);
    }
    for (const int ddof : {0, 1}) {
      ASSERT_EQ(moments.Variance(ddof), NearestDouble(reference.Variance(ddof))) << "seed " << kSeed << " " << round;
      ASSERT_EQ(moments.StandardDeviation(ddof), NearestRoot(reference.Variance(ddof)))
          << "seed " << kSeed << " " << round;
    }
  }
}

TEST(ExactMoments, DivideByCountsAbove32Bits) {
  ExactSum sum, squares;  // 2^61 times 1 and 2^61 times 3: mean 2, variance 1.
  ExactSum ones, nines;
  ones.Add(4);
  nines.Add(10);
  for (int i = 0; i < 61; i++) {
    ones.Merge(ones);
    nines.Merge(nines);
  }
  EXPECT_EQ(Variance(ones, nines, int64_t{1} << 62, 0), 1.0);
  EXPECT_EQ(StandardDeviation(ones, nines, int64_t{1} << 62, 0), 1.0);
}

TEST(ExactMoments, SubtractWhatWasMerged) {
  base::Random random(kSeed + 1);
  ExactMoments left, right;
  for (int i = 0; i < 50; i++) left.Add(random.Uniform()), right.Add(1e20 * random.Uniform());
  ExactMoments merged = left;
  merged.Merge(right);
  merged.Subtract(right);
  EXPECT_EQ(merged.count, 50);
  EXPECT_EQ(merged.Variance(1), left.Variance(1));
  EXPECT_EQ(merged.StandardDeviation(1), left.StandardDeviation(1));
}

TEST(ExactMoments, AreZeroForEqualValuesAndNanWithNan) {
  ExactMoments moments;
  for (int i = 0; i < 7; i++) moments.Add(0.1);
  EXPECT_EQ(moments.Variance(1), 0.0);
  EXPECT_EQ(moments.StandardDeviation(1), 0.0);
  moments.Add(std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(moments.Variance(1)));
  moments.Remove(std::numeric_limits<double>::infinity());
  EXPECT_EQ(moments.Variance(1), 0.0);
}

}  // namespace
}  // namespace plumb::stats
