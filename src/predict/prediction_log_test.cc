#include "predict/prediction_log.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <functional>
#include <limits>

namespace plumb::predict {
namespace {

using base::Code;
using base::Json;
using data::TypeKind;
using data::Value;

constexpr double kInf = std::numeric_limits<double>::infinity();

data::Batch OneColumn(const std::string& name, data::Type type, const std::vector<Value>& values) {
  data::Column column(type);
  for (const Value& value : values) column.Append(value.is_null() ? Value::Null(type) : value);
  data::Batch batch;
  batch.AddColumn(name, std::move(column));
  return batch;
}

LoggedPrediction Sample() {
  LoggedPrediction sample;
  sample.request_id = "r-1";
  sample.deployment = "late_arrival";
  sample.model = "late";
  sample.version = 3;
  sample.served_at = 1'357'034'400'000'001;
  sample.t = 1'357'034'400'000'000;
  sample.cut = -7;
  sample.data = {{"flights", "abc"}, {"weather", "def"}};
  sample.inputs = OneColumn("carrier", TypeKind::kString, {Value::String("UA"), Value()});
  sample.inputs.AddColumn("distance", OneColumn("", TypeKind::kFloat64, {Value::Float64(0.1), Value()}).columns[0]);
  sample.features.values = OneColumn("v.count", TypeKind::kInt64, {Value::Int64(INT64_MAX), Value::Int64(0)});
  sample.features.values.AddColumn("v.avg",
                                   OneColumn("", TypeKind::kFloat64, {Value::Float64(1.0 / 3), Value()}).columns[0]);
  sample.features.statuses = {{engine::FeatureStatus::kPresent, engine::FeatureStatus::kNotFound},
                              {engine::FeatureStatus::kPresent, engine::FeatureStatus::kError}};
  sample.margins = {0.1F, -0.0F};
  sample.scores = {0.52497918F, 0.5F};
  return sample;
}

base::Result<LoggedPrediction> ThroughText(const LoggedPrediction& prediction) {
  const auto json = base::ParseJson(ToJson(prediction).Dump());
  if (!json.ok()) return json.status();
  return FromJson(*json, prediction.inputs.schema, prediction.features.values.schema);
}

TEST(PredictionLog, GivesBackWhatWasLogged) {
  const LoggedPrediction sample = Sample();
  const auto back = ThroughText(sample);
  ASSERT_TRUE(back.ok()) << back.status().ToString();
  EXPECT_EQ(back->request_id, sample.request_id);
  EXPECT_EQ(back->deployment, sample.deployment);
  EXPECT_EQ(back->model, sample.model);
  EXPECT_EQ(back->version, sample.version);
  EXPECT_EQ(back->served_at, sample.served_at);
  EXPECT_EQ(back->t, sample.t);
  EXPECT_EQ(back->cut, sample.cut);
  EXPECT_EQ(back->data, sample.data);
  EXPECT_EQ(back->features.statuses, sample.features.statuses);
  for (size_t row = 0; row < 2; row++) {
    for (size_t i = 0; i < 2; i++) {
      EXPECT_EQ(back->inputs.columns[i].At(row), sample.inputs.columns[i].At(row));
      EXPECT_EQ(back->features.values.columns[i].At(row), sample.features.values.columns[i].At(row));
    }
  }
}

TEST(PredictionLog, KeepsEveryBitOfAFeature) {
  const struct {
    data::Type type;
    std::vector<Value> values;
  } cases[] = {
      {TypeKind::kFloat64,
       {Value::Float64(std::nan("")), Value::Float64(kInf), Value::Float64(-kInf), Value::Float64(-0.0),
        Value::Float64(5e-324), Value::Float64(-1.7976931348623157e308), Value::Float64(2.2250738585072011e-308),
        Value::Float64(0.1), Value::Float64(1.0 / 3), Value::Float64(9007199254740993.0), Value::Float64(-1e22),
        Value::Float64(4), Value()}},
      {TypeKind::kInt64, {Value::Int64(INT64_MIN), Value::Int64(INT64_MAX), Value::Int64(9007199254740993), Value()}},
      {TypeKind::kBool, {Value::Bool(true), Value::Bool(false), Value()}},
      {TypeKind::kTimestamp,
       {Value::Timestamp(0), Value::Timestamp(-1), Value::Timestamp(1'357'034'400'123'456),
        Value::Timestamp(base::kTimeMin), Value::Timestamp(base::kTimeMax), Value::Timestamp(300'000'000'000'000'000),
        Value()}},
      {TypeKind::kDuration,
       {Value::Duration(1), Value::Duration(-90 * base::kMinute - 1), Value::Duration(INT64_MIN),
        Value::Duration(INT64_MAX), Value()}},
      {TypeKind::kString, {Value::String(""), Value::String("null"), Value::String("\"\\\n\t\x01 ü 漢"), Value()}},
  };
  for (const auto& c : cases) {
    LoggedPrediction prediction = Sample();
    prediction.inputs = OneColumn("x", c.type, c.values);
    prediction.features.values = OneColumn("v.x", c.type, c.values);
    prediction.features.statuses = {std::vector<engine::FeatureStatus>(c.values.size())};
    prediction.margins.assign(c.values.size(), 0);
    prediction.scores = prediction.margins;
    const auto back = ThroughText(prediction);
    ASSERT_TRUE(back.ok()) << data::TypeName(c.type) << ": " << back.status().ToString();
    for (size_t row = 0; row < c.values.size(); row++) {
      EXPECT_EQ(back->features.values.columns[0].At(row), prediction.features.values.columns[0].At(row))
          << data::TypeName(c.type) << " row " << row << ": " << c.values[row].ToString();
      EXPECT_EQ(back->inputs.columns[0].At(row), prediction.inputs.columns[0].At(row));
    }
  }
}

TEST(PredictionLog, KeepsEveryBitOfAScore) {
  LoggedPrediction prediction = Sample();
  prediction.inputs = OneColumn("x", TypeKind::kInt64, std::vector<Value>(8, Value::Int64(1)));
  prediction.features.values = prediction.inputs;
  prediction.features.statuses = {std::vector<engine::FeatureStatus>(8)};
  prediction.margins = {0.1F,
                        -0.0F,
                        0.0F,
                        1.4e-45F,
                        std::numeric_limits<float>::max(),
                        -1e-20F,
                        static_cast<float>(kInf),
                        -static_cast<float>(kInf)};
  prediction.scores = prediction.margins;
  const auto back = ThroughText(prediction);
  ASSERT_TRUE(back.ok()) << back.status().ToString();
  for (size_t i = 0; i < 8; i++) {
    EXPECT_EQ(std::bit_cast<uint32_t>(back->margins[i]), std::bit_cast<uint32_t>(prediction.margins[i])) << i;
    EXPECT_EQ(std::bit_cast<uint32_t>(back->scores[i]), std::bit_cast<uint32_t>(prediction.scores[i])) << i;
  }
}

TEST(PredictionLog, FindsInputsByName) {
  const LoggedPrediction sample = Sample();
  const data::Schema turned({{"distance", TypeKind::kFloat64}, {"carrier", TypeKind::kString}});
  const auto back = FromJson(ToJson(sample), turned, sample.features.values.schema);
  ASSERT_TRUE(back.ok()) << back.status().ToString();
  EXPECT_EQ(back->inputs.schema, turned);
  EXPECT_EQ(back->inputs.columns[1].At(0), Value::String("UA"));
  const auto fewer =
      FromJson(ToJson(sample), data::Schema({{"carrier", TypeKind::kString}}), sample.features.values.schema);
  ASSERT_TRUE(fewer.ok());
  EXPECT_EQ(fewer->inputs.rows, 2U);
  const auto more =
      FromJson(ToJson(sample), data::Schema({{"tail", TypeKind::kString}}), sample.features.values.schema);
  EXPECT_EQ(more.status().code(), Code::kDataLoss);
}

TEST(PredictionLog, TakesNoRows) {
  LoggedPrediction prediction = Sample();
  prediction.inputs = prediction.inputs.Take({});
  prediction.features.values = prediction.features.values.Take({});
  prediction.features.statuses.assign(2, {});
  prediction.margins.clear();
  prediction.scores.clear();
  const auto back = ThroughText(prediction);
  ASSERT_TRUE(back.ok()) << back.status().ToString();
  EXPECT_EQ(back->inputs.rows, 0U);
}

TEST(PredictionLog, KeepsAScoreAClass) {
  LoggedPrediction prediction = Sample();
  prediction.outputs = 3;
  prediction.margins = {0.1F, -2, 3, -0.0F, 1e-7F, 5};
  prediction.scores = {0.1F, 0.2F, 0.7F, 0.25F, 0.25F, 0.5F};
  EXPECT_EQ(ToJson(prediction).Find("scores")->AsArray().size(), 2U) << "a list a row";
  const auto back = ThroughText(prediction);
  ASSERT_TRUE(back.ok()) << back.status().ToString();
  EXPECT_EQ(back->outputs, 3U);
  EXPECT_EQ(back->margins, prediction.margins);
  EXPECT_EQ(back->scores, prediction.scores);
  EXPECT_EQ(ThroughText(Sample())->outputs, 1U);
}

TEST(PredictionLog, ReadsTheKeyAlone) {
  const auto key = ReadLogKey(ToJson(Sample()));
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(key->deployment, "late_arrival");
  EXPECT_EQ(key->model, "late");
  EXPECT_EQ(key->version, 3);
  EXPECT_EQ(ReadLogKey(Json()).status().code(), Code::kDataLoss);
}

TEST(PredictionLog, RefusesMalformedRecords) {
  const auto first = [](Json* list) { return &list->AsArray()[0]; };
  const auto member = [](Json* json, const char* key) {
    for (auto& [name, value] : json->AsObject()) {
      if (name == key) return &value;
    }
    return json;
  };
  const struct {
    const char* name;
    std::function<void(Json*)> change;
  } cases[] = {
      {"no object", [](Json* j) { *j = Json(3); }},
      {"no request id", [](Json* j) { j->Set("request_id", Json()); }},
      {"a deployment that is no text", [](Json* j) { j->Set("deployment", 1); }},
      {"a version that is a text", [](Json* j) { j->Set("version", "3"); }},
      {"a version with a fraction", [](Json* j) { j->Set("version", 3.5); }},
      {"no t", [](Json* j) { j->Set("t", Json()); }},
      {"a cut that is a text", [](Json* j) { j->Set("cut", "2013-01-01"); }},
      {"data that is a list", [](Json* j) { j->Set("data", base::JsonArray{}); }},
      {"a data version that is a number", [](Json* j) { j->Set("data", base::JsonObject{{"flights", Json(1)}}); }},
      {"no names of inputs", [](Json* j) { j->Set("input_names", Json()); }},
      {"fewer names than inputs", [&](Json* j) { member(j, "input_names")->AsArray().pop_back(); }},
      {"no inputs", [](Json* j) { j->Set("inputs", Json()); }},
      {"a row that is no list", [&](Json* j) { *first(member(j, "inputs")) = Json("UA"); }},
      {"a row that is too short", [&](Json* j) { first(member(j, "inputs"))->AsArray().pop_back(); }},
      {"an input of another type", [&](Json* j) { *first(first(member(j, "inputs"))) = Json(1); }},
      {"fewer rows of features", [&](Json* j) { member(j, "features")->AsArray().pop_back(); }},
      {"a feature that is a text", [&](Json* j) { *first(first(member(j, "features"))) = Json("12"); }},
      {"a row of features that is too long", [&](Json* j) { first(member(j, "features"))->Append(1); }},
      {"no statuses", [](Json* j) { j->Set("statuses", Json()); }},
      {"fewer rows of statuses", [&](Json* j) { member(j, "statuses")->AsArray().pop_back(); }},
      {"too few statuses", [&](Json* j) { *first(member(j, "statuses")) = Json("0"); }},
      {"an unknown status", [&](Json* j) { *first(member(j, "statuses")) = Json("07"); }},
      {"a status that is no digit", [&](Json* j) { *first(member(j, "statuses")) = Json("0\xff"); }},
      {"too few scores", [&](Json* j) { member(j, "scores")->AsArray().pop_back(); }},
      {"too many margins", [&](Json* j) { member(j, "margins")->Append(1); }},
      {"a score that is null", [&](Json* j) { *first(member(j, "scores")) = Json(); }},
      {"a list in place of a score", [&](Json* j) { *first(member(j, "scores")) = Json(base::JsonArray{1.0, 0.0}); }},
      {"an empty list of scores", [&](Json* j) { *first(member(j, "margins")) = Json(base::JsonArray{}); }},
      {"more scores than margins",
       [&](Json* j) {
         for (Json& score : member(j, "scores")->AsArray()) score = Json(base::JsonArray{0.5, 0.5});
       }},
      {"a score that is a text", [&](Json* j) { *first(member(j, "scores")) = Json("half"); }},
  };
  const LoggedPrediction sample = Sample();
  for (const auto& c : cases) {
    Json json = ToJson(sample);
    c.change(&json);
    const auto back = FromJson(json, sample.inputs.schema, sample.features.values.schema);
    ASSERT_FALSE(back.ok()) << c.name;
    EXPECT_EQ(back.status().code(), Code::kDataLoss) << c.name << ": " << back.status().ToString();
  }
}

}  // namespace
}  // namespace plumb::predict
