// row_checks.h: which rows of a batch break the row checks of their source.
//
// Asked when rows arrive, before MakeEvents: a row that fails a check of severity error goes to the quarantine with the
// check's name, and replaces nothing. A row fails only where a check is false; null passes. An overflow in a check of
// severity error fails the row too, since nobody knows what it would have said. A row that is a delete passes all.
//
//   PLUMB_ASSIGN_OR_RETURN(const RowCheckReport report, ApplyRowChecks(source, rows));      // from row_checks_test.cc
//   const data::Batch accepted = rows.Take(report.Passed());
//
// Thread safety: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "data/column.h"
#include "features/definitions.h"

namespace plumb::features {

struct RowVerdict {
  static constexpr int kPassed = -1;
  int check = kPassed;    // position in source.row_checks of the first check of severity error that fails
  bool overflow = false;  // it could not be computed
  [[nodiscard]] bool passed() const { return check == kPassed; }
  friend bool operator==(const RowVerdict&, const RowVerdict&) = default;
};

struct RowCheckReport {
  std::vector<RowVerdict> rows;  // one for each row
  // For each of source.row_checks, of both severities: the rows that fail it, also those that fail an earlier one.
  std::vector<int64_t> failures;
  int64_t removed = 0;  // rows that did not pass

  [[nodiscard]] std::vector<int64_t> Passed() const;  // row numbers, in order
  [[nodiscard]] std::vector<int64_t> Failed() const;
};

// `rows` has at least source.columns; kInvalidArgument if not.
base::Result<RowCheckReport> ApplyRowChecks(const Source& source, const data::Batch& rows);

// Why a row was refused, for the quarantine: "arr_delay between -120 and 2000", "… (overflow)". Requires: !passed().
std::string RefusalReason(const Source& source, const RowVerdict& verdict);

}  // namespace plumb::features
