#include "base/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "base/internal/system_error.h"

namespace plumb::base {
namespace {

constexpr int kReadyMax = 256;  // events taken in one round
constexpr int64_t kForever = INT64_MAX;

uint32_t ToEpoll(uint32_t events) {
  uint32_t mask = 0;
  if (events & kReadable) mask |= EPOLLIN;
  if (events & kWritable) mask |= EPOLLOUT;
  if (events & kEdgeTriggered) mask |= EPOLLET;
  return mask;
}

uint32_t FromEpoll(uint32_t mask) {
  uint32_t events = 0;
  if (mask & (EPOLLIN | EPOLLHUP | EPOLLERR)) events |= kReadable;
  if (mask & (EPOLLOUT | EPOLLHUP | EPOLLERR)) events |= kWritable;
  if (mask & (EPOLLHUP | EPOLLERR)) events |= kHangup;
  return events;
}

uint64_t Pack(int fd, uint32_t generation) { return uint64_t{generation} << 32 | static_cast<uint32_t>(fd); }

void Signal(int event_fd) {
  const uint64_t one = 1;
  // Fails only when the counter is full, and then the sleeper is awake already.
  [[maybe_unused]] const ssize_t written = write(event_fd, &one, sizeof one);
}

void Drain(int event_fd) {
  uint64_t count;
  [[maybe_unused]] const ssize_t got = read(event_fd, &count, sizeof count);
}

// A signal ends a wait early, with nothing ready.
int CountOrInterrupted(int count) {
  PLUMB_CHECK(count >= 0 || errno == EINTR, "An event loop can always wait.");
  return std::max(count, 0);
}

}  // namespace

struct EventLoop::Entry {
  int fd;
  uint32_t generation;
  uint32_t events;
  ReadyCallback callback;
};

struct EventLoop::Ready {
  epoll_event events[kReadyMax];
};

EventLoop::EventLoop(Clock& clock)
    : clock_(clock),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      round_nanos_(clock.SteadyNanos()),
      ready_(std::make_unique<Ready>()) {
  PLUMB_CHECK(epoll_.valid() && wake_.valid(), "The process has descriptors left for an event loop.");
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = Pack(wake_.get(), 0);
  PLUMB_CHECK(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) == 0, "A new eventfd can be waited for.");
}

EventLoop::~EventLoop() = default;

Status EventLoop::Add(int fd, uint32_t events, ReadyCallback callback) {
  if (fd < 0) return InvalidArgument("Descriptor is not open: {}.", fd);
  const auto index = static_cast<size_t>(fd);
  if (index >= entries_.size()) entries_.resize(index + 1);
  if (entries_[index]) return AlreadyExists("Descriptor is in the event loop already: {}.", fd);
  const uint32_t generation = ++generation_;
  epoll_event event{};
  event.events = ToEpoll(events);
  event.data.u64 = Pack(fd, generation);
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    return SystemError(errno, "Descriptor cannot be waited for", std::to_string(fd));
  }
  entries_[index] = std::make_unique<Entry>(Entry{fd, generation, events, std::move(callback)});
  return Status();
}

Status EventLoop::Modify(int fd, uint32_t events) {
  const auto index = static_cast<size_t>(fd);
  if (fd < 0 || index >= entries_.size() || !entries_[index]) {
    return NotFound("Descriptor is not in the event loop: {}.", fd);
  }
  Entry& entry = *entries_[index];
  if (entry.events == events && !(events & kEdgeTriggered)) return Status();
  epoll_event event{};
  event.events = ToEpoll(events);
  event.data.u64 = Pack(fd, entry.generation);
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) != 0) {
    return SystemError(errno, "Descriptor cannot be waited for", std::to_string(fd));
  }
  entry.events = events;
  return Status();
}

void EventLoop::Remove(int fd) {
  const auto index = static_cast<size_t>(fd);
  if (fd < 0 || index >= entries_.size() || !entries_[index]) return;
  (void)epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);  // Fails only if the caller closed it before.
  removed_.push_back(std::move(entries_[index]));
}

EventLoop::TimerId EventLoop::AddTimer(Duration delay, std::function<void()> callback) {
  const int64_t now = clock_.SteadyNanos();
  const Duration bounded = std::clamp<Duration>(delay, 0, 3650 * kDay);
  const TimerId id{now + bounded * 1000, ++timer_number_};
  timers_.emplace(id, std::move(callback));
  return id;
}

void EventLoop::CancelTimer(TimerId id) { timers_.erase(id); }

void EventLoop::Post(std::function<void()> task) {
  {
    const std::lock_guard lock(posted_mutex_);
    posted_.push_back(std::move(task));
  }
  Wake();
}

void EventLoop::Wake() {
  // One write per round at most, however many threads post.
  if (!wake_pending_.exchange(true, std::memory_order_acq_rel)) Signal(wake_.get());
}

void EventLoop::Stop() {
  stop_.store(true, std::memory_order_release);
  Wake();
}

void EventLoop::Run() {
  constexpr Duration kWaitMax = kDay;
  while (!stopping()) RunOnce(kWaitMax);
  RunPosted();
  stop_.store(false, std::memory_order_release);
}

void EventLoop::RunOnce(Duration wait_max) {
  const int count = Wait(NanosToWait(std::clamp<Duration>(wait_max, 0, kDay) * 1000));
  round_nanos_ = clock_.SteadyNanos();
  Dispatch(count);
  RunTimers();
  RunPosted();
  removed_.clear();
}

int64_t EventLoop::NanosToWait(int64_t wait_max_nanos) const {
  const int64_t until_timer =
      timers_.empty() ? kForever : std::max<int64_t>(timers_.begin()->first.due_nanos - clock_.SteadyNanos(), 0);
  return std::min(wait_max_nanos, until_timer);
}

int EventLoop::Wait(int64_t wait_nanos) {
  // Rounded up to milliseconds where the kernel has no finer wait: a timer is never early.
  static std::atomic<bool> has_pwait2{true};
  if (wait_nanos > 0 && wait_nanos % 1'000'000 != 0 && has_pwait2.load(std::memory_order_relaxed)) {
    const timespec wait{wait_nanos / 1'000'000'000, wait_nanos % 1'000'000'000};
    const int count = epoll_pwait2(epoll_.get(), ready_->events, kReadyMax, &wait, nullptr);
    if (count >= 0 || errno != ENOSYS) return CountOrInterrupted(count);
    has_pwait2.store(false, std::memory_order_relaxed);
  }
  const int64_t millis = std::min<int64_t>((wait_nanos + 999'999) / 1'000'000, INT_MAX);
  return CountOrInterrupted(epoll_wait(epoll_.get(), ready_->events, kReadyMax, static_cast<int>(millis)));
}

void EventLoop::Dispatch(int count) {
  for (int i = 0; i < count; ++i) {
    const epoll_event event = ready_->events[i];
    const auto fd = static_cast<int>(event.data.u64 & 0xffffffffu);
    if (fd == wake_.get()) {
      Drain(wake_.get());
      continue;
    }
    Entry* entry = entries_[static_cast<size_t>(fd)].get();
    // Removed, or removed and its number reused, by a callback earlier in this round.
    if (entry == nullptr || entry->generation != static_cast<uint32_t>(event.data.u64 >> 32)) continue;
    entry->callback(FromEpoll(event.events));
  }
}

void EventLoop::RunTimers() {
  // A timer that a timer adds waits for the next round, so that a chain of zero delays cannot starve the descriptors.
  const TimerId last{round_nanos_, timer_number_};
  while (!timers_.empty() && timers_.begin()->first <= last) {
    auto timer = timers_.extract(timers_.begin());
    timer.mapped()();
  }
}

void EventLoop::RunPosted() {
  // Cleared before taking: whoever posts later writes again, so no task is left without a wake-up.
  if (!wake_pending_.exchange(false, std::memory_order_acq_rel)) return;
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(posted_mutex_);
    tasks.swap(posted_);
  }
  for (const std::function<void()>& task : tasks) task();
}

}  // namespace plumb::base
