// source_events.h: event rows of a source made ready for state: derived columns, cuts of their look-ups, canonical
// encodings.
//
// Thread safety: pure functions.
#pragma once

#include <string>
#include <vector>

#include "engine/evaluator.h"

namespace plumb::engine {

// kInvalidArgument unless the batch has the columns of features::EventSchema(source) and a known_at and, where the
// source has one, an event_id in every row.
base::Status CheckEventRows(const features::Source& source, const data::Batch& rows);

// The declared and system columns in EventSchema order, copied.
data::Batch EventRowsOf(const features::Source& source, const data::Batch& rows);

// Whether the row is an event at all: it has an event_time and is not a delete.
bool IsLive(const data::Batch& rows, size_t row);

// When the look-ups of a row's derived columns are asked: min(event_time, known_at), known_at where there is no
// event_time.
std::vector<base::Time> LookupTimes(const data::Batch& rows);

// Adds the derived columns of the program to the rows, each as a column of its own.
void AddDerivedColumns(const features::Source& source, const ViewProgram& program, AggregateFetcher& fetcher,
                       data::Batch* rows, base::Executor* executor = nullptr);

// What orders versions of equal known_at: the declared columns, event_time and deleted. Equal for equal rows only.
void AppendRowEncoding(const features::Source& source, const data::Batch& rows, size_t row, std::string* out);

// The columns of the entity's keys.
std::vector<const data::Column*> KeyColumns(const features::Entity& entity, const data::Batch& rows);

}  // namespace plumb::engine
