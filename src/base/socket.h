// socket.h: TCP and Unix stream sockets: listening, non-blocking reading and writing, and a blocking client.
//
// Why: the server (module serve), the command line and tests talk over sockets, and only base touches the network. The
// non-blocking calls are made for an EventLoop (event_loop.h): they neither allocate nor return a Status, because "not
// now" and "the peer went away" are everyday answers there.
//
// All descriptors are close-on-exec; the listening and accepted ones are non-blocking, and TCP_NODELAY is set on TCP
// streams. No call here raises SIGPIPE.
//
// Thread safety: one user per descriptor at a time; Close-on-destruction by the owner.
//
//   PLUMB_ASSIGN_OR_RETURN(FileDescriptor listener, ListenTcp({.host = "127.0.0.1", .port = 0}));
//   PLUMB_ASSIGN_OR_RETURN(const uint16_t port, LocalPort(listener));
//   loop.Add(listener.get(), kReadable, [&](uint32_t) {
//     while (std::optional<Accepted> peer = TryAccept(listener.get())) Serve(std::move(*peer));
//   });
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/status.h"
#include "base/time.h"

namespace plumb::base {

// Owns a descriptor and closes it. Movable; -1 is none.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.Release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    if (this != &other) Reset(other.Release());
    return *this;
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() { Reset(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }
  int Release() { return std::exchange(fd_, -1); }
  void Reset(int fd = -1);

 private:
  int fd_ = -1;
};

struct TcpListenOptions {
  std::string host =
      "127.0.0.1";    // a numeric IPv4 or IPv6 address, or "localhost"; "0.0.0.0" and "::" are every interface
  uint16_t port = 0;  // 0: the system chooses; see LocalPort
  int backlog = 4096;
  bool reuse_port = false;  // SO_REUSEPORT: several listeners share the port, one per event loop
};

// kUnavailable when the address is taken (with a suggestion), kPermissionDenied, kInvalidArgument for a bad host.
Result<FileDescriptor> ListenTcp(const TcpListenOptions& options);
// Replaces a stale socket file that nobody listens on; kUnavailable when somebody does. The file gets `mode`.
Result<FileDescriptor> ListenUnix(const std::string& path, int mode = 0600, int backlog = 1024);
Result<uint16_t> LocalPort(const FileDescriptor& listener);
// True for 127.0.0.0/8, ::1 and "localhost".
bool IsLoopback(std::string_view host);

struct Accepted {
  FileDescriptor fd;
  std::string peer;  // "127.0.0.1:51234", "[::1]:51234" or "unix"
};

// The next waiting connection, or nothing when there is none now (also when the process is out of descriptors: `error`,
// if given, then gets the errno, and the caller should pause accepting for a moment).
std::optional<Accepted> TryAccept(int listener, int* error = nullptr);

struct IoResult {
  enum class Kind : unsigned char {
    kDone,        // `bytes` moved, at least one (or none because none were asked for)
    kWouldBlock,  // try again when the loop says readable or writable
    kClosed,      // reading: end of stream; writing: the peer is gone
    kError,       // `error` is the errno; the connection is of no more use
  };
  Kind kind = Kind::kDone;
  size_t bytes = 0;
  int error = 0;
};

IoResult TryRead(int fd, char* buffer, size_t capacity);
IoResult TryWrite(int fd, std::string_view bytes);
// Writes the parts in order with one system call; `bytes` counts over all parts, and may end inside one. At most 64
// parts are taken per call.
IoResult TryWriteParts(int fd, const std::string_view* parts, size_t count);
// No more writing from this side; the peer reads an end of stream.
void ShutdownWrite(int fd);

// A blocking client connection. Every call gives up with kDeadlineExceeded after `timeout` (of the whole call).
class ClientStream {
 public:
  // Resolves `host` by the system. kUnavailable when nobody listens.
  static Result<ClientStream> ConnectTcp(const std::string& host, uint16_t port, Duration timeout);
  static Result<ClientStream> ConnectUnix(const std::string& path, Duration timeout);

  ClientStream(ClientStream&&) = default;
  ClientStream& operator=(ClientStream&&) = default;

  Status WriteAll(std::string_view bytes, Duration timeout);
  // At least one byte, or 0 at the end of the stream.
  Result<size_t> Read(char* buffer, size_t capacity, Duration timeout);
  // Everything to the end of the stream; kResourceExhausted beyond `bytes_max`.
  Result<std::string> ReadToEnd(size_t bytes_max, Duration timeout);
  void ShutdownWrite();
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  explicit ClientStream(FileDescriptor fd) : fd_(std::move(fd)) {}
  FileDescriptor fd_;
};

// A connected pair of non-blocking stream sockets in this process, for tests.
Result<std::pair<FileDescriptor, FileDescriptor>> MakeSocketPair();

}  // namespace plumb::base
