#include "operate/current_events.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>

#include "engine/source_events.h"
#include "features/events.h"

namespace plumb::operate {
namespace {

// Which of two versions of one event counts, and of two rows of a table's key.
class VersionOrder {
 public:
  VersionOrder(const features::Source& source, const data::Batch& events)
      : source_(source),
        events_(events),
        event_time_(*events.Find(features::kEventTimeColumn)),
        known_at_(*events.Find(features::kKnownAtColumn)) {}

  [[nodiscard]] bool Replaces(size_t row, size_t other) const {
    if (source_.is_table() && event_time_.Int(row) != event_time_.Int(other)) {
      return event_time_.Int(row) > event_time_.Int(other);
    }
    if (known_at_.Int(row) != known_at_.Int(other)) return known_at_.Int(row) > known_at_.Int(other);
    return Encoding(row) < Encoding(other);
  }

 private:
  [[nodiscard]] std::string Encoding(size_t row) const {
    std::string encoding;
    engine::AppendRowEncoding(source_, events_, row, &encoding);
    return encoding;
  }

  const features::Source& source_;
  const data::Batch& events_;
  const data::Column& event_time_;
  const data::Column& known_at_;
};

// What the versions of one thing share: the event id, or the key of a table.
std::vector<std::string> NamesOf(const features::Source& source, const data::Batch& events) {
  std::vector<std::string> names(events.rows);
  for (const std::string& column : source.key) {
    const data::Column& values = *events.Find(column);
    for (size_t row = 0; row < events.rows; ++row) data::AppendCanonical(values.At(row), &names[row]);
  }
  if (source.is_table()) return names;
  const data::Column& ids = *events.Find(features::kEventIdColumn);
  for (size_t row = 0; row < events.rows; ++row) names[row] = ids.String(row);
  return names;
}

}  // namespace

std::vector<int64_t> CurrentEvents(const features::Source& source, const data::Batch& events) {
  std::vector<int64_t> current;
  if (!source.has_event_id()) {
    for (size_t row = 0; row < events.rows; ++row) {
      if (engine::IsLive(events, row)) current.push_back(static_cast<int64_t>(row));
    }
    return current;
  }
  const std::vector<std::string> names = NamesOf(source, events);
  const VersionOrder order(source, events);
  std::unordered_map<std::string_view, size_t> newest;
  newest.reserve(events.rows);
  for (size_t row = 0; row < events.rows; ++row) {
    const auto [found, is_new] = newest.emplace(names[row], row);
    if (!is_new && order.Replaces(row, found->second)) found->second = row;
  }
  for (const auto& [name, row] : newest) {
    if (engine::IsLive(events, row)) current.push_back(static_cast<int64_t>(row));
  }
  std::sort(current.begin(), current.end());
  return current;
}

}  // namespace plumb::operate
