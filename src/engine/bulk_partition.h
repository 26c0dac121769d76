// bulk_partition.h: the rows of one partition of a table in order: entity by entity, each by event_time, known_at and
// event_id; column by column.
//
// Why: a window of an entity is a contiguous range of rows wherever visibility is decided by time alone, and the
// columns of a partition fit a core's cache. Segments mostly come in order of time already, so rows are grouped by
// entity first and only those entities sorted that need it.
//
// Thread safety: immutable once built. Invariant: rows with an equal key are adjacent and in order.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/bulk_segment.h"
#include "engine/bulk_versions.h"

namespace plumb::engine {

// A row that another version replaces.
struct HiddenRow {
  uint32_t row = 0;
  base::Time from = base::kTimeMax;
};

class BulkPartition {
 public:
  struct Entity {
    uint32_t begin = 0, end = 0;  // rows
  };

  // `versions` says which rows of a source with ids do not count and which are hidden later; null for others.
  // Requires: fewer than 2^32 rows.
  static BulkPartition Build(const TableLayout& layout, std::span<const BulkSegment> segments,
                             const BulkVersions* versions);

  [[nodiscard]] size_t rows() const { return rows_; }
  [[nodiscard]] size_t entities() const { return begins_.size() - 1; }
  // The entity of a key, or one without rows.
  [[nodiscard]] Entity Find(uint64_t key) const;

  [[nodiscard]] const base::Time* event_times() const { return reinterpret_cast<const base::Time*>(words_.get()); }
  // Null: every row was known at a constant distance from its event_time, delay().
  [[nodiscard]] const base::Time* known_times() const {
    return has_known_ ? reinterpret_cast<const base::Time*>(Column(1)) : nullptr;
  }
  [[nodiscard]] base::Duration delay() const { return delay_; }
  [[nodiscard]] base::Time KnownAt(size_t row) const {
    return has_known_ ? static_cast<base::Time>(Column(1)[row]) : event_times()[row] + delay_;
  }
  [[nodiscard]] const uint64_t* values(int argument) const {
    return Column(value_column() + static_cast<size_t>(argument));
  }
  // Null: all flags of all rows are set.
  [[nodiscard]] const uint64_t* flags(int flag_word) const {
    return has_flags_ ? Column(value_column() + values_ + static_cast<size_t>(flag_word)) : nullptr;
  }
  [[nodiscard]] std::span<const HiddenRow> hidden() const { return hidden_; }  // by row

  [[nodiscard]] int64_t bytes() const;

  // For scratch files, as BulkSegment's. Only the words of a row are kept with it.
  void AppendTo(std::string* out) const;
  static base::Result<BulkPartition> Parse(std::string_view bytes);

 private:
  friend class PartitionBuilder;
  [[nodiscard]] const uint64_t* Column(size_t column) const { return words_.get() + column * rows_; }
  [[nodiscard]] size_t value_column() const { return has_known_ ? 2 : 1; }

  size_t rows_ = 0, columns_ = 0, values_ = 0;
  bool has_known_ = false, has_flags_ = false;
  base::Duration delay_ = 0;
  std::unique_ptr<uint64_t[]> words_;  // event_time, known_at if has_known_, values, flag words if has_flags_
  std::vector<HiddenRow> hidden_;
  std::vector<uint64_t> keys_;          // of entities, in order of their rows
  std::vector<uint32_t> begins_ = {0};  // of their rows, and the end of the last
  std::vector<uint32_t> index_;         // open addressing by key: entity + 1, or 0
};

}  // namespace plumb::engine
