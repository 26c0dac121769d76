#include "base/elementary.h"

#include <gtest/gtest.h>

#include <bit>
#include <cfloat>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>

#include "base/internal/elementary_tables.h"
#include "base/random.h"

namespace plumb::base {
namespace {

constexpr uint64_t kSeed = 1989;
const double kNan = std::bit_cast<double>(uint64_t{0x7ff8000000000000});
const double kInfinity = HUGE_VAL;
using Function = double (*)(double);

struct Named {
  const char* name;
  Function function;
};
constexpr Named kAll[] = {{"Exp", Exp},     {"Expm1", Expm1}, {"Ln", Ln},           {"Log2", Log2},
                          {"Log10", Log10}, {"Log1p", Log1p}, {"Sigmoid", Sigmoid}, {"Sin", Sin},
                          {"Cos", Cos},     {"Tan", Tan},     {"Atan", Atan},       {"Sqrt", Sqrt}};

std::string Hex(double x) {
  char text[64];
  snprintf(text, sizeof text, "%a", x);
  return text;
}

::testing::AssertionResult SameBits(double actual, double wanted) {
  if (std::bit_cast<uint64_t>(actual) == std::bit_cast<uint64_t>(wanted)) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << Hex(actual) << " instead of " << Hex(wanted);
}

// Error of `got` in units of the last place of the wanted value; huge where one is infinite and the other is not.
long double ErrorInUlp(double got, long double wanted) {
  const double rounded = static_cast<double>(wanted);
  if (std::isnan(rounded) || std::isinf(rounded) || std::isnan(got) || std::isinf(got)) {
    return (std::isnan(rounded) && std::isnan(got)) || rounded == got ? 0 : 1e9L;
  }
  int exponent = 0;
  std::frexp(wanted, &exponent);
  return std::fabs(std::ldexp(got - wanted, 53 - std::max(exponent, -1021)));
}

// Arguments of every size, ordinary ones, and the neighbourhood of 1.
double RandomArgument(Random& random, int kind) {
  switch (kind & 3) {
    case 0:
      return std::bit_cast<double>(random.Next());
    case 1:
      return (random.Uniform() - 0.5) * 1500;
    case 2:
      return random.Uniform() * 4 - 2;
    default:
      return 1 + (random.Uniform() - 0.5) * 0.05;
  }
}

TEST(Elementary, StaysWithinOneUlpOfLongDouble) {
  if constexpr (LDBL_MANT_DIG < 64) GTEST_SKIP() << "long double is no wider than double here";
  const struct {
    Named ours;
    long double (*reference)(long double);
    double error_max;
  } cases[] = {
      {{"Exp", Exp}, expl, 0.51},
      {{"Expm1", Expm1}, expm1l, 0.51},
      {{"Ln", Ln}, logl, 0.502},
      {{"Log2", Log2}, log2l, 0.502},
      {{"Log10", Log10}, log10l, 0.502},
      {{"Log1p", Log1p}, log1pl, 0.502},
      {{"Sigmoid", Sigmoid}, [](long double x) { return x < -60 ? expl(x) : 1 / (1 + expl(-x)); }, 0.51},
      {{"Sin", Sin}, sinl, 0.85},
      {{"Cos", Cos}, cosl, 0.85},
      {{"Tan", Tan}, tanl, 0.95},
      {{"Atan", Atan}, atanl, 0.502},
  };
  Random random(kSeed);
  for (const auto& c : cases) {
    long double worst = 0;
    double worst_at = 0;
    for (int i = 0; i < 100000; i++) {
      const double x = RandomArgument(random, i);
      const long double error = ErrorInUlp(c.ours.function(x), c.reference(x));
      if (error > worst) worst = error, worst_at = x;
    }
    EXPECT_LE(worst, c.error_max) << c.ours.name << " at " << Hex(worst_at) << ", seed " << kSeed;
  }
}

TEST(Elementary, PowStaysWithinOneUlpOfLongDouble) {
  if constexpr (LDBL_MANT_DIG < 64) GTEST_SKIP() << "long double is no wider than double here";
  Random random(kSeed + 1);
  for (int i = 0; i < 300000; i++) {
    double x = std::fabs(RandomArgument(random, i));
    if (!(x > 0) || std::isinf(x) || x == 1) continue;
    double y = (random.Uniform() * 2 - 1) * static_cast<double>(740 / std::fabs(logl(x)));
    if (i % 7 == 0) y = static_cast<double>(random.Between(-20, 40));
    ASSERT_LE(ErrorInUlp(Pow(x, y), powl(x, y)), 0.55) << Hex(x) << " ^ " << Hex(y) << ", seed " << kSeed + 1;
  }
}

TEST(Elementary, MeetsHardArguments) {  // Wanted values by arithmetic of 3000 bits.
  const struct {
    const char* name;
    Function function;
    double x, wanted;
  } cases[] = {
      {"Exp", Exp, 0x1p+0, 0x1.5bf0a8b145769p+1},
      {"Exp", Exp, -0x1.74910d52d3051p+9, 0x0.0000000000001p-1022},
      {"Exp", Exp, 0x1.62e42fefa39efp+9, 0x1.fffffffffff2ap+1023},
      {"Exp", Exp, -0x1.6232bdd7abcd2p+9, 0x1.000000000007cp-1022},
      {"Exp", Exp, 0x1p-30, 0x1.0000000400000p+0},
      {"Expm1", Expm1, 0x1p-20, 0x1.00000800002abp-20},
      {"Expm1", Expm1, 0x1p+0, 0x1.b7e151628aed3p+0},
      {"Expm1", Expm1, -0x1p-1, -0x1.92e9a0720d3ecp-2},
      {"Expm1", Expm1, 0x1.62e42fefa39efp-1, 0x1.0000000000000p+0},
      {"Expm1", Expm1, -0x1.5p+5, -0x1.0000000000000p+0},
      {"Ln", Ln, 0x1p-1074, -0x1.74385446d71c3p+9},
      {"Ln", Ln, 0x1.fffffffffffffp+1023, 0x1.62e42fefa39efp+9},
      {"Ln", Ln, 0x1.0000000000001p+0, 0x1.fffffffffffffp-53},
      {"Ln", Ln, 0x1.fffffffffffffp-1, -0x1.0000000000000p-53},
      {"Ln", Ln, 0x1.4p+3, 0x1.26bb1bbb55516p+1},
      {"Log2", Log2, 0x1.8p+1, 0x1.95c01a39fbd68p+0},
      {"Log2", Log2, 0x1.0000000000001p+0, 0x1.71547652b82fdp-52},
      {"Log2", Log2, 0x0.0000000000003p-1022, -0x1.0c1a8ff971811p+10},
      {"Log10", Log10, 0x1p+1, 0x1.34413509f79ffp-2},
      {"Log10", Log10, 0x1.fffffffffffffp-1, -0x1.bcb7b1526e50fp-55},
      {"Log10", Log10, 0x1.fffffffffffffp+1023, 0x1.34413509f79ffp+8},
      {"Log1p", Log1p, 0x1p-40, 0x1.ffffffffff000p-41},
      {"Log1p", Log1p, -0x1.fffffffffffffp-1, -0x1.25e4f7b2737fap+5},
      {"Log1p", Log1p, 0x1p+1023, 0x1.628b76e3a7b61p+9},
      {"Log1p", Log1p, -0x1p-53, -0x1.0000000000000p-53},
      {"Log1p", Log1p, 0x1.8p-53, 0x1.7ffffffffffffp-53},
      {"Sigmoid", Sigmoid, 0x1p+0, 0x1.764d4f5d5a2bdp-1},
      {"Sigmoid", Sigmoid, -0x1p+0, 0x1.136561454ba86p-2},
      {"Sigmoid", Sigmoid, -0x1.4p+5, 0x1.39792499b1a24p-58},
      {"Sigmoid", Sigmoid, 0x1.2p+5, 0x1.ffffffffffffep-1},
      {"Sigmoid", Sigmoid, -0x1.74910d52d3051p+9, 0x0.0000000000001p-1022},
      {"Sin", Sin, 0x1p+0, 0x1.aed548f090ceep-1},
      {"Sin", Sin, 0x1.921fb54442d18p+1, 0x1.1a62633145c07p-53},
      {"Sin", Sin, 0x1.921fb54442d18p+20, -0x1.1a62633145c07p-34},
      {"Sin", Sin, 0x1.fffffffffffffp+1023, 0x1.452fc98b34e97p-8},
      {"Sin", Sin, 0x1.6ac5b262ca1ffp+849, 0x1.0000000000000p+0},
      {"Cos", Cos, 0x1p+0, 0x1.14a280fb5068cp-1},
      {"Cos", Cos, 0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54},
      {"Cos", Cos, 0x1.6ac5b262ca1ffp+849, -0x1.14ae72e6ba22fp-61},
      {"Cos", Cos, 0x1.fffffffffffffp+1023, -0x1.fffe62ecfab75p-1},
      {"Tan", Tan, 0x1p+0, 0x1.8eb245cbee3a6p+0},
      {"Tan", Tan, 0x1.921fb54442d18p+0, 0x1.d02967c31cdb5p+53},
      {"Tan", Tan, 0x1.6ac5b262ca1ffp+849, -0x1.d9ba9a7975636p+60},
      {"Tan", Tan, -0x1.921fb54442d18p-1, -0x1.fffffffffffffp-1},
      {"Atan", Atan, 0x1p+0, 0x1.921fb54442d18p-1},
      {"Atan", Atan, 0x1p+100, 0x1.921fb54442d18p+0},
      {"Atan", Atan, -0x1.8p-1, -0x1.4978fa3269ee1p-1},
      {"Atan", Atan, 0x1.0000000000001p+0, 0x1.921fb54442d19p-1},
  };
  for (const auto& c : cases) {
    EXPECT_LE(ErrorInUlp(c.function(c.x), c.wanted), 1)
        << c.name << " of " << Hex(c.x) << " is " << Hex(c.function(c.x));
  }
}

TEST(Elementary, TreatsSpecialValuesAsTheStandardDoes) {
  const struct {
    const char* name;
    Function function;
    double x, wanted;
  } cases[] = {
      {"Exp", Exp, 0, 1},
      {"Exp", Exp, -0.0, 1},
      {"Exp", Exp, kInfinity, kInfinity},
      {"Exp", Exp, -kInfinity, 0},
      {"Exp", Exp, 709.79, kInfinity},
      {"Exp", Exp, -745.14, 0},
      {"Expm1", Expm1, -0.0, -0.0},
      {"Expm1", Expm1, 0x1p-1074, 0x1p-1074},
      {"Expm1", Expm1, kInfinity, kInfinity},
      {"Expm1", Expm1, -kInfinity, -1},
      {"Ln", Ln, 1, 0},
      {"Ln", Ln, 0, -kInfinity},
      {"Ln", Ln, -0.0, -kInfinity},
      {"Ln", Ln, -1, kNan},
      {"Ln", Ln, -kInfinity, kNan},
      {"Ln", Ln, kInfinity, kInfinity},
      {"Log2", Log2, 1, 0},
      {"Log2", Log2, 0, -kInfinity},
      {"Log2", Log2, kInfinity, kInfinity},
      {"Log10", Log10, 1, 0},
      {"Log10", Log10, -1, kNan},
      {"Log1p", Log1p, -0.0, -0.0},
      {"Log1p", Log1p, -1, -kInfinity},
      {"Log1p", Log1p, -1.5, kNan},
      {"Log1p", Log1p, 0x1p-1074, 0x1p-1074},
      {"Log1p", Log1p, kInfinity, kInfinity},
      {"Sigmoid", Sigmoid, 0, 0.5},
      {"Sigmoid", Sigmoid, kInfinity, 1},
      {"Sigmoid", Sigmoid, -kInfinity, 0},
      {"Sin", Sin, -0.0, -0.0},
      {"Sin", Sin, kInfinity, kNan},
      {"Cos", Cos, 0, 1},
      {"Cos", Cos, -kInfinity, kNan},
      {"Tan", Tan, -0.0, -0.0},
      {"Tan", Tan, kInfinity, kNan},
      {"Atan", Atan, -0.0, -0.0},
      {"Atan", Atan, kInfinity, 0x1.921fb54442d18p+0},
      {"Atan", Atan, -kInfinity, -0x1.921fb54442d18p+0},
      {"Sqrt", Sqrt, -0.0, -0.0},
      {"Sqrt", Sqrt, -1, kNan},
      {"Sqrt", Sqrt, 2, 0x1.6a09e667f3bcdp+0},
  };
  for (const auto& c : cases) EXPECT_TRUE(SameBits(c.function(c.x), c.wanted)) << c.name << " of " << Hex(c.x);
  for (const Named& one : kAll) {
    EXPECT_TRUE(SameBits(one.function(kNan), kNan)) << one.name;
    EXPECT_TRUE(SameBits(one.function(-std::nan("7")), kNan)) << one.name;
  }
}

TEST(Elementary, PowFollowsTheStandardsTable) {
  const struct {
    double x, y, wanted;
  } cases[] = {
      {kNan, 0, 1},
      {kNan, -0.0, 1},
      {1, kNan, 1},
      {1, kInfinity, 1},
      {-1, kInfinity, 1},
      {-1, -kInfinity, 1},
      {kNan, 1, kNan},
      {2, kNan, kNan},
      {0, 3, 0},
      {-0.0, 3, -0.0},
      {-0.0, 2, 0},
      {-0.0, 2.5, 0},
      {0, -3, kInfinity},
      {-0.0, -3, -kInfinity},
      {-0.0, -2, kInfinity},
      {-0.0, -0.5, kInfinity},
      {0, kInfinity, 0},
      {0, -kInfinity, kInfinity},
      {0.5, kInfinity, 0},
      {-2, kInfinity, kInfinity},
      {0.5, -kInfinity, kInfinity},
      {2, -kInfinity, 0},
      {kInfinity, 0.5, kInfinity},
      {kInfinity, -2, 0},
      {-kInfinity, 3, -kInfinity},
      {-kInfinity, 2, kInfinity},
      {-kInfinity, -3, -0.0},
      {-kInfinity, -2, 0},
      {-kInfinity, 0.5, kInfinity},
      {-2, 3, -8},
      {-2, 2, 4},
      {-2, 0.5, kNan},
      {-1, 0x1p53, 1},
      {-1, 0x1.fffffffffffffp52, -1},
      {-1, 1e300, 1},
      {2, 1024, kInfinity},
      {-2, 1025, -kInfinity},
      {2, -1074, 0x1p-1074},
      {2, -1075, 0},
      {-2, -1077, -0.0},
      {2, 1023, 0x1p1023},
      {0x1.0000000000001p+0, 1e300, kInfinity},
      {0x1.fffffffffffffp-1, 1e300, 0},
      {0x1p-1074, 0.5, 0x1p-537},
      {0x1p-1074, -1, kInfinity},
      {1e-300, 1e-300, 1},
      {9, 0.5, 3},
      {10, 22, 1e22},
      {10, -5, 1e-5},
      {3, 33, 5559060566555523},
  };
  for (const auto& c : cases) EXPECT_TRUE(SameBits(Pow(c.x, c.y), c.wanted)) << Hex(c.x) << " ^ " << Hex(c.y);
}

TEST(Elementary, IsExactWhereTheResultIsADouble) {
  for (int k = -1074; k <= 1023; k++) {
    ASSERT_EQ(Log2(std::ldexp(1, k)), k);
    ASSERT_EQ(Pow(2, k), std::ldexp(1, k));
  }
  double power = 1;
  for (int k = 0; k <= 22; k++, power *= 10) ASSERT_EQ(Log10(power), k);
  for (double x = 1; x < 3000; x++) {
    ASSERT_EQ(Pow(x, 2), x * x);
    ASSERT_EQ(Pow(x, 4), x * x * x * x);
    ASSERT_EQ(Pow(x * x * x, 1), x * x * x);
    ASSERT_EQ(Pow(x * x, 0.5), x);
  }
}

TEST(Elementary, RoundsSubnormalResultsOnce) {
  if constexpr (LDBL_MANT_DIG < 64) GTEST_SKIP() << "long double is no wider than double here";
  Random random(kSeed + 2);
  for (int i = 0; i < 100000; i++) {
    const double x = -708 - random.Uniform() * 38;
    ASSERT_LE(ErrorInUlp(Exp(x), expl(x)), 0.51) << Hex(x) << ", seed " << kSeed + 2;
  }
}

TEST(Elementary, IsSymmetric) {
  Random random(kSeed + 3);
  for (int i = 0; i < 20000; i++) {
    const double x = std::bit_cast<double>(random.Next());
    if (std::isnan(x) || std::isinf(x)) continue;
    ASSERT_TRUE(SameBits(Sin(-x), -Sin(x)));
    ASSERT_TRUE(SameBits(Tan(-x), -Tan(x)));
    ASSERT_TRUE(SameBits(Atan(-x), -Atan(x)));
    ASSERT_TRUE(SameBits(Cos(-x), Cos(x)));
  }
}

// The bits themselves are the promise: this digest must never change, on any machine, with any compiler.
TEST(Elementary, GivesTheSameBitsEverywhere) {
  Random random(kSeed);
  uint64_t digest = 0;
  const auto add = [&](double x) {
    digest = (digest ^ std::bit_cast<uint64_t>(x)) * 0x9e3779b97f4a7c15 + (digest >> 29);
  };
  for (int i = 0; i < 20000; i++) {
    const double x = RandomArgument(random, i), y = RandomArgument(random, i + 2);
    for (const Named& one : kAll) add(one.function(x));
    add(Pow(std::fabs(x), y / 64));
  }
  EXPECT_EQ(digest, uint64_t{1836767216392115480u});
}

TEST(ElementaryTables, HoldWhatTheyClaim) {
  if constexpr (LDBL_MANT_DIG < 64) GTEST_SKIP() << "long double is no wider than double here";
  namespace tables = elementary_tables;
  const auto expect_near = [](tables::Pair pair, long double wanted) {
    EXPECT_EQ(pair.high, static_cast<double>(wanted));
    EXPECT_NEAR(static_cast<double>(pair.high - wanted + pair.low), 0, 0x1p-62 * std::fabs(pair.high));
  };
  for (int j = 0; j < 128; j++) expect_near(tables::kExp2Table[j], exp2l(j / 128.0L));
  for (int j = 0; j <= 64; j++) expect_near(tables::kAtanTable[j], atanl(j / 64.0L));
  for (const auto& entry : tables::kLogTable) {
    EXPECT_EQ(entry.inverse * 256, std::floor(entry.inverse * 256));
    EXPECT_EQ(std::ldexp(entry.log_high, 42), std::floor(std::ldexp(entry.log_high, 42)));
    EXPECT_NEAR(static_cast<double>(entry.log_high + logl(entry.inverse) + entry.log_low), 0, 0x1p-62);
  }
}

}  // namespace
}  // namespace plumb::base
