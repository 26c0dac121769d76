#include "serve/http_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/clock.h"
#include "serve/chunked_decoder.h"
#include "serve/internal/syntax.h"

namespace plumb::serve {
namespace {

constexpr size_t kReadBytes = 64 << 10;
constexpr int kInterimAnswersMax = 8;

base::Duration TimeLeft(int64_t end_nanos) { return (end_nanos - base::RealClock().SteadyNanos()) / 1000; }

bool HasHeader(const HttpHeaders& headers, std::string_view name) {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const auto& header) { return internal::EqualIgnoringCase(header.first, name); });
}

base::Status NotHttp(std::string_view what) { return base::DataLoss("Server's answer is not HTTP: {}.", what); }

bool ParseNumber(std::string_view text, uint64_t* number) {
  const auto end = std::from_chars(text.data(), text.data() + text.size(), *number);
  return !text.empty() && end.ec == std::errc() && end.ptr == text.data() + text.size();
}

base::Status CheckRequest(std::string_view method, std::string_view target, const HttpHeaders& headers) {
  const bool is_target = target.starts_with('/') && std::all_of(target.begin(), target.end(), [](char c) {
                           return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7f;
                         });
  if (!internal::IsToken(method) || !is_target) {
    return base::InvalidArgument("Request cannot be written: {} {}.", method, target);
  }
  for (const auto& [name, value] : headers) {
    if (!internal::IsToken(name) || !internal::IsFieldValue(value)) {
      return base::InvalidArgument("Request header cannot be written: {}.", name);
    }
  }
  return base::Status();
}

}  // namespace

// Reads one answer from the stream: status line and header by lines, then the body as the header says.
class HttpClient::AnswerReader {
 public:
  AnswerReader(HttpClient* client, int64_t end_nanos) : client_(*client), end_nanos_(end_nanos) {}

  base::Result<HttpAnswer> Read(bool is_head) {
    HttpAnswer answer;
    // 1xx are not the answer yet.
    for (int i = 0; i < kInterimAnswersMax && answer.status / 100 <= 1; ++i) {
      PLUMB_ASSIGN_OR_RETURN(answer, ReadHeader());
    }
    if (answer.status / 100 <= 1) return NotHttp("no final status");
    if (!is_head && answer.status != 204 && answer.status != 304) PLUMB_RETURN_IF_ERROR(ReadBody(&answer));
    const bool is_reusable =
        !is_until_end_ && !is_http_1_0_ && buffer_.empty() && !internal::ListHas(answer.Header("connection"), "close");
    if (!is_reusable) client_.stream_.reset();
    return answer;
  }

 private:
  // More bytes into buffer_; false at the end of the stream.
  base::Result<bool> Fill() {
    std::string step(kReadBytes, '\0');
    PLUMB_ASSIGN_OR_RETURN(const size_t got, client_.stream_->Read(step.data(), step.size(), TimeLeft(end_nanos_)));
    buffer_.append(step, 0, got);
    if (got > 0) client_.answer_has_begun_ = true;
    return got > 0;
  }

  base::Result<std::string> ReadLine() {
    size_t looked = 0;
    while (true) {
      const size_t end = buffer_.find('\n', looked);
      const size_t size = end == std::string::npos ? buffer_.size() : end + 1;
      if (header_bytes_ + size > client_.options_.header_bytes_max) {
        return base::ResourceExhausted("Server's answer has too large a header: more than {} bytes.",
                                       client_.options_.header_bytes_max);
      }
      if (end != std::string::npos) {
        header_bytes_ += size;
        std::string line = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        if (line.ends_with('\r')) line.pop_back();
        return line;
      }
      looked = buffer_.size();
      PLUMB_ASSIGN_OR_RETURN(const bool has_more, Fill());
      if (!has_more) return base::Unavailable("Connection was closed by the server before its answer was complete.");
    }
  }

  base::Result<HttpAnswer> ReadHeader() {
    HttpAnswer answer;
    PLUMB_ASSIGN_OR_RETURN(const std::string first, ReadLine());
    uint64_t status = 0;
    const bool is_status_line = first.size() >= 12 && first.starts_with("HTTP/1.") && first[8] == ' ' &&
                                ParseNumber(std::string_view(first).substr(9, 3), &status) && status >= 100;
    if (!is_status_line) return NotHttp("status line");
    answer.status = static_cast<int>(status);
    is_http_1_0_ = first[7] == '0';
    while (true) {
      PLUMB_ASSIGN_OR_RETURN(const std::string line, ReadLine());
      if (line.empty()) return answer;
      const std::string_view text = line;
      const size_t colon = text.find(':');
      if (colon == std::string_view::npos || !internal::IsToken(text.substr(0, colon))) return NotHttp("header");
      answer.headers.emplace_back(internal::LowerCase(text.substr(0, colon)),
                                  std::string(internal::TrimBlanks(text.substr(colon + 1))));
    }
  }

  base::Status ReadBody(HttpAnswer* answer) {
    const std::string_view coding = answer->Header("transfer-encoding");
    if (internal::EqualIgnoringCase(coding, "chunked")) return ReadChunked(&answer->body);
    if (!coding.empty()) return base::Unimplemented("Server's answer has an unknown coding: {}.", coding);
    const std::string_view length_text = answer->Header("content-length");
    if (length_text.empty()) return ReadToEnd(&answer->body);
    uint64_t length = 0;
    if (!ParseNumber(length_text, &length)) return NotHttp("Content-Length");
    if (length > client_.options_.body_bytes_max) return TooLarge();
    while (buffer_.size() < length) {
      PLUMB_ASSIGN_OR_RETURN(const bool has_more, Fill());
      if (!has_more) return CutShort();
    }
    answer->body = buffer_.substr(0, length);
    buffer_.erase(0, length);
    return base::Status();
  }

  base::Status ReadChunked(std::string* body) {
    ChunkedDecoder decoder(client_.options_.body_bytes_max, client_.options_.header_bytes_max);
    while (true) {
      buffer_.erase(0, decoder.Consume(buffer_, body));
      if (decoder.state() == ChunkedDecoder::State::kDone) return base::Status();
      if (decoder.state() == ChunkedDecoder::State::kTooLarge) return TooLarge();
      if (decoder.state() == ChunkedDecoder::State::kMalformed) return NotHttp("chunk");
      PLUMB_ASSIGN_OR_RETURN(const bool has_more, Fill());
      if (!has_more) return CutShort();
    }
  }

  base::Status ReadToEnd(std::string* body) {
    is_until_end_ = true;
    while (true) {
      if (buffer_.size() > client_.options_.body_bytes_max) return TooLarge();
      PLUMB_ASSIGN_OR_RETURN(const bool has_more, Fill());
      if (has_more) continue;
      *body = std::move(buffer_);
      buffer_.clear();
      return base::Status();
    }
  }

  [[nodiscard]] base::Status TooLarge() const {
    return base::ResourceExhausted("Server's answer is too large: more than {} bytes.",
                                   client_.options_.body_bytes_max);
  }
  static base::Status CutShort() {
    return base::Unavailable("Connection was closed by the server before its answer was complete.");
  }

  HttpClient& client_;
  const int64_t end_nanos_;
  std::string buffer_;
  size_t header_bytes_ = 0;
  bool is_http_1_0_ = false;
  bool is_until_end_ = false;
};

std::string_view HttpAnswer::Header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return "";
}

std::string HttpClient::address() const {
  if (!options_.unix_socket.empty()) return options_.unix_socket;
  const bool is_v6 = options_.host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", is_v6 ? "[" : "", options_.host, is_v6 ? "]" : "", options_.port);
}

base::Result<HttpAnswer> HttpClient::Get(const std::string& target, const HttpHeaders& headers) {
  return Send("GET", target, "", headers);
}

base::Result<HttpAnswer> HttpClient::Post(const std::string& target, std::string_view body,
                                          const HttpHeaders& headers) {
  if (HasHeader(headers, "content-type")) return Send("POST", target, body, headers);
  HttpHeaders with_type = headers;
  with_type.emplace_back("Content-Type", "application/json");
  return Send("POST", target, body, with_type);
}

base::Result<HttpAnswer> HttpClient::Send(const std::string& method, const std::string& target, std::string_view body,
                                          const HttpHeaders& headers) {
  PLUMB_RETURN_IF_ERROR(CheckRequest(method, target, headers));
  const int64_t end_nanos = base::RealClock().SteadyNanos() + options_.timeout * 1000;
  std::string request = fmt::format("{} {} HTTP/1.1\r\n", method, target);
  if (!HasHeader(headers, "host")) {
    request.append(fmt::format("Host: {}\r\n", options_.unix_socket.empty() ? address() : "localhost"));
  }
  for (const auto& [name, value] : headers) request.append(fmt::format("{}: {}\r\n", name, value));
  const bool is_safe = method == "GET" || method == "HEAD";
  if (!body.empty() || !is_safe) request.append(fmt::format("Content-Length: {}\r\n", body.size()));
  request.append("\r\n").append(body);

  DropIfStale();
  const bool was_kept = stream_.has_value();
  base::Result<HttpAnswer> answer = Exchange(request, method == "HEAD", end_nanos);
  if (answer.ok()) return answer;
  stream_.reset();
  const bool was_lost = was_kept && !answer_has_begun_ && answer.status().code() == base::Code::kUnavailable;
  if (!was_lost || !is_safe) return answer;
  answer = Exchange(request, method == "HEAD", end_nanos);
  if (!answer.ok()) stream_.reset();
  return answer;
}

base::Result<HttpAnswer> HttpClient::Exchange(std::string_view request, bool is_head, int64_t end_nanos) {
  answer_has_begun_ = false;
  if (!stream_) PLUMB_RETURN_IF_ERROR(Connect(end_nanos));
  // A server that refuses a request in the middle has answered: writing may fail while there is something to read.
  const base::Status written = stream_->WriteAll(request, TimeLeft(end_nanos));
  if (!written.ok() && written.code() != base::Code::kUnavailable) return written.WithContext(address());
  AnswerReader reader(this, end_nanos);
  base::Result<HttpAnswer> answer = reader.Read(is_head);
  if (!answer.ok()) return answer.status().WithContext(address());
  if (!written.ok()) stream_.reset();
  return answer;
}

base::Status HttpClient::Connect(int64_t end_nanos) {
  const base::Duration left = TimeLeft(end_nanos);
  base::Result<base::ClientStream> stream =
      options_.unix_socket.empty()
          ? base::ClientStream::ConnectTcp(options_.host, static_cast<uint16_t>(options_.port), left)
          : base::ClientStream::ConnectUnix(options_.unix_socket, left);
  if (stream.ok()) {
    stream_ = std::move(stream).value();
    return base::Status();
  }
  const base::Code code = stream.status().code();
  const std::string& message = stream.status().message();
  std::string reason = message;
  if (message.find("refused") != std::string::npos) reason = "connection refused.";
  if (code == base::Code::kNotFound) reason = "no such socket.";
  if (code == base::Code::kDeadlineExceeded) reason = "it did not answer in time.";
  return base::Status(code == base::Code::kNotFound ? base::Code::kUnavailable : code,
                      fmt::format("Cannot connect to {}: {}", address(), reason))
      .WithSuggestion("Start the server with `plumb serve`, or say where it is.");
}

void HttpClient::DropIfStale() {
  if (!stream_) return;
  // Between requests a server has nothing to say but that it closed.
  char byte;
  if (base::TryRead(stream_->fd(), &byte, 1).kind != base::IoResult::Kind::kWouldBlock) stream_.reset();
}

base::Result<HttpClientOptions> ParseServerAddress(std::string_view text) {
  const base::Status error = base::InvalidArgument("Server address is malformed: {}.", text)
                                 .WithSuggestion("Write it as 127.0.0.1:8080 or unix:/path/to/socket.");
  HttpClientOptions options;
  if (text.starts_with("unix:")) {
    options.unix_socket = text.substr(5);
    return options.unix_socket.empty() ? base::Result<HttpClientOptions>(error) : options;
  }
  if (text.starts_with("http://")) text.remove_prefix(7);
  if (text.ends_with('/')) text.remove_suffix(1);
  const bool is_port_only = !text.empty() && std::all_of(text.begin(), text.end(), internal::IsDigit);
  const size_t bracket = text.starts_with('[') ? text.find(']') : 0;
  if (bracket == std::string_view::npos) return error;
  const size_t colon = is_port_only ? std::string_view::npos : text.find(':', bracket);
  const std::string_view port = is_port_only ? text : (colon == std::string_view::npos ? "" : text.substr(colon + 1));
  if (!is_port_only) options.host = text.substr(0, colon);
  if (bracket > 0) options.host = text.substr(1, bracket - 1);
  if (bracket > 0 && colon != bracket + 1 && bracket + 1 != text.size()) return error;
  uint64_t number = static_cast<uint64_t>(options.port);
  const bool has_port = is_port_only || colon != std::string_view::npos;
  if (has_port && (!ParseNumber(port, &number) || number == 0 || number > 65535)) return error;
  const bool is_host = !options.host.empty() && options.host.find_first_of("/?#@ \t\r\n") == std::string::npos;
  if (!is_host) return error;
  options.port = static_cast<int>(number);
  return options;
}

}  // namespace plumb::serve
