// brier.h: mean squared error of predicted probabilities of 0/1 labels.
//
// Brier score = mean((p - y)^2) (G. Brier, Monthly Weather Review 78, 1950): 0 is perfect, 0.25 is what 0.5 everywhere
// gets.
//
// Errors (kInvalidArgument): sizes differ, no rows, a label other than 0 and 1, a score that is NaN or outside [0, 1].
// One class alone is allowed. Thread safety: pure. Invariant: the order of rows does not matter.
//
//   BrierScore(scores, labels).value();            // 0.07 for {0.1, 0.4, 0.8}, {0, 0, 1}; from brier_test.cc
#pragma once

#include <cstdint>
#include <span>

#include "base/status.h"

namespace plumb::stats {

base::Result<double> BrierScore(std::span<const double> scores, std::span<const uint8_t> labels);

}  // namespace plumb::stats
