#include "api/predict_json.h"

#include <algorithm>
#include <utility>

#include "api/request_rows.h"
#include "base/time.h"

namespace plumb::api {

using base::Json;
using base::Result;

namespace {

// The class of the highest score, the first of equal ones, and the probability of each.
Json ClassOfRow(const predict::PredictAnswer& answer, size_t row) {
  const auto scores = answer.scores.begin() + static_cast<ptrdiff_t>(row * answer.outputs);
  const auto end = scores + static_cast<ptrdiff_t>(answer.outputs);
  base::JsonObject probabilities;
  for (size_t code = 0; code < answer.outputs; code++) {
    probabilities.emplace_back(answer.classes->Text(code), static_cast<double>(scores[static_cast<ptrdiff_t>(code)]));
  }
  Json json;
  json.Set("class", answer.classes->At(static_cast<size_t>(std::max_element(scores, end) - scores)).ToJson());
  json.Set("probabilities", std::move(probabilities));
  return json;
}

Json PredictionOfRow(const predict::PredictAnswer& answer, size_t row) {
  Json json;
  switch (answer.task) {
    case model::Task::kBinary:
      json.Set("score", static_cast<double>(answer.scores[row]));
      break;
    case model::Task::kClasses:
      json.Set("prediction", ClassOfRow(answer, row));
      break;
    case model::Task::kRegression:
      json.Set("prediction", static_cast<double>(answer.scores[row]));
      break;
  }
  return json;
}

}  // namespace

Result<PredictDocument> ReadPredictDocument(std::string_view body, const data::Schema& inputs) {
  PLUMB_ASSIGN_OR_RETURN(const Json json,
                         ReadDocument(body, {"rows", "row", "shared", "as_of", "features", "request_id"}));
  PredictDocument document;
  PLUMB_ASSIGN_OR_RETURN(document.as_of, ReadTime(json, "as_of"));
  PLUMB_ASSIGN_OR_RETURN(document.features, ReadFlag(json, "features"));
  PLUMB_ASSIGN_OR_RETURN(document.request_id, ReadRequestId(json));
  PLUMB_ASSIGN_OR_RETURN(document.rows, ReadRows(json, inputs));
  return document;
}

Json ValuesOfRow(const engine::FeatureAnswer& answer, size_t row) {
  base::JsonObject values;
  for (size_t i = 0; i < answer.values.columns.size(); i++) {
    values.emplace_back(answer.values.schema.fields()[i].name, answer.values.columns[i].At(row).ToJson());
  }
  return values;
}

Json StatusesOfRow(const engine::FeatureAnswer& answer, size_t row) {
  base::JsonObject statuses;
  for (size_t i = 0; i < answer.statuses.size(); i++) {
    statuses.emplace_back(answer.values.schema.fields()[i].name, engine::FeatureStatusName(answer.statuses[i][row]));
  }
  return statuses;
}

Json PredictAnswerToJson(const predict::PredictAnswer& answer, const AnswerFormat& format) {
  Json predictions{base::JsonArray{}};
  const size_t rows = answer.scores.size() / answer.outputs;
  for (size_t row = 0; row < rows; row++) {
    Json prediction = PredictionOfRow(answer, row);
    if (format.features) {
      prediction.Set("features", ValuesOfRow(answer.features, row));
      prediction.Set("statuses", StatusesOfRow(answer.features, row));
    }
    predictions.Append(std::move(prediction));
  }
  Json json;
  json.Set("model", answer.model);
  json.Set("version", answer.version);
  json.Set("deployment", format.deployment);
  json.Set("t", base::FormatTime(answer.t));
  json.Set("cut", base::FormatTime(answer.cut));
  json.Set("request_id", format.request_id);
  json.Set("predictions", std::move(predictions));
  return json;
}

}  // namespace plumb::api
