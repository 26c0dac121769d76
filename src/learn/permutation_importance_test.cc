#include "learn/permutation_importance.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "data/list.h"

namespace plumb::learn {
namespace {

using data::TypeKind;

// Features: x, a vector e of two, z. The number is 10 x + 4 e.1, by one stump each; z is not used.
struct World {
  data::Batch rows;
  std::vector<double> labels;
  model::FeatureEncoder encoder;
  std::shared_ptr<model::TreeEnsemble> ensemble = std::make_shared<model::TreeEnsemble>();
};

World MakeWorld(size_t count) {
  base::Random random(3);
  data::Column x(TypeKind::kFloat64), e(data::Type::Vector(2)), z(TypeKind::kFloat64);
  World world;
  for (size_t i = 0; i < count; i++) {
    const bool high = random.Chance(0.5), second = random.Chance(0.5);
    x.AppendDouble(high ? 1 : 0);
    std::string bytes;
    data::AppendVectorElement(static_cast<float>(random.Uniform()), &bytes);
    data::AppendVectorElement(second ? 1.0F : 0.0F, &bytes);
    e.AppendString(bytes);
    z.AppendDouble(random.Uniform());
    world.labels.push_back((high ? 10 : 0) + (second ? 4 : 0));
  }
  world.rows.AddColumn("v.x", std::move(x));
  world.rows.AddColumn("v.e", std::move(e));
  world.rows.AddColumn("v.z", std::move(z));
  world.encoder = model::FeatureEncoder::Fit(world.rows);
  world.ensemble->objective = "reg:squarederror";
  world.ensemble->features = 4;
  world.ensemble->categorical.assign(4, false);
  const auto stump = [](int32_t feature, float value) {
    return model::Tree{{{1, 2, feature, 0.5F}, {-1, -1, 0, 0}, {-1, -1, 0, value}}, {}, 0};
  };
  world.ensemble->trees = {stump(0, 10), stump(2, 4)};
  EXPECT_TRUE(world.ensemble->Validate().ok());
  return world;
}

base::Result<PermutationReport> Measure(const World& world, const PermutationOptions& options, size_t threads = 0) {
  const auto executor = base::MakeExecutor(threads);
  return MeasurePermutationImportance(model::Predictor(world.ensemble), world.encoder,
                                      world.encoder.Encode(world.rows).value(), world.labels, *executor, options);
}

TEST(PermutationImportance, IsLargeForWhatTheModelNeedsAndNothingElse) {
  const World world = MakeWorld(2000);
  const auto report = Measure(world, {});
  ASSERT_TRUE(report.ok()) << report.status().ToString();
  EXPECT_EQ(report->metric, "rmse");
  EXPECT_EQ(report->reference, 0);
  EXPECT_EQ(report->rows, 2000);
  EXPECT_EQ(report->repeats, 5);
  ASSERT_EQ(report->features.size(), 3U);
  // A permutation differs in half of the rows.
  EXPECT_NEAR(report->features[0].worsening, 10 * 0.7071, 0.3);
  EXPECT_NEAR(report->features[1].worsening, 4 * 0.7071, 0.2) << "both elements of the vector together";
  EXPECT_GT(report->features[0].standard_error, 0);
  EXPECT_LT(report->features[0].standard_error, 0.2);
  EXPECT_EQ(report->features[2].worsening, 0);
  EXPECT_EQ(report->features[2].standard_error, 0);
}

TEST(PermutationImportance, IsTheSameForASeedOnAnyNumberOfThreads) {
  const World world = MakeWorld(500);
  const auto first = Measure(world, {.seed = 7}), second = Measure(world, {.seed = 7}, 3), other = Measure(world, {});
  ASSERT_TRUE(first.ok() && second.ok() && other.ok());
  for (size_t i = 0; i < 3; i++) {
    EXPECT_EQ(first->features[i].worsening, second->features[i].worsening);
    EXPECT_EQ(first->features[i].standard_error, second->features[i].standard_error);
  }
  EXPECT_NE(first->features[0].worsening, other->features[0].worsening);
}

TEST(PermutationImportance, KeepsToItsBudget) {
  const World world = MakeWorld(3000);
  const struct {
    PermutationOptions options;
    int64_t rows;
    int repeats;
  } cases[] = {
      {{.rows_max = 1000}, 1000, 5},
      {{.walks_max = 2 * 2 * 5 * 700}, 700, 5},      // two features, two trees
      {{.walks_max = 2 * 2 * 100 * 3 + 1}, 100, 3},  // no fewer rows, so fewer repeats
      {{.walks_max = 1}, 100, 1},
  };
  for (const auto& c : cases) {
    const auto report = Measure(world, c.options);
    ASSERT_TRUE(report.ok()) << report.status().ToString();
    EXPECT_EQ(report->rows, c.rows);
    EXPECT_EQ(report->repeats, c.repeats);
    EXPECT_GT(report->features[0].worsening, 3);
  }
}

}  // namespace
}  // namespace plumb::learn
