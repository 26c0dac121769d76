#include "model/train/xgboost_trainer.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <memory>
#include <type_traits>
#include <utility>

#include "base/dynamic_library.h"
#include "base/json.h"

namespace plumb::model {
namespace {

using base::Json;
using base::Result;
using base::Status;

// The C API as of XGBoost 3 (xgboost/c_api.h), as far as it is used. Functions return 0, or -1 with a text in
// XGBGetLastError.
using DMatrixHandle = void*;
using BoosterHandle = void*;

struct Api {
  void (*version)(int*, int*, int*);
  const char* (*last_error)();
  int (*matrix_from_mat)(const float*, uint64_t, uint64_t, float, DMatrixHandle*);
  int (*matrix_free)(DMatrixHandle);
  int (*matrix_set_float_info)(DMatrixHandle, const char*, const float*, uint64_t);
  int (*matrix_set_feature_info)(DMatrixHandle, const char*, const char**, uint64_t);
  int (*booster_create)(const DMatrixHandle*, uint64_t, BoosterHandle*);
  int (*booster_free)(BoosterHandle);
  int (*booster_set_param)(BoosterHandle, const char*, const char*);
  int (*booster_update)(BoosterHandle, int, DMatrixHandle);
  int (*booster_eval)(BoosterHandle, int, DMatrixHandle[], const char*[], uint64_t, const char**);
  int (*booster_set_feature_info)(BoosterHandle, const char*, const char**, uint64_t);
  int (*booster_slice)(BoosterHandle, int, int, int, BoosterHandle*);
  int (*booster_save)(BoosterHandle, const char*, uint64_t*, const char**);
  int (*booster_load)(BoosterHandle, const void*, uint64_t);
  int (*booster_predict)(BoosterHandle, DMatrixHandle, const char*, const uint64_t**, uint64_t*, const float**);
  int (*booster_feature_score)(BoosterHandle, const char*, uint64_t*, const char***, uint64_t*, const uint64_t**,
                               const float**);
};

Result<Api> LoadApi(const std::string& path) {
  PLUMB_ASSIGN_OR_RETURN(const base::DynamicLibrary library, base::DynamicLibrary::Load(path));
  Api api{};
  const auto bind = [&library](const char* name, auto* target) -> Status {
    using Function = std::remove_pointer_t<std::remove_pointer_t<decltype(target)>>;
    PLUMB_ASSIGN_OR_RETURN(*target, library.Function<Function>(name));
    return {};
  };
  PLUMB_RETURN_IF_ERROR(bind("XGBoostVersion", &api.version));
  PLUMB_RETURN_IF_ERROR(bind("XGBGetLastError", &api.last_error));
  PLUMB_RETURN_IF_ERROR(bind("XGDMatrixCreateFromMat", &api.matrix_from_mat));
  PLUMB_RETURN_IF_ERROR(bind("XGDMatrixFree", &api.matrix_free));
  PLUMB_RETURN_IF_ERROR(bind("XGDMatrixSetFloatInfo", &api.matrix_set_float_info));
  PLUMB_RETURN_IF_ERROR(bind("XGDMatrixSetStrFeatureInfo", &api.matrix_set_feature_info));
  PLUMB_RETURN_IF_ERROR(bind("XGBoosterCreate", &api.booster_create));
  PLUMB_RETURN_IF_ERROR(bind("XGBoosterFree", &api.booster_free));
  PLUMB_RETURN_IF_ERROR(bind("XGBoosterSetParam", &api.booster_set_param));
  PLUMB_RETURN_IF_ERROR(bind("XGBoosterUpdateOneIter", &api.booster_update));
  PLUMB_RETURN_IF_ERROR(bind("XGBoosterEvalOneIter", &api.booster_eval));
  PLUMB_RETURN_IF_ERROR(bind("XGBoosterSetStrFeatureInfo", &api.booster_set_feature_info));
  PLUMB_RETURN_IF_ERROR(bind("XGBoosterSlice", &api.booster_slice));
  PLUMB_RETURN_IF_ERROR(bind("XGBoosterSaveModelToBuffer", &api.booster_save));
  PLUMB_RETURN_IF_ERROR(bind("XGBoosterLoadModelFromBuffer", &api.booster_load));
  PLUMB_RETURN_IF_ERROR(bind("XGBoosterPredictFromDMatrix", &api.booster_predict));
  PLUMB_RETURN_IF_ERROR(bind("XGBoosterFeatureScore", &api.booster_feature_score));
  return api;
}

Status Check(const Api& api, int code, const char* what) {
  if (code == 0) return {};
  // The library's text begins with a time, file and line and may go on with a stack trace: keep the sentence.
  std::string text = api.last_error();
  if (const size_t end = text.find("\nStack trace"); end != std::string::npos) text.resize(end);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return base::InvalidArgument("XGBoost refused: {}, {}.", what, text);
}

// Frees a handle of the library.
class Handle {
 public:
  Handle(int (*free)(void*)) : free_(free) {}  // NOLINT(google-explicit-constructor)
  ~Handle() {
    if (handle_ != nullptr) free_(handle_);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  Handle(Handle&& other) noexcept : free_(other.free_), handle_(std::exchange(other.handle_, nullptr)) {}
  [[nodiscard]] void* get() const { return handle_; }
  void** receive() { return &handle_; }

 private:
  int (*free_)(void*);
  void* handle_ = nullptr;
};

using SetInfo = int (*)(void*, const char*, const char**, uint64_t);

// Names and kinds of features, of rows or of a booster.
Status SetFeatureInfo(const Api& api, SetInfo set, const Handle& handle, const char* field,
                      const std::vector<std::string>& texts) {
  std::vector<const char*> pointers;
  for (const std::string& text : texts) pointers.push_back(text.c_str());
  return Check(api, set(handle.get(), field, pointers.data(), pointers.size()), field);
}

std::vector<std::string> KindsOf(size_t features, const std::vector<bool>& categorical) {
  std::vector<std::string> kinds;
  for (size_t i = 0; i < features; i++) kinds.emplace_back(i < categorical.size() && categorical[i] ? "c" : "float");
  return kinds;
}

Result<Handle> MakeMatrix(const Api& api, const TrainingMatrix& rows, const std::vector<std::string>& names,
                          const std::vector<bool>& categorical) {
  if (rows.values.size() != rows.rows * rows.features) {
    return base::InvalidArgument("Training rows have the wrong size: want {} x {}, got {}.", rows.rows, rows.features,
                                 rows.values.size());
  }
  Handle matrix(api.matrix_free);
  PLUMB_RETURN_IF_ERROR(Check(api,
                              api.matrix_from_mat(rows.values.data(), rows.rows, rows.features,
                                                  std::numeric_limits<float>::quiet_NaN(), matrix.receive()),
                              "rows"));
  if (!names.empty()) {
    PLUMB_RETURN_IF_ERROR(SetFeatureInfo(api, api.matrix_set_feature_info, matrix, "feature_name", names));
  }
  PLUMB_RETURN_IF_ERROR(
      SetFeatureInfo(api, api.matrix_set_feature_info, matrix, "feature_type", KindsOf(rows.features, categorical)));
  if (!rows.labels.empty()) {
    PLUMB_RETURN_IF_ERROR(
        Check(api, api.matrix_set_float_info(matrix.get(), "label", rows.labels.data(), rows.labels.size()), "labels"));
  }
  if (!rows.weights.empty()) {
    PLUMB_RETURN_IF_ERROR(Check(
        api, api.matrix_set_float_info(matrix.get(), "weight", rows.weights.data(), rows.weights.size()), "weights"));
  }
  return matrix;
}

Status SetParameters(const Api& api, const Handle& booster, const TrainOptions& options) {
  std::map<std::string, std::string> parameters = options.parameters;
  parameters["objective"] = options.objective;
  parameters["eval_metric"] = EvaluationMetric(options.objective);
  if (options.classes > 0) parameters["num_class"] = std::to_string(options.classes);
  parameters["nthread"] = std::to_string(options.threads);
  parameters["seed"] = std::to_string(options.seed);
  parameters.emplace("tree_method", "hist");
  // Unknown parameters are the user's spelling mistakes: the library names them in an error.
  parameters["validate_parameters"] = "1";
  parameters["verbosity"] = "0";
  for (const auto& [name, value] : parameters) {
    PLUMB_RETURN_IF_ERROR(Check(api, api.booster_set_param(booster.get(), name.c_str(), value.c_str()), name.c_str()));
  }
  return {};
}

// "[3]\ttrain-logloss:0.51\tvalidation-logloss:0.52" → the numbers after the colons.
std::vector<double> ParseEvaluation(std::string_view text) {
  std::vector<double> values;
  for (size_t at = text.find(':'); at != std::string_view::npos; at = text.find(':', at + 1)) {
    double value = 0;
    std::from_chars(text.data() + at + 1, text.data() + text.size(), value);
    values.push_back(value);
  }
  return values;
}

struct Rounds {
  int best = 0;  // 0-based
  std::vector<double> train, validation;
};

Result<Rounds> RunRounds(const Api& api, const Handle& booster, const Handle& train, const Handle& validation,
                         const TrainOptions& options) {
  Rounds rounds;
  std::array<void*, 2> matrices = {train.get(), validation.get()};
  std::array<const char*, 2> names = {"train", "validation"};
  for (int round = 0; round < options.rounds_max; round++) {
    PLUMB_RETURN_IF_ERROR(Check(api, api.booster_update(booster.get(), round, train.get()), "training"));
    const char* text = nullptr;
    PLUMB_RETURN_IF_ERROR(
        Check(api, api.booster_eval(booster.get(), round, matrices.data(), names.data(), 2, &text), "evaluation"));
    const std::vector<double> metrics = ParseEvaluation(text);
    if (metrics.size() != 2) return base::InvalidArgument("XGBoost's evaluation is not understood: {}.", text);
    rounds.train.push_back(metrics[0]);
    rounds.validation.push_back(metrics[1]);
    if (metrics[1] < rounds.validation[static_cast<size_t>(rounds.best)]) rounds.best = round;
    if (options.progress && !options.progress(round, metrics[0], metrics[1])) {
      return base::Cancelled("Training was cancelled after {} rounds.", round + 1);
    }
    if (options.early_stopping_rounds > 0 && round - rounds.best >= options.early_stopping_rounds) break;
  }
  return rounds;
}

Result<std::string> SaveModel(const Api& api, const Handle& booster) {
  uint64_t size = 0;
  const char* bytes = nullptr;
  PLUMB_RETURN_IF_ERROR(Check(api, api.booster_save(booster.get(), R"({"format": "ubj"})", &size, &bytes), "saving"));
  return std::string(bytes, size);
}

// Total gain by feature position. Features are listed by name, those without a split not at all.
Result<std::vector<double>> GainOf(const Api& api, const Handle& booster, const TrainOptions& options,
                                   size_t features) {
  uint64_t count = 0, dimensions = 0;
  const char** names = nullptr;
  const uint64_t* shape = nullptr;
  const float* scores = nullptr;
  PLUMB_RETURN_IF_ERROR(Check(api,
                              api.booster_feature_score(booster.get(), R"({"importance_type": "total_gain"})", &count,
                                                        &names, &dimensions, &shape, &scores),
                              "importance"));
  std::map<std::string, double> by_name;
  for (uint64_t i = 0; i < count; i++) by_name[names[i]] = static_cast<double>(scores[i]);
  std::vector<double> gain(features, 0.0);
  for (size_t i = 0; i < features; i++) {
    const std::string name = i < options.feature_names.size() ? options.feature_names[i] : "f" + std::to_string(i);
    if (const auto found = by_name.find(name); found != by_name.end()) gain[i] = found->second;
  }
  return gain;
}

std::string VersionOf(const Api& api) {
  int major = 0, minor = 0, patch = 0;
  api.version(&major, &minor, &patch);
  return "xgboost " + std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

std::string LibraryPath(const std::string& path) { return path.empty() ? PLUMB_XGBOOST_LIBRARY : path; }

}  // namespace

std::string EvaluationMetric(const std::string& objective) {
  if (objective == "multi:softprob") return "mlogloss";
  if (objective == "reg:squarederror") return "rmse";
  if (objective == "reg:absoluteerror") return "mae";
  if (objective == "reg:pseudohubererror") return "mphe";
  return "logloss";
}

Result<TrainedModel> TrainXgboost(const TrainingMatrix& train, const TrainingMatrix& validation,
                                  const TrainOptions& options) {
  if (train.rows == 0 || validation.rows == 0) {
    return base::InvalidArgument("Training needs rows: train {}, validation {}.", train.rows, validation.rows);
  }
  PLUMB_ASSIGN_OR_RETURN(const Api api, LoadApi(LibraryPath(options.library)));
  PLUMB_ASSIGN_OR_RETURN(const Handle train_rows, MakeMatrix(api, train, options.feature_names, options.categorical));
  PLUMB_ASSIGN_OR_RETURN(const Handle validation_rows,
                         MakeMatrix(api, validation, options.feature_names, options.categorical));
  Handle booster(api.booster_free);
  std::array<void*, 2> cached = {train_rows.get(), validation_rows.get()};
  PLUMB_RETURN_IF_ERROR(Check(api, api.booster_create(cached.data(), cached.size(), booster.receive()), "booster"));
  PLUMB_RETURN_IF_ERROR(SetParameters(api, booster, options));
  PLUMB_ASSIGN_OR_RETURN(Rounds rounds, RunRounds(api, booster, train_rows, validation_rows, options));

  Handle best(api.booster_free);
  PLUMB_RETURN_IF_ERROR(Check(api, api.booster_slice(booster.get(), 0, rounds.best + 1, 1, best.receive()), "slicing"));
  if (!options.feature_names.empty()) {
    PLUMB_RETURN_IF_ERROR(
        SetFeatureInfo(api, api.booster_set_feature_info, best, "feature_name", options.feature_names));
  }
  PLUMB_RETURN_IF_ERROR(SetFeatureInfo(api, api.booster_set_feature_info, best, "feature_type",
                                       KindsOf(train.features, options.categorical)));
  TrainedModel model;
  PLUMB_ASSIGN_OR_RETURN(model.ubj, SaveModel(api, best));
  PLUMB_ASSIGN_OR_RETURN(model.gain, GainOf(api, best, options, train.features));
  model.best_round = rounds.best + 1;
  model.train_metric = std::move(rounds.train);
  model.validation_metric = std::move(rounds.validation);
  model.library_version = VersionOf(api);
  return model;
}

Result<std::vector<float>> XgboostPredict(const std::string& library, std::string_view model_file,
                                          const TrainingMatrix& rows, const std::vector<bool>& categorical,
                                          bool margin) {
  PLUMB_ASSIGN_OR_RETURN(const Api api, LoadApi(LibraryPath(library)));
  Handle booster(api.booster_free);
  PLUMB_RETURN_IF_ERROR(Check(api, api.booster_create(nullptr, 0, booster.receive()), "booster"));
  PLUMB_RETURN_IF_ERROR(
      Check(api, api.booster_load(booster.get(), model_file.data(), model_file.size()), "model file"));
  TrainingMatrix features = rows;
  features.labels = {};
  features.weights = {};
  PLUMB_ASSIGN_OR_RETURN(const Handle matrix, MakeMatrix(api, features, {}, categorical));
  Json config;
  config.Set("type", margin ? 1 : 0);
  config.Set("training", false);
  config.Set("iteration_begin", 0);
  config.Set("iteration_end", 0);
  config.Set("strict_shape", false);
  const uint64_t* shape = nullptr;
  uint64_t dimensions = 0;
  const float* out = nullptr;
  PLUMB_RETURN_IF_ERROR(
      Check(api, api.booster_predict(booster.get(), matrix.get(), config.Dump().c_str(), &shape, &dimensions, &out),
            "prediction"));
  size_t count = 1;
  for (uint64_t i = 0; i < dimensions; i++) count *= shape[i];
  return std::vector<float>(out, out + count);
}

}  // namespace plumb::model
