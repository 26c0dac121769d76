#include "stats/non_inferiority.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "stats/internal/bootstrap_bounds.h"
#include "stats/interval.h"
#include "stats/normal.h"
#include "stats/roc_auc.h"

namespace plumb::stats {
namespace {

base::Status CheckOptions(const NonInferiorityOptions& options) {
  if (!(options.margin >= 0) || !std::isfinite(options.margin)) {
    return base::InvalidArgument("Margin is not a number of at least 0: {}.", options.margin);
  }
  return CheckConfidence(options.confidence);
}

Verdict VerdictOf(const NonInferiority& result) {
  if (result.lower_bound > 0) return Verdict::kBetter;
  if (result.lower_bound > -result.margin) return Verdict::kNotWorse;
  return result.upper_bound < -result.margin ? Verdict::kWorse : Verdict::kInconclusive;
}

// P(an estimate at least this far above `bound` | the truth is `bound`).
double NormalPValue(double improvement, double standard_error, double bound) {
  if (standard_error == 0) return improvement > bound ? 0 : 1;
  return NormalTail((improvement - bound) / standard_error);
}

NonInferiority Begin(double difference, double standard_error, const NonInferiorityOptions& options) {
  NonInferiority result;
  // Not a product with -1: that would make -0 of 0.
  result.improvement = options.direction == Direction::kHigherIsBetter ? difference : 0 - difference;
  result.standard_error = standard_error;
  result.margin = options.margin;
  result.confidence = options.confidence;
  return result;
}

}  // namespace

const char* VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kWorse:
      return "worse";
    case Verdict::kInconclusive:
      return "inconclusive";
    case Verdict::kNotWorse:
      return "not_worse";
    case Verdict::kBetter:
      return "better";
  }
  return "unknown";
}

base::Result<NonInferiority> JudgeByNormal(double difference, double standard_error,
                                           const NonInferiorityOptions& options) {
  PLUMB_RETURN_IF_ERROR(CheckOptions(options));
  if (!std::isfinite(difference) || !std::isfinite(standard_error) || standard_error < 0) {
    return base::InvalidArgument("Difference has no finite error: {} ± {}.", difference, standard_error);
  }
  NonInferiority result = Begin(difference, standard_error, options);
  const double half = NormalQuantile(options.confidence) * standard_error;
  result.lower_bound = result.improvement - half;
  result.upper_bound = result.improvement + half;
  result.p_value_not_worse = NormalPValue(result.improvement, standard_error, -options.margin);
  result.p_value_better = NormalPValue(result.improvement, standard_error, 0);
  result.verdict = VerdictOf(result);
  return result;
}

base::Result<NonInferiority> JudgeByBootstrap(const PairedDifference& difference,
                                              const NonInferiorityOptions& options) {
  PLUMB_RETURN_IF_ERROR(CheckOptions(options));
  const double tail = 1 - options.confidence;
  if (tail * (static_cast<double>(difference.replicates.size()) + 1) + 1e-9 < 1) {
    return base::InvalidArgument("There are too few bootstrap replicates for the confidence: {} for {}.",
                                 difference.replicates.size(), options.confidence);
  }
  internal::ReplicateSample sample{difference.replicates, difference.skewness_correction};
  if (options.direction == Direction::kLowerIsBetter) sample = sample.Mirrored();
  NonInferiority result = Begin(difference.difference, difference.standard_error, options);
  const internal::ReplicateBound lower = internal::LowerBound(sample, tail);
  const internal::ReplicateBound mirrored_upper = internal::LowerBound(sample.Mirrored(), tail);
  result.lower_bound = lower.value;
  result.upper_bound = 0 - mirrored_upper.value;
  result.p_value_not_worse = internal::PValueAgainst(sample, -options.margin);
  result.p_value_better = internal::PValueAgainst(sample, 0);
  // A bound beyond the outermost replicate is not known.
  const bool is_known = lower.is_reached && mirrored_upper.is_reached;
  result.verdict = is_known ? VerdictOf(result) : Verdict::kInconclusive;
  return result;
}

base::Result<NonInferiority> JudgeRocAuc(std::span<const double> challenger, std::span<const double> champion,
                                         std::span<const uint8_t> labels, const NonInferiorityOptions& options) {
  if (options.direction != Direction::kHigherIsBetter) {
    return base::InvalidArgument("ROC AUC is better when it is higher.");
  }
  PLUMB_RETURN_IF_ERROR(CheckOptions(options));
  PLUMB_ASSIGN_OR_RETURN(const RocAucDifference difference,
                         CompareRocAuc(challenger, champion, labels, options.confidence));
  return JudgeByNormal(difference.difference, difference.standard_error, options);
}

AnchoredJudgement JudgeBoth(const NonInferiority& against_champion, const NonInferiority& against_best) {
  return {against_champion, against_best, std::min(against_champion.verdict, against_best.verdict)};
}

base::Result<int64_t> RowsForPower(double deviation, double improvement, double power,
                                   const NonInferiorityOptions& options) {
  PLUMB_RETURN_IF_ERROR(CheckOptions(options));
  const double distance = improvement + options.margin;
  if (!(power > 0 && power < 1)) return base::InvalidArgument("Power is not between 0 and 1: {}.", power);
  if (!(deviation >= 0) || !std::isfinite(deviation)) {
    return base::InvalidArgument("Standard deviation is not a number of at least 0: {}.", deviation);
  }
  if (!(distance > 0) || !std::isfinite(distance)) {
    return base::InvalidArgument("No number of rows shows an improvement that is not above -margin: {}, margin {}.",
                                 improvement, options.margin);
  }
  const double z = NormalQuantile(options.confidence) + NormalQuantile(power);
  const double root = std::max(z, 0.0) * deviation / distance, rows = std::ceil(root * root);
  if (!(rows <= 0x1p53)) return base::InvalidArgument("More rows are needed than there can be: {}.", rows);
  return std::max<int64_t>(static_cast<int64_t>(rows), 2);
}

}  // namespace plumb::stats
