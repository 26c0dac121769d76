// source_state.h: all versions of all events of one source, and how a new row changes the tables that hold its events.
//
// Why: the state is a function of the set of rows, never of their order of arrival. So every row finds its place among
// the versions of its event, hides the one before it from its own known_at on, and is hidden by the one after it. Of
// rows with equal known_at the first in canonical encoding counts, whichever came first.
//
// Sources whose derived columns look up features of other views keep their rows too: when an event of such a view turns
// up after rows that should have seen it, their derived columns are computed again (Rederive).
//
// Thread safety: one writer; readers use the tables.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/entity_table.h"
#include "engine/source_events.h"

namespace plumb::engine {

class SourceState {
 public:
  // `tables` are those of the source. `derived` makes its derived columns; all outlive the state.
  SourceState(const features::Source* source, const ViewProgram* derived, std::vector<EntityTable*> tables);

  [[nodiscard]] const features::Source& source() const { return *source_; }
  [[nodiscard]] const ViewProgram& derived() const { return *derived_; }
  [[nodiscard]] int64_t events() const { return events_; }

  // Requires: CheckEventRows is OK.
  void Apply(const data::Batch& rows, AggregateFetcher& fetcher);

  // Computes the derived columns of rows whose look-ups saw cuts after `known_at` again. Returns the least known_at of
  // those that changed, or kTimeMax.
  base::Time Rederive(base::Time known_at, AggregateFetcher& fetcher);

 private:
  struct Version {
    base::Time known_at = 0;
    base::Time event_time = 0;
    bool is_live = false;
    int64_t number = 0;    // of the row, in order of arrival
    size_t first_key = 0;  // in keys_, one a table
    std::string encoding;
  };
  using Versions = std::vector<Version>;  // by known_at
  using VersionsById = std::unordered_map<std::string, Versions, BytesHash, BytesEqual>;
  static constexpr size_t kKeptBlockRows = 1024;
  struct KeptBlock {
    data::Batch rows;  // with derived columns
    std::vector<base::Time> lookup_times;
    base::Time lookup_time_max = base::kTimeMin;
  };
  // A batch in the form that tables take.
  struct Encoded {
    std::vector<EncodedRows> rows;  // for each table
    std::vector<EncodedKeys> keys;
  };
  using Changes = std::vector<std::vector<RowChange>>;  // for each table

  [[nodiscard]] Encoded Encode(const data::Batch& rows) const;
  // The first rows of the source: nothing but they themselves can supersede them, so each entity is built once.
  void Fill(const data::Batch& rows, Encoded* encoded);
  // What of the rows of a first batch are versions, and the words that say so. For each row its versions_ entry, or
  // null where another row with the same known_at is taken.
  std::vector<VersionsById::value_type*> FillVersions(const data::Batch& rows, Encoded* encoded);
  void FillTable(size_t table, const data::Batch& rows, const std::vector<VersionsById::value_type*>& entries,
                 const Encoded& encoded);
  void ApplyRow(const data::Batch& rows, size_t row, int64_t number, Encoded* encoded);
  void ApplyVersion(const data::Batch& rows, size_t row, int64_t number, Encoded* encoded);
  [[nodiscard]] Version VersionOf(const data::Batch& rows, size_t row, int64_t number) const;
  static Version* FindVersion(VersionsById::value_type* entry, int64_t number);
  // The row as an insert into every table in which it has a key. `keys`: one a table.
  void AddInserts(Encoded* encoded, size_t row, const std::string* const* keys, Changes* changes) const;
  void AddVersionChange(RowChange::Kind kind, const Version& version, const std::string* identity,
                        base::Time hidden_from, Changes* changes);
  // For each table the row's key, of Touch, or null for a null key.
  void TouchKeys(const Encoded& encoded, size_t row, const std::string** keys) const;
  static void SetVersionWords(Encoded* encoded, size_t row, base::Time hidden_from, const std::string* identity);
  void ApplyChanges(const Changes& changes);
  void Keep(const data::Batch& rows);
  // Whether row `row` of `rows`, which came as `number`, is a version that counts from its known_at to *hidden_from.
  bool IsInTables(const data::Batch& rows, size_t row, int64_t number, base::Time* hidden_from,
                  const std::string** identity) const;
  void ReplaceRow(const data::Batch& rows, size_t row, int64_t number, Encoded* before, Encoded* after);
  base::Time RederiveBlock(size_t block, base::Time known_at, AggregateFetcher& fetcher);

  const features::Source* source_;
  const ViewProgram* derived_;
  std::vector<EntityTable*> tables_;
  VersionsById versions_;                             // by event_id; empty without
  std::vector<const std::string*> keys_;              // of versions: of Touch, or null for a null key
  std::vector<std::vector<uint64_t>> version_words_;  // buffers of AddVersionChange
  size_t version_words_used_ = 0;
  std::vector<KeptBlock> kept_;  // rows in order of arrival, kKeptBlockRows a block
  int64_t rows_ = 0;             // that arrived
  int64_t events_ = 0;
};

}  // namespace plumb::engine
