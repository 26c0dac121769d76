#include "base/event_loop.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <string>
#include <vector>

#include "base/executor.h"

namespace plumb::base {
namespace {

TEST(EventLoop, RunsUntilStopped) {
  EventLoop loop;
  bool ran = false;
  loop.AddTimer(kMillisecond, [&] {
    ran = true;
    loop.Stop();
  });
  loop.Run();
  EXPECT_TRUE(ran);
  loop.Stop();
  loop.Run();
}

TEST(EventLoop, RunsTimersInOrderAndNeverEarly) {
  ManualClock clock(0);
  EventLoop loop(clock);
  std::string order;
  loop.AddTimer(20, [&] { order += 'c'; });
  loop.AddTimer(10, [&] { order += 'a'; });
  loop.AddTimer(10, [&] { order += 'b'; });
  const auto cancelled = loop.AddTimer(10, [&] { order += 'x'; });
  loop.CancelTimer(cancelled);
  loop.CancelTimer({});
  loop.RunOnce(0);
  EXPECT_EQ(order, "");
  clock.Advance(10);
  loop.RunOnce(0);
  EXPECT_EQ(order, "ab");
  EXPECT_EQ(loop.RoundNanos(), 10'000);
  clock.Advance(100);
  loop.RunOnce(0);
  EXPECT_EQ(order, "abc");
  loop.CancelTimer(cancelled);
}

TEST(EventLoop, LeavesTimersOfTimersToTheNextRound) {
  ManualClock clock(0);
  EventLoop loop(clock);
  int runs = 0;
  std::function<void()> again = [&] {
    ++runs;
    loop.AddTimer(0, again);
  };
  loop.AddTimer(0, again);
  loop.RunOnce(0);
  EXPECT_EQ(runs, 1);
  loop.RunOnce(0);
  EXPECT_EQ(runs, 2);
}

TEST(EventLoop, LetsATimerCancelAnother) {
  ManualClock clock(0);
  EventLoop loop(clock);
  EventLoop::TimerId second;
  bool ran = false;
  loop.AddTimer(0, [&] { loop.CancelTimer(second); });
  second = loop.AddTimer(0, [&] { ran = true; });
  loop.RunOnce(0);
  EXPECT_FALSE(ran);
}

TEST(EventLoop, ReportsReadinessAsItIsAskedFor) {
  auto pair = MakeSocketPair();
  EventLoop loop;
  uint32_t events = 0;
  const int fd = pair->first.get();
  ASSERT_TRUE(loop.Add(fd, kReadable, [&](uint32_t ready) { events = ready; }).ok());
  EXPECT_EQ(loop.Add(fd, kReadable, [](uint32_t) {}).code(), Code::kAlreadyExists);
  loop.RunOnce(0);
  EXPECT_EQ(events, 0u);
  TryWrite(pair->second.get(), "x");
  loop.RunOnce(kSecond);
  EXPECT_EQ(events, kReadable);
  ASSERT_TRUE(loop.Modify(fd, kWritable).ok());
  loop.RunOnce(kSecond);
  EXPECT_EQ(events, kWritable);
  pair->second.Reset();
  loop.RunOnce(kSecond);
  EXPECT_TRUE(events & kHangup);
  loop.Remove(fd);
  loop.Remove(fd);
  events = 0;
  loop.RunOnce(0);
  EXPECT_EQ(events, 0u);
  EXPECT_EQ(loop.Modify(fd, kReadable).code(), Code::kNotFound);
  EXPECT_EQ(loop.Add(-1, kReadable, [](uint32_t) {}).code(), Code::kInvalidArgument);
}

TEST(EventLoop, ReportsAnEdgeOnce) {
  auto pair = MakeSocketPair();
  EventLoop loop;
  int calls = 0;
  ASSERT_TRUE(loop.Add(pair->first.get(), kReadable | kEdgeTriggered, [&](uint32_t) { ++calls; }).ok());
  TryWrite(pair->second.get(), "x");
  loop.RunOnce(kSecond);
  loop.RunOnce(0);
  EXPECT_EQ(calls, 1);
}

TEST(EventLoop, SurvivesCallbacksThatRemoveThemselvesAndOthers) {
  EventLoop loop;
  std::vector<std::pair<FileDescriptor, FileDescriptor>> pairs;
  int calls = 0;
  for (int i = 0; i < 10; ++i) {
    pairs.push_back(MakeSocketPair().value());
    TryWrite(pairs.back().second.get(), "x");
  }
  // Whoever comes first removes all, closes them and reuses their numbers.
  for (auto& pair : pairs) {
    const std::string captured = "something that a destroyed callback would lose";
    ASSERT_TRUE(loop.Add(pair.first.get(), kReadable,
                         [&, captured](uint32_t) {
                           ++calls;
                           for (auto& each : pairs) loop.Remove(each.first.get());
                           for (auto& each : pairs) each = MakeSocketPair().value();
                           for (auto& each : pairs) {
                             EXPECT_TRUE(loop.Add(each.first.get(), kReadable, [&](uint32_t) { calls += 100; }).ok());
                           }
                           EXPECT_FALSE(captured.empty());
                         })
                    .ok());
  }
  loop.RunOnce(kSecond);
  loop.RunOnce(0);
  EXPECT_EQ(calls, 1);
}

TEST(EventLoop, RunsWhatOtherThreadsPostInOrder) {
  EventLoop loop;
  std::vector<int> order;
  Thread poster("poster", [&] {
    for (int i = 0; i < 1000; ++i) loop.Post([&, i] { order.push_back(i); });
    loop.Stop();
  });
  loop.Run();
  ASSERT_EQ(order.size(), 1000u);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(order[static_cast<size_t>(i)], i);
}

TEST(EventLoop, LetsATaskPostAnother) {
  EventLoop loop;
  int depth = 0;
  std::function<void()> task = [&] {
    if (++depth == 5) return loop.Stop();
    loop.Post(task);
  };
  loop.Post(task);
  loop.Run();
  EXPECT_EQ(depth, 5);
}

TEST(SignalWatch, TellsTheLoopAndAllowsOneAtATime) {
  EventLoop loop;
  std::vector<int> signals;
  {
    auto watch = SignalWatch::Start(loop, [&](int signal) { signals.push_back(signal); });
    ASSERT_TRUE(watch.ok());
    EXPECT_EQ(SignalWatch::Start(loop, [](int) {}).status().code(), Code::kFailedPrecondition);
    raise(SIGTERM);
    raise(SIGINT);
    loop.RunOnce(kSecond);
  }
  EXPECT_EQ(signals, (std::vector<int>{SIGTERM, SIGINT}));
  EXPECT_TRUE(SignalWatch::Start(loop, [](int) {}).ok());
}

TEST(SignalWatch, CanIgnoreSigpipe) {
  IgnoreSigpipe();
  raise(SIGPIPE);
}

}  // namespace
}  // namespace plumb::base
