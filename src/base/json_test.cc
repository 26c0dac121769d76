#include "base/json.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

namespace plumb::base {
namespace {

Json Read(std::string_view text) {
  const Result<Json> json = ParseJson(text);
  EXPECT_TRUE(json.ok()) << text << ": " << json.status().ToString();
  return json.ok() ? json.value() : Json();
}

TEST(ParseJson, ReadsEveryKind) {
  EXPECT_TRUE(Read("null").IsNull());
  EXPECT_EQ(Read(" true "), Json(true));
  EXPECT_EQ(Read("false"), Json(false));
  EXPECT_EQ(Read("\"a\""), Json("a"));
  EXPECT_EQ(Read("[]"), Json(JsonArray{}));
  EXPECT_EQ(Read("{}"), Json(JsonObject{}));
  EXPECT_EQ(Read("[1, [2], {\"b\":\r\n null,\t\"a\": []}]").Dump(), "[1,[2],{\"b\":null,\"a\":[]}]");
}

TEST(ParseJson, TellsIntegersFromDoubles) {
  const struct {
    const char* text;
    Json value;
  } kCases[] = {
      {"0", Json(int64_t{0})},
      {"-7", Json(int64_t{-7})},
      {"9223372036854775807", Json(std::numeric_limits<int64_t>::max())},
      {"-9223372036854775808", Json(std::numeric_limits<int64_t>::min())},
      {"9223372036854775808", Json(9223372036854775808.0)},
      {"-9223372036854775809", Json(-9223372036854775808.0)},
      {"1.0", Json(1.0)},
      {"1e2", Json(100.0)},
      {"0.1", Json(0.1)},
      {"-0.0", Json(-0.0)},
      {"1e-400", Json(0.0)},
      {"0.0000000000000000000000000000000000001e-300", Json(0.0)},
      {"4.9406564584124654e-324", Json(std::numeric_limits<double>::denorm_min())},
      {"1.7976931348623157e308", Json(std::numeric_limits<double>::max())},
      {"0e999999999999999999999999", Json(0.0)},
  };
  for (const auto& test : kCases) EXPECT_EQ(Read(test.text), test.value) << test.text;
  EXPECT_TRUE(Read("-0").IsDouble()) << "an integer would lose the sign";
  EXPECT_TRUE(std::signbit(Read("-0").AsDouble()));
  EXPECT_TRUE(std::signbit(Read("-1e-999").AsDouble()));
  const std::string many_digits = "0." + std::string(1000, '0') + "1e1001";
  EXPECT_EQ(Read(many_digits).AsDouble(), 1.0);
}

TEST(ParseJson, ReadsEscapes) {
  EXPECT_EQ(Read(R"("\"\\\/\b\f\n\r\t")").AsString(), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(Read(R"("\u00e9\u20AC\ud83d\ude00")").AsString(), "é€😀");
  EXPECT_EQ(Read(R"("a\u0000b")").AsString(), std::string("a\0b", 3));
}

TEST(ParseJson, RefusesWhatIsNoJson) {
  const struct {
    std::string_view text;
    const char* where;
  } kCases[] = {
      {"", "1:1"},
      {"  ", "1:3"},
      {"nul", "1:1"},
      {"truE", "1:1"},
      {"1 2", "1:3"},
      {"[1,]", "1:4"},
      {"[1", "1:3"},
      {"[1}", "1:3"},
      {"{\"a\":1,}", "1:8"},
      {"{\"a\" 1}", "1:6"},
      {"{a:1}", "1:2"},
      {"{\"a\":1\n,\"b\":2\n, \"a\":3}", "3:3"},
      {"01", "1:1"},
      {"-", "1:1"},
      {"+1", "1:1"},
      {".5", "1:1"},
      {"1.", "1:1"},
      {"1e", "1:1"},
      {"1e+", "1:1"},
      {"0x10", "1:2"},
      {"1e400", "1:1"},
      {"-1e999999999999999999999", "1:1"},
      {"NaN", "1:1"},
      {"Infinity", "1:1"},
      {"'a'", "1:1"},
      {"\"a", "1:3"},
      {"\"a\nb\"", "1:3"},
      {"\"\\x\"", "1:2"},
      {"\"\\", "1:2"},
      {"\"\\u12\"", "1:2"},
      {"\"\\u12g4\"", "1:2"},
      {"\"\\ud800\"", "1:2"},
      {"\"\\ud800\\u0041\"", "1:2"},
      {"\"\\udc00\"", "1:2"},
      {"\"\\u-123\"", "1:2"},
      {"\"é\xff\"", "1:3"},
      {"\"\xc0\x80\"", "1:2"},
      {"\"\xed\xa0\x80\"", "1:2"},
      {"\xEF\xBB\xBF{}", "1:1"},
      {"// no\n1", "1:1"},
  };
  for (const auto& test : kCases) {
    const Result<Json> json = ParseJson(test.text);
    ASSERT_FALSE(json.ok()) << test.text;
    EXPECT_EQ(json.status().code(), Code::kInvalidArgument) << test.text;
    EXPECT_EQ(json.status().where(), test.where) << test.text;
  }
  EXPECT_FALSE(ParseJson(std::string_view("1\0", 2)).ok());
}

TEST(ParseJson, KeepsItsLimits) {
  const std::string deep = std::string(64, '[') + std::string(64, ']');
  EXPECT_TRUE(ParseJson(deep).ok());
  EXPECT_FALSE(ParseJson("[" + deep + "]").ok());
  EXPECT_FALSE(ParseJson(std::string(1 << 20, '[')).ok());
  EXPECT_FALSE(ParseJson("[1,2]", JsonLimits{.bytes_max = 4}).ok());
  EXPECT_FALSE(ParseJson("[1,2,3]", JsonLimits{.values_max = 3}).ok());
  EXPECT_TRUE(ParseJson("[1,2,3]", JsonLimits{.values_max = 4}).ok());
}

TEST(ParseJson, FindsDuplicatesInLargeObjects) {
  std::string text = "{";
  for (int i = 0; i < 50'000; ++i) text += fmt::format("\"k{}\":{},", i, i);
  EXPECT_TRUE(ParseJson(text + "\"last\":1}").ok());
  EXPECT_FALSE(ParseJson(text + "\"k777\":1}").ok());
}

TEST(JsonDump, WritesDoublesThatReadBackToTheSameBits) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 50'000; ++i) {
    const double value =
        i % 2 == 0 ? std::bit_cast<double>(random()) : static_cast<double>(static_cast<int64_t>(random()) >> (i % 64));
    if (!std::isfinite(value)) continue;
    const std::string text = Json(value).Dump();
    ASSERT_EQ(std::bit_cast<uint64_t>(Read(text).AsDouble()), std::bit_cast<uint64_t>(value)) << text;
  }
  EXPECT_EQ(Json(0.1).Dump(), "0.1");
  EXPECT_EQ(Json(-0.0).Dump(), "-0");
  EXPECT_EQ(std::bit_cast<uint64_t>(Read("-0").AsDouble()), std::bit_cast<uint64_t>(-0.0));
}

TEST(JsonDump, WritesWhatJsonLacksAsStrings) {
  Json json;
  json.Append(std::numeric_limits<double>::quiet_NaN());
  json.Append(std::numeric_limits<double>::infinity()).Append(-std::numeric_limits<double>::infinity());
  EXPECT_EQ(json.Dump(), R"(["NaN","Infinity","-Infinity"])");
}

TEST(JsonDump, EscapesAndRepairsStrings) {
  EXPECT_EQ(Json("a\"\\\n\r\t\x01é/").Dump(), "\"a\\\"\\\\\\n\\r\\t\\u0001é/\"");
  EXPECT_EQ(Json("\xff").Dump(), "\"\xEF\xBF\xBD\"");
  EXPECT_EQ(Json(std::string("\0", 1)).Dump(), R"("\u0000")");
}

TEST(JsonDump, IndentsWhenAsked) {
  Json json;
  json.Set("a", JsonArray{1, 2}).Set("b", JsonObject{}).Set("c", JsonArray{});
  EXPECT_EQ(json.Dump(2), "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {},\n  \"c\": []\n}");
  EXPECT_EQ(json.Dump(), R"({"a":[1,2],"b":{},"c":[]})");
}

TEST(Json, SetsAndFindsMembers) {
  Json json;
  json.Set("b", 1).Set("a", "x").Set("b", 2);
  EXPECT_EQ(json.Dump(), R"({"b":2,"a":"x"})");
  ASSERT_NE(json.Find("a"), nullptr);
  EXPECT_EQ(json.Find("a")->AsString(), "x");
  EXPECT_EQ(json.Find("c"), nullptr);
  EXPECT_EQ(Json(1).Find("c"), nullptr);
  EXPECT_EQ(Json(1).AsDouble(), 1.0);
  EXPECT_EQ(Json(size_t{7}).AsInt(), 7);
  EXPECT_EQ(Json(std::numeric_limits<uint64_t>::max()).AsDouble(), 18446744073709551616.0);
  EXPECT_DEATH((void)Json("x").AsInt(), "");
}

// Random values survive writing and reading, except that a whole double comes back as an integer.
Json RandomJson(std::mt19937_64& random, int depth) {
  switch (random() % (depth > 4 ? 5 : 7)) {
    case 0:
      return Json();
    case 1:
      return Json(random() % 2 == 0);
    case 2:
      return Json(static_cast<int64_t>(random()));
    case 3:
      return Json(static_cast<double>(random() % 1000) + 0.5);
    case 4: {
      std::string text;
      for (size_t i = random() % 6; i > 0; --i) text.push_back(static_cast<char>(random() % 0x80));
      return Json(std::move(text));
    }
    case 5: {
      JsonArray items;
      for (size_t i = random() % 5; i > 0; --i) items.push_back(RandomJson(random, depth + 1));
      return Json(std::move(items));
    }
    default: {
      JsonObject members;
      for (size_t i = random() % 5; i > 0; --i)
        members.emplace_back(fmt::format("k{}", i), RandomJson(random, depth + 1));
      return Json(std::move(members));
    }
  }
}

TEST(Json, SurvivesWritingAndReading) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 2000; ++i) {
    const Json json = RandomJson(random, 0);
    ASSERT_EQ(Read(json.Dump(i % 4 - 1)), json) << json.Dump();
  }
}

}  // namespace
}  // namespace plumb::base
