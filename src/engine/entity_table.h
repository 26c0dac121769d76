// entity_table.h: the states of all entities of one kind over one source, for many readers and one writer.
//
// Thread safety: Read from any thread; Touch and Apply from one thread at a time. A reader never sees half of an Apply:
// entities are spread over shards, each with its lock, and an Apply holds all the locks it needs. FindUnlocked is for
// tables that nobody writes any more.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/entity_state.h"

namespace plumb::engine {

struct RowChange {
  enum class Kind { kInsert, kRemove, kHide };
  Kind kind = Kind::kInsert;
  const std::string* key = nullptr;  // of Touch
  const uint64_t* row = nullptr;
  base::Time hidden_from = base::kTimeMax;  // kHide
};

class EntityTable {
 public:
  EntityTable(const TableLayout* layout, int chunk_rows) : layout_(layout), chunk_rows_(chunk_rows) {}

  [[nodiscard]] const TableLayout& layout() const { return *layout_; }
  StringPool& strings() { return strings_; }  // the writer's

  // Calls read(const EntityState*), with null for an unknown key, under the lock of the key.
  template <typename Reading>
  void Read(std::string_view key, const Reading& read) const {
    const Shard& shard = ShardOf(key);
    const std::shared_lock lock(shard.mutex);
    const auto found = shard.entities.find(key);
    read(found == shard.entities.end() ? nullptr : &found->second);
  }
  [[nodiscard]] const EntityState* FindUnlocked(std::string_view key) const;

  // The stored key, with an empty state if it is new. Stays good for the life of the table.
  const std::string* Touch(const std::string& key);
  // All at once for readers.
  void Apply(const std::vector<RowChange>& changes);
  // Makes the state of a touched key of rows in CompareRows order, all at once for readers of the key.
  void Build(const std::string* touched_key, const std::vector<const uint64_t*>& rows);
  // The state to Build, before anyone reads.
  EntityState* StateOf(const std::string* touched_key);

  [[nodiscard]] int64_t entities() const { return entities_.load(std::memory_order_relaxed); }

 private:
  static constexpr size_t kShards = 64;
  struct Shard {
    mutable std::shared_mutex mutex;  // guards entities and their states
    std::unordered_map<std::string, EntityState, BytesHash, BytesEqual> entities;
  };
  static size_t ShardIndex(std::string_view key) { return base::Hash64(key, 1) % kShards; }
  [[nodiscard]] const Shard& ShardOf(std::string_view key) const { return shards_[ShardIndex(key)]; }

  const TableLayout* layout_;
  int chunk_rows_;
  StringPool strings_;
  std::array<Shard, kShards> shards_;
  std::atomic<int64_t> entities_{0};
};

}  // namespace plumb::engine
