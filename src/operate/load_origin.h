// load_origin.h: what plumb ingest notes in a source's lake manifest about where its rows are from.
//
// One record for both questions that are asked of it: has anything changed since (meaning, files), and which quarantine
// belongs to these rows (series, released).
//
// Thread safety: values.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "base/json.h"
#include "base/status.h"
#include "base/time.h"
#include "features/definitions.h"
#include "store/lake.h"

namespace plumb::operate {

struct LoadOrigin {
  // Rows that were let out of the quarantine, by id: they count as known from then on, whenever they are loaded again.
  using Released = std::unordered_map<std::string, base::Time>;
  static constexpr size_t kReleasedMax = 1'000'000;

  std::string meaning;                  // MeaningOf the source
  base::Json files{base::JsonArray{}};  // [{"path", "bytes", "sha256"}]
  int64_t quarantine_series = 0;        // of store::Quarantine; 0: nothing was refused
  Released released;

  // {"kind": "files", "history": true, "meaning", "files", "quarantine", "released": [{"received_at", "ids"}]}.
  [[nodiscard]] base::Json ToJson() const;
  // What it can read; members that are missing or of another kind stay empty, so the rows are loaded again.
  static LoadOrigin FromJson(const base::Json& json);
  [[nodiscard]] bool SameLoad(const LoadOrigin& other) const {
    return meaning == other.meaning && files == other.files;
  }
};

// What lake and quarantine depend on besides the files: what the source says of its rows and of single rows' checks,
// and how files are read. Not derived columns, which are computed on reading, and not the checks of the whole set.
std::string MeaningOf(const features::Source& source);

// Of the newest manifest; empty if the source was never loaded.
base::Result<LoadOrigin> ReadLoadOrigin(store::Lake& lake, const std::string& source);

}  // namespace plumb::operate
