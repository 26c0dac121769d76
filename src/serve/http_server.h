// http_server.h: the wire: HTTP/1.1 listeners on one event loop per core, and the one table of routes.
//
// A route cannot be added without saying which permission it needs. Handlers run on a loop's thread and must not block;
// an answer that has to wait (for a durable log) is sent later, from any thread, through its Responder. Keep-alive and
// pipelined requests are answered in order; all that is ready goes out with one write. Every size, count and time has a
// limit.
//
// Errors made here: 400 malformed, 403 Host not local or Origin foreign, 404 no such route (with a suggestion), 405
// with Allow, 408 too slow, 413, 414 and 431 too large, 417, 501 and 505 not understood, 500 no answer by the handler,
// 503 too many connections, in the shape {"error": {"code", "message", "where", "suggestion", "request_id"}}.
//
// Thread safety: Start and Shutdown from the owner, never from a handler; port and Stats from any thread; Responders
// from any thread, one at a time.
//
//   auto server = HttpServer::Start({{"GET", "/hello", Permission::kPublic,              // as in http_server_test.cc
//                                     [](const HttpRequest&, std::unique_ptr<Responder> responder) {
//                                       responder->Send({.body = "hello"});
//                                     }}}, {.port = 8080});
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace plumb::serve {

enum class Permission { kPublic, kPredict, kReadFeatures, kAskAsOf, kReadMetrics, kAdmin };
const char* PermissionName(Permission permission);

struct HttpRequest {
  std::string method;
  std::string path;  // decoded once, without query
  std::vector<std::pair<std::string, std::string>> query;
  std::vector<std::pair<std::string, std::string>> headers;     // names in lower case
  std::vector<std::pair<std::string, std::string>> parameters;  // of the route's pattern: {deployment}
  std::string body;
  std::string request_id;           // the client's X-Request-Id if well-formed, else made here
  std::vector<Permission> granted;  // what the caller may do

  [[nodiscard]] std::string_view Header(std::string_view name) const;     // or ""
  [[nodiscard]] std::string_view Parameter(std::string_view name) const;  // or ""
  [[nodiscard]] bool May(Permission permission) const;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

// {"error": …} with the HTTP status that fits the code (invalid_argument 400, not_found 404, resource_exhausted 429,
// …).
HttpResponse ErrorResponse(const base::Status& status, std::string_view request_id);

// Sends the answer of one request, once, from any thread. Destroyed unused, it answers 500.
class Responder {
 public:
  virtual ~Responder() = default;
  virtual void Send(HttpResponse response) = 0;
};

// `request` lives until the handler has returned and the Responder is gone.
using Handler = std::function<void(const HttpRequest& request, std::unique_ptr<Responder> responder)>;

struct Route {
  std::string method;
  std::string pattern;  // "/v1/predict/{deployment}", "/v1/models/{model}:predict"; see route_table.h
  Permission permission;
  Handler handler;
};

struct HttpLimits {
  size_t header_bytes_max = 16 << 10;
  size_t headers_max = 64;
  size_t target_bytes_max = 8 << 10;
  size_t body_bytes_max = 16 << 20;
  size_t connections_max = 10'000;
  size_t pipelined_max = 64;
  int64_t header_timeout_ms = 10'000;
  int64_t body_timeout_ms = 30'000;
  int64_t idle_timeout_ms = 60'000;
  int64_t write_timeout_ms = 30'000;
};

struct HttpServerOptions {
  std::string address = "127.0.0.1";  // anything but loopback is refused until authentication is configured
  int port = 0;                       // 0: a free one
  std::string unix_socket;            // path, or empty
  int threads = 0;                    // 0: one a core
  HttpLimits limits;
};

// Counters for the metrics page, summed over loops. An error is an answer of 400 or more.
struct HttpServerStats {
  int64_t connections_open = 0, connections_total = 0, requests_total = 0, errors_total = 0;
};

class HttpServer {
 public:
  // kInvalidArgument: two routes with the same method and pattern, a bad pattern, an address that is not local, limits
  // that are not positive. kUnavailable: the port or the socket is taken.
  static base::Result<std::unique_ptr<HttpServer>> Start(std::vector<Route> routes, const HttpServerOptions& options);
  virtual ~HttpServer() = default;
  [[nodiscard]] virtual int port() const = 0;
  [[nodiscard]] virtual HttpServerStats Stats() const = 0;
  // Stops accepting, answers what has been received, closes idle connections; after deadline_ms the rest is cut.
  virtual void Shutdown(int64_t deadline_ms) = 0;
};

}  // namespace plumb::serve
