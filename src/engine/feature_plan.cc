#include "engine/feature_plan.h"

#include <algorithm>
#include <set>
#include <utility>

namespace plumb::engine {
namespace {

using features::FeatureId;
using features::Source;
using features::View;

// Views that features use, and views that their derived columns use, and so on.
class NeededViews {
 public:
  explicit NeededViews(const features::Definitions& definitions) : definitions_(definitions) {}

  // The features of a view depend only on earlier views, so one walk from the last view to the first sees all.
  std::vector<const View*> Collect(const std::vector<FeatureId>& outputs) {
    for (const FeatureId& output : outputs) AddFeature(output);
    std::vector<const View*> needed;
    for (auto view = definitions_.views().rbegin(); view != definitions_.views().rend(); ++view) {
      if (!views_.contains(view->get())) continue;
      needed.push_back(view->get());
      AddUsedBy(**view);
    }
    std::reverse(needed.begin(), needed.end());
    return needed;
  }

 private:
  void AddFeature(const FeatureId& id) {
    views_.insert(id.view);
    features_.insert({id.view, id.index});
  }

  void AddLookUps(const expr::Checked& checked) {
    for (const expr::FeatureRef& ref : checked.features) AddFeature(definitions_.Resolve(ref));
  }

  void AddUsedBy(const View& view) {
    for (size_t i = 0; i < view.features.size(); ++i) {
      if (features_.contains({&view, static_cast<int>(i)})) AddLookUps(view.features[i].checked);
    }
    if (view.is_request()) return;
    for (const features::DerivedColumn& derived : view.source->derived) AddLookUps(derived.checked);
  }

  const features::Definitions& definitions_;
  std::set<const View*> views_;
  std::set<std::pair<const View*, int>> features_;
};

base::Status AddInputs(const View& view, data::Schema* inputs) {
  for (const data::Field& field : view.inputs().fields()) {
    const data::Field* known = inputs->Find(field.name);
    if (known == nullptr) {
      inputs->Add(field.name, field.type);
    } else if (known->type != field.type) {
      return base::InvalidArgument("Input has two types: {}, {} for feature view {}, elsewhere {}.", field.name,
                                   data::TypeName(field.type), view.name, data::TypeName(known->type))
          .WithSuggestion("Give one of the two another name, or choose features of one view only.");
    }
  }
  return base::Status();
}

}  // namespace

const char* FeatureStatusName(FeatureStatus status) {
  switch (status) {
    case FeatureStatus::kPresent:
      return "PRESENT";
    case FeatureStatus::kNull:
      return "NULL_VALUE";
    case FeatureStatus::kNotFound:
      return "NOT_FOUND";
    case FeatureStatus::kOutsideMaxAge:
      return "OUTSIDE_MAX_AGE";
    case FeatureStatus::kOutsideRetention:
      return "OUTSIDE_RETENTION";
    case FeatureStatus::kNullKey:
      return "NULL_KEY";
    case FeatureStatus::kError:
      return "ERROR";
  }
  return "UNKNOWN";
}

base::Result<FeaturePlan> FeaturePlan::Make(features::DefinitionsPtr definitions, std::vector<FeatureId> outputs) {
  FeaturePlan plan;
  plan.definitions_ = std::move(definitions);
  plan.outputs_ = std::move(outputs);
  for (const FeatureId& output : plan.outputs_) {
    const std::string name = output.ToString();
    if (plan.output_schema_.IndexOf(name) >= 0) return base::InvalidArgument("Feature is asked for twice: {}.", name);
    plan.output_schema_.Add(name, output.feature().type);
    PLUMB_RETURN_IF_ERROR(AddInputs(*output.view, &plan.inputs_));
  }
  plan.views_ = NeededViews(*plan.definitions_).Collect(plan.outputs_);
  for (const View* view : plan.views_) {
    if (view->is_request()) continue;
    const bool is_new = std::find(plan.sources_.begin(), plan.sources_.end(), view->source) == plan.sources_.end();
    if (is_new) plan.sources_.push_back(view->source);
  }
  return plan;
}

}  // namespace plumb::engine
