// Trains small models with the real library and compares the plain traversal with the library's own predictions.
#include "model/train/xgboost_trainer.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "base/random.h"
#include "model/infer/predictor.h"

namespace plumb::model {
namespace {

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

struct Rows {
  std::vector<float> values, labels;
  size_t rows = 0, features = 4;
  [[nodiscard]] TrainingMatrix Matrix() const { return {rows, features, values, labels, {}}; }
};

// Two numbers, a number that is often missing, and a category with 12 codes that matters.
Rows MakeRows(uint64_t seed, size_t count) {
  base::Random random(seed);
  Rows out;
  out.rows = count;
  for (size_t i = 0; i < count; i++) {
    const auto a = static_cast<float>(random.Uniform() * 4 - 2), b = static_cast<float>(random.Uniform());
    const float c = random.Chance(0.3) ? kMissing : static_cast<float>(random.Below(50));
    const auto category = static_cast<float>(random.Below(12));
    const double signal = a + (category == 3 || category == 7 ? 1.5 : -0.5) + (std::isnan(c) ? 0.7 : c * 0.02);
    out.values.insert(out.values.end(), {a, b, c, random.Chance(0.05) ? kMissing : category});
    out.labels.push_back(random.Uniform() < 1 / (1 + std::exp(-signal)) ? 1.0F : 0.0F);
  }
  return out;
}

TrainOptions Options() {
  TrainOptions options;
  options.parameters = {{"max_depth", "5"}, {"eta", "0.3"}};
  options.rounds_max = 60;
  options.early_stopping_rounds = 5;
  options.feature_names = {"a", "b", "c", "kind"};
  options.categorical = {false, false, false, true};
  return options;
}

TEST(XgboostTrainer, OurTraversalGivesTheLibrarysMarginsBitForBit) {
  const Rows train = MakeRows(1, 4000), validation = MakeRows(2, 2000), test = MakeRows(3, 3000);
  const auto trained = TrainXgboost(train.Matrix(), validation.Matrix(), Options());
  ASSERT_TRUE(trained.ok()) << trained.status().ToString();
  const auto ensemble = ReadXgboostModel(trained->ubj);
  ASSERT_TRUE(ensemble.ok()) << ensemble.status().ToString();
  EXPECT_EQ(ensemble->trees.size(), static_cast<size_t>(trained->best_round));
  EXPECT_EQ(ensemble->categorical, Options().categorical);
  const Predictor predictor(std::make_shared<const TreeEnsemble>(*ensemble));
  std::vector<float> margins(test.rows), scores(test.rows);
  predictor.Margins(test.values, margins);
  predictor.Scores(test.values, scores);
  const auto library_margins = XgboostPredict("", trained->ubj, test.Matrix(), Options().categorical, true);
  const auto library_scores = XgboostPredict("", trained->ubj, test.Matrix(), Options().categorical, false);
  ASSERT_TRUE(library_margins.ok()) << library_margins.status().ToString();
  ASSERT_TRUE(library_scores.ok());
  for (size_t i = 0; i < test.rows; i++) {
    ASSERT_EQ(std::bit_cast<uint32_t>(margins[i]), std::bit_cast<uint32_t>((*library_margins)[i])) << "row " << i;
    // The library's own expf may differ in the last bit.
    const int64_t ulps =
        std::abs(int64_t{std::bit_cast<int32_t>(scores[i])} - std::bit_cast<int32_t>((*library_scores)[i]));
    ASSERT_LE(ulps, 2) << "row " << i;
  }
}

// The same rows with the labels of another task: three classes, or a number.
Rows WithLabels(Rows rows, Task task) {
  for (size_t i = 0; i < rows.rows; i++) {
    const float a = rows.values[i * rows.features], label = rows.labels[i];
    if (task == Task::kClasses) rows.labels[i] = label == 0 ? 0 : a > 0 ? 2.0F : 1.0F;
    if (task == Task::kRegression) rows.labels[i] = 100 + 7 * a * a + label;
  }
  return rows;
}

TEST(XgboostTrainer, MarginsOfEveryObjectiveEqualTheLibrarysBitForBit) {
  const struct {
    const char* objective;
    Task task;
    int32_t classes;
    size_t outputs;
  } cases[] = {{"binary:logistic", Task::kBinary, 0, 1},       {"multi:softprob", Task::kClasses, 3, 3},
               {"multi:softprob", Task::kClasses, 5, 5},       {"reg:squarederror", Task::kRegression, 0, 1},
               {"reg:absoluteerror", Task::kRegression, 0, 1}, {"reg:pseudohubererror", Task::kRegression, 0, 1}};
  for (const auto& c : cases) {
    for (const char* parallel_trees : {"1", "3"}) {
      SCOPED_TRACE(std::string(c.objective) + " " + std::to_string(c.classes) + " × " + parallel_trees);
      const Rows train = WithLabels(MakeRows(20, 1000), c.task), validation = WithLabels(MakeRows(21, 300), c.task),
                 test = MakeRows(22, 1500);
      TrainOptions options = Options();
      options.objective = c.objective;
      options.classes = c.classes;
      options.parameters["num_parallel_tree"] = parallel_trees;
      options.rounds_max = 8;
      const auto trained = TrainXgboost(train.Matrix(), validation.Matrix(), options);
      ASSERT_TRUE(trained.ok()) << trained.status().ToString();
      EXPECT_EQ(trained->validation_metric.size(), trained->train_metric.size());
      auto ensemble = ReadXgboostModel(trained->ubj);
      ASSERT_TRUE(ensemble.ok()) << ensemble.status().ToString();
      EXPECT_EQ(ensemble->task(), c.task);
      const Predictor predictor(std::make_shared<const TreeEnsemble>(std::move(ensemble).value()));
      ASSERT_EQ(predictor.outputs(), c.outputs);
      std::vector<float> margins(test.rows * c.outputs), scores(margins.size());
      predictor.Margins(test.values, margins);
      predictor.Scores(test.values, scores);
      const auto library_margins = XgboostPredict("", trained->ubj, test.Matrix(), options.categorical, true);
      const auto library_scores = XgboostPredict("", trained->ubj, test.Matrix(), options.categorical, false);
      ASSERT_TRUE(library_margins.ok()) << library_margins.status().ToString();
      ASSERT_TRUE(library_scores.ok()) << library_scores.status().ToString();
      ASSERT_EQ(library_margins->size(), margins.size());
      ASSERT_EQ(library_scores->size(), scores.size());
      for (size_t i = 0; i < margins.size(); i++) {
        ASSERT_EQ(std::bit_cast<uint32_t>(margins[i]), std::bit_cast<uint32_t>((*library_margins)[i])) << i;
        ASSERT_NEAR(scores[i], (*library_scores)[i], 2e-6 * std::fabs(scores[i])) << "the library's expf, " << i;
      }
    }
  }
}

TEST(XgboostTrainer, StopsWhenTheValidationRowsGetNoBetter) {
  const Rows train = MakeRows(4, 500), validation = MakeRows(5, 500);
  TrainOptions options = Options();
  options.rounds_max = 500;
  const auto trained = TrainXgboost(train.Matrix(), validation.Matrix(), options);
  ASSERT_TRUE(trained.ok());
  EXPECT_LT(trained->best_round, 100);
  EXPECT_EQ(trained->validation_metric.size(), static_cast<size_t>(trained->best_round) + 5);
}

TEST(XgboostTrainer, IsDeterministic) {
  const Rows train = MakeRows(6, 1000), validation = MakeRows(7, 500);
  const auto a = TrainXgboost(train.Matrix(), validation.Matrix(), Options());
  const auto b = TrainXgboost(train.Matrix(), validation.Matrix(), Options());
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_EQ(a->ubj, b->ubj);
}

TEST(XgboostTrainer, ReportsGainByFeature) {
  const Rows train = MakeRows(8, 3000), validation = MakeRows(9, 500);
  const auto trained = TrainXgboost(train.Matrix(), validation.Matrix(), Options());
  ASSERT_TRUE(trained.ok());
  ASSERT_EQ(trained->gain.size(), 4U);
  EXPECT_GT(trained->gain[0], trained->gain[1]);  // a matters, b does not
}

TEST(XgboostTrainer, CanBeCancelled) {
  const Rows train = MakeRows(10, 300), validation = MakeRows(11, 300);
  TrainOptions options = Options();
  options.progress = [](int round, double, double) { return round < 2; };
  EXPECT_EQ(TrainXgboost(train.Matrix(), validation.Matrix(), options).status().code(), base::Code::kCancelled);
}

TEST(XgboostTrainer, RefusesBadInput) {
  const Rows rows = MakeRows(12, 100);
  TrainOptions missing = Options();
  missing.library = "/nowhere/libxgboost.so";
  EXPECT_EQ(TrainXgboost(rows.Matrix(), rows.Matrix(), missing).status().code(), base::Code::kNotFound);
  TrainOptions bad = Options();
  bad.parameters["max_depth"] = "many";
  EXPECT_EQ(TrainXgboost(rows.Matrix(), rows.Matrix(), bad).status().code(), base::Code::kInvalidArgument);
  EXPECT_EQ(TrainXgboost(rows.Matrix(), TrainingMatrix{}, Options()).status().code(), base::Code::kInvalidArgument);
}

}  // namespace
}  // namespace plumb::model
