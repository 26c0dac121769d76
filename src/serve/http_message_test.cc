#include <gtest/gtest.h>

#include "base/json.h"
#include "base/log.h"
#include "serve/http_server.h"
#include "serve/internal/response_writer.h"

namespace plumb::serve {
namespace {

TEST(ErrorResponse, HasTheStatusOfItsCode) {
  const std::vector<std::pair<base::Code, int>> cases = {
      {base::Code::kInvalidArgument, 400},   {base::Code::kUnauthenticated, 401},
      {base::Code::kPermissionDenied, 403},  {base::Code::kNotFound, 404},
      {base::Code::kAlreadyExists, 409},     {base::Code::kFailedPrecondition, 409},
      {base::Code::kResourceExhausted, 429}, {base::Code::kCancelled, 499},
      {base::Code::kUnimplemented, 501},     {base::Code::kUnavailable, 503},
      {base::Code::kDeadlineExceeded, 504},  {base::Code::kIo, 500},
      {base::Code::kDataLoss, 500},
  };
  base::SetLogSink([](std::string_view) {});
  for (const auto& [code, status] : cases) {
    EXPECT_EQ(ErrorResponse(base::Status(code, "It went wrong."), "id").status, status) << base::CodeName(code);
  }
  base::SetLogSink(nullptr);
}

TEST(ErrorResponse, TellsWhatWhereAndWhatToDo) {
  const base::Status status = base::InvalidArgument("Column is not known: {}.", "dely")
                                  .WithWhere("rows[3]")
                                  .WithSuggestion("Did you mean delay?");
  EXPECT_EQ(ErrorResponse(status, "id-1").body,
            R"({"error":{"code":"invalid_argument","message":"Column is not known: dely.","where":"rows[3]",)"
            R"("suggestion":"Did you mean delay?","request_id":"id-1"}})");
}

TEST(ErrorResponse, KeepsInternalsInTheLog) {
  std::string logged;
  base::SetLogSink([&](std::string_view line) { logged += line; });
  const HttpResponse response =
      ErrorResponse(base::Io("File cannot be read: /secret/path.").WithWhere("/secret/where"), "id-2");
  base::SetLogSink(nullptr);
  EXPECT_EQ(response.body.find("secret"), std::string::npos);
  EXPECT_NE(response.body.find("id-2"), std::string::npos);
  EXPECT_NE(logged.find("/secret/path"), std::string::npos);
  EXPECT_NE(logged.find("id-2"), std::string::npos);
}

TEST(HttpRequest, HasOnlyWhatWasGranted) {
  HttpRequest request;
  request.granted = {Permission::kPredict};
  EXPECT_TRUE(request.May(Permission::kPublic));
  EXPECT_TRUE(request.May(Permission::kPredict));
  EXPECT_FALSE(request.May(Permission::kAdmin));
  EXPECT_EQ(request.Header("none"), "");
  EXPECT_EQ(request.Parameter("none"), "");
}

TEST(ResponseWriter, LeavesOutHeadersThatWouldBreakTheFraming) {
  HttpResponse response;
  response.body = "{}";
  response.headers = {{"X-Good", "yes"},
                      {"X-Split", "a\r\nSet-Cookie: b"},
                      {"Bad name", "x"},
                      {"content-length", "9"},
                      {"Transfer-Encoding", "chunked"}};
  std::string logged, out;
  base::SetLogSink([&](std::string_view line) { logged += line; });
  internal::AppendResponse(response, {.request_id = "id"}, &out);
  base::SetLogSink(nullptr);
  EXPECT_EQ(out,
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
            "X-Content-Type-Options: nosniff\r\nX-Request-Id: id\r\nX-Good: yes\r\n\r\n{}");
  EXPECT_FALSE(logged.empty());
}

TEST(ResponseWriter, SendsNoBodyWhereThereMayBeNone) {
  HttpResponse response;
  response.body = "body";
  std::string head, no_content;
  internal::AppendResponse(response, {.request_id = "id", .is_head = true}, &head);
  EXPECT_NE(head.find("Content-Length: 4\r\n"), std::string::npos);
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
  response.status = 204;
  internal::AppendResponse(response, {.request_id = "id", .keep_alive = false}, &no_content);
  EXPECT_EQ(no_content.find("Content-Length"), std::string::npos);
  EXPECT_TRUE(no_content.ends_with("Connection: close\r\n\r\n"));
}

}  // namespace
}  // namespace plumb::serve
