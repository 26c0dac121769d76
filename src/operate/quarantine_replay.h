// quarantine_replay.h: rows of the quarantine asked again: what passes now becomes events, known from now on.
//
// Why a new known_at: nobody could use the row before, so no feature of an earlier time may see it. It is
// max(declared, now), and stays when the files are loaded again.
//
// Lake and quarantine change in one commit (store/quarantine.h). Rows that still do not pass stay, with the reason of
// now. Thread safety: one user per state directory (the caller holds the writer lock).
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/status.h"
#include "features/definitions.h"
#include "operate/set_checks.h"
#include "store/lake.h"
#include "store/quarantine.h"

namespace plumb::operate {

struct ReplayOptions {
  std::string state_directory;
  base::Clock* clock = nullptr;  // required
  std::vector<std::string> ids;  // empty: all rows
};

struct ReplayReport {
  std::string source;
  std::string version;                          // of the lake
  int64_t asked = 0;                            // rows
  int64_t released = 0;                         // that are events now
  int64_t skipped = 0;                          // without event_time, which the source leaves out now: gone
  int64_t remaining = 0;                        // rows in the quarantine
  std::vector<store::QuarantineCount> reasons;  // of these
  SourceChecks checks;                          // of the new data version
};

// kNotFound for a source that was never loaded and for an id that is not there; kFailedPrecondition when the source's
// columns have changed since the last ingest.
base::Result<ReplayReport> ReplayQuarantine(base::FileSystem& files, store::Lake& lake, const features::Source& source,
                                            const ReplayOptions& options);

// What is in the quarantine of a source, and its rows; nothing if the source was never loaded.
base::Result<store::QuarantineManifest> QuarantineOf(base::FileSystem& files, base::Clock& clock, store::Lake& lake,
                                                     const std::string& state_directory, const std::string& source);

}  // namespace plumb::operate
