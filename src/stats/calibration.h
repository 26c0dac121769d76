// calibration.h: do predicted probabilities mean what they say?
//
// Why: a score of 0.3 that comes true half of the time misleads every threshold built on it, however good the ranking
// is.
//
// How: rows are put into bins by score. Expected calibration error = sum over bins of share * |observed rate - mean
// score|, maximum calibration error = the largest such gap (M. Naeini, G. Cooper and M. Hauskrecht, AAAI 2015). Slope
// and intercept are those of the logistic regression of the label on logit(score): 1 and 0 when calibrated, a slope
// below 1 when scores are too extreme (D. Cox, Biometrika 45, 1958; E. Steyerberg, "Clinical Prediction Models",
// 2009, 15.2), fitted by Newton.
//
// Errors (kInvalidArgument): sizes differ, no rows, a label other than 0 and 1, a score that is NaN or outside [0, 1],
// options out of range. Thread safety: pure functions. Invariant: the order of rows does not matter.
//
//   MeasureCalibration(scores, labels, {.bins = 4}).value().expected_error;   // from calibration_test.cc
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"
#include "stats/interval.h"

namespace plumb::stats {

enum class Binning : uint8_t {
  kEqualWidth,  // Bin i holds i / bins <= score < (i + 1) / bins; 1 is in the last.
  kEqualMass,   // About the same number of rows in each; equal scores are never separated.
};

struct CalibrationOptions {
  int bins = 10;  // 1 to 10,000
  Binning binning = Binning::kEqualWidth;
  double confidence = 0.95;  // of the bins' intervals
};

struct CalibrationBin {
  int64_t count = 0;
  int64_t positives = 0;
  double score_low = 0, score_high = 0;  // Edges (equal width) or the smallest and largest score (equal mass).
  double mean_score = 0;
  double observed_rate = 0;
  Interval observed_interval;  // Wilson's
};

struct Calibration {
  std::vector<CalibrationBin> bins;  // By score, without empty ones.
  double expected_error = 0;         // ECE
  double maximum_error = 0;          // MCE
};

base::Result<Calibration> MeasureCalibration(std::span<const double> scores, std::span<const uint8_t> labels,
                                             const CalibrationOptions& options);

struct CalibrationLine {
  double slope = 1, intercept = 0;
};

// Scores are kept 2^-40 away from 0 and 1. kInvalidArgument also for labels of one class only; kFailedPrecondition if
// there is no finite fit: all scores are equal, or they separate the classes.
base::Result<CalibrationLine> FitCalibrationLine(std::span<const double> scores, std::span<const uint8_t> labels);

}  // namespace plumb::stats
