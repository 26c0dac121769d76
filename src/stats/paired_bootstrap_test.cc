#include "stats/paired_bootstrap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "base/random.h"
#include "stats/classification_sample_test.h"
#include "stats/internal/bootstrap_bounds.h"
#include "stats/internal/poisson_weights.h"
#include "stats/normal.h"
#include "stats/pr_auc.h"
#include "stats/roc_auc.h"

namespace plumb::stats {
namespace {

constexpr uint64_t kSeed = 1993;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

struct Rows {
  std::vector<double> first, second;
  std::vector<uint8_t> labels;
  std::vector<int64_t> clusters;
};

// Scores with ties, of two models that err together.
Rows RandomRows(base::Random& random, int64_t rows, int64_t clusters) {
  Rows result;
  for (int64_t i = 0; i < rows; i++) {
    const double truth = random.Uniform();
    result.labels.push_back(i < 2 ? static_cast<uint8_t>(i) : static_cast<uint8_t>(random.Chance(truth)));
    result.first.push_back(std::floor((truth + random.Uniform()) * 10) / 20);
    result.second.push_back(std::floor((truth + 2 * random.Uniform()) * 10) / 30);
    result.clusters.push_back(random.Between(-clusters, clusters));
  }
  return result;
}

Rows Shuffled(const Rows& rows, base::Random& random) {
  std::vector<size_t> order(rows.first.size());
  for (size_t i = 0; i < order.size(); i++) order[i] = i;
  for (size_t i = order.size(); i > 1; i--) std::swap(order[i - 1], order[random.Below(i)]);
  Rows result;
  for (const size_t row : order) {
    result.first.push_back(rows.first[row]);
    result.second.push_back(rows.second[row]);
    result.labels.push_back(rows.labels[row]);
    result.clusters.push_back(rows.clusters[row]);
  }
  return result;
}

// The definitions, in O(rows^2).
double BruteArea(RankingMetric metric, const Rows& rows, const std::vector<double>& scores,
                 std::span<const int16_t> weights) {
  double positives = 0, negatives = 0, wins = 0, precision = 0;
  for (size_t i = 0; i < scores.size(); i++) (rows.labels[i] != 0 ? positives : negatives) += weights[i];
  for (size_t i = 0; i < scores.size(); i++) {
    if (rows.labels[i] == 0 || weights[i] == 0) continue;
    double hits = 0, all = 0;
    for (size_t k = 0; k < scores.size(); k++) {
      if (scores[k] >= scores[i]) hits += weights[k] * rows.labels[k], all += weights[k];
      if (rows.labels[k] == 0)
        wins += weights[i] * weights[k] * (scores[i] > scores[k] ? 1 : scores[i] == scores[k] ? 0.5 : 0);
    }
    precision += weights[i] * hits / all;
  }
  if (positives == 0 || negatives == 0) return kNan;
  return metric == RankingMetric::kRocAuc ? wins / positives / negatives : precision / positives;
}

TEST(PoissonWeights, HaveTheMomentsOfPoissonsDistribution) {
  internal::PoissonWeights source(kSeed);
  std::vector<int16_t> weights(2'000'003);
  source.Draw(weights);
  std::array<double, 9> shares{};
  double mean = 0, square = 0;
  const auto n = static_cast<double>(weights.size());
  for (const int16_t weight : weights) {
    ASSERT_TRUE(weight >= 0 && weight <= internal::PoissonWeights::kWeightMax);
    shares[weight] += 1 / n;
    mean += weight / n;
    square += weight * weight / n;
  }
  EXPECT_NEAR(mean, 1, 4 / std::sqrt(n)) << "seed " << kSeed;
  EXPECT_NEAR(square, 2, 4 * std::sqrt(11 / n)) << "seed " << kSeed;
  const double wanted[] = {0.367879, 0.367879, 0.183940, 0.061313, 0.015328, 0.003066, 0.000511, 0.000073, 0.000009};
  for (size_t k = 0; k < shares.size(); k++) {
    EXPECT_NEAR(shares[k], wanted[k], 4 * std::sqrt(wanted[k] / n) + 2e-5) << k << " seed " << kSeed;
  }
}

TEST(PoissonWeights, AreTheSameForTheSameSeed) {
  std::vector<int16_t> weights(11), same(11);
  internal::PoissonWeights(7).Draw(weights);
  internal::PoissonWeights(7).Draw(same);
  EXPECT_EQ(weights, same);
  EXPECT_EQ(weights, (std::vector<int16_t>{3, 2, 1, 0, 1, 2, 2, 2, 3, 0, 0}));
}

TEST(PairedBootstrap, TakesTheDifferenceOfMeans) {
  const std::vector<double> champion = {0.5, 0.25, 1, 0.75}, challenger = {0.25, 0.25, 0.5, 0.5};
  EXPECT_EQ(BootstrapMeanDifference(challenger, champion, {})->difference, -0.25);
  const PairedDifference roots = BootstrapRootMeanDifference(challenger, champion, {}).value();
  EXPECT_EQ(roots.first, std::sqrt(0.375));
  EXPECT_EQ(roots.second, std::sqrt(0.625));
  EXPECT_EQ(roots.rows, 4);
}

TEST(PairedBootstrap, IsSureOfEqualModels) {
  base::Random random(kSeed + 1);
  const Rows rows = RandomRows(random, 200, 20);
  for (const bool has_clusters : {false, true}) {
    PairedBootstrapOptions options;
    if (has_clusters) options.clusters = rows.clusters;
    const auto mean = BootstrapMeanDifference(rows.first, rows.first, options).value();
    const auto area =
        BootstrapRankingDifference(RankingMetric::kPrAuc, rows.first, rows.first, rows.labels, options).value();
    EXPECT_EQ(mean.standard_error, 0);
    EXPECT_EQ(area.standard_error, 0);
    EXPECT_EQ(area.lower_bound, 0);
  }
}

TEST(PairedBootstrap, FindsTheStandardErrorOfAMean) {
  base::Random random(kSeed + 2);
  const Rows rows = RandomRows(random, 4000, 20);
  double mean = 0, square = 0;
  for (size_t i = 0; i < rows.first.size(); i++) {
    const double d = rows.first[i] - rows.second[i];
    mean += d / 4000, square += d * d / 4000;
  }
  const double wanted = std::sqrt((square - mean * mean) / 4000);
  const auto result = BootstrapMeanDifference(rows.first, rows.second, {.bootstrap = {.replicates = 4000}}).value();
  EXPECT_NEAR(result.difference, mean, 1e-12);
  EXPECT_NEAR(result.standard_error / wanted, 1, 4 / std::sqrt(2.0 * 4000)) << "seed " << kSeed + 2;
  EXPECT_NEAR((mean - result.lower_bound) / wanted, 1.645, 0.12);
  EXPECT_NEAR((result.upper_bound - mean) / wanted, 1.645, 0.12);
  EXPECT_NEAR((mean - result.interval.low) / wanted, 1.96, 0.15);
  EXPECT_NEAR((result.interval.high - mean) / wanted, 1.96, 0.15);
}

TEST(PairedBootstrap, FindsTheStandardErrorOfDeLong) {
  base::Random random(kSeed + 3);
  const Rows rows = RandomRows(random, 3000, 20);
  const auto wanted = CompareRocAuc(rows.first, rows.second, rows.labels, 0.95).value();
  const auto result =
      BootstrapRankingDifference(RankingMetric::kRocAuc, rows.first, rows.second, rows.labels, {}).value();
  EXPECT_NEAR(result.first, wanted.first, 1e-15);
  EXPECT_NEAR(result.difference, wanted.difference, 1e-15);
  EXPECT_NEAR(result.standard_error / wanted.standard_error, 1, 0.1) << "seed " << kSeed + 3;
}

TEST(PairedBootstrap, BoundsAreReplicatesNearTheirRank) {
  base::Random random(kSeed + 4);
  const Rows rows = RandomRows(random, 400, 20);
  const auto result =
      BootstrapMeanDifference(rows.first, rows.second, {.bootstrap = {.replicates = 999, .confidence = 0.9}}).value();
  ASSERT_EQ(result.replicates.size(), 999U);
  EXPECT_TRUE(std::is_sorted(result.replicates.begin(), result.replicates.end()));
  const auto rank_of = [&](double bound) {
    return std::lower_bound(result.replicates.begin(), result.replicates.end(), bound) - result.replicates.begin() + 1;
  };
  EXPECT_NEAR(static_cast<double>(rank_of(result.lower_bound)), 100, 20);
  EXPECT_NEAR(static_cast<double>(rank_of(result.upper_bound)), 900, 20);
  EXPECT_NEAR(static_cast<double>(rank_of(result.interval.low)), 50, 15);
  EXPECT_NEAR(static_cast<double>(rank_of(result.interval.high)), 950, 15);
}

TEST(BootstrapBounds, ArePercentilesWithoutCorrection) {
  internal::ReplicateSample sample;
  for (int i = 1; i <= 999; i++) sample.ascending.push_back(i);
  EXPECT_EQ(internal::LowerBound(sample, 0.1).value, 100);
  EXPECT_EQ(internal::LowerBound(sample, 0.05).value, 50);
  EXPECT_EQ(-internal::LowerBound(sample.Mirrored(), 0.05).value, 950);
  EXPECT_NEAR(internal::PValueAgainst(sample, 49), 0.05, 1e-12);
  EXPECT_FALSE(internal::LowerBound(sample, 0.0005).is_reached);
}

// By hand: z = -1.64485 + 0.1 = -1.54485; 0.1 - 1.54485 / 1.154485 = -1.23813, whose share is 0.10783: rank 107 of 999.
TEST(BootstrapBounds, CorrectForSkewness) {
  internal::ReplicateSample sample{{}, 0.1};
  for (int i = 1; i <= 999; i++) sample.ascending.push_back(i);
  EXPECT_EQ(internal::LowerBound(sample, 0.05).value, 107);
  EXPECT_NEAR(internal::PValueAgainst(sample, 106.8), 0.05, 0.001);
  EXPECT_NEAR(internal::SkewnessCorrection(std::vector<double>{0, 0, 0, 4}), 1.1547005383792515 / 12, 1e-15);
  EXPECT_EQ(internal::SkewnessCorrection(std::vector<double>{3, 3}), 0);
  // Skewness beyond the formula's reach has no bound.
  sample.correction = -2;
  EXPECT_FALSE(internal::LowerBound(sample, 0.05).is_reached);
}

// The replicates show the skewness that the terms give: as their own, and as the place of the estimate among them.
TEST(PairedBootstrap, KnowsTheSkewnessOfAMean) {
  base::Random random(kSeed + 9);
  std::vector<double> skewed, zero(400, 0);
  for (int i = 0; i < 400; i++) skewed.push_back(1 / (0.05 + random.Uniform()));
  const auto result = BootstrapMeanDifference(skewed, zero, {.bootstrap = {.replicates = 20000}}).value();
  const double of_replicates = internal::SkewnessCorrection(result.replicates) * std::sqrt(20000.0);
  EXPECT_GT(result.skewness_correction, 0.01);
  EXPECT_NEAR(result.skewness_correction, of_replicates, 0.01);
  const auto below = std::lower_bound(result.replicates.begin(), result.replicates.end(), result.difference) -
                     result.replicates.begin();
  EXPECT_NEAR(NormalQuantile(static_cast<double>(below) / 20000), result.skewness_correction, 0.03);
}

// With the same ids the same weights are drawn, so the fast forms and the definitions meet in every replicate.
TEST(PairedBootstrap, AgreesWithTheDefinitionsReplicateByReplicate) {
  base::Random random(kSeed + 5);
  for (int round = 0; round < 20; round++) {
    const Rows rows = RandomRows(random, random.Between(20, 60), 15);
    const PairedBootstrapOptions options{.bootstrap = {.replicates = 60, .seed = random.Next()},
                                         .clusters = rows.clusters};
    for (const auto metric : {RankingMetric::kRocAuc, RankingMetric::kPrAuc}) {
      const auto fast = BootstrapRankingDifference(metric, rows.first, rows.second, rows.labels, options).value();
      const auto slow = BootstrapMetricDifference(
                            static_cast<int64_t>(rows.first.size()),
                            [&](auto weights) { return BruteArea(metric, rows, rows.first, weights); },
                            [&](auto weights) { return BruteArea(metric, rows, rows.second, weights); }, options)
                            .value();
      EXPECT_NEAR(fast.first, slow.first, 1e-13);
      for (size_t i = 0; i < 60; i++)
        ASSERT_NEAR(fast.replicates[i], slow.replicates[i], 1e-13) << "seed " << kSeed + 5;
    }
    const auto mean_of = [](const std::vector<double>& losses) {
      return [&](std::span<const int16_t> weights) {
        double sum = 0, rows_drawn = 0;
        for (size_t i = 0; i < losses.size(); i++) sum += weights[i] * losses[i], rows_drawn += weights[i];
        return sum / rows_drawn;
      };
    };
    const auto fast = BootstrapMeanDifference(rows.first, rows.second, options).value();
    const auto slow = BootstrapMetricDifference(static_cast<int64_t>(rows.first.size()), mean_of(rows.first),
                                                mean_of(rows.second), options)
                          .value();
    for (size_t i = 0; i < 60; i++) ASSERT_NEAR(fast.replicates[i], slow.replicates[i], 1e-13) << "seed " << kSeed + 5;
  }
}

TEST(PairedBootstrap, DoesNotDependOnTheOrderOfRows) {
  base::Random random(kSeed + 6);
  const Rows rows = RandomRows(random, 300, 30), shuffled = Shuffled(rows, random);
  for (const bool has_clusters : {false, true}) {
    PairedBootstrapOptions options{.bootstrap = {.replicates = 50}, .clusters = {}}, other = options;
    if (has_clusters) options.clusters = rows.clusters, other.clusters = shuffled.clusters;
    EXPECT_EQ(BootstrapMeanDifference(rows.first, rows.second, options)->replicates,
              BootstrapMeanDifference(shuffled.first, shuffled.second, other)->replicates);
    EXPECT_EQ(BootstrapRootMeanDifference(rows.first, rows.second, options)->replicates,
              BootstrapRootMeanDifference(shuffled.first, shuffled.second, other)->replicates);
    for (const auto metric : {RankingMetric::kRocAuc, RankingMetric::kPrAuc}) {
      EXPECT_EQ(
          BootstrapRankingDifference(metric, rows.first, rows.second, rows.labels, options)->replicates,
          BootstrapRankingDifference(metric, shuffled.first, shuffled.second, shuffled.labels, other)->replicates);
    }
  }
}

// Copies of a row say nothing new: with the copies in one cluster the error stays, without it shrinks falsely.
TEST(PairedBootstrap, SeesThroughCopiedRows) {
  base::Random random(kSeed + 7);
  const Rows rows = RandomRows(random, 500, 20);
  Rows copied;
  std::vector<int64_t> ids;
  for (size_t i = 0; i < rows.first.size(); i++) {
    for (int copy = 0; copy < 4; copy++) {
      copied.first.push_back(rows.first[i]);
      copied.second.push_back(rows.second[i]);
      ids.push_back(static_cast<int64_t>(i));
    }
  }
  const double single = BootstrapMeanDifference(rows.first, rows.second, {})->standard_error;
  const double naive = BootstrapMeanDifference(copied.first, copied.second, {})->standard_error;
  const double honest =
      BootstrapMeanDifference(copied.first, copied.second, {.bootstrap = {}, .clusters = ids})->standard_error;
  EXPECT_NEAR(honest / single, 1, 0.1);
  EXPECT_NEAR(naive / single, 0.5, 0.1);
}

TEST(PairedBootstrap, RepeatsBySeed) {
  base::Random random(kSeed + 8);
  const Rows rows = RandomRows(random, 100, 20);
  const auto with = [&](uint64_t seed) {
    return BootstrapMeanDifference(rows.first, rows.second, {.bootstrap = {.seed = seed}})->replicates;
  };
  EXPECT_EQ(with(3), with(3));
  EXPECT_NE(with(3), with(4));
}

TEST(PairedBootstrap, DrawsAgainWhereAMetricDoesNotExist) {
  // One positive: a third of the draws have none.
  const std::vector<double> first = {0.1, 0.5, 0.6, 0.7}, second = {0.2, 0.5, 0.4, 0.3};
  const auto result =
      BootstrapRankingDifference(RankingMetric::kRocAuc, first, second, std::vector<uint8_t>{0, 0, 1, 0}, {});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->replicates.size(), 1000U);
  const auto never = BootstrapMetricDifference(
      4, [](auto weights) { return weights[0] == 1 && weights[1] == 1 && weights[2] == 1 ? 1 : kNan; },
      [](auto) { return 0.0; }, {});
  EXPECT_EQ(never.status().code(), base::Code::kInvalidArgument);
}

TEST(PairedBootstrap, RejectsBadArguments) {
  const std::vector<double> two = {0.5, 0.6}, one = {0.5}, nan = {0.5, kNan}, negative = {0.5, -1};
  const std::vector<double> infinite = {0.5, std::numeric_limits<double>::infinity()};
  const std::vector<int64_t> together = {1, 1}, short_ids = {1};
  const struct {
    const char* what;
    base::Status status;
  } cases[] = {
      {"sizes", BootstrapMeanDifference(two, one, {}).status()},
      {"one row", BootstrapMeanDifference(one, one, {}).status()},
      {"NaN", BootstrapMeanDifference(two, nan, {}).status()},
      {"infinity", BootstrapMeanDifference(infinite, two, {}).status()},
      {"no spread of clusters", BootstrapMeanDifference(two, two, {.bootstrap = {}, .clusters = together}).status()},
      {"clusters", BootstrapMeanDifference(two, two, {.bootstrap = {}, .clusters = short_ids}).status()},
      {"replicates", BootstrapMeanDifference(two, two, {.bootstrap = {.replicates = 9}}).status()},
      {"replicates for confidence", BootstrapMeanDifference(two, two, {.bootstrap = {.replicates = 38}}).status()},
      {"confidence", BootstrapMeanDifference(two, two, {.bootstrap = {.confidence = 1}}).status()},
      {"negative square", BootstrapRootMeanDifference(two, negative, {}).status()},
      {"one class",
       BootstrapRankingDifference(RankingMetric::kPrAuc, two, two, std::vector<uint8_t>{1, 1}, {}).status()},
      {"NaN score",
       BootstrapRankingDifference(RankingMetric::kPrAuc, two, nan, std::vector<uint8_t>{1, 0}, {}).status()},
      {"rows", BootstrapMetricDifference(
                   -1, [](auto) { return 0.0; }, [](auto) { return 0.0; }, {})
                   .status()},
      {"metric", BootstrapMetricDifference(
                     9, [](auto) { return kNan; }, [](auto) { return 0.0; }, {})
                     .status()},
  };
  for (const auto& c : cases) EXPECT_EQ(c.status.code(), base::Code::kInvalidArgument) << c.what;
  EXPECT_TRUE(BootstrapMeanDifference(two, two, {.bootstrap = {.replicates = 39}}).ok());
}

}  // namespace
}  // namespace plumb::stats
