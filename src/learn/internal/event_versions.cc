#include "learn/internal/event_versions.h"

#include <algorithm>

namespace plumb::learn {

EventVersions::EventVersions(const data::Batch& rows)
    : rows_(rows),
      known_at_(rows.Find(data::kKnownAtColumn)),
      event_time_(rows.Find(data::kEventTimeColumn)),
      deleted_(rows.Find(data::kDeletedColumn)) {
  const data::Column* ids = rows.Find(data::kEventIdColumn);
  if (ids == nullptr) return;
  by_id_.reserve(rows.rows);
  for (size_t row = 0; row < rows.rows; row++) by_id_[ids->String(row)].push_back(static_cast<int64_t>(row));
  for (auto& [id, versions] : by_id_) {
    std::sort(versions.begin(), versions.end(), [this](int64_t a, int64_t b) { return IsEarlier(a, b); });
  }
}

int64_t EventVersions::Newest(std::string_view id) const {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return -1;
  return Withdrawn(found->second.back()) ? -1 : found->second.back();
}

bool EventVersions::Withdrawn(int64_t row) const {
  const auto at = static_cast<size_t>(row);
  return event_time_->IsNull(at) || (deleted_ != nullptr && !deleted_->IsNull(at) && deleted_->Int(at) != 0);
}

// By known_at; of equal ones the first in canonical encoding counts, so it stands last.
bool EventVersions::IsEarlier(int64_t a, int64_t b) const {
  if (KnownAt(a) != KnownAt(b)) return KnownAt(a) < KnownAt(b);
  return Encoding(a) > Encoding(b);
}

std::string EventVersions::Encoding(int64_t row) const {
  std::string out;
  for (const data::Column& column : rows_.columns) data::AppendCanonical(column.At(static_cast<size_t>(row)), &out);
  return out;
}

}  // namespace plumb::learn
