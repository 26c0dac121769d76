#include "base/memory_file_system.h"

#include <gtest/gtest.h>

namespace plumb::base {
namespace {

TEST(MemoryFileSystem, FailsOnceOrFromThenOn) {
  MemoryFileSystem files;
  files.Put("a", "x");
  files.FailAt(files.operations() + 1, Code::kIo);
  EXPECT_TRUE(files.ReadFile("a").ok());
  EXPECT_EQ(files.ReadFile("a").status().code(), Code::kIo);
  EXPECT_TRUE(files.ReadFile("a").ok());
  files.FailAt(files.operations(), Code::kUnavailable, /*sticky=*/true);
  EXPECT_EQ(files.Stat("a").status().code(), Code::kUnavailable);
  EXPECT_EQ(files.List("").status().code(), Code::kUnavailable);
  files.ClearFaults();
  EXPECT_TRUE(files.Stat("a").ok());
}

TEST(MemoryFileSystem, TearsAnAppendThatFails) {
  MemoryFileSystem files;
  auto file = files.Create("a");
  files.FailAt(files.operations(), Code::kIo);
  EXPECT_EQ((*file)->Append("abcd").code(), Code::kIo);
  EXPECT_EQ(files.ReadFile("a").value(), "ab");
}

TEST(MemoryFileSystem, FillsUp) {
  MemoryFileSystem files;
  files.Put("other", "123");
  files.SetCapacity(5);
  auto file = files.Create("a");
  EXPECT_EQ((*file)->Append("abcd").code(), Code::kResourceExhausted);
  EXPECT_EQ(files.ReadFile("a").value(), "ab");
  EXPECT_TRUE(files.Remove("other").ok());
  EXPECT_TRUE((*file)->Append("cd").ok());
}

TEST(MemoryFileSystem, ForgetsUnsyncedBytesInACrash) {
  MemoryFileSystem files;
  files.Put("log", "old ");
  auto file = files.OpenForAppend("log");
  ASSERT_TRUE((*file)->Append("synced ").ok());
  ASSERT_TRUE((*file)->Sync().ok());
  ASSERT_TRUE((*file)->Append("lost").ok());
  files.Crash();
  EXPECT_EQ(files.ReadFile("log").value(), "old synced ");
  EXPECT_EQ((*file)->Append("x").code(), Code::kIo);
}

TEST(MemoryFileSystem, ForgetsNamesOfUnsyncedFoldersInACrash) {
  MemoryFileSystem files;
  files.Put("dir/kept", "1");
  files.Put("dir/removed", "2");
  files.Put("dir/renamed", "3");
  auto file = files.Create("dir/new");
  ASSERT_TRUE((*file)->Append("4").ok());
  ASSERT_TRUE((*file)->Sync().ok());
  ASSERT_TRUE(files.Remove("dir/removed").ok());
  ASSERT_TRUE(files.Rename("dir/renamed", "dir/other").ok());
  files.Crash();
  EXPECT_FALSE(files.Exists("dir/new"));
  EXPECT_TRUE(files.Exists("dir/removed"));
  EXPECT_EQ(files.ReadFile("dir/renamed").value(), "3");

  ASSERT_TRUE(files.Rename("dir/renamed", "dir/other").ok());
  ASSERT_TRUE(files.SyncDirectory("dir").ok());
  files.Crash();
  EXPECT_FALSE(files.Exists("dir/renamed"));
  EXPECT_EQ(files.ReadFile("dir/other").value(), "3");
}

TEST(MemoryFileSystem, KeepsARandomPartInATornCrash) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    MemoryFileSystem files;
    files.Put("log", "abc");
    auto file = files.OpenForAppend("log");
    ASSERT_TRUE((*file)->Append("defgh").ok());
    Random random(seed);
    files.CrashTorn(random);
    const std::string left = files.ReadFile("log").value();
    EXPECT_TRUE(left.starts_with("abc") && std::string("abcdefgh").starts_with(left)) << seed << " " << left;
  }
}

TEST(MemoryFileSystem, GivesLocksBackInACrash) {
  MemoryFileSystem files;
  auto lock = files.Lock("lock");
  ASSERT_TRUE(lock.ok());
  files.Crash();
  auto again = files.Lock("lock");
  ASSERT_TRUE(again.ok());
  lock->reset();
  EXPECT_EQ(files.Lock("lock").status().code(), Code::kUnavailable);
}

TEST(MemoryFileSystem, CorruptsOneBit) {
  MemoryFileSystem files;
  files.Put("a", "abc");
  files.Corrupt("a", 1);
  files.Crash();
  EXPECT_EQ(files.ReadFile("a").value(), "acc");
}

// The promise of WriteFileAtomically, at every point where it can fail or the power can go.
TEST(WriteFileAtomically, IsBeforeOrAfterAtEveryFault) {
  for (int64_t at = 0; at < 10; ++at) {
    for (const bool crash : {false, true}) {
      MemoryFileSystem files;
      files.Put("dir/state", "old");
      files.FailAt(files.operations() + at, Code::kIo, /*sticky=*/crash);
      const Status status = files.WriteFileAtomically("dir/state", "new");
      files.ClearFaults();
      if (crash) files.Crash();
      const std::string bytes = files.ReadFile("dir/state").value();
      EXPECT_TRUE(bytes == "old" || bytes == "new") << at << " " << bytes;
      EXPECT_TRUE(!status.ok() || bytes == "new") << at;
    }
  }
}

}  // namespace
}  // namespace plumb::base
