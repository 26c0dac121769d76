#include "stats/quantile_sketch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "base/random.h"

namespace plumb::stats {
namespace {

constexpr uint64_t kSeed = 2019;
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// Any double: all exponents, both signs, now and then something special.
double AnyDouble(base::Random& random) {
  switch (random.Below(20)) {
    case 0:
      return 0;
    case 1:
      return -0.0;
    case 2:
      return kInfinity;
    case 3:
      return -kInfinity;
    case 4:
      return kNan;
    case 5:
      return std::numeric_limits<double>::denorm_min() * static_cast<double>(random.Below(1000));
    default:
      return std::ldexp(random.Uniform() - 0.5, static_cast<int>(random.Between(-90, 90)));
  }
}

double InRange(base::Random& random) {
  const double magnitude = std::ldexp(1 + random.Uniform(), static_cast<int>(random.Between(-64, 63)));
  return random.Chance(0.5) ? magnitude : -magnitude;
}

bool NanLast(double a, double b) { return std::isnan(b) ? !std::isnan(a) : a < b; }

TEST(QuantileSketch, AnswersTheMiddleOfTheBucketOfTheRank) {
  QuantileSketch sketch;
  for (int i = 1; i <= 100; i++) sketch.Add(i);
  EXPECT_EQ(sketch.Quantile(0.5), 50.25);
  EXPECT_EQ(sketch.count(), 100);
}

TEST(QuantileSketch, TakesTheRankThatIsTheCeilingOfTheProduct) {
  QuantileSketch sketch;  // Ten values in ten buckets.
  for (int i = 1; i <= 10; i++) sketch.Add(i);
  const struct {
    double q;
    int rank;
  } cases[] = {{0, 1}, {0.05, 1}, {0.1, 1}, {0.1000001, 2}, {0.5, 5}, {0.51, 6}, {0.9, 9}, {0.91, 10}, {1, 10}};
  for (const auto& c : cases) {
    EXPECT_EQ(sketch.Quantile(c.q), QuantileSketch::ValueOf(QuantileSketch::IndexOf(c.rank))) << c.q;
    EXPECT_EQ(sketch.ValueAtRank(c.rank), sketch.Quantile(c.q)) << c.q;
  }
}

TEST(QuantileSketch, OrdersBucketsAsValues) {
  base::Random random(kSeed);
  for (int round = 0; round < 20000; round++) {
    const double a = AnyDouble(random), b = random.Chance(0.5) ? AnyDouble(random) : std::nextafter(a, kInfinity);
    const int32_t index_a = QuantileSketch::IndexOf(a), index_b = QuantileSketch::IndexOf(b);
    if (NanLast(a, b)) {
      ASSERT_LE(index_a, index_b) << a << " " << b << " seed " << kSeed;
    }
    if (a == b) {
      ASSERT_EQ(index_a, index_b) << a << " seed " << kSeed;
    }
  }
}

TEST(QuantileSketch, StaysWithinTheRelativeErrorInRange) {
  base::Random random(kSeed + 1);
  for (int round = 0; round < 20000; round++) {
    const double x = InRange(random), middle = QuantileSketch::ValueOf(QuantileSketch::IndexOf(x));
    ASSERT_LE(std::fabs(middle - x), QuantileSketch::kRelativeError * std::fabs(x)) << x << " seed " << kSeed + 1;
  }
  const double edge = QuantileSketch::ValueOf(QuantileSketch::IndexOf(1.0));  // The bound is attained.
  EXPECT_EQ(edge - 1, QuantileSketch::kRelativeError);
}

TEST(QuantileSketch, ReturnsToTheBucketOfEveryMiddle) {
  for (int32_t index = -QuantileSketch::kInfinityIndex; index <= QuantileSketch::kNanIndex; index++) {
    ASSERT_EQ(QuantileSketch::IndexOf(QuantileSketch::ValueOf(index)), index);
  }
}

TEST(QuantileSketch, ClampsWhatIsOutsideTheRange) {
  const double lowest = 0x1p-64, highest = 0x1.fffffffffffffp63;
  const struct {
    const char* what;
    double x;
    int32_t index;
  } cases[] = {
      {"zero", 0.0, 0},
      {"minus zero", -0.0, 0},
      {"subnormal", 5e-324, 0},
      {"below the range", std::nextafter(lowest, 0), 0},
      {"negative below the range", -std::nextafter(lowest, 0), 0},
      {"lowest", lowest, 1},
      {"minus lowest", -lowest, -1},
      {"highest", highest, QuantileSketch::kFiniteIndexMax},
      {"above the range", 0x1p64, QuantileSketch::kFiniteIndexMax},
      {"largest double", std::numeric_limits<double>::max(), QuantileSketch::kFiniteIndexMax},
      {"smallest double", std::numeric_limits<double>::lowest(), -QuantileSketch::kFiniteIndexMax},
      {"infinity", kInfinity, QuantileSketch::kInfinityIndex},
      {"minus infinity", -kInfinity, -QuantileSketch::kInfinityIndex},
      {"NaN", kNan, QuantileSketch::kNanIndex},
      {"negative NaN", std::copysign(kNan, -1.0), QuantileSketch::kNanIndex},
  };
  for (const auto& c : cases) EXPECT_EQ(QuantileSketch::IndexOf(c.x), c.index) << c.what;
  EXPECT_EQ(QuantileSketch::ValueOf(QuantileSketch::kInfinityIndex), kInfinity);
  EXPECT_EQ(QuantileSketch::ValueOf(-QuantileSketch::kInfinityIndex), -kInfinity);
  EXPECT_TRUE(std::isnan(QuantileSketch::ValueOf(QuantileSketch::kNanIndex)));
}

TEST(QuantileSketch, CountsNanAsLargest) {
  QuantileSketch sketch;
  for (const double x : {kNan, 1.0, kInfinity, -kInfinity}) sketch.Add(x);
  EXPECT_EQ(sketch.ValueAtRank(1), -kInfinity);
  EXPECT_EQ(sketch.ValueAtRank(3), kInfinity);
  EXPECT_TRUE(std::isnan(sketch.ValueAtRank(4)));
}

TEST(QuantileSketch, AgreesWithSortedValues) {
  base::Random random(kSeed + 2);
  for (int round = 0; round < 400; round++) {
    QuantileSketch sketch;
    std::vector<double> values;
    const auto size = random.Between(1, round % 10 == 0 ? 2000 : 60);
    for (int64_t i = 0; i < size; i++) {
      values.push_back(AnyDouble(random));
      sketch.Add(values.back());
    }
    std::sort(values.begin(), values.end(), NanLast);
    for (const double q : {0.0, 0.01, 0.25, 0.5, 0.9, 0.99, 1.0, random.Uniform()}) {
      const auto rank = std::max<int64_t>(1, static_cast<int64_t>(std::ceil(q * static_cast<double>(size))));
      const double wanted = QuantileSketch::ValueOf(QuantileSketch::IndexOf(values[rank - 1]));
      const double got = sketch.Quantile(q);
      ASSERT_TRUE(got == wanted || (std::isnan(got) && std::isnan(wanted))) << "seed " << kSeed + 2 << " q " << q;
    }
  }
}

TEST(QuantileSketch, DependsOnTheMultisetOnly) {
  base::Random random(kSeed + 3);
  for (int round = 0; round < 200; round++) {
    std::vector<double> values;
    for (int64_t i = random.Between(0, 300); i > 0; i--) values.push_back(AnyDouble(random));
    QuantileSketch whole;
    for (const double x : values) whole.Add(x);
    for (size_t i = values.size(); i > 1; i--) std::swap(values[i - 1], values[random.Below(i)]);
    std::vector<QuantileSketch> parts(static_cast<size_t>(random.Between(1, 9)));
    for (const double x : values) parts[random.Below(parts.size())].Add(x);
    QuantileSketch merged;
    for (const auto& part : parts) merged.Merge(part);
    ASSERT_EQ(merged, whole) << "seed " << kSeed + 3;
    // What leaves as a sketch equals what leaves one by one.
    QuantileSketch rest = whole;
    rest.Subtract(parts[0]);
    QuantileSketch kept;
    for (size_t i = 1; i < parts.size(); i++) kept.Merge(parts[i]);
    ASSERT_EQ(rest, kept) << "seed " << kSeed + 3;
    for (const double x : values) whole.Remove(x);
    ASSERT_EQ(whole, QuantileSketch()) << "seed " << kSeed + 3;
  }
}

TEST(QuantileSketch, MergesAndSubtractsItself) {
  QuantileSketch sketch, twice;
  for (const double x : {1.0, 2.0, 2.0, -7.0}) {
    sketch.Add(x);
    twice.Add(QuantileSketch::IndexOf(x), 2);
  }
  sketch.Merge(sketch);
  EXPECT_EQ(sketch, twice);
  sketch.Subtract(sketch);
  EXPECT_EQ(sketch, QuantileSketch());
}

TEST(QuantileSketch, PassesBelowZeroAndBack) {
  QuantileSketch sketch;
  sketch.Remove(3);
  EXPECT_EQ(sketch.count(), -1);
  sketch.Add(3);
  EXPECT_TRUE(sketch.entries().empty());
}

TEST(QuantileSketch, KeepsMemoryWhenCleared) {
  QuantileSketch sketch;
  for (int i = 0; i < 100; i++) sketch.Add(i);
  const size_t memory = sketch.MemoryBytes();
  sketch.Clear();
  EXPECT_TRUE(sketch.empty());
  EXPECT_EQ(sketch.MemoryBytes(), memory);
  EXPECT_EQ(sizeof(QuantileSketch::Entry), 8U);
}

TEST(QuantileSketch, HoldsLargeCounts) {
  QuantileSketch sketch;
  sketch.Add(QuantileSketch::IndexOf(1), int64_t{1} << 46);
  sketch.Add(QuantileSketch::IndexOf(2), int64_t{1} << 46);
  EXPECT_EQ(sketch.Quantile(0.5), QuantileSketch::ValueOf(QuantileSketch::IndexOf(1)));
  EXPECT_EQ(sketch.ValueAtRank((int64_t{1} << 46) + 1), QuantileSketch::ValueOf(QuantileSketch::IndexOf(2)));
}

TEST(QuantileSketchDeathTest, RefusesAQuestionOfNothing) {
  EXPECT_DEATH((void)QuantileSketch().Quantile(0.5), "A quantile needs values");
}

}  // namespace
}  // namespace plumb::stats
