// gate_definition.h: what a model's owner demands of a new version before it may replace the one in use.
//
// Thread safety: values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/format/tree_ensemble.h"

namespace plumb::learn {

// No group of rows may be shown to be worse than the champion's by more than `margins` times the gate's margin. Bounds
// are corrected for the number of groups (Bonferroni).
struct SliceDemand {
  int64_t rows_min = 500;  // smaller groups are not judged
  double margins = 3;
};

struct GateDefinition {
  std::string metric;                // one of PairedMetricsOf(task)
  std::string against = "champion";  // the alias that a passing version takes over
  double margin = 0;                 // how much worse is tolerated, in units of the metric
  double confidence = 0.95;  // of each one-sided bound: at most 1 - confidence of the versions that are worse by
                             // the margin pass
  int replicates = 1000;     // of the bootstrap
  std::string clusters;      // a column of the examples whose rows are not independent; empty: all rows are
  int64_t rows_min = 100;    // fewer judged rows decide nothing
  bool promote = true;       // whether training moves the alias when the gate is passed

  std::optional<SliceDemand> slices;          // of the model's slices
  std::optional<double> calibration_margin;   // the expected calibration error may be worse by this much
  std::optional<base::Duration> latency_p99;  // of encoding and scoring one row, measured where the gate runs
  std::optional<int64_t> model_bytes_max;     // of the model file
};

// The metrics that two versions can be compared by on the same rows, the deciding one of the task first.
std::vector<std::string> PairedMetricsOf(model::Task task);

}  // namespace plumb::learn
