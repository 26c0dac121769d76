#include "learn/slices.h"

#include <gtest/gtest.h>

namespace plumb::learn {
namespace {

using data::TypeKind;
using data::Value;

JudgedRows Numbers(size_t count) {
  JudgedRows rows;
  rows.task = model::Task::kRegression;
  for (size_t i = 0; i < count; i++) {
    rows.labels.push_back(static_cast<double>(i % 2));
    rows.scores.push_back(0);
  }
  return rows;
}

TEST(Slices, JudgesTheMostFrequentValuesAndTheRestTogether) {
  data::Column values(TypeKind::kString);
  for (int i = 0; i < 30; i++) values.AppendString("v" + std::to_string(i < 10 ? 0 : i));
  values.AppendNull();
  values.AppendNull();
  const auto slice = MeasureSlice("carrier", values, Numbers(32));
  ASSERT_TRUE(slice.ok()) << slice.status().ToString();
  ASSERT_EQ(slice->values.size(), kSliceValuesMax + 1);
  EXPECT_EQ(slice->values[0].text, "v0");
  EXPECT_EQ(slice->values[0].rows, 10);
  EXPECT_EQ(slice->values[1].text, std::nullopt) << "null is a value";
  EXPECT_EQ(slice->values[1].rows, 2);
  EXPECT_EQ(slice->values[2].text, "v10") << "equally frequent ones by their text";
  const SliceReport::Value& rest = slice->values.back();
  EXPECT_EQ(rest.merged, 2);
  EXPECT_EQ(rest.rows, 2);
  int64_t rows = 0;
  for (const SliceReport::Value& value : slice->values) {
    rows += value.rows;
    EXPECT_TRUE(value.metrics.contains("rmse"));
  }
  EXPECT_EQ(rows, 32);
  const base::Json json = slice->ToJson();
  EXPECT_EQ(json.Find("name")->AsString(), "carrier");
  EXPECT_TRUE(json.Find("values")->AsArray()[1].Find("value")->IsNull());
  EXPECT_EQ(json.Find("values")->AsArray().back().Find("other")->AsInt(), 2);
}

TEST(Slices, TellsNumbersAndFlagsApart) {
  data::Column flags(TypeKind::kBool);
  for (int i = 0; i < 6; i++) flags.AppendInt(i < 4 ? 1 : 0);
  JudgedRows rows = Numbers(6);
  rows.task = model::Task::kBinary;
  rows.scores = {0.1F, 0.9F, 0.2F, 0.8F, 0.5F, 0.5F};
  const auto slice = MeasureSlice("far", flags, rows);
  ASSERT_TRUE(slice.ok()) << slice.status().ToString();
  ASSERT_EQ(slice->values.size(), 2U);
  EXPECT_EQ(slice->values[0].text, "true");
  EXPECT_EQ(slice->values[0].positives, 2);
  EXPECT_EQ(slice->values[0].metrics.at("roc_auc").value, 1);
  EXPECT_FALSE(slice->values[1].metrics.contains("roc_auc"));
}

}  // namespace
}  // namespace plumb::learn
