// bulk_versions.h: which rows of a source with event_ids do not count, and until when the others are visible.
//
// Why: of the versions of one event (equal event_id) each is visible from its known_at until the next one's, and of
// those with equal known_at only the first in canonical encoding counts. Nearly all events have one version, so what is
// kept is the exceptions.
//
// How: the ids of all rows are spread by hash, partitions small enough for a core's cache; only rows whose id turns up
// again are looked at closer. Canonical encodings need all declared columns, so rows in conflict are read once more.
//
// Thread safety: Add from any thread; Resolve once, alone; then const use from any thread.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "base/executor.h"
#include "base/status.h"
#include "base/time.h"
#include "data/column.h"
#include "data/event_log.h"
#include "features/definitions.h"

namespace plumb::engine {

// Of a row: its piece above, its place in the piece below.
inline uint64_t RowNumber(size_t piece, size_t row) { return (uint64_t{piece} << 32) | row; }

class BulkVersions {
 public:
  BulkVersions();

  // The ids and known_at of a piece's rows; row 0 has `first_number`.
  void Add(const data::Column& ids, const data::Column& known_at, uint64_t first_number);
  // `reread` reads a piece of the source with all declared columns.
  using Reread = std::function<base::Result<data::Batch>(size_t piece)>;
  base::Status Resolve(const features::Source& source, const Reread& reread, base::Executor& executor);

  struct Fate {
    bool counts = true;
    base::Time hidden_from = base::kTimeMax;
  };
  [[nodiscard]] Fate Of(uint64_t number) const {
    const size_t piece = number >> 32, row = number & 0xffffffffU;
    if (piece >= marks_.size() || row / 64 >= marks_[piece].size()) return {};
    if ((marks_[piece][row / 64] >> (row % 64) & 1) == 0) return {};
    return fates_.at(number);
  }
  [[nodiscard]] int64_t bytes() const { return bytes_; }

 private:
  struct IdRow {
    uint64_t hash = 0, number = 0;
    base::Time known_at = 0;
  };
  struct IdBlock {  // of one piece, in one partition
    std::vector<IdRow> rows;
    std::string bytes;
    std::vector<uint32_t> ends;
    [[nodiscard]] std::string_view Id(size_t row) const {
      const uint32_t begin = row == 0 ? 0 : ends[row - 1];
      return std::string_view(bytes).substr(begin, ends[row] - begin);
    }
  };
  struct Version {
    base::Time known_at = 0;
    uint64_t number = 0;
  };
  using Versions = std::vector<Version>;  // of one event

  static constexpr int kPartitionBits = 8;
  [[nodiscard]] std::vector<Versions> FindRepeated(size_t partition) const;
  static base::Status Encode(const features::Source& source, const std::vector<Versions>& events, const Reread& reread,
                             std::unordered_map<uint64_t, std::string>* encodings);
  void Settle(Versions* versions, const std::unordered_map<uint64_t, std::string>& encodings);
  void Note(uint64_t number, const Fate& fate);

  std::mutex mutex_;                          // guards blocks_ and bytes_ until Resolve
  std::vector<std::vector<IdBlock>> blocks_;  // [partition]
  int64_t bytes_ = 0;
  std::vector<std::vector<uint64_t>> marks_;  // [piece] one bit a row: it stands in fates_
  std::unordered_map<uint64_t, Fate> fates_;
};

}  // namespace plumb::engine
