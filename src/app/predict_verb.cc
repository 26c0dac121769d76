#include <fmt/core.h>

#include <cstdio>
#include <optional>
#include <utility>

#include "api/predict_json.h"
#include "app/exit_code.h"
#include "app/prediction_client.h"
#include "app/state.h"
#include "app/text_table.h"
#include "app/verbs.h"
#include "base/random.h"
#include "predict/prediction_service.h"

namespace plumb::app {
namespace {

using base::Json;
using base::Result;

constexpr size_t kRowsBytesMax = 64u << 20;

Result<std::string> ReadInput(const Invocation& invocation, const std::string& path) {
  if (path != "-") return invocation.files.ReadFile(base::JoinPath(base::CurrentDirectory(), path));
  std::string text;
  char buffer[1 << 16];
  while (const size_t got = std::fread(buffer, 1, sizeof(buffer), stdin)) {
    text.append(buffer, got);
    if (text.size() > kRowsBytesMax) return base::ResourceExhausted("Input is longer than {} bytes.", kRowsBytesMax);
  }
  return text;
}

// The request that a server gets: a list of rows, one row, or a whole request with what the options add.
Result<std::string> MakeBody(const Invocation& invocation, const PredictVerbOptions& options) {
  PLUMB_ASSIGN_OR_RETURN(const std::string text, ReadInput(invocation, options.rows));
  Result<Json> parsed = base::ParseJson(text);
  if (!parsed.ok()) return parsed.status().WithWhere(options.rows + ":" + parsed.status().where());
  Json document = std::move(parsed).value();
  if (document.IsArray()) {
    Json request;
    request.Set("rows", std::move(document));
    document = std::move(request);
  } else if (document.IsObject() && document.Find("rows") == nullptr && document.Find("row") == nullptr) {
    Json request;
    request.Set("row", std::move(document));
    document = std::move(request);
  }
  if (document.IsObject() && !options.as_of.empty()) document.Set("as_of", options.as_of);
  if (document.IsObject() && options.features) document.Set("features", true);
  return document.Dump();
}

std::string NewRequestId() { return fmt::format("{:016x}", base::RandomSeed()); }

// Through the service that a server would use, in this process; logged like any prediction.
Result<Json> PredictHere(const Invocation& invocation, const PredictVerbOptions& options, const std::string& body) {
  PLUMB_ASSIGN_OR_RETURN(const Project project, OpenProject(invocation));
  PLUMB_ASSIGN_OR_RETURN(const auto* deployment, project.FindDeployment(options.deployment));
  PLUMB_ASSIGN_OR_RETURN(const auto log, OpenPredictionLog(invocation, project));
  PLUMB_ASSIGN_OR_RETURN(const State state, OpenState(invocation, project));
  predict::PredictionServiceOptions service_options;
  service_options.deployments = {*deployment};
  PLUMB_ASSIGN_OR_RETURN(const auto service, predict::PredictionService::Make(*state.registry, *state.lake, *log,
                                                                              invocation.clock, service_options));
  predict::PredictRequest request;
  request.deployment = options.deployment;
  api::AnswerFormat format{options.deployment, NewRequestId(), options.features};
  if (const auto served = service->Served(options.deployment)) {
    PLUMB_ASSIGN_OR_RETURN(api::PredictDocument document,
                           api::ReadPredictDocument(body, served->bundle->plan.inputs()));
    request.rows = std::move(document.rows);
    request.as_of = document.as_of;
    format.features = document.features;
    if (!document.request_id.empty()) format.request_id = document.request_id;
  }
  request.request_id = format.request_id;
  std::optional<Result<predict::PredictAnswer>> answer;
  service->Predict(request, [&](Result<predict::PredictAnswer> result) { answer = std::move(result); });
  PLUMB_RETURN_IF_ERROR(log->Flush());
  if (!answer) return base::Unavailable("Prediction log did not answer.");
  if (!answer->ok()) return answer->status();
  return api::PredictAnswerToJson(**answer, format);
}

std::string TextOf(const Json& value) { return value.IsString() ? value.AsString() : value.Dump(); }

std::string MemberOf(const Json& json, const char* name) {
  const Json* value = json.Find(name);
  return value == nullptr ? std::string() : TextOf(*value);
}

std::string FeatureTable(const Json& prediction) {
  TextTable table({"feature", "value", "status"});
  const Json *values = prediction.Find("features"), *statuses = prediction.Find("statuses");
  if (values == nullptr || statuses == nullptr || !values->IsObject()) return "";
  for (const auto& [name, value] : values->AsObject()) {
    table.AddRow({name, TextOf(value), MemberOf(*statuses, name.c_str())});
  }
  return table.Render();
}

std::string AnswerText(const Json& answer) {
  std::string text =
      fmt::format("{}@v{} as of {}\n", MemberOf(answer, "model"), MemberOf(answer, "version"), MemberOf(answer, "t"));
  const Json* predictions = answer.Find("predictions");
  if (predictions == nullptr || !predictions->IsArray()) return text;
  TextTable table({"row", "score"}, {true, true});
  std::string features;
  for (size_t row = 0; row < predictions->AsArray().size(); row++) {
    const Json& prediction = predictions->AsArray()[row];
    table.AddRow({std::to_string(row), MemberOf(prediction, "score")});
    if (prediction.Find("features") != nullptr) features += fmt::format("\nrow {}\n{}", row, FeatureTable(prediction));
  }
  return text + table.Render() + features;
}

}  // namespace

Result<int> RunPredict(Invocation& invocation, const PredictVerbOptions& options) {
  PLUMB_ASSIGN_OR_RETURN(const std::string body, MakeBody(invocation, options));
  Json answer;
  if (options.url.empty()) {
    PLUMB_ASSIGN_OR_RETURN(answer, PredictHere(invocation, options, body));
  } else {
    PLUMB_ASSIGN_OR_RETURN(PredictionClient client, PredictionClient::Make(options.url));
    PLUMB_ASSIGN_OR_RETURN(answer, client.Predict(options.deployment, body));
  }
  invocation.terminal.PrintJson(answer);
  invocation.terminal.Print(AnswerText(answer));
  return kExitOk;
}

}  // namespace plumb::app
