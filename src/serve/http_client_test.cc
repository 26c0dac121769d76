#include "serve/http_client.h"

#include <gtest/gtest.h>

#include <optional>
#include <tuple>

#include "base/event_loop.h"
#include "base/executor.h"
#include "base/socket.h"
#include "serve/http_server.h"

namespace plumb::serve {
namespace {

constexpr base::Duration kPatience = 60 * base::kSecond;

std::unique_ptr<HttpServer> StartEcho(HttpServerOptions options = {}) {
  options.threads = 1;
  const Handler echo = [](const HttpRequest& request, std::unique_ptr<Responder> responder) {
    responder->Send({.status = 201,
                     .content_type = std::string(request.Header("content-type")),
                     .headers = {{"X-Method", request.method}},
                     .body = request.body});
  };
  auto server = HttpServer::Start(
      {{"GET", "/echo", Permission::kPublic, echo}, {"POST", "/echo", Permission::kPublic, echo}}, options);
  EXPECT_TRUE(server.ok()) << server.status().ToString();
  return std::move(server).value();
}

// A server that says `answer` to whoever connects, once, whatever is asked.
class Parrot {
 public:
  explicit Parrot(std::string answer) {
    auto listener = base::ListenTcp({});
    EXPECT_TRUE(listener.ok());
    listener_ = std::move(listener).value();
    auto bound = base::LocalPort(listener_);
    EXPECT_TRUE(bound.ok());
    port_ = *bound;
    EXPECT_TRUE(loop_
                    .Add(listener_.get(), base::kReadable,
                         [this, answer](uint32_t) {
                           auto peer = base::TryAccept(listener_.get());
                           if (!peer) return;
                           peer_ = std::move(peer->fd);
                           EXPECT_TRUE(loop_
                                           .Add(peer_.get(), base::kReadable,
                                                [this, answer](uint32_t) {
                                                  char buffer[4096];
                                                  (void)base::TryRead(peer_.get(), buffer, sizeof buffer);
                                                  (void)base::TryWrite(peer_.get(), answer);
                                                  loop_.Remove(peer_.get());
                                                  peer_.Reset();
                                                })
                                           .ok());
                         })
                    .ok());
    thread_.emplace("parrot", [this] { loop_.Run(); });
  }
  ~Parrot() {
    loop_.Stop();
    thread_.reset();
  }
  [[nodiscard]] int port() const { return port_; }

 private:
  base::EventLoop loop_;
  base::FileDescriptor listener_, peer_;
  std::optional<base::Thread> thread_;
  int port_ = 0;
};

TEST(HttpClient, PostsAndGets) {
  const auto server = StartEcho();
  HttpClient client({.port = server->port(), .timeout = kPatience});
  const auto posted = client.Post("/echo", "{\"a\": 1}");
  ASSERT_TRUE(posted.ok()) << posted.status().ToString();
  EXPECT_EQ(posted->status, 201);
  EXPECT_EQ(posted->body, "{\"a\": 1}");
  EXPECT_EQ(posted->Header("content-type"), "application/json");
  EXPECT_EQ(posted->Header("x-method"), "POST");
  const auto got = client.Get("/echo", {{"X-Request-Id", "mine"}});
  ASSERT_TRUE(got.ok()) << got.status().ToString();
  EXPECT_EQ(got->Header("x-request-id"), "mine");
  const auto head = client.Send("HEAD", "/echo", "", {});
  ASSERT_TRUE(head.ok()) << head.status().ToString();
  EXPECT_EQ(client.Get("/none")->status, 404);
  EXPECT_EQ(server->Stats().connections_total, 1);
}

TEST(HttpClient, CarriesLargeBodies) {
  const auto server = StartEcho();
  HttpClient client({.port = server->port(), .timeout = kPatience});
  const std::string body(8 << 20, 'x');
  const auto answer = client.Post("/echo", body);
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_TRUE(answer->body == body);
}

TEST(HttpClient, ReadsTheRefusalOfABodyThatIsTooLarge) {
  HttpServerOptions options;
  options.limits.body_bytes_max = 1 << 20;
  const auto server = StartEcho(options);
  HttpClient client({.port = server->port(), .timeout = kPatience});
  const auto answer = client.Post("/echo", std::string((1 << 20) + 1, 'x'));
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_EQ(answer->status, 413);
  EXPECT_EQ(client.Post("/echo", "small")->status, 201);
}

TEST(HttpClient, ConnectsAgainWhenTheServerHasClosed) {
  HttpServerOptions options;
  auto server = StartEcho(options);
  options.port = server->port();
  HttpClient client({.port = server->port(), .timeout = kPatience});
  ASSERT_TRUE(client.Get("/echo").ok());
  server.reset();
  server = StartEcho(options);
  const auto answer = client.Post("/echo", "again");
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_EQ(answer->body, "again");
}

TEST(HttpClient, SpeaksOverAUnixSocket) {
  HttpServerOptions options;
  options.unix_socket = testing::TempDir() + "client_" + std::to_string(StartEcho()->port()) + ".sock";
  const auto server = StartEcho(options);
  HttpClient client({.unix_socket = options.unix_socket, .timeout = kPatience});
  const auto answer = client.Post("/echo", "over a file");
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_EQ(answer->body, "over a file");
}

TEST(HttpClient, SaysWhereNobodyListens) {
  auto server = StartEcho();
  const int port = server->port();
  server.reset();
  const auto answer = HttpClient({.port = port, .timeout = kPatience}).Get("/echo");
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.status().code(), base::Code::kUnavailable);
  EXPECT_EQ(answer.status().message(), "Cannot connect to 127.0.0.1:" + std::to_string(port) + ": connection refused.");
  EXPECT_NE(answer.status().suggestion().find("plumb serve"), std::string::npos);
  const auto no_file = HttpClient({.unix_socket = "/nonexistent/plumb.sock"}).Get("/");
  EXPECT_EQ(no_file.status().code(), base::Code::kUnavailable);
}

struct Case {
  const char* answer;
  base::Code code;
  const char* body;
};

class HttpClientAnswers : public testing::TestWithParam<Case> {};

TEST_P(HttpClientAnswers, AreReadOrRefused) {
  const Case& c = GetParam();
  Parrot parrot(c.answer);
  HttpClient client({.port = parrot.port(), .timeout = kPatience, .header_bytes_max = 100, .body_bytes_max = 10});
  const auto answer = client.Get("/");
  EXPECT_EQ(answer.ok() ? base::Code::kOk : answer.status().code(), c.code);
  if (answer.ok()) {
    EXPECT_EQ(answer->body, c.body);
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, HttpClientAnswers,
    testing::Values(
        Case{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", base::Code::kOk, "abc"},
        Case{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", base::Code::kOk, "abc"},
        Case{"HTTP/1.0 200 OK\r\n\r\nto the end", base::Code::kOk, "to the end"},
        Case{"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 \r\n\r\n", base::Code::kOk, ""},
        Case{"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n", base::Code::kResourceExhausted, ""},
        Case{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n", base::Code::kResourceExhausted, ""},
        Case{"HTTP/1.1 200 OK\r\n\r\n01234567890", base::Code::kResourceExhausted, ""},
        Case{"HTTP/1.1 200 OK\r\nLong: "
             "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234"
             "\r\n\r\n",
             base::Code::kResourceExhausted, ""},
        Case{"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", base::Code::kDataLoss, ""},
        Case{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", base::Code::kUnavailable, ""},
        Case{"HTTP/1.1 200 OK\r\nbad header\r\n\r\n", base::Code::kDataLoss, ""},
        Case{"SSH-2.0-OpenSSH_9.2\r\n", base::Code::kDataLoss, ""}, Case{"", base::Code::kUnavailable, ""}));

TEST(HttpClient, RefusesWhatCannotBeWritten) {
  HttpClient client({});
  EXPECT_EQ(client.Get("no slash").status().code(), base::Code::kInvalidArgument);
  EXPECT_EQ(client.Get("/a b").status().code(), base::Code::kInvalidArgument);
  EXPECT_EQ(client.Get("/", {{"A", "b\r\nC: d"}}).status().code(), base::Code::kInvalidArgument);
}

TEST(HttpClient, UnderstandsServerAddresses) {
  const std::vector<std::tuple<const char*, const char*, int>> good = {
      {"9090", "127.0.0.1", 9090},       {"localhost", "localhost", 8080},
      {"127.0.0.1:81", "127.0.0.1", 81}, {"http://localhost:82/", "localhost", 82},
      {"[::1]:83", "::1", 83},           {"[::1]", "::1", 8080}};
  for (const auto& [text, host, port] : good) {
    const auto options = ParseServerAddress(text);
    ASSERT_TRUE(options.ok()) << text;
    EXPECT_EQ(options->host, host) << text;
    EXPECT_EQ(options->port, port) << text;
  }
  EXPECT_EQ(ParseServerAddress("unix:/run/p.sock")->unix_socket, "/run/p.sock");
  for (const char* text :
       {"", ":80", "a:", "a:0", "a:65536", "a:b", "[::1", "[::1]x", "https://a", "a/b", "unix:", "a b"}) {
    EXPECT_EQ(ParseServerAddress(text).status().code(), base::Code::kInvalidArgument) << text;
  }
}

}  // namespace
}  // namespace plumb::serve
