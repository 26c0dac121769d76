#include "engine/feature_case.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file_system.h"

namespace plumb::engine {
namespace {

using testing::HasSubstr;

constexpr const char* kDelays = R"(# A comment.
feature  delay = sum(x) over 2h     of carrier from flights

events flights
event_time        known_at          carrier  x
2013-01-01 08:00  2013-01-01 08:00  UA       10
2013-01-01 09:00  2013-01-01 09:00  UA       20   # known at once

expect
time              carrier  delay
2013-01-01 09:00  UA       10
2013-01-01 09:01  UA       31
2013-01-01 09:01  DL       null
)";

CaseReport RunText(const std::string& text) {
  return RunFeatureCases(text, {.file = "some.test"}, *base::MakeExecutor(0));
}

TEST(FeatureCase, ReportsTheLineOfWhatIsNotAsExpected) {
  const CaseReport report = RunText(kDelays);
  EXPECT_EQ(report.cases, 1);
  EXPECT_EQ(report.checks, 3);
  ASSERT_EQ(report.failures.size(), 1U);
  EXPECT_EQ(report.failures[0].ToString(), "some.test:12: delay is 30, want 31.");
}

TEST(FeatureCase, TakesDefinitionsOfTheProject) {
  const auto project = std::make_shared<const base::SourceText>(base::SourceText{"project.yaml", R"(
sources:
  flights: {event_time: at, columns: {carrier: string, at: timestamp}}
entities:
  carrier: {key: {carrier: string}}
)"});
  const CaseReport report = RunFeatureCases(R"(
feature  n = count() over 1h     of carrier from flights
events flights
at                carrier
2013-01-01 08:00  UA
expect
time              carrier  n
2013-01-01 08:30  UA       1
)",
                                            {.file = "some.test", .project = {project}}, *base::MakeExecutor(0));
  EXPECT_TRUE(report.failures.empty()) << report.failures[0].ToString();
  EXPECT_EQ(report.checks, 1);
}

TEST(FeatureCase, TakesTextInQuotes) {
  const CaseReport report = RunText(R"(
feature  x = last(name)     of k from s
events s
event_time        k       name
2013-01-01 08:00  'a  b'  'null'
2013-01-01 08:00  ''      '# no comment'
expect
time              k       x
2013-01-01 08:30  'a  b'  'null'
2013-01-01 08:30  ''      '# no comment'
)");
  EXPECT_TRUE(report.failures.empty()) << report.failures[0].ToString();
  EXPECT_EQ(report.checks, 2);
}

TEST(FeatureCase, TakesTypesThatValuesDoNotTell) {
  const CaseReport report = RunText(R"(
feature  x = max(x)     of k from s
columns s  k: int64, x: float64
events s
event_time        k  x
2013-01-01 08:00  1  3
expect
time              k  x
2013-01-01 08:30  1  3.0
)");
  EXPECT_TRUE(report.failures.empty()) << report.failures[0].ToString();
}

TEST(FeatureCase, ReportsWhatItCannotRead) {
  const struct {
    const char* text;
    int line;
    const char* message;
  } kMistakes[] = {
      {"something", 1, "none of feature"},
      {"feature n = count()", 1, "not of the form"},
      {"feature n = count() of k from s\nevents s\nevent_time  k\n2013-01-01\nexpect\ntime  k  n\n", 4, "1 cells"},
      {"feature n = count() of k from s\nevents s\nevent_time  k\n", 1, "expects nothing"},
      {"feature n = count() of k from s\nevents s\nevent_time  k\nexpect\ntime  k  m\n", 4, "neither an input nor"},
      {"feature n = count() of k from s\nevents s\nevent_time  k\nexpect\nk  n\n", 4, "no column time"},
      {"feature n = count() of k from s\nevents s\nevent_time  k\nexpect\ntime  k  n\n2013-01-01  a  x\n", 6,
       "not of type"},
      {"feature n = cout() of k from s\nevents s\nevent_time  k\nexpect\ntime  k  n\n", 1, "count"},
      {"columns s  x int64\n", 1, "not of the form"},
  };
  for (const auto& mistake : kMistakes) {
    const CaseReport report = RunText(mistake.text);
    ASSERT_FALSE(report.failures.empty()) << mistake.text;
    EXPECT_EQ(report.failures[0].line, mistake.line) << mistake.text;
    EXPECT_THAT(report.failures[0].message, HasSubstr(mistake.message)) << mistake.text;
  }
}

// The feature tests of the repository, which also document the language.
TEST(FeatureCases, HoldInEveryEngine) {
  base::FileSystem& files = base::RealFileSystem();
  const auto paths = files.Glob(std::string(PLUMB_SOURCE_DIR) + "/tests/cases/*.test");
  ASSERT_TRUE(paths.ok()) << paths.status().ToString();
  int cases = 0;
  for (const std::string& path : *paths) {
    const auto text = files.ReadFile(path);
    ASSERT_TRUE(text.ok()) << text.status().ToString();
    const CaseReport report = RunFeatureCases(*text, {.file = path}, *base::MakeExecutor(2));
    for (const CaseFailure& failure : report.failures) ADD_FAILURE() << failure.ToString();
    cases += report.cases;
  }
  EXPECT_GE(cases, 40);
}

}  // namespace
}  // namespace plumb::engine
