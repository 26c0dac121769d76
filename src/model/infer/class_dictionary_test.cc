#include "model/infer/class_dictionary.h"

#include <gtest/gtest.h>

#include <functional>

namespace plumb::model {
namespace {

using base::Json;
using data::TypeKind;
using data::Value;

data::Column Labels(data::Type type, const std::vector<Value>& values) {
  data::Column column(type);
  for (const Value& value : values) column.Append(value.is_null() ? Value::Null(type) : value);
  return column;
}

ClassDictionary Fates() {
  return ClassDictionary::Fit(Labels(TypeKind::kString, {Value::String("late"), Value(), Value::String("cancelled"),
                                                         Value::String("late"), Value::String("on_time")}));
}

TEST(ClassDictionary, NumbersClassesByValue) {
  const ClassDictionary fates = Fates();
  EXPECT_EQ(fates.Texts(), (std::vector<std::string>{"cancelled", "late", "on_time"}));
  EXPECT_EQ(fates.CodeOf(Value::String("late")), 1U);
  EXPECT_EQ(fates.CodeOf(Value::String("early")), std::nullopt);
  EXPECT_EQ(fates.CodeOf(Value::Null(TypeKind::kString)), std::nullopt);
  EXPECT_EQ(fates.CodeOf(Value::Int64(1)), std::nullopt);
}

TEST(ClassDictionary, SortsNumbersAsNumbers) {
  const auto grades =
      ClassDictionary::Fit(Labels(TypeKind::kInt64, {Value::Int64(10), Value::Int64(-3), Value::Int64(9)}));
  EXPECT_EQ(grades.Texts(), (std::vector<std::string>{"-3", "9", "10"}));
  const auto flags = ClassDictionary::Fit(Labels(TypeKind::kBool, {Value::Bool(true), Value::Bool(false)}));
  EXPECT_EQ(flags.Texts(), (std::vector<std::string>{"false", "true"}));
  EXPECT_EQ(flags.CodeOf(Value::Bool(true)), 1U);
}

TEST(ClassDictionary, ComesBackFromItsTextTheSame) {
  const ClassDictionary dictionaries[] = {
      Fates(), ClassDictionary::Fit(Labels(TypeKind::kInt64, {Value::Int64(7), Value::Int64(-1)})),
      ClassDictionary::Fit(Labels(TypeKind::kBool, {Value::Bool(true)})),
      ClassDictionary::Fit(Labels(TypeKind::kString, {Value::String("a \"quoted\"\n"), Value::String("")}))};
  for (const ClassDictionary& dictionary : dictionaries) {
    const auto json = base::ParseJson(dictionary.Save().Dump(1));
    ASSERT_TRUE(json.ok());
    const auto loaded = ClassDictionary::Load(*json);
    ASSERT_TRUE(loaded.ok()) << loaded.status().ToString();
    EXPECT_EQ(*loaded, dictionary);
  }
}

TEST(ClassDictionary, RefusesToLoadWhatItDidNotSave) {
  const struct {
    const char* name;
    std::function<void(Json*)> change;
  } cases[] = {
      {"nothing", [](Json* j) { *j = Json(); }},
      {"another format", [](Json* j) { j->Set("format", "other"); }},
      {"a later version", [](Json* j) { j->Set("format_version", 2); }},
      {"no type", [](Json* j) { j->Set("type", Json()); }},
      {"an unknown type", [](Json* j) { j->Set("type", "int65"); }},
      {"a type without classes", [](Json* j) { j->Set("type", "float64"); }},
      {"no classes", [](Json* j) { j->Set("classes", Json()); }},
      {"a null class", [](Json* j) { j->Set("classes", base::JsonArray{Json()}); }},
      {"a class of another type", [](Json* j) { j->Set("classes", base::JsonArray{Json(1)}); }},
      {"a class twice", [](Json* j) { j->Set("classes", base::JsonArray{Json("a"), Json("a")}); }},
      {"classes out of order", [](Json* j) { j->Set("classes", base::JsonArray{Json("b"), Json("a")}); }},
  };
  for (const auto& c : cases) {
    Json json = Fates().Save();
    c.change(&json);
    const auto loaded = ClassDictionary::Load(json);
    ASSERT_FALSE(loaded.ok()) << c.name;
    EXPECT_EQ(loaded.status().code(), base::Code::kDataLoss) << c.name;
  }
}

}  // namespace
}  // namespace plumb::model
