// What http_server.h says of requests, permissions and errors, without a socket.
#include <algorithm>

#include "base/check.h"
#include "base/json.h"
#include "base/log.h"
#include "serve/http_server.h"

namespace plumb::serve {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

std::string_view ValueOf(const Pairs& pairs, std::string_view name) {
  for (const auto& [key, value] : pairs) {
    if (key == name) return value;
  }
  return "";
}

int StatusOfCode(base::Code code) {
  switch (code) {
    case base::Code::kOk:
      return 200;
    case base::Code::kInvalidArgument:
      return 400;
    case base::Code::kUnauthenticated:
      return 401;
    case base::Code::kPermissionDenied:
      return 403;
    case base::Code::kNotFound:
      return 404;
    case base::Code::kAlreadyExists:
    case base::Code::kFailedPrecondition:
      return 409;
    case base::Code::kResourceExhausted:
      return 429;
    case base::Code::kCancelled:
      return 499;
    case base::Code::kUnimplemented:
      return 501;
    case base::Code::kUnavailable:
      return 503;
    case base::Code::kDeadlineExceeded:
      return 504;
    case base::Code::kIo:
    case base::Code::kDataLoss:
      return 500;
  }
  return 500;
}

bool TellsInternals(base::Code code) { return code == base::Code::kIo || code == base::Code::kDataLoss; }

}  // namespace

const char* PermissionName(Permission permission) {
  switch (permission) {
    case Permission::kPublic:
      return "public";
    case Permission::kPredict:
      return "predict";
    case Permission::kReadFeatures:
      return "read_features";
    case Permission::kAskAsOf:
      return "ask_as_of";
    case Permission::kReadMetrics:
      return "read_metrics";
    case Permission::kAdmin:
      return "admin";
  }
  return "unknown";
}

std::string_view HttpRequest::Header(std::string_view name) const { return ValueOf(headers, name); }
std::string_view HttpRequest::Parameter(std::string_view name) const { return ValueOf(parameters, name); }

bool HttpRequest::May(Permission permission) const {
  return permission == Permission::kPublic || std::find(granted.begin(), granted.end(), permission) != granted.end();
}

HttpResponse ErrorResponse(const base::Status& status, std::string_view request_id) {
  PLUMB_CHECK(!status.ok(), "An error response needs an error.");
  const bool is_internal = TellsInternals(status.code());
  if (is_internal) {
    base::Log(base::Level::kError, "Request failed.",
              {{"request_id", request_id},
               {"code", base::CodeName(status.code())},
               {"message", status.message()},
               {"where", status.where()}});
  }
  base::Json error;
  error.Set("code", base::CodeName(status.code()));
  error.Set("message", is_internal ? "Server could not finish the request; its log has the reason." : status.message());
  error.Set("where", is_internal ? "" : status.where());
  error.Set("suggestion", is_internal ? "Give the request_id to whoever runs the server." : status.suggestion());
  error.Set("request_id", request_id);
  HttpResponse response;
  response.status = StatusOfCode(status.code());
  // Both may pass: a client that waits a little need not give up.
  if (response.status == 429 || response.status == 503) response.headers.emplace_back("Retry-After", "1");
  base::Json body;
  body.Set("error", std::move(error));
  response.body = body.Dump();
  return response;
}

}  // namespace plumb::serve
