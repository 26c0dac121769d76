#include "base/socket.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <string>

#include "base/event_loop.h"
#include "base/executor.h"
#include "base/file_system.h"

namespace plumb::base {
namespace {

constexpr Duration kLong = 20 * kSecond;

// A folder for socket files, removed at the end.
class SocketFile {
 public:
  SocketFile() {
    folder_ = testing::TempDir() + "/plumb_XXXXXX";
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
  }
  ~SocketFile() { EXPECT_TRUE(RealFileSystem().RemoveAll(folder_).ok()); }
  std::string path() const { return folder_ + "/socket"; }

 private:
  std::string folder_;
};

// Waits for one connection.
Accepted Accept(const FileDescriptor& listener) {
  std::optional<Accepted> accepted;
  EventLoop loop;
  EXPECT_TRUE(loop.Add(listener.get(), kReadable, [&](uint32_t) { accepted = TryAccept(listener.get()); }).ok());
  while (!accepted) loop.RunOnce(kLong);
  return std::move(*accepted);
}

TEST(FileDescriptor, ClosesOnce) {
  auto pair = MakeSocketPair();
  ASSERT_TRUE(pair.ok());
  FileDescriptor a = std::move(pair->first);
  EXPECT_FALSE(pair->first.valid());
  a.Reset();
  EXPECT_FALSE(a.valid());
  char byte;
  EXPECT_EQ(TryRead(pair->second.get(), &byte, 1).kind, IoResult::Kind::kClosed);
}

TEST(Socket, CarriesBytesOverTcp) {
  const auto listener = ListenTcp({});
  ASSERT_TRUE(listener.ok()) << listener.status().ToString();
  EXPECT_FALSE(TryAccept(listener->get()).has_value());
  auto client = ClientStream::ConnectTcp("localhost", LocalPort(*listener).value(), kLong);
  ASSERT_TRUE(client.ok()) << client.status().ToString();
  const Accepted server = Accept(*listener);
  EXPECT_TRUE(server.peer.starts_with("127.0.0.1:"));

  const std::string_view parts[] = {"one ", "", "two ", "three"};
  const IoResult written = TryWriteParts(server.fd.get(), parts, 4);
  EXPECT_EQ(written.kind, IoResult::Kind::kDone);
  EXPECT_EQ(written.bytes, 13u);
  ShutdownWrite(server.fd.get());
  EXPECT_EQ(client->ReadToEnd(100, kLong).value(), "one two three");
}

TEST(Socket, SaysWhenItWouldBlockAndWhenThePeerIsGone) {
  auto pair = MakeSocketPair();
  char buffer[16];
  EXPECT_EQ(TryRead(pair->first.get(), buffer, sizeof buffer).kind, IoResult::Kind::kWouldBlock);
  const std::string large(1 << 20, 'x');
  IoResult result;
  do {
    result = TryWrite(pair->first.get(), large);
  } while (result.kind == IoResult::Kind::kDone);
  EXPECT_EQ(result.kind, IoResult::Kind::kWouldBlock);
  pair->second.Reset();
  EXPECT_EQ(TryWrite(pair->first.get(), "x").kind, IoResult::Kind::kClosed);
  EXPECT_EQ(TryRead(-1, buffer, sizeof buffer).kind, IoResult::Kind::kError);
}

TEST(Socket, SharesAPortOnlyWhenAsked) {
  const auto first = ListenTcp({.reuse_port = true});
  ASSERT_TRUE(first.ok());
  const uint16_t port = LocalPort(*first).value();
  EXPECT_TRUE(ListenTcp({.port = port, .reuse_port = true}).ok());
  const auto taken = ListenTcp({.port = port});
  EXPECT_EQ(taken.status().code(), Code::kUnavailable);
  EXPECT_FALSE(taken.status().suggestion().empty());
}

TEST(Socket, RefusesHostsThatAreNoAddresses) {
  EXPECT_EQ(ListenTcp({.host = "example"}).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(ListenTcp({.host = "1.2.3"}).status().code(), Code::kInvalidArgument);
}

TEST(Socket, KnowsLoopback) {
  for (const char* host : {"localhost", "127.0.0.1", "127.9.9.9", "::1"}) EXPECT_TRUE(IsLoopback(host)) << host;
  for (const char* host : {"0.0.0.0", "128.0.0.1", "::", "example", ""}) EXPECT_FALSE(IsLoopback(host)) << host;
}

TEST(Socket, ListensOnAFileAndReplacesAStaleOne) {
  const SocketFile file;
  {
    const auto listener = ListenUnix(file.path());
    ASSERT_TRUE(listener.ok()) << listener.status().ToString();
    struct stat status{};
    ASSERT_EQ(stat(file.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
    EXPECT_EQ(ListenUnix(file.path()).status().code(), Code::kUnavailable);
  }
  const auto again = ListenUnix(file.path());
  ASSERT_TRUE(again.ok()) << again.status().ToString();
  auto client = ClientStream::ConnectUnix(file.path(), kLong);
  ASSERT_TRUE(client.ok());
  EXPECT_TRUE(client->WriteAll("hello", kLong).ok());
}

TEST(Socket, LeavesOtherFilesAlone) {
  const SocketFile file;
  ASSERT_TRUE(RealFileSystem().WriteFileAtomically(file.path(), "precious").ok());
  EXPECT_FALSE(ListenUnix(file.path()).ok());
  EXPECT_EQ(RealFileSystem().ReadFile(file.path()).value(), "precious");
  EXPECT_EQ(ListenUnix(std::string(200, 'x')).status().code(), Code::kInvalidArgument);
}

TEST(ClientStream, GivesUpAfterItsDeadline) {
  const auto listener = ListenTcp({});
  auto client = ClientStream::ConnectTcp("127.0.0.1", LocalPort(*listener).value(), kLong);
  ASSERT_TRUE(client.ok());
  char byte;
  EXPECT_EQ(client->Read(&byte, 1, 0).status().code(), Code::kDeadlineExceeded);
  EXPECT_EQ(client->Read(&byte, 1, kMillisecond).status().code(), Code::kDeadlineExceeded);
}

TEST(ClientStream, SaysThatNobodyListens) {
  auto listener = ListenTcp({});
  const uint16_t port = LocalPort(*listener).value();
  listener->Reset();
  EXPECT_EQ(ClientStream::ConnectTcp("127.0.0.1", port, kLong).status().code(), Code::kUnavailable);
  EXPECT_EQ(ClientStream::ConnectUnix("/none/socket", kLong).status().code(), Code::kNotFound);
}

TEST(ClientStream, BoundsWhatItReads) {
  const auto listener = ListenTcp({});
  auto client = ClientStream::ConnectTcp("127.0.0.1", LocalPort(*listener).value(), kLong);
  const Accepted server = Accept(*listener);
  EXPECT_EQ(TryWrite(server.fd.get(), "0123456789").bytes, 10u);
  ShutdownWrite(server.fd.get());
  EXPECT_EQ(client->ReadToEnd(9, kLong).status().code(), Code::kResourceExhausted);
}

TEST(ClientStream, WritesMoreThanABufferHolds) {
  const auto listener = ListenTcp({});
  auto client = ClientStream::ConnectTcp("127.0.0.1", LocalPort(*listener).value(), kLong);
  const Accepted server = Accept(*listener);
  const std::string large(20 << 20, 'x');
  Thread writer("writer", [&] {
    EXPECT_TRUE(client->WriteAll(large, kLong).ok());
    client->ShutdownWrite();
  });
  size_t got = 0;
  bool open = true;
  EventLoop loop;
  ASSERT_TRUE(loop.Add(server.fd.get(), kReadable,
                       [&](uint32_t) {
                         char buffer[1 << 16];
                         const IoResult result = TryRead(server.fd.get(), buffer, sizeof buffer);
                         got += result.bytes;
                         open = result.kind != IoResult::Kind::kClosed;
                       })
                  .ok());
  while (open) loop.RunOnce(kLong);
  EXPECT_EQ(got, large.size());
}

}  // namespace
}  // namespace plumb::base
