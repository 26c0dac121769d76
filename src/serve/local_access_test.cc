#include "serve/local_access.h"

#include <gtest/gtest.h>

namespace plumb::serve {
namespace {

TEST(LocalAccess, KnowsLocalHosts) {
  for (const char* host :
       {"localhost", "LocalHost:80", "127.0.0.1", "127.0.0.1:65535", "[::1]", "[::1]:1", "127.1.2.3"}) {
    EXPECT_TRUE(IsLocalHost(host)) << host;
  }
  for (const char* host : {"", "example.org", "localhost.example.org", "127.0.0.1.nip.io", "::1", "[::1", "[::1]x",
                           "localhost:80x", "localhost:123456", "0.0.0.0", "10.0.0.1:80", "[::2]", "[127.0.0.1]",
                           "[localhost]", "localhost@example.org", "127.0.0.1,example.org"}) {
    EXPECT_FALSE(IsLocalHost(host)) << host;
  }
}

struct Case {
  const char* host;    // null: none
  const char* origin;  // null: none
  bool is_unix_socket;
  bool is_allowed;
};

class LocalAccessCases : public testing::TestWithParam<Case> {};

TEST_P(LocalAccessCases, Decides) {
  const Case& c = GetParam();
  HttpRequest request;
  if (c.host != nullptr) request.headers.emplace_back("host", c.host);
  if (c.origin != nullptr) request.headers.emplace_back("origin", c.origin);
  const base::Status status = CheckLocalAccess(request, c.is_unix_socket);
  EXPECT_EQ(status.code(), c.is_allowed ? base::Code::kOk : base::Code::kPermissionDenied);
}

INSTANTIATE_TEST_SUITE_P(
    All, LocalAccessCases,
    testing::Values(Case{"localhost:80", nullptr, false, true}, Case{nullptr, nullptr, false, true},
                    Case{"evil.example", nullptr, false, false}, Case{"evil.example", nullptr, true, true},
                    Case{"localhost:80", "http://localhost:80", false, true},
                    Case{"127.0.0.1:80", "http://localhost:80", false, true},
                    Case{"localhost:80", "http://localhost:81", false, false},
                    Case{"localhost:80", "http://evil.example", false, false},
                    Case{"localhost:80", "null", false, false}, Case{"localhost:80", "", false, false},
                    Case{"localhost:80", "file://localhost:80", false, false},
                    Case{"localhost", "http://evil.example", true, false}));

TEST(LocalAccess, LooksAtEveryOrigin) {
  HttpRequest request;
  request.headers = {{"host", "localhost"}, {"origin", "http://localhost"}, {"origin", "http://evil.example"}};
  EXPECT_FALSE(CheckLocalAccess(request, false).ok());
}

}  // namespace
}  // namespace plumb::serve
