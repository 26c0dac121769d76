#include "model/infer/feature_encoder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <optional>

#include "data/list.h"

namespace plumb::model {
namespace {

using base::Code;
using base::Json;
using data::TypeKind;
using data::Value;

data::Column ColumnOf(data::Type type, const std::vector<Value>& values) {
  data::Column column(type);
  for (const Value& value : values) column.Append(value.is_null() ? Value::Null(type) : value);
  return column;
}

data::Column Texts(const std::vector<std::optional<std::string>>& texts) {
  data::Column column(TypeKind::kString);
  for (const auto& text : texts) column.Append(text ? Value::String(*text) : Value::Null(TypeKind::kString));
  return column;
}

data::Batch BatchOf(std::vector<std::pair<std::string, data::Column>> columns) {
  data::Batch batch;
  for (auto& [name, column] : columns) batch.AddColumn(name, std::move(column));
  return batch;
}

std::vector<float> Encoded(const FeatureEncoder& encoder, const data::Batch& batch) {
  const auto out = encoder.Encode(batch);
  EXPECT_TRUE(out.ok()) << out.status().ToString();
  return out.ok() ? out->values : std::vector<float>();
}

TEST(FeatureEncoder, MakesFloatsOfEveryType) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  constexpr float kMax = std::numeric_limits<float>::max();
  const struct {
    const char* name;
    data::Type type;
    Value value;
    float want;
  } cases[] = {
      {"true", TypeKind::kBool, Value::Bool(true), 1},
      {"false", TypeKind::kBool, Value::Bool(false), 0},
      {"an int", TypeKind::kInt64, Value::Int64(-7), -7},
      {"an int between floats", TypeKind::kInt64, Value::Int64(16777217), 16777216},
      {"a double", TypeKind::kFloat64, Value::Float64(0.1), 0.1F},
      {"a double beyond float", TypeKind::kFloat64, Value::Float64(-1e300), -kMax},
      {"infinity", TypeKind::kFloat64, Value::Float64(kInf), kMax},
      {"a double below float", TypeKind::kFloat64, Value::Float64(1e-300), 0},
      {"a timestamp", TypeKind::kTimestamp, Value::Timestamp(1'500'000), 1.5F},
      {"a duration", TypeKind::kDuration, Value::Duration(90 * base::kMinute), 5400},
  };
  for (const auto& c : cases) {
    const data::Batch batch = BatchOf({{"x", ColumnOf(c.type, {c.value, Value()})}});
    const std::vector<float> values = Encoded(FeatureEncoder::Fit(batch), batch);
    ASSERT_EQ(values.size(), 2U) << c.name;
    EXPECT_EQ(values[0], c.want) << c.name;
    EXPECT_TRUE(std::isnan(values[1])) << c.name << ": null is missing";
  }
  const data::Batch nan = BatchOf({{"x", ColumnOf(TypeKind::kFloat64, {Value::Float64(std::nan(""))})}});
  EXPECT_TRUE(std::isnan(Encoded(FeatureEncoder::Fit(nan), nan)[0]));
}

TEST(FeatureEncoder, NumbersCategoriesByCountThenText) {
  const data::Batch batch = BatchOf({{"k", Texts({"b", "a", "c", "c", std::nullopt, "", "c", "b"})}});
  const FeatureEncoder encoder = FeatureEncoder::Fit(batch);
  EXPECT_TRUE(encoder.IsCategorical(0));
  EXPECT_EQ(encoder.Categories(0), 4U);
  const auto out = encoder.Encode(BatchOf({{"k", Texts({"c", "b", "", "a", "d", std::nullopt, "A"})}}));
  ASSERT_TRUE(out.ok());
  EXPECT_EQ(std::vector<float>(out->values.begin(), out->values.begin() + 4), (std::vector<float>{0, 1, 2, 3}));
  for (size_t row = 4; row < 7; row++) EXPECT_TRUE(std::isnan(out->values[row])) << row;
  EXPECT_EQ(out->unseen_categories, 2);
  EXPECT_EQ(out->null_categories, 1);
}

TEST(FeatureEncoder, CountsOnlyNullsOfCategories) {
  const data::Batch batch = BatchOf({{"x", ColumnOf(TypeKind::kInt64, {Value()})}, {"k", Texts({"a"})}});
  const auto out = FeatureEncoder::Fit(batch).Encode(batch);
  ASSERT_TRUE(out.ok());
  EXPECT_EQ(out->null_categories, 0);
  EXPECT_EQ(out->unseen_categories, 0);
}

TEST(FeatureEncoder, KeepsTheMostFrequentCategories) {
  const data::Batch batch = BatchOf({{"k", Texts({"rare", "often", "often", "also", "also"})}});
  const FeatureEncoder encoder = FeatureEncoder::Fit(batch, 2);
  EXPECT_EQ(encoder.Categories(0), 2U);
  const auto out = encoder.Encode(batch);
  ASSERT_TRUE(out.ok());
  EXPECT_EQ(out->unseen_categories, 1);
  EXPECT_TRUE(std::isnan(out->values[0]));
}

TEST(FeatureEncoder, DoesNotDependOnTheOrderOfRows) {
  const FeatureEncoder a = FeatureEncoder::Fit(BatchOf({{"k", Texts({"x", "y", "z", "y"})}}));
  const FeatureEncoder b = FeatureEncoder::Fit(BatchOf({{"k", Texts({"y", "z", "y", "x"})}}));
  EXPECT_EQ(a.Save(), b.Save());
}

TEST(FeatureEncoder, TakesTheFloatNearestToADecimal) {
  const data::Type narrow = data::Type::Decimal(18, 2), wide = data::Type::Decimal(38, 20);
  const struct {
    data::Type type;
    const char* text;
    float want;
  } cases[] = {
      {narrow, "12.30", 12.3F},
      {narrow, "-0.01", -0.01F},
      {narrow, "0.00", 0.0F},
      {narrow, "16777217.00", 16777216.0F},                         // halfway: to even
      {narrow, "16777217.01", 16777218.0F},                         // just above it
      {data::Type::Decimal(38, 18), "1.000000059604644775", 1.0F},  // below halfway, though its double is not
      {data::Type::Decimal(38, 18), "1.000000059604644776", 1.0000001F},
      {wide, "123456789012345678.5", 123456789012345678.5F},
      {wide, "-0.00000000000000000001", -1e-20F},
  };
  for (const auto& c : cases) {
    const auto value = data::ParseValue(c.type, c.text);
    ASSERT_TRUE(value.ok()) << c.text << value.status().ToString();
    const data::Batch batch = BatchOf({{"x", ColumnOf(c.type, {*value, Value()})}});
    const std::vector<float> values = Encoded(FeatureEncoder::Fit(batch), batch);
    EXPECT_EQ(values[0], c.want) << c.text;
    EXPECT_TRUE(std::isnan(values[1]));
  }
}

data::Column Vectors(const std::vector<std::optional<std::vector<float>>>& rows, uint32_t size) {
  data::Column column(data::Type::Vector(size));
  for (const auto& row : rows) {
    std::string bytes;
    for (const float element : row.value_or(std::vector<float>())) data::AppendVectorElement(element, &bytes);
    if (row) {
      column.AppendString(bytes);
    } else {
      column.AppendNull();
    }
  }
  return column;
}

TEST(FeatureEncoder, MakesAColumnOfEveryElementOfAVector) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN(), kInf = std::numeric_limits<float>::infinity();
  const data::Batch batch = BatchOf({{"v.k", Texts({"a", "b", std::nullopt})},
                                     {"v.e", Vectors({{{1, kNan, -kInf}}, std::nullopt, {{0.5F, 2, 3}}}, 3)},
                                     {"v.x", ColumnOf(TypeKind::kInt64, {Value::Int64(7), Value::Int64(8), Value()})}});
  const FeatureEncoder encoder = FeatureEncoder::Fit(batch);
  EXPECT_EQ(encoder.width(), 5U);
  std::vector<std::string> names;
  std::vector<bool> categorical;
  for (const EncodedColumn& column : encoder.Columns()) {
    names.push_back(column.name);
    categorical.push_back(column.categorical);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"v.k", "v.e.0", "v.e.1", "v.e.2", "v.x"}));
  EXPECT_EQ(categorical, (std::vector<bool>{true, false, false, false, false}));
  const auto loaded = FeatureEncoder::Load(base::ParseJson(encoder.Save().Dump()).value());
  ASSERT_TRUE(loaded.ok()) << loaded.status().ToString();
  const std::vector<float> want = {
      0, 1, kNan, -std::numeric_limits<float>::max(), 7, 1, kNan, kNan, kNan, 8, kNan, 0.5F, 2, 3, kNan};
  const std::vector<float> got = Encoded(*loaded, batch);
  ASSERT_EQ(got.size(), want.size());
  for (size_t i = 0; i < want.size(); i++) {
    EXPECT_TRUE(got[i] == want[i] || (std::isnan(got[i]) && std::isnan(want[i]))) << i << ": " << got[i];
  }
}

TEST(FeatureEncoder, RefusesLists) {
  const data::Schema schema({{"v.x", TypeKind::kInt64}, {"v.tags", data::Type::List(TypeKind::kString)}});
  const base::Status status = FeatureEncoder::CheckEncodable(schema);
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_NE(status.message().find("v.tags, list(string)"), std::string::npos) << status.message();
  EXPECT_TRUE(FeatureEncoder::CheckEncodable(data::Schema({{"v.x", TypeKind::kInt64}})).ok());
}

data::Batch Mixed() {
  return BatchOf({{"view.x", ColumnOf(TypeKind::kFloat64, {Value::Float64(0.5), Value(), Value::Float64(-3)})},
                  {"view.k", Texts({"b", "\"quoted\"\n", "b"})},
                  {"view.t", ColumnOf(TypeKind::kTimestamp, {Value::Timestamp(1), Value::Timestamp(2), Value()})}});
}

TEST(FeatureEncoder, ComesBackFromItsTextTheSame) {
  const FeatureEncoder encoder = FeatureEncoder::Fit(Mixed());
  const auto json = base::ParseJson(encoder.Save().Dump(1));
  ASSERT_TRUE(json.ok());
  const auto loaded = FeatureEncoder::Load(*json);
  ASSERT_TRUE(loaded.ok()) << loaded.status().ToString();
  EXPECT_EQ(loaded->schema(), encoder.schema());
  EXPECT_EQ(loaded->Save(), encoder.Save());
  const std::vector<float> before = Encoded(encoder, Mixed()), after = Encoded(*loaded, Mixed());
  ASSERT_EQ(before.size(), 9U);
  for (size_t i = 0; i < 9; i++) EXPECT_TRUE(before[i] == after[i] || (std::isnan(before[i]) && std::isnan(after[i])));
}

TEST(FeatureEncoder, RefusesToLoadWhatItDidNotSave) {
  const auto feature = [](Json* json, size_t i) { return &json->AsObject()[2].second.AsArray()[i]; };
  const struct {
    const char* name;
    std::function<void(Json*)> change;
  } cases[] = {
      {"nothing", [](Json* j) { *j = Json(); }},
      {"another format", [](Json* j) { j->Set("format", "other"); }},
      {"a later version", [](Json* j) { j->Set("format_version", 2); }},
      {"no features", [](Json* j) { j->Set("features", Json()); }},
      {"features that are no list", [](Json* j) { j->Set("features", 3); }},
      {"a feature that is a text", [&](Json* j) { *feature(j, 0) = Json("x"); }},
      {"a feature without a name", [&](Json* j) { feature(j, 0)->Set("name", Json()); }},
      {"a feature of an unknown type", [&](Json* j) { feature(j, 0)->Set("type", "float65"); }},
      {"a feature that is a list", [&](Json* j) { feature(j, 0)->Set("type", "list(int64)"); }},
      {"a feature whose type is no text", [&](Json* j) { feature(j, 0)->Set("type", 1); }},
      {"a text without categories", [&](Json* j) { feature(j, 1)->Set("categories", Json()); }},
      {"a category that is a number", [&](Json* j) { feature(j, 1)->Set("categories", base::JsonArray{Json(1)}); }},
      {"a category twice", [&](Json* j) { feature(j, 1)->Set("categories", base::JsonArray{Json("a"), Json("a")}); }},
  };
  for (const auto& c : cases) {
    Json json = FeatureEncoder::Fit(Mixed()).Save();
    c.change(&json);
    const auto loaded = FeatureEncoder::Load(json);
    ASSERT_FALSE(loaded.ok()) << c.name;
    EXPECT_EQ(loaded.status().code(), Code::kDataLoss) << c.name;
  }
}

TEST(FeatureEncoder, RefusesAnotherSchemaAndNamesTheDifference) {
  const FeatureEncoder encoder = FeatureEncoder::Fit(Mixed());
  const struct {
    const char* name;
    data::Batch batch;
    const char* named;
  } cases[] = {
      {"another name",
       BatchOf({{"view.x", Mixed().columns[0]}, {"view.kind", Mixed().columns[1]}, {"view.t", Mixed().columns[2]}}),
       "feature 2, want view.k string, got view.kind string"},
      {"another type",
       BatchOf({{"view.x", Mixed().columns[2]}, {"view.k", Mixed().columns[1]}, {"view.t", Mixed().columns[2]}}),
       "feature 1, want view.x float64, got view.x timestamp"},
      {"fewer", BatchOf({{"view.x", Mixed().columns[0]}, {"view.k", Mixed().columns[1]}}), "got nothing"},
      {"more",
       BatchOf({{"view.x", Mixed().columns[0]},
                {"view.k", Mixed().columns[1]},
                {"view.t", Mixed().columns[2]},
                {"view.z", Mixed().columns[2]}}),
       "want nothing"},
  };
  for (const auto& c : cases) {
    const auto out = encoder.Encode(c.batch);
    ASSERT_FALSE(out.ok()) << c.name;
    EXPECT_EQ(out.status().code(), Code::kInvalidArgument);
    EXPECT_NE(out.status().message().find(c.named), std::string::npos) << out.status().message();
  }
}

TEST(FeatureEncoder, TakesNoRows) {
  const data::Batch empty = Mixed().Take({});
  const FeatureEncoder encoder = FeatureEncoder::Fit(empty);
  EXPECT_EQ(encoder.Categories(1), 0U);
  EXPECT_TRUE(Encoded(encoder, empty).empty());
}

}  // namespace
}  // namespace plumb::model
