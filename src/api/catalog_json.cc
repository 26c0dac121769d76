#include "api/catalog_json.h"

#include <algorithm>
#include <utility>

#include "base/diagnostics.h"

namespace plumb::api {
namespace {

using base::Json;
using base::Result;

Json StringsToJson(const std::vector<std::string>& texts) {
  Json list{base::JsonArray{}};
  for (const std::string& text : texts) list.Append(text);
  return list;
}

Json SchemaToJson(const data::Schema& schema) {
  Json list{base::JsonArray{}};
  for (const data::Field& field : schema.fields()) {
    Json entry;
    entry.Set("name", field.name);
    entry.Set("type", data::TypeName(field.type));
    list.Append(std::move(entry));
  }
  return list;
}

bool HasAlias(const registry::Version& version, const char* alias) {
  return std::find(version.aliases.begin(), version.aliases.end(), alias) != version.aliases.end();
}

}  // namespace

Json ServedDeploymentsToJson(const predict::PredictionService& service) {
  Json list{base::JsonArray{}};
  for (const std::string& name : service.Deployments()) {
    const auto served = service.Served(name);
    Json entry;
    entry.Set("deployment", name);
    entry.Set("model", served ? Json(served->bundle->version.model) : Json());
    entry.Set("version", served ? Json(served->bundle->version.number) : Json());
    entry.Set("inputs", served ? SchemaToJson(served->bundle->plan.inputs()) : Json());
    entry.Set("features", served ? StringsToJson(served->bundle->plan.output_schema().Names()) : Json());
    list.Append(std::move(entry));
  }
  Json json;
  json.Set("deployments", std::move(list));
  return json;
}

Json VersionSummaryToJson(const registry::Version& version) {
  Json json;
  json.Set("model", version.model);
  json.Set("version", version.number);
  json.Set("created", base::FormatTime(version.created));
  json.Set("aliases", StringsToJson(version.aliases));
  json.Set("features", version.features.IsArray() ? static_cast<int64_t>(version.features.AsArray().size()) : 0);
  const Json* test = version.metrics.Find("test");
  json.Set("test", test != nullptr ? *test : Json());
  return json;
}

Json VersionToJson(const registry::Version& version) {
  Json artifacts{base::JsonObject{}};
  for (const auto& [name, sha256] : version.artifacts) artifacts.Set(name, sha256);
  Json json;
  json.Set("model", version.model);
  json.Set("version", version.number);
  json.Set("created", base::FormatTime(version.created));
  json.Set("aliases", StringsToJson(version.aliases));
  json.Set("description", version.description);
  json.Set("run_id", version.run_id);
  json.Set("features", version.features);
  json.Set("data", version.data);
  json.Set("metrics", version.metrics);
  json.Set("artifacts", std::move(artifacts));
  return json;
}

Result<Json> ModelsToJson(registry::Registry& registry) {
  Json list{base::JsonArray{}};
  PLUMB_ASSIGN_OR_RETURN(const std::vector<std::string> models, registry.Models());
  for (const std::string& model : models) {
    PLUMB_ASSIGN_OR_RETURN(const std::vector<registry::Version> versions, registry.Versions(model));
    const auto champion = std::find_if(versions.begin(), versions.end(),
                                       [](const registry::Version& version) { return HasAlias(version, "champion"); });
    Json entry;
    entry.Set("model", model);
    entry.Set("versions", static_cast<int64_t>(versions.size()));
    entry.Set("newest", versions.empty() ? Json() : Json(versions.front().number));
    entry.Set("champion", champion == versions.end() ? Json() : Json(champion->number));
    list.Append(std::move(entry));
  }
  Json json;
  json.Set("models", std::move(list));
  return json;
}

Result<Json> ModelToJson(registry::Registry& registry, const std::string& model) {
  PLUMB_ASSIGN_OR_RETURN(const std::vector<registry::Version> versions, registry.Versions(model));
  if (versions.empty()) {
    PLUMB_ASSIGN_OR_RETURN(const std::vector<std::string> models, registry.Models());
    return base::NotFound("Model has no version: {}.", model).WithSuggestion(base::DidYouMean(model, models));
  }
  Json list{base::JsonArray{}};
  for (const registry::Version& version : versions) list.Append(VersionSummaryToJson(version));
  Json json;
  json.Set("model", model);
  json.Set("versions", std::move(list));
  return json;
}

Json FeatureToJson(const features::FeatureId& id) {
  const features::Feature& feature = id.feature();
  Json json;
  json.Set("name", id.ToString());
  json.Set("type", data::TypeName(feature.type));
  json.Set("expression", feature.text);
  json.Set("identity", feature.identity);
  json.Set("description", feature.description);
  return json;
}

Json ViewToJson(const features::View& view) {
  Json features{base::JsonArray{}};
  for (size_t i = 0; i < view.features.size(); i++) features.Append(FeatureToJson({&view, static_cast<int>(i)}));
  Json json;
  json.Set("name", view.name);
  json.Set("entity", view.is_request() ? Json() : Json(view.entity->name));
  json.Set("source", view.is_request() ? Json() : Json(view.source->name));
  json.Set("inputs", SchemaToJson(view.inputs()));
  json.Set("owner", view.owner);
  json.Set("description", view.description);
  json.Set("features", std::move(features));
  return json;
}

Json ViewsToJson(const features::Definitions& definitions) {
  Json list{base::JsonArray{}};
  for (const auto& view : definitions.views()) list.Append(ViewToJson(*view));
  Json json;
  json.Set("feature_views", std::move(list));
  return json;
}

}  // namespace plumb::api
