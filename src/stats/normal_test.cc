#include "stats/normal.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace plumb::stats {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(Normal, CdfIsAccurateInCentreAndTails) {
  const struct {
    double x, wanted;
  } cases[] = {
      {0, 0.5},
      {0.5, 0.6914624612740131},
      {1, 0.84134474606854295},
      {1.96, 0.97500210485177957},
      {2.4, 0.99180246407540387},
      {3, 0.99865010196836991},
      {5, 0.99999971334842812},
      {-1, 0.15865525393145705},
      {-2.4, 0.0081975359245961294},
      {-2.6, 0.0046611880237187503},
      {-5, 2.8665157187919391e-7},
      {-10, 7.6198530241605261e-24},
      {-20, 2.7536241186062337e-89},
      {-30, 4.9067139271481871e-198},
      {-37, 5.7255712225245768e-300},
      {kInfinity, 1},
      {-kInfinity, 0},
  };
  for (const auto& c : cases) {
    EXPECT_NEAR(NormalCdf(c.x), c.wanted, 4e-15 * c.wanted) << c.x;
    EXPECT_NEAR(NormalTail(-c.x), c.wanted, 4e-15 * c.wanted) << c.x;
  }
  EXPECT_TRUE(std::isnan(NormalCdf(std::nan(""))));
}

TEST(Normal, QuantileInvertsTheCdf) {
  const struct {
    double p, wanted;
  } cases[] = {
      {0.5, 0},
      {0.975, 1.9599639845400539},
      {0.9, 1.2815515655446006},
      {0.05, -1.6448536269514727},
      {0.01, -2.3263478740408411},
      {1e-5, -4.2648907939228246},
      {1e-10, -6.3613409024040562},
      {1e-100, -21.273453560965324},
      {1e-300, -37.047096299361199},
      {0.999999, 4.7534243088170878},
      {0, -kInfinity},
      {1, kInfinity},
  };
  for (const auto& c : cases) {
    if (std::isinf(c.wanted)) {
      EXPECT_EQ(NormalQuantile(c.p), c.wanted);
    } else {
      EXPECT_NEAR(NormalQuantile(c.p), c.wanted, 2e-15 * std::fabs(c.wanted)) << c.p;
    }
  }
  for (int i = 1; i < 1000; i++) EXPECT_NEAR(NormalCdf(NormalQuantile(i / 1000.0)), i / 1000.0, 1e-15);
  for (const double p : {-0.1, 1.1, std::nan("")}) EXPECT_TRUE(std::isnan(NormalQuantile(p)));
}

TEST(Normal, PValuesAndCriticalValuesAreTwoSided) {
  EXPECT_NEAR(NormalCriticalValue(0.95), 1.9599639845400542, 1e-14);
  EXPECT_NEAR(TwoSidedPValue(-1.9599639845400542), 0.05, 1e-15);
  EXPECT_EQ(TwoSidedPValue(0), 1);
}

}  // namespace
}  // namespace plumb::stats
