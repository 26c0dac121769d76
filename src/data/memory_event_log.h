// memory_event_log.h: an EventLog over batches in memory, for tests and for events that were just read from files.
//
// Thread safety: Put before sharing; then reads are safe from any thread.
//
//   MemoryEventLog log("test");
//   log.Put("flights", rows);
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "data/event_log.h"

namespace plumb::data {

class MemoryEventLog : public EventLog {
 public:
  explicit MemoryEventLog(std::string data_version) : data_version_(std::move(data_version)) {}

  // Replaces what the source had.
  void Put(std::string source, Batch rows) { rows_[std::move(source)] = std::move(rows); }

  [[nodiscard]] std::string DataVersion() const override { return data_version_; }
  base::Result<Batch> ReadEvents(std::string_view source) override {
    const auto found = rows_.find(source);
    if (found == rows_.end()) return base::NotFound("Source has no events in this log: {}.", source);
    return found->second;
  }

 private:
  std::string data_version_;
  std::map<std::string, Batch, std::less<>> rows_;
};

}  // namespace plumb::data
