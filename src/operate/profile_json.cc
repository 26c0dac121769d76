// The JSON of profile.h: a profile written, and of a written one what comparing needs.
#include <cmath>
#include <utility>

#include "operate/profile.h"

namespace plumb::operate {
namespace {

using base::Json;
using base::Result;

constexpr const char* kFormat = "plumb-profile";
constexpr int kFormatVersion = 1;

template <typename Values>
Json ListOf(const Values& values) {
  Json list{base::JsonArray{}};
  for (const auto& value : values) list.Append(value);
  return list;
}

Json OptionalOf(const std::optional<double>& value) { return value ? Json(*value) : Json(); }

// Times and lengths of time as text, as everywhere in JSON.
Json NumberOf(data::Type type, double value) {
  const bool is_time = type == data::TypeKind::kTimestamp || type == data::TypeKind::kDuration;
  return is_time ? Json(FormatProfileNumber(type, value)) : Json(value);
}

Json ToJson(const NumberSummary& numbers, data::Type type) {
  Json json, quantiles{base::JsonObject{}};
  json.Set("min", NumberOf(type, numbers.min));
  json.Set("max", NumberOf(type, numbers.max));
  json.Set("mean", NumberOf(type, numbers.mean));
  // Of times it is a length of time.
  const bool is_time = type == data::TypeKind::kTimestamp;
  json.Set("stddev", numbers.deviation
                         ? NumberOf(is_time ? data::Type(data::TypeKind::kDuration) : type, *numbers.deviation)
                         : Json());
  for (size_t i = 0; i < numbers.quantiles.size(); ++i) {
    const int percent = static_cast<int>(std::lround(kProfileQuantiles[i] * 100));
    quantiles.Set("p" + std::string(percent < 10 ? "0" : "") + std::to_string(percent),
                  NumberOf(type, numbers.quantiles[i]));
  }
  json.Set("quantiles", std::move(quantiles));
  return json;
}

Json ToJson(const PartProfile& part, data::Type type) {
  Json json;
  json.Set("rows", part.rows);
  json.Set("nulls", part.nulls);
  json.Set("not_finite", part.not_finite);
  json.Set("distinct", part.distinct);
  if (part.numbers) json.Set("numbers", ToJson(*part.numbers, type));
  if (!part.histogram.empty()) json.Set("histogram", ListOf(part.histogram));
  if (!part.top.empty()) {
    Json top{base::JsonArray{}};
    for (const auto& [text, count] : part.top) {
      Json entry;
      entry.Set("value", text);
      entry.Set("rows", count);
      top.Append(std::move(entry));
    }
    json.Set("top", std::move(top));
  }
  if (part.change) {
    Json change;
    change.Set("psi", OptionalOf(part.change->psi));
    change.Set("psi_noise", part.change->psi_noise);
    change.Set("ks", OptionalOf(part.change->ks));
    change.Set("null_share", part.change->null_share);
    json.Set("change", std::move(change));
  }
  return json;
}

Json ReferenceToJson(const ColumnProfile& column) {
  Json json, sketch{base::JsonArray{}};
  const ColumnReference& reference = *column.reference;
  json.Set(reference.is_text ? "texts" : "edges",
           reference.is_text ? ListOf(reference.texts) : ListOf(reference.edges));
  json.Set("counts", ListOf(reference.counts));
  for (const stats::QuantileSketch::Entry& entry : column.sketch.entries()) {
    Json pair{base::JsonArray{}};
    pair.Append(static_cast<int64_t>(entry.index));
    pair.Append(static_cast<int64_t>(entry.count));
    sketch.Append(std::move(pair));
  }
  json.Set("sketch", std::move(sketch));
  return json;
}

const base::JsonArray& ArrayOf(const Json& json, const char* key) {
  static const base::JsonArray kNone;
  const Json* value = json.Find(key);
  return value != nullptr && value->IsArray() ? value->AsArray() : kNone;
}

std::string TextOf(const Json& json, const char* key) {
  const Json* value = json.Find(key);
  return value != nullptr && value->IsString() ? value->AsString() : "";
}

int64_t CountOf(const Json& json, const char* key) {
  const Json* value = json.Find(key);
  return value != nullptr && value->IsInt() && value->AsInt() > 0 ? value->AsInt() : 0;
}

// False for what plumb would not have written: edges that do not ascend, counts below zero, buckets out of range.
bool ReadReference(const Json& json, ColumnProfile* column) {
  ColumnReference reference;
  reference.column = column->name;
  reference.is_text = json.Find("texts") != nullptr;
  for (const Json& text : ArrayOf(json, "texts")) {
    if (!text.IsString()) return false;
    reference.texts.push_back(text.AsString());
  }
  for (const Json& edge : ArrayOf(json, "edges")) {
    if (!edge.IsNumber()) return false;
    const double value = edge.AsDouble();
    if (!reference.edges.empty() && !(value > reference.edges.back())) return false;
    reference.edges.push_back(value);
  }
  for (const Json& count : ArrayOf(json, "counts")) {
    if (!count.IsInt() || count.AsInt() < 0) return false;
    reference.counts.push_back(count.AsInt());
  }
  const size_t kinds = reference.is_text ? reference.texts.size() + 2 : reference.edges.size() + 3;
  if (reference.counts.size() != kinds) return false;
  for (const Json& entry : ArrayOf(json, "sketch")) {
    const bool is_pair =
        entry.IsArray() && entry.AsArray().size() == 2 && entry.AsArray()[0].IsInt() && entry.AsArray()[1].IsInt();
    if (!is_pair) return false;
    const int64_t index = entry.AsArray()[0].AsInt(), count = entry.AsArray()[1].AsInt();
    constexpr int64_t kCountMax = int64_t{1} << 46;
    const bool is_in_range = index >= -stats::QuantileSketch::kInfinityIndex &&
                             index <= stats::QuantileSketch::kNanIndex && count > 0 && count < kCountMax;
    if (!is_in_range) return false;
    column->sketch.Add(static_cast<int32_t>(index), count);
  }
  column->reference = std::move(reference);
  return true;
}

}  // namespace

Json TableProfile::ToJson() const {
  Json json, list{base::JsonArray{}};
  json.Set("format", kFormat);
  json.Set("format_version", kFormatVersion);
  json.Set("title", title);
  json.Set("parts", ListOf(part_names));
  json.Set("compared_with_earlier", has_earlier);
  for (const ColumnProfile& column : columns) {
    Json entry, parts{base::JsonObject{}};
    entry.Set("name", column.name);
    entry.Set("type", data::TypeName(column.type));
    entry.Set("hidden", column.is_hidden);
    if (column.bins_low < column.bins_high) {
      Json bins;
      bins.Set("low", NumberOf(column.type, column.bins_low));
      bins.Set("high", NumberOf(column.type, column.bins_high));
      bins.Set("count", static_cast<int64_t>(kHistogramBins));
      entry.Set("bins", std::move(bins));
    }
    for (size_t i = 0; i < column.parts.size(); ++i) {
      parts.Set(part_names[i], operate::ToJson(column.parts[i], column.type));
    }
    entry.Set("parts", std::move(parts));
    if (column.reference) entry.Set("reference", ReferenceToJson(column));
    list.Append(std::move(entry));
  }
  json.Set("columns", std::move(list));
  return json;
}

Result<TableProfile> TableProfile::FromJson(const Json& json) {
  const Json* version = json.Find("format_version");
  if (TextOf(json, "format") != kFormat || version == nullptr || *version != Json(kFormatVersion)) {
    return base::InvalidArgument("JSON is no profile of this version of plumb.");
  }
  TableProfile profile;
  profile.title = TextOf(json, "title");
  for (const Json& name : ArrayOf(json, "parts")) {
    if (name.IsString()) profile.part_names.push_back(name.AsString());
  }
  if (profile.part_names.empty()) return base::InvalidArgument("Profile has no parts.");
  for (const Json& entry : ArrayOf(json, "columns")) {
    ColumnProfile column;
    column.name = TextOf(entry, "name");
    const Result<data::Type> type = data::ParseType(TextOf(entry, "type"));
    if (!type.ok()) return base::InvalidArgument("Profile has a column without a type: {}.", column.name);
    column.type = *type;
    const Json* parts = entry.Find("parts");
    const Json* first = parts == nullptr ? nullptr : parts->Find(profile.part_names.front());
    if (first != nullptr) {
      PartProfile part;
      part.rows = CountOf(*first, "rows");
      part.nulls = CountOf(*first, "nulls");
      column.parts.push_back(std::move(part));
    }
    const Json* reference = entry.Find("reference");
    if (reference != nullptr && !ReadReference(*reference, &column)) {
      return base::InvalidArgument("Profile has a broken reference: {}.", column.name);
    }
    profile.columns.push_back(std::move(column));
  }
  return profile;
}

}  // namespace plumb::operate
