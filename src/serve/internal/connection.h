// connection.h: one client connection: bytes in, requests through handlers, answers out in order.
//
// States, in this order only:
//   kOpen       requests are read and answered
//   kClosing    no more requests are read; those that were are answered
//   kLingering  everything is sent and our side is shut; what the client still sends is thrown away, so that its kernel
//               does not throw away our last answer. Ends with the client's end of stream, or after a second.
//   kClosed     the descriptor is gone; the owner forgets the connection
//
// Back-pressure: reading stops while `pipelined_max` requests wait, or answers or requests take too much memory; what
// was read already waits in `input_`. A request that has begun is always read to its end, which its own limits bound.
//
// Thread safety: the loop's thread only. Invariant: after every public call, the descriptor's interest and the timer
// fit the state.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

#include "base/event_loop.h"
#include "base/random.h"
#include "base/socket.h"
#include "serve/http_parser.h"
#include "serve/http_server.h"

namespace plumb::serve::internal {

// What a connection needs of the loop that owns it.
class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  virtual base::EventLoop& loop() = 0;
  virtual base::Random& id_source() = 0;
  virtual std::string& read_buffer() = 0;  // shared by all connections of the loop
  [[nodiscard]] virtual const HttpLimits& limits() const = 0;
  [[nodiscard]] virtual bool is_draining() const = 0;
  // Starts a request's handler; its answer comes as Connection::Complete, at once or later.
  virtual void Dispatch(uint64_t connection, uint64_t sequence, HttpParser::Request request, bool is_unix_socket) = 0;
  virtual void CountAnswer(int status) = 0;
};

class Connection {
 public:
  Connection(uint64_t id, base::FileDescriptor fd, bool is_unix_socket, ConnectionOwner& owner);
  ~Connection() { Close(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Begins to wait for requests. `on_ready` calls OnReady, `on_timer` OnTimer; both then look at is_closed.
  base::Status Open(std::function<void(uint32_t)> on_ready, std::function<void()> on_timer);
  void OnReady(uint32_t events);
  void OnTimer();

  // The answer to the request number `sequence`. Within Dispatch nothing more is needed; at other times Advance
  // follows, after all answers that are there.
  void Complete(uint64_t sequence, HttpResponse response);
  void Advance();

  // Answers without reading anything, and closes.
  void Refuse(const base::Status& error);
  // Answers what has been received, then closes.
  void Drain();
  void Close();
  [[nodiscard]] bool is_closed() const { return state_ == State::kClosed; }

 private:
  enum class State : unsigned char { kOpen, kClosing, kLingering, kClosed };
  enum class Wait : unsigned char { kNothing, kRequest, kHeader, kBody, kWrite, kLinger };

  // A request that waits for its answer, or an answer that waits for those before it.
  struct Slot {
    std::string request_id;
    std::string answer;
    size_t request_bytes = 0;
    bool is_head = false;
    bool is_http_1_0 = false;
    bool is_ready = false;
  };
  struct Due {
    Wait wait = Wait::kNothing;
    int64_t nanos = INT64_MAX;
  };

  bool ReadOnce();  // false when nothing came
  void Discard();
  void TakeInput();
  size_t Parse(std::string_view bytes);
  void Take(HttpParser::Request request);
  void FailRequest(int http_status, const base::Status& error);
  void AppendContinue();
  void Flush();
  void Settle();
  void Linger();
  void UpdateInterest();
  void UpdateTimer();
  [[nodiscard]] Due NextDue() const;
  [[nodiscard]] bool IsMidRequest() const;
  [[nodiscard]] bool MayParse() const;
  [[nodiscard]] bool MayRead() const;
  [[nodiscard]] bool HasOutput() const { return written_ < output_.size(); }

  const uint64_t id_;
  base::FileDescriptor fd_;
  const bool is_unix_socket_;
  ConnectionOwner& owner_;
  State state_ = State::kOpen;
  bool peer_is_done_ = false;       // its end of stream was read
  bool continue_was_sent_ = false;  // for the request that is being read

  HttpParser parser_;
  std::string input_;  // read, not parsed
  std::deque<Slot> slots_;
  uint64_t first_sequence_ = 0;  // of slots_.front()
  size_t waiting_bytes_ = 0;     // of requests and answers in slots_
  std::string output_;
  size_t written_ = 0;  // of output_
  size_t discarded_bytes_ = 0;

  std::function<void()> on_timer_;
  base::EventLoop::TimerId timer_;
  int64_t active_nanos_ = 0;   // when something last came or went
  int64_t request_nanos_ = 0;  // when the request that is being read began
  int64_t body_nanos_ = 0;     // when its header was complete
  int64_t write_nanos_ = 0;    // when output last moved, or began to wait
  int64_t linger_nanos_ = 0;
};

}  // namespace plumb::serve::internal
