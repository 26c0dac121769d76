#include "base/environment.h"

#include <gtest/gtest.h>

#include "base/file_system.h"
#include "base/socket.h"

namespace plumb::base {
namespace {

TEST(Environment, TellsSetFromUnset) {
  EXPECT_TRUE(GetEnvironment("PATH").has_value());
  EXPECT_FALSE(ProcessEnvironment()("PLUMB_THIS_IS_NOT_SET").has_value());
}

TEST(Environment, KnowsThatASocketIsNoTerminal) {
  const auto pair = MakeSocketPair();
  ASSERT_TRUE(pair.ok());
  EXPECT_FALSE(IsTerminal(pair->first.get()));
  EXPECT_EQ(TerminalWidth(pair->first.get(), 77), 77);
}

TEST(Environment, DescribesTheProcess) {
  EXPECT_GT(ProcessId(), 0);
  EXPECT_FALSE(HostName().empty());
  EXPECT_EQ(FileNameOf(ExecutablePath()), "base_tests");
  EXPECT_TRUE(CurrentDirectory().starts_with('/'));
  EXPECT_GT(PeakMemoryBytes(), 1 << 20);
  EXPECT_GE(ProcessCpuTime(), 0);
  EXPECT_GT(ThreadCpuNanos(), 0);
}

}  // namespace
}  // namespace plumb::base
