#include "app/prediction_client.h"

#include <utility>

#include "serve/http_target.h"

namespace plumb::app {
namespace {

using base::Json;
using base::Result;
using base::Status;

constexpr int kHttpOk = 200;
constexpr base::Code kLastCode = base::Code::kDataLoss;

std::string TextOf(const Json& error, const char* member) {
  const Json* value = error.Find(member);
  return value != nullptr && value->IsString() ? value->AsString() : std::string();
}

base::Code CodeFrom(const std::string& name) {
  for (int code = 1; code <= static_cast<int>(kLastCode); code++) {
    if (name == base::CodeName(static_cast<base::Code>(code))) return static_cast<base::Code>(code);
  }
  return base::Code::kUnavailable;
}

Status ErrorFrom(const serve::HttpAnswer& answer) {
  const Result<Json> body = base::ParseJson(answer.body);
  const Json* error = body.ok() ? body->Find("error") : nullptr;
  if (error == nullptr) return base::Unavailable("Server answered without a reason: HTTP {}.", answer.status);
  return Status(CodeFrom(TextOf(*error, "code")), TextOf(*error, "message"))
      .WithWhere(TextOf(*error, "where"))
      .WithSuggestion(TextOf(*error, "suggestion"));
}

}  // namespace

Result<PredictionClient> PredictionClient::Make(const std::string& url) {
  PLUMB_ASSIGN_OR_RETURN(serve::HttpClientOptions options, serve::ParseServerAddress(url));
  return PredictionClient(std::move(options));
}

Result<Json> PredictionClient::Predict(const std::string& deployment, std::string_view body) {
  PLUMB_ASSIGN_OR_RETURN(const serve::HttpAnswer answer,
                         client_.Post("/v1/predict/" + serve::PercentEncode(deployment), body));
  if (answer.status != kHttpOk) return ErrorFrom(answer);
  return base::ParseJson(answer.body);
}

}  // namespace plumb::app
