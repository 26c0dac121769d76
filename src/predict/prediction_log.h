// prediction_log.h: every prediction that was answered: inputs, features, statuses, versions, t, cut, score.
//
// Kept in STATE/predictions/ as a record log (store/record_log.h), one JSON record a request; doubles by their shortest
// exact text and times as integers, so that an audit can compare bits. `plumb audit` and people read it back; export to
// Parquet makes it a table. Record format: docs/formats/prediction_log.md.
//
// Thread safety: pure functions.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/status.h"
#include "data/column.h"
#include "engine/feature_plan.h"
#include "store/record_log.h"

namespace plumb::predict {

struct LoggedPrediction {
  std::string request_id, deployment, model;
  int64_t version = 0;
  base::Time served_at = 0;
  base::Time t = 0, cut = 0;                // of every row of the request
  std::map<std::string, std::string> data;  // source → lake version that the state was filled from
  data::Batch inputs;                       // the plan's inputs
  engine::FeatureAnswer features;           // as served
  size_t outputs = 1;                       // of the model: a class each
  std::vector<float> margins, scores;       // row-major [rows × outputs]
};

base::Json ToJson(const LoggedPrediction& prediction);
// Types come from the bundle's plan, so decoding needs the schemas of inputs and features. Inputs are found by name;
// more than the schema wants are left out. kDataLoss for a record that is malformed or lacks an input.
base::Result<LoggedPrediction> FromJson(const base::Json& json, const data::Schema& inputs,
                                        const data::Schema& features);

// The record's deployment, model and version without decoding rows. kDataLoss for a malformed record.
struct LogKey {
  std::string deployment, model;
  int64_t version = 0;
};
base::Result<LogKey> ReadLogKey(const base::Json& json);

}  // namespace plumb::predict
