#include "serve/http_server.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>

#include "base/executor.h"
#include "base/log.h"
#include "base/random.h"
#include "base/socket.h"

namespace plumb::serve {
namespace {

constexpr base::Duration kPatience = 60 * base::kSecond;  // no test waits so long unless it fails

// Requests whose handlers keep their Responder until the test lets them answer.
class Held {
 public:
  void Keep(const std::string& name, std::unique_ptr<Responder> responder) {
    const std::lock_guard lock(mutex_);
    responders_[name] = std::move(responder);
    ++total_;
    changed_.notify_all();
  }
  std::unique_ptr<Responder> Take(const std::string& name) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return responders_.contains(name); });
    auto responder = std::move(responders_.at(name));
    responders_.erase(name);
    return responder;
  }
  void Answer(const std::string& name) { Take(name)->Send({.body = name}); }
  int total() {
    const std::lock_guard lock(mutex_);
    return total_;
  }

 private:
  std::mutex mutex_;  // guards the rest
  std::condition_variable changed_;
  std::map<std::string, std::unique_ptr<Responder>> responders_;
  int total_ = 0;
};

class HttpServerTest : public testing::Test {
 protected:
  HttpServerTest() {
    options_.threads = 2;
    base::SetLogSink([](std::string_view) {});
  }
  ~HttpServerTest() override {
    server_.reset();
    base::SetLogSink(nullptr);
  }

  std::vector<Route> Routes() {
    const auto route = [](const char* method, const char* pattern, Handler handler) {
      return Route{method, pattern, Permission::kPublic, std::move(handler)};
    };
    return {
        route("GET", "/hello", [](const HttpRequest&, auto responder) { responder->Send({.body = "hello"}); }),
        route("POST", "/echo",
              [](const HttpRequest& request, auto responder) { responder->Send({.body = request.body}); }),
        route("GET", "/wait/{name}",
              [this](const HttpRequest& request, auto responder) {
                held_.Keep(std::string(request.Parameter("name")), std::move(responder));
              }),
        route("GET", "/drop", [](const HttpRequest&, auto) {}),
        route("GET", "/large",
              [](const HttpRequest&, auto responder) { responder->Send({.body = std::string(32 << 20, 'x')}); }),
    };
  }

  void Start() {
    auto server = HttpServer::Start(Routes(), options_);
    ASSERT_TRUE(server.ok()) << server.status().ToString();
    server_ = std::move(server).value();
  }

  base::ClientStream Connect() {
    auto stream = base::ClientStream::ConnectTcp("127.0.0.1", static_cast<uint16_t>(server_->port()), kPatience);
    EXPECT_TRUE(stream.ok()) << stream.status().ToString();
    return std::move(stream).value();
  }

  // What the server says to `request` until it closes.
  std::string Ask(std::string_view request) {
    base::ClientStream stream = Connect();
    Write(stream, request);
    return ReadAll(stream);
  }

  static void Write(base::ClientStream& stream, std::string_view bytes) {
    const base::Status status = stream.WriteAll(bytes, kPatience);
    EXPECT_TRUE(status.ok()) << status.ToString();
  }
  static std::string ReadAll(base::ClientStream& stream) {
    auto bytes = stream.ReadToEnd(64 << 20, kPatience);
    EXPECT_TRUE(bytes.ok()) << bytes.status().ToString();
    return bytes.ok() ? *bytes : "";
  }
  // Up to and with `end`.
  static std::string ReadUntil(base::ClientStream& stream, std::string_view end) {
    std::string bytes;
    char byte;
    while (!bytes.ends_with(end)) {
      const auto got = stream.Read(&byte, 1, kPatience);
      if (!got.ok() || *got == 0) break;
      bytes.push_back(byte);
    }
    return bytes;
  }
  static int StatusOf(std::string_view answer) {
    return answer.size() < 12 ? 0 : std::stoi(std::string(answer.substr(9, 3)));
  }

  HttpServerOptions options_;
  Held held_;
  std::unique_ptr<HttpServer> server_;
};

std::string Get(const std::string& path, const std::string& headers = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n";
}
std::string LastGet(const std::string& path) { return Get(path, "Connection: close\r\n"); }

TEST_F(HttpServerTest, AnswersWithLengthIdAndNosniff) {
  Start();
  const std::string answer = Ask(Get("/hello", "Connection: close\r\nX-Request-Id: my-id\r\n"));
  EXPECT_EQ(
      answer,
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5\r\nX-Content-Type-Options: nosniff\r\n"
      "X-Request-Id: my-id\r\nConnection: close\r\n\r\nhello");
}

TEST_F(HttpServerTest, KeepsTheConnection) {
  Start();
  base::ClientStream stream = Connect();
  for (int i = 0; i < 3; ++i) {
    Write(stream, Get("/hello"));
    EXPECT_EQ(StatusOf(ReadUntil(stream, "hello")), 200);
  }
  EXPECT_EQ(server_->Stats().connections_total, 1);
  EXPECT_EQ(server_->Stats().connections_open, 1);
  EXPECT_EQ(server_->Stats().requests_total, 3);
}

TEST_F(HttpServerTest, ClosesAfterHttp10) {
  Start();
  EXPECT_TRUE(Ask("GET /hello HTTP/1.0\r\n\r\n").ends_with("Connection: close\r\n\r\nhello"));
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInOrder) {
  Start();
  base::ClientStream stream = Connect();
  Write(stream, Get("/wait/a") + Get("/hello") + Get("/wait/b") + LastGet("/hello"));
  held_.Answer("b");
  held_.Answer("a");
  const std::string answers = ReadAll(stream);
  const size_t a = answers.find("\r\n\r\na"), b = answers.find("\r\n\r\nb");
  const size_t first = answers.find("hello"), second = answers.rfind("hello");
  EXPECT_LT(a, first);
  EXPECT_LT(first, b);
  EXPECT_LT(b, second);
  EXPECT_EQ(answers.find("Connection: close"), answers.rfind("Connection: close"));
}

TEST_F(HttpServerTest, TakesNoMoreRequestsThanMayWait) {
  options_.limits.pipelined_max = 2;
  Start();
  base::ClientStream stream = Connect();
  std::string requests;
  for (char name = 'a'; name < 'k'; ++name) requests += Get(std::string("/wait/") + name);
  Write(stream, requests + LastGet("/hello"));
  for (char name = 'a'; name < 'k'; ++name) {
    // The one after the next is not even begun before this one is answered.
    auto responder = held_.Take(std::string(1, name));
    EXPECT_LE(held_.total(), name - 'a' + 2);
    responder->Send({.body = std::string("<") + name + ">"});
  }
  const std::string answers = ReadAll(stream);
  size_t place = 0;
  for (char name = 'a'; name < 'k'; ++name) {
    place = answers.find(std::string("<") + name + ">", place);
    ASSERT_NE(place, std::string::npos) << name;
  }
  EXPECT_TRUE(answers.ends_with("hello"));
}

TEST_F(HttpServerTest, SplitsNothingHoweverBytesCome) {
  Start();
  const uint64_t seed = base::RandomSeed();
  SCOPED_TRACE("seed " + std::to_string(seed));
  base::Random random(seed);
  std::string requests;
  for (int i = 0; i < 200; ++i) {
    requests += "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n" + std::to_string(1000 + i);
  }
  requests += LastGet("/hello");
  base::ClientStream stream = Connect();
  for (std::string_view rest = requests; !rest.empty();) {
    const size_t count = std::min<size_t>(rest.size(), 1 + random.Below(100));
    Write(stream, rest.substr(0, count));
    rest.remove_prefix(count);
  }
  const std::string answers = ReadAll(stream);
  size_t place = 0;
  for (int i = 0; i < 200; ++i) {
    place = answers.find("\r\n\r\n" + std::to_string(1000 + i), place);
    ASSERT_NE(place, std::string::npos) << i;
  }
}

TEST_F(HttpServerTest, ReadsChunkedBodies) {
  Start();
  EXPECT_TRUE(Ask("POST /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
                  .ends_with("\r\n\r\nabcde"));
}

TEST_F(HttpServerTest, TellsTheClientToContinue) {
  Start();
  base::ClientStream stream = Connect();
  Write(stream,
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 3\r\nExpect: "
        "100-continue\r\n\r\n");
  EXPECT_EQ(ReadUntil(stream, "\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  Write(stream, "abc");
  EXPECT_TRUE(ReadAll(stream).ends_with("\r\n\r\nabc"));
}

TEST_F(HttpServerTest, AnswersWhatItDoesNotTake) {
  options_.limits.body_bytes_max = 100;
  Start();
  const std::string host = "Host: localhost\r\n";
  const std::vector<std::pair<std::string, int>> cases = {
      {"GET / HTTP/1.1\n\n", 400},
      {"GET /hello HTTP/1.1\r\n\r\n", 400},
      {"GET /hello HTTP/2.0\r\n\r\n", 505},
      {"POST /echo HTTP/1.1\r\n" + host + "Content-Length: 101\r\n\r\n" + std::string(101, 'x'), 413},
      {"GET /" + std::string(9000, 'x') + " HTTP/1.1\r\n" + host + "\r\n", 414},
      {Get("/hello", "X-Long: " + std::string(20000, 'x') + "\r\n"), 431},
      {"POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip\r\n\r\n", 501},
      {LastGet("/helo"), 404},
      {"DELETE /hello HTTP/1.1\r\nConnection: close\r\n" + host + "\r\n", 405},
      {"OPTIONS * HTTP/1.1\r\nConnection: close\r\n" + host + "\r\n", 200},
      {"GET /hello HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", 403},
      {Get("/hello", "Connection: close\r\nOrigin: http://evil.example\r\n"), 403},
      {LastGet("/drop"), 500},
  };
  for (const auto& [request, status] : cases) {
    const std::string answer = Ask(request);
    EXPECT_EQ(StatusOf(answer), status) << request.substr(0, 100) << "\n" << answer;
    EXPECT_NE(answer.find("Content-Length: "), std::string::npos);
    EXPECT_NE(answer.find("X-Request-Id: "), std::string::npos);
  }
  EXPECT_EQ(server_->Stats().errors_total, static_cast<int64_t>(cases.size()) - 1);
}

TEST_F(HttpServerTest, SuggestsTheRouteThatWasMeant) {
  Start();
  EXPECT_NE(Ask(LastGet("/helo?x=1")).find(R"("suggestion":"Did you mean /hello?")"), std::string::npos);
}

TEST_F(HttpServerTest, AnswersHeadWithoutTheBody) {
  Start();
  const std::string answer = Ask("HEAD /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_NE(answer.find("Content-Length: 5\r\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST_F(HttpServerTest, DoesNotWaitForSlowRequests) {
  options_.limits.header_timeout_ms = 20;
  options_.limits.body_timeout_ms = 20;
  Start();
  EXPECT_EQ(StatusOf(Ask("GET /hello HTTP/1.1\r\nHos")), 408);
  EXPECT_EQ(StatusOf(Ask("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nab")), 408);
}

TEST_F(HttpServerTest, ClosesIdleConnections) {
  options_.limits.idle_timeout_ms = 20;
  Start();
  EXPECT_EQ(Ask(""), "");
  EXPECT_TRUE(Ask(Get("/hello")).ends_with("hello"));
}

TEST_F(HttpServerTest, GivesUpOnClientsThatDoNotRead) {
  options_.limits.write_timeout_ms = 20;
  Start();
  base::ClientStream stream = Connect();
  Write(stream, Get("/large"));
  while (server_->Stats().requests_total == 0 || server_->Stats().connections_open > 0) std::this_thread::yield();
  const auto answer = stream.ReadToEnd(64 << 20, kPatience);
  EXPECT_TRUE(!answer.ok() || answer->size() < size_t{32 << 20});
}

TEST_F(HttpServerTest, WritesLargeAnswersPieceByPiece) {
  Start();
  base::ClientStream stream = Connect();
  Write(stream, Get("/large") + LastGet("/hello"));
  const std::string answers = ReadAll(stream);
  EXPECT_GT(answers.size(), size_t{32 << 20});
  EXPECT_TRUE(answers.ends_with("hello"));
}

TEST_F(HttpServerTest, AnswersAClientThatHasStoppedWriting) {
  Start();
  base::ClientStream stream = Connect();
  Write(stream, Get("/wait/a") + Get("/hello"));
  stream.ShutdownWrite();
  held_.Answer("a");
  EXPECT_TRUE(ReadAll(stream).ends_with("hello"));
}

TEST_F(HttpServerTest, ForgetsAnswersToClientsThatAreGone) {
  Start();
  {
    base::ClientStream stream = Connect();
    Write(stream, Get("/wait/gone") + Get("/hello"));
  }
  held_.Answer("gone");
  while (server_->Stats().connections_open > 0) std::this_thread::yield();
  EXPECT_TRUE(Ask(LastGet("/hello")).ends_with("hello"));
}

TEST_F(HttpServerTest, RefusesConnectionsBeyondTheLimit) {
  options_.limits.connections_max = 2;
  Start();
  base::ClientStream first = Connect(), second = Connect();
  for (base::ClientStream* stream : {&first, &second}) {
    Write(*stream, Get("/hello"));
    EXPECT_EQ(StatusOf(ReadUntil(*stream, "hello")), 200);
  }
  EXPECT_EQ(StatusOf(Ask("")), 503);
}

TEST_F(HttpServerTest, Serves200ConnectionsAtOnce) {
  Start();
  std::vector<base::ClientStream> streams;
  for (int i = 0; i < 200; ++i) streams.push_back(Connect());
  for (int i = 0; i < 200; ++i) Write(streams[i], Get("/wait/" + std::to_string(i)));
  for (int i = 199; i >= 0; --i) held_.Answer(std::to_string(i));
  for (int i = 0; i < 200; ++i) {
    const std::string end = "\r\n\r\n" + std::to_string(i);
    EXPECT_EQ(StatusOf(ReadUntil(streams[i], end)), 200) << i;
  }
  EXPECT_EQ(server_->Stats().connections_total, 200);
}

TEST_F(HttpServerTest, SpeaksOverAUnixSocket) {
  const std::string path = testing::TempDir() + "serve_" + std::to_string(base::RandomSeed() % 1000000) + ".sock";
  options_.unix_socket = path;
  Start();
  EXPECT_EQ(std::filesystem::status(path).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  for (int i = 0; i < 4; ++i) {
    auto stream = base::ClientStream::ConnectUnix(path, kPatience);
    ASSERT_TRUE(stream.ok()) << stream.status().ToString();
    Write(*stream, "GET /hello HTTP/1.1\r\nHost: any.example\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(ReadAll(*stream).ends_with("hello"));
  }
  server_->Shutdown(1000);
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(HttpServerTest, ShutdownAnswersWhatWasReceived) {
  Start();
  base::ClientStream idle = Connect(), busy = Connect();
  Write(idle, Get("/hello"));
  ReadUntil(idle, "hello");
  Write(busy, Get("/wait/a") + Get("/hello"));
  auto responder = held_.Take("a");
  base::Thread stopper("stopper", [&] { server_->Shutdown(/*deadline_ms=*/60'000); });
  EXPECT_EQ(ReadAll(idle), "");
  const auto port = static_cast<uint16_t>(server_->port());
  while (base::ClientStream::ConnectTcp("127.0.0.1", port, kPatience).ok()) std::this_thread::yield();
  responder->Send({.body = "a"});
  const std::string answers = ReadAll(busy);
  EXPECT_NE(answers.find("\r\n\r\na"), std::string::npos);
  EXPECT_TRUE(answers.ends_with("hello"));
  stopper.Join();
  EXPECT_EQ(server_->Stats().connections_open, 0);
}

TEST_F(HttpServerTest, ShutdownCutsTheRestAfterItsDeadline) {
  Start();
  base::ClientStream stream = Connect();
  Write(stream, Get("/wait/a"));
  auto responder = held_.Take("a");
  server_->Shutdown(/*deadline_ms=*/1);
  EXPECT_EQ(server_->Stats().connections_open, 0);
  server_.reset();
  responder->Send({.body = "too late"});
}

TEST_F(HttpServerTest, RefusesBadOptions) {
  Start();
  struct Case {
    HttpServerOptions options;
    base::Code code;
  };
  HttpLimits no_pipeline;
  no_pipeline.pipelined_max = 0;
  const std::vector<Case> cases = {
      {{.address = "0.0.0.0"}, base::Code::kInvalidArgument},
      {{.address = "192.168.0.1"}, base::Code::kInvalidArgument},
      {{.address = "example.org"}, base::Code::kInvalidArgument},
      {{.port = 65536}, base::Code::kInvalidArgument},
      {{.threads = -1}, base::Code::kInvalidArgument},
      {{.limits = no_pipeline}, base::Code::kInvalidArgument},
      {{.port = server_->port(), .threads = 2}, base::Code::kUnavailable},
      {{.port = server_->port(), .threads = 1}, base::Code::kUnavailable},
  };
  for (const Case& c : cases) {
    const auto server = HttpServer::Start(Routes(), c.options);
    ASSERT_FALSE(server.ok());
    EXPECT_EQ(server.status().code(), c.code) << server.status().ToString();
  }
  auto twice = Routes();
  twice.push_back(twice.front());
  EXPECT_EQ(HttpServer::Start(std::move(twice), {}).status().code(), base::Code::kInvalidArgument);
}

}  // namespace
}  // namespace plumb::serve
