// reproduce.h: is a version what its recorded data, definitions and parameters give? Trains it again and compares
// bytes.
//
// How: the events are read at the lake versions that the version recorded, examples, labels and features are computed
// by the version's own texts, parameters are those of its run (a search is not repeated: its result is), and the
// trainer runs with as many threads as then. The same library on the same architecture gives the same bytes; when it
// does not, or when something is no longer there, the differences are named from the cause to the effect: data,
// features, encoder, library, threads, architecture, and the first tree that differs.
//
// Thread safety: one training at a time.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/json.h"
#include "learn/version_dataset.h"

namespace plumb::learn {

struct ReproductionDifference {
  std::string what;  // "data", "features", "labels", "encoder", "library", "threads", "architecture", "model", …
  std::string text;  // a sentence
  std::string recorded, now;
};

struct Reproduction {
  std::string version;                  // "late@v3"
  std::string recorded_sha256, sha256;  // of the model file; the second is empty if it could not be trained
  bool identical = false;
  int64_t rows = 0;
  int threads = 0;
  std::string library;
  std::vector<ReproductionDifference> differences;
  [[nodiscard]] base::Json ToJson() const;
};

struct ReproduceOptions {
  int threads = 2;  // of a version that did not record them
  std::string project_directory;
  std::function<void(const char* stage)> stage;
  std::function<bool(int round, double train, double validate)> progress;  // false cancels
};

// `log` is pinned at the recipe's sources. Nothing is registered. An error is the machine's, or an artifact's loss;
// what is gone of the version's data is a difference.
base::Result<Reproduction> Reproduce(const VersionRecipe& recipe, data::EventLog& log, base::FileSystem& files,
                                     base::Executor& executor, const ReproduceOptions& options);

}  // namespace plumb::learn
