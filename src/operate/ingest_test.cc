#include "operate/ingest.h"

#include <gtest/gtest.h>

#include <functional>

#include "base/memory_file_system.h"
#include "base/project_tree.h"
#include "operate/quarantine_replay.h"

namespace plumb::operate {
namespace {

using base::Code;

constexpr const char* kProject = R"(
sources:
  flights:
    path: data/flights*.csv
    event_time: arrived_at
    skip_null_time: true
    available_after: 10m
    columns: {flight_id: string, arrived_at: timestamp, arr_delay: float64}
  pushed:
    event_time: at
    columns: {at: timestamp}
  weather:
    path: [data/weather.csv]
    event_time: at
    columns: {at: timestamp, wind: float64}
)";

constexpr const char* kFlights =
    "flight_id,arrived_at,arr_delay\n"
    "f2,2013-01-02,5\n"
    "f1,2013-01-01,\n"
    "f3,,7\n";

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

class IngestTest : public testing::Test {
 protected:
  void SetUp() override {
    files_.Put("p/data/flights.csv", kFlights);
    files_.Put("p/data/weather.csv", "at,wind\n2013-01-01,3\n");
    Define(kProject);
  }
  void Define(const std::string& project) {
    base::Diagnostics diagnostics;
    auto text = std::make_shared<const base::SourceText>(base::SourceText{"project.yaml", project});
    definitions_ = features::LoadDefinitions(base::MergeProject({text}, &diagnostics), &diagnostics);
    EXPECT_EQ(diagnostics.Render(false), "");
  }

  base::Result<IngestReport> Ingest(bool force = false) {
    IngestOptions options;
    options.project_directory = "p";
    options.state_directory = "state";
    options.clock = &clock_;
    options.force = force;
    return IngestSource(files_, lake_, *definitions_->FindSource("flights"), options);
  }
  IngestReport MustIngest(bool force = false) {
    auto report = Ingest(force);
    EXPECT_TRUE(report.ok()) << report.status().ToString();
    return report.ok() ? *report : IngestReport();
  }
  data::Batch Refused() {
    const auto manifest = QuarantineOf(files_, clock_, lake_, "state", "flights");
    EXPECT_TRUE(manifest.ok()) << manifest.status().ToString();
    return store::Quarantine(files_, clock_, "state").Read(*manifest).value();
  }
  data::Batch Events() { return lake_.Read(lake_.Manifest("flights").value()).value(); }

  base::MemoryFileSystem files_;
  base::ManualClock clock_{1'400'000'000 * base::kSecond};
  store::Lake lake_{files_, clock_, "state"};
  features::DefinitionsPtr definitions_;
};

TEST_F(IngestTest, LoadsFilesInOrderOfTime) {
  const IngestReport report = MustIngest();
  EXPECT_EQ(report.source, "flights");
  EXPECT_TRUE(report.changed);
  EXPECT_EQ(report.files, 1);
  EXPECT_EQ(report.rows, 2);
  EXPECT_EQ(report.skipped_null_time, 1);
  EXPECT_EQ(report.version, lake_.Manifest("flights")->version);
  const data::Batch events = Events();
  ASSERT_EQ(events.rows, 2U);
  EXPECT_EQ(events.Find("flight_id")->String(0), "f1");
  EXPECT_EQ(events.Find("flight_id")->String(1), "f2");
  EXPECT_EQ(events.Find(data::kKnownAtColumn)->At(0).ToString(), "2013-01-01T00:10:00Z");
}

TEST_F(IngestTest, DoesNothingWhenNothingChanged) {
  const IngestReport first = MustIngest();
  clock_.Advance(base::kDay);
  const IngestReport again = MustIngest();
  EXPECT_FALSE(again.changed);
  EXPECT_EQ(again.version, first.version);
  EXPECT_EQ(again.rows, 2);
  EXPECT_EQ(lake_.Manifest("flights")->number, 1);
}

TEST_F(IngestTest, ReadsAgainWhenForced) {
  const IngestReport first = MustIngest();
  const IngestReport again = MustIngest(true);
  EXPECT_TRUE(again.changed);
  EXPECT_EQ(again.version, first.version) << "equal data has an equal version";
  EXPECT_EQ(again.skipped_null_time, 1);
}

TEST_F(IngestTest, LoadsAnewWhatChanged) {
  const struct {
    const char* name;
    std::function<void()> change;
    bool new_version;
  } cases[] = {
      {"a row", [this] { files_.Put("p/data/flights.csv", Replaced(kFlights, ",5", ",6")); }, true},
      {"one more file",
       [this] { files_.Put("p/data/flights_2.csv", "flight_id,arrived_at,arr_delay\nf4,2013-01-03,1\n"); }, true},
      {"a blank, which says the same", [this] { files_.Put("p/data/flights.csv", std::string(kFlights) + "\n"); },
       false},
      {"a column that is no longer read", [this] { Define(Replaced(kProject, ", arr_delay: float64", "")); }, true},
      {"the type of a column", [this] { Define(Replaced(kProject, "arr_delay: float64", "arr_delay: int64")); }, true},
      {"the delay", [this] { Define(Replaced(kProject, "10m", "20m")); }, true},
      {"the event id",
       [this] { Define(Replaced(kProject, "available_after", "event_id: flight_id\n    available_after")); }, true},
  };
  for (const auto& c : cases) {
    SetUp();
    (void)files_.Remove("p/data/flights_2.csv");
    MustIngest(true);
    const std::string before = lake_.Manifest("flights")->version;
    c.change();
    const IngestReport report = MustIngest();
    EXPECT_TRUE(report.changed) << c.name;
    EXPECT_EQ(report.version != before, c.new_version) << c.name;
    EXPECT_FALSE(MustIngest().changed) << c.name;
  }
}

TEST_F(IngestTest, IgnoresWhatDoesNotChangeRows) {
  const IngestReport first = MustIngest();
  Define(Replaced(kProject, "columns: {flight_id",
                  "owner: ops@example.com\n    derive: {late: arr_delay > 15}\n    columns: {flight_id"));
  EXPECT_FALSE(MustIngest().changed);
  EXPECT_EQ(MustIngest().version, first.version);
}

TEST_F(IngestTest, CommitsNothingFromABrokenFile) {
  const struct {
    const char* name;
    const char* text;
    Code code;
  } cases[] = {
      {"a value that is no number", "flight_id,arrived_at,arr_delay\nf1,2013-01-01,1\nf2,2013-01-02,late\n",
       Code::kInvalidArgument},
      {"a time that is none", "flight_id,arrived_at,arr_delay\nf1,2013-13-01,1\n", Code::kInvalidArgument},
      {"a missing column", "flight_id,arrived_at\nf1,2013-01-01\n", Code::kNotFound},
      {"a row that is too long", "flight_id,arrived_at,arr_delay\nf1,2013-01-01,1,2,3\n", Code::kInvalidArgument},
  };
  const IngestReport good = MustIngest();
  for (const auto& c : cases) {
    files_.Put("p/data/flights.csv", c.text);
    const auto report = Ingest();
    ASSERT_FALSE(report.ok()) << c.name;
    EXPECT_EQ(report.status().code(), c.code) << c.name << ": " << report.status().ToString();
    EXPECT_NE(report.status().message().find("source flights"), std::string::npos) << report.status().message();
    EXPECT_EQ(lake_.Manifest("flights")->version, good.version) << c.name;
  }
}

TEST_F(IngestTest, RefusesARowWithoutATime) {
  Define(Replaced(kProject, "    skip_null_time: true\n", ""));
  const IngestReport report = MustIngest();
  EXPECT_EQ(report.rows, 2);
  EXPECT_EQ(report.skipped_null_time, 0);
  EXPECT_EQ(report.refused, 1);
  ASSERT_EQ(report.reasons.size(), 1U);
  EXPECT_EQ(report.reasons[0].reason, "no_event_time");
  const data::Batch refused = Refused();
  ASSERT_EQ(refused.rows, 1U);
  EXPECT_EQ(refused.Find("__file")->String(0), "data/flights.csv");
  EXPECT_EQ(refused.Find("__row")->Int(0), 3);
  EXPECT_EQ(refused.Find("__received_at")->Int(0), clock_.Now());
  EXPECT_EQ(refused.Find("flight_id")->String(0), "f3");
  EXPECT_TRUE(refused.Find("arrived_at")->IsNull(0));
}

TEST_F(IngestTest, RefusesRowsThatFailACheck) {
  Define(Replaced(kProject, "columns: {flight_id",
                  "checks: [arr_delay < 6, {expect: arr_delay > 5, severity: warn}]\n    columns: {flight_id"));
  files_.Put("p/data/flights_2.csv", "flight_id,arrived_at,arr_delay\nf4,2013-01-03,9\nf5,2013-01-03,6\n");
  const IngestReport report = MustIngest();
  EXPECT_EQ(report.rows, 2);
  EXPECT_EQ(report.refused, 2);
  EXPECT_EQ(report.reasons, (std::vector<store::QuarantineCount>{{"check", "arr_delay < 6", 2}}));
  ASSERT_EQ(report.checks.warnings.size(), 1U);
  EXPECT_EQ(report.checks.warnings[0].check, "arr_delay > 5");
  EXPECT_EQ(report.checks.warnings[0].rows, 1);
  const data::Batch refused = Refused();
  EXPECT_EQ(refused.Find("__file")->String(1), "data/flights_2.csv");
  EXPECT_EQ(refused.Find("__row")->Int(1), 2);

  const IngestReport again = MustIngest();
  EXPECT_FALSE(again.changed);
  EXPECT_EQ(again.refused, 2);
  EXPECT_EQ(again.checks.warnings.size(), 1U) << "what is known of unchanged data is reported again";
}

TEST_F(IngestTest, AChangedCheckLoadsAnew) {
  MustIngest();
  Define(Replaced(kProject, "columns: {flight_id", "checks: [arr_delay < 5]\n    columns: {flight_id"));
  EXPECT_EQ(MustIngest().refused, 1);
  const base::Time first = clock_.Now();
  clock_.Advance(base::kDay);
  EXPECT_EQ(MustIngest(true).refused, 1);
  EXPECT_EQ(Refused().Find("__received_at")->Int(0), first) << "refused again, received once";
  Define(kProject);
  const IngestReport report = MustIngest();
  EXPECT_EQ(report.refused, 0);
  EXPECT_EQ(report.rows, 2);
  EXPECT_EQ(Refused().rows, 0U);
}

TEST_F(IngestTest, KeepsOneOfConflictingVersions) {
  Define(Replaced(kProject, "available_after", "event_id: flight_id\n    available_after"));
  const char* const rows[] = {"f1,2013-01-01,1\n", "f1,2013-01-01,2\n", "f1,2013-01-01,1\n"};
  const std::string header = "flight_id,arrived_at,arr_delay\n";
  std::string version;
  for (const std::string& order : {std::string("012"), std::string("120"), std::string("201")}) {
    std::string text = header;
    for (const char c : order) text += rows[c - '0'];
    files_.Put("p/data/flights.csv", text);
    const IngestReport report = MustIngest();
    EXPECT_EQ(report.rows, 2) << "equal rows do not contradict each other";
    ASSERT_EQ(report.refused, 1);
    EXPECT_EQ(report.reasons[0].reason, "conflict");
    EXPECT_EQ(Refused().Find("arr_delay")->String(0), "2");
    EXPECT_TRUE(version.empty() || report.version == version);
    version = report.version;
  }
}

// Lake and quarantine change together: each operation fails in turn, and then the machine does.
TEST_F(IngestTest, LoadsWholeOrNotAtAllWhateverFails) {
  Define(
      Replaced(kProject, "columns: {flight_id", "checks: [arr_delay < 6, {rows: {min: 1}}]\n    columns: {flight_id"));
  for (int64_t operation = 0;; ++operation) {
    ASSERT_TRUE(files_.RemoveAll("state").ok());
    files_.Put("p/data/flights.csv", "flight_id,arrived_at,arr_delay\nf1,2013-01-01,7\nf2,2013-01-02,1\n");
    MustIngest();
    files_.Put("p/data/flights.csv",
               "flight_id,arrived_at,arr_delay\nf1,2013-01-01,1\nf2,2013-01-02,8\nf3,2013-01-02,9\n");
    files_.FailAt(files_.operations() + operation, Code::kIo, true);
    const bool loaded = Ingest().ok();
    files_.ClearFaults();
    files_.Crash();
    const std::string event(Events().Find("flight_id")->String(0));
    const size_t refused = Refused().rows;
    EXPECT_TRUE((event == "f2" && refused == 1) || (event == "f1" && refused == 2)) << operation << event << refused;
    const IngestReport report = MustIngest();
    EXPECT_EQ(report.refused, 2);
    EXPECT_EQ(report.checks.results.size(), 1U);
    if (loaded) break;
  }
}

TEST_F(IngestTest, NamesTheSourceOfAMissingFile) {
  ASSERT_TRUE(files_.Remove("p/data/flights.csv").ok());
  const auto report = Ingest();
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.status().code(), Code::kNotFound);
  EXPECT_NE(report.status().message().find("source flights"), std::string::npos) << report.status().message();
  EXPECT_EQ(report.status().where(), "project.yaml:3:3");
}

TEST_F(IngestTest, AFullDiskLeavesWhatWasThere) {
  const IngestReport first = MustIngest();
  files_.Put("p/data/flights.csv", Replaced(kFlights, ",5", ",6"));
  files_.SetCapacity(0);
  EXPECT_EQ(Ingest().status().code(), Code::kResourceExhausted);
  files_.ClearFaults();
  EXPECT_EQ(lake_.Manifest("flights")->version, first.version);
  EXPECT_TRUE(MustIngest().changed);
}

TEST_F(IngestTest, LoadsAllSourcesThatHaveFiles) {
  std::vector<const features::Source*> sources;
  for (const auto& source : definitions_->sources()) sources.push_back(source.get());
  std::vector<std::string> seen;
  IngestOptions options;
  options.project_directory = "p";
  options.state_directory = "state";
  options.clock = &clock_;
  options.progress = [&](const IngestReport& report) { seen.push_back(report.source); };
  const auto reports = IngestSources(files_, lake_, sources, options);
  ASSERT_TRUE(reports.ok()) << reports.status().ToString();
  EXPECT_EQ(reports->size(), 2U);
  EXPECT_EQ(seen, (std::vector<std::string>{"flights", "weather"}));

  ASSERT_TRUE(files_.Remove("p/data/flights.csv").ok());
  seen.clear();
  EXPECT_FALSE(IngestSources(files_, lake_, sources, options).ok());
  EXPECT_TRUE(seen.empty()) << "the first error stops";
}

}  // namespace
}  // namespace plumb::operate
