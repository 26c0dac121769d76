#include "learn/version_dataset.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "base/hash.h"
#include "base/project_tree.h"

namespace plumb::learn {
namespace {

using base::Json;
using base::Result;
using base::Status;

Result<ModelDefinition> FindDefinition(const predict::VersionBundle& bundle) {
  base::Diagnostics diagnostics;
  const base::ProjectTree tree = base::MergeProject(bundle.definitions->texts(), &diagnostics);
  for (ModelDefinition& model : LoadModels(tree, bundle.definitions, &diagnostics)) {
    if (model.name == bundle.version.model) return std::move(model);
  }
  const std::string why = diagnostics.has_errors() ? diagnostics.all().front().message : "it has no such model";
  return base::FailedPrecondition("Project that a version was trained with is not understood: {}@v{}: {}",
                                  bundle.version.model, bundle.version.number, why);
}

std::map<std::string, std::string> SourcesOf(const registry::Version& version) {
  std::map<std::string, std::string> sources;
  const Json* recorded = version.data.Find("sources");
  if (recorded == nullptr || !recorded->IsObject()) return sources;
  for (const auto& [source, lake_version] : recorded->AsObject()) {
    if (lake_version.IsString()) sources[source] = lake_version.AsString();
  }
  return sources;
}

template <typename Number>
bool ReadNumber(const std::string& text, Number* number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc() && end == text.data() + text.size();
}

// The run's parameters are what was trained with, also where they were searched for; the project says the rest.
Status TakeParameters(const std::map<std::string, std::string>& recorded, ModelDefinition* model) {
  model->train_parameters.clear();
  for (const auto& [name, value] : recorded) {
    bool is_read = true;
    if (name == "objective") {
      is_read = value == model->objective;
    } else if (name == "rounds_max") {
      is_read = ReadNumber(value, &model->rounds_max);
    } else if (name == "early_stopping_rounds") {
      is_read = ReadNumber(value, &model->early_stopping_rounds);
    } else if (name == "seed") {
      is_read = ReadNumber(value, &model->seed);
    } else if (name != "features") {
      model->train_parameters[name] = value;
    }
    if (!is_read) return base::DataLoss("Parameter of a run is not understood: {}, {}.", name, value);
  }
  return {};
}

std::string DigestOfColumn(const data::Column& column) {
  std::string bytes;
  for (size_t row = 0; row < column.size(); row++) data::AppendCanonical(column.At(row), &bytes);
  return base::Sha256Hex(data::TypeName(column.type()) + "\n" + bytes);
}

// Columns by name: their order says nothing.
std::string DigestOfColumns(const data::Batch& batch) {
  std::map<std::string, std::string> digests;
  for (size_t i = 0; i < batch.columns.size(); i++) {
    digests[batch.schema.fields()[i].name] = DigestOfColumn(batch.columns[i]);
  }
  std::string text;
  for (const auto& [name, digest] : digests) text += name + "=" + digest + "\n";
  return base::Sha256Hex(text);
}

}  // namespace

std::string VersionRecipe::Name() const { return version().model + "@v" + std::to_string(version().number); }

Result<VersionRecipe> RecipeOf(registry::Registry& registry, predict::VersionBundlePtr bundle) {
  VersionRecipe recipe;
  recipe.bundle = std::move(bundle);
  PLUMB_ASSIGN_OR_RETURN(recipe.model, FindDefinition(*recipe.bundle));
  recipe.sources = SourcesOf(recipe.version());
  if (recipe.version().run_id.empty()) return recipe;
  PLUMB_ASSIGN_OR_RETURN(const registry::Run run, registry.GetRun(recipe.version().run_id));
  PLUMB_RETURN_IF_ERROR(TakeParameters(run.parameters, &recipe.model));
  return recipe;
}

Result<VersionRecipe> ReadRecipe(registry::Registry& registry, const registry::Version& version) {
  PLUMB_ASSIGN_OR_RETURN(predict::VersionBundlePtr bundle, predict::LoadVersionBundle(registry, version));
  return RecipeOf(registry, std::move(bundle));
}

Result<Dataset> RebuildDataset(const VersionRecipe& recipe, data::EventLog& log, base::FileSystem& files,
                               base::Executor& executor, const DatasetOptions& options) {
  return BuildDataset(recipe.model, recipe.bundle->plan, log, files, executor, options);
}

Json DigestOf(const Dataset& dataset) {
  data::Column times(data::TypeKind::kTimestamp), parts(data::TypeKind::kString);
  for (size_t row = 0; row < dataset.rows(); row++) {
    times.AppendInt(dataset.times[row]);
    parts.AppendString(PartName(dataset.parts[row]));
  }
  Json features{base::JsonObject{}};
  const data::Batch& values = dataset.features.values;
  for (size_t i = 0; i < values.columns.size(); i++) {
    features.Set(values.schema.fields()[i].name, DigestOfColumn(values.columns[i]));
  }
  Json json;
  json.Set("examples", DigestOfColumns(dataset.examples));
  json.Set("times", DigestOfColumn(times));
  json.Set("parts", DigestOfColumn(parts));
  json.Set("labels", DigestOfColumn(dataset.label_values));
  json.Set("features", std::move(features));
  return json;
}

}  // namespace plumb::learn
