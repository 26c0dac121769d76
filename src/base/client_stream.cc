// The blocking client of socket.h: non-blocking descriptors and poll, so that every call has a deadline.
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/internal/socket_address.h"
#include "base/internal/system_error.h"
#include "base/socket.h"

namespace plumb::base {
namespace {

constexpr size_t kReadStep = 64 << 10;

// When a call must have ended.
class Deadline {
 public:
  explicit Deadline(Duration timeout) {
    const Duration bounded = std::clamp<Duration>(timeout, 0, 365 * kDay);
    end_nanos_ = RealClock().SteadyNanos() + bounded * 1000;
  }

  // Waits until the descriptor can be read (POLLIN) or written (POLLOUT), or has failed.
  Status Wait(int fd, short events) const {
    while (true) {
      const int64_t left = end_nanos_ - RealClock().SteadyNanos();
      const int64_t millis = std::clamp<int64_t>((left + 999'999) / 1'000'000, 0, INT_MAX);
      pollfd one{fd, events, 0};
      const int count = poll(&one, 1, static_cast<int>(millis));
      if (count > 0) return Status();
      if (count < 0 && errno != EINTR) return SystemError(errno, "Connection could not be waited for", "poll");
      if (count == 0 && left <= 0) return DeadlineExceeded("Peer did not answer in time.");
    }
  }

 private:
  int64_t end_nanos_;
};

Result<FileDescriptor> Connect(const SocketAddress& address, const std::string& name, const Deadline& deadline) {
  FileDescriptor fd(socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return SystemError(errno, "Socket could not be made", name);
  if (connect(fd.get(), address.get(), address.length) != 0) {
    if (errno != EINPROGRESS && errno != EINTR) return SystemError(errno, "Connection failed", name);
    PLUMB_RETURN_IF_ERROR(deadline.Wait(fd.get(), POLLOUT).WithContext(name));
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
    if (error != 0) return SystemError(error, "Connection failed", name);
  }
  const int on = 1;
  if (address.storage.ss_family != AF_UNIX) (void)setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

Result<std::vector<SocketAddress>> Resolve(const std::string& host, uint16_t port) {
  if (auto numeric = NumericAddress(host, port); numeric.ok()) return std::vector<SocketAddress>{*numeric};
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* raw = nullptr;
  const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &raw);
  if (error != 0) return Unavailable("Host is not known: {}: {}.", host, gai_strerror(error));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> list(raw, freeaddrinfo);
  std::vector<SocketAddress> addresses;
  for (const addrinfo* info = list.get(); info != nullptr; info = info->ai_next) {
    SocketAddress address;
    if (info->ai_addrlen > sizeof address.storage) continue;
    std::memcpy(&address.storage, info->ai_addr, info->ai_addrlen);
    address.length = info->ai_addrlen;
    addresses.push_back(address);
  }
  return addresses;
}

}  // namespace

Result<ClientStream> ClientStream::ConnectTcp(const std::string& host, uint16_t port, Duration timeout) {
  const Deadline deadline(timeout);
  PLUMB_ASSIGN_OR_RETURN(const std::vector<SocketAddress> addresses, Resolve(host, port));
  const std::string name = fmt::format("{}:{}", host, port);
  Status last = Unavailable("Host has no address: {}.", host);
  for (const SocketAddress& address : addresses) {
    Result<FileDescriptor> fd = Connect(address, name, deadline);
    if (fd.ok()) return ClientStream(std::move(fd).value());
    last = fd.status();
  }
  return last;
}

Result<ClientStream> ClientStream::ConnectUnix(const std::string& path, Duration timeout) {
  PLUMB_ASSIGN_OR_RETURN(const SocketAddress address, UnixAddress(path));
  PLUMB_ASSIGN_OR_RETURN(FileDescriptor fd, Connect(address, path, Deadline(timeout)));
  return ClientStream(std::move(fd));
}

Status ClientStream::WriteAll(std::string_view bytes, Duration timeout) {
  const Deadline deadline(timeout);
  while (!bytes.empty()) {
    const IoResult io = TryWrite(fd_.get(), bytes);
    switch (io.kind) {
      case IoResult::Kind::kDone:
        bytes.remove_prefix(io.bytes);
        break;
      case IoResult::Kind::kWouldBlock:
        PLUMB_RETURN_IF_ERROR(deadline.Wait(fd_.get(), POLLOUT));
        break;
      case IoResult::Kind::kClosed:
        return Unavailable("Connection was closed by the peer.");
      case IoResult::Kind::kError:
        return SystemError(io.error, "Connection failed", "write");
    }
  }
  return Status();
}

Result<size_t> ClientStream::Read(char* buffer, size_t capacity, Duration timeout) {
  const Deadline deadline(timeout);
  while (true) {
    const IoResult io = TryRead(fd_.get(), buffer, capacity);
    switch (io.kind) {
      case IoResult::Kind::kDone:
        return io.bytes;
      case IoResult::Kind::kWouldBlock:
        PLUMB_RETURN_IF_ERROR(deadline.Wait(fd_.get(), POLLIN));
        break;
      case IoResult::Kind::kClosed:
        if (io.error != 0) return Unavailable("Connection was reset by the peer.");
        return size_t{0};
      case IoResult::Kind::kError:
        return SystemError(io.error, "Connection failed", "read");
    }
  }
}

Result<std::string> ClientStream::ReadToEnd(size_t bytes_max, Duration timeout) {
  const int64_t end_nanos = RealClock().SteadyNanos() + timeout * 1000;
  std::string bytes;
  std::string step(kReadStep, '\0');
  while (true) {
    const Duration left = (end_nanos - RealClock().SteadyNanos()) / 1000;
    PLUMB_ASSIGN_OR_RETURN(const size_t got, Read(step.data(), step.size(), left));
    if (got == 0) return bytes;
    if (got > bytes_max - bytes.size()) return ResourceExhausted("Answer is too long: more than {} bytes.", bytes_max);
    bytes.append(step, 0, got);
  }
}

void ClientStream::ShutdownWrite() { base::ShutdownWrite(fd_.get()); }

}  // namespace plumb::base
