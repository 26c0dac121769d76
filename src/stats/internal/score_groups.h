// score_groups.h: scored examples grouped by equal score, the form in which ranks, curves and resampling are cheap.
//
// Why: equal scores are one threshold; counting per group treats ties exactly and makes a bootstrap replicate linear,
// without sorting again. Thread safety: values. Invariant: every group has at least one example of either class in the
// data it was built from (a resample may leave it empty).
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/status.h"
#include "stats/bootstrap.h"
#include "stats/interval.h"

namespace plumb::stats::internal {

// Errors (kInvalidArgument): sizes differ, no rows, a label other than 0 and 1, a NaN score.
base::Status CheckScores(std::span<const double> scores, std::span<const uint8_t> labels);

// As CheckScores; also labels of one class only.
base::Status CheckTwoClasses(std::span<const double> scores, std::span<const uint8_t> labels);

// As CheckScores; also a score outside [0, 1].
base::Status CheckProbabilities(std::span<const double> scores, std::span<const uint8_t> labels);

struct ScoreGroup {
  int64_t positives = 0, negatives = 0;
};

struct ScoreGroups {
  std::vector<ScoreGroup> groups;     // From the lowest score to the highest.
  std::vector<int32_t> group_of_row;  // By row of the input.
  int64_t positives = 0, negatives = 0;
};

// Requires: CheckTwoClasses passed, fewer than 2^31 rows.
ScoreGroups GroupByScore(std::span<const double> scores, std::span<const uint8_t> labels);

// The percentile interval of `metric` over stratified resamples (positives and negatives are each drawn with
// replacement from their own, so that neither class can vanish): Efron and Tibshirani, "An Introduction to the
// Bootstrap", 1993, 13.3.
base::Result<Interval> BootstrapInterval(const ScoreGroups& groups, std::span<const uint8_t> labels,
                                         const BootstrapOptions& options,
                                         const std::function<double(std::span<const ScoreGroup>)>& metric);

}  // namespace plumb::stats::internal
