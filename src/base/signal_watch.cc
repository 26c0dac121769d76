// The signals of event_loop.h: the handler writes to a pipe that the loop reads, as nothing else is allowed in a
// handler.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "base/event_loop.h"
#include "base/internal/system_error.h"

namespace plumb::base {
namespace {

std::atomic<int> g_write_end{-1};  // of the one SignalWatch of the process
static_assert(std::atomic<int>::is_always_lock_free, "A signal handler takes no locks.");

extern "C" void WriteSignal(int signal) {
  const int former_errno = errno;
  const auto byte = static_cast<unsigned char>(signal);
  // A full pipe already holds signals enough.
  [[maybe_unused]] const ssize_t written = write(g_write_end.load(), &byte, 1);
  errno = former_errno;
}

}  // namespace

struct SignalWatch::Former {
  FileDescriptor write_end;
  struct sigaction interrupt, terminate;
};

SignalWatch::SignalWatch(EventLoop& loop, FileDescriptor fd)
    : loop_(loop), fd_(std::move(fd)), former_(std::make_unique<Former>()) {}

Result<std::unique_ptr<SignalWatch>> SignalWatch::Start(EventLoop& loop, std::function<void(int signal)> callback) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return SystemError(errno, "Pipe could not be made", "signals");
  FileDescriptor read_end(ends[0]);
  FileDescriptor write_end(ends[1]);
  int none = -1;
  if (!g_write_end.compare_exchange_strong(none, write_end.get())) {
    return FailedPrecondition("Signals are watched already.");
  }
  std::unique_ptr<SignalWatch> watch(new SignalWatch(loop, std::move(read_end)));
  watch->former_->write_end = std::move(write_end);
  struct sigaction action{};
  action.sa_handler = WriteSignal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, &watch->former_->interrupt);
  sigaction(SIGTERM, &action, &watch->former_->terminate);
  const int fd = watch->fd_.get();
  PLUMB_RETURN_IF_ERROR(loop.Add(fd, kReadable, [fd, callback = std::move(callback)](uint32_t) {
    unsigned char signal;
    while (read(fd, &signal, 1) == 1) callback(signal);
  }));
  return watch;
}

SignalWatch::~SignalWatch() {
  sigaction(SIGINT, &former_->interrupt, nullptr);
  sigaction(SIGTERM, &former_->terminate, nullptr);
  g_write_end.store(-1);
  loop_.Remove(fd_.get());
}

void IgnoreSigpipe() { signal(SIGPIPE, SIG_IGN); }

}  // namespace plumb::base
