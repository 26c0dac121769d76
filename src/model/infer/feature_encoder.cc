#include "model/infer/feature_encoder.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "base/check.h"
#include "base/time.h"
#include "data/list.h"

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

// Whether rounding to double first and then to float may differ from rounding once: the double lies halfway between two
// floats. Requires: of the normal floats' range.
bool IsHalfway(double value) { return (std::bit_cast<uint64_t>(value) & ((1U << 29) - 1)) == (1U << 28); }

// The float nearest to unscaled / 10^scale: by one exact division where both are exact doubles, else from its text.
float NearestFloat(const data::Column& column, size_t row) {
  constexpr int64_t kExactMax = int64_t{1} << 53;
  constexpr int kExactScaleMax = 22;  // 10^22 is the last power of ten that is a double
  const int scale = column.type().scale;
  const data::Int128 unscaled = column.Decimal(row);
  if (unscaled <= kExactMax && unscaled >= -kExactMax && scale <= kExactScaleMax) {
    double power = 1;
    for (int i = 0; i < scale; i++) power *= 10;
    const double quotient = static_cast<double>(static_cast<int64_t>(unscaled)) / power;
    if (!IsHalfway(quotient)) return static_cast<float>(quotient);
  }
  const std::string text = column.At(row).ToString();
  float value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

float NumberOf(const data::Column& column, size_t row) {
  switch (column.type().kind) {
    case TypeKind::kFloat64:
      return Narrow(column.Double(row));
    case TypeKind::kTimestamp:
    case TypeKind::kDuration:
      return static_cast<float>(static_cast<double>(column.Int(row)) / static_cast<double>(base::kSecond));
    case TypeKind::kDecimal:
      return NearestFloat(column, row);
    default:
      return static_cast<float>(column.Int(row));
  }
}

size_t WidthOf(data::Type type) { return type.kind == TypeKind::kVector ? type.size : 1; }

// The rows of one vector feature, from `to` on, a row every `stride` floats.
void WriteVectors(const data::Column& column, size_t stride, float* to) {
  constexpr float kMax = std::numeric_limits<float>::max();
  const size_t size = column.type().size;
  for (size_t row = 0; row < column.size(); row++, to += stride) {
    if (column.IsNull(row)) continue;
    const std::string_view bytes = column.String(row);
    for (size_t i = 0; i < size; i++) {
      const float element = data::VectorElement(bytes, i);
      to[i] = std::isnan(element) ? kMissing : std::clamp(element, -kMax, kMax);
    }
  }
}

void WriteNumbers(const data::Column& column, size_t stride, float* to) {
  for (size_t row = 0; row < column.size(); row++, to += stride) {
    if (!column.IsNull(row)) *to = NumberOf(column, row);
  }
}

}  // namespace

base::Status FeatureEncoder::CheckEncodable(const data::Schema& schema) {
  for (const data::Field& field : schema.fields()) {
    if (field.type.kind != TypeKind::kList && field.type.kind != TypeKind::kNull) continue;
    return base::InvalidArgument("Feature has a type that a model cannot take: {}, {}.", field.name,
                                 data::TypeName(field.type))
        .WithSuggestion("Use a number made of it, such as a count or a last value, or a vector of fixed size.");
  }
  return {};
}

FeatureEncoder FeatureEncoder::Fit(const data::Batch& features, size_t categories_max) {
  PLUMB_CHECK(CheckEncodable(features.schema).ok(), "Features can be encoded.");
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
    if (!type.ok() || !CheckEncodable(data::Schema({{name->AsString(), *type}})).ok()) {
      return broken("a feature's type");
    }
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

std::vector<EncodedColumn> FeatureEncoder::Columns() const {
  std::vector<EncodedColumn> columns;
  for (size_t i = 0; i < schema_.size(); i++) {
    const data::Field& field = schema_.fields()[i];
    if (field.type.kind != TypeKind::kVector) {
      columns.push_back({field.name, i, IsCategorical(i)});
      continue;
    }
    for (uint32_t element = 0; element < field.type.size; element++) {
      columns.push_back({field.name + "." + std::to_string(element), i, false});
    }
  }
  return columns;
}

size_t FeatureEncoder::width() const {
  size_t width = 0;
  for (const data::Field& field : schema_.fields()) width += WidthOf(field.type);
  return width;
}

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
  out.features = width();
  out.values.assign(out.rows * out.features, kMissing);
  size_t at = 0;
  for (size_t i = 0; i < schema_.size(); i++) {
    const data::Column& column = features.columns[i];
    float* to = out.values.data() + at;
    if (column.type().kind == TypeKind::kVector) {
      WriteVectors(column, out.features, to);
    } else if (IsCategorical(i)) {
      WriteCodes(column, i, to, &out);
    } else {
      WriteNumbers(column, out.features, to);
    }
    at += WidthOf(column.type());
  }
  return out;
}

void FeatureEncoder::WriteCodes(const data::Column& column, size_t feature, float* to, EncodedBatch* out) const {
  std::string text;  // one buffer for the look-ups of a column
  for (size_t row = 0; row < column.size(); row++, to += out->features) {
    if (column.IsNull(row)) {
      out->null_categories++;
      continue;
    }
    text.assign(column.String(row));
    const auto found = codes_[feature].find(text);
    if (found == codes_[feature].end()) {
      out->unseen_categories++;
    } else {
      *to = static_cast<float>(found->second);
    }
  }
}

}  // namespace plumb::model
