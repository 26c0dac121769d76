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

constexpr auto IsKnownBefore = [](const auto& version, base::Time known_at) { return version.known_at < known_at; };

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

void SourceState::TouchKeys(const Encoded& encoded, size_t row, const std::string** keys) const {
  for (size_t i = 0; i < tables_.size(); ++i) {
    keys[i] = encoded.keys[i].known[row] != 0 ? tables_[i]->Touch(encoded.keys[i].keys[row]) : nullptr;
  }
}

void SourceState::AddInserts(Encoded* encoded, size_t row, const std::string* const* keys, Changes* changes) const {
  for (size_t i = 0; i < tables_.size(); ++i) {
    if (keys[i] != nullptr) (*changes)[i].push_back({RowChange::Kind::kInsert, keys[i], encoded->rows[i].Row(row)});
  }
}

void SourceState::SetVersionWords(Encoded* encoded, size_t row, base::Time hidden_from, const std::string* identity) {
  for (EncodedRows& of_table : encoded->rows) {
    of_table.Row(row)[TableLayout::kHiddenFrom] = static_cast<uint64_t>(hidden_from);
    of_table.Row(row)[TableLayout::kIdentity] = reinterpret_cast<uint64_t>(identity);
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
    const std::string* key = keys_[version.first_key + i];
    if (key != nullptr) (*changes)[i].push_back({kind, key, words, hidden_from});
  }
}

void SourceState::ApplyChanges(const Changes& changes) {
  for (size_t i = 0; i < tables_.size(); ++i) {
    if (!changes[i].empty()) tables_[i]->Apply(changes[i]);
  }
  version_words_used_ = 0;
}

SourceState::Version SourceState::VersionOf(const data::Batch& rows, size_t row, int64_t number) const {
  Version version;
  version.known_at = TimeOf(rows, features::kKnownAtColumn, row);
  version.is_live = IsLive(rows, row);
  if (version.is_live) version.event_time = TimeOf(rows, features::kEventTimeColumn, row);
  version.number = number;
  AppendRowEncoding(*source_, rows, row, &version.encoding);
  return version;
}

SourceState::Version* SourceState::FindVersion(VersionsById::value_type* entry, int64_t number) {
  const auto found = std::find_if(entry->second.begin(), entry->second.end(),
                                  [&](const Version& version) { return version.number == number; });
  return found == entry->second.end() ? nullptr : &*found;
}

void SourceState::ApplyVersion(const data::Batch& rows, size_t row, int64_t number, Encoded* encoded) {
  const auto entry = versions_.try_emplace(std::string(rows.Find(features::kEventIdColumn)->String(row))).first;
  const std::string* identity = &entry->first;
  Versions& versions = entry->second;
  Version version = VersionOf(rows, row, number);

  Changes changes(tables_.size());
  auto place = std::lower_bound(versions.begin(), versions.end(), version.known_at, IsKnownBefore);
  if (place != versions.end() && place->known_at == version.known_at) {
    if (version.encoding >= place->encoding) return;
    AddVersionChange(RowChange::Kind::kRemove, *place, identity, 0, &changes);
    version.first_key = place->first_key;
  } else {
    if (place != versions.begin()) {
      AddVersionChange(RowChange::Kind::kHide, *(place - 1), identity, version.known_at, &changes);
    }
    version.first_key = keys_.size();
    keys_.resize(keys_.size() + tables_.size());
    place = versions.insert(place, Version());
    ++events_;
  }
  const bool is_newest = place + 1 == versions.end();
  const base::Time hidden_from = is_newest ? base::kTimeMax : (place + 1)->known_at;
  *place = std::move(version);
  const std::string** keys = keys_.data() + place->first_key;
  TouchKeys(*encoded, row, keys);
  SetVersionWords(encoded, row, hidden_from, identity);
  if (place->is_live) AddInserts(encoded, row, keys, &changes);
  ApplyChanges(changes);
}

void SourceState::ApplyRow(const data::Batch& rows, size_t row, int64_t number, Encoded* encoded) {
  if (source_->has_event_id()) return ApplyVersion(rows, row, number, encoded);
  if (!IsLive(rows, row)) return;
  Changes changes(tables_.size());
  std::vector<const std::string*> keys(tables_.size());
  TouchKeys(*encoded, row, keys.data());
  AddInserts(encoded, row, keys.data(), &changes);
  ApplyChanges(changes);
  ++events_;
}

std::vector<SourceState::VersionsById::value_type*> SourceState::FillVersions(const data::Batch& rows,
                                                                              Encoded* encoded) {
  const data::Column& ids = *rows.Find(features::kEventIdColumn);
  std::vector<VersionsById::value_type*> entries(rows.rows);
  versions_.reserve(rows.rows);
  for (size_t row = 0; row < rows.rows; ++row) {
    entries[row] = &*versions_.try_emplace(std::string(ids.String(row))).first;
    Versions& versions = entries[row]->second;
    Version version = VersionOf(rows, row, rows_ + static_cast<int64_t>(row));
    const auto place = std::lower_bound(versions.begin(), versions.end(), version.known_at, IsKnownBefore);
    if (place == versions.end() || place->known_at != version.known_at) {
      versions.insert(place, std::move(version));
    } else if (version.encoding < place->encoding) {
      *place = std::move(version);
    }
  }
  for (size_t row = 0; row < rows.rows; ++row) {
    Version* version = FindVersion(entries[row], rows_ + static_cast<int64_t>(row));
    if (version == nullptr) {
      entries[row] = nullptr;
      continue;
    }
    const bool is_newest = version == &entries[row]->second.back();
    SetVersionWords(encoded, row, is_newest ? base::kTimeMax : version[1].known_at, &entries[row]->first);
    version->first_key = static_cast<size_t>(events_++) * tables_.size();
  }
  keys_.resize(static_cast<size_t>(events_) * tables_.size());
  return entries;
}

void SourceState::FillTable(size_t table, const data::Batch& rows,
                            const std::vector<VersionsById::value_type*>& entries, const Encoded& encoded) {
  std::unordered_map<const std::string*, std::vector<const uint64_t*>> rows_of;
  for (size_t row = 0; row < rows.rows; ++row) {
    const bool is_known = encoded.keys[table].known[row] != 0, is_live = IsLive(rows, row);
    if (!is_known || (entries.empty() ? !is_live : entries[row] == nullptr)) continue;
    const std::string* key = tables_[table]->Touch(encoded.keys[table].keys[row]);
    if (is_live) rows_of[key].push_back(encoded.rows[table].Row(row));
    if (entries.empty()) continue;
    keys_[FindVersion(entries[row], rows_ + static_cast<int64_t>(row))->first_key + table] = key;
  }
  const TableLayout& layout = tables_[table]->layout();
  for (auto& [key, list] : rows_of) {
    std::sort(list.begin(), list.end(),
              [&](const uint64_t* a, const uint64_t* b) { return layout.CompareRows(a, b) < 0; });
    tables_[table]->Build(key, list);
  }
}

void SourceState::Fill(const data::Batch& rows, Encoded* encoded) {
  std::vector<VersionsById::value_type*> entries;
  if (source_->has_event_id()) {
    entries = FillVersions(rows, encoded);
  } else {
    for (size_t row = 0; row < rows.rows; ++row) events_ += IsLive(rows, row) ? 1 : 0;
  }
  for (size_t table = 0; table < tables_.size(); ++table) FillTable(table, rows, entries, *encoded);
}

void SourceState::Apply(const data::Batch& rows, AggregateFetcher& fetcher) {
  data::Batch complete = EventRowsOf(*source_, rows);
  AddDerivedColumns(*source_, *derived_, fetcher, &complete);
  Encoded encoded = Encode(complete);
  if (derived_->has_lookups()) Keep(complete);
  if (rows_ == 0) {
    Fill(complete, &encoded);
  } else {
    for (const size_t row : ByEventTime(complete)) ApplyRow(complete, row, rows_ + static_cast<int64_t>(row), &encoded);
  }
  rows_ += static_cast<int64_t>(rows.rows);
}

void SourceState::Keep(const data::Batch& rows) {
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
}

bool SourceState::IsInTables(const data::Batch& rows, size_t row, int64_t number, base::Time* hidden_from,
                             const std::string** identity) const {
  if (!source_->has_event_id()) return IsLive(rows, row);
  const auto entry = versions_.find(rows.Find(features::kEventIdColumn)->String(row));
  const Versions& versions = entry->second;
  for (size_t i = 0; i < versions.size(); ++i) {
    if (versions[i].number != number) continue;
    if (i + 1 < versions.size()) *hidden_from = versions[i + 1].known_at;
    *identity = &entry->first;
    return versions[i].is_live;
  }
  return false;
}

void SourceState::ReplaceRow(const data::Batch& rows, size_t row, int64_t number, Encoded* before, Encoded* after) {
  base::Time hidden_from = base::kTimeMax;
  const std::string* identity = nullptr;
  if (!IsInTables(rows, row, number, &hidden_from, &identity)) return;
  Changes changes(tables_.size());
  std::vector<const std::string*> keys(tables_.size());
  for (Encoded* encoded : {before, after}) {
    if (identity != nullptr) SetVersionWords(encoded, row, hidden_from, identity);
    TouchKeys(*encoded, row, keys.data());
    AddInserts(encoded, row, keys.data(), &changes);
    if (encoded == after) continue;
    for (auto& of_table : changes) {
      for (RowChange& change : of_table) change.kind = RowChange::Kind::kRemove;
    }
  }
  ApplyChanges(changes);
  if (identity == nullptr) return;
  const Version& version = *FindVersion(&*versions_.find(*identity), number);
  std::copy(keys.begin(), keys.end(), keys_.begin() + static_cast<ptrdiff_t>(version.first_key));
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
    const int64_t number = static_cast<int64_t>(block_index * kKeptBlockRows) + stale[row];
    ReplaceRow(after, row, number, &old_rows, &new_rows);
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
