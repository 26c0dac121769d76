// event_versions.h: the rows of one source by event id: which of its versions counts.
//
// Later known_at wins; of equal ones the first in canonical encoding counts. Rows of a source without event ids have
// none. Thread safety: const use. The rows must outlive it.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "data/event_log.h"

namespace plumb::learn {

class EventVersions {
 public:
  explicit EventVersions(const data::Batch& rows);

  [[nodiscard]] bool has_ids() const { return !by_id_.empty(); }
  // Row numbers of each event, the one that counts last.
  [[nodiscard]] const std::unordered_map<std::string_view, std::vector<int64_t>>& by_id() const { return by_id_; }
  [[nodiscard]] base::Time KnownAt(int64_t row) const { return known_at_->Int(static_cast<size_t>(row)); }
  // The newest version of the event, or -1: none, or withdrawn.
  [[nodiscard]] int64_t Newest(std::string_view id) const;
  // Whether this version withdraws its event.
  [[nodiscard]] bool Withdrawn(int64_t row) const;

 private:
  [[nodiscard]] bool IsEarlier(int64_t a, int64_t b) const;
  [[nodiscard]] std::string Encoding(int64_t row) const;

  const data::Batch& rows_;
  const data::Column *known_at_, *event_time_, *deleted_;
  std::unordered_map<std::string_view, std::vector<int64_t>> by_id_;
};

}  // namespace plumb::learn
