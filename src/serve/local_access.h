// local_access.h: who may talk to a server that has no keys: programs on this machine, and no page of the web.
//
// Why: a browser on this machine can reach a loopback address on behalf of any page. Two headers give it away: after
// DNS rebinding the Host is foreign, and a page of another site carries its Origin.
//
// Thread safety: pure functions.
#pragma once

#include <string_view>

#include "base/status.h"
#include "serve/http_server.h"

namespace plumb::serve {

// kPermissionDenied unless the Host is local (localhost, 127.0.0.0/8 or [::1], with any port; any Host over a Unix
// socket, and none if there is none, which only HTTP/1.0 allows) and the Origin, if there is one, is this server: the
// Host itself, or another local name with the Host's port.
base::Status CheckLocalAccess(const HttpRequest& request, bool is_unix_socket);

// "localhost", "LOCALHOST:80", "127.0.0.1:8080", "[::1]:1"; not "localhost.example.org", "127.0.0.1.nip.io" or "::1".
bool IsLocalHost(std::string_view host);

}  // namespace plumb::serve
