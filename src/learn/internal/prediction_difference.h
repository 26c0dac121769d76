// prediction_difference.h: how far two versions' scores of the same rows are apart.
//
// Thread safety: pure functions.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "learn/version_diff.h"

namespace plumb::learn {

// Everything but times and rows; `order` receives the rows, those farthest apart first. Requires: at least one row,
// equally many rows and outputs. Outputs of equal position mean the same.
PredictionDifference MeasurePredictions(const JudgedRows& first, const JudgedRows& second, std::vector<int64_t>* order);

}  // namespace plumb::learn
