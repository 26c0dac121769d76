// ingest.h: the files of a source into the lake, once.
//
// A source's files are fingerprinted; when the files, the columns or the times of the source changed, its part of the
// lake is written anew as history (declared known_at kept) and gets a new data version; when nothing changed nothing is
// read. Rows are written in (event_time, known_at) order. A broken row stops the load before anything is committed.
//
// Thread safety: one ingest at a time per state directory (the caller holds the writer lock).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "features/definitions.h"
#include "store/lake.h"

namespace plumb::operate {

struct IngestReport {
  std::string source;
  std::string version;  // of the lake
  bool changed = false;
  int64_t rows = 0;
  int64_t skipped_null_time = 0;
  int64_t files = 0;
};

struct IngestOptions {
  std::string project_directory;  // paths of sources are relative to it
  bool force = false;             // read again even if nothing changed
  std::function<void(const IngestReport&)> progress;
};

base::Result<IngestReport> IngestSource(base::FileSystem& files, store::Lake& lake, const features::Source& source,
                                        const IngestOptions& options);
// All of the sources that have files, in order; stops at the first error.
base::Result<std::vector<IngestReport>> IngestSources(base::FileSystem& files, store::Lake& lake,
                                                      const std::vector<const features::Source*>& sources,
                                                      const IngestOptions& options);

}  // namespace plumb::operate
