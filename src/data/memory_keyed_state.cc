#include "data/memory_keyed_state.h"

#include <mutex>
#include <utility>

namespace plumb::data {

base::Result<std::optional<std::string>> MemoryKeyedState::Get(std::string_view space, std::string_view key) {
  const std::shared_lock lock(mutex_);
  const auto keys = spaces_.find(space);
  if (keys == spaces_.end()) return std::optional<std::string>();
  const auto found = keys->second.find(key);
  if (found == keys->second.end()) return std::optional<std::string>();
  return std::optional<std::string>(found->second);
}

base::Status MemoryKeyedState::Apply(const std::vector<StateChange>& changes) {
  const std::unique_lock lock(mutex_);
  for (const StateChange& change : changes) {
    Space& keys = spaces_[change.space];
    if (change.value.has_value()) {
      keys[change.key] = *change.value;
    } else {
      keys.erase(change.key);
    }
  }
  return {};
}

base::Status MemoryKeyedState::Scan(std::string_view space, std::string_view prefix, const Visit& visit) {
  std::vector<std::pair<std::string, std::string>> found;
  {
    const std::shared_lock lock(mutex_);
    const auto keys = spaces_.find(space);
    if (keys == spaces_.end()) return {};
    for (auto it = keys->second.lower_bound(prefix); it != keys->second.end() && it->first.starts_with(prefix); ++it) {
      found.emplace_back(*it);
    }
  }
  for (const auto& [key, value] : found) {
    if (!visit(key, value)) break;
  }
  return {};
}

}  // namespace plumb::data
