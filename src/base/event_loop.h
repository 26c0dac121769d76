// event_loop.h: one thread that waits for many descriptors, timers and posted functions (epoll).
//
// Why: the server runs one loop per core and no locks between them; the loop is the only place that waits.
//
// Callbacks run on the thread that calls Run, one at a time. A callback may add, modify and remove any descriptor, also
// its own, and may cancel timers; a descriptor that was removed gets no further callback, not even one that was already
// due, and one whose number was reused is not confused with the old one. Remove a descriptor before closing it.
//
// Thread safety: Post, Stop and stopping() from any thread; all else from the thread that runs the loop (or before it
// runs). Invariants: posted functions run in the order of Post; timers run in the order of their deadlines, never
// early.
//
//   EventLoop loop;                                       // from event_loop_test.cc
//   loop.AddTimer(kMillisecond, [&] { loop.Stop(); });
//   loop.Run();
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/socket.h"
#include "base/status.h"

namespace plumb::base {

// What to wait for, and what came. kHangup comes unasked: both directions are closed, or the
// connection failed; reading then gives the rest and the end. A peer that only stopped writing is kReadable, with an
// end to read.
inline constexpr uint32_t kReadable = 1;
inline constexpr uint32_t kWritable = 2;
inline constexpr uint32_t kHangup = 4;
// Asked for only: report a readiness once when it appears (EPOLLET) instead of as long as it lasts.
inline constexpr uint32_t kEdgeTriggered = 8;

class EventLoop {
 public:
  using ReadyCallback = std::function<void(uint32_t events)>;
  struct TimerId {
    int64_t due_nanos = 0;
    uint64_t number = 0;  // 0: none
    friend auto operator<=>(const TimerId&, const TimerId&) = default;
  };

  // Timers follow the steady time of `clock`.
  explicit EventLoop(Clock& clock = RealClock());
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // `events` of kReadable, kWritable, kEdgeTriggered. The descriptor stays the caller's. kAlreadyExists if it is in
  // already.
  Status Add(int fd, uint32_t events, ReadyCallback callback);
  Status Modify(int fd, uint32_t events);
  void Remove(int fd);  // nothing if it is not in

  // Once, after `delay` microseconds (0 or less: in the next round).
  TimerId AddTimer(Duration delay, std::function<void()> callback);
  void CancelTimer(TimerId id);  // nothing if it ran or is unknown

  // Runs `task` on the loop's thread in the next round. Tasks posted after Stop run only if Run is called again.
  void Post(std::function<void()> task);

  // Rounds until Stop. What was posted before Stop has run by then.
  void Run();
  // One round: waits at most `wait_max` (0: not at all) for something to do, and does it.
  void RunOnce(Duration wait_max);
  void Stop();
  [[nodiscard]] bool stopping() const { return stop_.load(std::memory_order_acquire); }

  // Steady time when this round's wait ended: cheap, and good enough for idle timeouts.
  [[nodiscard]] int64_t RoundNanos() const { return round_nanos_; }

 private:
  struct Entry;
  int64_t NanosToWait(int64_t wait_max_nanos) const;
  int Wait(int64_t wait_nanos);
  void Dispatch(int count);
  void RunTimers();
  void RunPosted();
  void Wake();

  Clock& clock_;
  FileDescriptor epoll_;
  FileDescriptor wake_;  // an eventfd
  int64_t round_nanos_ = 0;
  uint32_t generation_ = 0;
  uint64_t timer_number_ = 0;
  std::vector<std::unique_ptr<Entry>> entries_;  // by descriptor
  std::vector<std::unique_ptr<Entry>> removed_;  // kept to the end of the round: their callback may be running
  std::map<TimerId, std::function<void()>> timers_;
  struct Ready;
  std::unique_ptr<Ready> ready_;

  std::atomic<bool> stop_{false};
  std::atomic<bool> wake_pending_{false};
  std::mutex posted_mutex_;  // guards posted_
  std::vector<std::function<void()>> posted_;
};

// Calls back on the loop when SIGINT or SIGTERM comes, and restores the former handling when destroyed (on the loop's
// thread or after it ended, not inside the callback). One at a time in a process; kFailedPrecondition for a second.
class SignalWatch {
 public:
  static Result<std::unique_ptr<SignalWatch>> Start(EventLoop& loop, std::function<void(int signal)> callback);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

 private:
  struct Former;
  SignalWatch(EventLoop& loop, FileDescriptor fd);
  EventLoop& loop_;
  FileDescriptor fd_;
  std::unique_ptr<Former> former_;
};

// For the whole process: writing to a peer that is gone is an error, not a signal. Idempotent.
void IgnoreSigpipe();

}  // namespace plumb::base
