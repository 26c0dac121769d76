#include "predict/prediction_log.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

namespace plumb::predict {
namespace {

using base::Json;
using base::Result;
using base::Status;

// Instants and durations as microseconds, like t and cut: every one of them has that form, and it is exact.
Json CellToJson(const data::Value& value) {
  const data::TypeKind kind = value.type().kind;
  if (!value.is_null() && (kind == data::TypeKind::kTimestamp || kind == data::TypeKind::kDuration))
    return value.AsInt();
  return value.ToJson();
}

Result<data::Value> CellFromJson(data::Type type, const Json& json) {
  const bool is_time = type == data::TypeKind::kTimestamp || type == data::TypeKind::kDuration;
  if (!is_time || json.IsNull()) return data::ValueFromJson(type, json);
  if (!json.IsInt()) return base::DataLoss("Prediction record has a time that is not an integer.");
  return data::Value::Integral(type, json.AsInt());
}

Json ColumnsToJson(const data::Batch& batch) {
  Json rows{base::JsonArray{}};
  for (size_t row = 0; row < batch.rows; row++) {
    Json values{base::JsonArray{}};
    for (const data::Column& column : batch.columns) values.Append(CellToJson(column.At(row)));
    rows.Append(std::move(values));
  }
  return rows;
}

Status Malformed(const char* what) { return base::DataLoss("Prediction record is malformed: {}.", what); }

// Rows of `width` values, of which those at `positions` are the columns of the schema.
Result<data::Batch> ColumnsFromJson(const Json* rows, const data::Schema& schema, size_t width,
                                    const std::vector<size_t>& positions, const char* what) {
  if (rows == nullptr || !rows->IsArray()) return Malformed(what);
  data::Batch batch(schema);
  for (const Json& row : rows->AsArray()) {
    if (!row.IsArray() || row.AsArray().size() != width) return Malformed(what);
    for (size_t i = 0; i < schema.size(); i++) {
      const Result<data::Value> value = CellFromJson(schema.fields()[i].type, row.AsArray()[positions[i]]);
      if (!value.ok()) return Malformed(what);
      batch.columns[i].Append(*value);
    }
    batch.rows++;
  }
  return batch;
}

Result<data::Batch> InputsFromJson(const Json& json, const data::Schema& schema) {
  const Json* names = json.Find("input_names");
  if (names == nullptr || !names->IsArray()) return Malformed("input_names");
  std::vector<size_t> positions;
  for (const data::Field& field : schema.fields()) {
    const base::JsonArray& list = names->AsArray();
    const auto found = std::find(list.begin(), list.end(), Json(field.name));
    if (found == list.end()) return base::DataLoss("Prediction record lacks an input: {}.", field.name);
    positions.push_back(static_cast<size_t>(found - list.begin()));
  }
  return ColumnsFromJson(json.Find("inputs"), schema, names->AsArray().size(), positions, "inputs");
}

Result<data::Batch> FeaturesFromJson(const Json& json, const data::Schema& schema) {
  std::vector<size_t> positions(schema.size());
  std::iota(positions.begin(), positions.end(), 0);
  return ColumnsFromJson(json.Find("features"), schema, schema.size(), positions, "features");
}

// Scores are floats; their shortest double text reads back to the same float. A number a row, or a list of one an
// output.
Json FloatsToJson(const std::vector<float>& values, size_t outputs) {
  Json list{base::JsonArray{}};
  for (size_t at = 0; at + outputs <= values.size(); at += outputs) {
    if (outputs == 1) {
      list.Append(static_cast<double>(values[at]));
      continue;
    }
    Json row{base::JsonArray{}};
    for (size_t i = 0; i < outputs; i++) row.Append(static_cast<double>(values[at + i]));
    list.Append(std::move(row));
  }
  return list;
}

// Not by data::Value, which has no -0.
std::optional<float> FloatOf(const Json& json) {
  if (json.IsNumber()) return static_cast<float>(json.AsDouble());
  if (json == Json("NaN")) return std::numeric_limits<float>::quiet_NaN();
  if (json == Json("Infinity")) return std::numeric_limits<float>::infinity();
  if (json == Json("-Infinity")) return -std::numeric_limits<float>::infinity();
  return std::nullopt;
}

// Rows of `outputs` numbers each; the first call finds out how many there are (outputs 0).
Result<std::vector<float>> FloatsFromJson(const Json* list, size_t rows, size_t* outputs, const char* what) {
  if (list == nullptr || !list->IsArray() || list->AsArray().size() != rows) return Malformed(what);
  std::vector<float> values;
  for (const Json& row : list->AsArray()) {
    const bool is_list = row.IsArray();
    const size_t width = is_list ? row.AsArray().size() : 1;
    if (*outputs == 0) *outputs = width;
    if (width != *outputs || (is_list && width < 2)) return Malformed(what);
    for (size_t i = 0; i < width; i++) {
      const std::optional<float> number = FloatOf(is_list ? row.AsArray()[i] : row);
      if (!number) return Malformed(what);
      values.push_back(*number);
    }
  }
  return values;
}

Json StatusesToJson(const std::vector<std::vector<engine::FeatureStatus>>& statuses, size_t rows) {
  Json list{base::JsonArray{}};
  for (size_t row = 0; row < rows; row++) {
    std::string text;  // one digit a feature
    for (const auto& feature : statuses) text.push_back(static_cast<char>('0' + static_cast<int>(feature[row])));
    list.Append(std::move(text));
  }
  return list;
}

Result<std::vector<std::vector<engine::FeatureStatus>>> StatusesFromJson(const Json* list, size_t rows,
                                                                         size_t features) {
  if (list == nullptr || !list->IsArray() || list->AsArray().size() != rows) return Malformed("statuses");
  std::vector<std::vector<engine::FeatureStatus>> statuses(features, std::vector<engine::FeatureStatus>(rows));
  for (size_t row = 0; row < rows; row++) {
    const Json& text = list->AsArray()[row];
    if (!text.IsString() || text.AsString().size() != features) return Malformed("statuses");
    for (size_t i = 0; i < features; i++) {
      const int code = text.AsString()[i] - '0';
      if (code < 0 || code > static_cast<int>(engine::FeatureStatus::kError)) return Malformed("statuses");
      statuses[i][row] = static_cast<engine::FeatureStatus>(code);
    }
  }
  return statuses;
}

Result<std::string> ReadString(const Json& json, const char* key) {
  const Json* value = json.Find(key);
  if (value == nullptr || !value->IsString()) return Malformed(key);
  return value->AsString();
}

Result<int64_t> ReadInt(const Json& json, const char* key) {
  const Json* value = json.Find(key);
  if (value == nullptr || !value->IsInt()) return Malformed(key);
  return value->AsInt();
}

}  // namespace

Json ToJson(const LoggedPrediction& prediction) {
  Json json;
  json.Set("request_id", prediction.request_id);
  json.Set("deployment", prediction.deployment);
  json.Set("model", prediction.model);
  json.Set("version", prediction.version);
  json.Set("served_at", prediction.served_at);
  json.Set("t", prediction.t);
  json.Set("cut", prediction.cut);
  Json data{base::JsonObject{}};
  for (const auto& [source, version] : prediction.data) data.Set(source, version);
  json.Set("data", std::move(data));
  Json names{base::JsonArray{}};
  for (const data::Field& field : prediction.inputs.schema.fields()) names.Append(field.name);
  json.Set("input_names", std::move(names));
  json.Set("inputs", ColumnsToJson(prediction.inputs));
  json.Set("features", ColumnsToJson(prediction.features.values));
  json.Set("statuses", StatusesToJson(prediction.features.statuses, prediction.inputs.rows));
  json.Set("margins", FloatsToJson(prediction.margins, prediction.outputs));
  json.Set("scores", FloatsToJson(prediction.scores, prediction.outputs));
  return json;
}

Result<LogKey> ReadLogKey(const Json& json) {
  LogKey key;
  PLUMB_ASSIGN_OR_RETURN(key.deployment, ReadString(json, "deployment"));
  PLUMB_ASSIGN_OR_RETURN(key.model, ReadString(json, "model"));
  PLUMB_ASSIGN_OR_RETURN(key.version, ReadInt(json, "version"));
  return key;
}

Result<LoggedPrediction> FromJson(const Json& json, const data::Schema& inputs, const data::Schema& features) {
  LoggedPrediction prediction;
  PLUMB_ASSIGN_OR_RETURN(const LogKey key, ReadLogKey(json));
  prediction.deployment = key.deployment;
  prediction.model = key.model;
  prediction.version = key.version;
  PLUMB_ASSIGN_OR_RETURN(prediction.request_id, ReadString(json, "request_id"));
  PLUMB_ASSIGN_OR_RETURN(prediction.served_at, ReadInt(json, "served_at"));
  PLUMB_ASSIGN_OR_RETURN(prediction.t, ReadInt(json, "t"));
  PLUMB_ASSIGN_OR_RETURN(prediction.cut, ReadInt(json, "cut"));
  const Json* data = json.Find("data");
  if (data == nullptr || !data->IsObject()) return Malformed("data");
  for (const auto& [source, version] : data->AsObject()) {
    if (!version.IsString()) return Malformed("data");
    prediction.data[source] = version.AsString();
  }
  PLUMB_ASSIGN_OR_RETURN(prediction.inputs, InputsFromJson(json, inputs));
  PLUMB_ASSIGN_OR_RETURN(prediction.features.values, FeaturesFromJson(json, features));
  const size_t rows = prediction.inputs.rows;
  if (prediction.features.values.rows != rows) return Malformed("features");
  PLUMB_ASSIGN_OR_RETURN(prediction.features.statuses, StatusesFromJson(json.Find("statuses"), rows, features.size()));
  size_t outputs = 0;
  PLUMB_ASSIGN_OR_RETURN(prediction.margins, FloatsFromJson(json.Find("margins"), rows, &outputs, "margins"));
  PLUMB_ASSIGN_OR_RETURN(prediction.scores, FloatsFromJson(json.Find("scores"), rows, &outputs, "scores"));
  prediction.outputs = std::max<size_t>(1, outputs);
  return prediction;
}

}  // namespace plumb::predict
