// catalog_json.h: what exists, as JSON: deployments, models and their versions, feature views. The HTTP routes and
// `plumb --json` show the same documents.
//
// Thread safety: pure functions.
#pragma once

#include <vector>

#include "base/json.h"
#include "features/definitions.h"
#include "predict/prediction_service.h"
#include "registry/registry.h"

namespace plumb::api {

// {"deployments": [{"deployment", "model", "version" or null, "features"}]}, as they are served now.
base::Json ServedDeploymentsToJson(const predict::PredictionService& service);

// Everything that is known of a version; `features` is a list of {"name", "type", "identity"}.
base::Json VersionToJson(const registry::Version& version);
// Its number, aliases, time and the test part's figures.
base::Json VersionSummaryToJson(const registry::Version& version);

// {"models": [{"model", "versions", "newest", "champion"}]}
base::Result<base::Json> ModelsToJson(registry::Registry& registry);
// {"model", "versions": [summaries]}, newest first. kNotFound when there is none.
base::Result<base::Json> ModelToJson(registry::Registry& registry, const std::string& model);

base::Json FeatureToJson(const features::FeatureId& id);
base::Json ViewToJson(const features::View& view);
// {"feature_views": […]}
base::Json ViewsToJson(const features::Definitions& definitions);

}  // namespace plumb::api
