#include "engine/internal/plain_events.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "features/events.h"

namespace plumb::engine::internal {

base::Result<PlainEvents> PlainEvents::Make(const features::Source& source, const data::Batch& rows) {
  PlainEvents events;
  events.source_ = &source;
  const data::Schema wanted = features::EventSchema(source);
  for (const data::Field& field : wanted.fields()) {
    const data::Column* column = rows.Find(field.name);
    if (column == nullptr || column->type() != field.type) {
      return base::InvalidArgument("Event rows of source {} have no column {} of type {}.", source.name, field.name,
                                   data::TypeName(field.type));
    }
    events.rows_.AddColumn(field.name, *column);
  }
  events.rows_.rows = rows.rows;
  events.event_time_ = events.rows_.schema.IndexOf(features::kEventTimeColumn);
  events.known_at_ = events.rows_.schema.IndexOf(features::kKnownAtColumn);
  events.event_id_ = events.rows_.schema.IndexOf(features::kEventIdColumn);
  events.deleted_ = events.rows_.schema.IndexOf(features::kDeletedColumn);
  for (const int required : {events.known_at_, events.event_id_}) {
    if (required < 0) continue;
    const data::Column& column = events.rows_.columns[static_cast<size_t>(required)];
    for (size_t row = 0; row < rows.rows; ++row) {
      if (!column.IsNull(row)) continue;
      return base::InvalidArgument("Event row of source {} has no {}: row {}.", source.name,
                                   events.rows_.schema.fields()[static_cast<size_t>(required)].name, row + 1);
    }
  }
  events.GroupVersions();
  return events;
}

void PlainEvents::GroupVersions() {
  if (event_id_ < 0) return;
  const data::Column& ids = ColumnAt(event_id_);
  std::unordered_map<std::string_view, int64_t> newest;  // by id: the row that is a version of it and was met last
  newest.reserve(rows_.rows);
  for (int64_t row = 0; row < size(); ++row) {
    const auto [found, is_first] = newest.emplace(ids.String(static_cast<size_t>(row)), row);
    next_version_.push_back(row);
    if (is_first) continue;
    std::swap(next_version_.back(), next_version_[static_cast<size_t>(found->second)]);
    found->second = row;
  }
}

std::string PlainEvents::EventId(int64_t row) const {
  if (event_id_ < 0) return "";
  return std::string(rows_.columns[static_cast<size_t>(event_id_)].String(static_cast<size_t>(row)));
}

std::vector<int64_t> PlainEvents::Versions(int64_t row) const {
  if (event_id_ < 0) return {row};
  std::vector<int64_t> versions = {row};
  for (int64_t version = NextVersion(row); version != row; version = NextVersion(version)) versions.push_back(version);
  std::sort(versions.begin(), versions.end());
  return versions;
}

std::string PlainEvents::Canonical(int64_t row) const {
  std::string encoding;
  for (const data::Field& field : source_->columns.fields()) {
    data::AppendCanonical(rows_.Find(field.name)->At(static_cast<size_t>(row)), &encoding);
  }
  for (const int column : {event_time_, deleted_}) {
    if (column < 0) continue;
    data::AppendCanonical(rows_.columns[static_cast<size_t>(column)].At(static_cast<size_t>(row)), &encoding);
  }
  return encoding;
}

bool PlainEvents::IsDeleted(int64_t row) const {
  if (deleted_ < 0) return false;
  const auto at = static_cast<size_t>(row);
  return !ColumnAt(deleted_).IsNull(at) && ColumnAt(deleted_).Int(at) != 0;
}

// The version that is the event at `cut`. Requires: at least `row` is known.
int64_t PlainEvents::VersionAt(int64_t row, base::Time cut) const {
  int64_t best = row;
  for (int64_t version = NextVersion(row); version != row; version = NextVersion(version)) {
    if (KnownAt(version) >= cut || KnownAt(version) < KnownAt(best)) continue;
    if (KnownAt(version) == KnownAt(best)) {
      const int order = Canonical(version).compare(Canonical(best));
      if (order > 0 || (order == 0 && version > best)) continue;
    }
    best = version;
  }
  return best;
}

EventVerdict PlainEvents::KnownVersionVerdict(int64_t row, base::Time cut) const {
  const int64_t counts = VersionAt(row, cut);
  if (counts != row) return KnownAt(counts) == KnownAt(row) ? EventVerdict::kConflicting : EventVerdict::kSuperseded;
  if (IsDeleted(row)) return EventVerdict::kDeleted;
  return HasTime(row) ? EventVerdict::kUsed : EventVerdict::kNoTime;
}

}  // namespace plumb::engine::internal
