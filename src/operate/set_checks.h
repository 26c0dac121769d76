// set_checks.h: what has to hold of a source as a whole, evaluated and remembered.
//
//   STATE/lake/SOURCE/checks.json           the newest results; format: docs/formats/checks.md
//
// Set checks look at the current events (current_events.h) of one data version and never remove rows. One of severity
// error that failed stops what depends on the source: plumb ingest ends with exit code 1, and RequirePassedChecks
// refuses.
//
// Freshness is about a source that is live. A history that is loaded once is as old as it is, so the age is compared
// only after a load has found the source fresh; from then on it is, also without a load, since it depends on the time
// of asking. Until then the result is "not compared".
//
// Thread safety: values and functions; one writer of the file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/json.h"
#include "base/status.h"
#include "base/time.h"
#include "data/column.h"
#include "features/definitions.h"
#include "operate/drift_reference.h"
#include "store/lake.h"

namespace plumb::operate {

enum class CheckOutcome : uint8_t { kPassed, kFailed, kNotCompared };
const char* CheckOutcomeName(CheckOutcome outcome);  // "passed", "failed", "not_compared"

struct SetCheckResult {
  std::string name, canonical;
  features::CheckSeverity severity = features::CheckSeverity::kError;
  CheckOutcome outcome = CheckOutcome::kPassed;
  std::optional<double> value;  // what was compared: age in seconds, rows, surplus rows, share, index
  std::string detail;           // a sentence

  [[nodiscard]] bool stops() const {
    return outcome == CheckOutcome::kFailed && severity == features::CheckSeverity::kError;
  }
};

struct CheckWarning {
  std::string check;  // a row check of severity warn
  int64_t rows = 0;   // that fail it
};

struct SourceChecks {
  std::string source;
  std::string version;  // data version that was checked
  std::string meaning;  // of the checks that were evaluated
  base::Time checked_at = 0;
  std::optional<base::Time> newest_event_time;
  bool is_live = false;  // a load has found it fresh
  std::vector<CheckWarning> warnings;
  std::vector<SetCheckResult> results;

  [[nodiscard]] bool failed() const;  // an error check did
  [[nodiscard]] base::Json ToJson() const;
};

struct SetCheckInputs {
  const data::Batch* events = nullptr;  // all in the lake: features::EventSchema(source)
  std::string version;                  // their data version
  bool was_live = false;
  base::Time now = 0;
};
// Takes a reference of each column that a drift check names and `reference` lacks; says so in `reference_changed`.
base::Result<SourceChecks> EvaluateSetChecks(const features::Source& source, const SetCheckInputs& inputs,
                                             DriftReference* reference, bool* reference_changed);
std::string SetCheckMeaning(const features::Source& source);

// The same results with freshness as of `now`.
SourceChecks WithFreshness(const features::Source& source, SourceChecks checks, base::Time now);

std::string SourceChecksPath(const std::string& state_directory, const std::string& source);
// kNotFound if none were written, kDataLoss if damaged.
base::Result<SourceChecks> ReadSourceChecks(base::FileSystem& files, const std::string& path);
base::Status WriteSourceChecks(base::FileSystem& files, const std::string& path, const SourceChecks& checks);

// Whether what is made of these sources can be trusted: kFailedPrecondition naming the first source whose newest data
// fails a set check of severity error, or was never checked though the project has such a check.
base::Status RequirePassedChecks(base::FileSystem& files, const std::string& state_directory, store::Lake& lake,
                                 const std::vector<const features::Source*>& sources, base::Time now);

}  // namespace plumb::operate
