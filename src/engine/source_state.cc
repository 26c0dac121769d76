#include "engine/source_state.h"

#include <algorithm>
#include <numeric>

#include "features/events.h"

namespace plumb::engine {
namespace {

// Row numbers by event_time, so that events that come in one batch are mostly appended.
std::vector<size_t> ByEventTime(const data::Batch& rows) {
  const data::Column& event_time = *rows.Find(features::kEventTimeColumn);
  std::vector<size_t> order(rows.rows);
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return event_time.Int(a) < event_time.Int(b); });
  return order;
}

base::Time TimeOf(const data::Batch& rows, const char* column, size_t row) { return rows.Find(column)->Int(row); }

}  // namespace

SourceState::SourceState(const features::Source* source, const ViewProgram* derived, std::vector<EntityTable*> tables)
    : source_(source), derived_(derived), tables_(std::move(tables)) {}

SourceState::Encoded SourceState::Encode(const data::Batch& rows) const {
  Encoded encoded;
  for (EntityTable* table : tables_) {
    encoded.rows.push_back(EncodeRows(table->layout(), rows, &table->strings()));
    encoded.keys.push_back(EncodeKeys(KeyColumns(table->layout().entity(), rows), rows.rows));
  }
  return encoded;
}

std::unique_ptr<const std::string*[]> SourceState::TouchKeys(const Encoded& encoded, size_t row) const {
  auto keys = std::make_unique<const std::string*[]>(tables_.size());
  for (size_t i = 0; i < tables_.size(); ++i) {
    keys[i] = encoded.keys[i].known[row] != 0 ? tables_[i]->Touch(encoded.keys[i].keys[row]) : nullptr;
  }
  return keys;
}

void SourceState::AddInserts(Encoded* encoded, size_t row, Changes* changes) const {
  const auto keys = TouchKeys(*encoded, row);
  for (size_t i = 0; i < tables_.size(); ++i) {
    if (keys[i] != nullptr) (*changes)[i].push_back({RowChange::Kind::kInsert, keys[i], encoded->rows[i].Row(row)});
  }
}

// A row is found by its times and identity, so the other words may be anything.
void SourceState::AddVersionChange(RowChange::Kind kind, const Version& version, const std::string* identity,
                                   base::Time hidden_from, Changes* changes) {
  if (!version.is_live) return;
  if (version_words_used_ == version_words_.size()) version_words_.emplace_back(4);
  uint64_t* words = version_words_[version_words_used_++].data();
  words[TableLayout::kEventTime] = static_cast<uint64_t>(version.event_time);
  words[TableLayout::kKnownAt] = static_cast<uint64_t>(version.known_at);
  words[TableLayout::kIdentity] = reinterpret_cast<uint64_t>(identity);
  for (size_t i = 0; i < tables_.size(); ++i) {
    if (version.keys[i] != nullptr) (*changes)[i].push_back({kind, version.keys[i], words, hidden_from});
  }
}

void SourceState::ApplyChanges(const Changes& changes) {
  for (size_t i = 0; i < tables_.size(); ++i) {
    if (!changes[i].empty()) tables_[i]->Apply(changes[i]);
  }
  version_words_used_ = 0;
}

void SourceState::ApplyVersion(const data::Batch& rows, size_t row, int64_t kept_row, Encoded* encoded) {
  const auto entry = versions_.try_emplace(std::string(rows.Find(features::kEventIdColumn)->String(row))).first;
  const std::string* identity = &entry->first;
  Versions& versions = entry->second;
  Version version;
  version.known_at = TimeOf(rows, features::kKnownAtColumn, row);
  version.is_live = IsLive(rows, row);
  if (version.is_live) version.event_time = TimeOf(rows, features::kEventTimeColumn, row);
  version.kept_row = kept_row;
  AppendRowEncoding(*source_, rows, row, &version.encoding);

  Changes changes(tables_.size());
  auto place = std::lower_bound(versions.begin(), versions.end(), version.known_at,
                                [](const Version& v, base::Time known_at) { return v.known_at < known_at; });
  if (place != versions.end() && place->known_at == version.known_at) {
    if (version.encoding >= place->encoding) return;
    AddVersionChange(RowChange::Kind::kRemove, *place, identity, 0, &changes);
  } else {
    if (place != versions.begin()) {
      AddVersionChange(RowChange::Kind::kHide, *(place - 1), identity, version.known_at, &changes);
    }
    place = versions.insert(place, Version());
    ++events_;
  }
  const bool is_newest = place + 1 == versions.end();
  const base::Time hidden_from = is_newest ? base::kTimeMax : (place + 1)->known_at;
  version.keys = TouchKeys(*encoded, row);
  *place = std::move(version);
  for (EncodedRows& table_rows : encoded->rows) {
    table_rows.Row(row)[TableLayout::kHiddenFrom] = static_cast<uint64_t>(hidden_from);
    table_rows.Row(row)[TableLayout::kIdentity] = reinterpret_cast<uint64_t>(identity);
  }
  if (place->is_live) AddInserts(encoded, row, &changes);
  ApplyChanges(changes);
}

void SourceState::ApplyRow(const data::Batch& rows, size_t row, int64_t kept_row, Encoded* encoded) {
  if (!source_->event_id.empty()) return ApplyVersion(rows, row, kept_row, encoded);
  if (!IsLive(rows, row)) return;
  Changes changes(tables_.size());
  AddInserts(encoded, row, &changes);
  ApplyChanges(changes);
  ++events_;
}

void SourceState::Apply(const data::Batch& rows, AggregateFetcher& fetcher) {
  data::Batch complete = EventRowsOf(*source_, rows);
  AddDerivedColumns(*source_, *derived_, fetcher, &complete);
  Encoded encoded = Encode(complete);
  const bool keeps_rows = derived_->has_lookups();
  const int64_t first_kept = keeps_rows ? Keep(complete) : -1;
  for (const size_t row : ByEventTime(complete)) {
    ApplyRow(complete, row, keeps_rows ? first_kept + static_cast<int64_t>(row) : -1, &encoded);
  }
}

int64_t SourceState::Keep(const data::Batch& rows) {
  int64_t first = 0;
  if (!kept_.empty()) first = static_cast<int64_t>((kept_.size() - 1) * kKeptBlockRows + kept_.back().rows.rows);
  const std::vector<base::Time> times = LookupTimes(rows);
  for (size_t begin = 0; begin < rows.rows;) {
    if (kept_.empty() || kept_.back().rows.rows == kKeptBlockRows)
      kept_.push_back({data::Batch(rows.schema), {}, base::kTimeMin});
    KeptBlock& block = kept_.back();
    std::vector<int64_t> part(std::min(rows.rows - begin, kKeptBlockRows - block.rows.rows));
    std::iota(part.begin(), part.end(), static_cast<int64_t>(begin));
    block.rows.AppendAll(rows.Take(part));
    for (const int64_t row : part) {
      block.lookup_times.push_back(times[static_cast<size_t>(row)]);
      block.lookup_time_max = std::max(block.lookup_time_max, block.lookup_times.back());
    }
    begin += part.size();
  }
  return first;
}

bool SourceState::IsInTables(const data::Batch& rows, size_t row, int64_t kept_row, base::Time* hidden_from,
                             const std::string** identity) const {
  if (source_->event_id.empty()) return IsLive(rows, row);
  const auto entry = versions_.find(rows.Find(features::kEventIdColumn)->String(row));
  const Versions& versions = entry->second;
  for (size_t i = 0; i < versions.size(); ++i) {
    if (versions[i].kept_row != kept_row) continue;
    if (i + 1 < versions.size()) *hidden_from = versions[i + 1].known_at;
    *identity = &entry->first;
    return versions[i].is_live;
  }
  return false;
}

void SourceState::ReplaceRow(const data::Batch& rows, size_t row, int64_t kept_row, Encoded* before, Encoded* after) {
  base::Time hidden_from = base::kTimeMax;
  const std::string* identity = nullptr;
  if (!IsInTables(rows, row, kept_row, &hidden_from, &identity)) return;
  Changes changes(tables_.size());
  for (Encoded* encoded : {before, after}) {
    for (EncodedRows& of_table : encoded->rows) {
      if (identity == nullptr) continue;
      of_table.Row(row)[TableLayout::kHiddenFrom] = static_cast<uint64_t>(hidden_from);
      of_table.Row(row)[TableLayout::kIdentity] = reinterpret_cast<uint64_t>(identity);
    }
    AddInserts(encoded, row, &changes);
    if (encoded == after) continue;
    for (auto& of_table : changes) {
      for (RowChange& change : of_table) change.kind = RowChange::Kind::kRemove;
    }
  }
  ApplyChanges(changes);
  if (identity == nullptr) return;
  for (Version& version : versions_.find(*identity)->second) {
    if (version.kept_row == kept_row) version.keys = TouchKeys(*after, row);
  }
}

base::Time SourceState::RederiveBlock(size_t block_index, base::Time known_at, AggregateFetcher& fetcher) {
  KeptBlock& block = kept_[block_index];
  std::vector<int64_t> stale;
  for (size_t row = 0; row < block.rows.rows; ++row) {
    if (block.lookup_times[row] > known_at) stale.push_back(static_cast<int64_t>(row));
  }
  const data::Batch before = block.rows.Take(stale);
  data::Batch after = EventRowsOf(*source_, before);
  AddDerivedColumns(*source_, *derived_, fetcher, &after);
  std::vector<size_t> changed;
  for (size_t row = 0; row < stale.size(); ++row) {
    const auto differs = [&](const features::DerivedColumn& derived) {
      return !(before.Find(derived.name)->At(row) == after.Find(derived.name)->At(row));
    };
    if (std::any_of(source_->derived.begin(), source_->derived.end(), differs)) changed.push_back(row);
  }
  base::Time earliest = base::kTimeMax;
  if (changed.empty()) return earliest;
  Encoded old_rows = Encode(before), new_rows = Encode(after);
  std::vector<int64_t> from(block.rows.rows);  // The block's rows out of what it has and, behind that, `after`.
  std::iota(from.begin(), from.end(), int64_t{0});
  for (const size_t row : changed) {
    const int64_t kept_row = static_cast<int64_t>(block_index * kKeptBlockRows) + stale[row];
    ReplaceRow(after, row, kept_row, &old_rows, &new_rows);
    from[static_cast<size_t>(stale[row])] = static_cast<int64_t>(block.rows.rows + row);
    earliest = std::min(earliest, TimeOf(after, features::kKnownAtColumn, row));
  }
  block.rows.AppendAll(after);
  block.rows = block.rows.Take(from);
  return earliest;
}

base::Time SourceState::Rederive(base::Time known_at, AggregateFetcher& fetcher) {
  base::Time earliest = base::kTimeMax;
  for (size_t block = 0; block < kept_.size(); ++block) {
    if (kept_[block].lookup_time_max > known_at) earliest = std::min(earliest, RederiveBlock(block, known_at, fetcher));
  }
  return earliest;
}

}  // namespace plumb::engine
