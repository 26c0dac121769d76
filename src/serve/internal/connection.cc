#include "serve/internal/connection.h"

#include <algorithm>

#include "serve/internal/dispatch.h"
#include "serve/internal/response_writer.h"

namespace plumb::serve::internal {
namespace {

constexpr size_t kOutputBytesMax = 1 << 20;     // of answers that the client does not take
constexpr size_t kKeptCapacityMax = 256 << 10;  // of an empty output buffer
constexpr int kDrainReadsMax = 64;
constexpr int64_t kLingerNanos = 1'000'000'000;
constexpr int64_t kNanosPerMilli = 1'000'000;

}  // namespace

Connection::Connection(uint64_t id, base::FileDescriptor fd, bool is_unix_socket, ConnectionOwner& owner)
    : id_(id), fd_(std::move(fd)), is_unix_socket_(is_unix_socket), owner_(owner), parser_(owner.limits()) {}

base::Status Connection::Open(std::function<void(uint32_t)> on_ready, std::function<void()> on_timer) {
  on_timer_ = std::move(on_timer);
  active_nanos_ = owner_.loop().RoundNanos();
  PLUMB_RETURN_IF_ERROR(owner_.loop().Add(fd_.get(), base::kReadable, std::move(on_ready)));
  UpdateTimer();
  return base::Status();
}

void Connection::Close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  owner_.loop().Remove(fd_.get());
  owner_.loop().CancelTimer(timer_);
  fd_.Reset();
}

void Connection::OnReady(uint32_t events) {
  if (state_ == State::kLingering) {
    Discard();
    return;
  }
  if (MayRead()) {
    if (events & base::kReadable) ReadOnce();
  } else if (events & base::kHangup) {
    // Nobody is left to take the answers.
    Close();
    return;
  }
  Advance();
}

void Connection::Advance() {
  if (state_ == State::kLingering || state_ == State::kClosed) return;
  active_nanos_ = owner_.loop().RoundNanos();
  do {
    TakeInput();
    AppendContinue();
    Flush();
  } while (!input_.empty() && MayParse());
  Settle();
  if (state_ == State::kClosed) return;
  UpdateInterest();
  UpdateTimer();
}

bool Connection::IsMidRequest() const {
  return parser_.state() == HttpParser::State::kHeader || parser_.state() == HttpParser::State::kBody;
}

bool Connection::MayParse() const {
  if (state_ != State::kOpen) return false;
  if (IsMidRequest()) return true;
  return slots_.size() < owner_.limits().pipelined_max && waiting_bytes_ <= owner_.limits().body_bytes_max &&
         output_.size() - written_ <= kOutputBytesMax;
}

bool Connection::MayRead() const { return MayParse() && !peer_is_done_ && input_.empty(); }

bool Connection::ReadOnce() {
  std::string& buffer = owner_.read_buffer();
  const base::IoResult io = base::TryRead(fd_.get(), buffer.data(), buffer.size());
  switch (io.kind) {
    case base::IoResult::Kind::kWouldBlock:
      return false;
    case base::IoResult::Kind::kError:
      Close();
      return false;
    case base::IoResult::Kind::kClosed:
      peer_is_done_ = true;
      if (io.error != 0) Close();
      return false;
    case base::IoResult::Kind::kDone:
      break;
  }
  const std::string_view bytes(buffer.data(), io.bytes);
  input_.append(bytes.substr(Parse(bytes)));
  return true;
}

void Connection::TakeInput() {
  if (input_.empty() || !MayParse()) return;
  const std::string bytes = std::move(input_);
  input_.clear();
  input_.append(std::string_view(bytes).substr(Parse(bytes)));
}

size_t Connection::Parse(std::string_view bytes) {
  size_t taken = 0;
  while (taken < bytes.size() && MayParse()) {
    const HttpParser::State before = parser_.state();
    const int64_t now = owner_.loop().RoundNanos();
    if (before == HttpParser::State::kIdle) request_nanos_ = now;
    taken += parser_.Consume(bytes.substr(taken));
    if (parser_.state() == HttpParser::State::kBody && before != HttpParser::State::kBody) body_nanos_ = now;
    if (parser_.state() == HttpParser::State::kDone) {
      // The last request that came before the server began to close.
      if (owner_.is_draining() && taken == bytes.size()) state_ = State::kClosing;
      Take(parser_.TakeRequest());
    } else if (parser_.state() == HttpParser::State::kFailed) {
      FailRequest(parser_.error_status(), parser_.error());
    }
  }
  // Nothing that follows the last request is looked at.
  return state_ == State::kOpen ? taken : bytes.size();
}

void Connection::Take(HttpParser::Request request) {
  if (!request.keep_alive) state_ = State::kClosing;
  continue_was_sent_ = false;
  HttpRequest& asked = request.request;
  asked.request_id = ChooseRequestId(asked.Header("x-request-id"), &owner_.id_source());
  const uint64_t sequence = first_sequence_ + slots_.size();
  slots_.push_back({.request_id = asked.request_id,
                    .answer = "",
                    .request_bytes = asked.body.size(),
                    .is_head = asked.method == "HEAD",
                    .is_http_1_0 = request.is_http_1_0});
  waiting_bytes_ += asked.body.size();
  owner_.Dispatch(id_, sequence, std::move(request), is_unix_socket_);
}

void Connection::FailRequest(int http_status, const base::Status& error) {
  state_ = State::kClosing;
  const uint64_t sequence = first_sequence_ + slots_.size();
  slots_.push_back({.request_id = ChooseRequestId("", &owner_.id_source())});
  Complete(sequence, ErrorResponseWithStatus(http_status, error, slots_.back().request_id));
}

void Connection::Complete(uint64_t sequence, HttpResponse response) {
  const uint64_t index = sequence - first_sequence_;
  if (is_closed() || index >= slots_.size() || slots_[index].is_ready) return;
  Slot& slot = slots_[index];
  owner_.CountAnswer(response.status);
  slot.is_ready = true;
  waiting_bytes_ -= slot.request_bytes;
  const bool is_last = state_ == State::kClosing && index + 1 == slots_.size();
  const ResponseFraming framing = {
      .request_id = slot.request_id, .is_head = slot.is_head, .keep_alive = !is_last, .is_http_1_0 = slot.is_http_1_0};
  if (!HasOutput()) write_nanos_ = owner_.loop().RoundNanos();
  AppendResponse(response, framing, index == 0 ? &output_ : &slot.answer);
  waiting_bytes_ += slot.answer.size();
  while (!slots_.empty() && slots_.front().is_ready) {
    waiting_bytes_ -= slots_.front().answer.size();
    output_.append(slots_.front().answer);
    slots_.pop_front();
    ++first_sequence_;
  }
}

void Connection::AppendContinue() {
  const bool is_due = state_ == State::kOpen && parser_.state() == HttpParser::State::kBody &&
                      parser_.expects_continue() && !continue_was_sent_;
  // Answers to earlier requests go first.
  if (!is_due || !slots_.empty()) return;
  if (!HasOutput()) write_nanos_ = owner_.loop().RoundNanos();
  output_.append("HTTP/1.1 100 Continue\r\n\r\n");
  continue_was_sent_ = true;
}

void Connection::Flush() {
  while (state_ != State::kClosed && HasOutput()) {
    const base::IoResult io = base::TryWrite(fd_.get(), std::string_view(output_).substr(written_));
    if (io.kind == base::IoResult::Kind::kWouldBlock) break;
    if (io.kind != base::IoResult::Kind::kDone) {
      Close();
      return;
    }
    written_ += io.bytes;
    write_nanos_ = owner_.loop().RoundNanos();
  }
  // Kept from growing while new answers follow a part that was sent.
  if (written_ == output_.size() || written_ > kOutputBytesMax) {
    output_.erase(0, written_);
    written_ = 0;
  }
  if (output_.empty() && output_.capacity() > kKeptCapacityMax) output_.shrink_to_fit();
}

void Connection::Settle() {
  const bool is_between_requests = !IsMidRequest() && input_.empty();
  if (state_ == State::kOpen && owner_.is_draining() && is_between_requests) state_ = State::kClosing;
  if (state_ == State::kClosed || !slots_.empty() || HasOutput()) return;
  if (state_ == State::kClosing) {
    Linger();
  } else if (peer_is_done_ && input_.empty()) {
    Close();
  }
}

void Connection::Linger() {
  if (peer_is_done_) {
    Close();
    return;
  }
  state_ = State::kLingering;
  linger_nanos_ = owner_.loop().RoundNanos();
  base::ShutdownWrite(fd_.get());
}

void Connection::Discard() {
  std::string& buffer = owner_.read_buffer();
  const base::IoResult io = base::TryRead(fd_.get(), buffer.data(), buffer.size());
  if (io.kind == base::IoResult::Kind::kWouldBlock) return;
  discarded_bytes_ += io.bytes;
  const size_t discarded_max = owner_.limits().body_bytes_max + buffer.size();
  if (io.kind != base::IoResult::Kind::kDone || discarded_bytes_ > discarded_max) Close();
}

void Connection::Refuse(const base::Status& error) {
  FailRequest(503, error);
  Advance();
}

void Connection::Drain() {
  for (int i = 0; i < kDrainReadsMax && MayRead() && ReadOnce(); ++i) continue;
  // An idle client has nothing to lose that lingering would save.
  if (slots_.empty() && !HasOutput() && !IsMidRequest() && input_.empty()) Close();
  Advance();
}

void Connection::UpdateInterest() {
  uint32_t events = 0;
  if (state_ == State::kLingering || MayRead()) events |= base::kReadable;
  if (HasOutput()) events |= base::kWritable;
  if (!owner_.loop().Modify(fd_.get(), events).ok()) Close();
}

Connection::Due Connection::NextDue() const {
  const HttpLimits& limits = owner_.limits();
  if (state_ == State::kLingering) return {Wait::kLinger, linger_nanos_ + kLingerNanos};
  Due due;
  const auto consider = [&due](Wait wait, int64_t since, int64_t timeout_ms) {
    const int64_t nanos = since + timeout_ms * kNanosPerMilli;
    if (nanos < due.nanos) due = {wait, nanos};
  };
  if (HasOutput()) consider(Wait::kWrite, write_nanos_, limits.write_timeout_ms);
  if (state_ != State::kOpen || peer_is_done_) return due;
  if (parser_.state() == HttpParser::State::kHeader) {
    consider(Wait::kHeader, request_nanos_, limits.header_timeout_ms);
  } else if (parser_.state() == HttpParser::State::kBody) {
    consider(Wait::kBody, body_nanos_, limits.body_timeout_ms);
  } else if (slots_.empty() && !HasOutput()) {
    consider(Wait::kRequest, active_nanos_, limits.idle_timeout_ms);
  }
  return due;
}

// The timer is moved only to an earlier time; one that comes too early looks again. So a request that comes and is
// answered at once touches no timer.
void Connection::UpdateTimer() {
  if (state_ == State::kClosed) return;
  const Due due = NextDue();
  if (due.wait == Wait::kNothing || (timer_.number != 0 && timer_.due_nanos <= due.nanos)) return;
  owner_.loop().CancelTimer(timer_);
  const int64_t left = std::max<int64_t>(due.nanos - owner_.loop().RoundNanos(), 0);
  timer_ = owner_.loop().AddTimer(left / 1000 + 1, on_timer_);
}

void Connection::OnTimer() {
  timer_ = {};
  const Due due = NextDue();
  if (owner_.loop().RoundNanos() < due.nanos) {
    UpdateTimer();
    return;
  }
  if (due.wait == Wait::kHeader || due.wait == Wait::kBody) {
    FailRequest(408, base::DeadlineExceeded("Request took too long to arrive."));
    Advance();
  } else {
    Close();
  }
}

}  // namespace plumb::serve::internal
