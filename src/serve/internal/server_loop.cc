#include "serve/internal/server_loop.h"

#include <utility>

#include "base/log.h"
#include "serve/internal/dispatch.h"

namespace plumb::serve::internal {
namespace {

constexpr size_t kReadBufferBytes = 64 << 10;
constexpr int kAcceptsARound = 64;                                 // so that open connections have their turn
constexpr int64_t kRefusedAtOnceMax = 64;                          // of those too many, how many get an answer
constexpr base::Duration kAcceptPause = 100 * base::kMillisecond;  // out of descriptors

// Which loop runs on this thread: an answer given inside a handler needs no mailbox.
thread_local const ServerLoop* running_loop = nullptr;

class LoopResponder : public Responder {
 public:
  LoopResponder(std::shared_ptr<ServerLoop> loop, uint64_t connection, uint64_t sequence,
                std::shared_ptr<const HttpRequest> request)
      : loop_(std::move(loop)), connection_(connection), sequence_(sequence), request_(std::move(request)) {}

  ~LoopResponder() override {
    if (was_sent_) return;
    Send(ErrorResponse(base::Io("Handler gave no answer: {} {}.", request_->method, request_->path),
                       request_->request_id));
  }

  void Send(HttpResponse response) override {
    if (std::exchange(was_sent_, true)) {
      base::Log(base::Level::kError, "Handler answered a request twice.", {{"request_id", request_->request_id}});
      return;
    }
    loop_->Complete(connection_, sequence_, std::move(response));
  }

 private:
  const std::shared_ptr<ServerLoop> loop_;
  const uint64_t connection_;
  const uint64_t sequence_;
  const std::shared_ptr<const HttpRequest> request_;
  bool was_sent_ = false;
};

}  // namespace

ServerLoop::ServerLoop(std::shared_ptr<ServerShared> shared)
    : limits_(shared->limits),
      shared_(std::move(shared)),
      random_(base::RandomSeed()),
      read_buffer_(kReadBufferBytes, '\0') {}

ServerLoop::~ServerLoop() = default;

base::Status ServerLoop::Listen(base::FileDescriptor fd, bool is_unix_socket) {
  listeners_.push_back(std::make_unique<Listener>(Listener{std::move(fd), is_unix_socket}));
  return Watch(*listeners_.back());
}

base::Status ServerLoop::Watch(const Listener& listener) {
  return loop_.Add(listener.fd.get(), base::kReadable, [this, &listener](uint32_t) { Accept(listener); });
}

void ServerLoop::Run() {
  running_loop = this;
  loop_.Run();
  running_loop = nullptr;
  for (const auto& [id, connection] : connections_) connection->Close();
  shared_->connections_open.fetch_sub(static_cast<int64_t>(connections_.size()), std::memory_order_relaxed);
  connections_.clear();
  listeners_.clear();
  const std::lock_guard lock(answers_mutex_);
  takes_answers_ = false;
  answers_.clear();
}

void ServerLoop::Release() { shared_.reset(); }

void ServerLoop::Accept(const Listener& listener) {
  for (int i = 0; i < kAcceptsARound; ++i) {
    int error = 0;
    std::optional<base::Accepted> accepted = base::TryAccept(listener.fd.get(), &error);
    if (!accepted) {
      if (error != 0) PauseAccepting(listener);
      return;
    }
    Place(std::move(*accepted), listener.is_unix_socket);
  }
}

void ServerLoop::PauseAccepting(const Listener& listener) {
  base::Log(base::Level::kWarn, "Server cannot take connections for a moment: it has no descriptors left.");
  loop_.Remove(listener.fd.get());
  loop_.AddTimer(kAcceptPause, [this, &listener] {
    if (is_draining_) return;
    if (const base::Status status = Watch(listener); !status.ok()) {
      base::LogStatus(base::Level::kError, "Server cannot listen any more.", status);
    }
  });
}

// TCP connections are spread by the kernel; those of the Unix socket come to one loop.
void ServerLoop::Place(base::Accepted accepted, bool is_unix_socket) {
  const std::vector<std::weak_ptr<ServerLoop>>& loops = shared_->loops;
  if (is_unix_socket && !is_draining_ && loops.size() > 1) {
    const uint64_t turn = shared_->unix_turn.fetch_add(1, std::memory_order_relaxed);
    const std::shared_ptr<ServerLoop> other = loops[turn % loops.size()].lock();
    if (other != nullptr && other.get() != this) {
      other->Adopt(std::move(accepted.fd), is_unix_socket);
      return;
    }
  }
  Add(std::move(accepted.fd), is_unix_socket);
}

void ServerLoop::Adopt(base::FileDescriptor fd, bool is_unix_socket) {
  // A posted function must be copyable.
  auto shared_fd = std::make_shared<base::FileDescriptor>(std::move(fd));
  loop_.Post([this, shared_fd, is_unix_socket] { Add(std::move(*shared_fd), is_unix_socket); });
}

void ServerLoop::Add(base::FileDescriptor fd, bool is_unix_socket) {
  const int64_t open = shared_->connections_open.fetch_add(1, std::memory_order_relaxed) + 1;
  const auto open_max = static_cast<int64_t>(limits_.connections_max);
  if (open > open_max + kRefusedAtOnceMax) {
    shared_->connections_open.fetch_sub(1, std::memory_order_relaxed);
    return;
  }
  counters_.connections_total.fetch_add(1, std::memory_order_relaxed);
  const uint64_t id = ++last_connection_;
  Connection& connection = *connections_
                                .emplace(id, std::make_unique<Connection>(id, std::move(fd), is_unix_socket,
                                                                          static_cast<ConnectionOwner&>(*this)))
                                .first->second;
  const base::Status status = connection.Open(
      [this, id](uint32_t events) {
        connections_.at(id)->OnReady(events);
        ForgetIfClosed(id);
      },
      [this, id] {
        connections_.at(id)->OnTimer();
        ForgetIfClosed(id);
      });
  if (!status.ok()) {
    base::LogStatus(base::Level::kError, "Connection cannot be waited for.", status);
    connection.Close();
  } else if (open > open_max) {
    connection.Refuse(base::Unavailable("Server has too many connections: at most {}.", open_max));
  } else if (is_draining_) {
    connection.Drain();
  }
  ForgetIfClosed(id);
}

void ServerLoop::ForgetIfClosed(uint64_t id) {
  const auto found = connections_.find(id);
  if (found == connections_.end() || !found->second->is_closed()) return;
  connections_.erase(found);
  shared_->connections_open.fetch_sub(1, std::memory_order_relaxed);
  StopWhenDrained();
}

void ServerLoop::Dispatch(uint64_t connection, uint64_t sequence, HttpParser::Request request, bool is_unix_socket) {
  counters_.requests_total.fetch_add(1, std::memory_order_relaxed);
  HttpResponse answer;
  const Route* route = FindRoute(shared_->routes, is_unix_socket, &request, &answer);
  if (route == nullptr) {
    connections_.at(connection)->Complete(sequence, std::move(answer));
    return;
  }
  const auto asked = std::make_shared<const HttpRequest>(std::move(request.request));
  dispatching_ = connection;
  route->handler(*asked, std::make_unique<LoopResponder>(shared_from_this(), connection, sequence, asked));
  dispatching_ = 0;
}

void ServerLoop::CountAnswer(int status) {
  if (status >= 400) counters_.errors_total.fetch_add(1, std::memory_order_relaxed);
}

void ServerLoop::Complete(uint64_t connection, uint64_t sequence, HttpResponse response) {
  if (running_loop == this && dispatching_ == connection) {
    connections_.at(connection)->Complete(sequence, std::move(response));
    return;
  }
  bool is_first = false;
  {
    const std::lock_guard lock(answers_mutex_);
    if (!takes_answers_) return;
    is_first = answers_.empty();
    answers_.push_back({connection, sequence, std::move(response)});
  }
  // One task delivers all that has come by then, so that a connection's answers go out with one write.
  if (is_first) loop_.Post([this] { DeliverAnswers(); });
}

void ServerLoop::DeliverAnswers() {
  std::vector<Answer> answers;
  {
    const std::lock_guard lock(answers_mutex_);
    answers.swap(answers_);
  }
  // By id, since the connection may be gone; completed first, advanced after.
  for (Answer& answer : answers) {
    const auto found = connections_.find(answer.connection);
    if (found != connections_.end()) found->second->Complete(answer.sequence, std::move(answer.response));
  }
  for (const Answer& answer : answers) {
    const auto found = connections_.find(answer.connection);
    if (found == connections_.end()) continue;
    found->second->Advance();
    ForgetIfClosed(answer.connection);
  }
}

void ServerLoop::BeginDrain(int64_t deadline_ms) {
  loop_.Post([this, deadline_ms] { Drain(deadline_ms); });
}

void ServerLoop::Drain(int64_t deadline_ms) {
  if (std::exchange(is_draining_, true)) return;
  // Who is in the queue has connected, and may have asked.
  for (const auto& listener : listeners_) {
    Accept(*listener);
    loop_.Remove(listener->fd.get());
    listener->fd.Reset();
  }
  std::vector<uint64_t> ids;
  for (const auto& [id, connection] : connections_) ids.push_back(id);
  for (const uint64_t id : ids) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) continue;
    found->second->Drain();
    ForgetIfClosed(id);
  }
  loop_.AddTimer(deadline_ms * base::kMillisecond, [this] { loop_.Stop(); });
  StopWhenDrained();
}

void ServerLoop::StopWhenDrained() {
  if (is_draining_ && connections_.empty()) loop_.Stop();
}

}  // namespace plumb::serve::internal
