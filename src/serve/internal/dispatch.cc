#include "serve/internal/dispatch.h"

#include <fmt/format.h>

#include <algorithm>

#include "serve/internal/syntax.h"
#include "serve/local_access.h"

namespace plumb::serve::internal {
namespace {

constexpr size_t kRequestIdBytesMax = 64;
constexpr size_t kShownTargetBytesMax = 200;

std::string Join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text.append(text.empty() ? "" : ", ").append(word);
  return text;
}

// The path as the client wrote it: the target is printable, what it stands for may not be.
std::string ShownPath(std::string_view target) {
  const std::string_view path = target.substr(0, target.find('?'));
  if (path.size() <= kShownTargetBytesMax) return std::string(path);
  return std::string(path.substr(0, kShownTargetBytesMax)) + "...";
}

HttpResponse AnswerOptions(const std::vector<std::string>& allow) {
  HttpResponse response;
  response.content_type.clear();
  response.headers.emplace_back("Allow", Join(allow));
  return response;
}

HttpResponse AnswerNoRoute(const RouteTable& routes, const HttpParser::Request& request) {
  base::Status error = base::NotFound("Path is not known: {}.", ShownPath(request.target));
  const std::string closest = routes.ClosestPattern(request.segments);
  if (!closest.empty()) error = error.WithSuggestion(fmt::format("Did you mean {}?", closest));
  return ErrorResponse(error, request.request.request_id);
}

HttpResponse AnswerNoMethod(const HttpParser::Request& request, const std::vector<std::string>& allow) {
  const base::Status error =
      base::Unimplemented("Method is not allowed here: {} {}.", request.request.method, ShownPath(request.target))
          .WithSuggestion(fmt::format("Allowed are {}.", Join(allow)));
  HttpResponse response = ErrorResponseWithStatus(405, error, request.request.request_id);
  response.headers.emplace_back("Allow", Join(allow));
  return response;
}

}  // namespace

const Route* FindRoute(const RouteTable& routes, bool is_unix_socket, HttpParser::Request* request,
                       HttpResponse* answer) {
  HttpRequest& asked = request->request;
  if (const base::Status access = CheckLocalAccess(asked, is_unix_socket); !access.ok()) {
    *answer = ErrorResponse(access, asked.request_id);
    return nullptr;
  }
  if (request->is_asterisk) {
    *answer = AnswerOptions(routes.AllMethods());
    return nullptr;
  }
  RouteTable::Match match = routes.Find(asked.method, request->segments);
  if (match.route == nullptr) {
    const bool is_options = asked.method == "OPTIONS";
    if (match.allow.empty()) {
      *answer = AnswerNoRoute(routes, *request);
    } else {
      *answer = is_options ? AnswerOptions(match.allow) : AnswerNoMethod(*request, match.allow);
    }
    return nullptr;
  }
  asked.parameters = std::move(match.parameters);
  // Without keys, whoever reaches a local server may do everything.
  asked.granted = {Permission::kPublic,  Permission::kPredict,     Permission::kReadFeatures,
                   Permission::kAskAsOf, Permission::kReadMetrics, Permission::kAdmin};
  if (!asked.May(match.route->permission)) {
    *answer =
        ErrorResponse(base::PermissionDenied("Permission is missing: {}.", PermissionName(match.route->permission)),
                      asked.request_id);
    return nullptr;
  }
  return match.route;
}

HttpResponse ErrorResponseWithStatus(int http_status, const base::Status& error, std::string_view request_id) {
  HttpResponse response = ErrorResponse(error, request_id);
  response.status = http_status;
  // Asking again does not help against what is wrong with the request itself.
  if (http_status != 429 && http_status != 503) response.headers.clear();
  return response;
}

std::string ChooseRequestId(std::string_view clients, base::Random* random) {
  const bool is_good = !clients.empty() && clients.size() <= kRequestIdBytesMax &&
                       std::all_of(clients.begin(), clients.end(), [](char c) {
                         return IsLetter(c) || IsDigit(c) || c == '.' || c == '_' || c == '-';
                       });
  return is_good ? std::string(clients) : fmt::format("{:016x}", random->Next());
}

}  // namespace plumb::serve::internal
