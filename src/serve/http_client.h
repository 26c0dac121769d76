// http_client.h: a small blocking HTTP/1.1 client for the command line and for tests.
//
// One connection, kept open between requests and opened again when the server has closed it. A GET or HEAD that a kept
// connection loses is sent once more on a new one; other requests are not, since they may have been carried out.
// Answers may have a Content-Length, be chunked, or last until the end of the stream; header and body are bounded.
//
// A status of 400 and more is an answer, not an error. Errors: kUnavailable when nobody listens (it names the address
// and suggests `plumb serve`) or the connection broke, kDeadlineExceeded, kDataLoss for an answer that is not HTTP,
// kResourceExhausted for one that is too large, kInvalidArgument for a request that cannot be written.
//
// Thread safety: one user at a time.
//
//   HttpClient client({.port = server->port()});                        // from http_client_test.cc
//   PLUMB_ASSIGN_OR_RETURN(const HttpAnswer answer, client.Post("/v1/predict/late", "{}"));
//   answer.status;                                                      // 200
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/socket.h"
#include "base/status.h"
#include "base/time.h"

namespace plumb::serve {

struct HttpClientOptions {
  std::string host = "127.0.0.1";
  int port = 8080;
  std::string unix_socket;                      // path; then host and port are of no meaning
  base::Duration timeout = 30 * base::kSecond;  // of one request with its answer, connecting included
  size_t header_bytes_max = 64 << 10;
  size_t body_bytes_max = 64 << 20;
};

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpAnswer {
  int status = 0;
  HttpHeaders headers;  // names in lower case
  std::string body;
  [[nodiscard]] std::string_view Header(std::string_view name) const;  // or ""
};

// "8080", "127.0.0.1:8080", "localhost", "[::1]:8080", "http://localhost:8080/", "unix:/run/plumb.sock": how people
// write where a server is. kInvalidArgument otherwise.
base::Result<HttpClientOptions> ParseServerAddress(std::string_view text);

class HttpClient {
 public:
  explicit HttpClient(HttpClientOptions options) : options_(std::move(options)) {}

  // `target` begins with a slash and is encoded already (PercentEncode).
  base::Result<HttpAnswer> Get(const std::string& target, const HttpHeaders& headers = {});
  // As application/json unless `headers` say otherwise.
  base::Result<HttpAnswer> Post(const std::string& target, std::string_view body, const HttpHeaders& headers = {});
  base::Result<HttpAnswer> Send(const std::string& method, const std::string& target, std::string_view body,
                                const HttpHeaders& headers);

  // Where it connects to: "127.0.0.1:8080" or the socket's path.
  [[nodiscard]] std::string address() const;

 private:
  class AnswerReader;

  base::Result<HttpAnswer> Exchange(std::string_view request, bool is_head, int64_t end_nanos);
  base::Status Connect(int64_t end_nanos);
  void DropIfStale();

  HttpClientOptions options_;
  std::optional<base::ClientStream> stream_;
  bool answer_has_begun_ = false;  // of the latest exchange
};

}  // namespace plumb::serve
