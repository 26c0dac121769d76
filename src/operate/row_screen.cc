#include "operate/row_screen.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/hash.h"
#include "engine/source_events.h"
#include "features/events.h"
#include "features/row_checks.h"

namespace plumb::operate {
namespace {

using base::Result;
using base::Status;

enum class Fate : uint8_t { kEvent, kSkipped, kRefused };

class Screen {
 public:
  Screen(const features::Source& source, const data::Batch& rows, const ScreenOptions& options)
      : source_(source), rows_(rows), options_(options), fates_(rows.rows, Fate::kEvent) {
    screened_.failures.resize(source.row_checks.size());
  }

  Result<ScreenedRows> Run() {
    PLUMB_RETURN_IF_ERROR(FindColumns());
    PLUMB_RETURN_IF_ERROR(FindDeletes());
    for (size_t row = 0; row < rows_.rows; ++row) CheckShape(row);
    PLUMB_RETURN_IF_ERROR(ApplyChecks());
    PLUMB_RETURN_IF_ERROR(MakeEvents());
    if (source_.has_event_id()) RefuseConflicts();
    std::stable_sort(screened_.refused.begin(), screened_.refused.end(),
                     [](const RefusedRow& a, const RefusedRow& b) { return a.row < b.row; });
    return std::move(screened_);
  }

 private:
  Status FindColumns() {
    for (const data::Field& field : source_.columns.fields()) {
      const data::Column* column = rows_.Find(field.name);
      if (column == nullptr) {
        return base::InvalidArgument("Rows of source {} have no column {}.", source_.name, field.name);
      }
      if (column->type() != field.type) {
        return base::InvalidArgument("Column has the wrong type: {} of source {}, want {}, got {}.", field.name,
                                     source_.name, data::TypeName(field.type), data::TypeName(column->type()));
      }
    }
    if (!source_.is_static) event_time_ = rows_.Find(source_.event_time);
    if (source_.known_at) known_at_ = rows_.Find(*source_.known_at);
    if (!source_.event_id.empty()) event_id_ = rows_.Find(source_.event_id);
    for (const std::string& column : source_.key) key_.push_back(rows_.Find(column));
    return {};
  }

  // A null answer is not a delete.
  Status FindDeletes() {
    deleted_.assign(rows_.rows, 0);
    if (!source_.deleted) return {};
    std::vector<const data::Column*> inputs;
    for (const expr::Input& input : source_.deleted->inputs()) inputs.push_back(rows_.Find(input.name));
    const data::Column deleted = source_.deleted->Evaluate(inputs, rows_.rows);
    for (size_t row = 0; row < rows_.rows; ++row) deleted_[row] = !deleted.IsNull(row) && deleted.Int(row) != 0 ? 1 : 0;
    return {};
  }

  void Refuse(size_t row, const char* reason, std::string check) {
    fates_[row] = Fate::kRefused;
    screened_.refused.push_back({static_cast<int64_t>(row), reason, std::move(check)});
  }

  [[nodiscard]] bool HasTime(size_t row) const { return event_time_ == nullptr || !event_time_->IsNull(row); }
  [[nodiscard]] bool IsHistory(size_t row) const { return ReceivedAt(row) == base::kTimeMin; }
  [[nodiscard]] base::Time ReceivedAt(size_t row) const {
    return options_.received_at.empty() ? base::kTimeMin : options_.received_at[row];
  }

  // What features::MakeEvents leaves out or refuses, row by row.
  void CheckShape(size_t row) {
    if (source_.skip_null_time && !HasTime(row) && (source_.is_table() || deleted_[row] == 0)) {
      fates_[row] = Fate::kSkipped;
      ++screened_.skipped_null_time;
      return;
    }
    if (event_id_ != nullptr && event_id_->IsNull(row)) {
      return Refuse(row, kReasonNoId, "the row has no " + source_.event_id);
    }
    for (size_t i = 0; i < key_.size(); ++i) {
      if (key_[i]->IsNull(row)) return Refuse(row, kReasonNoKey, "the row has null in its key: " + source_.key[i]);
    }
    if (known_at_ != nullptr && known_at_->IsNull(row)) {
      return Refuse(row, kReasonNoKnownAt, "the row has no " + *source_.known_at);
    }
    if (HasTime(row)) return;
    if (source_.is_table() || event_id_ == nullptr) {
      return Refuse(row, kReasonNoTime, "the row has no " + source_.event_time);
    }
    if (known_at_ == nullptr && IsHistory(row)) {
      Refuse(row, kReasonNoTime, "the row has no " + source_.event_time + ", and does not say since when");
    }
  }

  [[nodiscard]] std::vector<int64_t> RowsThatAreEvents() const {
    std::vector<int64_t> rows;
    for (size_t row = 0; row < fates_.size(); ++row) {
      if (fates_[row] == Fate::kEvent) rows.push_back(static_cast<int64_t>(row));
    }
    return rows;
  }

  Status ApplyChecks() {
    if (source_.row_checks.empty()) return {};
    const std::vector<int64_t> numbers = RowsThatAreEvents();
    std::optional<data::Batch> taken;
    if (numbers.size() < rows_.rows) taken = rows_.Take(numbers);
    PLUMB_ASSIGN_OR_RETURN(features::RowCheckReport report, features::ApplyRowChecks(source_, taken ? *taken : rows_));
    for (size_t i = 0; i < numbers.size(); ++i) {
      const features::RowVerdict& verdict = report.rows[i];
      if (verdict.passed()) continue;
      Refuse(static_cast<size_t>(numbers[i]), verdict.overflow ? kReasonOverflow : kReasonCheck,
             source_.row_checks[static_cast<size_t>(verdict.check)].name);
    }
    screened_.failures = std::move(report.failures);
    return {};
  }

  // History first, then what was received later.
  Status MakeEvents() {
    std::vector<int64_t> history, received;
    for (const int64_t row : RowsThatAreEvents()) {
      (IsHistory(static_cast<size_t>(row)) ? history : received).push_back(row);
    }
    PLUMB_RETURN_IF_ERROR(Append(history, {}));
    if (received.empty()) return {};
    return Append(received, {.history = false, .received_at = base::kTimeMin});
  }

  Status Append(const std::vector<int64_t>& rows, const features::EventsOptions& options) {
    std::optional<data::Batch> taken;
    if (rows.size() < rows_.rows) taken = rows_.Take(rows);
    PLUMB_ASSIGN_OR_RETURN(features::Events events, features::MakeEvents(source_, taken ? *taken : rows_, options));
    PLUMB_CHECK(events.rows.rows == rows.size(), "What cannot be an event was refused before.");
    if (!options.history) {
      data::Column& known_at =
          events.rows.columns[static_cast<size_t>(events.rows.schema.IndexOf(features::kKnownAtColumn))];
      for (size_t i = 0; i < rows.size(); ++i) {
        base::Time& known = known_at.mutable_int_data()[i];
        known = std::max(known, ReceivedAt(static_cast<size_t>(rows[i])));
      }
    }
    if (screened_.rows.empty()) {
      screened_.events = std::move(events.rows);
    } else {
      screened_.events.AppendAll(events.rows);
    }
    screened_.rows.insert(screened_.rows.end(), rows.begin(), rows.end());
    return {};
  }

  // A version of an event, among those that are new (present: false) and those that are there.
  struct Version {
    uint64_t hash = 0;
    bool present = false;
    int64_t at = 0;
  };

  [[nodiscard]] std::vector<Version> VersionsOf(const data::Batch& events, bool present) const {
    std::vector<Version> versions;
    const data::Column& ids = *events.Find(features::kEventIdColumn);
    const data::Column& known_at = *events.Find(features::kKnownAtColumn);
    for (size_t i = 0; i < events.rows; ++i) {
      const uint64_t hash = base::Hash64(ids.String(i), static_cast<uint64_t>(known_at.Int(i)));
      versions.push_back({hash, present, static_cast<int64_t>(i)});
    }
    return versions;
  }

  [[nodiscard]] const data::Batch& BatchOf(const Version& version) const {
    return version.present ? *options_.present : screened_.events;
  }

  [[nodiscard]] std::pair<std::string_view, base::Time> NameOf(const Version& version) const {
    const data::Batch& events = BatchOf(version);
    const auto at = static_cast<size_t>(version.at);
    return {events.Find(features::kEventIdColumn)->String(at), events.Find(features::kKnownAtColumn)->Int(at)};
  }

  [[nodiscard]] std::string EncodingOf(const Version& version) const {
    std::string encoding;
    engine::AppendRowEncoding(source_, BatchOf(version), static_cast<size_t>(version.at), &encoding);
    return encoding;
  }

  void RefuseConflicts() {
    std::vector<Version> versions = VersionsOf(screened_.events, false);
    if (options_.present != nullptr) {
      const std::vector<Version> present = VersionsOf(*options_.present, true);
      versions.insert(versions.end(), present.begin(), present.end());
    }
    std::sort(versions.begin(), versions.end(), [](const Version& a, const Version& b) { return a.hash < b.hash; });
    std::vector<uint8_t> refused(screened_.events.rows, 0);
    for (size_t begin = 0; begin < versions.size();) {
      size_t end = begin + 1;
      while (end < versions.size() && versions[end].hash == versions[begin].hash) ++end;
      if (end - begin > 1) FindConflicts({versions.begin() + begin, versions.begin() + end}, &refused);
      begin = end;
    }
    DropEvents(refused);
  }

  // Of versions with equal hashes: those with equal names, of which one encoding counts.
  void FindConflicts(const std::vector<Version>& versions, std::vector<uint8_t>* refused) const {
    std::map<std::pair<std::string_view, base::Time>, std::vector<Version>> by_name;
    for (const Version& version : versions) by_name[NameOf(version)].push_back(version);
    for (const auto& [name, same] : by_name) {
      if (same.size() == 1) continue;
      std::vector<std::string> encodings;
      for (const Version& version : same) encodings.push_back(EncodingOf(version));
      const std::string& first = FirstOf(same, encodings);
      for (size_t i = 0; i < same.size(); ++i) {
        if (!same[i].present && encodings[i] != first) (*refused)[static_cast<size_t>(same[i].at)] = 1;
      }
    }
  }

  // What is there is not taken back: it goes before whatever is new.
  static const std::string& FirstOf(const std::vector<Version>& versions, const std::vector<std::string>& encodings) {
    size_t first = 0;
    for (size_t i = 1; i < versions.size(); ++i) {
      const bool goes_before =
          versions[i].present != versions[first].present ? versions[i].present : encodings[i] < encodings[first];
      if (goes_before) first = i;
    }
    return encodings[first];
  }

  void DropEvents(const std::vector<uint8_t>& refused) {
    std::vector<int64_t> kept, rows;
    for (size_t i = 0; i < refused.size(); ++i) {
      if (refused[i] == 0) {
        kept.push_back(static_cast<int64_t>(i));
        rows.push_back(screened_.rows[i]);
      } else {
        const std::string& what = source_.is_table() ? "key and valid_from" : source_.event_id;
        Refuse(static_cast<size_t>(screened_.rows[i]), kReasonConflict,
               "another row has the same " + what + " and known_at, and other values");
      }
    }
    if (kept.size() == refused.size()) return;
    screened_.events = screened_.events.Take(kept);
    screened_.rows = std::move(rows);
  }

  const features::Source& source_;
  const data::Batch& rows_;
  const ScreenOptions& options_;
  const data::Column* event_time_ = nullptr;  // null: static
  const data::Column* known_at_ = nullptr;
  const data::Column* event_id_ = nullptr;
  std::vector<const data::Column*> key_;  // of a table
  std::vector<uint8_t> deleted_;
  std::vector<Fate> fates_;
  ScreenedRows screened_;
};

}  // namespace

const std::vector<std::string>& RefusalReasons() {
  static const auto* const reasons =
      new std::vector<std::string>{kReasonCheck, kReasonOverflow,  kReasonNoTime,   kReasonNoId,
                                   kReasonNoKey, kReasonNoKnownAt, kReasonConflict, kReasonUnreadable};
  return *reasons;
}

Result<ScreenedRows> ScreenRows(const features::Source& source, const data::Batch& rows, const ScreenOptions& options) {
  PLUMB_CHECK(options.received_at.empty() || options.received_at.size() == rows.rows, "One time for each row.");
  return Screen(source, rows, options).Run();
}

}  // namespace plumb::operate
