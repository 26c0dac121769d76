#include "api/features_json.h"

#include <gtest/gtest.h>

namespace plumb::api {
namespace {

TEST(FeaturesJson, ReadsPatternsAndTime) {
  const auto document = ReadFeaturesDocument(R"({"features": ["a.*", "b.c"], "rows": [{}], "as_of": "2013-01-01"})");
  ASSERT_TRUE(document.ok()) << document.status().ToString();
  EXPECT_EQ(document->patterns, (std::vector<std::string>{"a.*", "b.c"}));
  EXPECT_EQ(base::FormatTime(document->as_of.value()), "2013-01-01T00:00:00Z");
}

TEST(FeaturesJson, RefusesRequestsThatDoNotSayWhich) {
  for (const char* text : {"{}", R"({"features": []})", R"({"features": "a.*"})", R"({"features": [1]})",
                           R"({"features": ["a.*"], "as_of": 3})", R"({"fetaures": ["a.*"]})", "{"}) {
    const auto document = ReadFeaturesDocument(text);
    ASSERT_FALSE(document.ok()) << text;
    EXPECT_EQ(document.status().code(), base::Code::kInvalidArgument) << text;
  }
}

}  // namespace
}  // namespace plumb::api
