#include "stats/drift.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "base/random.h"
#include "stats/quantile_sketch.h"

namespace plumb::stats {
namespace {

constexpr uint64_t kSeed = 1948;
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
using Integers = std::vector<int64_t>;
using Doubles = std::vector<double>;

Doubles RandomValues(base::Random& random, double shift) {
  Doubles values;
  for (int64_t i = random.Between(1, 60); i > 0; i--) values.push_back(std::floor((random.Uniform() + shift) * 20) / 4);
  return values;
}

double ShareUpTo(const Doubles& values, double x) {
  return static_cast<double>(std::count_if(values.begin(), values.end(), [&](double v) { return v <= x; })) /
         static_cast<double>(values.size());
}

// Wanted values were computed from the definitions by an independent program with arithmetic of 40 digits.
TEST(Drift, MeasuresStabilityOfCounts) {
  EXPECT_NEAR(PopulationStabilityIndex(Integers{50, 50}, Integers{60, 40}).value(), 0.04054651081081644, 1e-15);
  EXPECT_NEAR(PopulationStabilityIndex(Integers{10, 20, 30, 40}, Integers{25, 25, 25, 25}).value(), 0.22821740957339181,
              1e-15);
  EXPECT_NEAR(PopulationStabilityIndex(Integers{100, 0, 0}, Integers{50, 50, 0}).value(), 4.6043184666689497, 1e-14);
  EXPECT_EQ(PopulationStabilityIndex(Integers{3, 4}, Integers{300, 400}).value(), 0);
}

TEST(Drift, KeepsSharesAwayFromZero) {
  const double small = PopulationStabilityIndex(Integers{100, 0}, Integers{99, 1}, 1e-9).value();
  const double large = PopulationStabilityIndex(Integers{100, 0}, Integers{99, 1}, 1e-2).value();
  EXPECT_NEAR(small, -0.01 * std::log(0.99) + 0.01 * std::log(0.01 / 1e-9), 1e-6);
  EXPECT_NEAR(large, -0.01 * std::log(0.99), 1e-12);
}

TEST(Drift, MeasuresJensenShannon) {
  const Integers a = {10, 20, 30, 40}, b = {25, 25, 25, 25};
  EXPECT_NEAR(JensenShannonDistance(a, b, EntropyUnit::kNats).value(), 0.16692996572597962, 1e-15);
  EXPECT_NEAR(JensenShannonDistance(a, b).value(), 0.20050332253142815, 1e-15);
  EXPECT_EQ(JensenShannonDistance(a, b).value(), JensenShannonDistance(b, a).value());
  EXPECT_EQ(JensenShannonDistance(Integers{1, 0}, Integers{0, 1}).value(), 1);
  EXPECT_NEAR(JensenShannonDistance(Integers{1, 0}, Integers{0, 1}, EntropyUnit::kNats).value(), 0.83255461115769776,
              1e-15);
  EXPECT_EQ(JensenShannonDistance(Integers{1, 2, 3, 1}, Integers{10, 20, 30, 10}).value(), 0);
}

TEST(Drift, TestsHomogeneityOfCategories) {
  const ChiSquareTest test = ChiSquareHomogeneity(Integers{10, 20, 0, 30, 40}, Integers{30, 20, 0, 30, 70}).value();
  EXPECT_NEAR(test.statistic, 8.522727272727273, 1e-13);
  EXPECT_EQ(test.degrees, 3);
  EXPECT_NEAR(test.p_value, 0.036357934748017591, 1e-14);
  EXPECT_NEAR(test.smallest_expected, 16, 1e-12);
  const ChiSquareTest single = ChiSquareHomogeneity(Integers{0, 5}, Integers{0, 7}).value();
  EXPECT_EQ(single.degrees, 0);
  EXPECT_EQ(single.p_value, 1);
}

TEST(Drift, CutsBinsAtQuantilesOfTheReference) {
  Doubles hundred;
  for (int i = 100; i >= 1; i--) hundred.push_back(i);
  EXPECT_EQ(QuantileEdges(hundred).value(), (Doubles{10, 20, 30, 40, 50, 60, 70, 80, 90}));
  const Integers tens(10, 10);
  EXPECT_EQ(CountBins(hundred, QuantileEdges(hundred).value()).value(), tens);
  EXPECT_EQ(CountBins(Doubles{10, 10.5, -kInfinity, kInfinity, 20}, Doubles{10, 20}).value(), (Integers{2, 2, 1}));
  EXPECT_EQ(CountBins(Doubles{1, 2}, {}).value(), (Integers{2}));
}

TEST(Drift, GivesFrequentValuesTheirOwnBin) {
  Doubles mostly_zero(60, 0.0);
  for (int i = 1; i <= 40; i++) mostly_zero.push_back(i <= 20 ? -i : i);
  const auto edges = QuantileEdges(mostly_zero).value();
  const auto counts = CountBins(mostly_zero, edges).value();
  EXPECT_NE(std::find(counts.begin(), counts.end(), 60), counts.end());
  EXPECT_LE(edges.size(), 9U);
  // A constant that moves, either way, is seen.
  const Doubles constant(50, 3.0);
  for (const double moved : {2.9, 3.1}) {
    EXPECT_GT(PopulationStabilityIndexOfValues(constant, Doubles(50, moved)).value(), 5) << moved;
  }
  EXPECT_EQ(PopulationStabilityIndexOfValues(constant, Doubles(9, 3.0)).value(), 0);
}

TEST(Drift, SeesAShiftOfValues) {
  base::Random random(kSeed);
  Doubles reference, same, shifted;
  for (int i = 0; i < 5000; i++) {
    reference.push_back(random.Uniform());
    same.push_back(random.Uniform());
    shifted.push_back(random.Uniform() + 0.2);
  }
  EXPECT_LT(PopulationStabilityIndexOfValues(reference, same).value(), 0.02) << "seed " << kSeed;
  EXPECT_GT(PopulationStabilityIndexOfValues(reference, shifted).value(), 0.25) << "seed " << kSeed;
  EXPECT_GT(KolmogorovSmirnov(reference, same)->p_value, 0.001) << "seed " << kSeed;
  EXPECT_LT(KolmogorovSmirnov(reference, shifted)->p_value, 1e-10) << "seed " << kSeed;
  EXPECT_NEAR(WassersteinDistance(reference, shifted).value(), 0.2, 0.02) << "seed " << kSeed;
  EXPECT_NEAR(NormedWassersteinDistance(reference, shifted).value(), 0.2 * std::sqrt(12.0), 0.07) << "seed " << kSeed;
}

TEST(Drift, AgreesWithTheDefinitionsOnValues) {
  base::Random random(kSeed + 1);
  for (int round = 0; round < 500; round++) {
    const Doubles a = RandomValues(random, 0), b = RandomValues(random, random.Uniform() / 4);
    Doubles points = a;
    points.insert(points.end(), b.begin(), b.end());
    std::sort(points.begin(), points.end());
    points.erase(std::unique(points.begin(), points.end()), points.end());
    double largest = 0, moved = 0;
    for (size_t i = 0; i < points.size(); i++) {
      const double gap = std::fabs(ShareUpTo(a, points[i]) - ShareUpTo(b, points[i]));
      largest = std::max(largest, gap);
      if (i + 1 < points.size()) moved += gap * (points[i + 1] - points[i]);
    }
    ASSERT_NEAR(KolmogorovSmirnov(a, b)->statistic, largest, 1e-15) << "seed " << kSeed + 1;
    ASSERT_NEAR(WassersteinDistance(a, b).value(), moved, 1e-13) << "seed " << kSeed + 1;
    // The same from counts of the points.
    Integers of_a, of_b;
    for (const double x : points)
      of_a.push_back(std::count(a.begin(), a.end(), x)), of_b.push_back(std::count(b.begin(), b.end(), x));
    ASSERT_EQ(KolmogorovSmirnovOfCounts(of_a, of_b)->statistic, KolmogorovSmirnov(a, b)->statistic)
        << "seed " << kSeed + 1;
    ASSERT_EQ(WassersteinDistanceOfCounts(points, of_a, of_b).value(), WassersteinDistance(a, b).value())
        << "seed " << kSeed + 1;
  }
}

// Earth moves from the i-th smallest to the i-th smallest.
TEST(Drift, MovesSortedValuesOntoEachOther) {
  base::Random random(kSeed + 2);
  Doubles a, b;
  for (int i = 0; i < 300; i++) a.push_back(random.Uniform()), b.push_back(2 * random.Uniform() - 3);
  const double distance = WassersteinDistance(a, b).value();
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  double wanted = 0;
  for (size_t i = 0; i < a.size(); i++) wanted += std::fabs(a[i] - b[i]) / 300;
  EXPECT_NEAR(distance, wanted, 1e-12) << "seed " << kSeed + 2;
  EXPECT_EQ(WassersteinDistance(a, b).value(), distance);  // In another order.
  EXPECT_EQ(WassersteinDistance(b, a).value(), distance);
}

TEST(Drift, ComparesSketches) {
  base::Random random(kSeed + 3);
  Doubles a, b;
  QuantileSketch sketches[2];
  for (int i = 0; i < 4000; i++) {
    a.push_back(10 + random.Uniform()), sketches[0].Add(a.back());
    b.push_back(10 + 2 * random.Uniform()), sketches[1].Add(b.back());
  }
  QuantileSketch both = sketches[0];
  both.Merge(sketches[1]);
  Doubles positions;
  Integers counts[2];
  for (const auto& entry : both.entries()) {
    positions.push_back(QuantileSketch::ValueOf(entry.index));
    for (int i = 0; i < 2; i++) {
      const auto of_sketch = sketches[i].entries();
      const auto found =
          std::find_if(of_sketch.begin(), of_sketch.end(), [&](const auto& e) { return e.index == entry.index; });
      counts[i].push_back(found == of_sketch.end() ? 0 : found->count);
    }
  }
  EXPECT_NEAR(WassersteinDistanceOfCounts(positions, counts[0], counts[1]).value(), WassersteinDistance(a, b).value(),
              0.1);
  EXPECT_NEAR(KolmogorovSmirnovOfCounts(counts[0], counts[1])->statistic, KolmogorovSmirnov(a, b)->statistic, 0.1);
}

TEST(Drift, HasPValuesThatAreUniformWithoutDrift) {
  base::Random random(kSeed + 4);
  int smirnov = 0, chi = 0;
  constexpr int kRounds = 1000;
  for (int round = 0; round < kRounds; round++) {
    Doubles a, b;
    Integers of_a(5), of_b(5);
    for (int i = 0; i < 200; i++) a.push_back(random.Uniform()), b.push_back(random.Uniform());
    for (int i = 0; i < 200; i++) of_a[random.Below(5)]++, of_b[random.Below(5)]++;
    smirnov += KolmogorovSmirnov(a, b)->p_value < 0.1;
    chi += ChiSquareHomogeneity(of_a, of_b)->p_value < 0.1;
  }
  EXPECT_NEAR(chi, 100, 4 * std::sqrt(90.0)) << "seed " << kSeed + 4;
  EXPECT_NEAR(smirnov, 85, 45) << "seed " << kSeed + 4;  // The limit is conservative for 200 rows.
}

TEST(Drift, ComparesInfinitiesWherePossible) {
  EXPECT_EQ(KolmogorovSmirnov(Doubles{1, kInfinity}, Doubles{1, 2})->statistic, 0.5);
  EXPECT_EQ(KolmogorovSmirnov(Doubles{-kInfinity}, Doubles{-kInfinity})->statistic, 0);
  EXPECT_EQ(KolmogorovSmirnov(Doubles{1}, Doubles{2})->statistic, 1);
}

TEST(Drift, RejectsBadArguments) {
  const Integers none, zero = {0, 0}, good = {1, 2}, three = {1, 2, 3}, negative = {-1, 2};
  const Doubles empty, one = {1}, nan = {1, kNan}, infinite = {kInfinity};
  const struct {
    const char* what;
    base::Status status;
  } cases[] = {
      {"no bins", PopulationStabilityIndex(none, none).status()},
      {"no rows", PopulationStabilityIndex(good, zero).status()},
      {"bins differ", PopulationStabilityIndex(good, three).status()},
      {"negative", JensenShannonDistance(good, negative).status()},
      {"overflow", ChiSquareHomogeneity(Integers{INT64_MAX, INT64_MAX}, good).status()},
      {"share of 0", PopulationStabilityIndex(good, good, 0).status()},
      {"share of 1", PopulationStabilityIndex(good, good, 1).status()},
      {"one bin", QuantileEdges(one, 1).status()},
      {"NaN", QuantileEdges(nan).status()},
      {"empty", KolmogorovSmirnov(empty, one).status()},
      {"NaN of current", KolmogorovSmirnov(one, nan).status()},
      {"infinite", WassersteinDistance(one, infinite).status()},
      {"deviation", NormedWassersteinDistance(one, one, 0).status()},
      {"edges", CountBins(one, Doubles{2, 1}).status()},
      {"NaN edge", CountBins(one, Doubles{1, kNan}).status()},
      {"only a NaN edge", CountBins(one, Doubles{kNan}).status()},
      {"positions", WassersteinDistanceOfCounts(Doubles{2, 1}, good, good).status()},
      {"number of positions", WassersteinDistanceOfCounts(one, good, good).status()},
  };
  for (const auto& c : cases) EXPECT_EQ(c.status.code(), base::Code::kInvalidArgument) << c.what;
}

}  // namespace
}  // namespace plumb::stats
