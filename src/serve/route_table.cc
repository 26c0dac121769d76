#include "serve/route_table.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "base/diagnostics.h"
#include "serve/internal/syntax.h"

namespace plumb::serve {
namespace {

constexpr size_t kSegmentsMax = 16;

base::Status BadPattern(const std::string& pattern, std::string_view why) {
  return base::InvalidArgument("Route has a bad pattern: {}: {}.", pattern, why);
}

bool IsLiteralText(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return internal::IsLetter(c) || internal::IsDigit(c) ||
           std::string_view("-._~:@!$&'()*+,;=").find(c) != std::string_view::npos;
  });
}

bool IsParameterName(std::string_view text) {
  return !text.empty() && !internal::IsDigit(text[0]) && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || internal::IsDigit(c) || c == '_';
  });
}

bool IsMethod(std::string_view text) {
  return internal::IsToken(text) && std::none_of(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

}  // namespace

bool RouteTable::Segment::Fits(std::string_view text, std::string_view* value) const {
  if (is_literal()) return text == before;
  if (text.size() <= before.size() + after.size() || !text.starts_with(before) || !text.ends_with(after)) return false;
  *value = text.substr(before.size(), text.size() - before.size() - after.size());
  return true;
}

base::Result<RouteTable::Segment> RouteTable::ParseSegment(std::string_view text, const std::string& pattern) {
  const size_t open = text.find('{');
  const size_t close = text.find('}');
  Segment segment;
  if (open == std::string_view::npos && close == std::string_view::npos) {
    segment.before = text;
  } else if (open == std::string_view::npos || close == std::string_view::npos || close < open ||
             !IsParameterName(text.substr(open + 1, close - open - 1))) {
    return BadPattern(pattern, "a parameter is a name in lower case in braces, one a segment");
  } else {
    segment = {std::string(text.substr(0, open)), std::string(text.substr(open + 1, close - open - 1)),
               std::string(text.substr(close + 1))};
  }
  if (!IsLiteralText(segment.before) || !IsLiteralText(segment.after)) {
    return BadPattern(pattern, "a character may not stand there");
  }
  if (segment.is_literal() && (segment.before.empty() || segment.before == "." || segment.before == "..")) {
    return BadPattern(pattern, "a segment is empty or made of dots");
  }
  return segment;
}

base::Result<std::vector<RouteTable::Segment>> RouteTable::ParsePattern(const std::string& pattern) {
  if (!pattern.starts_with('/')) return BadPattern(pattern, "it does not begin with a slash");
  // The root's only segment is empty: so it is in a request's path, too.
  if (pattern == "/") return std::vector<Segment>(1);
  std::vector<Segment> segments;
  std::set<std::string> names;
  std::string_view rest = pattern;
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const size_t slash = std::min(rest.find('/'), rest.size());
    PLUMB_ASSIGN_OR_RETURN(Segment segment, ParseSegment(rest.substr(0, slash), pattern));
    if (!segment.is_literal() && !names.insert(segment.parameter).second) {
      return BadPattern(pattern, "two parameters have the same name");
    }
    segments.push_back(std::move(segment));
    rest.remove_prefix(slash);
  }
  if (segments.size() > kSegmentsMax) return BadPattern(pattern, "it has too many segments");
  return segments;
}

base::Result<RouteTable> RouteTable::Build(std::vector<Route> routes) {
  RouteTable table;
  table.routes_ = std::move(routes);
  for (size_t i = 0; i < table.routes_.size(); ++i) {
    const Route& route = table.routes_[i];
    if (!IsMethod(route.method) || route.method == "HEAD" || route.method == "OPTIONS") {
      return base::InvalidArgument("Route has a method that it may not have: {} {}.", route.method, route.pattern);
    }
    if (!route.handler) return base::InvalidArgument("Route has no handler: {} {}.", route.method, route.pattern);
    PLUMB_ASSIGN_OR_RETURN(std::vector<Segment> segments, ParsePattern(route.pattern));
    table.patterns_.push_back(std::move(segments));
    PLUMB_RETURN_IF_ERROR(table.Insert(i));
  }
  return table;
}

base::Status RouteTable::Insert(size_t route) {
  int32_t node = 0;
  for (const Segment& segment : patterns_[route]) node = FindOrAddBranch(node, segment);
  std::vector<size_t>& ends = nodes_[static_cast<size_t>(node)].routes;
  for (const size_t other : ends) {
    if (routes_[other].method != routes_[route].method) continue;
    return base::InvalidArgument("Two routes answer the same requests: {} {} and {}.", routes_[route].method,
                                 routes_[other].pattern, routes_[route].pattern);
  }
  ends.push_back(route);
  return base::Status();
}

int32_t RouteTable::FindOrAddBranch(int32_t node, const Segment& segment) {
  // Literals come first; then the parameter with the most text around it.
  const auto rank = [](const Segment& s) {
    return std::make_tuple(!s.is_literal(), ~(s.before.size() + s.after.size()), s.before, s.after);
  };
  std::vector<Branch>& branches = nodes_[static_cast<size_t>(node)].branches;
  const auto place = std::lower_bound(branches.begin(), branches.end(), segment,
                                      [&](const Branch& b, const Segment& s) { return rank(b.segment) < rank(s); });
  if (place != branches.end() && rank(place->segment) == rank(segment)) return place->node;
  const auto added = static_cast<int32_t>(nodes_.size());
  branches.insert(place, {segment, added});
  nodes_.emplace_back();
  return added;
}

struct RouteTable::Walk {
  std::string_view method;
  const std::vector<std::string>& segments;
  std::vector<std::string_view> values = {};
  const Route* route = nullptr;
  size_t route_index = 0;
  std::set<std::string> allow = {};
};

RouteTable::Match RouteTable::Find(std::string_view method, const std::vector<std::string>& segments) const {
  Match match;
  if (segments.size() > kSegmentsMax) return match;
  Walk walk{.method = method == "HEAD" ? "GET" : method, .segments = segments};
  Visit(0, 0, &walk);
  match.route = walk.route;
  if (walk.route == nullptr) {
    if (!walk.allow.empty()) walk.allow.insert("OPTIONS");
    if (walk.allow.contains("GET")) walk.allow.insert("HEAD");
    match.allow.assign(walk.allow.begin(), walk.allow.end());
    return match;
  }
  auto value = walk.values.begin();
  for (const Segment& segment : patterns_[walk.route_index]) {
    if (!segment.is_literal()) match.parameters.emplace_back(segment.parameter, *value++);
  }
  return match;
}

void RouteTable::Visit(int32_t node_index, size_t depth, Walk* walk) const {
  const Node& node = nodes_[static_cast<size_t>(node_index)];
  if (depth == walk->segments.size()) {
    Finish(node, walk);
    return;
  }
  for (const Branch& branch : node.branches) {
    std::string_view value;
    if (!branch.segment.Fits(walk->segments[depth], &value)) continue;
    if (!branch.segment.is_literal()) walk->values.push_back(value);
    Visit(branch.node, depth + 1, walk);
    if (walk->route != nullptr) return;
    if (!branch.segment.is_literal()) walk->values.pop_back();
  }
}

void RouteTable::Finish(const Node& node, Walk* walk) const {
  for (const size_t index : node.routes) {
    if (routes_[index].method == walk->method) {
      walk->route = &routes_[index];
      walk->route_index = index;
      return;
    }
  }
  for (const size_t index : node.routes) walk->allow.insert(routes_[index].method);
}

std::string RouteTable::ClosestPattern(const std::vector<std::string>& segments) const {
  std::string path;
  for (const std::string& segment : segments) path.append("/").append(segment);
  // Each pattern with what the request gives for its parameters: only the literal text counts as near or far.
  std::vector<std::string> candidates;
  for (const std::vector<Segment>& pattern : patterns_) {
    std::string candidate;
    for (size_t i = 0; i < pattern.size(); ++i) {
      std::string_view value;
      const bool is_given = !pattern[i].is_literal() && i < segments.size();
      candidate.append("/").append(is_given && pattern[i].Fits(segments[i], &value)
                                       ? segments[i]
                                       : pattern[i].before + pattern[i].parameter + pattern[i].after);
    }
    candidates.push_back(std::move(candidate));
  }
  const std::string closest = base::ClosestName(path, candidates);
  const auto found = std::find(candidates.begin(), candidates.end(), closest);
  if (closest.empty() || found == candidates.end()) return "";
  return routes_[static_cast<size_t>(found - candidates.begin())].pattern;
}

std::vector<std::string> RouteTable::AllMethods() const {
  std::set<std::string> methods = {"OPTIONS"};
  for (const Route& route : routes_) methods.insert(route.method);
  if (methods.contains("GET")) methods.insert("HEAD");
  return {methods.begin(), methods.end()};
}

}  // namespace plumb::serve
