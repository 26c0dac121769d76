#include "base/status.h"

#include <gtest/gtest.h>

#include <charconv>
#include <memory>
#include <set>
#include <string>

namespace plumb::base {
namespace {

Result<int> Parse(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return InvalidArgument("Not a number: {}.", text);
  return number;
}

Status Use(std::string_view text) {
  PLUMB_ASSIGN_OR_RETURN(const int number, Parse(text));
  return number > 0 ? Status() : InvalidArgument("Number is not positive: {}.", number);
}

TEST(Status, IsSuccessByDefault) {
  const Status status;
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(status.code(), Code::kOk);
  EXPECT_EQ(status.message(), "");
  EXPECT_EQ(status.ToString(), "OK");
}

TEST(Status, CarriesCodeAndSentence) {
  const Status status = NotFound("File is not there: {}.", "a.csv");
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(status.code(), Code::kNotFound);
  EXPECT_EQ(status.message(), "File is not there: a.csv.");
}

TEST(Status, ShowsWhereContextAndSuggestion) {
  const Status status = InvalidArgument("Column is not known: {}.", "arr_dely")
                            .WithWhere("project.yaml:12:7")
                            .WithSuggestion("Did you mean arr_delay?")
                            .WithContext("view late");
  EXPECT_EQ(status.where(), "project.yaml:12:7");
  EXPECT_EQ(status.ToString(), "project.yaml:12:7: view late: Column is not known: arr_dely. Did you mean arr_delay?");
  EXPECT_TRUE(Status().WithContext("x").WithWhere("y").WithSuggestion("z").ok());
}

TEST(Status, NamesEveryCodeOnce) {
  std::set<std::string> names;
  for (int code = 0; code <= static_cast<int>(Code::kDataLoss); ++code) names.insert(CodeName(static_cast<Code>(code)));
  EXPECT_EQ(names.size(), static_cast<size_t>(Code::kDataLoss) + 1);
  EXPECT_FALSE(names.contains("unknown"));
  EXPECT_STREQ(CodeName(Code::kInvalidArgument), "invalid_argument");
}

TEST(Result, PassesValuesAndErrorsOn) {
  EXPECT_TRUE(Use("12").ok());
  EXPECT_EQ(Use("-1").message(), "Number is not positive: -1.");
  EXPECT_EQ(Use("x").message(), "Not a number: x.");
}

TEST(Result, HoldsMoveOnlyValues) {
  Result<std::unique_ptr<int>> result(std::make_unique<int>(7));
  ASSERT_TRUE(result.ok());
  const std::unique_ptr<int> value = std::move(result).value();
  EXPECT_EQ(*value, 7);
}

TEST(ResultDeathTest, RefusesTheValueOfAnError) {
  const Result<int> result = InvalidArgument("No number.");
  EXPECT_DEATH((void)result.value(), "No number.");
  EXPECT_DEATH((void)Result<int>(Status()), "needs an error");
  EXPECT_DEATH((void)Status(Code::kOk, "fine"), "needs an error code");
}

TEST(CheckDeathTest, SaysPlaceConditionAndSentence) {
  EXPECT_DEATH(PLUMB_CHECK(1 > 2, "One is more than two."), "status_test.cc.*1 > 2.*One is more than two.");
}

}  // namespace
}  // namespace plumb::base
