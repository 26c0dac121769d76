#include "serve/http_parser.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace plumb::serve {
namespace {

using State = HttpParser::State;

HttpLimits SmallLimits() {
  HttpLimits limits;
  limits.header_bytes_max = 200;
  limits.headers_max = 5;
  limits.target_bytes_max = 50;
  limits.body_bytes_max = 30;
  return limits;
}

std::string Describe(const HttpParser::Request& request) {
  std::string text = request.request.method + " " + request.request.path + " " + request.request.body;
  for (const auto& [name, value] : request.request.query) text += " ?" + name + "=" + value;
  for (const auto& [name, value] : request.request.headers) text += " " + name + ":" + value;
  return text + (request.keep_alive ? " keep" : " close");
}

// Everything that the parser makes of `text` when it comes in two pieces, as one text.
std::string ParseInTwo(std::string_view text, size_t split) {
  HttpParser parser(SmallLimits());
  std::string described;
  for (std::string_view bytes : {text.substr(0, split), text.substr(split)}) {
    while (!bytes.empty() && parser.state() != State::kFailed) {
      bytes.remove_prefix(parser.Consume(bytes));
      if (parser.state() == State::kDone) described += Describe(parser.TakeRequest()) + "\n";
    }
  }
  if (parser.state() == State::kFailed) return described + std::to_string(parser.error_status());
  return described + (parser.state() == State::kIdle ? "idle" : "more");
}

TEST(HttpParser, LeavesWhatFollowsTheRequest) {
  const HttpLimits limits;
  HttpParser parser(limits);
  EXPECT_EQ(parser.Consume("GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\nGET /next"), 44u);
  ASSERT_EQ(parser.state(), State::kDone);
  const HttpParser::Request request = parser.TakeRequest();
  EXPECT_EQ(request.request.method, "GET");
  EXPECT_EQ(request.request.path, "/v1/status");
  EXPECT_EQ(request.request.Header("host"), "localhost");
  EXPECT_EQ(parser.state(), State::kIdle);
}

struct Case {
  std::string text;
  std::string want;
};

const std::vector<Case>& Cases() {
  static const std::vector<Case> cases = {
      {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET /  host:a keep\nidle"},
      {"\r\nGET / HTTP/1.1\r\nHost:a\r\n\r\n\r\n", "GET /  host:a keep\nidle"},
      {"GET /%41?b=c HTTP/1.1\r\nHOST:\t a b \r\n\r\n", "GET /A  ?b=c host:a b keep\nidle"},
      {"GET / HTTP/1.0\r\n\r\n", "GET /  close\nidle"},
      {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "GET /  connection:Keep-Alive keep\nidle"},
      {"GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n", "GET /  host:a connection:x, Close close\nidle"},
      {"GET http://b/c HTTP/1.1\r\nHost: a\r\n\r\n", "GET /c  host:b keep\nidle"},
      {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS *  host:a keep\nidle"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /x HTTP/1.1\r\nHost: b\r\n\r\nG",
       "POST / abc host:a content-length:3 keep\nGET /x  host:b keep\nmore"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\nT: x\r\n\r\n",
       "POST / abc host:a transfer-encoding:Chunked keep\nidle"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", "POST /  host:a content-length:0 keep\nidle"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc",
       "POST / abc host:a content-length:3 expect:100-continue keep\nidle"},
      // Malformed.
      {"GET / HTTP/1.1\nHost: a\n\n", "400"},
      {"GET  / HTTP/1.1\r\n", "400"},
      {"GET /a b HTTP/1.1\r\n", "400"},
      {"GET /\r\n", "400"},
      {"G@T / HTTP/1.1\r\n", "400"},
      {"GET / http/1.1\r\n", "400"},
      {"GET * HTTP/1.1\r\n", "400"},
      {"GET /%zz HTTP/1.1\r\n", "400"},
      {"\r\n\r\n\r\n\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nno colon\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\n: empty\r\n\r\n", "400"},
      {std::string("GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n", 30), "400"},
      {"GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n", "400"},
      // Who disagrees on lengths, smuggles.
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", "400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\nabc", "400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc", "400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", "400"},
      {"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n", "400"},
      // Too much.
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 31\r\n\r\n", "413"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999999\r\n\r\n", "413"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1f\r\n", "413"},
      {"GET /" + std::string(50, 'a') + " HTTP/1.1\r\n\r\n", "414"},
      {"GET /" + std::string(500, 'a'), "414"},
      {"GET / HTTP/1.1\r\nHost: a\r\nLong: " + std::string(200, 'a') + "\r\n\r\n", "431"},
      {"GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\nE: 5\r\n\r\n", "431"},
      // Not known here.
      {"POST / HTTP/1.1\r\nHost: a\r\nExpect: a miracle\r\n\r\n", "417"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "501"},
      {"EXTRAORDINARILYLONG / HTTP/1.1\r\n", "501"},
      {"PRI * HTTP/2.0\r\n\r\n", "505"},
      {"GET / HTTP/1.2\r\n\r\n", "505"},
      {"GET / HTTP/0.9\r\n\r\n", "505"},
  };
  return cases;
}

TEST(HttpParser, GivesTheSameForEverySplit) {
  for (const Case& c : Cases()) {
    for (size_t split = 0; split <= c.text.size(); ++split) {
      ASSERT_EQ(ParseInTwo(c.text, split), c.want) << c.text << "\nsplit at " << split;
    }
  }
}

TEST(HttpParser, TakesOneByteAtATime) {
  for (const Case& c : Cases()) {
    HttpParser parser(SmallLimits());
    std::string described;
    for (size_t i = 0; i < c.text.size() && parser.state() != State::kFailed; ++i) {
      parser.Consume(std::string_view(c.text).substr(i, 1));
      if (parser.state() == State::kDone) described += Describe(parser.TakeRequest()) + "\n";
    }
    EXPECT_EQ(described, c.want.substr(0, described.size()));
    EXPECT_EQ(parser.state() == State::kFailed,
              c.want.find("idle") == c.want.npos && c.want.find("more") == c.want.npos);
  }
}

TEST(HttpParser, KnowsWhoWaitsToContinue) {
  HttpParser parser(SmallLimits());
  parser.Consume("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-Continue\r\n\r\n");
  EXPECT_EQ(parser.state(), State::kBody);
  EXPECT_TRUE(parser.expects_continue());
  parser.Consume("x");
  EXPECT_EQ(parser.TakeRequest().request.body, "x");
  EXPECT_FALSE(parser.expects_continue());
}

TEST(HttpParser, SurvivesDamagedRequests) {
  const uint64_t seed = base::RandomSeed();
  SCOPED_TRACE("seed " + std::to_string(seed));
  base::Random random(seed);
  for (int i = 0; i < 3000; ++i) {
    std::string text = Cases()[random.Below(Cases().size())].text;
    for (uint64_t k = random.Below(4); k > 0; --k)
      text[random.Below(text.size())] = static_cast<char>(random.Below(256));
    ASSERT_EQ(ParseInTwo(text, random.Below(text.size())), ParseInTwo(text, 0)) << text;
  }
}

}  // namespace
}  // namespace plumb::serve
