// route_table.h: which handler answers a method and a path, and under which permission.
//
// A pattern is a path whose segments are literal ("/v1/status"), one parameter ("/v1/predict/{deployment}"), or one
// parameter with text around it ("/v1/models/{model}:predict"). A parameter takes one non-empty segment, which may
// contain an encoded slash. Where several patterns fit, the most literal segment wins, from the left; a pattern that
// lacks the method gives way to one that has it.
//
// HEAD is answered by GET's handler. OPTIONS is answered by the server with Allow.
//
// Thread safety: immutable after Build. Invariant: Find takes time bounded by the patterns, not by the path.
//
//   PLUMB_ASSIGN_OR_RETURN(RouteTable table, RouteTable::Build(std::move(routes)));      // from route_table_test.cc
//   RouteTable::Match match = table.Find("GET", {"v1", "predict", "late"});
//   match.parameters;                                                                    // {{"deployment", "late"}}
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "serve/http_server.h"

namespace plumb::serve {

class RouteTable {
 public:
  struct Match {
    const Route* route = nullptr;  // none: see allow
    std::vector<std::pair<std::string, std::string>> parameters;
    std::vector<std::string> allow;  // the path's methods, sorted, when `route` is null; empty: no such path
  };

  // kInvalidArgument: two routes that answer the same, a bad pattern or method, no handler.
  static base::Result<RouteTable> Build(std::vector<Route> routes);

  // `segments` are those of the decoded path. HEAD finds GET.
  [[nodiscard]] Match Find(std::string_view method, const std::vector<std::string>& segments) const;
  // The pattern that `segments` nearly fit, or "".
  [[nodiscard]] std::string ClosestPattern(const std::vector<std::string>& segments) const;
  // Every method of any route, with HEAD and OPTIONS, sorted.
  [[nodiscard]] std::vector<std::string> AllMethods() const;
  [[nodiscard]] const std::vector<Route>& routes() const { return routes_; }

 private:
  struct Segment {
    std::string before, parameter, after;  // a literal is `before`, with no parameter
    [[nodiscard]] bool is_literal() const { return parameter.empty(); }
    // The parameter's value within `text`; false if it does not fit.
    [[nodiscard]] bool Fits(std::string_view text, std::string_view* value) const;
  };
  struct Branch {
    Segment segment;  // its parameter's name is of no meaning here
    int32_t node;
  };
  struct Node {
    std::vector<Branch> branches;  // literals first, then the longest text around a parameter
    std::vector<size_t> routes;    // that end here: at most one a method
  };
  struct Walk;

  static base::Result<std::vector<Segment>> ParsePattern(const std::string& pattern);
  static base::Result<Segment> ParseSegment(std::string_view text, const std::string& pattern);
  base::Status Insert(size_t route);
  int32_t FindOrAddBranch(int32_t node, const Segment& segment);
  void Visit(int32_t node, size_t depth, Walk* walk) const;
  void Finish(const Node& node, Walk* walk) const;

  std::vector<Route> routes_;
  std::vector<std::vector<Segment>> patterns_;  // of routes_
  std::vector<Node> nodes_ = std::vector<Node>(1);
};

}  // namespace plumb::serve
