// features_json.h: requests for feature values and their answers as JSON.
//
// Request: {"features": ["carrier_delays.*", …], "rows" or "row", "shared"?, "as_of"?}. Answer: {"features": [names],
// "rows": [{"values": {…}, "statuses": {…}}], "t", "cut"}. Which fields the rows need depends on the features, so a
// request is read in two steps.
//
// Thread safety: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "engine/feature_plan.h"

namespace plumb::api {

struct FeaturesDocument {
  std::vector<std::string> patterns;  // at least one
  std::optional<base::Time> as_of;
  base::Json json;  // for ReadRows, once the patterns have become a plan
};

base::Result<FeaturesDocument> ReadFeaturesDocument(std::string_view body);

base::Json FeatureAnswerToJson(const engine::FeatureAnswer& answer, base::Time t, base::Time cut);

}  // namespace plumb::api
