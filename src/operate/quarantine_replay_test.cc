#include "operate/quarantine_replay.h"

#include <gtest/gtest.h>

#include "base/memory_file_system.h"
#include "base/project_tree.h"
#include "operate/ingest.h"

namespace plumb::operate {
namespace {

using base::Code;

constexpr const char* kStrict = R"(
sources:
  flights:
    path: data/flights.csv
    event_time: arrived_at
    event_id: flight_id
    available_after: 10m
    columns: {flight_id: string, arrived_at: timestamp, arr_delay: float64}
    checks: [arr_delay < 100]
)";
constexpr const char* kFlights =
    "flight_id,arrived_at,arr_delay\n"
    "f1,2013-01-01,5\n"
    "f2,2013-01-02,500\n"
    "f3,2013-01-03,700\n"
    "f3,2013-01-04,800\n"
    "f1,2013-01-01,6\n";

class QuarantineReplayTest : public testing::Test {
 protected:
  void SetUp() override { Start(); }
  void Start() {
    files_.Put("p/data/flights.csv", kFlights);
    Define("< 100");
    MustIngest();
    clock_.Advance(base::kDay);
  }
  void Define(const std::string& check) {
    std::string project = kStrict;
    project.replace(project.find("< 100"), 5, check);
    base::Diagnostics diagnostics;
    auto text = std::make_shared<const base::SourceText>(base::SourceText{"project.yaml", project});
    definitions_ = features::LoadDefinitions(base::MergeProject({text}, &diagnostics), &diagnostics);
    ASSERT_EQ(diagnostics.Render(false), "");
  }
  [[nodiscard]] const features::Source& source() const { return *definitions_->FindSource("flights"); }

  IngestReport MustIngest(bool force = false) {
    IngestOptions options;
    options.project_directory = "p";
    options.state_directory = "state";
    options.clock = &clock_;
    options.force = force;
    auto report = IngestSource(files_, lake_, source(), options);
    EXPECT_TRUE(report.ok()) << report.status().ToString();
    return report.ok() ? *report : IngestReport();
  }
  base::Result<ReplayReport> TryReplay(std::vector<std::string> ids = {}) {
    ReplayOptions options;
    options.state_directory = "state";
    options.clock = &clock_;
    options.ids = std::move(ids);
    return ReplayQuarantine(files_, lake_, source(), options);
  }
  ReplayReport MustReplay(std::vector<std::string> ids = {}) {
    auto report = TryReplay(std::move(ids));
    EXPECT_TRUE(report.ok()) << report.status().ToString();
    return report.ok() ? *report : ReplayReport();
  }
  data::Batch Held() {
    const auto manifest = QuarantineOf(files_, clock_, lake_, "state", "flights");
    EXPECT_TRUE(manifest.ok()) << manifest.status().ToString();
    return store::Quarantine(files_, clock_, "state").Read(*manifest).value();
  }
  // "id delay@known_at" of every event, in the lake's order; known_at as what it is after the start.
  std::string Events() {
    const data::Batch events = lake_.Read(lake_.Manifest("flights").value()).value();
    std::string text;
    for (size_t row = 0; row < events.rows; ++row) {
      const base::Time known = events.Find(data::kKnownAtColumn)->Int(row);
      text += events.Find("flight_id")->At(row).ToString() + " " + events.Find("arr_delay")->At(row).ToString() +
              (known >= kStart ? " late" : "") + "; ";
    }
    return text;
  }
  std::string IdOf(const std::string& delay) {
    const data::Batch held = Held();
    for (size_t row = 0; row < held.rows; ++row) {
      if (held.Find("arr_delay")->String(row) == delay) return std::string(held.Find("__id")->String(row));
    }
    return "";
  }

  static constexpr base::Time kStart = 1'400'000'000 * base::kSecond;
  base::MemoryFileSystem files_;
  base::ManualClock clock_{kStart};
  store::Lake lake_{files_, clock_, "state"};
  features::DefinitionsPtr definitions_;
};

TEST_F(QuarantineReplayTest, LetsOutWhatPassesNow) {
  EXPECT_EQ(Events(), "f1 5; ");
  Define("< 600");
  const ReplayReport report = MustReplay();
  EXPECT_EQ(report.asked, 4);
  EXPECT_EQ(report.released, 2);
  EXPECT_EQ(report.remaining, 2);
  EXPECT_EQ(Events(), "f1 5; f1 6 late; f2 500 late; ") << "the contradicting version is a correction now";
  EXPECT_EQ(report.version, lake_.Manifest("flights")->version);
  EXPECT_EQ(report.reasons, (std::vector<store::QuarantineCount>{{"check", "arr_delay < 600", 2}}));
  EXPECT_EQ(Held().rows, 2U);
}

TEST_F(QuarantineReplayTest, ChangesOnlyReasonsWhenNothingPasses) {
  Define("< 100 and arr_delay <> 6");
  const std::string version = lake_.Manifest("flights")->version;
  const ReplayReport report = MustReplay();
  EXPECT_EQ(report.released, 0);
  EXPECT_EQ(report.reasons, (std::vector<store::QuarantineCount>{{"check", "arr_delay < 100 and arr_delay <> 6", 4}}));
  EXPECT_EQ(lake_.Manifest("flights")->version, version);
  EXPECT_EQ(lake_.Manifest("flights")->number, 1);
}

TEST_F(QuarantineReplayTest, AsksTheRowsThatAreNamed) {
  Define("< 1000");
  const ReplayReport report = MustReplay({IdOf("500")});
  EXPECT_EQ(report.asked, 1);
  EXPECT_EQ(report.released, 1);
  EXPECT_EQ(Events(), "f1 5; f2 500 late; ");
  EXPECT_EQ(Held().rows, 3U);
  EXPECT_EQ(TryReplay({"0123456789abcdef"}).status().code(), Code::kNotFound);
}

TEST_F(QuarantineReplayTest, KeepsOneOfVersionsThatContradictAtTheTimeOfTheReplay) {
  Define("< 1000");
  const ReplayReport report = MustReplay();
  EXPECT_EQ(report.released, 3);
  EXPECT_EQ(report.reasons.size(), 1U);
  EXPECT_EQ(report.reasons[0].reason, "conflict");
  clock_.Advance(base::kDay);
  EXPECT_EQ(MustReplay().released, 1) << "and the other corrects it at the next";
}

TEST_F(QuarantineReplayTest, WhatWasLetOutStaysKnownSinceThenWhenFilesAreLoadedAgain) {
  Define("< 600");
  MustReplay({IdOf("500")});
  clock_.Advance(base::kDay);
  files_.Put("p/data/flights.csv", std::string(kFlights) + "f9,2013-01-09,9\n");
  const IngestReport report = MustIngest();
  EXPECT_TRUE(report.changed);
  EXPECT_EQ(Events(), "f1 5; f2 500 late; f9 9; ");
  EXPECT_EQ(report.refused, 3);
  EXPECT_EQ(MustIngest(true).version, report.version);

  Define("< 400");
  EXPECT_EQ(MustIngest().refused, 4) << "a stricter check takes it back";
  EXPECT_EQ(Events(), "f1 5; f9 9; ");
}

TEST_F(QuarantineReplayTest, AnUnchangedLoadDoesNotTakeItBack) {
  Define("< 600");
  MustIngest();
  Define("< 1000");
  MustIngest(true);
  const int64_t number = lake_.Manifest("flights")->number;
  MustReplay();
  EXPECT_EQ(lake_.Manifest("flights")->number, number + 1);
  EXPECT_FALSE(MustIngest().changed);
  EXPECT_EQ(lake_.Manifest("flights")->number, number + 1);
}

TEST_F(QuarantineReplayTest, NeedsTheColumnsOfTheLoad) {
  std::string project = kStrict;
  project.replace(project.find("arr_delay: float64"), 18, "arr_delay: int64");
  base::Diagnostics diagnostics;
  auto text = std::make_shared<const base::SourceText>(base::SourceText{"project.yaml", project});
  definitions_ = features::LoadDefinitions(base::MergeProject({text}, &diagnostics), &diagnostics);
  EXPECT_EQ(TryReplay().status().code(), Code::kFailedPrecondition);
}

TEST_F(QuarantineReplayTest, OfASourceThatWasNeverLoadedIsNotFound) {
  ASSERT_TRUE(files_.RemoveAll("state").ok());
  EXPECT_EQ(TryReplay().status().code(), Code::kNotFound);
  EXPECT_EQ(QuarantineOf(files_, clock_, lake_, "state", "flights").value().rows(), 0);
}

// Each operation fails in turn, and then the machine does: every row is in the lake or in the quarantine, once.
TEST_F(QuarantineReplayTest, MovesRowsWholeOrNotAtAllWhateverFails) {
  for (int64_t operation = 0;; ++operation) {
    ASSERT_TRUE(files_.RemoveAll("state").ok());
    Start();
    Define("< 600");
    files_.FailAt(files_.operations() + operation, Code::kIo, true);
    const bool replayed = TryReplay().ok();
    files_.ClearFaults();
    files_.Crash();
    const std::string events = Events();
    const size_t held = Held().rows;
    const bool is_before = events == "f1 5; " && held == 4;
    const bool is_after = events == "f1 5; f1 6 late; f2 500 late; " && held == 2;
    EXPECT_TRUE(is_before || is_after) << operation << ": " << events << held;
    EXPECT_TRUE(!replayed || is_after) << operation;
    if (replayed) break;
    MustReplay();
    EXPECT_EQ(Events(), "f1 5; f1 6 late; f2 500 late; ") << operation;
    EXPECT_EQ(Held().rows, 2U);
  }
}

}  // namespace
}  // namespace plumb::operate
