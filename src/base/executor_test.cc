#include "base/executor.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <mutex>
#include <utility>
#include <vector>

namespace plumb::base {
namespace {

class EveryExecutor : public testing::TestWithParam<size_t> {};

TEST_P(EveryExecutor, CallsEachIndexOnce) {
  const auto executor = MakeExecutor(GetParam());
  EXPECT_EQ(executor->threads(), GetParam());
  for (const size_t n : {0u, 1u, 7u, 1000u}) {
    for (const size_t grain : {0u, 1u, 3u, 5000u}) {
      std::vector<std::atomic<int>> calls(n);
      executor->ParallelFor(n, grain, [&](size_t begin, size_t end) {
        for (size_t i = begin; i < end; ++i) ++calls[i];
      });
      for (const auto& count : calls) EXPECT_EQ(count, 1);
    }
  }
}

TEST_P(EveryExecutor, FinishesWhatWasSubmitted) {
  std::atomic<int> done{0};
  {
    const auto executor = MakeExecutor(GetParam());
    for (int i = 0; i < 100; ++i) executor->Submit([&] { ++done; });
  }
  EXPECT_EQ(done, 100);
}

TEST_P(EveryExecutor, NestsParallelLoops) {
  const auto executor = MakeExecutor(GetParam());
  std::atomic<int> calls{0};
  executor->ParallelFor(8, 1, [&](size_t, size_t) { executor->ParallelFor(8, 1, [&](size_t, size_t) { ++calls; }); });
  EXPECT_EQ(calls, 64);
}

INSTANTIATE_TEST_SUITE_P(Threads, EveryExecutor, testing::Values(0, 1, 4));

TEST(Executor, RunsInOrderWithoutThreads) {
  const auto executor = MakeExecutor(0);
  std::vector<std::pair<size_t, size_t>> chunks;
  executor->ParallelFor(5, 2, [&](size_t begin, size_t end) { chunks.emplace_back(begin, end); });
  EXPECT_EQ(chunks, (std::vector<std::pair<size_t, size_t>>{{0, 2}, {2, 4}, {4, 5}}));
}

TEST(Thread, RunsItsBodyAndJoins) {
  std::promise<int> promise;
  Thread thread("a name that is longer than 15 bytes", [&] { promise.set_value(3); });
  EXPECT_EQ(promise.get_future().get(), 3);
  thread.Join();
  thread.Join();
  EXPECT_GE(HardwareThreads(), 1u);
}

}  // namespace
}  // namespace plumb::base
