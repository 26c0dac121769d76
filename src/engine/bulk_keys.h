// bulk_keys.h: the key of an entity as one word, and the partition that the word falls into.
//
// Why: rows and questions meet by key; a word is compared and hashed at once. A single integer, bool or timestamp
// stands for itself; strings and composite keys are numbered; the entity without keys is word 0.
//
// Thread safety: any thread.
#pragma once

#include <memory>
#include <vector>

#include "data/column.h"
#include "engine/bulk_strings.h"

namespace plumb::engine {

inline uint64_t MixKey(uint64_t word) {
  word *= 0x9E3779B97F4A7C15U;
  word ^= word >> 32;
  word *= 0xD6E8FEB86659FD93U;
  return word ^ (word >> 32);
}

// Partitions are numbered by the top bits of the mixed key; `bits` may be 0.
inline uint32_t PartitionOf(uint64_t key, int bits) {
  return bits == 0 ? 0 : static_cast<uint32_t>(MixKey(key) >> (64 - bits));
}

struct KeyWords {
  const uint64_t* numbers = nullptr;  // words that stand in a column
  std::vector<uint64_t> words;        // else
  std::vector<uint8_t> is_null;       // a key is null; empty: none is
  size_t rows = 0;
  [[nodiscard]] size_t size() const { return rows; }
  [[nodiscard]] const uint64_t* data() const { return numbers != nullptr ? numbers : words.data(); }
  [[nodiscard]] bool IsNull(size_t row) const { return !is_null.empty() && is_null[row] != 0; }
};

// Of one list of key types; shared by all tables with these keys.
class BulkKeys {
 public:
  // No key of the table: what Find gives for a key that no row has. Numbers never get there.
  static constexpr uint64_t kUnknown = ~uint64_t{0};

  explicit BulkKeys(const data::Schema& keys);

  [[nodiscard]] const data::Schema& schema() const { return schema_; }
  // The words of rows [begin, end), as long as the columns live; those of new keys are made.
  KeyWords Intern(const std::vector<const data::Column*>& columns, size_t begin, size_t end) {
    return Words(columns, begin, end, true);
  }
  KeyWords Find(const std::vector<const data::Column*>& columns, size_t begin, size_t end) {
    return Words(columns, begin, end, false);
  }
  [[nodiscard]] int64_t bytes() const { return strings_.bytes(); }

 private:
  KeyWords Words(const std::vector<const data::Column*>& columns, size_t begin, size_t end, bool add);

  data::Schema schema_;
  bool is_number_ = false;  // one key that is its own word
  BulkStrings strings_;
};

}  // namespace plumb::engine
