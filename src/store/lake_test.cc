#include "store/lake.h"

#include <gtest/gtest.h>

#include "base/memory_file_system.h"

namespace plumb::store {
namespace {

using base::Code;
using base::Json;
using base::MemoryFileSystem;
using data::TypeKind;

constexpr const char* kState = "state";
const data::Schema kSchema({{"carrier", TypeKind::kString},
                            {"delay", TypeKind::kFloat64},
                            {"__event_time", TypeKind::kTimestamp}});

data::Batch Rows(const std::vector<double>& delays) {
  data::Batch batch(kSchema);
  for (const double delay : delays) {
    batch.columns[0].AppendString("UA");
    batch.columns[1].AppendDouble(delay);
    batch.columns[2].AppendInt(static_cast<int64_t>(delay) * base::kSecond);
    ++batch.rows;
  }
  return batch;
}

std::vector<double> Delays(const data::Batch& batch) {
  std::vector<double> delays;
  for (size_t row = 0; row < batch.rows; ++row) delays.push_back(batch.Find("delay")->Double(row));
  return delays;
}

std::string PathOf(const std::string& file) { return std::string(kState) + "/lake/flights/" + file; }

class LakeTest : public testing::Test {
 protected:
  LakeManifest Commit(const std::vector<double>& delays, bool replace = false) {
    return lake_.Commit("flights", Rows(delays), Json("origin"), replace).value();
  }

  MemoryFileSystem files_;
  base::ManualClock clock_{5 * base::kSecond};
  Lake lake_{files_, clock_, kState};
};

TEST_F(LakeTest, ReadsWhatWasCommitted) {
  Json origin;
  origin.Set("files", "flights.csv");
  const LakeManifest committed = lake_.Commit("flights", Rows({1, 2}), origin, false).value();
  const LakeManifest manifest = lake_.Manifest("flights").value();
  EXPECT_EQ(manifest.version, committed.version);
  EXPECT_EQ(manifest.version.size(), 64u);
  EXPECT_EQ(manifest.source, "flights");
  EXPECT_EQ(manifest.number, 1);
  EXPECT_EQ(manifest.rows, 2);
  EXPECT_EQ(manifest.schema, kSchema);
  EXPECT_EQ(manifest.origin, origin);
  EXPECT_EQ(manifest.created, 5 * base::kSecond);
  EXPECT_EQ(Delays(lake_.Read(manifest).value()), (std::vector<double>{1, 2}));
}

TEST_F(LakeTest, AppendsPartsAndKeepsOldVersions) {
  const LakeManifest first = Commit({1, 2});
  const LakeManifest second = Commit({3});
  EXPECT_EQ(second.number, 2);
  EXPECT_EQ(second.rows, 3);
  EXPECT_NE(first.version, second.version);
  EXPECT_EQ(Delays(lake_.Read(lake_.Manifest("flights").value()).value()), (std::vector<double>{1, 2, 3}));
  EXPECT_EQ(Delays(lake_.Read(lake_.Manifest("flights", first.version).value()).value()), (std::vector<double>{1, 2}));
}

TEST_F(LakeTest, ReplacesAllRowsAndKeepsOldVersions) {
  const LakeManifest first = Commit({1, 2});
  Commit({7}, true);
  EXPECT_EQ(Delays(lake_.Read(lake_.Manifest("flights").value()).value()), std::vector<double>{7});
  EXPECT_EQ(Delays(lake_.Read(lake_.Manifest("flights", first.version).value()).value()), (std::vector<double>{1, 2}));
}

TEST_F(LakeTest, EqualDataHasAnEqualVersion) {
  const LakeManifest first = Commit({1, 2});
  Commit({3}, true);
  clock_.Advance(base::kSecond);
  EXPECT_EQ(Commit({1, 2}, true).version, first.version);
  EXPECT_EQ(lake_.Commit("other", Rows({1, 2}), Json(), false).value().version, first.version);
}

TEST_F(LakeTest, KeepsASourceWithoutRows) {
  Commit({});
  const data::Batch rows = lake_.Read(lake_.Manifest("flights").value()).value();
  EXPECT_EQ(rows.rows, 0u);
  EXPECT_EQ(rows.schema, kSchema);
}

TEST_F(LakeTest, AnotherSchemaNeedsReplace) {
  Commit({1});
  data::Batch other(data::Schema({{"carrier", TypeKind::kString}}));
  EXPECT_EQ(lake_.Commit("flights", other, Json(), false).status().code(), Code::kFailedPrecondition);
  EXPECT_TRUE(lake_.Commit("flights", other, Json(), true).ok());
  EXPECT_EQ(lake_.Manifest("flights").value().schema, other.schema);
}

TEST_F(LakeTest, SaysWhatItDoesNotHave) {
  EXPECT_EQ(lake_.Manifest("flights").status().code(), Code::kNotFound);
  EXPECT_TRUE(lake_.Sources().value().empty());
  Commit({1});
  EXPECT_EQ(lake_.Manifest("flights", std::string(64, '0')).status().code(), Code::kNotFound);
  EXPECT_EQ(lake_.Sources().value(), std::vector<std::string>{"flights"});
}

TEST_F(LakeTest, AnyChangedByteOfAManifestIsNoticed) {
  Commit({1, 2});
  const std::string path = PathOf("manifest-1.json");
  const std::string bytes = files_.ReadFile(path).value();
  for (size_t at = 0; at < bytes.size(); ++at) {
    if (bytes[at] == ' ' || bytes[at] == '\n') continue;  // between the tokens
    files_.Put(path, bytes);
    files_.Corrupt(path, static_cast<int64_t>(at));
    const auto manifest = lake_.Manifest("flights");
    ASSERT_FALSE(manifest.ok()) << at;
    const Code code = manifest.status().code();
    EXPECT_TRUE(code == Code::kDataLoss || code == Code::kUnimplemented) << at << manifest.status().ToString();
    EXPECT_NE(manifest.status().message().find(path), std::string::npos);
  }
}

TEST_F(LakeTest, CutManifestIsDataLoss) {
  Commit({1});
  const std::string path = PathOf("manifest-1.json");
  const std::string bytes = files_.ReadFile(path).value();
  for (const size_t size : {size_t{0}, size_t{1}, bytes.size() / 2, bytes.size() - 3}) {
    files_.Put(path, bytes.substr(0, size));
    EXPECT_EQ(lake_.Manifest("flights").status().code(), Code::kDataLoss) << size;
  }
}

TEST_F(LakeTest, MissingOrDamagedPartIsDataLossThatNamesIt) {
  const LakeManifest manifest = Commit({1, 2});
  const std::string path = PathOf(manifest.parts[0].file);
  files_.Corrupt(path, manifest.parts[0].bytes / 2);
  const auto damaged = lake_.Read(manifest).status();
  EXPECT_EQ(damaged.code(), Code::kDataLoss);
  EXPECT_NE(damaged.message().find(path), std::string::npos);
  ASSERT_TRUE(files_.Remove(path).ok());
  const auto missing = lake_.Read(manifest).status();
  EXPECT_EQ(missing.code(), Code::kDataLoss);
  EXPECT_NE(missing.message().find(path), std::string::npos);
}

// Each operation of a commit fails in turn, and then the machine does.
TEST(LakeCommit, IsWholeOrNotThereWhateverFails) {
  for (int64_t operation = 0;; ++operation) {
    MemoryFileSystem files;
    base::ManualClock clock(0);
    Lake lake(files, clock, kState);
    ASSERT_TRUE(lake.Commit("flights", Rows({1, 2}), Json(), false).ok());
    files.FailAt(files.operations() + operation, Code::kIo, true);
    const bool committed = lake.Commit("flights", Rows({3}), Json(), false).ok();
    files.ClearFaults();
    files.Crash();
    const auto rows = lake.Read(lake.Manifest("flights").value());
    ASSERT_TRUE(rows.ok()) << operation << rows.status().ToString();
    const std::vector<double> before = {1, 2}, after = {1, 2, 3};
    const std::vector<double> delays = Delays(*rows);
    EXPECT_TRUE(delays == before || delays == after) << operation;
    if (committed) {
      EXPECT_EQ(delays, after);
      break;
    }
    ASSERT_TRUE(lake.Commit("flights", Rows({3}), Json(), true).ok()) << operation;  // and it goes on
  }
}

TEST(LakeCommit, FullDiskLeavesTheStateBefore) {
  MemoryFileSystem files;
  base::ManualClock clock(0);
  Lake lake(files, clock, kState);
  ASSERT_TRUE(lake.Commit("flights", Rows({1, 2}), Json(), false).ok());
  files.SetCapacity(0);
  EXPECT_EQ(lake.Commit("flights", Rows({3}), Json(), false).status().code(), Code::kResourceExhausted);
  files.ClearFaults();
  EXPECT_EQ(lake.Manifest("flights").value().rows, 2);
}

TEST_F(LakeTest, EventLogIsPinned) {
  Commit({1});
  LakeEventLog log = LakeEventLog::Open(lake_).value();
  const std::string version = log.DataVersion();
  Commit({2});
  ASSERT_TRUE(lake_.Commit("planes", Rows({9}), Json(), false).ok());
  EXPECT_EQ(Delays(log.ReadEvents("flights").value()), std::vector<double>{1});
  EXPECT_EQ(log.ReadEvents("planes").status().code(), Code::kNotFound);
  EXPECT_EQ(log.DataVersion(), version);
  EXPECT_NE(LakeEventLog::Open(lake_).value().DataVersion(), version);
  EXPECT_EQ(LakeEventLog::Open(lake_).value().versions().size(), 2u);
}

TEST_F(LakeTest, EventLogOpensAnOldVersion) {
  const LakeManifest first = Commit({1});
  const std::string version = LakeEventLog::Open(lake_).value().DataVersion();
  Commit({2});
  LakeEventLog log = LakeEventLog::Open(lake_, {{"flights", first.version}}).value();
  EXPECT_EQ(Delays(log.ReadEvents("flights").value()), std::vector<double>{1});
  EXPECT_EQ(log.DataVersion(), version);
}

}  // namespace
}  // namespace plumb::store
