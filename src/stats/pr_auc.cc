#include "stats/pr_auc.h"

#include "stats/internal/score_groups.h"

namespace plumb::stats {
namespace {

double PrecisionOfGroups(std::span<const internal::ScoreGroup> groups) {
  int64_t positives = 0, rows = 0;
  double sum = 0;
  for (size_t g = groups.size(); g-- > 0;) {
    positives += groups[g].positives;
    rows += groups[g].positives + groups[g].negatives;
    if (groups[g].positives == 0) continue;
    sum += static_cast<double>(groups[g].positives) * (static_cast<double>(positives) / static_cast<double>(rows));
  }
  return sum / static_cast<double>(positives);
}

}  // namespace

base::Result<double> AveragePrecision(std::span<const double> scores, std::span<const uint8_t> labels) {
  PLUMB_RETURN_IF_ERROR(internal::CheckTwoClasses(scores, labels));
  return PrecisionOfGroups(internal::GroupByScore(scores, labels).groups);
}

base::Result<Interval> BootstrapAveragePrecision(std::span<const double> scores, std::span<const uint8_t> labels,
                                                 const BootstrapOptions& options) {
  PLUMB_RETURN_IF_ERROR(internal::CheckTwoClasses(scores, labels));
  return internal::BootstrapInterval(internal::GroupByScore(scores, labels), labels, options, PrecisionOfGroups);
}

}  // namespace plumb::stats
