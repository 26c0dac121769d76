#include "model/format/ubjson.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "base/random.h"

namespace plumb::model {
namespace {

using base::Code;
using base::Json;

// Bytes from parts, so that the bytes after a text's escape are not taken for more of it.
std::string Bytes(std::initializer_list<std::string_view> parts) {
  std::string out;
  for (const std::string_view part : parts) out += part;
  return out;
}
constexpr std::string_view Raw(const char* text, size_t size) { return {text, size}; }

TEST(Ubjson, ReadsEveryKindOfValue) {
  const struct {
    std::string bytes;
    std::string json;
  } cases[] = {
      {"Z", "null"},
      {"T", "true"},
      {"F", "false"},
      {"Cx", R"("x")"},
      {Bytes({"SU", "\x03", "abc"}), R"("abc")"},
      {"i\xff", "-1"},
      {"U\xff", "255"},
      {"I\xff\xfe", "-2"},
      {std::string(Raw("l\x00\x01\x00\x00", 5)), "65536"},
      {std::string(Raw("L\xff\xff\xff\xff\xff\xff\xff\xff", 9)), "-1"},
      {std::string(Raw("d\x3f\x00\x00\x00", 5)), "0.5"},
      {std::string(Raw("D\x3f\xe0\x00\x00\x00\x00\x00\x00", 9)), "0.5"},
      {"[]", "[]"},
      {"[ZTF]", "[null,true,false]"},
      {"[#i\x02ZT", "[null,true]"},
      {"[$U#i\x03\x01\x02\x03", "[1,2,3]"},
      {std::string(Raw("[$U#i\x00", 6)), "[]"},
      {std::string(Raw("[$I#U\x02\x00\x01\xff\xff", 10)), "[1,-1]"},
      {"{}", "{}"},
      {Bytes({"{i", "\x01", "aT", "i", "\x01", "bF}"}), R"({"a":true,"b":false})"},
      {Bytes({"{#i", "\x01", "i", "\x01", "aT"}), R"({"a":true})"},
      {Bytes({"{i", "\x01", "a[i", "\x05", "]}"}), R"({"a":[5]})"},
      {"NN[NZN]N", "[null]"},
      {Bytes({"{N", "i", "\x01", "aNTN}"}), R"({"a":true})"},
  };
  for (const auto& c : cases) {
    const auto json = ParseUbjson(c.bytes);
    ASSERT_TRUE(json.ok()) << c.json << ": " << json.status().ToString();
    EXPECT_EQ(json->Dump(), c.json);
  }
}

TEST(Ubjson, KeepsTheBitsOfFloats) {
  const auto json = ParseUbjson(Raw("[$d#i\x03\x7f\xc0\x00\x00\xff\x80\x00\x00\x00\x00\x00\x01", 18));
  ASSERT_TRUE(json.ok()) << json.status().ToString();
  EXPECT_TRUE(std::isnan(json->AsArray()[0].AsDouble()));
  EXPECT_TRUE(std::isinf(json->AsArray()[1].AsDouble()));
  EXPECT_EQ(static_cast<float>(json->AsArray()[2].AsDouble()), 1.4e-45F);  // the least subnormal
}

TEST(Ubjson, RefusesWhatIsMalformed) {
  const struct {
    const char* name;
    std::string bytes;
  } cases[] = {
      {"nothing", ""},
      {"an unknown marker", "x"},
      {"a high-precision number", Bytes({"Hi", "\x01", "5"})},
      {"bytes after the end", "TT"},
      {"a number cut short", Bytes({"l", "\x01\x02\x03"})},
      {"a character cut short", "C"},
      {"a text without a length", "S"},
      {"a text with a length that is no integer", std::string(Raw("Sd\x3f\x80\x00\x00x", 7))},
      {"a text of negative length", Bytes({"Si", "\xff", "x"})},
      {"a text longer than the file", Bytes({"SU", "\x05", "abc"})},
      {"a text of the largest length", Bytes({"SL", "\x7f\xff\xff\xff\xff\xff\xff\xff", "abc"})},
      {"a text whose length is cut short", Bytes({"SL", "\x7f\xff"})},
      {"an array that does not end", "[Z"},
      {"an array that ends like an object", "[Z}"},
      {"a counted array longer than the file", std::string(Raw("[#l\x7f\xff\xff\xffZ", 8))},
      {"a typed array longer than the file", std::string(Raw("[$D#i\x02\x00\x00\x00\x00\x00\x00\x00\x00", 14))},
      {"a typed array of the largest length", Bytes({"[$U#L", "\x7f\xff\xff\xff\xff\xff\xff\xff"})},
      {"a typed array without a length", "[$U\x01\x02]"},
      {"a typed array of texts", Bytes({"[$S#i", "\x01", "i", "\x01", "a"})},
      {"a typed array cut short", "[$"},
      {"a typed object", Bytes({"{$i#i", "\x01", "i", "\x01", "a", "\x01"})},
      {"an object that does not end", Bytes({"{i", "\x01", "aT"})},
      {"an object with a key and no value", Bytes({"{i", "\x01", "a}"})},
      {"an object whose key is no text", "{T}"},
      {"an object with a key twice", Bytes({"{i", "\x01", "aT", "i", "\x01", "aF}"})},
      {"a counted object longer than the file", std::string(Raw("{#l\x7f\xff\xff\xff", 7))},
  };
  for (const auto& c : cases) {
    const auto json = ParseUbjson(c.bytes);
    ASSERT_FALSE(json.ok()) << c.name;
    EXPECT_EQ(json.status().code(), Code::kDataLoss) << c.name;
  }
}

TEST(Ubjson, LimitsDepth) {
  const auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(ParseUbjson(nested(64)).ok());
  EXPECT_EQ(ParseUbjson(nested(65)).status().code(), Code::kDataLoss);
  EXPECT_EQ(ParseUbjson(std::string(1'000'000, '[')).status().code(), Code::kDataLoss);
  std::string objects;
  for (int i = 0; i < 100'000; i++) objects += Bytes({"{i", "\x01", "a"});
  EXPECT_EQ(ParseUbjson(objects).status().code(), Code::kDataLoss);
}

TEST(Ubjson, LimitsTheNumberOfValues) {
  UbjsonLimits limits;
  limits.items_max = 4;
  EXPECT_TRUE(ParseUbjson("[ZZZ]", limits).ok());
  EXPECT_EQ(ParseUbjson("[ZZZZ]", limits).status().code(), Code::kDataLoss);
  EXPECT_TRUE(ParseUbjson("[$U#i\x03zzz", limits).ok());
  EXPECT_EQ(ParseUbjson("[$U#i\x04zzzz", limits).status().code(), Code::kDataLoss);
}

TEST(Ubjson, SurvivesRandomBytes) {
  constexpr uint64_t kSeed = 20240211;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  base::Random random(kSeed);
  constexpr std::string_view kMarkers = "ZTFNCSiUIlLdD[]{}$#";
  for (int round = 0; round < 20'000; round++) {
    std::string bytes;
    const uint64_t size = random.Below(40);
    for (uint64_t i = 0; i < size; i++) {
      bytes.push_back(random.Chance(0.6) ? kMarkers[random.Below(kMarkers.size())]
                                         : static_cast<char>(random.Below(random.Chance(0.7) ? 8 : 256)));
    }
    const auto json = ParseUbjson(bytes);
    if (!json.ok()) {
      ASSERT_EQ(json.status().code(), Code::kDataLoss);
    }
  }
}

}  // namespace
}  // namespace plumb::model
