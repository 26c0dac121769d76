#include "model/infer/predictor.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "base/elementary.h"
#include "base/file_system.h"
#include "data/table_file.h"

namespace plumb::model {
namespace {

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// A number splits at 0.5 (missing: left); then a category, of which 2 and 5 go right (missing: right).
std::shared_ptr<TreeEnsemble> Small() {
  auto ensemble = std::make_shared<TreeEnsemble>();
  ensemble->features = 2;
  ensemble->categorical = {false, true};
  Tree tree;
  tree.nodes = {
      {1, 2, 0, 0.5F, true}, {-1, -1, 0, 1.0F}, {3, 4, 1, 0, false, true, 0, 2}, {-1, -1, 0, 2.0F}, {-1, -1, 0, 4.0F}};
  tree.categories = {2, 5};
  ensemble->trees = {tree};
  EXPECT_TRUE(ensemble->Validate().ok());
  return ensemble;
}

float MarginOf(const Predictor& predictor, const std::vector<float>& row) {
  std::vector<float> margin(1);
  predictor.Margins(row, margin);
  return margin[0];
}

TEST(Predictor, GoesWhereTheValueSays) {
  const Predictor predictor(Small());
  const struct {
    float number, category, want;
  } cases[] = {
      {0.4F, 2, 1},
      {0.5F, 2, 4},  // equal to the threshold is not less
      {-kInfinity, 2, 1},
      {kInfinity, 0, 2},
      {kMissing, 2, 1},                    // by default left
      {1, kMissing, 4},                    // by default right
      {1, 2, 4},                           // in the set: right
      {1, 5, 4},                           //
      {1, 3, 2},                           // not in the set
      {1, 700, 2},                         // never seen
      {1, -1, 2},                          // no category at all
      {1, 16777216.0F, 2},                 // beyond what the library counts as one
      {1, kInfinity, 2},                   //
      {1, std::nextafter(2.0F, 3.0F), 4},  // the whole part counts
  };
  for (const auto& c : cases)
    EXPECT_EQ(MarginOf(predictor, {c.number, c.category}), c.want) << c.number << " " << c.category;
}

TEST(Predictor, AddsLeavesInFloatInTreeOrder) {
  auto ensemble = std::make_shared<TreeEnsemble>();
  ensemble->base_margins = {1.0F};
  for (const float leaf : {1e8F, 1.0F, -1e8F}) ensemble->trees.push_back(Tree{{{-1, -1, 0, leaf}}, {}});
  std::vector<float> margins(1);
  Predictor(ensemble).Margins({}, margins);
  EXPECT_EQ(margins[0], 0.0F);  // 1 + 1e8 + 1 - 1e8, rounded after every step
}

TEST(Predictor, RowsDoNotTouchEachOther) {
  const Predictor predictor(Small());
  const std::vector<float> rows = {0, 0, 1, 2, kMissing, kMissing, 1, 3};
  std::vector<float> margins(4);
  predictor.Margins(rows, margins);
  EXPECT_EQ(margins, (std::vector<float>{1, 4, 1, 2}));
  predictor.Margins({}, std::span<float>());
}

TEST(Predictor, LinksMarginsToScores) {
  const std::vector<float> rows = {0, 0, 1, 2};
  std::vector<float> scores(2);
  Predictor(Small()).Scores(rows, scores);
  EXPECT_EQ(scores, (std::vector<float>{1, 4}));
  auto logistic = Small();
  logistic->link = Link::kLogistic;
  Predictor(logistic).Scores(rows, scores);
  EXPECT_EQ(scores[0], static_cast<float>(base::Sigmoid(1.0)));
  EXPECT_EQ(scores[1], static_cast<float>(base::Sigmoid(4.0)));
}

// Three classes; the first tree is of the third class, and so on down.
TEST(Predictor, AddsEveryTreeToItsOwnClass) {
  auto ensemble = std::make_shared<TreeEnsemble>();
  ensemble->link = Link::kSoftmax;
  ensemble->features = 1;
  ensemble->categorical = {false};
  ensemble->base_margins = {0.5F, 0.25F, -1.0F};
  for (int32_t output : {2, 1, 0, 2}) {
    const auto step = static_cast<float>(output);
    ensemble->trees.push_back(Tree{{{1, 2, 0, 0.5F}, {-1, -1, 0, 1.0F + step}, {-1, -1, 0, -step}}, {}, output});
  }
  ASSERT_TRUE(ensemble->Validate().ok());
  const Predictor predictor(ensemble);
  ASSERT_EQ(predictor.outputs(), 3U);
  std::vector<float> margins(6), scores(6);
  const std::vector<float> rows = {0, 1};
  predictor.Margins(rows, margins);
  EXPECT_EQ(margins, (std::vector<float>{1.5F, 2.25F, 5.0F, 0.5F, -0.75F, -5.0F}));
  predictor.Scores(rows, scores);
  const double sum = base::Exp(-3.5) + base::Exp(-2.75) + base::Exp(0.0);
  EXPECT_EQ(scores[0], static_cast<float>(base::Exp(-3.5) / sum));
  EXPECT_EQ(scores[2], static_cast<float>(1.0 / sum));
}

TEST(Predictor, KeepsProbabilitiesOfExtremeMarginsFinite) {
  auto ensemble = std::make_shared<TreeEnsemble>();
  ensemble->link = Link::kSoftmax;
  for (const float margin : {3e38F, -3e38F, 3e38F}) ensemble->base_margins.push_back(margin);
  ensemble->base_margins.erase(ensemble->base_margins.begin());
  std::vector<float> scores(3);
  Predictor(ensemble).Scores({}, scores);
  EXPECT_EQ(scores, (std::vector<float>{0.5F, 0.0F, 0.5F}));
}

TEST(PredictorDeathTest, RefusesRowsOfAnotherWidth) {
  const Predictor predictor(Small());
  const std::vector<float> rows = {1, 2, 3};
  std::vector<float> margins(1);
  EXPECT_DEATH(predictor.Margins(rows, margins), "number of features");
  auto classes = Small();
  classes->link = Link::kSoftmax;
  classes->base_margins = {0, 0};
  std::vector<float> odd(3);
  EXPECT_DEATH(Predictor(classes).Margins(rows, odd), "number of features");
}

// The margins of the golden models as the library gave them when they were trained.
TEST(Predictor, GivesTheGoldenMarginsBitForBit) {
  const std::string folder = PLUMB_SOURCE_DIR "/tests/golden/models/";
  const struct {
    const char* name;
    std::vector<std::string> margins;
    Task task;
  } cases[] = {{"xgboost_small", {"margin"}, Task::kBinary},
               {"xgboost_classes", {"margin0", "margin1", "margin2"}, Task::kClasses},
               {"xgboost_number", {"margin"}, Task::kRegression}};
  for (const auto& c : cases) {
    data::Schema schema;
    for (const char* feature : {"a", "b", "c", "kind"}) schema.Add(feature, data::TypeKind::kFloat64);
    for (const std::string& margin : c.margins) schema.Add(margin, data::TypeKind::kFloat64);
    const auto table = data::ReadTable(base::RealFileSystem(), {folder + c.name + ".margins.csv"}, schema);
    ASSERT_TRUE(table.ok()) << table.status().ToString();
    ASSERT_GT(table->rows, 20U);
    for (const char* ending : {".ubj", ".json"}) {
      SCOPED_TRACE(std::string(c.name) + ending);
      const auto bytes = base::RealFileSystem().ReadFile(folder + c.name + ending);
      ASSERT_TRUE(bytes.ok()) << bytes.status().ToString();
      auto ensemble = ReadXgboostModel(*bytes);
      ASSERT_TRUE(ensemble.ok()) << ensemble.status().ToString();
      EXPECT_EQ(ensemble->task(), c.task);
      const Predictor predictor(std::make_shared<const TreeEnsemble>(std::move(ensemble).value()));
      ASSERT_EQ(predictor.outputs(), c.margins.size());
      for (size_t row = 0; row < table->rows; row++) {
        std::vector<float> values, margins(c.margins.size());
        for (size_t i = 0; i < 4; i++) {
          const data::Column& column = table->columns[i];
          values.push_back(column.IsNull(row) ? kMissing : static_cast<float>(column.Double(row)));
        }
        predictor.Margins(values, margins);
        for (size_t i = 0; i < margins.size(); i++) {
          const auto want = static_cast<float>(table->columns[4 + i].Double(row));
          EXPECT_EQ(std::bit_cast<uint32_t>(margins[i]), std::bit_cast<uint32_t>(want)) << "row " << row;
        }
      }
    }
  }
}

}  // namespace
}  // namespace plumb::model
