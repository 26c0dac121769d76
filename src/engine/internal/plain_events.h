// plain_events.h: the event rows of a source, and which version of each event counts at a cut; for the brute-force
// evaluator.
//
// Versions. Rows with one event_id are versions of one event. At a cut the version known last before the cut is the
// event; all others are as if they had never been. Of versions known at the same instant the first in canonical
// encoding (declared columns, event_time, deleted) is taken, so that the order of arrival cannot matter. A version that
// is a delete or has no event_time withdraws the event: then nothing counts. A version with other keys moves the event
// to another entity. Without an event_id column every row is an event with one version.
//
// Thread safety: immutable once made.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "data/column.h"
#include "engine/brute_force.h"
#include "features/definitions.h"

namespace plumb::engine::internal {

class PlainEvents {
 public:
  // `rows` has at least the columns of features::EventSchema(source); kInvalidArgument if not.
  static base::Result<PlainEvents> Make(const features::Source& source, const data::Batch& rows);

  [[nodiscard]] const features::Source& source() const { return *source_; }
  [[nodiscard]] const data::Batch& rows() const { return rows_; }
  [[nodiscard]] int64_t size() const { return static_cast<int64_t>(rows_.rows); }

  [[nodiscard]] bool HasTime(int64_t row) const { return !ColumnAt(event_time_).IsNull(static_cast<size_t>(row)); }
  // Requires: HasTime.
  [[nodiscard]] base::Time EventTime(int64_t row) const { return ColumnAt(event_time_).Int(static_cast<size_t>(row)); }
  [[nodiscard]] base::Time KnownAt(int64_t row) const { return ColumnAt(known_at_).Int(static_cast<size_t>(row)); }
  [[nodiscard]] std::string EventId(int64_t row) const;  // "" without ids

  // All versions of the event that `row` is one of, in row order.
  [[nodiscard]] std::vector<int64_t> Versions(int64_t row) const;

  // kUsed if the row is its event at this cut; otherwise kNotYetKnown, kSuperseded, kConflicting, kDeleted or kNoTime.
  [[nodiscard]] EventVerdict VersionVerdict(int64_t row, base::Time cut) const {
    if (KnownAt(row) >= cut) return EventVerdict::kNotYetKnown;
    // Without ids every row is an event of its own, and nothing withdraws it.
    if (event_id_ < 0) return HasTime(row) ? EventVerdict::kUsed : EventVerdict::kNoTime;
    return KnownVersionVerdict(row, cut);
  }

  // Whether the row is its event at every cut after its known_at: it has a time, and is no delete and the only version.
  [[nodiscard]] bool CountsOnceKnown(int64_t row) const {
    return HasTime(row) && !IsDeleted(row) && (event_id_ < 0 || NextVersion(row) == row);
  }

 private:
  [[nodiscard]] bool IsDeleted(int64_t row) const;
  [[nodiscard]] const data::Column& ColumnAt(int index) const { return rows_.columns[static_cast<size_t>(index)]; }
  // With ids; the row itself when its event has no other version.
  [[nodiscard]] int64_t NextVersion(int64_t row) const { return next_version_[static_cast<size_t>(row)]; }
  [[nodiscard]] std::string Canonical(int64_t row) const;
  [[nodiscard]] EventVerdict KnownVersionVerdict(int64_t row, base::Time cut) const;
  [[nodiscard]] int64_t VersionAt(int64_t row, base::Time cut) const;
  void GroupVersions();

  const features::Source* source_ = nullptr;
  data::Batch rows_;
  int event_time_ = -1, known_at_ = -1, event_id_ = -1, deleted_ = -1;  // columns of rows_
  // With ids: the versions of an event as a ring, from each to the one met after it and from the last to the first.
  std::vector<int64_t> next_version_;
};

}  // namespace plumb::engine::internal
