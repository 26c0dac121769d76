#include "engine/entity_table.h"

#include <algorithm>

namespace plumb::engine {

const EntityState* EntityTable::FindUnlocked(std::string_view key) const {
  const Shard& shard = ShardOf(key);
  const auto found = shard.entities.find(key);
  return found == shard.entities.end() ? nullptr : &found->second;
}

const std::string* EntityTable::Touch(const std::string& key) {
  Shard& shard = shards_[ShardIndex(key)];
  // Only this thread writes, so looking needs no lock.
  const auto found = shard.entities.find(key);
  if (found != shard.entities.end()) return &found->first;
  const std::unique_lock lock(shard.mutex);
  entities_.fetch_add(1, std::memory_order_relaxed);
  return &shard.entities.try_emplace(key, layout_, chunk_rows_).first->first;
}

EntityState* EntityTable::StateOf(const std::string* touched_key) {
  return &shards_[ShardIndex(*touched_key)].entities.find(*touched_key)->second;
}

void EntityTable::Build(const std::string* touched_key, const std::vector<const uint64_t*>& rows) {
  const std::unique_lock lock(shards_[ShardIndex(*touched_key)].mutex);
  StateOf(touched_key)->Build(rows);
}

void EntityTable::Apply(const std::vector<RowChange>& changes) {
  std::vector<size_t> shards;
  for (const RowChange& change : changes) shards.push_back(ShardIndex(*change.key));
  std::sort(shards.begin(), shards.end());
  shards.erase(std::unique(shards.begin(), shards.end()), shards.end());
  std::vector<std::unique_lock<std::shared_mutex>> locks;
  for (const size_t shard : shards) locks.emplace_back(shards_[shard].mutex);
  for (const RowChange& change : changes) {
    EntityState* state = StateOf(change.key);
    switch (change.kind) {
      case RowChange::Kind::kInsert:
        state->Insert(change.row);
        break;
      case RowChange::Kind::kRemove:
        PLUMB_CHECK(state->Remove(change.row), "A row that is taken out was there.");
        break;
      case RowChange::Kind::kHide:
        PLUMB_CHECK(state->SetHiddenFrom(change.row, change.hidden_from), "A row that is superseded was there.");
        break;
    }
  }
}

}  // namespace plumb::engine
