// dispatch.h: from a parsed request to its handler, or to the answer that the server gives itself.
// Thread safety: pure functions over an immutable table.
#pragma once

#include <string>
#include <string_view>

#include "base/random.h"
#include "serve/http_parser.h"
#include "serve/http_server.h"
#include "serve/route_table.h"

namespace plumb::serve::internal {

// The route that answers `request`, whose parameters and permissions it fills in. Null when there is nothing to call:
// `answer` then is 403 (not local, or not permitted), 404 with a suggestion, 405 with Allow, or the answer to OPTIONS.
// Requires request_id.
const Route* FindRoute(const RouteTable& routes, bool is_unix_socket, HttpParser::Request* request,
                       HttpResponse* answer);

// An error whose HTTP status its code does not say.
HttpResponse ErrorResponseWithStatus(int http_status, const base::Status& error, std::string_view request_id);

// The client's X-Request-Id if it is 1 to 64 letters, digits, dots, dashes and underscores; else a new one.
std::string ChooseRequestId(std::string_view clients, base::Random* random);

}  // namespace plumb::serve::internal
