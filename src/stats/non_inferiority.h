// non_inferiority.h: may the challenger replace the champion? A verdict with a stated error level, from a difference
// and its uncertainty.
//
// Why: "its metric is higher" promotes noise, and "its metric is significantly higher" stops every retraining that only
// keeps up. What matters is that a model which is worse by more than the owner tolerates is rarely promoted.
//
// What is tested (S. Wellek, "Testing Statistical Hypotheses of Equivalence and Noninferiority", 2010, chapter 2). Let
// D be the true improvement of the challenger over the champion: the difference of the metrics, turned so that positive
// is better. With margin m >= 0 and level a = 1 - confidence, L and U are one-sided bounds, each with P(wrong) = a:
//
//     not worse   rejects  D <= -m     if L > -m
//     better      rejects  D <= 0      if L > 0
//     worse       rejects  D >= -m     if U < -m
//     inconclusive             otherwise: more rows are needed
//
// So a challenger whose true difference is -m or less passes with probability at most a, one that is no better is
// called better with probability at most a (one bound serves both: the hypotheses are nested), and one within the
// margin is called worse with probability at most a. The level holds for many rows; gate_simulation_test.cc measures
// it.
//
// Against the best past version: each promotion may lose up to the margin, and ten of them ten margins. So a challenger
// is also tested against the best version so far, and must pass both. Passing needs both rejections, so the level stays
// a without correction (intersection-union test; R. Berger, Technometrics 24, 1982). The best version should be chosen
// before these rows were seen; chosen on them, it looks better than it is, which errs on the side of not promoting.
//
// Errors (kInvalidArgument): a margin that is negative or not finite, confidence outside (0, 1), a difference or
// standard error that is not finite, a negative standard error. Thread safety: values and pure functions.
//
//   JudgeByNormal(0.004, 0.001, {.margin = 0.002})->verdict;         // kBetter, from non_inferiority_test.cc
//   JudgeByNormal(0.000, 0.001, {.margin = 0.002})->verdict;         // kNotWorse
//   JudgeByNormal(0.000, 0.002, {.margin = 0.002})->verdict;         // kInconclusive
#pragma once

#include <cstdint>
#include <span>

#include "base/status.h"
#include "stats/paired_bootstrap.h"

namespace plumb::stats {

// From the worst to the best, so that the smaller of two is the one that counts when both must hold.
enum class Verdict : uint8_t { kWorse, kInconclusive, kNotWorse, kBetter };

const char* VerdictName(Verdict verdict);  // "not_worse"
inline bool IsPromotable(Verdict verdict) { return verdict >= Verdict::kNotWorse; }

enum class Direction : uint8_t { kHigherIsBetter, kLowerIsBetter };

struct NonInferiorityOptions {
  double margin = 0;         // in units of the metric
  double confidence = 0.95;  // of each one-sided bound
  Direction direction = Direction::kHigherIsBetter;
};

struct NonInferiority {
  Verdict verdict = Verdict::kInconclusive;
  double improvement = 0;  // Positive: the challenger is better, whatever the direction.
  double standard_error = 0;
  double lower_bound = 0, upper_bound = 0;           // of the improvement
  double p_value_not_worse = 1, p_value_better = 1;  // one-sided
  double margin = 0, confidence = 0;
};

// `difference` is challenger - champion of the metric; bounds are difference ± z * standard_error.
base::Result<NonInferiority> JudgeByNormal(double difference, double standard_error,
                                           const NonInferiorityOptions& options);

// The same by the replicates' bounds: first is the challenger, second the champion. The confidence with which
// they were drawn does not matter. Inconclusive if skewness pushes a bound beyond the outermost replicate. Also an
// error if there are fewer than 1 / (1 - confidence) - 1 replicates.
base::Result<NonInferiority> JudgeByBootstrap(const PairedDifference& difference, const NonInferiorityOptions& options);

// ROC AUC by DeLong's paired test (CompareRocAuc, whose errors it passes on). Requires rows that are independent; for
// clustered rows use BootstrapRankingDifference. Also an error if the direction is not kHigherIsBetter.
base::Result<NonInferiority> JudgeRocAuc(std::span<const double> challenger, std::span<const double> champion,
                                         std::span<const uint8_t> labels, const NonInferiorityOptions& options);

struct AnchoredJudgement {
  NonInferiority against_champion, against_best;
  Verdict verdict = Verdict::kInconclusive;  // The worse of the two.
};

// The rule for a champion and the best past version: both must hold.
AnchoredJudgement JudgeBoth(const NonInferiority& against_champion, const NonInferiority& against_best);

// How many independent rows make a challenger with true improvement `improvement` pass with probability `power`, if the
// rows' differences have the given standard deviation: ((z_confidence + z_power) * deviation / (improvement +
// margin))^2, rounded up. kInvalidArgument also unless improvement + margin > 0, deviation >= 0 and 0 < power < 1, or
// if it is more than 2^53.
base::Result<int64_t> RowsForPower(double deviation, double improvement, double power,
                                   const NonInferiorityOptions& options);

}  // namespace plumb::stats
