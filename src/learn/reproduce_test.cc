#include "learn/reproduce.h"

#include <gtest/gtest.h>

#include "learn/version_world_test.h"

namespace plumb::learn {
namespace {

using testing_world::Flights;
using testing_world::kModel;
using testing_world::LateWhenLong;
using testing_world::LearnWorld;
using testing_world::Replaced;

class ReproduceTest : public testing_world::VersionWorldTest {
 protected:
  Reproduction Again(const registry::Version& version, LearnWorld& world) {
    const auto recipe = ReadRecipe(*registry_, version);
    EXPECT_TRUE(recipe.ok()) << recipe.status().ToString();
    if (!recipe.ok()) return {};
    const auto made = Reproduce(*recipe, world.log(), world.files(), *executor_, {.threads = 1});
    EXPECT_TRUE(made.ok()) << made.status().ToString();
    return made.ok() ? *made : Reproduction();
  }
  static bool Names(const Reproduction& made, const std::string& what) {
    for (const ReproductionDifference& difference : made.differences) {
      if (difference.what == what) return true;
    }
    return false;
  }
  static std::string Texts(const Reproduction& made) { return made.ToJson().Dump(1); }
};

TEST_F(ReproduceTest, TheSameBytesComeAgain) {
  const auto world = World(LateWhenLong(150));
  const registry::Version version = Train(*world);
  const Reproduction made = Again(version, *world);
  EXPECT_TRUE(made.identical) << Texts(made);
  EXPECT_EQ(made.version, "late@v1");
  EXPECT_EQ(made.sha256, version.artifacts.at("model.ubj"));
  EXPECT_EQ(made.rows, 450);
  EXPECT_EQ(made.threads, 1);
  EXPECT_TRUE(made.differences.empty());
}

// The project may say something else now: the version carries its own.
TEST_F(ReproduceTest, ClassesAndNumbersComeAgainToo) {
  const std::string classes = Replaced(Replaced(kModel, "with: xgboost", "with: xgboost, objective: multi:softprob"),
                                       "arr_delay >= 15", "case when arr_delay > 15 then 'late' else 'fine' end");
  const std::string numbers =
      Replaced(Replaced(kModel, "with: xgboost", "with: xgboost, objective: reg:squarederror, subsample: 0.5, seed: 9"),
               "arr_delay >= 15", "arr_delay");
  for (const std::string& model : {classes, numbers}) {
    const auto world = World(LateWhenLong(120), model);
    const Reproduction made = Again(Train(*world), *World(LateWhenLong(120)));
    EXPECT_TRUE(made.identical) << Texts(made);
  }
}

TEST_F(ReproduceTest, SaysThatTheEventsAreOthers) {
  const auto world = World(LateWhenLong(150));
  const registry::Version version = Train(*world);
  const Reproduction made = Again(version, *World(LateWhenLong(151)));
  EXPECT_FALSE(made.identical);
  EXPECT_TRUE(Names(made, "data")) << Texts(made);
  EXPECT_TRUE(Names(made, "model")) << Texts(made);
  EXPECT_NE(made.sha256, made.recorded_sha256);
}

TEST_F(ReproduceTest, SaysWhichFeatureHasOtherValues) {
  const auto world = World(LateWhenLong(150));
  const registry::Version version = Train(*world);
  // As many rows with the same labels; only the delays that are not late differ.
  Flights changed = LateWhenLong(150);
  for (size_t at = 0; (at = changed.flights.find(",0.000000\n", at)) != std::string::npos;) {
    changed.flights.replace(at, 10, ",1.000000\n");
  }
  const Reproduction made = Again(version, *World(changed));
  EXPECT_FALSE(made.identical);
  EXPECT_FALSE(Names(made, "data")) << Texts(made);
  EXPECT_FALSE(Names(made, "labels")) << Texts(made);
  EXPECT_TRUE(Names(made, "features")) << Texts(made);
  EXPECT_NE(Texts(made).find("Feature has other values: delays.avg_1d."), std::string::npos) << Texts(made);
  EXPECT_EQ(Texts(made).find("trip.far"), std::string::npos) << Texts(made);
}

TEST_F(ReproduceTest, SaysThatDataIsGone) {
  const auto world = World(LateWhenLong(150));
  const registry::Version version = Train(*world);
  const auto recipe = ReadRecipe(*registry_, version);
  ASSERT_TRUE(recipe.ok());
  data::MemoryEventLog nothing{"nothing"};
  const auto made = Reproduce(*recipe, nothing, world->files(), *executor_, {});
  ASSERT_TRUE(made.ok()) << made.status().ToString();
  EXPECT_FALSE(made->identical);
  EXPECT_TRUE(made->sha256.empty());
  ASSERT_EQ(made->differences.size(), 1U);
  EXPECT_EQ(made->differences[0].what, "data");
}

TEST_F(ReproduceTest, SaysThatTheEnvironmentIsAnother) {
  const auto world = World(LateWhenLong(150));
  registry::Version version = Train(*world);
  base::Json elsewhere;
  elsewhere.Set("library", "xgboost 0.1.2");
  elsewhere.Set("threads", 1);
  elsewhere.Set("architecture", "pdp11");
  elsewhere.Set("instructions", "");
  version.data.Set("environment", elsewhere);
  const Reproduction same = Again(version, *world);
  EXPECT_TRUE(same.identical) << "what made no difference is none: " << Texts(same);
  const Reproduction made = Again(version, *World(LateWhenLong(151)));
  EXPECT_TRUE(Names(made, "library") && Names(made, "architecture")) << Texts(made);
  EXPECT_FALSE(Names(made, "threads")) << Texts(made);
}

TEST_F(ReproduceTest, ACancelledTrainingIsAnError) {
  const auto world = World(LateWhenLong(120));
  const auto recipe = ReadRecipe(*registry_, Train(*world));
  ASSERT_TRUE(recipe.ok());
  ReproduceOptions options{.threads = 1};
  options.progress = [](int, double, double) { return false; };
  EXPECT_EQ(Reproduce(*recipe, world->log(), world->files(), *executor_, options).status().code(),
            base::Code::kCancelled);
}

TEST_F(ReproduceTest, TheRecipeIsTheVersionsAndItsRuns) {
  const auto world = World(LateWhenLong(120), Replaced(kModel, "max_depth: 2", "max_depth: 3, seed: 5"));
  const auto recipe = ReadRecipe(*registry_, Train(*world, "lake-7"));
  ASSERT_TRUE(recipe.ok()) << recipe.status().ToString();
  EXPECT_EQ(recipe->Name(), "late@v1");
  EXPECT_EQ(recipe->sources, (std::map<std::string, std::string>{{"schedule", "lake-7"}, {"flights", "lake-7"}}));
  EXPECT_EQ(recipe->model.train_parameters,
            (std::map<std::string, std::string>{{"max_depth", "3"}, {"min_child_weight", "1"}}));
  EXPECT_EQ(recipe->model.seed, 5U);
  EXPECT_EQ(recipe->model.rounds_max, 20);
}

}  // namespace
}  // namespace plumb::learn
