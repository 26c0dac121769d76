#include "operate/load_origin.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "base/hash.h"

namespace plumb::operate {
namespace {

using base::Json;
using base::Result;

std::string FormatText(const data::TableFormat& format) {
  std::string text(1, format.delimiter);
  for (const std::string& token : format.null_tokens) text += "\x1f" + token;
  for (const auto& [column, timestamp] : format.timestamps) {
    text += "\x1e" + column + "\x1f" + timestamp.format + "\x1f" + timestamp.zone;
  }
  return text;
}

// Equal sets give equal texts.
Json ReleasedToJson(const LoadOrigin::Released& released) {
  std::map<base::Time, std::vector<std::string>> by_time;
  for (const auto& [id, time] : released) by_time[time].push_back(id);
  Json list{base::JsonArray{}};
  for (auto& [time, ids] : by_time) {
    std::sort(ids.begin(), ids.end());
    Json entry, texts{base::JsonArray{}};
    for (std::string& id : ids) texts.Append(std::move(id));
    entry.Set("received_at", time);
    entry.Set("ids", std::move(texts));
    list.Append(std::move(entry));
  }
  return list;
}

void ReadReleased(const Json& list, LoadOrigin::Released* released) {
  if (!list.IsArray()) return;
  for (const Json& entry : list.AsArray()) {
    const Json* time = entry.Find("received_at");
    const Json* ids = entry.Find("ids");
    if (time == nullptr || !time->IsInt() || ids == nullptr || !ids->IsArray()) continue;
    for (const Json& id : ids->AsArray()) {
      if (id.IsString()) released->emplace(id.AsString(), time->AsInt());
    }
  }
}

}  // namespace

Json LoadOrigin::ToJson() const {
  Json json;
  json.Set("kind", "files");
  json.Set("history", true);
  json.Set("meaning", meaning);
  json.Set("files", files);
  json.Set("quarantine", quarantine_series);
  json.Set("released", ReleasedToJson(released));
  return json;
}

LoadOrigin LoadOrigin::FromJson(const Json& json) {
  LoadOrigin origin;
  if (const Json* meaning = json.Find("meaning"); meaning != nullptr && meaning->IsString()) {
    origin.meaning = meaning->AsString();
  }
  if (const Json* files = json.Find("files"); files != nullptr) origin.files = *files;
  if (const Json* series = json.Find("quarantine"); series != nullptr && series->IsInt()) {
    origin.quarantine_series = series->AsInt();
  }
  if (const Json* released = json.Find("released"); released != nullptr) ReadReleased(*released, &origin.released);
  return origin;
}

std::string MeaningOf(const features::Source& source) {
  std::string text = "load 2\n" + source.rows_identity + "\x1d" + FormatText(source.format) + "\x1d";
  // Names and warnings too, which change no event but what the quarantine and the report say.
  for (const features::RowCheck& check : source.row_checks) {
    const bool is_warning = check.severity == features::CheckSeverity::kWarn;
    text += (is_warning ? "warn " : "error ") + check.name + "\x1f" + check.expect.canonical() + "\x1e";
  }
  return base::Sha256Hex(text);
}

Result<LoadOrigin> ReadLoadOrigin(store::Lake& lake, const std::string& source) {
  const Result<store::LakeManifest> manifest = lake.Manifest(source);
  if (manifest.ok()) return LoadOrigin::FromJson(manifest->origin);
  if (manifest.status().code() == base::Code::kNotFound) return LoadOrigin();
  return manifest.status();
}

}  // namespace plumb::operate
