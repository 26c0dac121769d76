#include "data/memory_keyed_state.h"

#include <gtest/gtest.h>

#include <atomic>

#include "base/executor.h"

namespace plumb::data {
namespace {

std::vector<std::string> Keys(KeyedState& state, std::string_view space, std::string_view prefix) {
  std::vector<std::string> keys;
  EXPECT_TRUE(state
                  .Scan(space, prefix,
                        [&](std::string_view key, std::string_view) {
                          keys.emplace_back(key);
                          return true;
                        })
                  .ok());
  return keys;
}

TEST(MemoryKeyedState, GivesBackWhatWasPut) {
  MemoryKeyedState state;
  ASSERT_TRUE(state.Put("offsets", "flights/0", "42").ok());
  EXPECT_EQ(state.Get("offsets", "flights/0").value(), "42");
  EXPECT_EQ(state.Get("offsets", "flights/1").value(), std::nullopt);
  EXPECT_EQ(state.Get("other", "flights/0").value(), std::nullopt);
  ASSERT_TRUE(state.Remove("offsets", "flights/0").ok());
  EXPECT_EQ(state.Get("offsets", "flights/0").value(), std::nullopt);
}

TEST(MemoryKeyedState, AppliesChangesInOrder) {
  MemoryKeyedState state;
  ASSERT_TRUE(state.Apply({{"s", "a", "1"}, {"s", "a", "2"}, {"s", "b", "3"}, {"s", "b", std::nullopt}}).ok());
  EXPECT_EQ(state.Get("s", "a").value(), "2");
  EXPECT_EQ(state.Get("s", "b").value(), std::nullopt);
}

TEST(MemoryKeyedState, ScansAPrefixInKeyOrder) {
  MemoryKeyedState state;
  for (const char* key : {"b", "ab", "a", "\xff", "aa"}) ASSERT_TRUE(state.Put("s", key, key).ok());
  EXPECT_EQ(Keys(state, "s", "a"), (std::vector<std::string>{"a", "aa", "ab"}));
  EXPECT_EQ(Keys(state, "s", "").size(), 5u);
  EXPECT_EQ(Keys(state, "s", "\xff"), (std::vector<std::string>{"\xff"}));
  EXPECT_TRUE(Keys(state, "none", "").empty());
}

TEST(MemoryKeyedState, StopsScanningWhenAsked) {
  MemoryKeyedState state;
  for (const char* key : {"a", "b", "c"}) ASSERT_TRUE(state.Put("s", key, "").ok());
  int visits = 0;
  ASSERT_TRUE(state.Scan("s", "", [&](std::string_view, std::string_view) { return ++visits < 2; }).ok());
  EXPECT_EQ(visits, 2);
}

TEST(MemoryKeyedState, VisitorsMayRead) {
  MemoryKeyedState state;
  ASSERT_TRUE(state.Put("s", "a", "1").ok());
  ASSERT_TRUE(state
                  .Scan("s", "",
                        [&](std::string_view key, std::string_view value) {
                          EXPECT_EQ(state.Get("s", key).value(), value);
                          return true;
                        })
                  .ok());
}

TEST(MemoryKeyedState, ReadersSeeAnApplyWholly) {
  MemoryKeyedState state;
  ASSERT_TRUE(state.Apply({{"s", "a", "0"}, {"s", "b", "0"}}).ok());
  std::atomic<int> torn{0};
  const auto executor = base::MakeExecutor(3);
  executor->ParallelFor(4000, 10, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      if (i % 4 == 0) {
        const std::string value = std::to_string(i);
        if (!state.Apply({{"s", "a", value}, {"s", "b", value}}).ok()) ++torn;
        continue;
      }
      std::vector<std::string> seen;
      const base::Status scanned = state.Scan("s", "", [&](std::string_view, std::string_view value) {
        seen.emplace_back(value);
        return true;
      });
      if (!scanned.ok() || seen.size() != 2 || seen[0] != seen[1]) ++torn;
    }
  });
  EXPECT_EQ(torn, 0);
}

}  // namespace
}  // namespace plumb::data
