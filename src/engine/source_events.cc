#include "engine/source_events.h"

#include <algorithm>

#include "features/events.h"

namespace plumb::engine {

base::Status CheckEventRows(const features::Source& source, const data::Batch& rows) {
  const data::Schema schema = features::EventSchema(source);
  for (const data::Field& field : schema.fields()) {
    const data::Column* column = rows.Find(field.name);
    if (column == nullptr)
      return base::InvalidArgument("Event rows of source {} have no column {}.", source.name, field.name);
    if (column->type() != field.type) {
      return base::InvalidArgument("Column has the wrong type: {} of source {}, want {}, got {}.", field.name,
                                   source.name, data::TypeName(field.type), data::TypeName(column->type()));
    }
    const bool is_required = field.name == features::kKnownAtColumn || field.name == features::kEventIdColumn;
    for (size_t row = 0; is_required && row < rows.rows; ++row) {
      if (column->IsNull(row)) {
        return base::InvalidArgument("Event row has no {}: row {} of source {}.", field.name, row + 1, source.name);
      }
    }
  }
  return {};
}

data::Batch EventRowsOf(const features::Source& source, const data::Batch& rows) {
  const data::Schema schema = features::EventSchema(source);
  data::Batch copy;
  for (const data::Field& field : schema.fields()) copy.AddColumn(field.name, *rows.Find(field.name));
  copy.rows = rows.rows;
  return copy;
}

bool IsLive(const data::Batch& rows, size_t row) {
  if (rows.Find(features::kEventTimeColumn)->IsNull(row)) return false;
  const data::Column* deleted = rows.Find(features::kDeletedColumn);
  return deleted == nullptr || deleted->IsNull(row) || deleted->Int(row) == 0;
}

std::vector<base::Time> LookupTimes(const data::Batch& rows) {
  const data::Column& event_time = *rows.Find(features::kEventTimeColumn);
  const data::Column& known_at = *rows.Find(features::kKnownAtColumn);
  std::vector<base::Time> times(rows.rows);
  for (size_t row = 0; row < rows.rows; ++row) {
    times[row] = event_time.IsNull(row) ? known_at.Int(row) : std::min(event_time.Int(row), known_at.Int(row));
  }
  return times;
}

void AddDerivedColumns(const features::Source& source, const ViewProgram& program, AggregateFetcher& fetcher,
                       data::Batch* rows, base::Executor* executor) {
  if (source.derived.empty()) return;
  const std::vector<base::Time> times = LookupTimes(*rows);
  // Columns of a batch move when one is added, so they are kept aside until all are made.
  std::vector<data::Column> made;
  made.reserve(source.derived.size());
  const auto find = [&](std::string_view name) -> const data::Column* {
    for (size_t i = 0; i < made.size(); ++i) {
      if (source.derived[i].name == name) return &made[i];
    }
    return &EventColumn(*rows, std::string(name));
  };
  Evaluation evaluation(program, fetcher, find, times, times, executor);
  for (const CompiledExpression& expression : program.derived()) {
    made.push_back(std::move(evaluation.Derive(expression).values));
  }
  for (size_t i = 0; i < made.size(); ++i) rows->AddColumn(source.derived[i].name, std::move(made[i]));
}

void AppendRowEncoding(const features::Source& source, const data::Batch& rows, size_t row, std::string* out) {
  for (const data::Field& field : source.columns.fields()) data::AppendCanonical(rows.Find(field.name)->At(row), out);
  data::AppendCanonical(rows.Find(features::kEventTimeColumn)->At(row), out);
  if (const data::Column* deleted = rows.Find(features::kDeletedColumn)) data::AppendCanonical(deleted->At(row), out);
}

std::vector<const data::Column*> KeyColumns(const features::Entity& entity, const data::Batch& rows) {
  std::vector<const data::Column*> columns;
  for (const data::Field& key : entity.keys.fields()) {
    const data::Column* column = rows.Find(key.name);
    PLUMB_CHECK(column != nullptr, "A source has the keys of the entities that views join it with.");
    columns.push_back(column);
  }
  return columns;
}

}  // namespace plumb::engine
