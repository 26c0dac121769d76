#include "learn/internal/training_parts.h"

#include <gtest/gtest.h>

#include <functional>

namespace plumb::learn {
namespace {

using base::Code;
using data::TypeKind;

// `trained` rows for training, one each for validation and test; one feature, which is `value` everywhere.
struct World {
  Dataset dataset;
  data::Batch features;
  model::FeatureEncoder encoder;
};

World MakeWorld(model::Task task, size_t trained, const std::function<double(size_t)>& label,
                const data::Value& value = data::Value::Float64(1)) {
  World world;
  world.dataset.task = task;
  data::Column labels(TypeKind::kInt64);
  for (size_t i = 0; i < trained + 2; i++) {
    world.dataset.parts.push_back(i < trained ? Part::kTrain : i == trained ? Part::kValidate : Part::kTest);
    world.dataset.labels.push_back(label(i));
    labels.AppendInt(static_cast<int64_t>(label(i)));
  }
  if (task == model::Task::kClasses) {
    world.dataset.classes = model::ClassDictionary::Fit(labels.Take(world.dataset.RowsOf(Part::kTrain)));
  }
  world.features.AddColumn("v.x", data::Column::Repeat(value, trained + 2));
  world.features.rows = trained + 2;
  world.encoder = model::FeatureEncoder::Fit(world.features);
  return world;
}

base::Result<EncodedParts> Encode(const World& world) {
  return EncodeParts(world.dataset, world.features, world.encoder);
}

TEST(TrainingParts, KeepsLabelsAsTheTrainerTakesThem) {
  const auto parts =
      Encode(MakeWorld(model::Task::kRegression, 3, [](size_t i) { return 0.1 * static_cast<double>(i); }));
  ASSERT_TRUE(parts.ok()) << parts.status().ToString();
  EXPECT_EQ(parts->train.rows, (std::vector<int64_t>{0, 1, 2}));
  EXPECT_EQ(parts->train.labels[1], 0.1);
  EXPECT_EQ(parts->train.narrow_labels[1], 0.1F);
  EXPECT_EQ(parts->test.features.values, std::vector<float>{1});
}

TEST(TrainingParts, LeavesUnseenClassesOut) {
  const auto parts =
      Encode(MakeWorld(model::Task::kClasses, 4, [](size_t i) { return i == 4 ? -1.0 : static_cast<double>(i % 2); }));
  EXPECT_EQ(parts.status().message(), "Training saw none of the classes of a part: validate, 1 rows.");
}

TEST(TrainingParts, RefusesMoreClassesThanAreClasses) {
  const auto identity = [](size_t i) { return static_cast<double>(i % 1001); };
  const auto parts = Encode(MakeWorld(model::Task::kClasses, 1001, identity));
  EXPECT_EQ(parts.status().message(), "Label has too many classes: 1001, at most 1000.");
  EXPECT_NE(parts.status().suggestion().find("reg:squarederror"), std::string::npos);
  EXPECT_TRUE(
      Encode(MakeWorld(model::Task::kClasses, 1000, [](size_t i) { return static_cast<double>(i % 1000); })).ok());
}

TEST(TrainingParts, OnlyBinaryLabelsMustDifferInEveryPart) {
  const auto label = [](size_t i) { return static_cast<double>(i % 2); };
  EXPECT_EQ(Encode(MakeWorld(model::Task::kBinary, 4, label)).status().code(), Code::kInvalidArgument)
      << "one row has one label";
  EXPECT_TRUE(Encode(MakeWorld(model::Task::kRegression, 4, label)).ok());
  EXPECT_TRUE(Encode(MakeWorld(model::Task::kClasses, 4, label)).ok());
}

TEST(TrainingParts, NamesFeaturesWithoutValues) {
  const auto label = [](size_t i) { return static_cast<double>(i); };
  World world = MakeWorld(model::Task::kRegression, 3, label);
  world.features.AddColumn("v.empty", data::Column::Nulls(TypeKind::kString, 5));
  world.encoder = model::FeatureEncoder::Fit(world.features);
  const auto without = FeaturesWithoutValues(Encode(world)->train, world.encoder);
  ASSERT_TRUE(without.ok());
  EXPECT_EQ(*without, std::vector<std::string>{"v.empty"});
  const World nothing = MakeWorld(model::Task::kRegression, 3, label, data::Value::Null(TypeKind::kInt64));
  EXPECT_EQ(FeaturesWithoutValues(Encode(nothing)->train, nothing.encoder).status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace plumb::learn
