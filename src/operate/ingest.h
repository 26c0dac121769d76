// ingest.h: the files of a source into the lake, once; what cannot be believed into the quarantine.
//
// A source's files are fingerprinted; when the files or what the source says of its rows changed, its part of the lake
// is written anew as history (declared known_at kept) and gets a new data version; when nothing changed nothing is
// read. Rows that row_screen.h refuses go to the quarantine with the reason, in the same commit; rows let out of it
// before keep the known_at they got then. A file that cannot be read (a broken row, a value of another type) stops the
// load before anything is committed. Rows are written in (event_time, known_at) order.
//
// Then the set checks are evaluated (set_checks.h); they remove nothing, and the report tells which failed.
//
// Thread safety: one ingest at a time per state directory (the caller holds the writer lock).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "features/definitions.h"
#include "operate/set_checks.h"
#include "store/lake.h"
#include "store/quarantine.h"

namespace plumb::operate {

struct IngestReport {
  std::string source;
  std::string version;  // of the lake
  bool changed = false;
  int64_t rows = 0;
  int64_t skipped_null_time = 0;
  int64_t files = 0;
  int64_t refused = 0;                          // rows in the quarantine
  std::vector<store::QuarantineCount> reasons;  // why
  SourceChecks checks;                          // warnings of row checks, and set checks; without them empty
};

struct IngestOptions {
  std::string project_directory;  // paths of sources are relative to it
  std::string state_directory;    // where the lake is
  base::Clock* clock = nullptr;   // required
  bool force = false;             // read again even if nothing changed
  bool set_reference = false;     // drift checks compare with this data from now on
  std::function<void(const IngestReport&)> progress;
};

base::Result<IngestReport> IngestSource(base::FileSystem& files, store::Lake& lake, const features::Source& source,
                                        const IngestOptions& options);
// All of the sources that have files, in order; stops at the first error. A failed check is no error.
base::Result<std::vector<IngestReport>> IngestSources(base::FileSystem& files, store::Lake& lake,
                                                      const std::vector<const features::Source*>& sources,
                                                      const IngestOptions& options);

}  // namespace plumb::operate
