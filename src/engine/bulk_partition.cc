#include "engine/bulk_partition.h"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace plumb::engine {
namespace {

// A map from keys to entities by open addressing. The low bits choose the slot: the top ones chose the partition.
size_t SlotOf(uint64_t key, size_t mask) { return MixKey(key) & mask; }

}  // namespace

class PartitionBuilder {
 public:
  PartitionBuilder(const TableLayout& layout, std::span<const BulkSegment> segments, const BulkVersions* versions)
      : layout_(layout), segments_(segments), versions_(versions) {}

  BulkPartition Build() {
    ChooseForm();
    NumberEntities();
    if (part_.rows_ > 0) {
      Place();
      CopyColumns();
      SortEntities();
    }
    return std::move(part_);
  }

 private:
  static constexpr uint32_t kLeftOut = ~uint32_t{0};

  struct Origin {
    uint32_t segment = 0, row = 0;
  };

  void ChooseForm() {
    part_.values_ = layout_.arguments().size();
    part_.delay_ = segments_.empty() ? 0 : segments_.front().delay;
    for (const BulkSegment& segment : segments_) {
      part_.has_known_ = part_.has_known_ || segment.has_known || segment.delay != part_.delay_;
      part_.has_flags_ = part_.has_flags_ || segment.has_flags;
      rows_in_ += segment.rows;
    }
    flag_words_ = static_cast<size_t>((layout_.flag_bits() + 63) / 64);
    part_.columns_ = part_.value_column() + part_.values_ + (part_.has_flags_ ? flag_words_ : 0);
  }

  [[nodiscard]] bool Counts(const BulkSegment& segment, size_t row) const {
    return versions_ == nullptr || versions_->Of(segment.Column(segment.number_column())[row]).counts;
  }

  // The entity of every row, entities in order of their first row.
  void NumberEntities() {
    entity_of_.resize(rows_in_);
    std::vector<uint32_t> counts;
    size_t mask = 255, at_row = 0;
    std::vector<uint32_t> index(mask + 1, 0);
    for (const BulkSegment& segment : segments_) {
      const uint64_t* keys = segment.Column(0);
      for (size_t row = 0; row < segment.rows; ++row, ++at_row) {
        if (!Counts(segment, row)) {
          entity_of_[at_row] = kLeftOut;
          continue;
        }
        size_t slot = SlotOf(keys[row], mask);
        while (index[slot] != 0 && part_.keys_[index[slot] - 1] != keys[row]) slot = (slot + 1) & mask;
        if (index[slot] == 0) {
          part_.keys_.push_back(keys[row]);
          counts.push_back(0);
          index[slot] = static_cast<uint32_t>(part_.keys_.size());
        }
        const uint32_t entity = index[slot] - 1;
        entity_of_[at_row] = entity;
        ++counts[entity];
        if (part_.keys_.size() * 2 > index.size()) Rehash(&index, &mask);
      }
    }
    part_.index_ = std::move(index);
    part_.begins_.assign(counts.size() + 1, 0);
    std::partial_sum(counts.begin(), counts.end(), part_.begins_.begin() + 1);
    part_.rows_ = part_.begins_.back();
  }

  void Rehash(std::vector<uint32_t>* index, size_t* mask) {
    index->assign(index->size() * 2, 0);
    *mask = index->size() - 1;
    for (uint32_t entity = 0; entity < part_.keys_.size(); ++entity) {
      size_t slot = SlotOf(part_.keys_[entity], *mask);
      while ((*index)[slot] != 0) slot = (slot + 1) & *mask;
      (*index)[slot] = entity + 1;
    }
  }

  // Where every row goes: behind the rows of its entity that came before it. Turns entity_of_ into places.
  void Place() {
    std::vector<uint32_t> next(part_.begins_.begin(), part_.begins_.end() - 1);
    for (uint32_t& place : entity_of_) {
      if (place != kLeftOut) place = next[place]++;
    }
  }

  template <typename Fill>
  void ForEachRow(Fill fill) {
    size_t at_row = 0;
    for (uint32_t s = 0; s < segments_.size(); ++s) {
      for (uint32_t row = 0; row < segments_[s].rows; ++row, ++at_row) {
        if (entity_of_[at_row] != kLeftOut) fill(entity_of_[at_row], s, row);
      }
    }
  }

  void CopyColumn(size_t to, size_t offset_of_value) {
    uint64_t* out = part_.words_.get() + to * part_.rows_;
    size_t at_row = 0;
    for (const BulkSegment& segment : segments_) {
      const uint64_t* in = segment.Column(segment.value_column() + offset_of_value);
      const uint32_t* places = entity_of_.data() + at_row;
      for (size_t row = 0; row < segment.rows; ++row) {
        if (places[row] != kLeftOut) out[places[row]] = in[row];
      }
      at_row += segment.rows;
    }
  }

  void CopyColumns() {
    part_.words_ = std::make_unique_for_overwrite<uint64_t[]>(part_.columns_ * part_.rows_);
    uint64_t* times = part_.words_.get();
    ForEachRow([&](uint32_t place, uint32_t s, uint32_t row) { times[place] = segments_[s].Column(1)[row]; });
    if (part_.has_known_) {
      uint64_t* known = times + part_.rows_;
      ForEachRow([&](uint32_t place, uint32_t s, uint32_t row) {
        const BulkSegment& segment = segments_[s];
        known[place] = segment.has_known ? segment.Column(segment.known_column())[row]
                                         : segment.Column(1)[row] + static_cast<uint64_t>(segment.delay);
      });
    }
    for (size_t value = 0; value < part_.values_; ++value) CopyColumn(part_.value_column() + value, value);
    if (part_.has_flags_) CopyFlags();
    if (versions_ != nullptr) CopyVersions();
  }

  void CopyFlags() {
    for (size_t word = 0; word < flag_words_; ++word) {
      const int bits = std::min(64, layout_.flag_bits() - static_cast<int>(word) * 64);
      const uint64_t all = bits == 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1;
      uint64_t* out = part_.words_.get() + (part_.value_column() + part_.values_ + word) * part_.rows_;
      ForEachRow([&](uint32_t place, uint32_t s, uint32_t row) {
        const BulkSegment& segment = segments_[s];
        out[place] = segment.has_flags ? segment.Column(segment.value_column() + part_.values_ + word)[row] : all;
      });
    }
  }

  void CopyVersions() {
    origins_.resize(part_.rows_);
    ForEachRow([&](uint32_t place, uint32_t s, uint32_t row) {
      origins_[place] = {s, row};
      const base::Time from = versions_->Of(segments_[s].Column(segments_[s].number_column())[row]).hidden_from;
      if (from != base::kTimeMax) part_.hidden_.push_back({place, from});
    });
  }

  [[nodiscard]] std::string_view IdAt(uint32_t place) const {
    return segments_[origins_[place].segment].Id(origins_[place].row);
  }

  // Order of two rows of one entity.
  [[nodiscard]] bool IsBefore(uint32_t a, uint32_t b) const {
    const base::Time* times = part_.event_times();
    if (times[a] != times[b]) return times[a] < times[b];
    if (part_.has_known_) {
      const base::Time left = part_.KnownAt(a), right = part_.KnownAt(b);
      if (left != right) return left < right;
    }
    return !origins_.empty() && IdAt(a) < IdAt(b);
  }

  void SortEntities() {
    std::vector<uint32_t> order;
    std::vector<uint64_t> buffer;
    bool has_moved = false;
    std::vector<uint32_t> new_place;  // only where rows are hidden
    if (!part_.hidden_.empty()) {
      new_place.resize(part_.rows_);
      std::iota(new_place.begin(), new_place.end(), 0U);
    }
    for (size_t entity = 0; entity + 1 < part_.begins_.size(); ++entity) {
      const uint32_t begin = part_.begins_[entity], end = part_.begins_[entity + 1];
      if (IsSorted(begin, end)) continue;
      order.resize(end - begin);
      std::iota(order.begin(), order.end(), begin);
      std::sort(order.begin(), order.end(), [this](uint32_t a, uint32_t b) { return IsBefore(a, b); });
      Permute(begin, order, &buffer);
      has_moved = true;
      for (size_t i = 0; i < order.size() && !new_place.empty(); ++i) {
        new_place[order[i]] = begin + static_cast<uint32_t>(i);
      }
    }
    if (has_moved) {
      for (HiddenRow& hidden : part_.hidden_) hidden.row = new_place[hidden.row];
    }
    std::sort(part_.hidden_.begin(), part_.hidden_.end(),
              [](const HiddenRow& a, const HiddenRow& b) { return a.row < b.row; });
  }

  [[nodiscard]] bool IsSorted(uint32_t begin, uint32_t end) const {
    const base::Time* times = part_.event_times();
    if (!part_.has_known_ && origins_.empty()) return std::is_sorted(times + begin, times + end);
    for (uint32_t row = begin + 1; row < end; ++row) {
      if (times[row] <= times[row - 1] && (times[row] < times[row - 1] || IsBefore(row, row - 1))) return false;
    }
    return true;
  }

  void Permute(uint32_t begin, const std::vector<uint32_t>& order, std::vector<uint64_t>* buffer) {
    buffer->resize(order.size());
    for (size_t column = 0; column < part_.columns_; ++column) {
      uint64_t* words = part_.words_.get() + column * part_.rows_;
      for (size_t i = 0; i < order.size(); ++i) (*buffer)[i] = words[order[i]];
      std::memcpy(words + begin, buffer->data(), order.size() * sizeof(uint64_t));
    }
  }

  const TableLayout& layout_;
  std::span<const BulkSegment> segments_;
  const BulkVersions* versions_;
  BulkPartition part_;
  size_t rows_in_ = 0, flag_words_ = 0;
  std::vector<uint32_t> entity_of_;
  std::vector<Origin> origins_;  // of sources with ids
};

BulkPartition BulkPartition::Build(const TableLayout& layout, std::span<const BulkSegment> segments,
                                   const BulkVersions* versions) {
  return PartitionBuilder(layout, segments, versions).Build();
}

BulkPartition::Entity BulkPartition::Find(uint64_t key) const {
  if (keys_.empty()) return {};
  const size_t mask = index_.size() - 1;
  for (size_t slot = SlotOf(key, mask); index_[slot] != 0; slot = (slot + 1) & mask) {
    const uint32_t entity = index_[slot] - 1;
    if (keys_[entity] == key) return {begins_[entity], begins_[entity + 1]};
  }
  return {};
}

int64_t BulkPartition::bytes() const {
  return static_cast<int64_t>(columns_ * rows_ * sizeof(uint64_t) + hidden_.size() * sizeof(HiddenRow) +
                              keys_.size() * sizeof(uint64_t) + (begins_.size() + index_.size()) * sizeof(uint32_t));
}

namespace {

struct PartitionHeader {
  uint32_t magic = 0x50534c42, checksum = 0;  // "BLSP"
  uint64_t rows = 0, columns = 0, values = 0, hidden = 0, keys = 0, index = 0;
  int64_t delay = 0;
  uint8_t has_known = 0, has_flags = 0, unused[6] = {};
};

template <typename T>
void AppendAll(const T* from, size_t count, std::string* out) {
  out->append(reinterpret_cast<const char*>(from), count * sizeof(T));
}

template <typename T>
void TakeAll(std::string_view* bytes, size_t count, T* to) {
  if (count > 0) std::memcpy(to, bytes->data(), count * sizeof(T));
  bytes->remove_prefix(count * sizeof(T));
}

}  // namespace

void BulkPartition::AppendTo(std::string* out) const {
  PartitionHeader header;
  header.rows = rows_;
  header.columns = columns_;
  header.values = values_;
  header.hidden = hidden_.size();
  header.keys = keys_.size();
  header.index = index_.size();
  header.delay = delay_;
  header.has_known = has_known_ ? 1 : 0;
  header.has_flags = has_flags_ ? 1 : 0;
  const size_t at = out->size();
  AppendAll(&header, 1, out);
  AppendAll(words_.get(), columns_ * rows_, out);
  AppendAll(hidden_.data(), hidden_.size(), out);
  AppendAll(keys_.data(), keys_.size(), out);
  AppendAll(begins_.data(), begins_.size(), out);
  AppendAll(index_.data(), index_.size(), out);
  header.checksum = base::Crc32c(std::string_view(*out).substr(at));
  std::memcpy(out->data() + at, &header, sizeof(header));
}

base::Result<BulkPartition> BulkPartition::Parse(std::string_view bytes) {
  const auto damaged = [] { return base::DataLoss("Scratch file is damaged: its partition does not check."); };
  PartitionHeader header;
  if (bytes.size() < sizeof(header)) return damaged();
  std::memcpy(&header, bytes.data(), sizeof(header));
  const uint32_t checksum = header.checksum;
  header.checksum = 0;
  const std::string_view head(reinterpret_cast<const char*>(&header), sizeof(header));
  bytes.remove_prefix(sizeof(header));
  if (header.magic != PartitionHeader().magic || base::Crc32c(bytes, base::Crc32c(head)) != checksum) return damaged();
  const uint64_t limit = bytes.size();
  if (header.columns > limit || header.rows > limit || header.hidden > limit || header.keys > limit ||
      header.index > limit || (header.columns > 0 && header.rows > limit / header.columns)) {
    return damaged();
  }
  const uint64_t want = header.columns * header.rows * 8 + header.hidden * sizeof(HiddenRow) + header.keys * 8 +
                        (header.keys + 1 + header.index) * 4;
  if (want != limit) return damaged();
  BulkPartition part;
  part.rows_ = header.rows;
  part.columns_ = header.columns;
  part.values_ = header.values;
  part.delay_ = header.delay;
  part.has_known_ = header.has_known != 0;
  part.has_flags_ = header.has_flags != 0;
  part.words_ = std::make_unique_for_overwrite<uint64_t[]>(header.columns * header.rows);
  part.hidden_.resize(header.hidden);
  part.keys_.resize(header.keys);
  part.begins_.resize(header.keys + 1);
  part.index_.resize(header.index);
  TakeAll(&bytes, header.columns * header.rows, part.words_.get());
  TakeAll(&bytes, header.hidden, part.hidden_.data());
  TakeAll(&bytes, header.keys, part.keys_.data());
  TakeAll(&bytes, header.keys + 1, part.begins_.data());
  TakeAll(&bytes, header.index, part.index_.data());
  return part;
}

}  // namespace plumb::engine
