// Do gates keep their word? Worlds are simulated in which the truth is known, and verdicts are counted: a challenger
// that is truly worse by the margin passes at most as often as the level says, and one that is better by twice the
// margin passes at the number of rows that RowsForPower names. PLUMB_TEST_LONG=1 simulates ten times as many.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <vector>

#include "base/elementary.h"
#include "base/environment.h"
#include "base/random.h"
#include "stats/non_inferiority.h"
#include "stats/normal.h"
#include "stats/paired_bootstrap.h"

namespace plumb::stats {
namespace {

constexpr uint64_t kSeed = 2010;
// Rows are planned for more than the power that is promised: plans assume differences without skewness.
constexpr double kConfidence = 0.95, kPower = 0.8, kPlannedPower = 0.9;

int Repetitions() { return base::GetEnvironment("PLUMB_TEST_LONG").has_value() ? 2000 : 200; }

double NormalDraw(base::Random& random) { return NormalQuantile(random.Uniform() + 0x1p-54); }

// How many of the simulated gates promote.
template <typename Gate>
int CountPromotions(const char* what, uint64_t seed, const Gate& gate) {
  base::Random seeds(seed);
  int promotions = 0;
  for (int i = 0; i < Repetitions(); i++) {
    base::Random random(seeds.Next());
    const base::Result<NonInferiority> result = gate(random);
    EXPECT_TRUE(result.ok()) << result.status().ToString();
    promotions += IsPromotable(result->verdict);
  }
  std::printf("%s: %d of %d promoted, seed %llu\n", what, promotions, Repetitions(),
              static_cast<unsigned long long>(seed));
  return promotions;
}

// Binomial, with four standard errors: a false alarm in 30,000 runs, though seeds are fixed anyway.
double AtMost(double probability) {
  return Repetitions() * probability + 4 * std::sqrt(Repetitions() * probability * (1 - probability));
}

// Losses of two models on rows of varying hardness. The difference of a row is skewed, as log losses are, with mean
// -improvement and standard deviation 1.
struct Losses {
  std::vector<double> challenger, champion;
};

Losses DrawLosses(base::Random& random, int64_t rows, double improvement) {
  Losses losses;
  for (int64_t i = 0; i < rows; i++) {
    const double hardness = -base::Ln(1 - random.Uniform());
    const double skewed = -base::Ln(1 - random.Uniform()) - 1;
    losses.champion.push_back(5 * hardness);
    losses.challenger.push_back(5 * hardness + skewed - improvement);
  }
  return losses;
}

constexpr double kLossMargin = 0.05;

base::Result<NonInferiority> GateMeans(base::Random& random, int64_t rows, double improvement) {
  const Losses losses = DrawLosses(random, rows, improvement);
  const BootstrapOptions bootstrap{.replicates = 399, .confidence = kConfidence, .seed = random.Next()};
  PLUMB_ASSIGN_OR_RETURN(const PairedDifference difference,
                         BootstrapMeanDifference(losses.challenger, losses.champion, {bootstrap, {}}));
  return JudgeByBootstrap(difference, {kLossMargin, kConfidence, Direction::kLowerIsBetter});
}

TEST(GateSimulation, BootstrapOfMeansKeepsItsLevelAndPower) {
  const int64_t rows = RowsForPower(1, 2 * kLossMargin, kPlannedPower, {.margin = kLossMargin}).value();
  EXPECT_EQ(rows, 381);  // (2.926 / 0.15)^2: the documented sample size.
  const auto gate = [&](double improvement) {
    return [rows, improvement](base::Random& random) { return GateMeans(random, rows, improvement); };
  };
  EXPECT_LE(CountPromotions("mean, worse by the margin", kSeed, gate(-kLossMargin)), AtMost(1 - kConfidence));
  EXPECT_LE(CountPromotions("mean, worse by twice the margin", kSeed + 1, gate(-2 * kLossMargin)), AtMost(0.01));
  EXPECT_GE(CountPromotions("mean, better by twice the margin", kSeed + 2, gate(2 * kLossMargin)),
            Repetitions() * kPower);
}

// Sessions whose rows share most of their noise: drawn as clusters the level holds, drawn as rows it breaks.
base::Result<NonInferiority> GateSessions(base::Random& random, double improvement, bool use_clusters) {
  constexpr int64_t kSessions = 150;
  std::vector<double> challenger, champion;
  std::vector<int64_t> sessions;
  for (int64_t session = 0; session < kSessions; session++) {
    const double shared = NormalDraw(random);
    for (int64_t i = random.Between(1, 9); i > 0; i--) {
      champion.push_back(0);
      challenger.push_back(0.8 * shared + 0.6 * NormalDraw(random) - improvement);
      sessions.push_back(session);
    }
  }
  const BootstrapOptions bootstrap{.replicates = 399, .confidence = kConfidence, .seed = random.Next()};
  PairedBootstrapOptions options{bootstrap, {}};
  if (use_clusters) options.clusters = sessions;
  PLUMB_ASSIGN_OR_RETURN(const PairedDifference difference, BootstrapMeanDifference(challenger, champion, options));
  return JudgeByBootstrap(difference, {kLossMargin, kConfidence, Direction::kLowerIsBetter});
}

TEST(GateSimulation, ClustersKeepTheLevelThatRowsBreak) {
  const auto gate = [](bool use_clusters) {
    return [=](base::Random& random) { return GateSessions(random, -kLossMargin, use_clusters); };
  };
  EXPECT_LE(CountPromotions("sessions as clusters", kSeed + 3, gate(true)), AtMost(1 - kConfidence));
  EXPECT_GT(CountPromotions("sessions as rows", kSeed + 3, gate(false)), AtMost(1 - kConfidence));
}

// Two models' scores on rows of two classes: normal with a shift for positives that gives exactly the wanted areas
// (area = P(N(shift, 2) > 0)), correlated 0.8 within a row.
struct ScoredRows {
  std::vector<double> challenger, champion;
  std::vector<uint8_t> labels;
};

constexpr double kArea = 0.8, kAreaMargin = 0.02;
constexpr int64_t kAreaRows = 250;  // 75 positives: passes nine times in ten when better by twice the margin

ScoredRows DrawScores(base::Random& random, double improvement) {
  const double champion_shift = std::sqrt(2.0) * NormalQuantile(kArea);
  const double challenger_shift = std::sqrt(2.0) * NormalQuantile(kArea + improvement);
  ScoredRows rows;
  for (int64_t i = 0; i < kAreaRows; i++) {
    const bool is_positive = random.Chance(0.3);
    const double champion = NormalDraw(random), challenger = 0.8 * champion + 0.6 * NormalDraw(random);
    rows.labels.push_back(is_positive ? 1 : 0);
    rows.champion.push_back(champion + (is_positive ? champion_shift : 0));
    rows.challenger.push_back(challenger + (is_positive ? challenger_shift : 0));
  }
  return rows;
}

TEST(GateSimulation, DeLongKeepsItsLevelAndPower) {
  const auto gate = [](double improvement) {
    return [=](base::Random& random) {
      const ScoredRows rows = DrawScores(random, improvement);
      return JudgeRocAuc(rows.challenger, rows.champion, rows.labels, {kAreaMargin, kConfidence});
    };
  };
  EXPECT_LE(CountPromotions("ROC AUC, worse by the margin", kSeed + 4, gate(-kAreaMargin)), AtMost(1 - kConfidence));
  EXPECT_GE(CountPromotions("ROC AUC, better by twice the margin", kSeed + 5, gate(2 * kAreaMargin)),
            Repetitions() * kPower);
}

TEST(GateSimulation, BootstrapOfRocAucKeepsItsLevelAndPower) {
  const auto gate = [](double improvement) {
    return [=](base::Random& random) -> base::Result<NonInferiority> {
      const ScoredRows rows = DrawScores(random, improvement);
      const BootstrapOptions bootstrap{.replicates = 199, .confidence = kConfidence, .seed = random.Next()};
      PLUMB_ASSIGN_OR_RETURN(const PairedDifference difference,
                             BootstrapRankingDifference(RankingMetric::kRocAuc, rows.challenger, rows.champion,
                                                        rows.labels, {bootstrap, {}}));
      return JudgeByBootstrap(difference, {kAreaMargin, kConfidence});
    };
  };
  EXPECT_LE(CountPromotions("ROC AUC by bootstrap, worse by the margin", kSeed + 6, gate(-kAreaMargin)),
            AtMost(1 - kConfidence));
  EXPECT_GE(CountPromotions("ROC AUC by bootstrap, better by twice the margin", kSeed + 7, gate(2 * kAreaMargin)),
            Repetitions() * kPower);
}

// The true average precision has no closed form here, so the boundary is the margin itself: two models of equal
// quality, gated for being better (margin 0).
TEST(GateSimulation, BootstrapOfPrAucSeldomCallsEqualModelsBetter) {
  const int promotions = CountPromotions(
      "PR AUC, equal models, margin 0", kSeed + 8, [](base::Random& random) -> base::Result<NonInferiority> {
        const ScoredRows rows = DrawScores(random, 0);
        const BootstrapOptions bootstrap{.replicates = 199, .confidence = kConfidence, .seed = random.Next()};
        PLUMB_ASSIGN_OR_RETURN(const PairedDifference difference,
                               BootstrapRankingDifference(RankingMetric::kPrAuc, rows.challenger, rows.champion,
                                                          rows.labels, {bootstrap, {}}));
        return JudgeByBootstrap(difference, {0, kConfidence});
      });
  EXPECT_LE(promotions, AtMost(1 - kConfidence));
}

// Against a champion that has drifted down by the margin, a challenger as bad as one more margin passes the champion's
// gate at its level, but hardly ever both.
TEST(GateSimulation, TheBestPastVersionStopsTheDrift) {
  int one = 0, both = 0;
  base::Random seeds(kSeed + 9);
  for (int i = 0; i < Repetitions(); i++) {
    base::Random random(seeds.Next());
    const Losses losses = DrawLosses(random, 381, 0);  // The challenger equals the drifted champion ...
    std::vector<double> best = losses.champion;
    for (double& loss : best) loss -= 2 * kLossMargin;  // ... and both are two margins behind the best.
    const BootstrapOptions bootstrap{.replicates = 399, .confidence = kConfidence, .seed = random.Next()};
    const NonInferiorityOptions options{kLossMargin, kConfidence, Direction::kLowerIsBetter};
    const auto against_champion =
        JudgeByBootstrap(BootstrapMeanDifference(losses.challenger, losses.champion, {bootstrap, {}}).value(), options)
            .value();
    const auto against_best =
        JudgeByBootstrap(BootstrapMeanDifference(losses.challenger, best, {bootstrap, {}}).value(), options).value();
    one += IsPromotable(against_champion.verdict);
    both += IsPromotable(JudgeBoth(against_champion, against_best).verdict);
  }
  std::printf("drifted champion: %d pass it, %d pass the best past version too, of %d\n", one, both, Repetitions());
  EXPECT_GT(one, Repetitions() / 8);
  EXPECT_LE(both, AtMost(1 - kConfidence));
}

}  // namespace
}  // namespace plumb::stats
