#include "store/quarantine.h"

#include <gtest/gtest.h>

#include "base/memory_file_system.h"

namespace plumb::store {
namespace {

using base::Code;
using base::MemoryFileSystem;

constexpr const char* kState = "state";

data::Batch Rows(const std::vector<std::string>& ids, const std::string& column = "delay") {
  data::Batch batch(QuarantineSchema({column}));
  for (const std::string& id : ids) {
    batch.columns[0].AppendString(id);
    batch.columns[1].AppendString("check");
    batch.columns[2].AppendString("delay < 6");
    batch.columns[3].AppendString("flights.csv");
    batch.columns[4].AppendInt(7);
    batch.columns[5].AppendInt(base::kSecond);
    batch.columns[6].AppendString("9");
    ++batch.rows;
  }
  return batch;
}

std::vector<std::string> Ids(const data::Batch& batch) {
  std::vector<std::string> ids;
  for (size_t row = 0; row < batch.rows; ++row) ids.emplace_back(batch.Find(kRefusedIdColumn)->String(row));
  return ids;
}

std::string PathOf(const std::string& file) { return std::string(kState) + "/quarantine/flights/" + file; }

class QuarantineTest : public testing::Test {
 protected:
  QuarantineManifest Commit(const std::vector<std::string>& ids, const Quarantine::CommitOptions& options = {}) {
    return quarantine_.Commit("flights", Rows(ids), options).value();
  }
  std::vector<std::string> Held(int64_t series) {
    return Ids(quarantine_.Read(quarantine_.Manifest("flights", series).value()).value());
  }

  MemoryFileSystem files_;
  base::ManualClock clock_{5 * base::kSecond};
  Quarantine quarantine_{files_, clock_, kState};
};

TEST_F(QuarantineTest, ReadsWhatWasCommitted) {
  const QuarantineManifest next = Commit({"a", "b"});
  EXPECT_EQ(next.series, 1);
  const QuarantineManifest manifest = quarantine_.Manifest("flights", next.series).value();
  EXPECT_EQ(manifest.rows(), 2);
  EXPECT_EQ(manifest.created, 5 * base::kSecond);
  EXPECT_EQ(manifest.Counts(), (std::vector<QuarantineCount>{{"check", "delay < 6", 2}}));
  const data::Batch rows = quarantine_.Read(manifest).value();
  EXPECT_EQ(Ids(rows), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(rows.schema, QuarantineSchema({"delay"}));
  EXPECT_EQ(rows.Find("delay")->String(1), "9");
}

TEST_F(QuarantineTest, IsEmptyWithoutASeries) {
  Commit({"a"});
  EXPECT_TRUE(Held(0).empty());
}

TEST_F(QuarantineTest, ASeriesShowsItsNewestManifestOnly) {
  const QuarantineManifest first = Commit({"a", "b"});
  const QuarantineManifest other = Commit({"c"});
  EXPECT_EQ(other.series, 2);
  Commit({"b"}, {.keep = nullptr, .series = first.series});
  EXPECT_EQ(Held(first.series), std::vector<std::string>{"b"});
  EXPECT_EQ(Held(other.series), std::vector<std::string>{"c"});
}

TEST_F(QuarantineTest, AddsPartsWithOtherColumns) {
  const QuarantineManifest first = Commit({"a"});
  const QuarantineManifest both = quarantine_.Commit("flights", Rows({"b"}, "speed"), {.keep = &first}).value();
  const data::Batch rows = quarantine_.Read(both).value();
  EXPECT_EQ(Ids(rows), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(rows.Find("delay")->String(0), "9");
  EXPECT_TRUE(rows.Find("delay")->IsNull(1));
  EXPECT_TRUE(rows.Find("speed")->IsNull(0));
  EXPECT_EQ(both.Counts()[0].rows, 2);
}

TEST_F(QuarantineTest, KeepsNothingOfNoRows) {
  const QuarantineManifest next = Commit({});
  EXPECT_TRUE(next.parts.empty());
  EXPECT_TRUE(Held(next.series).empty());
}

TEST_F(QuarantineTest, AnyChangedByteOfAManifestIsNoticed) {
  Commit({"a"});
  const std::string path = PathOf("manifest-1.json");
  const std::string bytes = files_.ReadFile(path).value();
  for (size_t at = 0; at < bytes.size(); ++at) {
    if (bytes[at] == ' ' || bytes[at] == '\n') continue;  // between the tokens
    files_.Put(path, bytes);
    files_.Corrupt(path, static_cast<int64_t>(at));
    const auto manifest = quarantine_.Manifest("flights", 1);
    ASSERT_FALSE(manifest.ok()) << at;
    const Code code = manifest.status().code();
    EXPECT_TRUE(code == Code::kDataLoss || code == Code::kUnimplemented) << at << manifest.status().ToString();
  }
  for (const size_t size : {size_t{0}, size_t{1}, bytes.size() / 2, bytes.size() - 3}) {
    files_.Put(path, bytes.substr(0, size));
    EXPECT_EQ(quarantine_.Manifest("flights", 1).status().code(), Code::kDataLoss) << size;
  }
}

TEST_F(QuarantineTest, WhatIsMissingOrDamagedIsDataLossThatNamesIt) {
  const QuarantineManifest manifest = Commit({"a", "b"});
  const std::string path = PathOf(manifest.parts[0].file);
  files_.Corrupt(path, manifest.parts[0].bytes / 2);
  EXPECT_EQ(quarantine_.Read(manifest).status().code(), Code::kDataLoss);
  ASSERT_TRUE(files_.Remove(path).ok());
  const auto missing = quarantine_.Read(manifest).status();
  EXPECT_EQ(missing.code(), Code::kDataLoss);
  EXPECT_NE(missing.message().find(path), std::string::npos);
  EXPECT_EQ(quarantine_.Manifest("flights", 3).status().code(), Code::kDataLoss);
}

TEST_F(QuarantineTest, IsWholeOrNotThereWhateverFails) {
  for (int64_t operation = 0;; ++operation) {
    ASSERT_TRUE(files_.RemoveAll(kState).ok());
    const QuarantineManifest first = Commit({"a", "b"});
    files_.FailAt(files_.operations() + operation, Code::kIo, true);
    const bool committed = quarantine_.Commit("flights", Rows({"b"}), {.keep = nullptr, .series = first.series}).ok();
    files_.ClearFaults();
    files_.Crash();
    const std::vector<std::string> before = {"a", "b"}, after = {"b"}, held = Held(first.series);
    EXPECT_TRUE(held == before || held == after) << operation;
    if (!committed) continue;
    EXPECT_EQ(held, after);
    break;
  }
}

// The golden file must open forever.
TEST(QuarantineFormat, GoldenFileOpens) {
  base::ManualClock clock(0);
  Quarantine golden(base::RealFileSystem(), clock, base::JoinPath(PLUMB_SOURCE_DIR, "tests/golden"));
  const auto manifest = golden.Manifest("flights", 1);
  ASSERT_TRUE(manifest.ok()) << manifest.status().ToString();
  EXPECT_EQ(manifest->rows(), 3);
  const data::Batch rows = golden.Read(*manifest).value();
  ASSERT_EQ(rows.schema, QuarantineSchema({"flight_id", "arrived_at", "arr_delay"}));
  EXPECT_EQ(rows.Find("arr_delay")->String(0), "5000");
  EXPECT_EQ(rows.Find(kRefusedReasonColumn)->String(1), "no_event_time");
  EXPECT_TRUE(rows.Find("arrived_at")->IsNull(1));
  EXPECT_EQ(rows.Find(kRefusedRowColumn)->Int(2), 4);
}

}  // namespace
}  // namespace plumb::store
