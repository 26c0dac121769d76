#include "base/socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/internal/socket_address.h"
#include "base/internal/system_error.h"

namespace plumb::base {
namespace {

constexpr size_t kPartsMax = 64;

void SetOption(int fd, int level, int option) {
  const int on = 1;
  (void)setsockopt(fd, level, option, &on, sizeof on);  // A refused option costs speed, not correctness.
}

std::string PeerName(const SocketAddress& address) {
  char text[INET6_ADDRSTRLEN] = {};
  if (address.storage.ss_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&address.storage);
    inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
    return fmt::format("{}:{}", text, ntohs(v4->sin_port));
  }
  if (address.storage.ss_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&address.storage);
    inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
    return fmt::format("[{}]:{}", text, ntohs(v6->sin6_port));
  }
  return "unix";
}

// A count of bytes moved, or the reason why none were.
IoResult ToIoResult(ssize_t moved, bool reading, size_t wanted) {
  if (moved > 0) return {IoResult::Kind::kDone, static_cast<size_t>(moved), 0};
  if (moved == 0) return {reading && wanted > 0 ? IoResult::Kind::kClosed : IoResult::Kind::kDone, 0, 0};
  if (errno == EAGAIN || errno == EWOULDBLOCK) return {IoResult::Kind::kWouldBlock, 0, 0};
  if (errno == EPIPE || errno == ECONNRESET) return {IoResult::Kind::kClosed, 0, errno};
  return {IoResult::Kind::kError, 0, errno};
}

// True when somebody answers on the socket file.
bool IsServed(const SocketAddress& address) {
  const FileDescriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return connect(probe.get(), address.get(), address.length) == 0 || errno == EAGAIN;
}

bool IsSocketFile(const std::string& path) {
  struct stat status{};
  return lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

}  // namespace

void FileDescriptor::Reset(int fd) {
  if (fd_ >= 0) (void)close(fd_);  // For a socket or a file that was synced, a failing close has nothing to tell.
  fd_ = fd;
}

Result<SocketAddress> NumericAddress(std::string_view host, uint16_t port) {
  const std::string text(host == "localhost" ? "127.0.0.1" : host);
  SocketAddress address;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  if (inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    address.length = sizeof *v4;
    return address;
  }
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    address.length = sizeof *v6;
    return address;
  }
  return InvalidArgument("Host is not a numeric address: {}.", host);
}

Result<SocketAddress> UnixAddress(const std::string& path) {
  SocketAddress address;
  auto* unix_address = reinterpret_cast<sockaddr_un*>(&address.storage);
  if (path.empty() || path.size() >= sizeof unix_address->sun_path) {
    return InvalidArgument("Path of a socket has the wrong length: {}, want 1 to {} bytes.", path,
                           sizeof unix_address->sun_path - 1);
  }
  unix_address->sun_family = AF_UNIX;
  std::memcpy(unix_address->sun_path, path.data(), path.size());
  address.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return address;
}

Result<FileDescriptor> ListenTcp(const TcpListenOptions& options) {
  PLUMB_ASSIGN_OR_RETURN(const SocketAddress address, NumericAddress(options.host, options.port));
  const std::string name = fmt::format("{}:{}", options.host, options.port);
  FileDescriptor fd(socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return SystemError(errno, "Socket could not be made", name);
  SetOption(fd.get(), SOL_SOCKET, SO_REUSEADDR);
  if (options.reuse_port) SetOption(fd.get(), SOL_SOCKET, SO_REUSEPORT);
  if (bind(fd.get(), address.get(), address.length) != 0 || listen(fd.get(), options.backlog) != 0) {
    const int error = errno;
    const Status status = SystemError(error, "Address cannot be listened on", name);
    return error == EADDRINUSE ? status.WithSuggestion("Stop the other program or choose another port.") : status;
  }
  return fd;
}

Result<FileDescriptor> ListenUnix(const std::string& path, int mode, int backlog) {
  PLUMB_ASSIGN_OR_RETURN(const SocketAddress address, UnixAddress(path));
  if (IsSocketFile(path)) {
    if (IsServed(address)) return Unavailable("Socket is served by another process: {}.", path);
    (void)unlink(path.c_str());  // If that fails, bind says why.
  }
  FileDescriptor fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return SystemError(errno, "Socket could not be made", path);
  // The mode is set before listen: nobody can connect through a file that is still too open.
  if (bind(fd.get(), address.get(), address.length) != 0 || chmod(path.c_str(), static_cast<mode_t>(mode)) != 0 ||
      listen(fd.get(), backlog) != 0) {
    return SystemError(errno, "Socket cannot be listened on", path);
  }
  return fd;
}

Result<uint16_t> LocalPort(const FileDescriptor& listener) {
  SocketAddress address;
  address.length = sizeof address.storage;
  if (getsockname(listener.get(), address.get(), &address.length) != 0) {
    return SystemError(errno, "Socket has no local address", std::to_string(listener.get()));
  }
  // The port stands at the same place for both families.
  return ntohs(reinterpret_cast<const sockaddr_in*>(&address.storage)->sin_port);
}

bool IsLoopback(std::string_view host) {
  if (host == "localhost") return true;
  const auto address = NumericAddress(host, 0);
  if (!address.ok()) return false;
  if (address->storage.ss_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&address->storage);
    return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
  }
  return IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6*>(&address->storage)->sin6_addr) != 0;
}

std::optional<Accepted> TryAccept(int listener, int* error) {
  if (error != nullptr) *error = 0;
  while (true) {
    SocketAddress address;
    address.length = sizeof address.storage;
    FileDescriptor fd(accept4(listener, address.get(), &address.length, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (fd.valid()) {
      if (address.storage.ss_family != AF_UNIX) SetOption(fd.get(), IPPROTO_TCP, TCP_NODELAY);
      return Accepted{std::move(fd), PeerName(address)};
    }
    // A connection that was given up while it waited is no reason to stop accepting the next.
    if (errno == EINTR || errno == ECONNABORTED || errno == EPROTO) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK && error != nullptr) *error = errno;
    return std::nullopt;
  }
}

IoResult TryRead(int fd, char* buffer, size_t capacity) {
  ssize_t got;
  do {
    got = recv(fd, buffer, capacity, 0);
  } while (got < 0 && errno == EINTR);
  return ToIoResult(got, /*reading=*/true, capacity);
}

IoResult TryWrite(int fd, std::string_view bytes) {
  ssize_t sent;
  do {
    sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return ToIoResult(sent, /*reading=*/false, bytes.size());
}

IoResult TryWriteParts(int fd, const std::string_view* parts, size_t count) {
  iovec vector[kPartsMax];
  const size_t taken = std::min(count, kPartsMax);
  for (size_t i = 0; i < taken; ++i) vector[i] = {const_cast<char*>(parts[i].data()), parts[i].size()};
  msghdr message{};
  message.msg_iov = vector;
  message.msg_iovlen = taken;
  ssize_t sent;
  do {
    sent = sendmsg(fd, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return ToIoResult(sent, /*reading=*/false, 1);
}

void ShutdownWrite(int fd) { (void)shutdown(fd, SHUT_WR); }

Result<std::pair<FileDescriptor, FileDescriptor>> MakeSocketPair() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
    return SystemError(errno, "Socket pair could not be made", "unix");
  }
  return std::make_pair(FileDescriptor(ends[0]), FileDescriptor(ends[1]));
}

}  // namespace plumb::base
