#include "stats/exact_moments.h"

#include <gtest/gtest.h>

#include <algorithm>
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

// Values from all exponents at once, subnormals among them, and pairs that nearly cancel.
std::vector<double> ExtremeValues(base::Random& random) {
  const int64_t kind = random.Between(0, 5);
  std::vector<double> values;
  const double centre = std::ldexp(1 + random.Uniform(), static_cast<int>(random.Between(-1000, 1000)));
  for (int64_t i = random.Between(2, 12); i > 0; i--) {
    const double uniform = random.Uniform() - 0.5;
    if (kind == 0) values.push_back(std::ldexp(uniform, static_cast<int>(random.Between(-1074, 1024))));
    if (kind == 1) values.push_back(5e-324 * static_cast<double>(random.Between(-5, 5)));  // subnormal variance
    if (kind == 2) values.push_back(std::ldexp(uniform, static_cast<int>(random.Between(-545, -500))));
    if (kind == 3) values.push_back(std::ldexp(uniform, static_cast<int>(random.Between(505, 515))));  // near overflow
    if (kind == 4) values.push_back(random.Chance(0.5) ? centre : std::nextafter(centre, 0));  // one ulp of spread
    if (kind == 5)
      values.push_back((i % 2 == 0 ? centre : -centre) * (1 + 0x1p-50 * static_cast<double>(random.Below(4))));
  }
  return values;
}

TEST(ExactMoments, AgreeWithRationalArithmeticAtTheExtremes) {
  base::Random random(kSeed + 2);
  int zeros = 0, subnormal = 0, infinite = 0;
  for (int round = 0; round < 4000; round++) {
    ExactMoments moments, halves[2];
    Reference reference;
    for (const double x : ExtremeValues(random)) {
      halves[random.Below(2)].Add(x);
      moments.Add(x);
      reference.Add(x);
    }
    halves[0].Merge(halves[1]);
    ASSERT_EQ(moments.Mean(), NearestDouble(reference.sum / reference.count)) << "seed " << kSeed + 2 << " " << round;
    for (const int ddof : {0, 1}) {
      const double variance = NearestDouble(reference.Variance(ddof));
      const double deviation = NearestRoot(reference.Variance(ddof));
      zeros += variance == 0;
      subnormal += variance > 0 && variance < std::numeric_limits<double>::min();
      infinite += std::isinf(variance);
      ASSERT_EQ(moments.Variance(ddof), variance) << "seed " << kSeed + 2 << " " << round;
      ASSERT_EQ(moments.StandardDeviation(ddof), deviation) << "seed " << kSeed + 2 << " " << round;
      ASSERT_EQ(halves[0].Variance(ddof), variance) << "seed " << kSeed + 2 << " " << round;
      ASSERT_EQ(halves[0].StandardDeviation(ddof), deviation) << "seed " << kSeed + 2 << " " << round;
    }
  }
  EXPECT_GT(std::min({zeros, subnormal, infinite}), 50);
}

// A sliding window: values leave in the order they came, whatever their size.
TEST(ExactMoments, SlideOverValuesOfAllSizes) {
  base::Random random(kSeed + 3);
  std::vector<double> values;
  ExactMoments window;
  for (size_t i = 0; i < 600; i++) {
    const int spread = i % 100 < 50 ? 3 : 1000;
    values.push_back(std::ldexp(random.Uniform() - 0.5, static_cast<int>(random.Between(-spread, spread))));
    window.Add(values.back());
    if (i >= 7) window.Remove(values[i - 7]);
    if (i < 7) continue;
    Reference reference;
    for (size_t k = i - 6; k <= i; k++) reference.Add(values[k]);
    ASSERT_EQ(window.Variance(1), NearestDouble(reference.Variance(1))) << "seed " << kSeed + 3 << " " << i;
    ASSERT_EQ(window.StandardDeviation(1), NearestRoot(reference.Variance(1))) << "seed " << kSeed + 3 << " " << i;
  }
}

// The root of a variance beyond the range of double is within it.
TEST(ExactMoments, RootVariancesThatOverflowAndUnderflow) {
  ExactMoments large, small;
  for (const double x : {-1.5e308, 1.5e308}) large.Add(x);
  for (const double x : {0.0, 5e-324 * 4}) small.Add(x);
  EXPECT_EQ(large.Variance(0), std::numeric_limits<double>::infinity());
  EXPECT_EQ(large.StandardDeviation(0), 1.5e308);
  EXPECT_EQ(small.Variance(0), 0.0);
  EXPECT_EQ(small.StandardDeviation(0), 5e-324 * 2);
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
