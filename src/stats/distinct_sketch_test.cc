#include "stats/distinct_sketch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/random.h"

namespace plumb::stats {
namespace {

constexpr uint64_t kSeed = 2017;

TEST(DistinctSketch, EstimatesAThousand) {
  DistinctSketch sketch;
  for (uint64_t i = 0; i < 1000; i++) sketch.Add(DistinctSketch::HashOfWord(i));
  EXPECT_NEAR(sketch.Estimate(), 1000, 16);
}

TEST(DistinctSketch, EstimatesNothingAsZero) {
  EXPECT_EQ(DistinctSketch().Estimate(), 0);
  DistinctSketch sketch;
  sketch.Add(0);
  EXPECT_NEAR(sketch.Estimate(), 1, 0.01);
}

// Root mean square and mean of the relative error over seeds, against what the theory says.
TEST(DistinctSketch, HasTheStatedErrorAndNoBias) {
  const struct {
    int precision;
    int64_t distinct;
    int seeds;
  } cases[] = {{12, 10, 400},   {12, 100, 400},   {12, 1000, 200},   {12, 4096, 100},  {12, 10000, 100},
               {12, 20000, 60}, {12, 100000, 40}, {12, 1000000, 12}, {10, 30000, 100}, {16, 300000, 12}};
  for (const auto& c : cases) {
    double bias = 0, squares = 0;
    for (int i = 0; i < c.seeds; i++) {
      base::Random random(kSeed + static_cast<uint64_t>(i));
      DistinctSketch sketch(c.precision);
      for (int64_t n = 0; n < c.distinct; n++) sketch.Add(random.Next());
      const double error = sketch.Estimate() / static_cast<double>(c.distinct) - 1;
      bias += error / c.seeds;
      squares += error * error / c.seeds;
    }
    const double standard = 1.04 / std::sqrt(std::ldexp(1.0, c.precision));
    const double slack = 1 + 4 / std::sqrt(2.0 * c.seeds);  // Four standard errors of a root mean square.
    EXPECT_LE(std::sqrt(squares), standard * slack)
        << "precision " << c.precision << " of " << c.distinct << " seed " << kSeed;
    EXPECT_LE(std::fabs(bias), 4 * standard / std::sqrt(c.seeds))
        << "precision " << c.precision << " of " << c.distinct << " seed " << kSeed;
  }
}

TEST(DistinctSketch, SpreadsConsecutiveWords) {
  for (const uint64_t start : {uint64_t{0}, uint64_t{1} << 40, ~uint64_t{0} - 50000}) {
    DistinctSketch sketch;
    for (uint64_t i = 0; i < 50000; i++) sketch.Add(DistinctSketch::HashOfWord(start + i));
    EXPECT_NEAR(sketch.Estimate() / 50000, 1, 0.05) << start;
  }
}

TEST(DistinctSketch, IsAFunctionOfTheSet) {
  base::Random random(kSeed + 1000);
  for (int round = 0; round < 50; round++) {
    std::vector<uint64_t> hashes(static_cast<size_t>(random.Between(0, 5000)));
    for (uint64_t& hash : hashes) hash = random.Next();
    DistinctSketch once, repeated;
    std::vector<DistinctSketch> parts(4);
    for (const uint64_t hash : hashes) once.Add(hash);
    for (size_t i = 0; i < 2 * hashes.size(); i++) repeated.Add(hashes[(i * 7 + 3) % hashes.size()]);
    for (size_t i = hashes.size(); i-- > 0;) {
      parts[random.Below(4)].Add(hashes[i]);
      parts[random.Below(4)].Add(hashes[i]);
    }
    DistinctSketch merged;
    for (const auto& part : parts) merged.Merge(part);
    merged.Merge(merged);
    ASSERT_EQ(merged, once) << "seed " << kSeed + 1000;
    for (const uint64_t hash : hashes) repeated.Add(hash);
    ASSERT_EQ(repeated, once) << "seed " << kSeed + 1000;
  }
}

// The definition: position of the first one bit among those that do not choose the register.
TEST(DistinctSketch, RanksByTheBitsBelowTheRegister) {
  for (const int precision : {10, 12, 16}) {
    for (int zeros = 0; zeros <= 64 - precision; zeros++) {
      DistinctSketch sketch(precision);
      const uint64_t rest = zeros == 64 - precision ? 0 : (~uint64_t{0} >> precision) >> zeros;
      sketch.Add((uint64_t{5} << (64 - precision)) | rest);
      EXPECT_EQ(sketch.registers()[5], zeros + 1) << precision;
      EXPECT_EQ(std::count(sketch.registers().begin(), sketch.registers().end(), 0), (1 << precision) - 1);
    }
  }
}

// Values of algorithm 6, computed by an independent program in 200 bits.
TEST(DistinctSketch, FollowsTheImprovedEstimator) {
  std::vector<uint8_t> registers(4096, 0);
  for (size_t i = 0; i < registers.size(); i++) registers[i] = static_cast<uint8_t>(i % 7);
  EXPECT_DOUBLE_EQ(DistinctSketch::FromRegisters(registers).value().Estimate(), 9688.4971046616029);
  for (size_t i = 0; i < registers.size(); i++) registers[i] = static_cast<uint8_t>(i % 8 == 0 ? 53 : 20 + i % 13);
  EXPECT_DOUBLE_EQ(DistinctSketch::FromRegisters(registers).value().Estimate(), 22998124342.306698);
}

TEST(DistinctSketch, SaturatesAtInfinity) {
  const std::vector<uint8_t> full(4096, 53);
  EXPECT_EQ(DistinctSketch::FromRegisters(full).value().Estimate(), std::numeric_limits<double>::infinity());
}

TEST(DistinctSketch, ReadsOnlyPossibleRegisters) {
  DistinctSketch sketch(11);
  for (uint64_t i = 0; i < 3000; i++) sketch.Add(DistinctSketch::HashOfWord(i));
  EXPECT_EQ(DistinctSketch::FromRegisters(sketch.registers()).value(), sketch);
  for (const size_t size : {0, 512, 4095, 1 << 17}) {
    EXPECT_EQ(DistinctSketch::FromRegisters(std::vector<uint8_t>(size)).status().code(), base::Code::kInvalidArgument);
  }
  EXPECT_FALSE(DistinctSketch::FromRegisters(std::vector<uint8_t>(4096, 54)).ok());
}

TEST(DistinctSketch, ForgetsWhenCleared) {
  DistinctSketch sketch;
  sketch.Add(12345);
  sketch.Clear();
  EXPECT_EQ(sketch, DistinctSketch());
}

TEST(DistinctSketchDeathTest, RefusesOtherPrecisions) {
  EXPECT_DEATH(DistinctSketch(17), "precision 10 to 16");
  DistinctSketch sketch;
  EXPECT_DEATH(sketch.Merge(DistinctSketch(13)), "do not merge");
}

}  // namespace
}  // namespace plumb::stats
