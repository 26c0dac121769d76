// row_screen.h: which rows of a source become events, and why the others do not.
//
// A row is left out (no event_time, and the source skips such rows), refused, or an event. Refused are, in this order:
// rows that cannot be events (no id, no key, no time), rows that fail a check of severity error, and versions that
// contradict another: of those with equal event id and known_at but different values only the first in canonical
// encoding, the one that would count anyway, is kept. Where an event id makes a row without event_time a withdrawal it
// stays one, if it can be told since when it is known.
//
// Thread safety: pure functions. Invariant: every row is in exactly one of `rows`, `refused` and the skipped; what
// happens to it does not depend on the order of rows.
//
//   const ScreenedRows screened = ScreenRows(source, rows, {}).value();         // from row_screen_test.cc
//   screened.events.rows;                                                       // 2
//   screened.refused[0].reason;                                                 // "check"
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "data/column.h"
#include "features/definitions.h"

namespace plumb::operate {

// Words for why; stored in the quarantine, so they stay.
inline constexpr const char* kReasonCheck = "check";           // false by a check of severity error
inline constexpr const char* kReasonOverflow = "overflow";     // such a check could not be computed
inline constexpr const char* kReasonNoTime = "no_event_time";  // of a table: valid_from
inline constexpr const char* kReasonNoId = "no_event_id";
inline constexpr const char* kReasonNoKey = "no_key";
inline constexpr const char* kReasonNoKnownAt = "no_known_at";
inline constexpr const char* kReasonConflict = "conflict";      // another version with the same id and known_at
inline constexpr const char* kReasonUnreadable = "unreadable";  // of a replay: not as the source is declared now
const std::vector<std::string>& RefusalReasons();

struct RefusedRow {
  int64_t row = 0;
  std::string reason;  // a word above
  std::string check;   // the check's name, or a sentence
};

struct ScreenedRows {
  data::Batch events;               // features::EventSchema(source)
  std::vector<int64_t> rows;        // of each event, its row
  std::vector<RefusedRow> refused;  // by row
  int64_t skipped_null_time = 0;
  std::vector<int64_t> failures;  // for each of source.row_checks: rows that fail it, of both severities
};

struct ScreenOptions {
  // When each row was received: its known_at is then at least that. kTimeMin, and empty for all: history, which keeps
  // what it declares.
  std::vector<base::Time> received_at;
  // Events that are there already, which new ones may contradict: EventSchema(source). May be null.
  const data::Batch* present = nullptr;
};

// `rows` has source.columns; kInvalidArgument if not.
base::Result<ScreenedRows> ScreenRows(const features::Source& source, const data::Batch& rows,
                                      const ScreenOptions& options);

}  // namespace plumb::operate
