#include "app/trial_computation.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <utility>

#include "app/terminal.h"
#include "data/memory_event_log.h"
#include "engine/batch_driver.h"
#include "features/events.h"

namespace plumb::app {
namespace {

using base::Json;
using base::Result;
using features::LockChange;

// The newest rows of one source.
struct Sample {
  data::Batch rows;
  std::string unusable;  // why there are none, or empty
};

Result<Sample> TakeSample(store::Lake& lake, const features::Source& source) {
  Result<store::LakeManifest> manifest = lake.Manifest(source.name);
  if (!manifest.ok() && manifest.status().code() == base::Code::kNotFound) {
    return Sample{{}, fmt::format("source {} has not been loaded", source.name)};
  }
  if (!manifest.ok()) return manifest.status();
  for (const data::Field& field : source.columns.fields()) {
    const data::Field* there = manifest->schema.Find(field.name);
    if (there == nullptr || there->type != field.type) {
      return Sample{{}, fmt::format("source {} was loaded with other columns", source.name)};
    }
  }
  if (manifest->parts.size() > 1) manifest->parts.erase(manifest->parts.begin(), manifest->parts.end() - 1);
  PLUMB_ASSIGN_OR_RETURN(data::Batch rows, lake.Read(*manifest));
  const auto count = std::min<int64_t>(kTrialRowsMax, static_cast<int64_t>(rows.rows));
  std::vector<int64_t> newest(static_cast<size_t>(count));
  std::iota(newest.begin(), newest.end(), static_cast<int64_t>(rows.rows) - count);
  return Sample{rows.Take(newest), ""};
}

class Trial {
 public:
  Trial(store::Lake& lake, features::DefinitionsPtr definitions, base::Executor& executor)
      : lake_(lake), definitions_(std::move(definitions)), executor_(executor) {}

  Result<TrialOfView> Try(const features::ViewLockChange& change) {
    TrialOfView trial;
    trial.view = change.name;
    trial.source = change.view->source->name;
    std::vector<features::FeatureId> ids;
    for (const features::FeatureLockChange& feature : change.features) {
      const bool is_new = feature.kind == LockChange::kAdded || feature.kind == LockChange::kChanged;
      if (is_new) ids.push_back({change.view, change.view->IndexOf(feature.name)});
    }
    trial.features = static_cast<int64_t>(ids.size());
    for (const features::AggregateLockChange& aggregate : change.aggregates) {
      trial.aggregates += aggregate.kind == LockChange::kAdded ? 1 : 0;
    }
    PLUMB_ASSIGN_OR_RETURN(const engine::FeaturePlan plan, engine::FeaturePlan::Make(definitions_, std::move(ids)));
    data::MemoryEventLog events("trial");
    for (const features::Source* source : plan.sources()) {
      PLUMB_ASSIGN_OR_RETURN(const Sample* sample, SampleOf(*source));
      if (!sample->unusable.empty()) {
        trial.skipped = sample->unusable;
        return trial;
      }
      events.Put(source->name, sample->rows);
    }
    PLUMB_ASSIGN_OR_RETURN(const Sample* sample, SampleOf(*change.view->source));
    PLUMB_RETURN_IF_ERROR(Ask(plan, sample->rows, &events, &trial));
    return trial;
  }

 private:
  Result<const Sample*> SampleOf(const features::Source& source) {
    const auto found = samples_.find(source.name);
    if (found != samples_.end()) return &found->second;
    PLUMB_ASSIGN_OR_RETURN(Sample sample, TakeSample(lake_, source));
    return &samples_.emplace(source.name, std::move(sample)).first->second;
  }

  // The newest rows that have a key, each asked for right after it was known.
  base::Status Ask(const engine::FeaturePlan& plan, const data::Batch& rows, data::EventLog* events,
                   TrialOfView* trial) {
    engine::FeatureQuery query;
    std::vector<int64_t> asked;
    const data::Column& event_time = *rows.Find(data::kEventTimeColumn);
    const data::Column& known_at = *rows.Find(data::kKnownAtColumn);
    for (auto row = static_cast<int64_t>(rows.rows) - 1; row >= 0; row--) {
      if (static_cast<int64_t>(asked.size()) == kTrialQuestionsMax) break;
      const auto at = static_cast<size_t>(row);
      if (event_time.IsNull(at) || !HasKey(plan, rows, at)) continue;
      asked.push_back(row);
      query.times.push_back(std::max(event_time.Int(at), known_at.Int(at)) + 1);
    }
    query.cuts = query.times;
    data::Batch inputs = InputsOf(plan, rows, asked);
    query.inputs = &inputs;
    trial->rows = static_cast<int64_t>(rows.rows);
    trial->questions = static_cast<int64_t>(asked.size());
    const auto driver = engine::BatchDriver::Make(plan, *events, executor_);
    if (!driver.ok()) return driver.status().WithContext("view " + trial->view);
    const Result<engine::FeatureAnswer> answer = (*driver)->Compute(query);
    if (!answer.ok()) return answer.status().WithContext("view " + trial->view);
    for (const std::vector<engine::FeatureStatus>& feature : answer->statuses) Count(feature, trial);
    return {};
  }

  static bool HasKey(const engine::FeaturePlan& plan, const data::Batch& rows, size_t row) {
    return std::all_of(plan.inputs().fields().begin(), plan.inputs().fields().end(),
                       [&](const data::Field& field) { return !rows.Find(field.name)->IsNull(row); });
  }

  static data::Batch InputsOf(const engine::FeaturePlan& plan, const data::Batch& rows,
                              const std::vector<int64_t>& asked) {
    data::Batch inputs(plan.inputs());
    for (size_t i = 0; i < plan.inputs().size(); i++) {
      inputs.columns[i] = rows.Find(plan.inputs().fields()[i].name)->Take(asked);
    }
    inputs.rows = asked.size();
    return inputs;
  }

  static void Count(const std::vector<engine::FeatureStatus>& statuses, TrialOfView* trial) {
    for (const engine::FeatureStatus status : statuses) {
      if (status == engine::FeatureStatus::kPresent) {
        trial->present++;
      } else if (status == engine::FeatureStatus::kError) {
        trial->erroneous++;
      } else {
        trial->empty++;
      }
    }
  }

  store::Lake& lake_;
  features::DefinitionsPtr definitions_;
  base::Executor& executor_;
  std::map<std::string, Sample> samples_;
};

std::string TrialText(const TrialOfView& trial) {
  if (!trial.skipped.empty()) return fmt::format("not tried: {}, {}\n", trial.view, trial.skipped);
  std::string text =
      fmt::format("tried {}: {} features, {} new aggregates, {} questions on {} rows of {}: {} values, {} null",
                  trial.view, trial.features, trial.aggregates, FormatCount(trial.questions), FormatCount(trial.rows),
                  trial.source, FormatCount(trial.present), FormatCount(trial.empty));
  if (trial.erroneous > 0) text += fmt::format(", {} overflows", FormatCount(trial.erroneous));
  return text + "\n";
}

}  // namespace

Result<std::vector<TrialOfView>> TryFeatures(store::Lake& lake, const features::DefinitionsPtr& definitions,
                                             const features::LockChanges& changes, base::Executor& executor) {
  Trial trial(lake, definitions, executor);
  std::vector<TrialOfView> trials;
  for (const features::ViewLockChange& change : changes.views) {
    const bool is_new = change.kind == LockChange::kAdded || change.kind == LockChange::kChanged;
    if (!is_new || change.view->is_request()) continue;
    PLUMB_ASSIGN_OR_RETURN(TrialOfView one, trial.Try(change));
    if (one.features > 0) trials.push_back(std::move(one));
  }
  return trials;
}

std::string TrialsText(const std::vector<TrialOfView>& trials) {
  std::string text;
  for (const TrialOfView& trial : trials) text += TrialText(trial);
  return text;
}

Json TrialsToJson(const std::vector<TrialOfView>& trials) {
  Json list{base::JsonArray{}};
  for (const TrialOfView& trial : trials) {
    Json entry;
    entry.Set("view", trial.view);
    entry.Set("source", trial.source);
    entry.Set("features", trial.features);
    entry.Set("aggregates", trial.aggregates);
    entry.Set("rows", trial.rows);
    entry.Set("questions", trial.questions);
    entry.Set("present", trial.present);
    entry.Set("null", trial.empty);
    entry.Set("error", trial.erroneous);
    entry.Set("skipped", trial.skipped.empty() ? Json() : Json(trial.skipped));
    list.Append(std::move(entry));
  }
  return list;
}

}  // namespace plumb::app
