// parquet_event_log.h: an EventLog over Parquet files as they lie, one row group at a time.
//
// Why: history often lies in Parquet files that need no project to be understood: a column says when, another perhaps
// when it was known. A row group is decoded when it is asked for, and only the columns that are wanted, so row groups
// can be decoded on all cores and never stand in memory all at once (the files' bytes do).
//
// A row's __event_time is the column `event_time`, its __known_at the column `known_at` or event_time +
// available_after, its __event_id the text of the column `event_id`. A row without event_time is an error unless it has
// an id, which it then withdraws; one without known_at or id always is.
//
// Errors: those of parquet.h; kNotFound for a source that was not added. Thread safety: Add before sharing; then any
// thread.
//
//   ParquetEventLog log(files, "history");                     // from parquet_event_log_test.cc
//   log.Add("payments", {.paths = {"payments.parquet"}, .columns = schema, .event_time = "at"});
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/file_system.h"
#include "base/time.h"
#include "data/event_log.h"
#include "data/type.h"

namespace plumb::data {

struct ParquetEvents {
  std::vector<std::string> paths;
  Schema columns;          // declared
  std::string event_time;  // a declared timestamp
  std::string known_at;    // a declared timestamp, or empty
  base::Duration available_after = 0;
  std::string event_id;  // a declared int64 or string, or empty
};

class ParquetEventLog : public EventLog {
 public:
  ParquetEventLog(base::FileSystem& files, std::string data_version)
      : files_(files), data_version_(std::move(data_version)) {}

  void Add(std::string source, ParquetEvents events) { events_[std::move(source)] = std::move(events); }

  [[nodiscard]] std::string DataVersion() const override { return data_version_; }
  base::Result<Batch> ReadEvents(std::string_view source) override;
  // A piece is a row group.
  base::Result<std::unique_ptr<EventReader>> OpenEvents(std::string_view source,
                                                        const std::vector<std::string>& columns) override;

 private:
  base::FileSystem& files_;
  std::string data_version_;
  std::map<std::string, ParquetEvents, std::less<>> events_;
};

}  // namespace plumb::data
