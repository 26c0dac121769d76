// http_fuzz.cc: no bytes may crash the request parser, and where they are split changes nothing.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "serve/http_parser.h"
#include "serve/local_access.h"

namespace {

using plumb::serve::HttpLimits;
using plumb::serve::HttpParser;

HttpLimits SmallLimits() {
  HttpLimits limits;
  limits.header_bytes_max = 512;
  limits.headers_max = 8;
  limits.target_bytes_max = 128;
  limits.body_bytes_max = 256;
  return limits;
}

// All requests in `text`, fed in pieces of `piece` bytes, as one text.
std::string Describe(std::string_view text, size_t piece) {
  const HttpLimits limits = SmallLimits();
  HttpParser parser(limits);
  std::string described;
  for (size_t begin = 0; begin < text.size(); begin += piece) {
    std::string_view bytes = text.substr(begin, piece);
    while (!bytes.empty()) {
      bytes.remove_prefix(parser.Consume(bytes));
      if (parser.state() == HttpParser::State::kFailed) return described + std::to_string(parser.error_status());
      if (parser.state() != HttpParser::State::kDone) continue;
      const HttpParser::Request request = parser.TakeRequest();
      PLUMB_CHECK(request.request.body.size() <= limits.body_bytes_max, "A body keeps to its limit.");
      PLUMB_CHECK(request.request.headers.size() <= limits.headers_max + 1, "Headers keep to their limit.");
      (void)plumb::serve::CheckLocalAccess(request.request, false).ok();
      described += request.request.method + request.target + request.request.body + (request.keep_alive ? "+" : "-");
      for (const auto& [name, value] : request.request.headers) described += name + value;
    }
  }
  return described + std::to_string(static_cast<int>(parser.state()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string whole = Describe(text, std::max<size_t>(size, 1));
  PLUMB_CHECK(Describe(text, 1) == whole, "A byte at a time gives the same requests.");
  PLUMB_CHECK(Describe(text, 7) == whole, "Seven bytes at a time give the same requests.");
  return 0;
}
