#include "serve/http_target.h"

#include <gtest/gtest.h>

namespace plumb::serve {
namespace {

using Words = std::vector<std::string>;

TEST(HttpTarget, DecodesSegmentsOnce) {
  EXPECT_EQ(ParseTarget("/v1/predict/late%20one?top=3&x")->segments, Words({"v1", "predict", "late one"}));
  EXPECT_EQ(ParseTarget("/a%2520b")->path, "/a%20b");
}

TEST(HttpTarget, KeepsAnEncodedSlashInsideItsSegment) {
  const auto target = ParseTarget("/v1/a%2Fb/");
  EXPECT_EQ(target->segments, Words({"v1", "a/b", ""}));
  EXPECT_EQ(target->path, "/v1/a/b/");
}

TEST(HttpTarget, ReadsTheQueryInOrder) {
  const auto target = ParseTarget("/?b=1&a=x+y%2B&&flag&b=&=v");
  const std::vector<std::pair<std::string, std::string>> want = {
      {"b", "1"}, {"a", "x y+"}, {"flag", ""}, {"b", ""}, {"", "v"}};
  EXPECT_EQ(target->query, want);
}

TEST(HttpTarget, TakesTheAbsoluteForm) {
  EXPECT_EQ(ParseTarget("http://localhost:80/a?b=c")->authority, "localhost:80");
  EXPECT_EQ(ParseTarget("HTTP://localhost")->path, "/");
  EXPECT_EQ(ParseTarget("http://localhost?x=1")->query.size(), 1u);
}

TEST(HttpTarget, RefusesWhatIsMalformed) {
  for (const char* text : {"",
                           "a",
                           "a:80",
                           "/a b",
                           "/a#b",
                           "/%",
                           "/%4",
                           "/%g0",
                           "/%00",
                           "/%0a",
                           "/?%00",
                           "/?a=%z1",
                           "/..",
                           "/a/../b",
                           "/./a",
                           "/%2e%2E/a",
                           "/\x80",
                           "/\x7f",
                           "https://localhost/",
                           "http:///a",
                           "http://user@host/",
                           "**"}) {
    EXPECT_FALSE(ParseTarget(text).has_value()) << text;
  }
}

TEST(HttpTarget, DecodesWhatItEncoded) {
  const std::string text = "late one/100% \xc3\xa9~";
  EXPECT_EQ(PercentDecode(PercentEncode(text), /*plus_is_blank=*/true), text);
  EXPECT_EQ(PercentEncode("a b"), "a%20b");
}

}  // namespace
}  // namespace plumb::serve
