#include "store/record_log.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include "base/executor.h"
#include "store/internal/record_segment.h"

namespace plumb::store {
namespace {

using base::Result;
using base::Status;

using Acknowledge = std::function<void(const Status&)>;

constexpr const char* kLockName = "LOCK";
constexpr const char* kTemporaryPrefix = ".segment-";
constexpr int64_t kBatchBytesMax = 8 << 20;  // made durable by one fsync; bounds the copy that is written

// Numbers of the segments in a folder, ascending; kDataLoss when one in between is missing.
Result<std::vector<int64_t>> ListSegments(base::FileSystem& files, const std::string& directory) {
  const Result<std::vector<base::FileInfo>> listed = files.List(directory);
  if (!listed.ok() && listed.status().code() == base::Code::kNotFound) {
    return base::NotFound("Record log does not exist: {}.", directory);
  }
  if (!listed.ok()) return listed.status();
  std::vector<int64_t> numbers;
  for (const base::FileInfo& file : *listed) {
    if (const int64_t number = SegmentNumber(file.name); number > 0) numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end());
  for (size_t i = 1; i < numbers.size(); ++i) {
    if (numbers[i] == numbers[i - 1] + 1) continue;
    return base::DataLoss("Segment of a record log is missing: {}.",
                          base::JoinPath(directory, SegmentName(numbers[i - 1] + 1)))
        .WithSuggestion("Restore the file from a backup.");
  }
  return numbers;
}

// The segment at the end of the log, which is written.
struct Tail {
  int64_t number = 0;
  int64_t bytes = 0;  // durable
  std::unique_ptr<base::WritableFile> file;
};

// A segment comes into being with its header or not at all.
Result<Tail> CreateSegment(base::FileSystem& files, const std::string& directory, int64_t number) {
  const std::string path = base::JoinPath(directory, SegmentName(number));
  PLUMB_RETURN_IF_ERROR(files.WriteFileAtomically(path, EncodeSegmentHeader(number)));
  Tail tail{number, kSegmentHeaderBytes, nullptr};
  PLUMB_ASSIGN_OR_RETURN(tail.file, files.OpenForAppend(path));
  return tail;
}

// Cuts what a crash left half-written. The cut is durable before anything follows it.
Result<Tail> OpenLastSegment(base::FileSystem& files, const std::string& directory, int64_t number) {
  const std::string path = base::JoinPath(directory, SegmentName(number));
  PLUMB_ASSIGN_OR_RETURN(const std::string bytes, files.ReadFile(path));
  PLUMB_ASSIGN_OR_RETURN(const uint64_t whole,
                         ReadSegment(bytes, number, true, path, [](std::string_view) { return Status(); }));
  Tail tail{number, static_cast<int64_t>(whole), nullptr};
  if (whole < bytes.size()) PLUMB_RETURN_IF_ERROR(files.Truncate(path, tail.bytes));
  PLUMB_ASSIGN_OR_RETURN(tail.file, files.OpenForAppend(path));
  // Also without a cut: the last owner may have died between its write and its sync.
  PLUMB_RETURN_IF_ERROR(tail.file->Sync());
  return tail;
}

// What a crash left of a segment that was being created.
Status RemoveTemporaries(base::FileSystem& files, const std::string& directory) {
  PLUMB_ASSIGN_OR_RETURN(const std::vector<base::FileInfo> listed, files.List(directory));
  for (const base::FileInfo& file : listed) {
    if (file.name.starts_with(kTemporaryPrefix))
      PLUMB_RETURN_IF_ERROR(files.Remove(base::JoinPath(directory, file.name)));
  }
  return Status();
}

Result<Tail> OpenTail(base::FileSystem& files, const std::string& directory) {
  PLUMB_RETURN_IF_ERROR(RemoveTemporaries(files, directory));
  PLUMB_ASSIGN_OR_RETURN(const std::vector<int64_t> numbers, ListSegments(files, directory));
  if (numbers.empty()) return CreateSegment(files, directory, 1);
  return OpenLastSegment(files, directory, numbers.back());
}

struct Pending {
  std::string record;
  Acknowledge done;
  [[nodiscard]] int64_t bytes() const { return static_cast<int64_t>(record.size() + kFrameHeaderBytes); }
};

class SegmentedLog : public RecordLog {
 public:
  SegmentedLog(base::FileSystem& files, std::string directory, const RecordLogOptions& options,
               std::unique_ptr<base::FileLock> lock, Tail tail)
      : files_(files),
        directory_(std::move(directory)),
        options_(options),
        lock_(std::move(lock)),
        tail_(std::move(tail)),
        writer_("record-log", [this] { WriteLoop(); }) {}

  ~SegmentedLog() override {
    {
      const std::lock_guard guard(mutex_);
      closing_ = true;
    }
    work_.notify_all();
    writer_.Join();
  }

  Status Append(std::string record, Acknowledge done) override {
    const auto bytes = static_cast<int64_t>(record.size());
    if (bytes > std::min(options_.record_bytes_max, kRecordBytesMax)) {
      return base::InvalidArgument("Record is too large for the log: {} bytes, at most {}.", bytes,
                                   options_.record_bytes_max);
    }
    {
      const std::lock_guard guard(mutex_);
      if (!failure_.ok()) return failure_;
      Pending pending{std::move(record), std::move(done)};
      if (unsettled_bytes_ + pending.bytes() > options_.queue_bytes_max) {
        return base::ResourceExhausted("Record log is behind: {}, {} bytes are not yet durable.", directory_,
                                       unsettled_bytes_);
      }
      unsettled_bytes_ += pending.bytes();
      queue_.push_back(std::move(pending));
      ++appended_;
    }
    work_.notify_one();
    return Status();
  }

  Status Flush() override {
    std::unique_lock guard(mutex_);
    const int64_t target = appended_;
    settled_change_.wait(guard, [&] { return settled_ >= target; });
    return durable_ >= target ? Status() : failure_;
  }

 private:
  void WriteLoop() {
    while (true) {
      const std::vector<Pending> batch = TakeBatch();
      if (batch.empty()) return;
      Settle(batch, failed_ ? Failure() : WriteBatch(batch));
    }
  }

  // Waits for records; none when the log is being closed and everything is settled.
  std::vector<Pending> TakeBatch() {
    std::unique_lock guard(mutex_);
    work_.wait(guard, [&] { return closing_ || !queue_.empty(); });
    std::vector<Pending> batch;
    const int64_t bytes_max =
        std::min(kBatchBytesMax, options_.segment_bytes_max - static_cast<int64_t>(kSegmentHeaderBytes));
    int64_t bytes = 0;
    while (!queue_.empty() && (batch.empty() || bytes + queue_.front().bytes() <= bytes_max)) {
      bytes += queue_.front().bytes();
      batch.push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
    return batch;
  }

  // One write and one sync. After a failure nothing more is written: what a failed sync left behind cannot be known.
  Status WriteBatch(const std::vector<Pending>& batch) {
    Status status = TryWriteBatch(batch);
    if (status.ok()) return status;
    failed_ = true;
    // Best effort: takes what was not acknowledged away from readers; opening the log again would cut it too.
    (void)files_.Truncate(base::JoinPath(directory_, SegmentName(tail_.number)), tail_.bytes);
    tail_.file.reset();
    const std::lock_guard guard(mutex_);
    failure_ = status.WithContext(fmt::format("Record log is closed for writing: {}", directory_));
    return failure_;
  }

  Status TryWriteBatch(const std::vector<Pending>& batch) {
    int64_t bytes = 0;
    for (const Pending& pending : batch) bytes += pending.bytes();
    const bool has_records = tail_.bytes > static_cast<int64_t>(kSegmentHeaderBytes);
    if (has_records && tail_.bytes + bytes > options_.segment_bytes_max) {
      PLUMB_RETURN_IF_ERROR(tail_.file->Close());
      PLUMB_ASSIGN_OR_RETURN(tail_, CreateSegment(files_, directory_, tail_.number + 1));
    }
    std::string frames;
    frames.reserve(static_cast<size_t>(bytes));
    const auto durable = static_cast<uint64_t>(tail_.bytes);
    for (const Pending& pending : batch) {
      AppendFrame({tail_.number, durable + frames.size(), durable}, pending.record, &frames);
    }
    PLUMB_RETURN_IF_ERROR(tail_.file->Append(frames));
    PLUMB_RETURN_IF_ERROR(tail_.file->Sync());
    tail_.bytes += bytes;
    return Status();
  }

  Status Failure() {
    const std::lock_guard guard(mutex_);
    return failure_;
  }

  // Acknowledges first, so that a Flush that returns means that every acknowledgement ran.
  void Settle(const std::vector<Pending>& batch, const Status& status) {
    int64_t bytes = 0;
    for (const Pending& pending : batch) {
      bytes += pending.bytes();
      if (pending.done) pending.done(status);
    }
    {
      const std::lock_guard guard(mutex_);
      settled_ += static_cast<int64_t>(batch.size());
      if (status.ok()) durable_ = settled_;
      unsettled_bytes_ -= bytes;
    }
    settled_change_.notify_all();
  }

  base::FileSystem& files_;
  const std::string directory_;
  const RecordLogOptions options_;
  const std::unique_ptr<base::FileLock> lock_;

  Tail tail_;            // of the writer thread
  bool failed_ = false;  // of the writer thread

  std::mutex mutex_;  // guards what follows
  std::condition_variable work_, settled_change_;
  std::deque<Pending> queue_;
  int64_t unsettled_bytes_ = 0;
  int64_t appended_ = 0, settled_ = 0, durable_ = 0;  // records; durable_ is the length of the acknowledged prefix
  Status failure_;
  bool closing_ = false;

  base::Thread writer_;  // last, so that it starts when all else stands
};

}  // namespace

Result<std::unique_ptr<RecordLog>> RecordLog::Open(base::FileSystem& files, const std::string& directory,
                                                   const RecordLogOptions& options) {
  PLUMB_RETURN_IF_ERROR(files.CreateDirectories(directory));
  Result<std::unique_ptr<base::FileLock>> lock = files.Lock(base::JoinPath(directory, kLockName));
  if (!lock.ok()) return lock.status().WithContext("Record log could not be opened");
  PLUMB_ASSIGN_OR_RETURN(Tail tail, OpenTail(files, directory));
  return std::unique_ptr<RecordLog>(
      std::make_unique<SegmentedLog>(files, directory, options, std::move(lock).value(), std::move(tail)));
}

Status ReadRecordLog(base::FileSystem& files, const std::string& directory,
                     const std::function<Status(std::string_view record)>& visit) {
  PLUMB_ASSIGN_OR_RETURN(const std::vector<int64_t> numbers, ListSegments(files, directory));
  for (const int64_t number : numbers) {
    const std::string path = base::JoinPath(directory, SegmentName(number));
    PLUMB_ASSIGN_OR_RETURN(const std::string bytes, files.ReadFile(path));
    PLUMB_RETURN_IF_ERROR(ReadSegment(bytes, number, number == numbers.back(), path, visit).status());
  }
  return Status();
}

}  // namespace plumb::store
