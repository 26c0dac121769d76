// bulk_strings.h: byte strings kept once, for many writers at a time.
//
// Why: rows are encoded on all cores at once. A string becomes a number (for keys) and an address (for values, see
// value_word.h); within one BulkStrings equal strings have equal numbers and equal addresses. Which number a string
// gets depends on who came first, so nothing may depend on the order of numbers.
//
// Thread safety: Intern and Find from any thread, each with a Cache of its own. Addresses stay good as long as the
// object.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"

namespace plumb::engine {

class BulkStrings {
 public:
  struct Entry {
    std::string text;
    uint64_t number = 0;
  };
  // What one task has seen lately: frequent strings cost no lock.
  class Cache {
   private:
    friend class BulkStrings;
    static constexpr size_t kSlots = 4096;
    std::vector<const Entry*> slots_ = std::vector<const Entry*>(kSlots, nullptr);
  };

  const Entry* Intern(std::string_view text, Cache* cache) { return Get(text, cache, true); }
  // Null for a string that nobody interned.
  const Entry* Find(std::string_view text, Cache* cache) { return Get(text, cache, false); }
  [[nodiscard]] int64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  static constexpr size_t kShardBits = 6;
  struct Shard {
    std::mutex mutex;  // guards the rest
    std::deque<Entry> entries;
    std::vector<std::pair<uint64_t, const Entry*>> slots;  // by hash, open addressing; a power of two
  };

  const Entry* Get(std::string_view text, Cache* cache, bool add) {
    const uint64_t hash = base::Hash64(text);
    const Entry*& seen = cache->slots_[hash % Cache::kSlots];
    if (seen != nullptr && seen->text == text) return seen;
    const Entry* found = GetShared(text, hash, add);
    if (found != nullptr) seen = found;
    return found;
  }
  const Entry* GetShared(std::string_view text, uint64_t hash, bool add);
  static void Grow(Shard* shard);

  std::array<Shard, size_t{1} << kShardBits> shards_;
  std::atomic<int64_t> bytes_{0};
};

}  // namespace plumb::engine
