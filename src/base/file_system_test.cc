// What every FileSystem promises, asked of the real one and the one in memory.
#include "base/file_system.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "base/memory_file_system.h"

namespace plumb::base {
namespace {

// A folder of its own on a file system of either kind.
class EveryFileSystem : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (!GetParam()) {
      files_ = std::make_unique<MemoryFileSystem>();
      root_ = "root";
      ASSERT_TRUE(files_->CreateDirectories(root_).ok());
      return;
    }
    std::string name = JoinPath(testing::TempDir(), "plumb_XXXXXX");
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
  }

  void TearDown() override { EXPECT_TRUE(files().RemoveAll(root_).ok()); }

  FileSystem& files() { return GetParam() ? RealFileSystem() : *files_; }
  std::string Path(std::string_view name) const { return JoinPath(root_, name); }

  void Write(const std::string& name, std::string_view bytes) {
    auto file = files().Create(Path(name));
    ASSERT_TRUE(file.ok()) << file.status().ToString();
    ASSERT_TRUE((*file)->Append(bytes).ok());
    ASSERT_TRUE((*file)->Close().ok());
  }

  std::vector<std::string> Glob(const std::string& pattern) {
    auto found = files().Glob(Path(pattern));
    EXPECT_TRUE(found.ok()) << found.status().ToString();
    std::vector<std::string> names;
    for (const std::string& path : *found) names.push_back(path.substr(root_.size() + 1));
    return names;
  }

 private:
  std::unique_ptr<FileSystem> files_;
  std::string root_;
};

TEST_P(EveryFileSystem, ReadsWhatWasWritten) {
  Write("a", std::string(100'000, 'x'));
  EXPECT_EQ(files().ReadFile(Path("a")).value(), std::string(100'000, 'x'));
  Write("a", "short");
  EXPECT_EQ(files().ReadFile(Path("a")).value(), "short");
}

TEST_P(EveryFileSystem, AppendsTruncatesAndMeasures) {
  Write("log", "one");
  auto file = files().OpenForAppend(Path("log"));
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE((*file)->Append("two").ok());
  EXPECT_TRUE((*file)->Sync().ok());
  EXPECT_TRUE((*file)->Close().ok());
  EXPECT_TRUE((*file)->Close().ok());
  EXPECT_EQ((*file)->Append("late").code(), Code::kIo);
  EXPECT_EQ(files().Stat(Path("log"))->bytes, 6);
  EXPECT_TRUE(files().Truncate(Path("log"), 4).ok());
  EXPECT_EQ(files().ReadFile(Path("log")).value(), "onet");
}

TEST_P(EveryFileSystem, SaysWhatIsWrong) {
  Write("file", "x");
  ASSERT_TRUE(files().CreateDirectories(Path("full/inner")).ok());
  EXPECT_EQ(files().ReadFile(Path("none")).status().code(), Code::kNotFound);
  EXPECT_EQ(files().ReadFile(Path("full")).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(files().Create(Path("none/file")).status().code(), Code::kNotFound);
  EXPECT_EQ(files().Create(Path("full")).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(files().Stat(Path("none")).status().code(), Code::kNotFound);
  EXPECT_EQ(files().List(Path("none")).status().code(), Code::kNotFound);
  EXPECT_EQ(files().List(Path("file")).status().code(), Code::kNotFound);
  EXPECT_EQ(files().Remove(Path("none")).code(), Code::kNotFound);
  EXPECT_EQ(files().Remove(Path("full")).code(), Code::kAlreadyExists);
  EXPECT_EQ(files().Rename(Path("none"), Path("x")).code(), Code::kNotFound);
  EXPECT_EQ(files().Truncate(Path("none"), 0).code(), Code::kNotFound);
  EXPECT_EQ(files().SyncDirectory(Path("none")).code(), Code::kNotFound);
  EXPECT_FALSE(files().CreateDirectories(Path("file/inner")).ok());
  EXPECT_NE(files().ReadFile(Path("none")).status().message().find("none"), std::string::npos);
}

TEST_P(EveryFileSystem, ListsByName) {
  Write("b", "22");
  Write("a", "1");
  ASSERT_TRUE(files().CreateDirectories(Path("c")).ok());
  ASSERT_TRUE(files().CreateDirectories(Path("c")).ok());
  const auto infos = files().List(Path("")).value();
  ASSERT_EQ(infos.size(), 3u);
  EXPECT_EQ(infos[0].name, "a");
  EXPECT_EQ(infos[1].bytes, 2);
  EXPECT_TRUE(infos[2].is_directory);
}

TEST_P(EveryFileSystem, RenamesOverAndRemoves) {
  Write("a", "new");
  Write("b", "old");
  EXPECT_TRUE(files().Rename(Path("a"), Path("b")).ok());
  EXPECT_FALSE(files().Exists(Path("a")));
  EXPECT_EQ(files().ReadFile(Path("b")).value(), "new");
  EXPECT_TRUE(files().Remove(Path("b")).ok());
  EXPECT_FALSE(files().Exists(Path("b")));
  EXPECT_TRUE(files().RemoveAll(Path("b")).ok());
}

TEST_P(EveryFileSystem, WritesAtomicallyAndLeavesNothingElse) {
  EXPECT_TRUE(files().WriteFileAtomically(Path("state"), "one").ok());
  EXPECT_TRUE(files().WriteFileAtomically(Path("state"), "two").ok());
  EXPECT_EQ(files().ReadFile(Path("state")).value(), "two");
  EXPECT_EQ(files().List(Path(""))->size(), 1u);
  EXPECT_EQ(files().WriteFileAtomically(Path("none/state"), "x").code(), Code::kNotFound);
}

TEST_P(EveryFileSystem, LocksOnceAtATime) {
  auto first = files().Lock(Path("lock"));
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(files().Lock(Path("lock")).status().code(), Code::kUnavailable);
  first->reset();
  EXPECT_TRUE(files().Lock(Path("lock")).ok());
}

TEST_P(EveryFileSystem, GlobsLikeAShell) {
  for (const char* folder : {"data/2024/01", "data/2024/02", "data/.hidden"}) {
    ASSERT_TRUE(files().CreateDirectories(Path(folder)).ok());
  }
  for (const char* name : {"data/a.csv", "data/ab.csv", "data/b.txt", "data/2024/01/a.csv", "data/2024/02/a.csv",
                           "data/.hidden/a.csv", "data/.x.csv"}) {
    Write(name, "");
  }
  const struct {
    const char* pattern;
    std::vector<std::string> want;
  } cases[] = {
      {"data/*.csv", {"data/a.csv", "data/ab.csv"}},
      {"data/?.csv", {"data/a.csv"}},
      {"data/a*b*.csv", {"data/ab.csv"}},
      {"data/.*.csv", {"data/.x.csv"}},
      {"data/2024/*/a.csv", {"data/2024/01/a.csv", "data/2024/02/a.csv"}},
      {"data/**/a.csv", {"data/2024/01/a.csv", "data/2024/02/a.csv", "data/a.csv"}},
      {"**/02/*.csv", {"data/2024/02/a.csv"}},
      {"data/2024/**", {"data/2024/01", "data/2024/01/a.csv", "data/2024/02", "data/2024/02/a.csv"}},
      {"none/*.csv", {}},
      {"data/a.csv/*", {}},
      {"data/no_pattern", {"data/no_pattern"}},
  };
  for (const auto& c : cases) EXPECT_EQ(Glob(c.pattern), c.want) << c.pattern;
}

INSTANTIATE_TEST_SUITE_P(Kinds, EveryFileSystem, testing::Bool(),
                         [](const auto& info) { return info.param ? "Real" : "Memory"; });

TEST(Path, JoinsAndSplits) {
  EXPECT_EQ(JoinPath("a", "b/c"), "a/b/c");
  EXPECT_EQ(JoinPath("a/", "b"), "a/b");
  EXPECT_EQ(JoinPath("a", "/b"), "/b");
  EXPECT_EQ(JoinPath("", "b"), "b");
  EXPECT_EQ(JoinPath("a", ""), "a");
  EXPECT_EQ(DirectoryOf("a/b/c"), "a/b");
  EXPECT_EQ(DirectoryOf("a"), ".");
  EXPECT_EQ(DirectoryOf("/a"), "/");
  EXPECT_EQ(DirectoryOf("a/b/"), "a");
  EXPECT_EQ(FileNameOf("a/b"), "b");
  EXPECT_EQ(FileNameOf("a/b/"), "b");
  EXPECT_EQ(FileNameOf("b"), "b");
}

}  // namespace
}  // namespace plumb::base
