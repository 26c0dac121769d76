#include "operate/set_checks.h"

#include "base/memory_file_system.h"
#include "operate/check_run.h"
#include "operate/operate_world_test.h"
#include "operate/row_screen.h"

namespace plumb::operate {
namespace {

using base::Code;

class SetChecksTest : public testing::Test {
 protected:
  // A source of events with ids and these checks.
  void Define(const std::string& checks) {
    definitions_ = OneSource(
        "    event_time: at\n    known_at: seen\n    event_id: id\n    deleted: gone\n"
        "    columns: {id: string, at: timestamp, seen: timestamp, x: float64, c: string, gone: bool}\n"
        "    checks: [" +
        checks + "]\n");
  }
  [[nodiscard]] const features::Source& source() const { return *definitions_->FindSource("s"); }
  data::Batch Events(const std::string& rows) {
    const data::Batch read = RowsOf(source(), "id,at,seen,x,c,gone\n" + rows);
    auto screened = ScreenRows(source(), read, {});
    EXPECT_TRUE(screened.ok()) << screened.status().ToString();
    return screened->events;
  }
  base::Result<SourceChecks> TryRun(const std::string& rows, const std::string& version = "v1") {
    CheckRun run;
    run.state_directory = "state";
    run.version = version;
    run.now = now_;
    return RunSetChecks(files_, source(), Events(rows), run);
  }
  // Outcome and value of the only check.
  std::string Run(const std::string& rows) {
    const auto checks = TryRun(rows);
    if (!checks.ok()) return checks.status().ToString();
    EXPECT_EQ(checks->results.size(), 1U);
    const SetCheckResult& result = checks->results.front();
    EXPECT_EQ(checks->failed(), result.outcome == CheckOutcome::kFailed);
    return CheckOutcomeName(result.outcome) + std::string(" ") +
           (result.value ? data::Value::Float64(*result.value).ToString() : "-");
  }

  base::MemoryFileSystem files_;
  base::Time now_ = base::ParseTime("2020-01-02").value();
  features::DefinitionsPtr definitions_;
};

TEST_F(SetChecksTest, LooksAtTheRowsThatHold) {
  const std::string one = "a,2020-01-01,2020-01-01,1,u,false\n", two = "b,2020-01-01,2020-01-01,2,u,false\n";
  const std::string moved = "a,2020-01-01,2020-01-02,2,v,false\n", gone = "b,2020-01-01,2020-01-02,,u,true\n";
  const std::string withdrawn = "b,,2020-01-02,2,u,false\n", null = "c,2020-01-01,2020-01-01,,,false\n";
  const struct {
    const char* check;
    std::string rows;
    const char* want;
  } cases[] = {
      {"{unique: [x]}", one + two, "passed 0"},
      {"{unique: [x]}", one + two + moved, "failed 1"},
      {"{unique: [x]}", moved + one + two, "failed 1"},
      {"{unique: [x]}", one + two + moved + gone, "passed 0"},
      {"{unique: [x]}", one + two + moved + withdrawn, "passed 0"},
      {"{unique: [c]}", one + two, "failed 1"},
      {"{unique: [c, x]}", one + two, "passed 0"},
      {"{unique: [c]}", null + "d,2020-01-01,2020-01-01,,,false\n", "passed 0"},
      {"{null_share: x, max: 0.5}", one + null, "passed 0.5"},
      {"{null_share: x, max: 0.4}", one + null, "failed 0.5"},
      {"{null_share: x, max: 0}", "", "passed 0"},
      {"{rows: {min: 2, max: 3}}", one, "failed 1"},
      {"{rows: {min: 2, max: 3}}", one + two, "passed 2"},
      {"{rows: {max: 1}}", one + two, "failed 2"},
      {"{drift: x}", "", "not_compared -"},
      {"{drift: x}", one, "passed 0"},
  };
  for (const auto& c : cases) {
    ASSERT_TRUE(files_.RemoveAll("state").ok());
    Define(c.check);
    EXPECT_EQ(Run(c.rows), c.want) << c.check << "\n" << c.rows;
  }
}

TEST_F(SetChecksTest, ATableIsItsLastRows) {
  definitions_ = OneSource(
      "    kind: table\n    key: [id]\n    valid_from: at\n    columns: {id: string, at: timestamp, x: int64}\n"
      "    checks: [{unique: [x]}]\n");
  const data::Batch read = RowsOf(source(), "id,at,x\na,2020-01-01,1\na,2020-01-02,2\nb,2020-01-01,1\n");
  const data::Batch events = ScreenRows(source(), read, {}).value().events;
  CheckRun run;
  run.state_directory = "state";
  run.version = "v1";
  EXPECT_FALSE(RunSetChecks(files_, source(), events, run)->failed());
}

TEST_F(SetChecksTest, FreshnessIsComparedOnceTheSourceHasBeenFresh) {
  Define("{freshness: 2h}");
  const std::string old = "a,2019-01-01,2019-01-01,1,u,false\n",
                    fresh = "b,2020-01-01T23:00:00Z,2020-01-02,1,u,false\n";
  EXPECT_EQ(Run(old), "not_compared 31622400") << "a history";
  EXPECT_EQ(Run(old + fresh), "passed 3600");
  now_ += base::kDay;
  EXPECT_EQ(Run(old + fresh), "failed 90000");
  EXPECT_EQ(Run(old), "failed 31708800");
  EXPECT_EQ(Run(""), "failed -");
}

TEST_F(SetChecksTest, FreshnessDependsOnWhenItIsAsked) {
  Define("{freshness: 2h}");
  ASSERT_EQ(Run("b,2020-01-01T23:00:00Z,2020-01-02,1,u,false\n"), "passed 3600");
  CheckRun run;
  run.state_directory = "state";
  run.version = "v1";
  run.now = now_ + base::kDay;
  EXPECT_TRUE(StoredChecks(files_, source(), run)->failed());
  run.now = now_;
  EXPECT_FALSE(StoredChecks(files_, source(), run)->failed());
  run.version = "v2";
  EXPECT_EQ(StoredChecks(files_, source(), run).status().code(), Code::kNotFound);
  run.version = "v1";
  Define("{freshness: 3h}");
  EXPECT_EQ(StoredChecks(files_, source(), run).status().code(), Code::kNotFound);
}

TEST_F(SetChecksTest, DriftIsComparedWithTheFirstData) {
  const auto rows = [](int shift, const char* text) {
    std::string csv;
    for (int i = 0; i < 200; ++i) {
      csv += "e" + std::to_string(i) + ",2020-01-01,2020-01-01," + std::to_string(i + shift) + "," + text + ",false\n";
    }
    return csv;
  };
  Define("{drift: x, psi: 0.2}");
  EXPECT_EQ(Run(rows(0, "u")), "passed 0");
  EXPECT_EQ(Run(rows(0, "v")), "passed 0");
  EXPECT_EQ(Run(rows(100, "u")).substr(0, 6), "failed");
  Define("{drift: c, psi: 0.2}");
  EXPECT_EQ(Run(rows(0, "u")), "passed 0") << "a reference of its own";
  EXPECT_EQ(Run(rows(0, "v")).substr(0, 6), "failed");
  EXPECT_EQ(Run(rows(0, "")).substr(0, 6), "failed") << "null is a value of its own";
  EXPECT_EQ(Run(rows(0, "u")), "passed 0");

  CheckRun run;
  run.state_directory = "state";
  run.version = "v1";
  run.set_reference = true;
  ASSERT_TRUE(RunSetChecks(files_, source(), Events(rows(0, "v")), run).ok());
  EXPECT_EQ(Run(rows(0, "v")), "passed 0");
}

TEST_F(SetChecksTest, WarningsDoNotStop) {
  Define("{rows: {min: 2}, severity: warn}");
  const SourceChecks checks = TryRun("a,2020-01-01,2020-01-01,1,u,false\n").value();
  EXPECT_EQ(checks.results[0].outcome, CheckOutcome::kFailed);
  EXPECT_FALSE(checks.failed());
}

TEST_F(SetChecksTest, ResultsReadBack) {
  Define("{rows: {min: 2}}, {drift: x}, {freshness: 2h}");
  SourceChecks checks = TryRun("a,2020-01-01,2020-01-01,1,u,false\n").value();
  checks.warnings = {{"x > 1", 3}};
  const std::string path = SourceChecksPath("state", "s");
  ASSERT_TRUE(WriteSourceChecks(files_, path, checks).ok());
  EXPECT_EQ(ReadSourceChecks(files_, path)->ToJson(), checks.ToJson());
}

TEST_F(SetChecksTest, ADamagedFileIsNoticedAndWrittenAnew) {
  Define("{drift: x}");
  const std::string row = "a,2020-01-01,2020-01-01,1,u,false\n";
  ASSERT_EQ(Run(row), "passed 0");
  const std::string checks = SourceChecksPath("state", "s"), reference = DriftReferencePath("state", "s");
  for (const std::string& path : {checks, reference}) {
    const std::string bytes = files_.ReadFile(path).value();
    for (size_t at = 0; at < bytes.size(); ++at) {
      if (bytes[at] == ' ' || bytes[at] == '\n') continue;
      files_.Put(path, bytes);
      files_.Corrupt(path, static_cast<int64_t>(at));
      const Code code = path == checks ? ReadSourceChecks(files_, path).status().code()
                                       : ReadDriftReference(files_, path).status().code();
      EXPECT_TRUE(code == Code::kDataLoss || code == Code::kUnimplemented) << path << at;
    }
    files_.Put(path, bytes.substr(0, bytes.size() / 2));
    EXPECT_EQ(TryRun(row).ok(), path == checks) << "a reference cannot be made again";
    files_.Put(path, bytes);
  }
}

TEST_F(SetChecksTest, WhatDependsOnASourceNeedsItsChecks) {
  base::ManualClock clock(now_);
  store::Lake lake(files_, clock, "state");
  const auto require = [&] { return RequirePassedChecks(files_, "state", lake, {&source()}, now_).code(); };
  const auto commit = [&](const std::string& rows) {
    return lake.Commit("s", Events(rows), base::Json(), true).value().version;
  };
  const std::string row = "a,2020-01-01,2020-01-01,1,u,false\n";
  Define("{rows: {min: 1}}");
  const std::string version = commit(row);
  EXPECT_EQ(require(), Code::kFailedPrecondition) << "never checked";
  ASSERT_TRUE(TryRun(row, version).ok());
  EXPECT_EQ(require(), Code::kOk);
  Define("{rows: {min: 2}}");
  EXPECT_EQ(require(), Code::kFailedPrecondition) << "not checked by this check";
  ASSERT_TRUE(TryRun(row, version).ok());
  EXPECT_EQ(require(), Code::kFailedPrecondition);
  Define("{rows: {min: 2}, severity: warn}");
  EXPECT_EQ(require(), Code::kOk);
}

}  // namespace
}  // namespace plumb::operate
