// lake.h: the events of every source as immutable Parquet parts under a manifest.
//
//   STATE/lake/SOURCE/part-<sha256 prefix>.parquet      rows in (event_time, …) order as given
//   STATE/lake/SOURCE/manifest-<n>.json                 format, schema, parts with rows, bytes, sha256, time range,
//   origin; checksum
//
// A data version is the digest of a manifest's parts, so equal data has an equal name. A commit writes parts first,
// then the next manifest, each atomically: after a crash the state is before or after. Anyone may read at any time; one
// process writes (writer lock). Old manifests stay, so an audit can read the version that was served. Format:
// docs/formats/lake.md.
//
// Thread safety: reads from any thread; one writer.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/json.h"
#include "data/column.h"
#include "data/event_log.h"

namespace plumb::store {

struct LakePart {
  std::string file;  // name within the source's folder
  std::string sha256;
  int64_t rows = 0, bytes = 0;
};

struct LakeManifest {
  std::string source;
  int64_t number = 0;
  std::string version;  // digest of the parts, 64 hex digits
  data::Schema schema;
  std::vector<LakePart> parts;
  base::Json origin;  // what the writer said: files and fingerprints loaded, source identity, history or not
  base::Time created = 0;
  int64_t rows = 0;
};

class Lake {
 public:
  Lake(base::FileSystem& files, base::Clock& clock, std::string state_directory);

  // Adds rows as a new part (or replaces all parts) and commits a manifest. `origin` is kept as given.
  // kFailedPrecondition when the schema differs from the parts already there and `replace` is false.
  base::Result<LakeManifest> Commit(const std::string& source, const data::Batch& rows, const base::Json& origin,
                                    bool replace);

  // The newest manifest, or the one with this version. kNotFound without one.
  base::Result<LakeManifest> Manifest(const std::string& source, const std::string& version = "");
  // All rows of a manifest. kDataLoss (naming the file) when a part is missing or does not match its digest.
  base::Result<data::Batch> Read(const LakeManifest& manifest);
  base::Result<std::vector<std::string>> Sources();

 private:
  base::FileSystem& files_;
  base::Clock& clock_;
  std::string root_;
};

// The lake as the engine's port, pinned to one version of every source: "source → version"; a source that is not in the
// map is pinned to its newest version when the log is made.
class LakeEventLog : public data::EventLog {
 public:
  static base::Result<LakeEventLog> Open(Lake& lake, std::map<std::string, std::string> versions = {});
  [[nodiscard]] std::string DataVersion() const override;  // digest of all pinned versions
  base::Result<data::Batch> ReadEvents(std::string_view source) override;
  // Every pinned source with its version.
  [[nodiscard]] const std::map<std::string, std::string>& versions() const { return versions_; }

 private:
  LakeEventLog(Lake& lake, std::map<std::string, std::string> versions)
      : lake_(&lake), versions_(std::move(versions)) {}
  Lake* lake_;
  std::map<std::string, std::string> versions_;
};

}  // namespace plumb::store
