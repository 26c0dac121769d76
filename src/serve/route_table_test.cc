#include "serve/route_table.h"

#include <gtest/gtest.h>

#include "serve/http_parser.h"
#include "serve/internal/dispatch.h"

namespace plumb::serve {
namespace {

using Words = std::vector<std::string>;
using Pairs = std::vector<std::pair<std::string, std::string>>;

Route MakeRoute(std::string method, std::string pattern) {
  return {std::move(method), std::move(pattern), Permission::kPublic,
          [](const HttpRequest&, std::unique_ptr<Responder>) {}};
}

RouteTable MakeTable() {
  auto table = RouteTable::Build({
      MakeRoute("GET", "/"),
      MakeRoute("GET", "/v1/status"),
      MakeRoute("POST", "/v1/predict/{deployment}"),
      MakeRoute("GET", "/v1/models/{model}"),
      MakeRoute("DELETE", "/v1/models/{model}"),
      MakeRoute("POST", "/v1/models/search"),
      MakeRoute("POST", "/v1/models/{name}:predict"),
      MakeRoute("GET", "/v1/{kind}/{id}/runs"),
      MakeRoute("GET", "/v1/models/{model}/runs/{run}"),
  });
  EXPECT_TRUE(table.ok()) << table.status().ToString();
  return std::move(table).value();
}

TEST(RouteTable, RefusesBadRoutes) {
  const std::vector<std::vector<Route>> bad = {
      {MakeRoute("GET", "/a"), MakeRoute("GET", "/a")},
      {MakeRoute("GET", "/{a}"), MakeRoute("GET", "/{b}")},
      {MakeRoute("get", "/a")},
      {MakeRoute("HEAD", "/a")},
      {MakeRoute("OPTIONS", "/a")},
      {MakeRoute("GET", "a")},
      {MakeRoute("GET", "")},
      {MakeRoute("GET", "/a/")},
      {MakeRoute("GET", "/a//b")},
      {MakeRoute("GET", "/a/..")},
      {MakeRoute("GET", "/{")},
      {MakeRoute("GET", "/}{")},
      {MakeRoute("GET", "/{}")},
      {MakeRoute("GET", "/{A}")},
      {MakeRoute("GET", "/{a}{b}")},
      {MakeRoute("GET", "/{a}/{a}")},
      {MakeRoute("GET", "/a b")},
      {MakeRoute("GET", "/a?b")},
      {MakeRoute("GET", "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17")},
      {Route{"GET", "/a", Permission::kPublic, nullptr}},
  };
  for (const std::vector<Route>& routes : bad) {
    const auto table = RouteTable::Build(routes);
    ASSERT_FALSE(table.ok()) << routes.back().pattern;
    EXPECT_EQ(table.status().code(), base::Code::kInvalidArgument);
  }
}

struct Case {
  const char* method;
  Words segments;
  const char* pattern;  // null: none
  Pairs parameters;
  Words allow;
};

TEST(RouteTable, FindsTheMostLiteralPattern) {
  const RouteTable table = MakeTable();
  const std::vector<Case> cases = {
      {"GET", {""}, "/", {}, {}},
      {"GET", {"v1", "status"}, "/v1/status", {}, {}},
      {"HEAD", {"v1", "status"}, "/v1/status", {}, {}},
      {"POST", {"v1", "predict", "a/b"}, "/v1/predict/{deployment}", {{"deployment", "a/b"}}, {}},
      {"POST", {"v1", "predict", ""}, nullptr, {}, {}},
      {"POST", {"v1", "models", "search"}, "/v1/models/search", {}, {}},
      {"GET", {"v1", "models", "search"}, "/v1/models/{model}", {{"model", "search"}}, {}},
      {"POST", {"v1", "models", "m:predict"}, "/v1/models/{name}:predict", {{"name", "m"}}, {}},
      {"GET", {"v1", "models", "m:predict"}, "/v1/models/{model}", {{"model", "m:predict"}}, {}},
      {"GET", {"v1", "models", "m", "runs"}, "/v1/{kind}/{id}/runs", {{"kind", "models"}, {"id", "m"}}, {}},
      {"GET", {"v1", "models", "m", "runs", "r"}, "/v1/models/{model}/runs/{run}", {{"model", "m"}, {"run", "r"}}, {}},
      {"PUT", {"v1", "models", "search"}, nullptr, {}, {"DELETE", "GET", "HEAD", "OPTIONS", "POST"}},
      {"GET", {"v1", "predict", "late"}, nullptr, {}, {"OPTIONS", "POST"}},
      {"OPTIONS", {"v1", "status"}, nullptr, {}, {"GET", "HEAD", "OPTIONS"}},
      {"GET", {"v1", "status", ""}, nullptr, {}, {}},
      {"GET", {"V1", "status"}, nullptr, {}, {}},
      {"GET", Words(100, "a"), nullptr, {}, {}},
      {"GET", {}, nullptr, {}, {}},
  };
  for (const Case& c : cases) {
    const RouteTable::Match match = table.Find(c.method, c.segments);
    const std::string shown = std::string(c.method) + " " + testing::PrintToString(c.segments);
    ASSERT_EQ(match.route != nullptr, c.pattern != nullptr) << shown;
    if (match.route != nullptr) {
      EXPECT_EQ(match.route->pattern, c.pattern) << shown;
    }
    EXPECT_EQ(match.parameters, c.parameters) << shown;
    EXPECT_EQ(match.allow, c.allow) << shown;
  }
}

TEST(RouteTable, SuggestsTheClosestPattern) {
  const RouteTable table = MakeTable();
  EXPECT_EQ(table.ClosestPattern({"v1", "stauts"}), "/v1/status");
  EXPECT_EQ(table.ClosestPattern({"v1", "status", ""}), "/v1/status");
  EXPECT_EQ(table.ClosestPattern({"v1", "predit", "late_arrivals_of_flights"}), "/v1/predict/{deployment}");
  EXPECT_EQ(table.ClosestPattern({"favicon.ico"}), "");
}

// Every route under every method: its own handler, HEAD for GET, Allow for OPTIONS, 405 with Allow for the rest.
TEST(RouteTable, AnswersEveryMethodOfEveryRoute) {
  const RouteTable table = MakeTable();
  base::Random random(1);
  for (const Route& route : table.routes()) {
    std::string path = route.pattern;
    for (size_t open = path.find('{'); open != path.npos; open = path.find('{')) {
      path.replace(open, path.find('}') - open + 1, "value");
    }
    for (const char* method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}) {
      const HttpLimits limits;
      HttpParser parser(limits);
      parser.Consume(std::string(method) + " " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
      ASSERT_EQ(parser.state(), HttpParser::State::kDone) << path;
      HttpParser::Request request = parser.TakeRequest();
      request.request.request_id = internal::ChooseRequestId("", &random);
      HttpResponse answer;
      const Route* found = internal::FindRoute(table, false, &request, &answer);
      const std::string shown = std::string(method) + " " + path;
      if (found != nullptr) {
        EXPECT_EQ(found->method, std::string(method) == "HEAD" ? "GET" : method) << shown;
        EXPECT_TRUE(request.request.May(Permission::kAdmin)) << shown;
        continue;
      }
      EXPECT_NE(route.method, method) << shown;
      EXPECT_EQ(answer.status, std::string(method) == "OPTIONS" ? 200 : 405) << shown;
      ASSERT_EQ(answer.headers.size(), 1u) << shown;
      EXPECT_EQ(answer.headers[0].first, "Allow") << shown;
      EXPECT_NE(answer.headers[0].second.find(route.method), std::string::npos) << shown;
    }
  }
}

TEST(Dispatch, KeepsOnlyGoodRequestIds) {
  base::Random random(1);
  EXPECT_EQ(internal::ChooseRequestId("aZ9._-", &random), "aZ9._-");
  EXPECT_EQ(internal::ChooseRequestId(std::string(64, 'a'), &random), std::string(64, 'a'));
  for (const std::string& bad : {std::string(), std::string("a b"), std::string("\xc3\xa9"), std::string(65, 'a')}) {
    EXPECT_EQ(internal::ChooseRequestId(bad, &random).size(), 16u);
  }
}

}  // namespace
}  // namespace plumb::serve
