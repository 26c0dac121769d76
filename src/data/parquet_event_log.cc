#include "data/parquet_event_log.h"

#include <algorithm>
#include <atomic>
#include <mutex>

#include "base/diagnostics.h"
#include "data/internal/parquet_groups.h"

namespace plumb::data {
namespace {

// What stands for a system column.
std::string OriginOf(const ParquetEvents& events, const std::string& name) {
  if (name == kEventTimeColumn) return events.event_time;
  if (name == kKnownAtColumn) return events.known_at.empty() ? events.event_time : events.known_at;
  if (name == kEventIdColumn) return events.event_id;
  return name;
}

class Reader : public EventReader {
 public:
  Reader(const ParquetEvents& events, const std::vector<std::string>& columns) : events_(events) {
    for (const std::string& name : columns) {
      const std::string origin = OriginOf(events, name);
      if (name == kDeletedColumn || origin.empty()) continue;
      if (events.columns.Find(origin) == nullptr) continue;
      columns_.push_back(name);
      if (wanted_.Find(origin) == nullptr) wanted_.Add(origin, events.columns.Find(origin)->type);
    }
  }

  base::Status Open(base::FileSystem& files) {
    for (const std::string& path : events_.paths) {
      PLUMB_ASSIGN_OR_RETURN(std::string bytes, files.ReadFile(path));
      PLUMB_ASSIGN_OR_RETURN(std::shared_ptr<ParquetGroups> groups, ParquetGroups::Open(std::move(bytes), path));
      rows_ += groups->rows();
      for (int group = 0; group < groups->groups(); ++group) pieces_.push_back({groups, group, path});
    }
    return {};
  }

  [[nodiscard]] size_t pieces() const override { return pieces_.size(); }
  [[nodiscard]] int64_t rows() const override { return rows_; }

  base::Result<Batch> ReadPiece(size_t index) override {
    Piece piece = std::move(pieces_[index]);  // the last one of a file lets go of it
    PLUMB_ASSIGN_OR_RETURN(Batch rows, piece.groups->ReadGroup(piece.group, wanted_));
    piece.groups.reset();
    Batch batch;
    for (size_t i = 0; i < columns_.size(); ++i) {
      const std::string origin = OriginOf(events_, columns_[i]);
      Column& read = rows.columns[static_cast<size_t>(rows.schema.IndexOf(origin))];
      const auto is_of_it = [&](const std::string& name) { return OriginOf(events_, name) == origin; };
      const auto later = columns_.begin() + static_cast<ptrdiff_t>(i) + 1;
      const bool is_last = std::none_of(later, columns_.end(), is_of_it);
      PLUMB_ASSIGN_OR_RETURN(Column column, ColumnOf(columns_[i], is_last ? std::move(read) : read, piece.path));
      batch.AddColumn(columns_[i], std::move(column));
    }
    return batch;
  }

 private:
  struct Piece {
    std::shared_ptr<ParquetGroups> groups;
    int group = 0;
    std::string path;
  };

  // `column` is what the file has for it.
  base::Result<Column> ColumnOf(const std::string& name, Column column, const std::string& path) const {
    if (name == kEventIdColumn) return IdsOf(std::move(column), path);
    if (name == kKnownAtColumn && events_.known_at.empty() && events_.available_after != 0) {
      int64_t* times = column.mutable_int_data();
      const base::Span delay{0, events_.available_after};
      for (size_t row = 0; row < column.size(); ++row) times[row] = base::Move(times[row], delay, 1);
    }
    PLUMB_RETURN_IF_ERROR(CheckNulls(name, column, path));
    return column;
  }

  base::Status CheckNulls(const std::string& name, const Column& column, const std::string& path) const {
    const bool is_time = name == kEventTimeColumn || name == kKnownAtColumn;
    if (!is_time || !column.has_nulls() || (name == kEventTimeColumn && !events_.event_id.empty())) return {};
    return base::InvalidArgument("Event has no {}: {}.", OriginOf(events_, name), path).WithWhere(path);
  }

  static base::Result<Column> IdsOf(Column origin, const std::string& path) {
    if (origin.has_nulls()) return base::InvalidArgument("Event has no id: {}.", path).WithWhere(path);
    if (origin.type() == TypeKind::kString) return origin;
    Column ids(TypeKind::kString);
    ids.Reserve(origin.size());
    for (size_t row = 0; row < origin.size(); ++row) ids.AppendString(origin.At(row).ToString());
    return ids;
  }

  const ParquetEvents events_;
  std::vector<std::string> columns_;  // in the order asked for
  Schema wanted_;                     // of the files
  std::vector<Piece> pieces_;
  int64_t rows_ = 0;
};

}  // namespace

base::Result<std::unique_ptr<EventReader>> ParquetEventLog::OpenEvents(std::string_view source,
                                                                       const std::vector<std::string>& columns) {
  const auto found = events_.find(source);
  if (found == events_.end()) return base::NotFound("Source has no events in this log: {}.", source);
  auto reader = std::make_unique<Reader>(found->second, columns);
  PLUMB_RETURN_IF_ERROR(reader->Open(files_));
  return std::unique_ptr<EventReader>(std::move(reader));
}

base::Result<Batch> ParquetEventLog::ReadEvents(std::string_view source) {
  const auto found = events_.find(source);
  if (found == events_.end()) return base::NotFound("Source has no events in this log: {}.", source);
  std::vector<std::string> columns;
  for (const Field& field : found->second.columns.fields()) columns.push_back(field.name);
  columns.insert(columns.end(), {kEventTimeColumn, kKnownAtColumn, kEventIdColumn});
  PLUMB_ASSIGN_OR_RETURN(const auto reader, OpenEvents(source, columns));
  std::optional<Batch> all;
  for (size_t piece = 0; piece < reader->pieces(); ++piece) {
    PLUMB_ASSIGN_OR_RETURN(Batch rows, reader->ReadPiece(piece));
    if (!all) {
      all = std::move(rows);
    } else {
      all->AppendAll(rows);
    }
  }
  if (all) return std::move(*all);
  Schema schema = found->second.columns;
  schema.Add(kEventTimeColumn, TypeKind::kTimestamp);
  schema.Add(kKnownAtColumn, TypeKind::kTimestamp);
  if (!found->second.event_id.empty()) schema.Add(kEventIdColumn, TypeKind::kString);
  return Batch(schema);
}

}  // namespace plumb::data
