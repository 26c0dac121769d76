// feature_state.h: the events of one set of definitions in memory, and the feature lists that can be asked of them.
//
// Why: a request driver answers exactly the plans it was made for. Here are those plans, at addresses that live as long
// as the driver: the whole list of every version that shares the state, for predictions, and one plan a view, of which
// any other list is put together. (Two views may want one input name with different types, so there is no plan of all
// views.)
//
// Thread safety: const use from any thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/request_driver.h"
#include "store/lake.h"

namespace plumb::predict {

class FeatureState {
 public:
  // Filled from the newest data of the lake. `lists`: plans over these definitions.
  static base::Result<std::shared_ptr<const FeatureState>> Load(store::Lake& lake,
                                                                const features::DefinitionsPtr& definitions,
                                                                const std::vector<const engine::FeaturePlan*>& lists);

  [[nodiscard]] const features::DefinitionsPtr& definitions() const { return definitions_; }
  // Source → lake version that it was filled from.
  [[nodiscard]] const std::map<std::string, std::string>& data() const { return data_; }
  // Whether the lake has nothing newer.
  [[nodiscard]] base::Result<bool> IsCurrent(store::Lake& lake) const;

  // The plan of these features ("view.feature") in this order, or null: the state was not made for it.
  [[nodiscard]] const engine::FeaturePlan* FindPlan(const std::vector<std::string>& features) const;
  // Requires: a plan that FindPlan gave.
  [[nodiscard]] base::Result<engine::FeatureAnswer> Compute(const engine::FeaturePlan& plan,
                                                            const engine::FeatureQuery& query) const;
  // Any plan over definitions(): its views are asked one by one.
  [[nodiscard]] base::Result<engine::FeatureAnswer> ComputeByView(const engine::FeaturePlan& plan,
                                                                  const engine::FeatureQuery& query) const;

 private:
  FeatureState() = default;
  base::Status AddViewPlans();
  [[nodiscard]] std::vector<const engine::FeaturePlan*> AllPlans() const;

  features::DefinitionsPtr definitions_;
  std::map<std::vector<std::string>, std::unique_ptr<const engine::FeaturePlan>> lists_;
  std::map<const features::View*, std::unique_ptr<const engine::FeaturePlan>> views_;
  std::unique_ptr<engine::RequestDriver> driver_;
  std::map<std::string, std::string> data_;
};
using FeatureStatePtr = std::shared_ptr<const FeatureState>;

}  // namespace plumb::predict
