#include "base/clock.h"

#include <gtest/gtest.h>

namespace plumb::base {
namespace {

TEST(ManualClock, MovesOnlyWhenTold) {
  ManualClock clock(100);
  EXPECT_EQ(clock.Now(), 100);
  clock.Advance(5);
  EXPECT_EQ(clock.Now(), 105);
  EXPECT_EQ(clock.SteadyNanos(), 5000);
  clock.Set(1);
  EXPECT_EQ(clock.Now(), 1);
  EXPECT_EQ(clock.SteadyNanos(), 5000);
}

TEST(MonotonicClock, NeverGoesBackNorBehindItsFloor) {
  ManualClock inner(100);
  MonotonicClock clock(inner, 150);
  EXPECT_EQ(clock.Now(), 150);
  inner.Set(200);
  EXPECT_EQ(clock.Now(), 200);
  inner.Set(10);
  EXPECT_EQ(clock.Now(), 200);
  inner.Set(201);
  EXPECT_EQ(clock.Now(), 201);
}

TEST(RealClock, GivesAPlausiblePresent) {
  Clock& clock = RealClock();
  EXPECT_GT(clock.Now(), int64_t{50} * 365 * kDay);
  const int64_t before = clock.SteadyNanos();
  EXPECT_GE(clock.SteadyNanos(), before);
}

}  // namespace
}  // namespace plumb::base
