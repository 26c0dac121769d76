#include "serve/internal/response_writer.h"

#include <array>
#include <charconv>

#include "base/log.h"
#include "serve/internal/syntax.h"

namespace plumb::serve::internal {
namespace {

struct Reason {
  int status;
  std::string_view phrase;
};

constexpr Reason kReasons[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {499, "Client Closed Request"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

void AppendNumber(size_t number, std::string* out) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out->append(digits.data(), end.ptr);
}

bool IsServersOwn(std::string_view name) {
  constexpr std::string_view kOwn[] = {"content-length",    "content-type", "connection",
                                       "transfer-encoding", "x-request-id", "x-content-type-options"};
  for (const std::string_view own : kOwn) {
    if (EqualIgnoringCase(name, own)) return true;
  }
  return false;
}

void AppendHeader(std::string_view name, std::string_view value, std::string* out) {
  out->append(name).append(": ").append(value).append("\r\n");
}

void AppendHandlersHeaders(const HttpResponse& response, std::string_view request_id, std::string* out) {
  for (const auto& [name, value] : response.headers) {
    if (!IsToken(name) || !IsFieldValue(value)) {
      base::Log(base::Level::kError, "Response header is malformed and was left out.", {{"request_id", request_id}});
    } else if (!IsServersOwn(name)) {
      AppendHeader(name, value, out);
    }
  }
}

}  // namespace

std::string_view ReasonPhrase(int status) {
  for (const Reason& reason : kReasons) {
    if (reason.status == status) return reason.phrase;
  }
  return "";
}

void AppendResponse(const HttpResponse& response, const ResponseFraming& framing, std::string* out) {
  // A final status: nothing else can end a request.
  const int status = response.status >= 200 && response.status <= 599 ? response.status : 500;
  const bool has_body = status != 204 && status != 304;
  out->append("HTTP/1.1 ");
  AppendNumber(static_cast<size_t>(status), out);
  out->append(" ").append(ReasonPhrase(status)).append("\r\n");
  if (has_body && !response.content_type.empty() && IsFieldValue(response.content_type)) {
    AppendHeader("Content-Type", response.content_type, out);
  }
  // 204 may not have a length (RFC 9110, 8.6); that of 304 would be of a body that is not sent.
  if (has_body) {
    out->append("Content-Length: ");
    AppendNumber(response.body.size(), out);
    out->append("\r\n");
  }
  AppendHeader("X-Content-Type-Options", "nosniff", out);
  AppendHeader("X-Request-Id", framing.request_id, out);
  AppendHandlersHeaders(response, framing.request_id, out);
  if (!framing.keep_alive) {
    AppendHeader("Connection", "close", out);
  } else if (framing.is_http_1_0) {
    AppendHeader("Connection", "keep-alive", out);
  }
  out->append("\r\n");
  if (has_body && !framing.is_head) out->append(response.body);
}

}  // namespace plumb::serve::internal
