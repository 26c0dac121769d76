// quarantine_rows.h: refused rows as the quarantine holds them, and back.
//
// A row's values become text that reads back to the same values (null stays null). Its id is made of its source, its
// values and how many equal rows came before it, so the same row of the same files has the same id whenever it is
// loaded; the file and row number say where it is now and are no part of it.
//
// Thread safety: pure functions; RowNames has one user.
//
//   RowNames names("flights");                      // from quarantine_rows_test.cc
//   names.Next(rows, 0);                            // "5f6c0d63a2b1c489"
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "data/column.h"
#include "features/definitions.h"
#include "operate/row_screen.h"

namespace plumb::operate {

// Names rows, each call the next. Rows with equal values get different names in the order of the calls.
class RowNames {
 public:
  explicit RowNames(const features::Source& source) : source_(source) {}
  // 16 hex digits. Requires: `rows` has source.columns.
  std::string Next(const data::Batch& rows, size_t row);

 private:
  const features::Source& source_;
  std::unordered_map<std::string, int64_t> seen_;  // digest of the values → how often
};

// Where the rows of a batch were read: rows of one file follow each other.
struct RowOrigin {
  std::string file;  // relative to the project
  int64_t rows = 0;
};

struct QuarantineStamp {
  std::vector<RowOrigin> files;  // in the order of the rows; together as many rows as there are
  base::Time received_at = 0;    // of rows that were not refused before
  std::unordered_map<std::string, base::Time> received_before;  // id → time
  // Of each row of the batch, if the caller has named them all; else refused rows are named in their order, which is
  // the same as long as equal rows share their fate.
  std::vector<std::string> ids;
};

// The refused rows under store::QuarantineSchema, in their order.
data::Batch MakeQuarantineRows(const features::Source& source, const data::Batch& rows,
                               const std::vector<RefusedRow>& refused, const QuarantineStamp& stamp);

struct ReadBackRows {
  data::Batch rows;                   // source.columns; null in rows that cannot be read
  std::vector<std::string> problems;  // why each row cannot be read as the source is declared now; empty: it can
};
// Rows of the quarantine with the types that the source declares now.
ReadBackRows ReadBackQuarantineRows(const features::Source& source, const data::Batch& quarantined);

}  // namespace plumb::operate
