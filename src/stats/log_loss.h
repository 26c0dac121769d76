// log_loss.h: mean negative log-likelihood of 0/1 labels under predicted probabilities.
//
// Log loss = -mean(y ln p + (1 - y) ln(1 - p)) (I. Good, "Rational decisions", JRSS B 14, 1952). A certain and wrong
// prediction would cost infinity, so p is kept `epsilon` away from 0 and 1.
//
// Errors (kInvalidArgument): sizes differ, no rows, a label other than 0 and 1, a score that is NaN or outside [0, 1],
// epsilon outside (0, 0.5). One class alone is allowed. Thread safety: pure. Invariant: the order of rows does not
// matter.
//
//   LogLoss(scores, labels).value();               // 0.2798 for {0.1, 0.4, 0.8}, {0, 0, 1}; from log_loss_test.cc
#pragma once

#include <cstdint>
#include <span>

#include "base/status.h"

namespace plumb::stats {

inline constexpr double kLogLossEpsilon = 0x1p-52;

base::Result<double> LogLoss(std::span<const double> scores, std::span<const uint8_t> labels,
                             double epsilon = kLogLossEpsilon);

}  // namespace plumb::stats
