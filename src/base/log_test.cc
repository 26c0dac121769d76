#include "base/log.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "base/executor.h"
#include "base/json.h"

namespace plumb::base {
namespace {

// Gathers the lines of one test, and puts everything back.
class LogTest : public testing::Test {
 protected:
  void SetUp() override {
    SetLogFormat(LogFormat::kJson);
    SetLogSink([this](std::string_view line) { lines_.emplace_back(line); });
  }
  void TearDown() override {
    SetLogSink(nullptr);
    SetLogFormat(LogFormat::kAutomatic);
    SetLogLevel(Level::kInfo);
  }
  std::vector<std::string> lines_;
};

TEST_F(LogTest, WritesOneJsonLinePerEvent) {
  const std::string name = "a \"quoted\"\nname";
  Log(Level::kWarn, "File is odd.", {{"name", name}, {"rows", 3}, {"share", 0.5}, {"ok", true}, {"kind", "csv"}});
  ASSERT_EQ(lines_.size(), 1u);
  EXPECT_TRUE(lines_[0].ends_with('\n'));
  const auto json = ParseJson(lines_[0]);
  ASSERT_TRUE(json.ok()) << lines_[0];
  EXPECT_EQ(json->Find("level")->AsString(), "warn");
  EXPECT_EQ(json->Find("event")->AsString(), "File is odd.");
  EXPECT_EQ(json->Find("name")->AsString(), name);
  EXPECT_EQ(json->Find("rows")->AsInt(), 3);
  EXPECT_EQ(json->Find("share")->AsDouble(), 0.5);
  EXPECT_TRUE(json->Find("ok")->AsBool());
  EXPECT_EQ(json->Find("kind")->AsString(), "csv");
  EXPECT_TRUE(json->Find("time")->IsString());
}

TEST_F(LogTest, DropsEventsBelowTheLevel) {
  Log(Level::kDebug, "Small.");
  SetLogLevel(Level::kError);
  Log(Level::kWarn, "Medium.");
  Log(Level::kError, "Large.");
  ASSERT_EQ(lines_.size(), 1u);
  EXPECT_NE(lines_[0].find("Large."), std::string::npos);
  EXPECT_EQ(LogLevel(), Level::kError);
}

TEST_F(LogTest, DescribesAStatus) {
  LogStatus(Level::kError, "Source cannot be read.", NotFound("File is not there.").WithWhere("project.yaml:1:1"));
  ASSERT_EQ(lines_.size(), 1u);
  const auto json = ParseJson(lines_[0]);
  EXPECT_EQ(json->Find("code")->AsString(), "not_found");
  EXPECT_EQ(json->Find("where")->AsString(), "project.yaml:1:1");
}

TEST_F(LogTest, SurvivesASinkThatThrows) {
  SetLogSink([](std::string_view) { throw std::bad_alloc(); });
  Log(Level::kError, "Lost.");
}

TEST_F(LogTest, NeverMixesLines) {
  const auto executor = MakeExecutor(4);
  executor->ParallelFor(200, 1, [](size_t begin, size_t) { Log(Level::kInfo, "Tick.", {{"i", begin}}); });
  EXPECT_EQ(lines_.size(), 200u);
  for (const std::string& line : lines_) EXPECT_TRUE(ParseJson(line).ok()) << line;
}

TEST(RenderLogText, IsReadableAndQuotesWhatIsNot) {
  EXPECT_EQ(RenderLogText(0, Level::kInfo, "Ready.", {{"host", "a-b.c"}, {"path", "a b"}, {"n", 7}}, false),
            "1970-01-01T00:00:00Z info  Ready. host=a-b.c path=\"a b\" n=7");
  EXPECT_NE(RenderLogText(0, Level::kError, "Bad.", {}, true).find("\x1b[31m"), std::string::npos);
}

TEST(RenderLogText, LetsNoTerminalEscapeThrough) {
  EXPECT_EQ(RenderLogText(0, Level::kInfo, "x.", {{"name", "\x1b[2J"}}, false).find('\x1b'), std::string::npos);
}

TEST(ParseLevel, KnowsEveryName) {
  for (const Level level : {Level::kDebug, Level::kInfo, Level::kWarn, Level::kError}) {
    EXPECT_EQ(ParseLevel(LevelName(level)).value(), level);
  }
  EXPECT_EQ(ParseLevel("loud").status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace plumb::base
