#include "serve/http_server.h"

#include <algorithm>

#include "base/executor.h"
#include "base/file_system.h"
#include "base/log.h"
#include "base/socket.h"
#include "serve/internal/server_loop.h"
#include "serve/route_table.h"

namespace plumb::serve {
namespace {

constexpr int kThreadsMax = 256;
constexpr int64_t kDeadlineMsMax = 24LL * 60 * 60 * 1000;

using internal::ServerLoop;
using internal::ServerShared;

base::Status CheckOptions(const HttpServerOptions& options) {
  if (!base::IsLoopback(options.address)) {
    return base::InvalidArgument("Server address is not local: {}.", options.address)
        .WithSuggestion("Without authentication only 127.0.0.1, ::1 or localhost can be served.");
  }
  if (options.port < 0 || options.port > 65535) {
    return base::InvalidArgument("Server port is out of range: {}, want 0 to 65535.", options.port);
  }
  if (options.threads < 0 || options.threads > kThreadsMax) {
    return base::InvalidArgument("Server threads are out of range: {}, want 0 to {}.", options.threads, kThreadsMax);
  }
  const HttpLimits& limits = options.limits;
  const int64_t timeout_min =
      std::min({limits.header_timeout_ms, limits.body_timeout_ms, limits.idle_timeout_ms, limits.write_timeout_ms});
  const size_t count_min = std::min({limits.header_bytes_max, limits.headers_max, limits.target_bytes_max,
                                     limits.connections_max, limits.pipelined_max});
  if (timeout_min < 1 || count_min < 1) return base::InvalidArgument("Server limits must be positive.");
  return base::Status();
}

class LoopsServer : public HttpServer {
 public:
  explicit LoopsServer(std::shared_ptr<ServerShared> shared) : shared_(std::move(shared)) {}
  ~LoopsServer() override { Shutdown(0); }

  base::Status Listen(const HttpServerOptions& options);
  void Run();

  [[nodiscard]] int port() const override { return port_; }
  [[nodiscard]] HttpServerStats Stats() const override;
  void Shutdown(int64_t deadline_ms) override;

 private:
  base::Status ListenTcp(const HttpServerOptions& options);
  base::Status ListenUnix(const std::string& path);

  std::shared_ptr<ServerShared> shared_;
  std::vector<std::shared_ptr<ServerLoop>> loops_;
  std::vector<std::unique_ptr<base::Thread>> threads_;
  int port_ = 0;
  std::string unix_socket_;
  bool is_shut_down_ = false;
};

base::Status LoopsServer::Listen(const HttpServerOptions& options) {
  const size_t count = options.threads > 0 ? static_cast<size_t>(options.threads)
                                           : std::clamp<size_t>(base::HardwareThreads(), 1, kThreadsMax);
  for (size_t i = 0; i < count; ++i) {
    loops_.push_back(std::make_shared<ServerLoop>(shared_));
    shared_->loops.push_back(loops_.back());
  }
  PLUMB_RETURN_IF_ERROR(ListenTcp(options));
  return options.unix_socket.empty() ? base::Status() : ListenUnix(options.unix_socket);
}

base::Status LoopsServer::ListenTcp(const HttpServerOptions& options) {
  base::TcpListenOptions listen{.host = options.address, .port = static_cast<uint16_t>(options.port)};
  if (options.port != 0) {
    // Listeners that share a port would also share it with another server, unnoticed: so first one that does not share.
    PLUMB_RETURN_IF_ERROR(base::ListenTcp(listen).status());
  }
  listen.reuse_port = loops_.size() > 1;
  for (const auto& loop : loops_) {
    PLUMB_ASSIGN_OR_RETURN(base::FileDescriptor fd, base::ListenTcp(listen));
    PLUMB_ASSIGN_OR_RETURN(listen.port, base::LocalPort(fd));
    PLUMB_RETURN_IF_ERROR(loop->Listen(std::move(fd), /*is_unix_socket=*/false));
  }
  port_ = listen.port;
  return base::Status();
}

base::Status LoopsServer::ListenUnix(const std::string& path) {
  PLUMB_ASSIGN_OR_RETURN(base::FileDescriptor fd, base::ListenUnix(path, 0600));
  unix_socket_ = path;
  return loops_[0]->Listen(std::move(fd), /*is_unix_socket=*/true);
}

void LoopsServer::Run() {
  for (size_t i = 0; i < loops_.size(); ++i) {
    threads_.push_back(
        std::make_unique<base::Thread>("serve-" + std::to_string(i), [loop = loops_[i]] { loop->Run(); }));
  }
}

HttpServerStats LoopsServer::Stats() const {
  HttpServerStats stats;
  stats.connections_open = shared_->connections_open.load(std::memory_order_relaxed);
  for (const auto& loop : loops_) {
    stats.connections_total += loop->counters().connections_total.load(std::memory_order_relaxed);
    stats.requests_total += loop->counters().requests_total.load(std::memory_order_relaxed);
    stats.errors_total += loop->counters().errors_total.load(std::memory_order_relaxed);
  }
  return stats;
}

void LoopsServer::Shutdown(int64_t deadline_ms) {
  if (std::exchange(is_shut_down_, true)) return;
  for (const auto& loop : loops_) loop->BeginDrain(std::clamp<int64_t>(deadline_ms, 0, kDeadlineMsMax));
  threads_.clear();  // joins
  for (const auto& loop : loops_) loop->Release();
  if (unix_socket_.empty()) return;
  // The next server would replace the file; only who looks for it is misled, so failing is worth no more than a line.
  const base::Status removed = base::RealFileSystem().Remove(unix_socket_);
  if (!removed.ok()) base::LogStatus(base::Level::kWarn, "Socket file was not removed.", removed);
}

}  // namespace

base::Result<std::unique_ptr<HttpServer>> HttpServer::Start(std::vector<Route> routes,
                                                            const HttpServerOptions& options) {
  PLUMB_RETURN_IF_ERROR(CheckOptions(options));
  PLUMB_ASSIGN_OR_RETURN(RouteTable table, RouteTable::Build(std::move(routes)));
  auto shared = std::make_shared<ServerShared>();
  shared->limits = options.limits;
  shared->routes = std::move(table);
  auto server = std::make_unique<LoopsServer>(std::move(shared));
  PLUMB_RETURN_IF_ERROR(server->Listen(options));
  server->Run();
  return std::unique_ptr<HttpServer>(std::move(server));
}

}  // namespace plumb::serve
