#include "api/predict_json.h"

#include <gtest/gtest.h>

namespace plumb::api {
namespace {

using data::Value;

std::string Predictions(const predict::PredictAnswer& answer) {
  return PredictAnswerToJson(answer, {.deployment = "d", .request_id = "r"}).Find("predictions")->Dump();
}

std::shared_ptr<const model::ClassDictionary> Classes(const std::vector<Value>& values) {
  data::Column labels(values[0].type());
  for (const Value& value : values) labels.Append(value);
  return std::make_shared<const model::ClassDictionary>(model::ClassDictionary::Fit(labels));
}

TEST(PredictJson, GivesTheProbabilityOfABinaryLabel) {
  predict::PredictAnswer answer;
  answer.scores = {0.25F, 0.5F};
  EXPECT_EQ(Predictions(answer), R"([{"score":0.25},{"score":0.5}])");
}

TEST(PredictJson, GivesTheNumberOfARegression) {
  predict::PredictAnswer answer;
  answer.task = model::Task::kRegression;
  answer.scores = {-12.5F, 1e6F};
  EXPECT_EQ(Predictions(answer), R"([{"prediction":-12.5},{"prediction":1e+06}])");
}

TEST(PredictJson, GivesTheLikeliestClassAndTheProbabilityOfEach) {
  predict::PredictAnswer answer;
  answer.task = model::Task::kClasses;
  answer.outputs = 2;
  answer.classes = Classes({Value::String("late"), Value::String("fine")});
  answer.scores = {0.25F, 0.75F, 0.5F, 0.5F};
  EXPECT_EQ(Predictions(answer), R"([{"prediction":{"class":"late","probabilities":{"fine":0.25,"late":0.75}}},)"
                                 R"({"prediction":{"class":"fine","probabilities":{"fine":0.5,"late":0.5}}}])")
      << "the first of equal ones";
  answer.classes = Classes({Value::Int64(3), Value::Int64(-1)});
  EXPECT_EQ(Predictions(answer), R"([{"prediction":{"class":3,"probabilities":{"-1":0.25,"3":0.75}}},)"
                                 R"({"prediction":{"class":-1,"probabilities":{"-1":0.5,"3":0.5}}}])");
  answer.classes = Classes({Value::Bool(true), Value::Bool(false)});
  answer.scores.resize(2);
  EXPECT_EQ(Predictions(answer), R"([{"prediction":{"class":true,"probabilities":{"false":0.25,"true":0.75}}}])");
}

TEST(PredictJson, AddsFeaturesWhenAsked) {
  predict::PredictAnswer answer;
  answer.task = model::Task::kRegression;
  answer.scores = {2};
  data::Column column(data::TypeKind::kInt64);
  column.AppendInt(7);
  answer.features.values.AddColumn("v.count", std::move(column));
  answer.features.statuses = {{engine::FeatureStatus::kPresent}};
  const base::Json json = PredictAnswerToJson(answer, {.deployment = "d", .request_id = "r", .features = true});
  EXPECT_EQ(json.Find("predictions")->Dump(),
            R"([{"prediction":2,"features":{"v.count":7},"statuses":{"v.count":"PRESENT"}}])");
}

}  // namespace
}  // namespace plumb::api
