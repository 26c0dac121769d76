// socket_address.h: an address as the system calls take it. Only for the .cc files of socket.h.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace plumb::base {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

// Of "127.0.0.1", "::1", "localhost"; no look-up.
Result<SocketAddress> NumericAddress(std::string_view host, uint16_t port);
Result<SocketAddress> UnixAddress(const std::string& path);

}  // namespace plumb::base
