// http_parser.h: one HTTP/1.x request out of a stream of bytes, bounded and without looking back (RFC 9112).
//
// Why our own: everything that lets two parsers disagree about where a request ends (request smuggling) is refused, not
// repaired: bare LF, folded lines, blanks before the colon, a repeated or odd Content-Length, Content-Length beside
// Transfer-Encoding, any transfer coding but chunked. Every size has a limit (HttpLimits), checked before memory is
// taken.
//
// What is wrong has an HTTP status: 400 malformed, 413 body, 414 target and 431 header too large, 417 unknown
// expectation, 501 unknown transfer coding or over-long method, 505 not HTTP/1.0 or 1.1. The parser then takes no more
// bytes.
//
// Thread safety: a value with one user. Invariant: the result does not depend on where the bytes were split.
//
//   HttpParser parser(limits);                                                 // from http_parser_test.cc
//   size_t taken = parser.Consume("GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\nGET /next");
//   parser.state();                                                            // kDone; the rest belongs to the next
//   request HttpParser::Request request = parser.TakeRequest();
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "serve/chunked_decoder.h"
#include "serve/http_server.h"

namespace plumb::serve {

class HttpParser {
 public:
  enum class State : unsigned char {
    kIdle,    // nothing of a request has come
    kHeader,  // in the request line or the header
    kBody,    // the header is complete
    kDone,    // TakeRequest
    kFailed,  // error_status, error
  };

  struct Request {
    HttpRequest request;  // without parameters, request_id and granted
    std::vector<std::string> segments;
    std::string target;  // as it was sent: printable ASCII
    bool is_asterisk = false;
    bool keep_alive = true;
    bool is_http_1_0 = false;
  };

  explicit HttpParser(const HttpLimits& limits) : limits_(limits) {}

  // Takes bytes from the front and returns how many: all, unless the request ended or is in error.
  size_t Consume(std::string_view bytes);

  [[nodiscard]] State state() const { return state_; }
  // The client waits for "100 Continue" before it sends the body. Known from kBody on.
  [[nodiscard]] bool expects_continue() const { return expects_continue_; }

  // Requires kDone; the parser is ready for the next request then.
  Request TakeRequest();

  // Require kFailed.
  [[nodiscard]] int error_status() const { return error_status_; }
  [[nodiscard]] const base::Status& error() const { return error_; }

 private:
  size_t ConsumeLine(std::string_view bytes);
  size_t ConsumeBody(std::string_view bytes);
  void TakeLine(std::string_view line);
  void TakeRequestLine(std::string_view line);
  void TakeTarget(std::string_view target);
  void TakeHeaderLine(std::string_view line);
  void FinishHeader();
  bool CheckHost();
  bool ReadFraming();
  bool ReadContentLength(std::string_view value);
  bool ReadExpectation();
  void ReadConnection();
  [[nodiscard]] size_t CountHeader(std::string_view name) const;
  bool FailLongLine();
  bool Fail(int status, base::Status error);

  const HttpLimits limits_;
  State state_ = State::kIdle;
  Request request_;
  bool in_request_line_ = true;
  bool expects_continue_ = false;
  size_t blank_lines_ = 0;   // before the request line
  size_t header_bytes_ = 0;  // of complete lines
  size_t body_bytes_left_ = 0;
  std::string partial_;  // the beginning of a line whose end has not come
  std::optional<ChunkedDecoder> chunked_;
  int error_status_ = 0;
  base::Status error_;
};

}  // namespace plumb::serve
