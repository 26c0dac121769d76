// http_target.h: what a request asks for: path, segments and query of a request target, decoded once.
//
// The forms are those of RFC 9112, section 3.2: "/path?query", "http://authority/path?query", and "*" for OPTIONS. The
// path is split at its slashes first and decoded after, so an encoded slash (%2F) is part of the segment's value:
// "/v1/a%2Fb" has the segments "v1" and "a/b". Refused are: malformed percent signs, control characters (also encoded),
// bytes beyond ASCII that are not encoded, fragments, and the segments "." and "..", however they are written.
//
// Thread safety: pure functions.
//
//   ParseTarget("/v1/predict/late%20one?top=3&x")->segments;     // {"v1", "predict", "late one"}; from
//   http_target_test.cc
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace plumb::serve {

struct HttpTarget {
  std::string path;  // the segments, decoded and joined by slashes
  std::vector<std::string> segments;
  std::vector<std::pair<std::string, std::string>> query;  // "+" is a blank; a name without "=" has an empty value
  std::string authority;                                   // of the absolute form, else empty
  bool is_asterisk = false;
};

// Nothing when it is malformed.
std::optional<HttpTarget> ParseTarget(std::string_view text);

// The bytes that `text` stands for; nothing when a percent sign is malformed or stands for NUL.
std::optional<std::string> PercentDecode(std::string_view text, bool plus_is_blank);
// `text` with everything encoded that may not stand in a path segment or a query value.
std::string PercentEncode(std::string_view text);

}  // namespace plumb::serve
