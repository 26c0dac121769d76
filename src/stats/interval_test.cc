#include "stats/interval.h"

#include <gtest/gtest.h>

#include <tuple>

namespace plumb::stats {
namespace {

TEST(WilsonInterval, AgreesWithItsFormula) {
  const struct {
    int64_t successes, count;
    double low, high;
  } cases[] = {
      {8, 10, 0.4901624715366417, 0.94331784854562475},
      {0, 20, 0, 0.16112515805281939},
      {50, 50, 0.92865240086664127, 1},
      {1, 1000, 0.00017654637062607801, 0.0056425585979579359},
  };
  for (const auto& c : cases) {
    const Interval interval = WilsonInterval(c.successes, c.count, 0.95).value();
    EXPECT_NEAR(interval.low, c.low, 1e-15);
    EXPECT_NEAR(interval.high, c.high, 1e-15);
  }
}

TEST(WilsonInterval, RejectsImpossibleCounts) {
  for (const auto& [successes, count, confidence] :
       {std::tuple{1, 0, 0.95}, {-1, 5, 0.95}, {6, 5, 0.95}, {1, 5, 0.0}, {1, 5, 1.0}}) {
    EXPECT_EQ(WilsonInterval(successes, count, confidence).status().code(), base::Code::kInvalidArgument);
  }
}

}  // namespace
}  // namespace plumb::stats
