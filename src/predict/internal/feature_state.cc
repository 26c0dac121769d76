#include "predict/internal/feature_state.h"

#include <utility>

namespace plumb::predict {

using base::Result;
using base::Status;

Result<FeatureStatePtr> FeatureState::Load(store::Lake& lake, const features::DefinitionsPtr& definitions,
                                           const std::vector<const engine::FeaturePlan*>& lists) {
  std::shared_ptr<FeatureState> state(new FeatureState());
  state->definitions_ = definitions;
  for (const engine::FeaturePlan* list : lists) {
    auto& plan = state->lists_[list->output_schema().Names()];
    if (plan == nullptr) plan = std::make_unique<const engine::FeaturePlan>(*list);
  }
  PLUMB_RETURN_IF_ERROR(state->AddViewPlans());
  PLUMB_ASSIGN_OR_RETURN(state->driver_, engine::RequestDriver::Make(state->AllPlans()));
  PLUMB_ASSIGN_OR_RETURN(store::LakeEventLog events, store::LakeEventLog::Open(lake));
  PLUMB_RETURN_IF_ERROR(state->driver_->Fill(events));
  for (const auto& source : definitions->sources()) {
    const auto version = events.versions().find(source->name);
    if (version != events.versions().end()) state->data_.insert(*version);
  }
  return FeatureStatePtr(std::move(state));
}

Status FeatureState::AddViewPlans() {
  for (const auto& view : definitions_->views()) {
    std::vector<features::FeatureId> ids;
    for (size_t i = 0; i < view->features.size(); i++) ids.push_back({view.get(), static_cast<int>(i)});
    if (ids.empty()) continue;
    PLUMB_ASSIGN_OR_RETURN(engine::FeaturePlan plan, engine::FeaturePlan::Make(definitions_, std::move(ids)));
    views_[view.get()] = std::make_unique<const engine::FeaturePlan>(std::move(plan));
  }
  return {};
}

std::vector<const engine::FeaturePlan*> FeatureState::AllPlans() const {
  std::vector<const engine::FeaturePlan*> plans;
  for (const auto& [features, plan] : lists_) plans.push_back(plan.get());
  for (const auto& [view, plan] : views_) plans.push_back(plan.get());
  return plans;
}

Result<bool> FeatureState::IsCurrent(store::Lake& lake) const {
  for (const auto& source : definitions_->sources()) {
    const Result<store::LakeManifest> manifest = lake.Manifest(source->name);
    if (!manifest.ok() && manifest.status().code() != base::Code::kNotFound) return manifest.status();
    const auto known = data_.find(source->name);
    const std::string had = known == data_.end() ? "" : known->second;
    if ((manifest.ok() ? manifest->version : "") != had) return false;
  }
  return true;
}

const engine::FeaturePlan* FeatureState::FindPlan(const std::vector<std::string>& features) const {
  const auto found = lists_.find(features);
  return found == lists_.end() ? nullptr : found->second.get();
}

Result<engine::FeatureAnswer> FeatureState::Compute(const engine::FeaturePlan& plan,
                                                    const engine::FeatureQuery& query) const {
  return driver_->Compute(plan, query);
}

Result<engine::FeatureAnswer> FeatureState::ComputeByView(const engine::FeaturePlan& plan,
                                                          const engine::FeatureQuery& query) const {
  std::map<const features::View*, engine::FeatureAnswer> answers;
  engine::FeatureAnswer out;
  for (const features::FeatureId& id : plan.outputs()) {
    if (!answers.contains(id.view)) {
      PLUMB_ASSIGN_OR_RETURN(answers[id.view], driver_->Compute(*views_.find(id.view)->second, query));
    }
    const engine::FeatureAnswer& answer = answers[id.view];
    const auto feature = static_cast<size_t>(id.index);
    out.values.AddColumn(id.ToString(), answer.values.columns[feature]);
    out.statuses.push_back(answer.statuses[feature]);
  }
  out.values.rows = query.inputs->rows;
  return out;
}

}  // namespace plumb::predict
