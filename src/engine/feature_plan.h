// feature_plan.h: a list of features to compute, with the inputs they need and the order to compute them in.
//
// Inputs are the union by name of the entity keys of source views and the fields of request views. Outputs keep the
// order of the list. Evaluation of a batch of rows, each with its asking time t and knowledge cut c, is the same for
// every driver.
//
// Thread safety: immutable.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "data/column.h"
#include "features/definitions.h"

namespace plumb::engine {

// Why a value is what it is. The order is stored in logs: append only. When several apply, the first of kNullKey,
// kNotFound, kOutsideMaxAge, kError, kNull, kPresent is said. What a look-up finds is used as a value only: its status
// is not passed on.
enum class FeatureStatus : uint8_t {
  kPresent = 0,
  kNull = 1,  // known entity, value null
  kNotFound =
      2,  // no event of this entity counts at the cut, whatever its event_time; the value is what "of nothing" gives
  kOutsideMaxAge = 3,  // null: of a lifetime aggregate, the newest event that counts is older than max_age
  kOutsideRetention = 4,
  kNullKey = 5,  // an entity asked for, or looked up, with a null key: null
  kError = 6,    // overflow: null
};
const char* FeatureStatusName(FeatureStatus status);  // "PRESENT", "NULL_VALUE", "NOT_FOUND", "OUTSIDE_MAX_AGE", …

class FeaturePlan {
 public:
  // kInvalidArgument when two views want the same input name with different types, or two features have the same output
  // name. Output names are "view.feature".
  static base::Result<FeaturePlan> Make(features::DefinitionsPtr definitions, std::vector<features::FeatureId> outputs);

  [[nodiscard]] const features::DefinitionsPtr& definitions() const { return definitions_; }
  [[nodiscard]] const std::vector<features::FeatureId>& outputs() const { return outputs_; }
  [[nodiscard]] const data::Schema& inputs() const { return inputs_; }
  [[nodiscard]] const data::Schema& output_schema() const { return output_schema_; }
  // Views needed directly or through look-ups (also those of any derived column of a source in use), in dependency
  // order; and the sources that feed them, each after those that its derived columns look into.
  [[nodiscard]] const std::vector<const features::View*>& views() const { return views_; }
  [[nodiscard]] const std::vector<const features::Source*>& sources() const { return sources_; }

 private:
  features::DefinitionsPtr definitions_;
  std::vector<features::FeatureId> outputs_;
  data::Schema inputs_;
  data::Schema output_schema_;
  std::vector<const features::View*> views_;
  std::vector<const features::Source*> sources_;
};

// Rows to answer: `inputs` has (at least) the plan's inputs by name and type; times and cuts one a row.
struct FeatureQuery {
  const data::Batch* inputs = nullptr;
  std::vector<base::Time> times;
  std::vector<base::Time> cuts;
};

struct FeatureAnswer {
  data::Batch values;                                // plan.output_schema()
  std::vector<std::vector<FeatureStatus>> statuses;  // [feature][row]
};

}  // namespace plumb::engine
