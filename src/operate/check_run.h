// check_run.h: the set checks of a source run on what its lake holds, with the files that remember them.
//
// Thread safety: one user per state directory (the caller holds the writer lock).
#pragma once

#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/status.h"
#include "base/time.h"
#include "data/column.h"
#include "features/definitions.h"
#include "operate/set_checks.h"

namespace plumb::operate {

struct CheckRun {
  std::string state_directory;
  std::string version;  // of the data
  base::Time now = 0;
  bool set_reference = false;
  std::vector<CheckWarning> warnings;  // of the load, to be kept with the results
};

// Evaluates and writes. A source without set checks has a file only if it has warnings to remember or had a file.
base::Result<SourceChecks> RunSetChecks(base::FileSystem& files, const features::Source& source,
                                        const data::Batch& events, const CheckRun& run);

// What was written for this data and these checks, with freshness as of now; kNotFound if nothing was.
base::Result<SourceChecks> StoredChecks(base::FileSystem& files, const features::Source& source, const CheckRun& run);

}  // namespace plumb::operate
