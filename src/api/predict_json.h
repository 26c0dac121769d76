// predict_json.h: prediction requests and answers as JSON, for the HTTP route and the command line alike.
//
// Request: {"rows": [{…}, …] or "row": {…}, "shared": {…}?, "as_of": TIME?, "features": true?, "request_id": TEXT?}.
// Answer: {"model", "version", "deployment", "t", "cut", "request_id", "predictions": [{PREDICTION, "features"?,
// "statuses"?}]}. PREDICTION is "score": the probability; of several classes "prediction": {"class", "probabilities":
// {class: probability}}; of a regression "prediction": the number. Features and their statuses are given when they were
// asked for. docs/api.md is the description for clients.
//
// Thread safety: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "predict/prediction_service.h"

namespace plumb::api {

struct PredictDocument {
  data::Batch rows;
  std::optional<base::Time> as_of;
  bool features = false;
  std::string request_id;  // empty when the client gave none
};

// kInvalidArgument with the place for anything that is wrong.
base::Result<PredictDocument> ReadPredictDocument(std::string_view body, const data::Schema& inputs);

struct AnswerFormat {
  std::string deployment, request_id;
  bool features = false;
};
base::Json PredictAnswerToJson(const predict::PredictAnswer& answer, const AnswerFormat& format);

// The values and statuses of one row: {"view.feature": value, …}.
base::Json ValuesOfRow(const engine::FeatureAnswer& answer, size_t row);
base::Json StatusesOfRow(const engine::FeatureAnswer& answer, size_t row);

}  // namespace plumb::api
