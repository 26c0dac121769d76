#include "serve/local_access.h"

#include <algorithm>

#include "base/socket.h"
#include "serve/internal/syntax.h"

namespace plumb::serve {
namespace {

struct HostAndPort {
  std::string_view host;  // without brackets
  std::string_view port;  // digits, or empty
  bool is_bracketed = false;
  bool is_well_formed = false;
};

HostAndPort SplitHost(std::string_view text) {
  HostAndPort split;
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return split;
    split.host = text.substr(1, end - 1);
    split.is_bracketed = true;
    text.remove_prefix(end + 1);
  } else {
    const size_t colon = std::min(text.find(':'), text.size());
    split.host = text.substr(0, colon);
    text.remove_prefix(colon);
  }
  if (text.starts_with(':')) {
    split.port = text.substr(1);
  } else if (!text.empty()) {
    return split;
  }
  split.is_well_formed = split.port.size() <= 5 && std::all_of(split.port.begin(), split.port.end(), internal::IsDigit);
  return split;
}

bool IsLocal(const HostAndPort& split) {
  if (!split.is_well_formed) return false;
  if (!split.is_bracketed && (split.host == "127.0.0.1" || internal::EqualIgnoringCase(split.host, "localhost"))) {
    return true;
  }
  // An IPv6 address stands in brackets, and nothing else does.
  if (split.is_bracketed != (split.host.find(':') != std::string_view::npos)) return false;
  return split.host.size() < 64 && base::IsLoopback(split.host);
}

bool IsOwnOrigin(std::string_view origin, std::string_view host) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!internal::EqualIgnoringCase(origin.substr(0, scheme.size()), scheme)) continue;
    const std::string_view authority = origin.substr(scheme.size());
    if (internal::EqualIgnoringCase(authority, host)) return !authority.empty();
    const HostAndPort theirs = SplitHost(authority);
    const HostAndPort ours = SplitHost(host);
    return IsLocal(theirs) && IsLocal(ours) && theirs.port == ours.port;
  }
  return false;
}

}  // namespace

bool IsLocalHost(std::string_view host) { return IsLocal(SplitHost(host)); }

base::Status CheckLocalAccess(const HttpRequest& request, bool is_unix_socket) {
  const std::string_view host = request.Header("host");
  const bool has_host = std::any_of(request.headers.begin(), request.headers.end(),
                                    [](const auto& header) { return header.first == "host"; });
  if (has_host && !is_unix_socket && !IsLocalHost(host)) {
    return base::PermissionDenied("Host is not local: {}.", host)
        .WithSuggestion("Ask for http://localhost or http://127.0.0.1 with the server's port.");
  }
  for (const auto& [name, value] : request.headers) {
    if (name == "origin" && !IsOwnOrigin(value, host)) {
      return base::PermissionDenied("Request comes from a page of another origin: {}.", value);
    }
  }
  return base::Status();
}

}  // namespace plumb::serve
