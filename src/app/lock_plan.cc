#include "app/lock_plan.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <set>
#include <utility>

#include "engine/feature_plan.h"
#include "operate/load_origin.h"
#include "predict/version_bundle.h"

namespace plumb::app {
namespace {

using base::Json;
using base::Result;
using base::Status;
using features::LockChange;

// A manifest is a file: its numbers may be anything.
int64_t Sum(int64_t a, int64_t b) {
  int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<int64_t>::max() : sum;
}

int64_t Product(int64_t a, int64_t b) {
  int64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? std::numeric_limits<int64_t>::max() : product;
}

// What plumb ingest would load again although no file changed. Rows of other origin are judged by their columns.
bool IsOutdated(const store::LakeManifest& manifest, const features::Source& source) {
  const std::string meaning = operate::LoadOrigin::FromJson(manifest.origin).meaning;
  if (!meaning.empty()) return meaning != operate::MeaningOf(source);
  return !std::all_of(source.columns.fields().begin(), source.columns.fields().end(), [&](const data::Field& field) {
    const data::Field* there = manifest.schema.Find(field.name);
    return there != nullptr && there->type == field.type;
  });
}

Result<LoadedSource> LookUp(store::Lake& lake, const features::Source& source) {
  LoadedSource loaded;
  const Result<store::LakeManifest> manifest = lake.Manifest(source.name);
  if (!manifest.ok()) {
    return manifest.status().code() == base::Code::kNotFound ? Result(loaded) : Result<LoadedSource>(manifest.status());
  }
  loaded.is_loaded = true;
  loaded.rows = manifest->rows;
  for (const store::LakePart& part : manifest->parts) loaded.bytes = Sum(loaded.bytes, part.bytes);
  loaded.is_outdated = IsOutdated(*manifest, source);
  return loaded;
}

BackfillCost CostOf(const features::LockChanges& changes, const std::map<std::string, LoadedSource>& loaded) {
  std::map<std::string, std::set<std::string>> to_fill;  // by source
  for (const features::ViewLockChange& view : changes.views) {
    for (const features::AggregateLockChange& change : view.aggregates) {
      if (change.kind == LockChange::kAdded) to_fill[view.view->source->name].insert(change.aggregate.identity);
    }
  }
  BackfillCost cost;
  for (const auto& [name, aggregates] : to_fill) {
    const BackfillCost::Source source{name, static_cast<int64_t>(aggregates.size()), loaded.at(name)};
    cost.aggregates += source.aggregates;
    cost.row_updates = Sum(cost.row_updates, Product(source.aggregates, source.loaded.rows));
    cost.bytes = Sum(cost.bytes, source.loaded.bytes);
    cost.sources.push_back(source);
  }
  return cost;
}

std::string TextOf(const Json& entry, const char* key) {
  const Json* value = entry.Find(key);
  return value != nullptr && value->IsString() ? value->AsString() : std::string();
}

// Views that a version computes with, as its own definitions say; those it names where they cannot be read.
std::set<std::string> ViewsOf(registry::Registry& registry, const registry::Version& version) {
  std::set<std::string> views;
  if (version.features.IsArray()) {
    for (const Json& entry : version.features.AsArray()) {
      const std::string name = TextOf(entry, "name");
      views.insert(name.substr(0, name.find('.')));
    }
  }
  const auto artifact = version.artifacts.find("definitions.json");
  if (artifact == version.artifacts.end()) return views;
  const Result<std::string> text = registry.GetArtifact(artifact->second);
  if (!text.ok()) return views;
  const Result<features::DefinitionsPtr> definitions = predict::LoadSavedDefinitions(*text);
  if (!definitions.ok()) return views;
  const Result<engine::FeaturePlan> plan = predict::PlanFor(version, *definitions);
  if (!plan.ok()) return views;
  for (const features::View* view : plan->views()) views.insert(view->name);
  return views;
}

// Compares the features that a version was trained on with those of the project.
void CompareFeatures(const registry::Version& version, const features::Definitions& definitions,
                     DeployedVersion* deployed) {
  if (!version.features.IsArray()) return;
  for (const Json& entry : version.features.AsArray()) {
    const std::string name = TextOf(entry, "name");
    const size_t dot = std::min(name.find('.'), name.size());
    const features::View* view = definitions.FindView(name.substr(0, dot));
    const int index = view == nullptr || dot == name.size() ? -1 : view->IndexOf(name.substr(dot + 1));
    if (index < 0) {
      deployed->missing.push_back(name);
    } else if (view->features[static_cast<size_t>(index)].identity != TextOf(entry, "identity")) {
      deployed->changed.push_back(name);
    }
  }
}

Result<std::vector<DeployedVersion>> DeployedOf(const Invocation& invocation, const Project& project,
                                                const features::LockChanges& changes) {
  std::vector<DeployedVersion> all;
  // A registry that is not there is not made.
  if (!invocation.files.Exists(base::JoinPath(project.state_directory, "registry.db"))) return all;
  PLUMB_ASSIGN_OR_RETURN(const auto registry,
                         registry::Registry::Open(invocation.files, invocation.clock, project.state_directory));
  PLUMB_ASSIGN_OR_RETURN(const std::vector<registry::DeploymentRecord> records, registry->CurrentDeployments());
  for (const registry::DeploymentRecord& record : records) {
    PLUMB_ASSIGN_OR_RETURN(const registry::Version version, registry->GetVersion(record.model, record.version));
    DeployedVersion deployed{record.deployment, record.model, record.version, {}, {}, {}};
    CompareFeatures(version, *project.definitions, &deployed);
    const std::set<std::string> views = ViewsOf(*registry, version);
    for (const features::ViewLockChange& view : changes.views) {
      if (view.kind == LockChange::kRemoved && views.contains(view.name)) deployed.removed_views.push_back(view.name);
    }
    all.push_back(std::move(deployed));
  }
  return all;
}

}  // namespace

const char* const kBackfillBasis =
    "Rows and bytes of the newest data in the lake: every row goes once into every aggregate to be filled, every file "
    "is "
    "read once; what derived columns look up is not counted.";

std::string LockPath(const std::string& project_directory) {
  return base::JoinPath(project_directory, features::kLockFileName);
}

Result<std::optional<LockOnDisk>> ReadLock(base::FileSystem& files, const std::string& project_directory,
                                           base::Position* mistake) {
  const std::string path = LockPath(project_directory);
  const Result<base::FileInfo> info = files.Stat(path);
  if (!info.ok() && info.status().code() == base::Code::kNotFound) return std::optional<LockOnDisk>();
  if (!info.ok()) return info.status();
  if (info->bytes > static_cast<int64_t>(features::kLockBytesMax)) {
    return base::InvalidArgument("Lock file is too large: {} bytes, at most {}.", info->bytes, features::kLockBytesMax)
        .WithWhere(features::kLockFileName);
  }
  PLUMB_ASSIGN_OR_RETURN(std::string text, files.ReadFile(path));
  const auto source = std::make_shared<const base::SourceText>(base::SourceText{features::kLockFileName, text});
  PLUMB_ASSIGN_OR_RETURN(features::LockFile lock, features::ParseLock(source, mistake));
  return std::optional<LockOnDisk>({std::move(text), std::move(lock)});
}

std::vector<features::ModelExpansion> ExpansionsOf(const Project& project) {
  std::vector<features::ModelExpansion> models;
  for (const learn::ModelDefinition& model : project.models) {
    models.push_back({model.name, model.position, model.features});
  }
  return models;
}

Result<LockPlan> MakeLockPlan(const Invocation& invocation, const Project& project) {
  LockPlan plan;
  PLUMB_ASSIGN_OR_RETURN(plan.before, ReadLock(invocation.files, project.directory));
  plan.changes = features::CompareWithLock(plan.before ? plan.before->lock : features::LockFile(), *project.definitions,
                                           ExpansionsOf(project));
  store::Lake lake(invocation.files, invocation.clock, project.state_directory);
  for (const auto& source : project.definitions->sources()) {
    PLUMB_ASSIGN_OR_RETURN(plan.loaded[source->name], LookUp(lake, *source));
  }
  plan.cost = CostOf(plan.changes, plan.loaded);
  PLUMB_ASSIGN_OR_RETURN(plan.deployed, DeployedOf(invocation, project, plan.changes));
  return plan;
}

}  // namespace plumb::app
