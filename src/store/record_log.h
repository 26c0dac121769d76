// record_log.h: an append-only log of opaque records that survives a crash: what is acknowledged is on the disk.
//
// A segment file starts with a magic and a version; a record is a length, a CRC-32C and its bytes. Appends are gathered
// and made durable by one writer thread with one fsync (group commit); the acknowledgement runs after it. A torn tail
// is cut on open; a broken record before the tail is kDataLoss. Segments roll at segment_bytes_max. After a failed
// write or fsync the log is closed for writing and every later append says so. Format: docs/formats/record_log.md.
//
// Thread safety: Append and Flush from any thread. ReadRecordLog also in another process while the log is written.
//
//   auto log = RecordLog::Open(files, "state/log").value();      // from record_log_test.cc,
//   RecordLog.GivesBackWhatWasAppended log->Append("first", [](const base::Status& status) { ... durable, if ok ... });
//   log->Flush();
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "base/status.h"

namespace plumb::store {

struct RecordLogOptions {
  int64_t segment_bytes_max = 64 << 20;
  int64_t queue_bytes_max = 64 << 20;  // appended and not yet durable; more is kResourceExhausted
  int64_t record_bytes_max = 16 << 20;
};

class RecordLog {
 public:
  // Opens or creates the log in `directory` and takes its lock (kUnavailable if another process has it).
  static base::Result<std::unique_ptr<RecordLog>> Open(base::FileSystem& files, const std::string& directory,
                                                       const RecordLogOptions& options = {});
  virtual ~RecordLog() = default;  // makes durable what was appended
  // `done`, which may be empty, runs on the writer thread once the record is durable, or with the error; it may append
  // but not flush. An error that is returned here is told only here: kResourceExhausted (queue full; try again later),
  // kInvalidArgument (record too large), or what closed the log.
  virtual base::Status Append(std::string record, std::function<void(const base::Status&)> done) = 0;
  // Waits until everything appended so far is durable.
  virtual base::Status Flush() = 0;
};

// Calls `visit` for every whole record in order; stops at its first error, which is returned. A torn or half-written
// tail ends the log; what it shows beyond the acknowledged records was written and is not yet known to be durable.
// kNotFound without a log, kDataLoss naming the file where it is damaged.
base::Status ReadRecordLog(base::FileSystem& files, const std::string& directory,
                           const std::function<base::Status(std::string_view record)>& visit);

}  // namespace plumb::store
