// events.h: from the rows of a source to events with their two times.
//
// An event row is the declared columns and four system columns: __event_time and __known_at (timestamp, null where the
// row has none), __event_id (string: the canonical text of the event_id column; absent when the source has none) and
// __deleted (bool; absent when the source declares no `deleted`). Derived columns are not among them: they are computed
// when events are loaded into an engine.
//
// Tables. Every row is a version of the row of its key from valid_from on, and an event then. Its __event_id is the
// canonical text of key and valid_from (of a static table: of the key), parts joined by "|" with \ before | and \ in
// them; so a row known later with the same key and valid_from corrects the earlier one. A deleted row says that there
// is no row from valid_from on: it is an event like others, with null in all declared columns but the key (and
// event_time and known_at, if columns have these names), not a withdrawal; so there is no __deleted. Rows of a static
// table have both times kStaticTime.
//
// Thread safety: pure functions.
#pragma once

#include "base/status.h"
#include "data/column.h"
#include "features/definitions.h"

namespace plumb::features {

inline constexpr const char* kEventTimeColumn = "__event_time";
inline constexpr const char* kKnownAtColumn = "__known_at";
inline constexpr const char* kEventIdColumn = "__event_id";
inline constexpr const char* kDeletedColumn = "__deleted";

// 0001-01-01T00:00:00Z: before every asking time.
inline constexpr base::Time kStaticTime = -62'135'596'800 * base::kSecond;

// Schema of a source's event rows: declared columns, then the system columns it has.
data::Schema EventSchema(const Source& source);

struct EventsOptions {
  // History keeps the declared known_at; otherwise known_at = max(declared, received_at).
  bool history = true;
  base::Time received_at = base::kTimeMin;
};

struct Events {
  data::Batch rows;  // EventSchema(source)
  int64_t skipped_null_time = 0;
};

// `rows` has source.columns. A row without event_time is skipped (skip_null_time), withdraws (sources with event_id
// keep it) or is an error that names the row; a null known_at is an error. So is a null in a table's key and, without
// skip_null_time, in its valid_from.
base::Result<Events> MakeEvents(const Source& source, const data::Batch& rows, const EventsOptions& options);

}  // namespace plumb::features
