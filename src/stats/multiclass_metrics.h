// multiclass_metrics.h: metrics of predicted probabilities of three or more classes (two work as well).
//
// How: probabilities are given row by row, `classes` to a row; labels are class numbers from 0. The predicted class is
// the one of largest probability, of equal ones the first. Ranking of classes within a row is by probability, then
// number.
//
// Errors of all functions (kInvalidArgument): fewer than 2 classes, no rows, sizes that do not match, a label outside
// [0, classes), a probability outside [0, 1] or NaN, a row whose probabilities differ from 1 in sum by more than 1e-3,
// options out of range. Thread safety: pure functions. Invariant: the order of rows does not matter.
//
//   const std::vector<double> p = {0.7, 0.2, 0.1,  0.3, 0.4, 0.3,  0.2, 0.5, 0.3};   // from multiclass_metrics_test.cc
//   Accuracy({p, 3}, std::vector<int32_t>{0, 1, 2}, 0.95)->accuracy;                // 2/3
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"
#include "stats/calibration.h"
#include "stats/interval.h"

namespace plumb::stats {

struct ClassProbabilities {
  std::span<const double> values;  // row by row
  int32_t classes = 0;
};

// -mean(ln p of the label), p kept kLogLossEpsilon away from 0.
base::Result<double> MulticlassLogLoss(const ClassProbabilities& probabilities, std::span<const int32_t> labels);

enum class MulticlassLoss : uint8_t {
  kLogLoss,
  kBrier,    // sum over classes of (p - [label is the class])^2
  kZeroOne,  // 1 if the predicted class is wrong
};
// By row, for paired tests (paired_bootstrap.h).
base::Result<std::vector<double>> MulticlassLosses(MulticlassLoss loss, const ClassProbabilities& probabilities,
                                                   std::span<const int32_t> labels);

struct AccuracyEstimate {
  int64_t correct = 0, rows = 0;
  double accuracy = 0;
  Interval interval;  // Wilson's
};
base::Result<AccuracyEstimate> Accuracy(const ClassProbabilities& probabilities, std::span<const int32_t> labels,
                                        double confidence);

// Correct if the label is among the first k classes of the row's ranking; k from 1 to classes. k = 1 is Accuracy.
base::Result<AccuracyEstimate> TopKAccuracy(int32_t k, const ClassProbabilities& probabilities,
                                            std::span<const int32_t> labels, double confidence);

struct ConfusionMatrix {
  int32_t classes = 0;
  std::vector<int64_t> counts;  // [label * classes + predicted]

  [[nodiscard]] int64_t Count(int32_t label, int32_t predicted) const {
    return counts[static_cast<size_t>(label) * static_cast<size_t>(classes) + static_cast<size_t>(predicted)];
  }
};
// Also an error for more than 10,000 classes.
base::Result<ConfusionMatrix> ConfusionOf(const ClassProbabilities& probabilities, std::span<const int32_t> labels);

// 2 TP / (2 TP + FP + FN) of each class; 0 of one that is neither a label nor predicted.
std::vector<double> F1ByClass(const ConfusionMatrix& confusion);
// The plain mean of F1 over the classes that occur among labels or predictions.
base::Result<double> MacroF1(const ClassProbabilities& probabilities, std::span<const int32_t> labels);

// The plain mean, over the classes that occur among the labels, of the ROC AUC of the class against all others by its
// probability (F. Provost and P. Domingos, 2000, without weights). Also an error if only one class occurs.
base::Result<double> MacroRocAuc(const ClassProbabilities& probabilities, std::span<const int32_t> labels);

// Is the predicted class right as often as its probability says? Bins of the largest probability against correctness
// (C. Guo, G. Pleiss, Y. Sun and K. Weinberger, ICML 2017): expected_error is the multi-class ECE.
base::Result<Calibration> MeasureConfidenceCalibration(const ClassProbabilities& probabilities,
                                                       std::span<const int32_t> labels,
                                                       const CalibrationOptions& options);

// The mean over classes of each one's ECE against all others (M. Kull et al., NeurIPS 2019): also sees probabilities of
// classes that are not predicted.
base::Result<double> ClasswiseCalibrationError(const ClassProbabilities& probabilities, std::span<const int32_t> labels,
                                               const CalibrationOptions& options);

}  // namespace plumb::stats
