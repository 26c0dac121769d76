// memory_event_log.h: an EventLog over batches in memory, for tests and for events that were just read from files.
//
// Thread safety: Put before sharing; then reads are safe from any thread.
//
//   MemoryEventLog log("test");
//   log.Put("flights", rows);
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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
  // Copies no other columns. Requires: no Put while the reader lives.
  base::Result<std::unique_ptr<EventReader>> OpenEvents(std::string_view source,
                                                        const std::vector<std::string>& columns) override {
    const auto found = rows_.find(source);
    if (found == rows_.end()) return base::NotFound("Source has no events in this log: {}.", source);
    return std::unique_ptr<EventReader>(std::make_unique<Reader>(&found->second, columns));
  }

 private:
  class Reader : public EventReader {
   public:
    Reader(const Batch* rows, std::vector<std::string> columns) : rows_(rows), columns_(std::move(columns)) {}
    [[nodiscard]] size_t pieces() const override { return 1; }
    [[nodiscard]] int64_t rows() const override { return static_cast<int64_t>(rows_->rows); }
    base::Result<Batch> ReadPiece(size_t) override {
      Batch batch;
      batch.rows = rows_->rows;
      for (const std::string& name : columns_) {
        if (const Column* column = rows_->Find(name)) batch.AddColumn(name, *column);
      }
      return batch;
    }

   private:
    const Batch* rows_;
    std::vector<std::string> columns_;
  };

  std::string data_version_;
  std::map<std::string, Batch, std::less<>> rows_;
};

}  // namespace plumb::data
