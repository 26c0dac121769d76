#include "predict/version_bundle.h"

#include <map>
#include <set>
#include <utility>

#include "base/project_tree.h"
#include "model/format/tree_ensemble.h"

namespace plumb::predict {
namespace {

using base::Json;
using base::Result;
using base::Status;

Result<std::string> ReadArtifact(registry::Registry& registry, const registry::Version& version,
                                 const std::string& name) {
  const auto found = version.artifacts.find(name);
  if (found == version.artifacts.end()) {
    return base::DataLoss("Version lacks an artifact: {}@v{}, {}.", version.model, version.number, name);
  }
  Result<std::string> content = registry.GetArtifact(found->second);
  if (!content.ok()) {
    return content.status().WithContext(version.model + "@v" + std::to_string(version.number) + ", " + name);
  }
  return content;
}

// What is wrong inside an artifact is the artifact's loss, not the user's mistake; what this program cannot read yet
// stays that.
Status Corrupt(const registry::Version& version, const char* artifact, const Status& why) {
  const std::string context = version.model + "@v" + std::to_string(version.number) + ", " + artifact;
  if (why.code() == base::Code::kUnimplemented) return why.WithContext(context);
  return base::DataLoss("Artifact of a version is corrupt: {}: {}", context, why.message());
}

// The features that the registry lists for a version, found in `definitions`; those of another identity go to
// `changed`.
Result<std::vector<features::FeatureId>> FindFeatures(const registry::Version& version,
                                                      const features::Definitions& definitions,
                                                      std::vector<std::string>* changed) {
  std::vector<features::FeatureId> found;
  if (!version.features.IsArray()) {
    return base::DataLoss("Version lists no features: {}@v{}.", version.model, version.number);
  }
  for (const Json& entry : version.features.AsArray()) {
    const Json *name = entry.Find("name"), *type = entry.Find("type"), *identity = entry.Find("identity");
    if (name == nullptr || type == nullptr || identity == nullptr || !name->IsString() || !type->IsString() ||
        !identity->IsString()) {
      return base::DataLoss("Feature list of a version is malformed: {}@v{}.", version.model, version.number);
    }
    const std::string& text = name->AsString();
    const size_t dot = text.find('.');
    const features::View* view = definitions.FindView(text.substr(0, dot));
    const int index = view == nullptr || dot == std::string::npos ? -1 : view->IndexOf(text.substr(dot + 1));
    if (index < 0) {
      return base::FailedPrecondition("Feature of the version is no longer defined: {}.", text)
          .WithSuggestion("Serve the version with its own definitions, or train a new one.");
    }
    const features::FeatureId id{view, index};
    if (data::TypeName(id.feature().type) != type->AsString()) {
      return base::FailedPrecondition("Feature of the version has another type now: {}, was {}, is {}.", text,
                                      type->AsString(), data::TypeName(id.feature().type));
    }
    if (id.feature().identity != identity->AsString()) changed->push_back(text);
    found.push_back(id);
  }
  return found;
}

Result<model::FeatureEncoder> LoadEncoder(const std::string& text) {
  PLUMB_ASSIGN_OR_RETURN(const Json json, base::ParseJson(text));
  return model::FeatureEncoder::Load(json);
}

// The classes of a model that has several, one an output.
Result<model::ClassDictionary> ReadClasses(registry::Registry& registry, const registry::Version& version,
                                           const model::TreeEnsemble& ensemble) {
  if (ensemble.task() != model::Task::kClasses) return model::ClassDictionary();
  PLUMB_ASSIGN_OR_RETURN(const std::string text, ReadArtifact(registry, version, "classes.json"));
  const Result<Json> json = base::ParseJson(text);
  if (!json.ok()) return Corrupt(version, "classes.json", json.status());
  Result<model::ClassDictionary> classes = model::ClassDictionary::Load(*json);
  if (!classes.ok()) return Corrupt(version, "classes.json", classes.status());
  if (classes->size() != ensemble.outputs()) {
    return base::DataLoss("Model file has another number of classes than the version: {}@v{}, want {}, got {}.",
                          version.model, version.number, classes->size(), ensemble.outputs());
  }
  return classes;
}

}  // namespace

Json FeatureList(const engine::FeaturePlan& plan) {
  Json list{base::JsonArray{}};
  for (const features::FeatureId& id : plan.outputs()) {
    Json entry;
    entry.Set("name", id.ToString());
    entry.Set("type", data::TypeName(id.feature().type));
    entry.Set("identity", id.feature().identity);
    list.Append(std::move(entry));
  }
  return list;
}

std::string SaveDefinitions(const features::Definitions& definitions) {
  Json list{base::JsonArray{}};
  for (const base::SourceTextPtr& text : definitions.texts()) {
    Json entry;
    entry.Set("name", text->name);
    entry.Set("text", text->text);
    list.Append(std::move(entry));
  }
  return list.Dump(1);
}

Result<features::DefinitionsPtr> LoadSavedDefinitions(std::string_view json) {
  PLUMB_ASSIGN_OR_RETURN(const Json list, base::ParseJson(json));
  if (!list.IsArray()) return base::DataLoss("Saved definitions are not a list of texts.");
  std::vector<base::SourceTextPtr> texts;
  for (const Json& entry : list.AsArray()) {
    const Json *name = entry.Find("name"), *text = entry.Find("text");
    if (name == nullptr || text == nullptr || !name->IsString() || !text->IsString()) {
      return base::DataLoss("Saved definitions are not a list of texts.");
    }
    texts.push_back(std::make_shared<base::SourceText>(base::SourceText{name->AsString(), text->AsString()}));
  }
  base::Diagnostics diagnostics;
  const base::ProjectTree tree = base::MergeProject(texts, &diagnostics);
  features::DefinitionsPtr definitions = features::LoadDefinitions(tree, &diagnostics);
  PLUMB_RETURN_IF_ERROR(diagnostics.ToStatus());
  return definitions;
}

Result<VersionBundlePtr> LoadVersionBundle(registry::Registry& registry, const registry::Version& version) {
  PLUMB_ASSIGN_OR_RETURN(const std::string texts, ReadArtifact(registry, version, "definitions.json"));
  PLUMB_ASSIGN_OR_RETURN(const std::string encoder_text, ReadArtifact(registry, version, "encoder.json"));
  PLUMB_ASSIGN_OR_RETURN(std::string model_bytes, ReadArtifact(registry, version, "model.ubj"));
  Result<model::FeatureEncoder> encoder = LoadEncoder(encoder_text);
  if (!encoder.ok()) return Corrupt(version, "encoder.json", encoder.status());
  Result<model::TreeEnsemble> ensemble = model::ReadXgboostModel(model_bytes);
  if (!ensemble.ok()) return Corrupt(version, "model.ubj", ensemble.status());
  Result<features::DefinitionsPtr> definitions = LoadSavedDefinitions(texts);
  if (!definitions.ok()) return Corrupt(version, "definitions.json", definitions.status());

  std::vector<std::string> changed;
  Result<std::vector<features::FeatureId>> ids = FindFeatures(version, **definitions, &changed);
  if (!ids.ok()) return Corrupt(version, "definitions.json", ids.status());
  if (!changed.empty()) {
    return base::DataLoss("Definitions of the version do not give the identities it was registered with: {}@v{}, {}.",
                          version.model, version.number, changed.front());
  }
  if (ensemble->features != static_cast<int32_t>(encoder->width())) {
    return base::DataLoss("Model file has another number of features than the version: {}@v{}, want {}, got {}.",
                          version.model, version.number, encoder->width(), ensemble->features);
  }
  PLUMB_ASSIGN_OR_RETURN(model::ClassDictionary classes, ReadClasses(registry, version, *ensemble));
  PLUMB_ASSIGN_OR_RETURN(engine::FeaturePlan plan, engine::FeaturePlan::Make(*definitions, std::move(*ids)));
  if (const Status same = encoder->CheckSchema(plan.output_schema()); !same.ok()) {
    return Corrupt(version, "encoder.json", same);
  }
  auto trees = std::make_shared<const model::TreeEnsemble>(std::move(*ensemble));
  return std::make_shared<const VersionBundle>(VersionBundle{
      version, std::move(*definitions), std::move(plan), std::move(*encoder),
      std::make_shared<const model::Predictor>(std::move(trees)), std::move(model_bytes), std::move(classes)});
}

Result<VersionBundlePtr> WithDefinitions(const VersionBundle& bundle, const features::DefinitionsPtr& definitions,
                                         std::vector<std::string>* changed) {
  PLUMB_ASSIGN_OR_RETURN(std::vector<features::FeatureId> ids, FindFeatures(bundle.version, *definitions, changed));
  PLUMB_ASSIGN_OR_RETURN(engine::FeaturePlan plan, engine::FeaturePlan::Make(definitions, std::move(ids)));
  return std::make_shared<const VersionBundle>(VersionBundle{bundle.version, definitions, std::move(plan),
                                                             bundle.encoder, bundle.predictor, bundle.model_bytes,
                                                             bundle.classes});
}

Result<engine::FeaturePlan> PlanFor(const registry::Version& version, const features::DefinitionsPtr& definitions) {
  std::vector<std::string> changed;
  PLUMB_ASSIGN_OR_RETURN(std::vector<features::FeatureId> ids, FindFeatures(version, *definitions, &changed));
  return engine::FeaturePlan::Make(definitions, std::move(ids));
}

}  // namespace plumb::predict
