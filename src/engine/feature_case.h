// feature_case.h: feature tests: small text tables of events and of what features are worth at given times.
//
// Why: whoever writes a feature can say what it means by example, and the example is checked in all engines: brute
// force, the batch driver (small and large chunks), and the request driver fed one event at a time in two orders of
// arrival. All must give the expected value.
//
// A file holds cases one after another; a case ends where, after an `expect` table, a new `feature`, `define` or
// `events` begins.
//
//   feature NAME = EXPR [of ENTITY] from SOURCE    any number; without `of`: of all
//   define                                         indented YAML: sources, entities, feature_views
//   columns SOURCE  NAME: TYPE, …                  types of an implied source's columns that the values do not tell
//   events SOURCE                                  then a table
//   expect                                         then a table: time, [cut,] keys and request fields, features
//
// Cells stand two or more blanks apart; `null` is null, text may stand in single quotes; # begins a comment. A source
// that is not defined has the columns of its table, of types that its values show, with event_time, known_at, event_id
// and deleted where the table has them; an entity that is not defined has one key of its own name. A column `status` in
// `expect` is the status of the feature before it, `view.feature` names a feature of a defined view, and without `cut`
// the cut is the time.
//
// Thread safety: pure functions but for the executor.
//
//   CaseReport report = RunFeatureCases(text, {.file = "late.test"}, *executor);     // from feature_case_test.cc
//   report.failures[0].ToString();     // "late.test:12: delay is 10, want 15."
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.h"
#include "base/executor.h"

namespace plumb::engine {

struct CaseFailure {
  std::string file;
  int line = 0;
  std::string message;
  [[nodiscard]] std::string ToString() const { return file + ":" + std::to_string(line) + ": " + message; }
};

struct CaseReport {
  int cases = 0;
  int checks = 0;  // expected values, each checked in every engine
  std::vector<CaseFailure> failures;
};

struct CaseOptions {
  std::string file;                          // for messages
  std::vector<base::SourceTextPtr> project;  // definitions that cases may use beside their own
};

CaseReport RunFeatureCases(std::string_view text, const CaseOptions& options, base::Executor& executor);

}  // namespace plumb::engine
