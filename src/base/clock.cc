#include "base/clock.h"

#include <ctime>

namespace plumb::base {
namespace {

int64_t ReadNanos(clockid_t id) {
  timespec now{};
  clock_gettime(id, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

class SystemClock : public Clock {
 public:
  Time Now() override { return ReadNanos(CLOCK_REALTIME) / 1000; }
  int64_t SteadyNanos() override { return ReadNanos(CLOCK_MONOTONIC); }
};

}  // namespace

Clock& RealClock() {
  static SystemClock clock;
  return clock;
}

MonotonicClock::MonotonicClock(Clock& inner, Time floor) : inner_(inner), last_(floor) {}

Time MonotonicClock::Now() {
  const Time now = inner_.Now();
  Time last = last_.load(std::memory_order_relaxed);
  while (now > last) {
    if (last_.compare_exchange_weak(last, now, std::memory_order_acq_rel, std::memory_order_relaxed)) return now;
  }
  return last;
}

}  // namespace plumb::base
