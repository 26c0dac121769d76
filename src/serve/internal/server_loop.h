// server_loop.h: one thread's share of the server: its listeners, its connections, and the answers that come for them.
//
// Why: no locks between cores. Other threads reach a loop only through the mailbox of answers and through posted tasks.
//
// Thread safety: Complete, Adopt, BeginDrain, counters: any thread. Listen before Run; Run on the loop's own thread;
// Release after Run has returned. Responders share ownership of the loop, so that one that comes too late finds a
// closed mailbox.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "serve/internal/connection.h"
#include "serve/route_table.h"

namespace plumb::serve::internal {

class ServerLoop;

// What all loops of a server share.
struct ServerShared {
  HttpLimits limits;
  RouteTable routes;
  std::vector<std::weak_ptr<ServerLoop>> loops;  // complete before any loop runs
  std::atomic<int64_t> connections_open{0};
  std::atomic<uint64_t> unix_turn{0};  // connections of the Unix socket go round
};

struct LoopCounters {
  std::atomic<int64_t> connections_total{0}, requests_total{0}, errors_total{0};
};

class ServerLoop : public std::enable_shared_from_this<ServerLoop>, private ConnectionOwner {
 public:
  explicit ServerLoop(std::shared_ptr<ServerShared> shared);
  ~ServerLoop() override;

  base::Status Listen(base::FileDescriptor listener, bool is_unix_socket);
  // Until the drain is over.
  void Run();
  // Stops accepting, answers what has been received, and makes Run return when all connections are closed, or after
  // `deadline_ms`, when the rest is cut.
  void BeginDrain(int64_t deadline_ms);
  // Lets go of the routes: handlers may refer to what the server's owner is about to destroy.
  void Release();

  void Adopt(base::FileDescriptor fd, bool is_unix_socket);
  void Complete(uint64_t connection, uint64_t sequence, HttpResponse response);
  [[nodiscard]] const LoopCounters& counters() const { return counters_; }

 private:
  struct Listener {
    base::FileDescriptor fd;
    bool is_unix_socket;
  };
  struct Answer {
    uint64_t connection;
    uint64_t sequence;
    HttpResponse response;
  };

  base::EventLoop& loop() override { return loop_; }
  base::Random& id_source() override { return random_; }
  std::string& read_buffer() override { return read_buffer_; }
  [[nodiscard]] const HttpLimits& limits() const override { return limits_; }
  [[nodiscard]] bool is_draining() const override { return is_draining_; }
  void Dispatch(uint64_t connection, uint64_t sequence, HttpParser::Request request, bool is_unix_socket) override;
  void CountAnswer(int status) override;

  base::Status Watch(const Listener& listener);
  void Accept(const Listener& listener);
  void PauseAccepting(const Listener& listener);
  void Place(base::Accepted accepted, bool is_unix_socket);
  void Add(base::FileDescriptor fd, bool is_unix_socket);
  void DeliverAnswers();
  void Drain(int64_t deadline_ms);
  void ForgetIfClosed(uint64_t connection);
  void StopWhenDrained();

  const HttpLimits limits_;
  std::shared_ptr<ServerShared> shared_;
  base::EventLoop loop_;
  base::Random random_;
  std::string read_buffer_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::unordered_map<uint64_t, std::unique_ptr<Connection>> connections_;
  uint64_t last_connection_ = 0;
  uint64_t dispatching_ = 0;  // the connection whose handler runs now; 0: none
  bool is_draining_ = false;
  LoopCounters counters_;

  std::mutex answers_mutex_;  // guards answers_ and takes_answers_
  std::vector<Answer> answers_;
  bool takes_answers_ = true;
};

}  // namespace plumb::serve::internal
