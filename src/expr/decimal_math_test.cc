#include "expr/decimal_math.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <string>

#include "base/random.h"

namespace plumb::expr {
namespace {

std::string Digits(Int128 value) { return data::Value::Decimal(data::Type::Decimal(38, 0), value).ToString(); }

// A random integer of at most `digits` digits, of every length alike.
Int128 DrawDigits(int digits, base::Random* random) {
  Int128 value = 0;
  for (int64_t i = random->Between(1, digits); i > 0; --i) value = value * 10 + random->Between(0, 9);
  return random->Chance(0.5) ? -value : value;
}

TEST(DecimalMath, ConvertsToTheNearestDouble) {
  const uint64_t seed = 20130101;
  std::printf("seed=%llu\n", static_cast<unsigned long long>(seed));
  base::Random random(seed);
  for (int i = 0; i < 50000; ++i) {
    const Int128 unscaled = DrawDigits(38, &random);
    const int scale = static_cast<int>(random.Between(0, 38));
    // strtod of the C library rounds correctly.
    const double wanted = std::strtod((Digits(unscaled) + "e-" + std::to_string(scale)).c_str(), nullptr) + 0.0;
    ASSERT_EQ(std::bit_cast<uint64_t>(DecimalToDouble(unscaled, scale)), std::bit_cast<uint64_t>(wanted))
        << Digits(unscaled) << "e-" << scale;
  }
}

TEST(DecimalMath, BreaksTiesToEven) {
  const Int128 kTwo53 = Int128{1} << 53;
  EXPECT_EQ(DecimalToDouble(kTwo53 + 1, 0), 0x1p53);
  EXPECT_EQ(DecimalToDouble(kTwo53 + 3, 0), 0x1p53 + 4);
  EXPECT_EQ(DecimalToDouble((kTwo53 + 1) * 1000 + 1, 3), 0x1p53 + 2);
  EXPECT_EQ(DecimalToDouble(-((kTwo53 + 1) * 1000), 3), -0x1p53);
  EXPECT_EQ(DecimalToDouble((kTwo53 * 4 + 6) * PowerOfTen(10), 10), 0x1p55 + 8);
  EXPECT_EQ(DecimalToDouble(1, 38), 1e-38);
  EXPECT_EQ(DecimalToDouble(PowerOfTen(38) - 1, 0), 1e38);
}

// The quotient m·2^e is nearest iff 2·|a| lies between (2m − 1)·|b|·2^e and (2m + 1)·|b|·2^e: in integers, exactly.
TEST(DecimalMath, DividesExactlyAndRoundsOnce) {
  base::Random random(7);
  int checked = 0;
  for (int i = 0; i < 30000; ++i) {
    const Int128 a = DrawDigits(17, &random);
    const Int128 b = DrawDigits(17, &random);
    if (a == 0 || b == 0) continue;
    const auto scale = static_cast<int>(random.Between(0, 4));
    const double quotient = DecimalQuotient(a, scale, b, scale);
    EXPECT_EQ(quotient < 0, (a < 0) != (b < 0));
    int exponent = 0;
    const double fraction = std::frexp(std::fabs(quotient), &exponent);
    const auto mantissa = static_cast<Int128>(std::ldexp(fraction, 53));
    exponent -= 53;
    if (exponent > 8 || exponent < -66) continue;  // would not fit 128 bits
    const auto shifted = [](Int128 value, int by) { return by > 0 ? value << by : value; };
    const Int128 twice_a = shifted((a < 0 ? -a : a) * 2, -exponent);
    const Int128 magnitude_b = b < 0 ? -b : b;
    ASSERT_TRUE(shifted((2 * mantissa - 1) * magnitude_b, exponent) <= twice_a) << Digits(a) << " / " << Digits(b);
    ASSERT_TRUE(shifted((2 * mantissa + 1) * magnitude_b, exponent) >= twice_a) << Digits(a) << " / " << Digits(b);
    ++checked;
  }
  EXPECT_GT(checked, 15000);
}

struct Quotient {
  Int128 a;
  int a_scale;
  Int128 b;
  int b_scale;
  double value;
};

TEST(DecimalMath, DividesDecimalsOfAllSizes) {
  const Int128 kMost = PowerOfTen(38) - 1;
  const Quotient kCases[] = {
      {1, 0, 3, 0, 1.0 / 3}, {-1, 2, 3, 2, -1.0 / 3}, {1, 38, kMost, 0, 1e-76},  {kMost, 0, 1, 38, 1e76},
      {0, 0, -5, 3, 0},      {kMost, 5, kMost, 5, 1}, {7, 1, 35, 2, 2},          {kMost, 38, kMost, 0, 1e-38},
      {10, 1, 10000, 4, 1},  {1, 0, 8, 0, 0.125},     {-12345, 3, -5, 0, 2.469},
  };
  for (const Quotient& c : kCases) {
    EXPECT_EQ(DecimalQuotient(c.a, c.a_scale, c.b, c.b_scale), c.value) << Digits(c.a) << " / " << Digits(c.b);
  }
}

struct Conversion {
  double value;
  int scale;
  const char* unscaled;  // null: not to be had
};

TEST(DecimalMath, TakesTheNearestDecimalOfADouble) {
  const Conversion kCases[] = {
      {0.125, 2, "13"},
      {-0.125, 2, "-13"},
      {0.135, 2, "14"},
      {2.675, 2, "267"},  // the double is a little less than 2.675
      {1e22, 0, "10000000000000000000000"},
      {0x1p126, 0, "85070591730234615865843651857942052864"},
      {1e38, 0, "99999999999999997748809823456034029568"},
      {1.1e37, 1, nullptr},
      {1.1e38, 0, nullptr},
      {-1e300, 0, nullptr},
      {5e-324, 38, "0"},
      {1e-38, 38, "1"},
      {0.1, 38, "10000000000000000555111512312578270212"},
      {99.999, 2, "10000"},
      {0.0 / 0.0, 2, nullptr},
      {1e300 * 1e300, 2, nullptr},
      {0, 5, "0"},
      {4.9e-39, 38, "0"},
      {5.1e-39, 38, "1"},
      {9.999999999999999e37, 0, "99999999999999997748809823456034029568"},
  };
  for (const Conversion& c : kCases) {
    Int128 out = -1;
    const bool good = DoubleToDecimal(c.value, c.scale, &out);
    ASSERT_EQ(good, c.unscaled != nullptr) << c.value;
    if (good) {
      EXPECT_EQ(Digits(out), c.unscaled) << c.value;
    }
  }
}

TEST(DecimalMath, ComesBackFromDouble) {
  base::Random random(11);
  for (int i = 0; i < 30000; ++i) {
    const Int128 unscaled = DrawDigits(15, &random);  // a double keeps 15 digits
    const int scale = static_cast<int>(random.Between(0, 20));
    Int128 out = 0;
    ASSERT_TRUE(DoubleToDecimal(DecimalToDouble(unscaled, scale), scale, &out));
    ASSERT_EQ(Digits(out), Digits(unscaled)) << scale;
  }
}

TEST(DecimalMath, ScalesRoundsAndCompares) {
  Int128 out = 0;
  EXPECT_TRUE(Rescale(1250, 3, 2, &out));
  EXPECT_EQ(out, 125);
  EXPECT_TRUE(Rescale(1255, 3, 2, &out));
  EXPECT_EQ(out, 126);
  EXPECT_TRUE(Rescale(-1255, 3, 2, &out));
  EXPECT_EQ(out, -126);
  EXPECT_TRUE(Rescale(1254, 3, 2, &out));
  EXPECT_EQ(out, 125);
  EXPECT_TRUE(Rescale(-5, 1, 0, &out));
  EXPECT_EQ(out, -1);
  EXPECT_FALSE(Rescale(10, 0, 37, &out));
  EXPECT_TRUE(Rescale(9, 0, 37, &out));
  EXPECT_EQ(FloorDecimal(-15, 1), -2);
  EXPECT_EQ(CeilDecimal(-15, 1), -1);
  EXPECT_EQ(CeilDecimal(11, 1), 2);
  EXPECT_EQ(TruncateDecimal(-19, 1), -1);
  EXPECT_EQ(OrderDecimals(10, 1, 1, 0), 0);
  EXPECT_EQ(OrderDecimals(11, 1, 1, 0), 1);
  EXPECT_EQ(OrderDecimals(PowerOfTen(38) - 1, 0, 1, 38), 1);
  EXPECT_EQ(OrderDecimals(1, 38, PowerOfTen(38) - 1, 0), -1);
  EXPECT_EQ(OrderDecimals(-(PowerOfTen(38) - 1), 0, 1, 38), -1);
}

}  // namespace
}  // namespace plumb::expr
