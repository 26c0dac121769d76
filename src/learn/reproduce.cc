#include "learn/reproduce.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "base/hash.h"
#include "learn/internal/model_fit.h"
#include "learn/internal/training_environment.h"

namespace plumb::learn {
namespace {

using base::Json;
using base::Result;
using base::Status;

bool SameBits(float a, float b) { return std::bit_cast<uint32_t>(a) == std::bit_cast<uint32_t>(b); }

bool SameNode(const model::TreeNode& a, const model::TreeNode& b) {
  return a.left == b.left && a.right == b.right && a.feature == b.feature && SameBits(a.value, b.value) &&
         a.default_left == b.default_left && a.categorical == b.categorical &&
         a.categories_begin == b.categories_begin && a.categories_size == b.categories_size;
}

bool SameTree(const model::Tree& a, const model::Tree& b) {
  return a.output == b.output && a.categories == b.categories &&
         std::equal(a.nodes.begin(), a.nodes.end(), b.nodes.begin(), b.nodes.end(), SameNode);
}

// The first difference of two ensembles in words.
std::string FirstDifference(const model::TreeEnsemble& recorded, const model::TreeEnsemble& now) {
  const bool same_base = std::equal(recorded.base_margins.begin(), recorded.base_margins.end(),
                                    now.base_margins.begin(), now.base_margins.end(), SameBits);
  if (!same_base) return "The base margins differ.";
  const size_t trees = std::min(recorded.trees.size(), now.trees.size());
  for (size_t i = 0; i < trees; i++) {
    if (!SameTree(recorded.trees[i], now.trees[i]))
      return fmt::format("Tree {} of {} differs.", i + 1, recorded.trees.size());
  }
  if (recorded.trees.size() != now.trees.size()) {
    return fmt::format("It had {} trees and has {} now; the first {} are equal.", recorded.trees.size(),
                       now.trees.size(), trees);
  }
  return "Its trees are equal; what is written around them differs.";
}

class Reproducer {
 public:
  Reproducer(const VersionRecipe& recipe, data::EventLog& log, base::FileSystem& files, base::Executor& executor,
             const ReproduceOptions& options)
      : recipe_(recipe),
        log_(log),
        files_(files),
        executor_(executor),
        options_(options),
        recorded_(TrainingEnvironment::Read(recipe.version().data)) {}

  Result<Reproduction> Run() {
    made_.version = recipe_.Name();
    made_.recorded_sha256 = base::Sha256Hex(recipe_.bundle->model_bytes);
    made_.threads = recorded_.threads > 0 ? recorded_.threads : options_.threads;
    if (recorded_.library.empty()) ReadLibraryOfReport();
    PLUMB_ASSIGN_OR_RETURN(const bool has_dataset, Rebuild());
    if (!has_dataset) return std::move(made_);
    made_.rows = static_cast<int64_t>(dataset_.rows());
    CompareData();
    PLUMB_RETURN_IF_ERROR(Train());
    made_.identical = made_.sha256 == made_.recorded_sha256;
    if (made_.identical) {
      made_.differences.clear();  // they made none
    } else {
      CompareEnvironments();
      PLUMB_RETURN_IF_ERROR(CompareModels());
    }
    return std::move(made_);
  }

 private:
  void Note(const char* stage) const {
    if (options_.stage) options_.stage(stage);
  }

  void Differ(std::string what, std::string text, std::string recorded = "", std::string now = "") {
    made_.differences.push_back({std::move(what), std::move(text), std::move(recorded), std::move(now)});
  }

  // Versions that did not record their environment have the library in their report.
  void ReadLibraryOfReport() {
    const Json* library = recipe_.version().metrics.Find("library");
    if (library != nullptr && library->IsString()) recorded_.library = library->AsString();
  }

  // False, with the reason, when the version's data is no longer there or no longer gives a dataset.
  Result<bool> Rebuild() {
    if (recipe_.sources.empty() && recipe_.version().data.Find("sources") == nullptr) {
      Differ("data", "The version did not record its data.");
    }
    DatasetOptions options;
    options.project_directory = options_.project_directory;
    options.progress = options_.stage;
    Result<Dataset> dataset = RebuildDataset(recipe_, log_, files_, executor_, options);
    if (dataset.ok()) {
      dataset_ = std::move(dataset).value();
      return true;
    }
    const base::Code code = dataset.status().code();
    const bool is_gone = code == base::Code::kNotFound || code == base::Code::kDataLoss ||
                         code == base::Code::kInvalidArgument || code == base::Code::kFailedPrecondition;
    if (!is_gone) return dataset.status();
    Differ("data", "The version's data cannot be read as it was: " + dataset.status().message());
    return false;
  }

  void CompareData() {
    CompareRowCounts();
    const Json* recorded = recipe_.version().data.Find("digests");
    if (recorded == nullptr) return;
    Note("comparing the dataset");
    const Json now = DigestOf(dataset_);
    for (const char* part : {"examples", "times", "parts", "labels"}) CompareDigest(part, *recorded, now, part);
    const Json *recorded_features = recorded->Find("features"), *features = now.Find("features");
    if (recorded_features == nullptr || !recorded_features->IsObject()) return;
    for (const auto& [name, digest] : recorded_features->AsObject()) {
      CompareDigest(name, *recorded_features, *features, "features");
    }
  }

  void CompareDigest(const std::string& name, const Json& recorded, const Json& now, const char* what) {
    const Json *before = recorded.Find(name), *after = now.Find(name);
    const bool is_recorded = before != nullptr && before->IsString();
    if (!is_recorded || after == nullptr || *before == *after) return;
    const bool is_feature = std::string(what) == "features";
    Differ(what, is_feature ? "Feature has other values: " + name + "." : "Dataset has other " + name + ".",
           before->AsString(), after->AsString());
  }

  void CompareRowCounts() {
    const Json* rows = recipe_.version().data.Find("rows");
    if (rows == nullptr) return;
    for (const Part part : {Part::kTrain, Part::kValidate, Part::kTest}) {
      const Json* recorded = rows->Find(PartName(part));
      const auto now = static_cast<int64_t>(dataset_.RowsOf(part).size());
      if (recorded == nullptr || !recorded->IsInt() || recorded->AsInt() == now) continue;
      Differ("data", fmt::format("Part has another number of rows: {}.", PartName(part)),
             std::to_string(recorded->AsInt()), std::to_string(now));
    }
  }

  Status Train() {
    const engine::FeaturePlan& plan = recipe_.bundle->plan;
    PLUMB_ASSIGN_OR_RETURN(const FitInputs inputs, PrepareFit(dataset_, plan));
    const std::string before = recipe_.bundle->encoder.Save().Dump(), after = inputs.encoder.Save().Dump();
    if (before != after) {
      Differ("encoder", "Features are encoded otherwise: the categories of the training part differ.",
             base::Sha256Hex(before), base::Sha256Hex(after));
    }
    Note("training");
    model::TrainOptions options = FitOptions(recipe_.model, dataset_, inputs.encoder, made_.threads);
    options.progress = options_.progress;
    PLUMB_ASSIGN_OR_RETURN(model::TrainedModel trained,
                           model::TrainXgboost(inputs.parts.train.Matrix(), inputs.parts.validate.Matrix(), options));
    made_.library = trained.library_version;
    made_.sha256 = base::Sha256Hex(trained.ubj);
    bytes_ = std::move(trained.ubj);
    return {};
  }

  void CompareEnvironments() {
    const TrainingEnvironment here = TrainingEnvironment::Here(made_.library, made_.threads);
    if (!recorded_.library.empty() && recorded_.library != here.library) {
      Differ("library", "It was trained by another version of the library.", recorded_.library, here.library);
    }
    if (recorded_.threads == 0) {
      Differ("threads", "The version did not record its threads.", "", std::to_string(made_.threads));
    }
    if (recorded_.architecture.empty()) {
      Differ("architecture", "The version did not record the processor it was trained on.", "",
             here.architecture + " " + here.instructions);
    } else if (recorded_.architecture != here.architecture || recorded_.instructions != here.instructions) {
      Differ("architecture", "It was trained on another processor.",
             recorded_.architecture + " " + recorded_.instructions, here.architecture + " " + here.instructions);
    }
  }

  Status CompareModels() {
    PLUMB_ASSIGN_OR_RETURN(const model::TreeEnsemble now, model::ReadXgboostModel(bytes_));
    Differ("model", FirstDifference(recipe_.bundle->predictor->ensemble(), now), made_.recorded_sha256, made_.sha256);
    return {};
  }

  const VersionRecipe& recipe_;
  data::EventLog& log_;
  base::FileSystem& files_;
  base::Executor& executor_;
  const ReproduceOptions& options_;
  TrainingEnvironment recorded_;
  Dataset dataset_;
  std::string bytes_;
  Reproduction made_;
};

}  // namespace

Json Reproduction::ToJson() const {
  Json list{base::JsonArray{}};
  for (const ReproductionDifference& difference : differences) {
    Json entry;
    entry.Set("what", difference.what);
    entry.Set("text", difference.text);
    entry.Set("recorded", difference.recorded);
    entry.Set("now", difference.now);
    list.Append(std::move(entry));
  }
  Json json;
  json.Set("version", version);
  json.Set("identical", identical);
  json.Set("recorded_sha256", recorded_sha256);
  json.Set("sha256", sha256);
  json.Set("rows", rows);
  json.Set("threads", threads);
  json.Set("library", library);
  json.Set("differences", std::move(list));
  return json;
}

Result<Reproduction> Reproduce(const VersionRecipe& recipe, data::EventLog& log, base::FileSystem& files,
                               base::Executor& executor, const ReproduceOptions& options) {
  return Reproducer(recipe, log, files, executor, options).Run();
}

}  // namespace plumb::learn
