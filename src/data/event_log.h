// event_log.h: the ports through which rows come and go: EventLog, BatchSource, BatchSink.
//
// Why: the engine computes on events without knowing where they lie; files, lake, tests and servers implement these.
// They say only what every implementation can keep.
//
// Thread safety: of an EventLog, const or not, from any thread at once; a BatchSource or BatchSink has one user at a
// time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "data/column.h"

namespace plumb::data {

// The system columns of event rows. They follow the declared columns.
inline constexpr const char* kEventTimeColumn = "__event_time";  // timestamp; null withdraws the event
inline constexpr const char* kKnownAtColumn = "__known_at";      // timestamp; never null
inline constexpr const char* kEventIdColumn = "__event_id";      // string; absent when every row is an event of its own
inline constexpr const char* kDeletedColumn = "__deleted";       // bool; absent when the source has no deletes

// Some columns of the events of one source, in pieces. Thread safety: pieces may be read at once and in any order.
class EventReader {
 public:
  virtual ~EventReader() = default;
  [[nodiscard]] virtual size_t pieces() const = 0;
  [[nodiscard]] virtual int64_t rows() const = 0;  // of all pieces
  // Requires: piece < pieces(), and it was not read before.
  virtual base::Result<Batch> ReadPiece(size_t piece) = 0;
};

// All events of every source, pinned at one data version: reading twice gives the same rows. Reading at another version
// needs another EventLog.
class EventLog {
 public:
  virtual ~EventLog() = default;

  // Names what the events are, for audits: equal versions have equal events. Opaque; never empty.
  [[nodiscard]] virtual std::string DataVersion() const = 0;

  // Every version of every event of the source, in no particular order: declared columns, __event_time, __known_at and,
  // where the source has them, __event_id and __deleted. kNotFound for a source the log does not have; a source without
  // events is an empty batch with its schema.
  virtual base::Result<Batch> ReadEvents(std::string_view source) = 0;

  // The same rows, of the columns that are named only; names that the source's events do not have are left out. Two
  // readers of one log give the same rows in the same pieces and the same order. What is not overridden reads
  // everything at once: one piece.
  virtual base::Result<std::unique_ptr<EventReader>> OpenEvents(std::string_view source,
                                                                const std::vector<std::string>& columns);
};

// Rows in pieces, for what need not be in memory at once. All pieces have the schema.
class BatchSource {
 public:
  virtual ~BatchSource() = default;
  [[nodiscard]] virtual const Schema& schema() const = 0;
  // The next rows, never zero of them, or nothing at the end. After an error the source is spent.
  virtual base::Result<std::optional<Batch>> Next() = 0;
};

// Takes rows. Nothing is visible to readers before Finish() returned OK; a sink destroyed without it leaves nothing.
class BatchSink {
 public:
  virtual ~BatchSink() = default;
  // Requires: the schema the sink was made with. After an error the sink is spent.
  virtual base::Status Write(const Batch& batch) = 0;
  virtual base::Status Finish() = 0;  // once, last
};

}  // namespace plumb::data
