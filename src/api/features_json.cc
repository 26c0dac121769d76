#include "api/features_json.h"

#include <utility>

#include "api/predict_json.h"
#include "api/request_rows.h"

namespace plumb::api {

using base::Json;
using base::Result;

Result<FeaturesDocument> ReadFeaturesDocument(std::string_view body) {
  FeaturesDocument document;
  PLUMB_ASSIGN_OR_RETURN(document.json, ReadDocument(body, {"features", "rows", "row", "shared", "as_of"}));
  PLUMB_ASSIGN_OR_RETURN(document.as_of, ReadTime(document.json, "as_of"));
  const Json* features = document.json.Find("features");
  if (features == nullptr || !features->IsArray() || features->AsArray().empty()) {
    return base::InvalidArgument("Request does not say which features.")
        .WithWhere("features")
        .WithSuggestion("Send \"features\": [\"VIEW.FEATURE\", \"VIEW.*\"].");
  }
  for (size_t i = 0; i < features->AsArray().size(); i++) {
    const Json& pattern = features->AsArray()[i];
    if (!pattern.IsString()) {
      return base::InvalidArgument("Feature is not a string.").WithWhere("features[" + std::to_string(i) + "]");
    }
    document.patterns.push_back(pattern.AsString());
  }
  return document;
}

Json FeatureAnswerToJson(const engine::FeatureAnswer& answer, base::Time t, base::Time cut) {
  Json names{base::JsonArray{}};
  for (const data::Field& field : answer.values.schema.fields()) names.Append(field.name);
  Json rows{base::JsonArray{}};
  for (size_t row = 0; row < answer.values.rows; row++) {
    Json entry;
    entry.Set("values", ValuesOfRow(answer, row));
    entry.Set("statuses", StatusesOfRow(answer, row));
    rows.Append(std::move(entry));
  }
  Json json;
  json.Set("features", std::move(names));
  json.Set("rows", std::move(rows));
  json.Set("t", base::FormatTime(t));
  json.Set("cut", base::FormatTime(cut));
  return json;
}

}  // namespace plumb::api
