// pr_auc.h: average precision, the area under the precision-recall curve as a step function.
//
// Why: where positives are rare, ROC AUC hides what precision shows. Average precision = sum over thresholds, from the
// highest score down, of (recall_k - recall_{k-1}) * precision_k; equal scores are one threshold. No interpolation: the
// linear one is too optimistic (J. Davis and M. Goadrich, ICML 2006).
//
// Errors (kInvalidArgument): as RocAuc. Thread safety: pure functions. Invariant: the order of rows does not matter.
//
//   AveragePrecision(scores, labels).value();      // 0.8333 for {0.1, 0.4, 0.35, 0.8}, {0, 0, 1, 1}; from
//   pr_auc_test.cc
#pragma once

#include <cstdint>
#include <span>

#include "base/status.h"
#include "stats/bootstrap.h"
#include "stats/interval.h"

namespace plumb::stats {

base::Result<double> AveragePrecision(std::span<const double> scores, std::span<const uint8_t> labels);

// Percentile interval over stratified resamples: O(rows) per replicate.
base::Result<Interval> BootstrapAveragePrecision(std::span<const double> scores, std::span<const uint8_t> labels,
                                                 const BootstrapOptions& options);

}  // namespace plumb::stats
