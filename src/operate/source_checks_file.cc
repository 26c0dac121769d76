// The file of set_checks.h: results as JSON and back.
#include <utility>

#include "operate/sealed_json.h"
#include "operate/set_checks.h"

namespace plumb::operate {
namespace {

using base::Json;
using base::Result;

constexpr const char* kFormat = "plumb-source-checks";
constexpr int kFormatVersion = 1;

Json ToJson(const SetCheckResult& result) {
  Json json;
  json.Set("name", result.name);
  json.Set("check", result.canonical);
  json.Set("severity", result.severity == features::CheckSeverity::kError ? "error" : "warn");
  json.Set("outcome", CheckOutcomeName(result.outcome));
  json.Set("value", result.value ? Json(*result.value) : Json());
  json.Set("detail", result.detail);
  return json;
}

std::string TextOf(const Json& json, const char* key, bool* is_whole) {
  const Json* value = json.Find(key);
  if (value != nullptr && value->IsString()) return value->AsString();
  *is_whole = false;
  return "";
}

int64_t IntOf(const Json& json, const char* key, bool* is_whole) {
  const Json* value = json.Find(key);
  if (value != nullptr && value->IsInt()) return value->AsInt();
  *is_whole = false;
  return 0;
}

const base::JsonArray& ListOf(const Json& json, const char* key, bool* is_whole) {
  static const base::JsonArray kNone;
  const Json* value = json.Find(key);
  if (value != nullptr && value->IsArray()) return value->AsArray();
  *is_whole = false;
  return kNone;
}

SetCheckResult ResultFromJson(const Json& json, bool* is_whole) {
  SetCheckResult result;
  result.name = TextOf(json, "name", is_whole);
  result.canonical = TextOf(json, "check", is_whole);
  const bool is_error = TextOf(json, "severity", is_whole) == "error";
  result.severity = is_error ? features::CheckSeverity::kError : features::CheckSeverity::kWarn;
  const std::string outcome = TextOf(json, "outcome", is_whole);
  result.outcome = CheckOutcome::kNotCompared;
  for (const CheckOutcome one : {CheckOutcome::kPassed, CheckOutcome::kFailed}) {
    if (outcome == CheckOutcomeName(one)) result.outcome = one;
  }
  const Json* value = json.Find("value");
  if (value != nullptr && value->IsNumber()) result.value = value->AsDouble();
  result.detail = TextOf(json, "detail", is_whole);
  return result;
}

}  // namespace

Json SourceChecks::ToJson() const {
  Json json, warned{base::JsonArray{}}, list{base::JsonArray{}};
  for (const CheckWarning& warning : warnings) {
    Json entry;
    entry.Set("check", warning.check);
    entry.Set("rows", warning.rows);
    warned.Append(std::move(entry));
  }
  for (const SetCheckResult& result : results) list.Append(operate::ToJson(result));
  json.Set("source", source);
  json.Set("version", version);
  json.Set("meaning", meaning);
  json.Set("checked_at", checked_at);
  json.Set("newest_event_time", newest_event_time ? Json(*newest_event_time) : Json());
  json.Set("live", is_live);
  json.Set("warnings", std::move(warned));
  json.Set("results", std::move(list));
  return json;
}

std::string SourceChecksPath(const std::string& state_directory, const std::string& source) {
  return base::JoinPath(base::JoinPath(base::JoinPath(state_directory, "lake"), source), "checks.json");
}

Result<SourceChecks> ReadSourceChecks(base::FileSystem& files, const std::string& path) {
  PLUMB_ASSIGN_OR_RETURN(const Json json, ReadSealedJson(files, path, kFormat, kFormatVersion));
  bool is_whole = true;
  SourceChecks checks;
  checks.source = TextOf(json, "source", &is_whole);
  checks.version = TextOf(json, "version", &is_whole);
  checks.meaning = TextOf(json, "meaning", &is_whole);
  checks.checked_at = IntOf(json, "checked_at", &is_whole);
  const Json *newest = json.Find("newest_event_time"), *live = json.Find("live");
  if (newest != nullptr && newest->IsInt()) checks.newest_event_time = newest->AsInt();
  checks.is_live = live != nullptr && *live == Json(true);
  for (const Json& entry : ListOf(json, "warnings", &is_whole)) {
    checks.warnings.push_back({TextOf(entry, "check", &is_whole), IntOf(entry, "rows", &is_whole)});
  }
  for (const Json& entry : ListOf(json, "results", &is_whole)) {
    checks.results.push_back(ResultFromJson(entry, &is_whole));
  }
  if (!is_whole) return base::DataLoss("File is corrupt: {}, a member is missing.", path);
  return checks;
}

base::Status WriteSourceChecks(base::FileSystem& files, const std::string& path, const SourceChecks& checks) {
  return WriteSealedJson(files, path, kFormat, kFormatVersion, checks.ToJson());
}

}  // namespace plumb::operate
