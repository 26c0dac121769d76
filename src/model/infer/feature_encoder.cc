#include "model/infer/feature_encoder.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "base/time.h"

namespace plumb::model {
namespace {

using base::Json;
using base::Result;
using data::TypeKind;

constexpr const char* kFormat = "plumb-feature-encoder";
constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

std::vector<std::string> CategoriesOf(const data::Column& column, size_t categories_max) {
  std::map<std::string, int64_t, std::less<>> counts;
  for (size_t row = 0; row < column.size(); row++) {
    if (column.IsNull(row)) continue;
    const auto found = counts.find(column.String(row));
    if (found != counts.end()) {
      found->second++;
    } else {
      counts.emplace(column.String(row), 1);
    }
  }
  std::vector<std::pair<std::string, int64_t>> ordered(counts.begin(), counts.end());
  std::stable_sort(ordered.begin(), ordered.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string> categories;
  for (auto& [text, count] : ordered) {
    if (categories.size() < categories_max) categories.push_back(std::move(text));
  }
  return categories;
}

std::unordered_map<std::string, int32_t> NumberCategories(const std::vector<std::string>& categories) {
  std::unordered_map<std::string, int32_t> codes;
  for (size_t code = 0; code < categories.size(); code++) codes.emplace(categories[code], static_cast<int32_t>(code));
  return codes;
}

// Nearest float; a double beyond their range has none.
float Narrow(double value) {
  constexpr double kMax = std::numeric_limits<float>::max();
  return static_cast<float>(std::isnan(value) ? value : std::clamp(value, -kMax, kMax));
}

float NumberOf(const data::Column& column, size_t row) {
  switch (column.type().kind) {
    case TypeKind::kFloat64:
      return Narrow(column.Double(row));
    case TypeKind::kTimestamp:
    case TypeKind::kDuration:
      return static_cast<float>(static_cast<double>(column.Int(row)) / static_cast<double>(base::kSecond));
    default:
      return static_cast<float>(column.Int(row));
  }
}

}  // namespace

FeatureEncoder FeatureEncoder::Fit(const data::Batch& features, size_t categories_max) {
  FeatureEncoder encoder;
  encoder.schema_ = features.schema;
  for (const data::Column& column : features.columns) {
    const bool is_text = column.type() == TypeKind::kString;
    encoder.codes_.push_back(is_text ? NumberCategories(CategoriesOf(column, categories_max))
                                     : std::unordered_map<std::string, int32_t>());
  }
  return encoder;
}

Json FeatureEncoder::Save() const {
  Json features{base::JsonArray{}};
  for (size_t i = 0; i < schema_.size(); i++) {
    Json entry;
    entry.Set("name", schema_.fields()[i].name);
    entry.Set("type", data::TypeName(schema_.fields()[i].type));
    if (IsCategorical(i)) {
      std::vector<Json> texts(codes_[i].size());
      for (const auto& [text, code] : codes_[i]) texts[static_cast<size_t>(code)] = Json(text);
      entry.Set("categories", base::JsonArray(std::move(texts)));
    }
    features.Append(std::move(entry));
  }
  Json json;
  json.Set("format", kFormat);
  json.Set("format_version", 1);
  json.Set("features", std::move(features));
  return json;
}

Result<FeatureEncoder> FeatureEncoder::Load(const Json& json) {
  const auto broken = [](const char* why) { return base::DataLoss("Feature encoder is malformed: {}.", why); };
  const Json *format = json.Find("format"), *version = json.Find("format_version"), *features = json.Find("features");
  if (format == nullptr || !(*format == Json(kFormat))) return broken("not an encoder");
  if (version == nullptr || !(*version == Json(1))) return broken("unknown format version");
  if (features == nullptr || !features->IsArray()) return broken("no features");
  FeatureEncoder encoder;
  for (const Json& entry : features->AsArray()) {
    const Json *name = entry.Find("name"), *type_name = entry.Find("type"), *categories = entry.Find("categories");
    if (name == nullptr || !name->IsString() || type_name == nullptr || !type_name->IsString())
      return broken("a feature");
    const Result<data::Type> type = data::ParseType(type_name->AsString());
    if (!type.ok()) return broken("a feature's type");
    encoder.schema_.Add(name->AsString(), *type);
    std::vector<std::string> texts;
    if (*type == data::Type(TypeKind::kString)) {
      if (categories == nullptr || !categories->IsArray()) return broken("no categories");
      for (const Json& text : categories->AsArray()) {
        if (!text.IsString()) return broken("a category");
        texts.push_back(text.AsString());
      }
    }
    encoder.codes_.push_back(NumberCategories(texts));
    if (encoder.codes_.back().size() != texts.size()) return broken("a category occurs twice");
  }
  return encoder;
}

bool FeatureEncoder::IsCategorical(size_t feature) const {
  return schema_.fields()[feature].type == data::Type(TypeKind::kString);
}

size_t FeatureEncoder::Categories(size_t feature) const { return codes_[feature].size(); }

base::Status FeatureEncoder::CheckSchema(const data::Schema& schema) const {
  if (schema == schema_) return {};
  const auto text = [](const data::Schema& of, size_t i) {
    return i < of.size() ? of.fields()[i].name + " " + data::TypeName(of.fields()[i].type) : std::string("nothing");
  };
  size_t i = 0;
  while (i < schema_.size() && i < schema.size() && schema.fields()[i] == schema_.fields()[i]) i++;
  return base::InvalidArgument("Features differ from those the model was trained on: feature {}, want {}, got {}.",
                               i + 1, text(schema_, i), text(schema, i));
}

Result<EncodedBatch> FeatureEncoder::Encode(const data::Batch& features) const {
  PLUMB_RETURN_IF_ERROR(CheckSchema(features.schema));
  EncodedBatch out;
  out.rows = features.rows;
  out.features = schema_.size();
  out.values.assign(out.rows * out.features, kMissing);
  for (size_t i = 0; i < out.features; i++) {
    const data::Column& column = features.columns[i];
    const bool is_text = IsCategorical(i);
    std::string text;  // one buffer for the look-ups of a column
    for (size_t row = 0; row < out.rows; row++) {
      if (column.IsNull(row)) {
        if (is_text) out.null_categories++;
        continue;
      }
      float& value = out.values[row * out.features + i];
      if (!is_text) {
        value = NumberOf(column, row);
        continue;
      }
      text.assign(column.String(row));
      const auto found = codes_[i].find(text);
      if (found == codes_[i].end()) {
        out.unseen_categories++;
      } else {
        value = static_cast<float>(found->second);
      }
    }
  }
  return out;
}

}  // namespace plumb::model
