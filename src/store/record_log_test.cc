#include "store/record_log.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <future>

#include "base/memory_file_system.h"
#include "base/random.h"
#include "store/internal/record_segment.h"

namespace plumb::store {
namespace {

using base::Code;
using base::MemoryFileSystem;
using base::Status;

constexpr const char* kLog = "state/log";

std::string SegmentPath(int64_t number) { return base::JoinPath(kLog, SegmentName(number)); }

std::vector<std::string> ReadAll(base::FileSystem& files, Status* status, const std::string& directory = kLog) {
  std::vector<std::string> records;
  *status = ReadRecordLog(files, directory, [&](std::string_view record) {
    records.emplace_back(record);
    return Status();
  });
  return records;
}

std::vector<std::string> MustReadAll(base::FileSystem& files, const std::string& directory = kLog) {
  Status status;
  std::vector<std::string> records = ReadAll(files, &status, directory);
  EXPECT_TRUE(status.ok()) << status.ToString();
  return records;
}

Code ReadCode(base::FileSystem& files) {
  Status status;
  (void)ReadAll(files, &status);
  return status.code();
}

std::unique_ptr<RecordLog> MustOpen(base::FileSystem& files, const RecordLogOptions& options = {}) {
  auto log = RecordLog::Open(files, kLog, options);
  EXPECT_TRUE(log.ok()) << log.status().ToString();
  return log.ok() ? std::move(log).value() : nullptr;
}

// Each record durable by itself.
void AppendAll(base::FileSystem& files, const std::vector<std::string>& records, const RecordLogOptions& options = {}) {
  const auto log = MustOpen(files, options);
  ASSERT_NE(log, nullptr);
  for (const std::string& record : records) {
    ASSERT_TRUE(log->Append(record, nullptr).ok());
    ASSERT_TRUE(log->Flush().ok());
  }
}

// Holds the writer thread inside an acknowledgement, so that what is appended meanwhile is surely still queued.
class HeldWriter {
 public:
  explicit HeldWriter(RecordLog& log) {
    const Status status = log.Append("held", [this](const Status&) {
      entered_.set_value();
      released_.get_future().wait();
    });
    EXPECT_TRUE(status.ok());
    entered_.get_future().wait();
  }
  void Release() { released_.set_value(); }

 private:
  std::promise<void> entered_, released_;
};

TEST(RecordLog, GivesBackWhatWasAppended) {
  MemoryFileSystem files;
  const std::vector<std::string> records = {"first", "", std::string("\0\n\xff", 3), std::string(100'000, 'x')};
  AppendAll(files, records);
  EXPECT_EQ(MustReadAll(files), records);
}

TEST(RecordLog, GoesOnWhereItEnded) {
  MemoryFileSystem files;
  AppendAll(files, {"a"});
  AppendAll(files, {"b"});
  AppendAll(files, {});
  AppendAll(files, {"c"});
  EXPECT_EQ(MustReadAll(files), (std::vector<std::string>{"a", "b", "c"}));
}

TEST(RecordLog, AcknowledgesInOrderOnceDurable) {
  MemoryFileSystem files;
  std::vector<int> acknowledged;
  const auto log = MustOpen(files);
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(log->Append(std::to_string(i),
                            [&acknowledged, i](const Status& status) {
                              EXPECT_TRUE(status.ok());
                              acknowledged.push_back(i);
                            })
                    .ok());
  }
  ASSERT_TRUE(log->Flush().ok());
  ASSERT_EQ(acknowledged.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(acknowledged[static_cast<size_t>(i)], i);
  files.Crash();
  EXPECT_EQ(MustReadAll(files).size(), 100u);
}

TEST(RecordLog, MakesWaitingRecordsDurableWithOneSync) {
  MemoryFileSystem files;
  const auto log = MustOpen(files);
  HeldWriter held(*log);
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(log->Append("record", nullptr).ok());
  const int64_t before = files.operations();
  held.Release();
  ASSERT_TRUE(log->Flush().ok());
  EXPECT_EQ(files.operations() - before, 2);  // one append, one sync
}

TEST(RecordLog, DestructorMakesDurableWhatWasAppended) {
  MemoryFileSystem files;
  {
    const auto log = MustOpen(files);
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(log->Append("record", nullptr).ok());
  }
  files.Crash();
  EXPECT_EQ(MustReadAll(files).size(), 10u);
}

TEST(RecordLog, AcknowledgementMayAppend) {
  MemoryFileSystem files;
  {
    const auto log = MustOpen(files);
    RecordLog* raw = log.get();
    ASSERT_TRUE(raw->Append("a", [raw](const Status&) { EXPECT_TRUE(raw->Append("b", nullptr).ok()); }).ok());
    ASSERT_TRUE(raw->Flush().ok());
  }
  EXPECT_EQ(MustReadAll(files), (std::vector<std::string>{"a", "b"}));
}

TEST(RecordLog, RefusesASecondOwner) {
  MemoryFileSystem files;
  auto log = MustOpen(files);
  EXPECT_EQ(RecordLog::Open(files, kLog).status().code(), Code::kUnavailable);
  log.reset();
  EXPECT_NE(MustOpen(files), nullptr);
}

TEST(RecordLog, RefusesWhatIsTooMuch) {
  MemoryFileSystem files;
  const auto log = MustOpen(files, {.queue_bytes_max = 1000, .record_bytes_max = 500});
  EXPECT_EQ(log->Append(std::string(501, 'x'), nullptr).code(), Code::kInvalidArgument);
  HeldWriter held(*log);
  ASSERT_TRUE(log->Append(std::string(500, 'x'), nullptr).ok());
  EXPECT_EQ(log->Append(std::string(500, 'x'), nullptr).code(), Code::kResourceExhausted);
  held.Release();
  ASSERT_TRUE(log->Flush().ok());
  EXPECT_TRUE(log->Append(std::string(500, 'x'), nullptr).ok());
}

TEST(RecordLog, RollsSegments) {
  MemoryFileSystem files;
  std::vector<std::string> records;
  for (int i = 0; i < 20; ++i) records.push_back(std::to_string(i) + std::string(100, 'x'));
  const RecordLogOptions options{.segment_bytes_max = 400};
  AppendAll(files, {records.begin(), records.begin() + 10}, options);
  AppendAll(files, {records.begin() + 10, records.end()}, options);
  EXPECT_EQ(MustReadAll(files), records);
  const auto listed = files.List(kLog).value();
  EXPECT_GT(listed.size(), 5u);
  for (const base::FileInfo& file : listed) EXPECT_LE(file.bytes, 400) << file.name;
}

TEST(RecordLog, KeepsARecordLargerThanASegment) {
  MemoryFileSystem files;
  const std::vector<std::string> records = {"a", std::string(1000, 'x'), "b"};
  AppendAll(files, records, {.segment_bytes_max = 100});
  EXPECT_EQ(MustReadAll(files), records);
}

TEST(RecordLog, CutsATornTail) {
  const std::vector<std::string> records = {"first", "second", "third"};
  MemoryFileSystem whole;
  AppendAll(whole, records);
  const std::string bytes = whole.ReadFile(SegmentPath(1)).value();
  const size_t last = bytes.size() - records.back().size() - kFrameHeaderBytes;
  for (size_t size = last; size < bytes.size(); ++size) {
    MemoryFileSystem files;
    files.Put(SegmentPath(1), bytes.substr(0, size));
    EXPECT_EQ(MustReadAll(files), (std::vector<std::string>{"first", "second"})) << size;
    AppendAll(files, {"again"});
    EXPECT_EQ(MustReadAll(files), (std::vector<std::string>{"first", "second", "again"})) << size;
    files.Crash();
    EXPECT_EQ(MustReadAll(files), (std::vector<std::string>{"first", "second", "again"})) << size;
  }
}

// A disk may grow a file before it writes the bytes, and write the pages of one write in any order.
TEST(RecordLog, CutsATailOfZerosAndAHoleInTheLastWrite) {
  std::string bytes = EncodeSegmentHeader(1);
  AppendFrame({1, bytes.size(), bytes.size()}, "durable", &bytes);
  const size_t durable = bytes.size();
  MemoryFileSystem zeros;
  zeros.Put(SegmentPath(1), bytes + std::string(5000, '\0'));
  EXPECT_EQ(MustReadAll(zeros), std::vector<std::string>{"durable"});

  AppendFrame({1, bytes.size(), durable}, "lost", &bytes);
  AppendFrame({1, bytes.size(), durable}, "of the same write", &bytes);
  bytes[durable + 3] = 'x';
  MemoryFileSystem hole;
  hole.Put(SegmentPath(1), bytes);
  EXPECT_EQ(MustReadAll(hole), std::vector<std::string>{"durable"});
}

TEST(RecordLog, ReportsDamageBeforeTheTail) {
  MemoryFileSystem whole;
  AppendAll(whole, {"first", "second", "third"});
  const std::string bytes = whole.ReadFile(SegmentPath(1)).value();
  const size_t last = bytes.size() - 5 - kFrameHeaderBytes;
  for (size_t at = 0; at < last; ++at) {
    MemoryFileSystem files;
    files.Put(SegmentPath(1), bytes);
    files.Corrupt(SegmentPath(1), static_cast<int64_t>(at), static_cast<int>(at % 8));
    const Code want = at >= 8 && at < 12 ? Code::kUnimplemented : Code::kDataLoss;  // the format version
    EXPECT_EQ(ReadCode(files), want) << at;
    EXPECT_EQ(RecordLog::Open(files, kLog).status().code(), want) << at;
  }
}

TEST(RecordLog, NamesTheDamagedFile) {
  MemoryFileSystem files;
  AppendAll(files, {"first", "second"});
  files.Corrupt(SegmentPath(1), kSegmentHeaderBytes + kFrameHeaderBytes);
  Status status;
  (void)ReadAll(files, &status);
  EXPECT_NE(status.message().find(SegmentPath(1)), std::string::npos) << status.ToString();
}

TEST(RecordLog, ReportsATailThatIsNotAtTheEnd) {
  MemoryFileSystem files;
  AppendAll(files, {"first", "second", "third"}, {.segment_bytes_max = 30});
  const std::string bytes = files.ReadFile(SegmentPath(1)).value();
  files.Put(SegmentPath(1), bytes.substr(0, bytes.size() - 1));
  EXPECT_EQ(ReadCode(files), Code::kDataLoss);
}

TEST(RecordLog, ReportsMissingAndRenamedSegments) {
  MemoryFileSystem files;
  AppendAll(files, {"first", "second", "third"}, {.segment_bytes_max = 30});
  const std::string second = files.ReadFile(SegmentPath(2)).value();
  ASSERT_TRUE(files.Remove(SegmentPath(2)).ok());
  EXPECT_EQ(ReadCode(files), Code::kDataLoss);
  EXPECT_EQ(RecordLog::Open(files, kLog).status().code(), Code::kDataLoss);
  files.Put(SegmentPath(2), files.ReadFile(SegmentPath(1)).value());
  EXPECT_EQ(ReadCode(files), Code::kDataLoss);
  files.Put(SegmentPath(2), second);
  EXPECT_EQ(ReadCode(files), Code::kOk);
  ASSERT_TRUE(files.Remove(SegmentPath(1)).ok());  // old segments may go
  EXPECT_EQ(MustReadAll(files), (std::vector<std::string>{"second", "third"}));
}

TEST(RecordLog, SaysThatThereIsNone) {
  MemoryFileSystem files;
  EXPECT_EQ(ReadCode(files), Code::kNotFound);
}

TEST(RecordLog, ReadingStopsAtTheVisitorsError) {
  MemoryFileSystem files;
  AppendAll(files, {"a", "b", "c"});
  int visited = 0;
  const Status status = ReadRecordLog(
      files, kLog, [&](std::string_view) { return ++visited == 2 ? base::Cancelled("Enough.") : Status(); });
  EXPECT_EQ(status.code(), Code::kCancelled);
  EXPECT_EQ(visited, 2);
}

TEST(RecordLog, IsReadWhileItIsWritten) {
  MemoryFileSystem files;
  const auto log = MustOpen(files, {.segment_bytes_max = 300});
  for (size_t i = 1; i <= 50; ++i) {
    ASSERT_TRUE(log->Append(std::to_string(i), nullptr).ok());
    ASSERT_TRUE(log->Flush().ok());
    ASSERT_TRUE(log->Append("more", nullptr).ok());  // perhaps half-way
    EXPECT_GE(MustReadAll(files).size(), 2 * i - 1);
  }
}

TEST(RecordLog, IsClosedAfterAFailedWriteOrSync) {
  for (const int64_t operation : {0, 1}) {  // of the batch: append, sync
    MemoryFileSystem files;
    const auto log = MustOpen(files);
    ASSERT_TRUE(log->Append("kept", nullptr).ok());
    ASSERT_TRUE(log->Flush().ok());
    files.FailAt(files.operations() + operation, Code::kResourceExhausted);
    Status acknowledged;
    ASSERT_TRUE(log->Append("lost", [&](const Status& status) { acknowledged = status; }).ok());
    EXPECT_EQ(log->Flush().code(), Code::kResourceExhausted);
    EXPECT_EQ(acknowledged.code(), Code::kResourceExhausted);
    files.ClearFaults();
    EXPECT_EQ(log->Append("later", nullptr).code(), Code::kResourceExhausted);
    EXPECT_EQ(MustReadAll(files), std::vector<std::string>{"kept"});
  }
}

TEST(RecordLog, FailsWhatWaitsBehindAFailedWrite) {
  MemoryFileSystem files;
  const auto log = MustOpen(files);
  HeldWriter held(*log);
  int failed = 0;
  const auto count = [&failed](const Status& status) { failed += status.ok() ? 0 : 1; };
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(log->Append(std::string(1 << 20, 'x'), count).ok());  // two batches
  files.FailAt(files.operations(), Code::kIo);
  held.Release();
  EXPECT_EQ(log->Flush().code(), Code::kIo);
  EXPECT_EQ(failed, 10);
}

TEST(RecordLog, ClosesWhenTheDiskIsFullAndOpensAgain) {
  MemoryFileSystem files;
  AppendAll(files, {"kept"});
  {
    const auto log = MustOpen(files);
    files.SetCapacity(files.Stat(SegmentPath(1)).value().bytes + 10);
    ASSERT_TRUE(log->Append("lost", nullptr).ok());
    EXPECT_EQ(log->Flush().code(), Code::kResourceExhausted);
  }
  files.ClearFaults();
  AppendAll(files, {"again"});
  EXPECT_EQ(MustReadAll(files), (std::vector<std::string>{"kept", "again"}));
}

struct Outcome {
  std::vector<std::string> appended;
  size_t acknowledged = 0;
};

// Appends until something fails, in batches of changing size, over several segments.
Outcome RunUntilFailure(MemoryFileSystem& files, base::Random& random) {
  Outcome outcome;
  auto log = RecordLog::Open(files, kLog, {.segment_bytes_max = 200});
  if (!log.ok()) return outcome;
  for (int i = 0; i < 12; ++i) {
    std::string record = fmt::format("{}:{}", i, std::string(random.Below(60), 'x'));
    outcome.appended.push_back(record);
    const Status status =
        (*log)->Append(record, [&](const Status& done) { outcome.acknowledged += done.ok() ? 1 : 0; });
    if (!status.ok()) break;
    if (random.Chance(0.5) && !(*log)->Flush().ok()) break;
  }
  return outcome;
}

// Whatever fails first, and however the crash tears what was not yet durable: all that was acknowledged is there, in
// order, and nothing that was never appended.
TEST(RecordLog, LosesNothingAcknowledgedInACrash) {
  const uint64_t seed = base::RandomSeed();
  SCOPED_TRACE(seed);
  for (uint64_t round = 0; round < 300; ++round) {
    base::Random random(seed + round);
    MemoryFileSystem files;
    AppendAll(files, {"before"}, {.segment_bytes_max = 200});
    files.FailAt(files.operations() + static_cast<int64_t>(random.Below(60)), Code::kIo, random.Chance(0.7));
    Outcome outcome = RunUntilFailure(files, random);
    files.ClearFaults();
    random.Chance(0.5) ? files.Crash() : files.CrashTorn(random);
    outcome.appended.insert(outcome.appended.begin(), "before");

    const std::vector<std::string> left = MustReadAll(files);
    ASSERT_GE(left.size(), outcome.acknowledged + 1) << round;
    ASSERT_LE(left.size(), outcome.appended.size()) << round;
    for (size_t i = 0; i < left.size(); ++i) ASSERT_EQ(left[i], outcome.appended[i]) << round;
    AppendAll(files, {"after"}, {.segment_bytes_max = 200});
    files.Crash();
    const std::vector<std::string> again = MustReadAll(files);
    ASSERT_EQ(again.size(), left.size() + 1) << round;
    ASSERT_EQ(again.back(), "after");
  }
}

// The bounded parser: any damage gives a prefix of the records or an error, never other records.
TEST(RecordLog, NeverInventsRecords) {
  const uint64_t seed = base::RandomSeed();
  SCOPED_TRACE(seed);
  base::Random random(seed);
  MemoryFileSystem whole;
  std::vector<std::string> records;
  for (int i = 0; i < 8; ++i) records.push_back(std::to_string(i) + std::string(random.Below(40), 'y'));
  AppendAll(whole, records);
  const std::string bytes = whole.ReadFile(SegmentPath(1)).value();
  for (int round = 0; round < 3000; ++round) {
    std::string broken = bytes;
    for (uint64_t i = 0; i <= random.Below(4); ++i)
      broken[random.Below(broken.size())] = static_cast<char>(random.Next());
    if (random.Chance(0.3)) broken.resize(random.Below(broken.size()));
    size_t seen = 0;
    (void)ReadSegment(broken, 1, random.Chance(0.5), "segment", [&](std::string_view record) {
      EXPECT_LT(seen, records.size());
      EXPECT_EQ(record, records[seen++]);
      return Status();
    });
  }
}

TEST(RecordLog, WorksOnTheRealFileSystem) {
  base::FileSystem& files = base::RealFileSystem();
  std::string root = base::JoinPath(testing::TempDir(), "plumb_log_XXXXXX");
  ASSERT_NE(mkdtemp(root.data()), nullptr);
  {
    auto log = RecordLog::Open(files, root, {.segment_bytes_max = 1000});
    ASSERT_TRUE(log.ok()) << log.status().ToString();
    for (int i = 0; i < 100; ++i) ASSERT_TRUE((*log)->Append(std::string(50, 'x'), nullptr).ok());
    ASSERT_TRUE((*log)->Flush().ok());
    EXPECT_EQ(MustReadAll(files, root).size(), 100u);
    EXPECT_EQ(RecordLog::Open(files, root).status().code(), Code::kUnavailable);
  }
  EXPECT_TRUE(files.RemoveAll(root).ok());
}

// The golden file must open forever, and today's writer still gives its bytes.
TEST(RecordLog, OpensTheGoldenFile) {
  const std::string golden = base::JoinPath(PLUMB_SOURCE_DIR, "tests/golden/record_log");
  const std::vector<std::string> records = {"first record", "", std::string("\0\x01\xff", 3), std::string(300, 'z')};
  EXPECT_EQ(MustReadAll(base::RealFileSystem(), golden), records);
  MemoryFileSystem files;
  AppendAll(files, records);
  EXPECT_EQ(files.ReadFile(SegmentPath(1)).value(),
            base::RealFileSystem().ReadFile(base::JoinPath(golden, SegmentName(1))).value());
}

}  // namespace
}  // namespace plumb::store
