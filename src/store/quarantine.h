// quarantine.h: the rows that a source refused, each with the reason, as immutable Parquet parts under a manifest.
//
//   STATE/quarantine/SOURCE/part-<sha256 prefix>.parquet    refused rows: QuarantineSchema's columns, then the source's
//                                                           own as text (null where the row had none)
//   STATE/quarantine/SOURCE/manifest-<n>.json               parts, counts by reason, series; checksum
//
// Why not a folder of the lake: what is refused is no event, has another shape, and leaves again when it is replayed.
//
// One commit with the lake. Rows move between lake and quarantine, so both have to change at once: the lake's manifest
// names the series of quarantine manifests that belongs to it (whoever commits both puts it there), and the quarantine
// is the newest manifest of that series. A commit that begins a series shows only when the lake's manifest names it;
// one that continues a series shows at once. After a crash the state is before or after. Format:
// docs/formats/quarantine.md.
//
// Thread safety: reads from any thread; one writer (the writer lock of the state).
//
//   const QuarantineManifest next = quarantine.Commit("flights", rows, {}).value();     // from quarantine_test.cc
//   // … lake.Commit with next.series in its origin …
//   quarantine.Read(quarantine.Manifest("flights", next.series).value());
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "data/column.h"

namespace plumb::store {

// The columns that say why a row is here. The source's columns cannot have such names.
inline constexpr const char* kRefusedIdColumn = "__id";            // string: 16 hex digits, of source and content
inline constexpr const char* kRefusedReasonColumn = "__reason";    // string: a word: check, overflow, no_event_time …
inline constexpr const char* kRefusedCheckColumn = "__check";      // string: the check's name or a sentence
inline constexpr const char* kRefusedFileColumn = "__file";        // string: where it came from; null: no file
inline constexpr const char* kRefusedRowColumn = "__row";          // int64: the row's number in it, from 1
inline constexpr const char* kReceivedAtColumn = "__received_at";  // timestamp: when it was refused first

// The six columns above, then `columns` as strings.
data::Schema QuarantineSchema(const std::vector<std::string>& columns);

struct QuarantineCount {
  std::string reason, check;
  int64_t rows = 0;
  friend bool operator==(const QuarantineCount&, const QuarantineCount&) = default;
};

struct QuarantinePart {
  std::string file;  // name within the source's folder
  std::string sha256;
  int64_t rows = 0, bytes = 0;
  std::vector<std::string> columns;  // of the source
  std::vector<QuarantineCount> counts;
};

struct QuarantineManifest {
  std::string source;
  int64_t number = 0;
  int64_t series = 0;  // the number of the manifest that began it; 0: there is none
  base::Time created = 0;
  std::vector<QuarantinePart> parts;

  [[nodiscard]] int64_t rows() const;
  // Of all parts, by reason and check.
  [[nodiscard]] std::vector<QuarantineCount> Counts() const;
};

class Quarantine {
 public:
  Quarantine(base::FileSystem& files, base::Clock& clock, std::string state_directory);

  struct CommitOptions {
    const QuarantineManifest* keep = nullptr;  // its parts stay beside the new one
    int64_t series = 0;                        // to continue it; 0 begins one
  };
  // `rows` under QuarantineSchema; of no rows no part is written.
  base::Result<QuarantineManifest> Commit(const std::string& source, const data::Batch& rows,
                                          const CommitOptions& options);

  // The newest of the series; without parts for series 0. kDataLoss if the series is not there.
  base::Result<QuarantineManifest> Manifest(const std::string& source, int64_t series);
  // All rows; columns that only some parts have are null in the others. kDataLoss, naming the file, when a part is
  // missing or does not match its digest.
  base::Result<data::Batch> Read(const QuarantineManifest& manifest);

 private:
  [[nodiscard]] std::string FolderOf(const std::string& source) const { return base::JoinPath(root_, source); }
  base::Result<std::vector<int64_t>> Numbers(const std::string& source);  // the largest first
  base::Result<data::Batch> ReadPart(const std::string& source, const QuarantinePart& part);

  base::FileSystem& files_;
  base::Clock& clock_;
  std::string root_;
};

}  // namespace plumb::store
