// gate.h: may a new version replace the one in use? A verdict with its numbers, from scores of both on the same rows.
//
// Why: "its metric is higher" promotes noise. The verdict is by paired tests with a non-inferiority margin
// (stats/non_inferiority.h): a version that is truly worse by the margin or more passes with probability at most
// 1 - confidence. It is tested against the version in use (the champion) and against the best version that was ever in
// use, and must pass both, so that a series of versions, each a little worse than the one before, cannot creep
// downward.
//
// Then the owner's other demands: enough rows; no slice shown to be worse than the champion's by more than so many
// margins (bounds corrected for the number of slices); calibration not shown to be worse by its margin; latency and
// size within budget. They can turn a promotion into a rejection, never the other way.
//
//     promote        not shown to be worse than tolerated, by both tests, and every demand is met
//     reject         shown to be worse than tolerated, or a demand is not met
//     inconclusive   neither; more rows are needed. The version is not promoted
//
// Thread safety: pure functions. The same evidence gives the same verdict.
//
//   GateEvidence evidence;                              // from gate_test.cc
//   evidence.opponents.push_back({"champion", "late@v1", rows});
//   JudgeGate({.metric = "log_loss", .margin = 0.01}, evidence)->verdict;      // GateVerdict::kPromote
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "learn/gate_definition.h"
#include "learn/paired_metric.h"

namespace plumb::learn {

enum class GateVerdict : uint8_t { kReject, kInconclusive, kPromote };
const char* GateVerdictName(GateVerdict verdict);  // "promote"

// What the challenger is compared with. In `rows` the challenger is the first.
struct GateOpponent {
  std::string role;     // "champion", "best past version"
  std::string version;  // "late@v3"
  PairedRows rows;
  int64_t rows_left_out = 0;  // of a class that one of the two never saw
  bool is_comparable = true;
  std::string why_not;  // a sentence, if it is not
};

// The rows of the first opponent by a column's text.
struct GateSlice {
  std::string name;
  std::vector<std::string> values;
};

struct GateEvidence {
  std::string challenger;                 // "late@v4"
  std::vector<GateOpponent> opponents;    // the champion first; none: there is nothing to be worse than
  int64_t rows = 0;                       // that the challenger was judged on, also without opponents
  std::vector<GateSlice> slices;          // of the champion's rows
  std::optional<double> row_seconds_p99;  // to encode and score one row
  std::optional<int64_t> model_bytes;
  std::vector<std::string> notes;  // what a reader should know: sentences
};

struct GateComparison {
  std::string role, version;
  int64_t rows_left_out = 0;
  MetricDifference difference;
};

// One of the other demands.
struct GateCheck {
  std::string name;  // "rows", "slice carrier=UA", "calibration", "latency_p99", "model_bytes"
  bool passed = true;
  std::string text;  // a sentence
};

struct GateReport {
  GateVerdict verdict = GateVerdict::kInconclusive;
  std::string challenger;
  GateDefinition definition;
  std::vector<GateComparison> comparisons;  // the champion's first
  std::vector<GateCheck> checks;
  std::vector<std::string> reasons;  // why the verdict is what it is: sentences
  std::vector<std::string> notes;
  int64_t rows = 0;
  std::optional<int64_t> rows_needed;  // by a version as good as the champion to pass four times in five

  // {"verdict", "challenger", "metric", "margin", "confidence", "rows", "comparisons": [{"role", "version",
  // "rows_left_out", MetricDifference}], "checks": [{"name", "passed", "text"}], "reasons", "notes", "rows_needed"}.
  [[nodiscard]] base::Json ToJson() const;
};

// kInvalidArgument for a definition out of bounds. Rows on which the metric does not exist make it inconclusive.
base::Result<GateReport> JudgeGate(const GateDefinition& definition, const GateEvidence& evidence);

}  // namespace plumb::learn
