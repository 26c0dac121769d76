// clock.h: the only source of the present.
//
// Wall time may jump; steady time never goes back and has no epoch. MonotonicClock gives wall time that never goes
// back, for stamps that must not be ordered against their meaning (received_at). Tests use ManualClock. Thread safety:
// all are safe from any thread.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/time.h"

namespace plumb::base {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time Now() = 0;             // wall time
  virtual int64_t SteadyNanos() = 0;  // for durations and deadlines
};

Clock& RealClock();

// Wall time of `inner` that never goes back, also not behind `floor` (the last durable stamp). Equal values may repeat.
class MonotonicClock : public Clock {
 public:
  explicit MonotonicClock(Clock& inner, Time floor = kTimeMin);
  Time Now() override;
  int64_t SteadyNanos() override { return inner_.SteadyNanos(); }

 private:
  Clock& inner_;
  std::atomic<Time> last_;
};

class ManualClock : public Clock {
 public:
  explicit ManualClock(Time now) : now_(now) {}
  Time Now() override { return now_; }
  int64_t SteadyNanos() override { return steady_; }
  void Set(Time now) { now_ = now; }
  void Advance(Duration micros) {
    now_ += micros;
    steady_ += micros * 1000;
  }

 private:
  std::atomic<Time> now_;
  std::atomic<int64_t> steady_{0};
};

}  // namespace plumb::base
