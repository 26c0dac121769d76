#include "engine/bulk_versions.h"

#include <algorithm>
#include <map>

#include "base/hash.h"
#include "engine/source_events.h"

namespace plumb::engine {

BulkVersions::BulkVersions() : blocks_(size_t{1} << kPartitionBits) {}

void BulkVersions::Add(const data::Column& ids, const data::Column& known_at, uint64_t first_number) {
  std::vector<IdBlock> blocks(blocks_.size());
  for (size_t row = 0; row < ids.size(); ++row) {
    const std::string_view id = ids.String(row);
    const uint64_t hash = base::Hash64(id);
    IdBlock& block = blocks[hash >> (64 - kPartitionBits)];
    block.rows.push_back({hash, first_number + row, known_at.Int(row)});
    block.bytes.append(id);
    block.ends.push_back(static_cast<uint32_t>(block.bytes.size()));
  }
  const std::lock_guard lock(mutex_);
  for (size_t partition = 0; partition < blocks.size(); ++partition) {
    if (blocks[partition].rows.empty()) continue;
    bytes_ += static_cast<int64_t>(blocks[partition].rows.size() * (sizeof(IdRow) + sizeof(uint32_t)) +
                                   blocks[partition].bytes.size());
    blocks_[partition].push_back(std::move(blocks[partition]));
  }
}

// All versions of events that have more than one.
std::vector<BulkVersions::Versions> BulkVersions::FindRepeated(size_t partition) const {
  struct Place {
    uint32_t block = 0, row = 0;
    uint32_t event = 0;  // in `events`, counted from 1; 0: alone so far
    bool is_used = false;
  };
  size_t rows = 0;
  for (const IdBlock& block : blocks_[partition]) rows += block.rows.size();
  size_t slots = 16;
  while (slots < rows * 2) slots *= 2;
  std::vector<Place> table(slots);
  std::vector<Versions> events;
  const auto version_at = [&](const Place& place) {
    const IdRow& row = blocks_[partition][place.block].rows[place.row];
    return Version{row.known_at, row.number};
  };
  for (uint32_t b = 0; b < blocks_[partition].size(); ++b) {
    const IdBlock& block = blocks_[partition][b];
    for (uint32_t row = 0; row < block.rows.size(); ++row) {
      size_t at = block.rows[row].hash & (slots - 1);
      const auto is_other = [&](const Place& place) {
        const IdBlock& of = blocks_[partition][place.block];
        return of.rows[place.row].hash != block.rows[row].hash || of.Id(place.row) != block.Id(row);
      };
      while (table[at].is_used && is_other(table[at])) at = (at + 1) & (slots - 1);
      if (!table[at].is_used) {
        table[at] = {b, row, 0, true};
        continue;
      }
      if (table[at].event == 0) {
        events.push_back({version_at(table[at])});
        table[at].event = static_cast<uint32_t>(events.size());
      }
      events[table[at].event - 1].push_back(version_at({b, row}));
    }
  }
  return events;
}

// The canonical encodings of rows that share id and known_at with another.
base::Status BulkVersions::Encode(const features::Source& source, const std::vector<Versions>& events,
                                  const Reread& reread, std::unordered_map<uint64_t, std::string>* encodings) {
  std::map<size_t, std::vector<uint64_t>> numbers;  // by piece
  for (const Versions& versions : events) {
    for (size_t i = 0; i < versions.size(); ++i) {
      const bool is_tied = (i > 0 && versions[i - 1].known_at == versions[i].known_at) ||
                           (i + 1 < versions.size() && versions[i + 1].known_at == versions[i].known_at);
      if (is_tied) numbers[versions[i].number >> 32].push_back(versions[i].number);
    }
  }
  for (const auto& [piece, of_piece] : numbers) {
    PLUMB_ASSIGN_OR_RETURN(const data::Batch rows, reread(piece));
    for (const uint64_t number : of_piece) {
      const size_t row = number & 0xffffffffU;
      if (row >= rows.rows) return base::DataLoss("Events changed while they were read: source {}.", source.name);
      AppendRowEncoding(source, rows, row, &(*encodings)[number]);
    }
  }
  return {};
}

void BulkVersions::Note(uint64_t number, const Fate& fate) {
  const size_t piece = number >> 32, row = number & 0xffffffffU;
  if (marks_.size() <= piece) marks_.resize(piece + 1);
  if (marks_[piece].size() <= row / 64) marks_[piece].resize(row / 64 + 1);
  marks_[piece][row / 64] |= uint64_t{1} << (row % 64);
  fates_[number] = fate;
}

void BulkVersions::Settle(Versions* versions, const std::unordered_map<uint64_t, std::string>& encodings) {
  const auto is_before = [&](const Version& a, const Version& b) {
    if (a.known_at != b.known_at) return a.known_at < b.known_at;
    return encodings.at(a.number) < encodings.at(b.number);
  };
  std::sort(versions->begin(), versions->end(), is_before);
  size_t last = 0;
  for (size_t i = 1; i < versions->size(); ++i) {
    if ((*versions)[i].known_at == (*versions)[last].known_at) {
      Note((*versions)[i].number, {false, base::kTimeMax});
      continue;
    }
    Note((*versions)[last].number, {true, (*versions)[i].known_at});
    last = i;
  }
}

base::Status BulkVersions::Resolve(const features::Source& source, const Reread& reread, base::Executor& executor) {
  std::vector<std::vector<Versions>> repeated(blocks_.size());
  executor.ParallelFor(blocks_.size(), 1, [&](size_t begin, size_t end) {
    for (size_t partition = begin; partition < end; ++partition) {
      repeated[partition] = FindRepeated(partition);
      for (Versions& versions : repeated[partition]) {
        std::sort(versions.begin(), versions.end(),
                  [](const Version& a, const Version& b) { return a.known_at < b.known_at; });
      }
      std::vector<IdBlock>().swap(blocks_[partition]);
    }
  });
  std::vector<Versions> events;
  for (auto& of_partition : repeated) {
    std::move(of_partition.begin(), of_partition.end(), std::back_inserter(events));
  }
  std::unordered_map<uint64_t, std::string> encodings;
  PLUMB_RETURN_IF_ERROR(Encode(source, events, reread, &encodings));
  for (Versions& versions : events) Settle(&versions, encodings);
  bytes_ = static_cast<int64_t>(fates_.size() * 64);
  return {};
}

}  // namespace plumb::engine
