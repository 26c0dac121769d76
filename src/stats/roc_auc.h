// roc_auc.h: area under the ROC curve, with intervals and a paired test.
//
// Why: it is the metric by which a new version must beat the current one; a gate needs its uncertainty, and two models
// judged on the same rows are correlated, which the paired test uses.
//
// How: AUC = P(score of a positive > score of a negative) + P(equal) / 2, which is Mann and Whitney's U over midranks.
// Its variance is that of E. DeLong, D. DeLong and D. Clarke-Pearson, Biometrics 44, 1988, in the O(n log n) form of X.
// Sun and W. Xu, IEEE Signal Processing Letters 21(11), 2014: with midranks R among all and r within the class of m
// positives and n negatives, V10 = (R - r) / n per positive, V01 = 1 - (R - r) / m per negative; variance = s2(V10) / m
// + s2(V01) / n.
//
// Errors of all functions (kInvalidArgument): sizes differ, no rows, labels other than 0 and 1 or of one class only, a
// NaN score, a confidence outside (0, 1). Infinite scores are allowed. Thread safety: pure functions. Invariant:
// results do not depend on the order of rows.
//
//   RocAuc(scores, labels).value();                // 0.875 for {0.1, 0.4, 0.4, 0.8}, {0, 0, 1, 1}; from
//   roc_auc_test.cc
#pragma once

#include <cstdint>
#include <span>

#include "base/status.h"
#include "stats/bootstrap.h"
#include "stats/interval.h"

namespace plumb::stats {

base::Result<double> RocAuc(std::span<const double> scores, std::span<const uint8_t> labels);

struct RocAucEstimate {
  double auc = 0;
  double standard_error = 0;  // DeLong's
  Interval interval;          // auc ± z * standard_error, within [0, 1]
  int64_t positives = 0, negatives = 0;
};

// Also an error if a class has fewer than two rows.
base::Result<RocAucEstimate> EstimateRocAuc(std::span<const double> scores, std::span<const uint8_t> labels,
                                            double confidence);

struct RocAucDifference {
  double first = 0, second = 0;  // The areas.
  double difference = 0;         // first - second
  double standard_error = 0;     // of the difference, with the covariance of the two
  Interval interval;             // of the difference
  double z = 0;                  // difference / standard_error; 0 if both are 0
  double p_value = 1;            // two-sided
};

// DeLong's paired test of two score vectors on the same rows. Also an error if a class has fewer than two rows.
base::Result<RocAucDifference> CompareRocAuc(std::span<const double> first, std::span<const double> second,
                                             std::span<const uint8_t> labels, double confidence);

// Percentile interval over stratified resamples: O(rows) per replicate.
base::Result<Interval> BootstrapRocAuc(std::span<const double> scores, std::span<const uint8_t> labels,
                                       const BootstrapOptions& options);

}  // namespace plumb::stats
