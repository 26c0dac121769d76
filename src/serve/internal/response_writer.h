// response_writer.h: one HttpResponse as bytes.
// Thread safety: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "serve/http_server.h"

namespace plumb::serve::internal {

struct ResponseFraming {
  std::string_view request_id;
  bool is_head = false;  // the body is left out, its length is not
  bool keep_alive = true;
  bool is_http_1_0 = false;  // staying open has to be said
};

// Appends status line, header and body. Headers that the server itself decides (length, connection, request id) and
// those that would break the framing (line ends in a value) are left out; the latter are logged.
void AppendResponse(const HttpResponse& response, const ResponseFraming& framing, std::string* out);

// "Not Found", or "" for a status that has no name.
std::string_view ReasonPhrase(int status);

}  // namespace plumb::serve::internal
