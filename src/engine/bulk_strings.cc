#include "engine/bulk_strings.h"

#include <algorithm>

namespace plumb::engine {

const BulkStrings::Entry* BulkStrings::GetShared(std::string_view text, uint64_t hash, bool add) {
  const size_t index = hash >> (64 - kShardBits);
  Shard& shard = shards_[index];
  const std::lock_guard lock(shard.mutex);
  if (shard.slots.empty()) {
    if (!add) return nullptr;
    shard.slots.resize(64);
  }
  const size_t mask = shard.slots.size() - 1;
  size_t at = (hash >> 8) & mask;
  for (; shard.slots[at].second != nullptr; at = (at + 1) & mask) {
    if (shard.slots[at].first == hash && shard.slots[at].second->text == text) return shard.slots[at].second;
  }
  if (!add) return nullptr;
  shard.entries.push_back({std::string(text), (uint64_t{shard.entries.size()} << kShardBits) | index});
  const Entry* entry = &shard.entries.back();
  shard.slots[at] = {hash, entry};
  constexpr size_t kSmallString = 15;
  const size_t heap = text.size() > kSmallString ? text.size() + 17 : 0;
  bytes_.fetch_add(static_cast<int64_t>(sizeof(Entry) + 32 + heap), std::memory_order_relaxed);
  if (shard.entries.size() * 2 > shard.slots.size()) Grow(&shard);
  return entry;
}

void BulkStrings::Grow(Shard* shard) {
  std::vector<std::pair<uint64_t, const Entry*>> larger(shard->slots.size() * 2);
  const size_t mask = larger.size() - 1;
  for (const auto& slot : shard->slots) {
    if (slot.second == nullptr) continue;
    size_t at = (slot.first >> 8) & mask;
    while (larger[at].second != nullptr) at = (at + 1) & mask;
    larger[at] = slot;
  }
  shard->slots = std::move(larger);
}

}  // namespace plumb::engine
