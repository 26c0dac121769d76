#include "stats/tail_probabilities.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace plumb::stats {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Wanted values were computed by an independent program with arithmetic of 40 digits.
TEST(ChiSquareTail, AgreesWithTheIncompleteGammaFunction) {
  const struct {
    double x;
    int64_t degrees;
    double wanted;
  } cases[] = {
      {3.841458820694124, 1, 0.050000000000000057},
      {0.5, 1, 0.47950012218695346},
      {30, 1, 4.3204630578274973e-8},
      {5.991464547107979, 2, 0.050000000000000074},
      {0.001, 2, 0.99950012497916927},
      {10, 3, 0.018566135463043233},
      {18.307038053275146, 10, 0.050000000000000007},
      {100, 10, 5.4497019829205293e-17},
      {124.342113404004, 100, 0.050000000000000542},
      {1500, 1000, 1.0454640385979657e-22},
      {9800, 10000, 0.92205504377348609},
      {10300, 9999, 0.017334231854316551},
      {1e-08, 5, 1.0},
      {700, 3, 2.0991308534204088e-151},
  };
  for (const auto& c : cases) {
    EXPECT_NEAR(ChiSquareTail(c.x, c.degrees), c.wanted, c.degrees < 1000 ? 1e-15 : 1e-11)
        << c.x << " of " << c.degrees;
    EXPECT_NEAR(ChiSquareTail(c.x, c.degrees) / c.wanted, 1, 1e-10) << c.x << " of " << c.degrees;
  }
}

TEST(ChiSquareTail, HandlesTheEnds) {
  EXPECT_EQ(ChiSquareTail(0, 3), 1);
  EXPECT_EQ(ChiSquareTail(-1, 3), 1);
  EXPECT_EQ(ChiSquareTail(kInfinity, 3), 0);
  EXPECT_EQ(ChiSquareTail(1e300, 4), 0);
  EXPECT_TRUE(std::isnan(ChiSquareTail(std::numeric_limits<double>::quiet_NaN(), 1)));
}

TEST(KolmogorovTail, AgreesWithTheLimit) {
  const struct {
    double x, wanted;
  } cases[] = {
      {0.05, 1.0},
      {0.3, 0.99999069419866543},
      {0.5, 0.96394524366487509},
      {0.8275735551899077, 0.49999999999999996},
      {0.999999, 0.27000074362745644},
      {1.0, 0.26999967167735452},
      {1.2238478702170825, 0.099999999999999934},
      {1.3580986393225505, 0.050000000000000033},
      {1.6276236115189504, 0.009999999999999996},
      {3, 3.0459959489425257e-8},
      {5, 3.8574996959278356e-22},
  };
  for (const auto& c : cases) {
    EXPECT_NEAR(KolmogorovTail(c.x), c.wanted, 1e-15) << c.x;
    EXPECT_NEAR(KolmogorovTail(c.x) / c.wanted, 1, 1e-13) << c.x;
  }
}

TEST(KolmogorovTail, HandlesTheEnds) {
  EXPECT_EQ(KolmogorovTail(0), 1);
  EXPECT_EQ(KolmogorovTail(-1), 1);
  EXPECT_EQ(KolmogorovTail(1e-200), 1);
  EXPECT_EQ(KolmogorovTail(kInfinity), 0);
  EXPECT_TRUE(std::isnan(KolmogorovTail(std::numeric_limits<double>::quiet_NaN())));
}

}  // namespace
}  // namespace plumb::stats
