#include "serve/http_parser.h"

#include <algorithm>

#include "serve/http_target.h"
#include "serve/internal/syntax.h"

namespace plumb::serve {
namespace {

using base::InvalidArgument;
using base::ResourceExhausted;
using base::Unimplemented;

constexpr size_t kMethodBytesMax = 16;
constexpr size_t kBlankLinesMax = 4;
// What stands in a request line beside its target: a method, two blanks, "HTTP/1.1" and CRLF.
constexpr size_t kRequestLineExtraBytes = kMethodBytesMax + 2 + 8 + 2;
// A declared length is not memory until bytes come.
constexpr size_t kBodyReserveMax = 64 << 10;
constexpr size_t kLengthDigitsMax = 18;

}  // namespace

size_t HttpParser::Consume(std::string_view bytes) {
  size_t taken = 0;
  while (taken < bytes.size() && state_ != State::kDone && state_ != State::kFailed) {
    const std::string_view rest = bytes.substr(taken);
    taken += state_ == State::kBody ? ConsumeBody(rest) : ConsumeLine(rest);
  }
  return taken;
}

HttpParser::Request HttpParser::TakeRequest() {
  PLUMB_CHECK(state_ == State::kDone, "A request is taken when it is complete.");
  Request request = std::move(request_);
  request_ = Request();
  state_ = State::kIdle;
  in_request_line_ = true;
  expects_continue_ = false;
  blank_lines_ = header_bytes_ = body_bytes_left_ = 0;
  chunked_.reset();
  return request;
}

bool HttpParser::Fail(int status, base::Status error) {
  state_ = State::kFailed;
  error_status_ = status;
  error_ = std::move(error);
  return false;
}

bool HttpParser::FailLongLine() {
  if (in_request_line_) {
    return Fail(414, ResourceExhausted("Request target is too long: at most {} bytes.", limits_.target_bytes_max));
  }
  return Fail(431, ResourceExhausted("Request header is too large: at most {} bytes.", limits_.header_bytes_max));
}

size_t HttpParser::ConsumeLine(std::string_view bytes) {
  state_ = State::kHeader;
  const size_t line_max =
      in_request_line_ ? limits_.target_bytes_max + kRequestLineExtraBytes : limits_.header_bytes_max - header_bytes_;
  const size_t end = bytes.find('\n');
  const size_t count = end == std::string_view::npos ? bytes.size() : end + 1;
  if (partial_.size() + count > line_max) {
    FailLongLine();
    return count;
  }
  if (end == std::string_view::npos) {
    partial_.append(bytes);
    return count;
  }
  std::string_view line = bytes.substr(0, count);
  if (!partial_.empty()) line = partial_.append(line);
  if (line.size() < 2 || line[line.size() - 2] != '\r') {
    Fail(400, InvalidArgument("Request has a line that does not end in CRLF."));
  } else {
    if (!in_request_line_) header_bytes_ += line.size();
    TakeLine(line.substr(0, line.size() - 2));
  }
  partial_.clear();
  return count;
}

void HttpParser::TakeLine(std::string_view line) {
  if (in_request_line_ && line.empty()) {
    state_ = State::kIdle;
    if (++blank_lines_ > kBlankLinesMax) Fail(400, InvalidArgument("Request line is missing."));
  } else if (in_request_line_) {
    TakeRequestLine(line);
  } else if (line.empty()) {
    FinishHeader();
  } else {
    TakeHeaderLine(line);
  }
}

void HttpParser::TakeRequestLine(std::string_view line) {
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last || line.find(' ', first + 1) != last) {
    Fail(400, InvalidArgument("Request line is malformed; want METHOD TARGET HTTP/1.1."));
    return;
  }
  const std::string_view method = line.substr(0, first);
  const std::string_view version = line.substr(last + 1);
  if (!internal::IsToken(method)) {
    Fail(400, InvalidArgument("Request method is malformed."));
  } else if (version.size() != 8 || !version.starts_with("HTTP/") || !internal::IsDigit(version[5]) ||
             version[6] != '.' || !internal::IsDigit(version[7])) {
    Fail(400, InvalidArgument("Request line is malformed; want METHOD TARGET HTTP/1.1."));
  } else if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    Fail(505, Unimplemented("HTTP version is not spoken here: {}, want HTTP/1.1.", version));
  } else if (method.size() > kMethodBytesMax) {
    Fail(501, Unimplemented("Request method is not known."));
  } else {
    request_.request.method = method;
    request_.is_http_1_0 = version == "HTTP/1.0";
    TakeTarget(line.substr(first + 1, last - first - 1));
  }
}

void HttpParser::TakeTarget(std::string_view target) {
  if (target.size() > limits_.target_bytes_max) {
    FailLongLine();
    return;
  }
  std::optional<HttpTarget> parsed = ParseTarget(target);
  if (!parsed || (parsed->is_asterisk && request_.request.method != "OPTIONS")) {
    Fail(400, InvalidArgument("Request target is malformed."));
    return;
  }
  request_.target = target;
  request_.is_asterisk = parsed->is_asterisk;
  request_.segments = std::move(parsed->segments);
  request_.request.path = std::move(parsed->path);
  request_.request.query = std::move(parsed->query);
  // The absolute form's authority stands for the Host header (RFC 9112, 3.2.2).
  if (!parsed->authority.empty()) request_.request.headers.emplace_back(":authority", std::move(parsed->authority));
  in_request_line_ = false;
}

void HttpParser::TakeHeaderLine(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || !internal::IsToken(line.substr(0, colon))) {
    Fail(400, InvalidArgument("Request header has a malformed name."));
    return;
  }
  const std::string_view value = internal::TrimBlanks(line.substr(colon + 1));
  if (!internal::IsFieldValue(value)) {
    Fail(400, InvalidArgument("Request header has a malformed value: {}.", line.substr(0, colon)));
  } else if (request_.request.headers.size() >= limits_.headers_max) {
    Fail(431, ResourceExhausted("Request has too many headers: at most {}.", limits_.headers_max));
  } else {
    request_.request.headers.emplace_back(internal::LowerCase(line.substr(0, colon)), std::string(value));
  }
}

size_t HttpParser::CountHeader(std::string_view name) const {
  const auto& headers = request_.request.headers;
  return static_cast<size_t>(
      std::count_if(headers.begin(), headers.end(), [&](const auto& header) { return header.first == name; }));
}

void HttpParser::FinishHeader() {
  state_ = State::kBody;
  if (!CheckHost() || !ReadFraming() || !ReadExpectation()) return;
  ReadConnection();
  if (!chunked_ && body_bytes_left_ == 0) {
    state_ = State::kDone;
    return;
  }
  request_.request.body.reserve(std::min(body_bytes_left_, kBodyReserveMax));
}

bool HttpParser::CheckHost() {
  const size_t count = CountHeader("host");
  if (count > 1) return Fail(400, InvalidArgument("Request has more than one Host header."));
  if (count == 0 && !request_.is_http_1_0) return Fail(400, InvalidArgument("Request has no Host header."));
  auto& headers = request_.request.headers;
  if (headers.empty() || headers[0].first != ":authority") return true;
  std::string authority = std::move(headers[0].second);
  headers.erase(headers.begin());
  for (auto& [name, value] : headers) {
    if (name == "host") value = authority;
  }
  if (count == 0) headers.emplace_back("host", std::move(authority));
  return true;
}

bool HttpParser::ReadFraming() {
  const size_t lengths = CountHeader("content-length");
  const size_t codings = CountHeader("transfer-encoding");
  if (lengths > 1 || codings > 1 || lengths + codings > 1) {
    return Fail(400, InvalidArgument("Request says more than once how long its body is."));
  }
  if (lengths == 1) return ReadContentLength(request_.request.Header("content-length"));
  if (codings == 0) return true;
  if (request_.is_http_1_0) return Fail(400, InvalidArgument("Request of HTTP/1.0 cannot have a Transfer-Encoding."));
  if (!internal::EqualIgnoringCase(request_.request.Header("transfer-encoding"), "chunked")) {
    return Fail(501, Unimplemented("Transfer-Encoding is not known here; want chunked."));
  }
  chunked_.emplace(limits_.body_bytes_max, limits_.header_bytes_max);
  return true;
}

bool HttpParser::ReadContentLength(std::string_view value) {
  if (value.empty() || !std::all_of(value.begin(), value.end(), internal::IsDigit)) {
    return Fail(400, InvalidArgument("Content-Length is not a number."));
  }
  size_t length = 0;
  const bool is_long = value.size() > kLengthDigitsMax;
  for (const char c : value.substr(0, kLengthDigitsMax)) length = length * 10 + static_cast<size_t>(c - '0');
  if (is_long || length > limits_.body_bytes_max) {
    return Fail(413, ResourceExhausted("Request body is too large: at most {} bytes.", limits_.body_bytes_max));
  }
  body_bytes_left_ = length;
  return true;
}

bool HttpParser::ReadExpectation() {
  const std::string_view expectation = request_.request.Header("expect");
  if (expectation.empty() || request_.is_http_1_0) return true;
  if (!internal::EqualIgnoringCase(expectation, "100-continue")) {
    return Fail(417, Unimplemented("Expectation is not known here; want 100-continue."));
  }
  expects_continue_ = chunked_.has_value() || body_bytes_left_ > 0;
  return true;
}

void HttpParser::ReadConnection() {
  request_.keep_alive = !request_.is_http_1_0;
  for (const auto& [name, value] : request_.request.headers) {
    if (name != "connection") continue;
    if (internal::ListHas(value, "keep-alive")) request_.keep_alive = true;
  }
  // "close" is stronger, wherever it stands.
  for (const auto& [name, value] : request_.request.headers) {
    if (name == "connection" && internal::ListHas(value, "close")) request_.keep_alive = false;
  }
}

size_t HttpParser::ConsumeBody(std::string_view bytes) {
  std::string& body = request_.request.body;
  if (!chunked_) {
    const size_t count = std::min(body_bytes_left_, bytes.size());
    body.append(bytes.data(), count);
    body_bytes_left_ -= count;
    if (body_bytes_left_ == 0) state_ = State::kDone;
    return count;
  }
  const size_t count = chunked_->Consume(bytes, &body);
  switch (chunked_->state()) {
    case ChunkedDecoder::State::kNeedsMore:
      break;
    case ChunkedDecoder::State::kDone:
      state_ = State::kDone;
      break;
    case ChunkedDecoder::State::kMalformed:
      Fail(400, InvalidArgument("Request body has a malformed chunk."));
      break;
    case ChunkedDecoder::State::kTooLarge:
      Fail(413, ResourceExhausted("Request body is too large: at most {} bytes.", limits_.body_bytes_max));
      break;
  }
  return count;
}

}  // namespace plumb::serve
