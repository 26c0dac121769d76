#include "features/events.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace plumb::features {
namespace {

using base::Time;

// So that different lists of parts, joined by |, give different ids, whatever the parts hold.
std::string Escaped(const std::string& part) {
  std::string escaped;
  for (const char c : part) {
    if (c == '|' || c == '\\') escaped.push_back('\\');
    escaped.push_back(c);
  }
  return escaped;
}

// Turns the rows of one source into events, row by row.
class EventMaker {
 public:
  EventMaker(const Source& source, const data::Batch& rows, const EventsOptions& options)
      : source_(source), rows_(rows), options_(options) {}

  base::Result<Events> Make() {
    PLUMB_RETURN_IF_ERROR(FindColumns());
    ComputeDeleted();
    for (size_t row = 0; row < rows_.rows; ++row) PLUMB_RETURN_IF_ERROR(AddRow(row));
    return Assemble();
  }

 private:
  base::Status FindColumns() {
    for (const data::Field& field : source_.columns.fields()) {
      const data::Column* column = rows_.Find(field.name);
      if (column == nullptr)
        return base::InvalidArgument("Rows of source {} have no column {}.", source_.name, field.name);
      if (column->type() != field.type) {
        return base::InvalidArgument("Column has the wrong type: {} of source {}, want {}, got {}.", field.name,
                                     source_.name, data::TypeName(field.type), data::TypeName(column->type()));
      }
      declared_.push_back(column);
    }
    if (!source_.is_static) event_time_ = rows_.Find(source_.event_time);
    if (source_.known_at) known_at_ = rows_.Find(*source_.known_at);
    if (!source_.event_id.empty()) event_id_ = rows_.Find(source_.event_id);
    for (const std::string& column : source_.key) key_.push_back(rows_.Find(column));
    return base::Status();
  }

  void ComputeDeleted() {
    if (!source_.deleted) return;
    std::vector<const data::Column*> inputs;
    for (const expr::Input& input : source_.deleted->inputs()) inputs.push_back(rows_.Find(input.name));
    deleted_ = source_.deleted->Evaluate(inputs, rows_.rows);
  }

  // A null answer is not a delete.
  [[nodiscard]] bool IsDeleted(size_t row) const {
    return source_.deleted && !deleted_.IsNull(row) && deleted_.Int(row) != 0;
  }

  base::Status AddRow(size_t row) {
    if (source_.skip_null_time && !HasTime(row) && (source_.is_table() || !IsDeleted(row))) {
      ++skipped_;
      return base::Status();
    }
    PLUMB_RETURN_IF_ERROR(source_.is_table() ? CheckVersion(row) : CheckEvent(row));
    PLUMB_ASSIGN_OR_RETURN(const Time known_at, KnownAt(row));
    kept_.push_back(static_cast<int64_t>(row));
    known_ats_.push_back(known_at);
    return base::Status();
  }

  [[nodiscard]] bool HasTime(size_t row) const { return event_time_ == nullptr || !event_time_->IsNull(row); }

  [[nodiscard]] base::Status CheckEvent(size_t row) const {
    if (!HasTime(row) && event_id_ == nullptr) {
      return InRow(row, "has no event_time", "Correct the row, or set skip_null_time: true to leave such rows out.");
    }
    if (event_id_ != nullptr && event_id_->IsNull(row)) {
      return InRow(row, "has no event_id", "Give every event an id, or leave event_id out of the source.");
    }
    return base::Status();
  }

  [[nodiscard]] base::Status CheckVersion(size_t row) const {
    for (size_t i = 0; i < key_.size(); ++i) {
      if (!key_[i]->IsNull(row)) continue;
      return InRow(row, "has null in its key: " + source_.key[i], "A row of a table needs every column of its key.");
    }
    if (HasTime(row)) return base::Status();
    return InRow(row, "has no valid_from", "Correct the row, or set skip_null_time: true to leave such rows out.");
  }

  [[nodiscard]] base::Result<Time> KnownAt(size_t row) const {
    if (source_.is_static) return kStaticTime;
    if (known_at_ != nullptr && known_at_->IsNull(row)) {
      return InRow(row, "has no known_at", "Every row has to say when it could be known.");
    }
    std::optional<Time> declared;
    if (known_at_ != nullptr) {
      declared = known_at_->Int(row);
    } else if (!event_time_->IsNull(row)) {
      declared = base::Move(event_time_->Int(row), source_.available_after.value_or(base::Span{}), 1);
    }
    if (!options_.history) return std::max(declared.value_or(base::kTimeMin), options_.received_at);
    if (declared) return *declared;
    return InRow(row, "has neither an event_time nor a known_at",
                 "Declare a known_at column, so that it can be told since when the event is withdrawn, or set "
                 "skip_null_time: true to leave such rows out.");
  }

  [[nodiscard]] base::Status InRow(size_t row, const std::string& what, const char* suggestion) const {
    return base::InvalidArgument("Row {} of source {} {}.", row + 1, source_.name, what).WithSuggestion(suggestion);
  }

  [[nodiscard]] Events Assemble() const {
    Events events;
    events.skipped_null_time = skipped_;
    events.rows = data::Batch(EventSchema(source_));
    events.rows.rows = kept_.size();
    std::vector<data::Column> columns;
    const std::vector<int64_t> values = RowsOfValues();
    for (size_t i = 0; i < declared_.size(); ++i) {
      const bool stays = StaysInDeleted(source_.columns.fields()[i].name);
      columns.push_back(declared_[i]->Take(stays ? kept_ : values));
    }
    columns.push_back(EventTimes());
    data::Column known_at(data::TypeKind::kTimestamp);
    for (const Time time : known_ats_) known_at.AppendInt(time);
    columns.push_back(std::move(known_at));
    if (source_.has_event_id()) columns.push_back(EventIds());
    if (source_.has_withdrawals()) columns.push_back(Deletes());
    events.rows.columns = std::move(columns);
    return events;
  }

  // As kept_, with -1 for the deleted rows of a table, which have no values.
  [[nodiscard]] std::vector<int64_t> RowsOfValues() const {
    std::vector<int64_t> rows = kept_;
    if (!source_.is_table() || !source_.deleted) return rows;
    for (int64_t& row : rows) {
      if (IsDeleted(static_cast<size_t>(row))) row = -1;
    }
    return rows;
  }

  // Columns of these names are the event's times, which every event has.
  [[nodiscard]] bool StaysInDeleted(const std::string& column) const {
    return column == "event_time" || column == "known_at" ||
           std::find(source_.key.begin(), source_.key.end(), column) != source_.key.end();
  }

  [[nodiscard]] data::Column EventTimes() const {
    if (event_time_ != nullptr) return event_time_->Take(kept_);
    return data::Column::Repeat(data::Value::Timestamp(kStaticTime), kept_.size());
  }

  [[nodiscard]] data::Column EventIds() const {
    data::Column ids(data::TypeKind::kString);
    for (const int64_t row : kept_) {
      const auto at = static_cast<size_t>(row);
      ids.AppendString(source_.is_table() ? VersionId(at) : event_id_->At(at).ToString());
    }
    return ids;
  }

  [[nodiscard]] std::string VersionId(size_t row) const {
    std::string id = Escaped(key_.front()->At(row).ToString());
    for (size_t i = 1; i < key_.size(); ++i) id += '|' + Escaped(key_[i]->At(row).ToString());
    if (event_time_ != nullptr) id += '|' + Escaped(event_time_->At(row).ToString());
    return id;
  }

  [[nodiscard]] data::Column Deletes() const {
    data::Column deletes(data::TypeKind::kBool);
    for (const int64_t row : kept_) deletes.AppendInt(IsDeleted(static_cast<size_t>(row)) ? 1 : 0);
    return deletes;
  }

  const Source& source_;
  const data::Batch& rows_;
  const EventsOptions& options_;
  std::vector<const data::Column*> declared_;
  const data::Column* event_time_ = nullptr;  // null: static
  const data::Column* known_at_ = nullptr;
  const data::Column* event_id_ = nullptr;
  std::vector<const data::Column*> key_;  // of a table
  data::Column deleted_;
  std::vector<int64_t> kept_;
  std::vector<Time> known_ats_;
  int64_t skipped_ = 0;
};

}  // namespace

data::Schema EventSchema(const Source& source) {
  data::Schema schema = source.columns;
  schema.Add(kEventTimeColumn, data::TypeKind::kTimestamp);
  schema.Add(kKnownAtColumn, data::TypeKind::kTimestamp);
  if (source.has_event_id()) schema.Add(kEventIdColumn, data::TypeKind::kString);
  if (source.has_withdrawals()) schema.Add(kDeletedColumn, data::TypeKind::kBool);
  return schema;
}

base::Result<Events> MakeEvents(const Source& source, const data::Batch& rows, const EventsOptions& options) {
  return EventMaker(source, rows, options).Make();
}

}  // namespace plumb::features
