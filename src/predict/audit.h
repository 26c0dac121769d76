// audit.h: was what we served what the definitions say? Recomputes logged predictions from the lake.
//
// For every logged request: the version's own definitions, the logged t, cut and data versions, the brute-force
// evaluator (never the drivers that served), the plain tree traversal. Every feature value and status is compared bit
// for bit, and the score.
//
// Thread safety: one audit per call; work is spread on the executor.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/executor.h"
#include "predict/prediction_log.h"
#include "predict/version_bundle.h"
#include "store/lake.h"

namespace plumb::predict {

struct AuditOptions {
  std::string deployment;  // empty: all
  int64_t sample = 0;      // requests to recompute, chosen evenly over the log; 0: all
  // Recompute from the lake's newest data instead of the logged versions (finds late changes of history).
  bool newest_data = false;
  std::function<void(int64_t done, int64_t total)> progress;
};

struct AuditExample {
  std::string request_id;
  int64_t row = 0;
  base::Time t = 0, cut = 0;
  std::string inputs;              // "carrier=UA, dest=IAH"
  std::string served, recomputed;  // value and status
};

struct AuditMismatch {
  std::string feature;  // or "score"
  int64_t count = 0;
  AuditExample example;  // the first in the log of those recomputed together
};

struct AuditReport {
  int64_t predictions = 0;                    // rows looked at
  int64_t compared = 0;                       // values compared
  int64_t mismatched = 0;                     // values that differ
  std::vector<AuditMismatch> mismatches;      // by feature, most first
  [[nodiscard]] std::string Summary() const;  // "audit: N compared, M mismatches"
};

base::Result<AuditReport> Audit(base::FileSystem& files, const std::string& log_directory, registry::Registry& registry,
                                store::Lake& lake, base::Executor& executor, const AuditOptions& options);

}  // namespace plumb::predict
