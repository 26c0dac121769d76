// xgboost_model.cc: reads XGBoost's model file (JSON, or UBJSON with the same members), as described in the library's
// document "Introduction to Model IO" and its JSON schema. Only what prediction needs is read; what is not understood
// is refused, never guessed.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include "base/elementary.h"
#include "base/json.h"
#include "model/format/tree_ensemble.h"
#include "model/format/ubjson.h"

namespace plumb::model {
namespace {

using base::Json;
using base::Result;
using base::Status;

Status Broken(const std::string& what) { return base::DataLoss("XGBoost model is malformed: {}.", what); }

const Json* FindPath(const Json& json, std::initializer_list<const char*> path) {
  const Json* at = &json;
  for (const char* key : path) {
    if (at != nullptr) at = at->Find(key);
  }
  return at;
}

Result<std::string> TextAt(const Json& json, std::initializer_list<const char*> path) {
  const Json* value = FindPath(json, path);
  if (value == nullptr || !value->IsString()) return Broken(std::string("no ") + *(path.end() - 1));
  return value->AsString();
}

// Numbers of the parameter blocks are texts.
Result<int64_t> CountAt(const Json& json, std::initializer_list<const char*> path) {
  PLUMB_ASSIGN_OR_RETURN(const std::string text, TextAt(json, path));
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return Broken(*(path.end() - 1));
  return value;
}

Result<float> ParseNumber(std::string_view text) {
  float value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return Broken("base_score " + std::string(text));
  return value;
}

// "5E-1", or since 3.1 a list with one number an output: "[5E-1]". A lone number counts for every output.
Result<std::vector<float>> ParseBaseScores(std::string_view text, size_t outputs) {
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') {
    PLUMB_ASSIGN_OR_RETURN(const float value, ParseNumber(text));
    return std::vector<float>(outputs, value);
  }
  text = text.substr(1, text.size() - 2);
  std::vector<float> values;
  for (size_t begin = 0; begin <= text.size() && values.size() <= outputs;) {
    const size_t end = std::min(text.find(',', begin), text.size());
    PLUMB_ASSIGN_OR_RETURN(const float value, ParseNumber(text.substr(begin, end - begin)));
    values.push_back(value);
    begin = end + 1;
  }
  if (values.size() == 1) values.resize(outputs, values.front());
  if (values.size() != outputs) return Broken("base_score has another number of values than outputs");
  return values;
}

// The base score is stored on the scale of predictions where those are probabilities; sums of leaves are on the margin
// scale.
Result<float> BaseMargin(float base_score, bool is_probability) {
  if (!is_probability) return base_score;
  if (!(base_score > 0.0F && base_score < 1.0F)) return Broken("base_score is not a probability");
  const float odds = 1.0F / base_score - 1.0F;
  return static_cast<float>(-base::Ln(static_cast<double>(odds)));
}

// The arrays of one tree, checked to be of one length.
class TreeArrays {
 public:
  explicit TreeArrays(const Json& tree) : tree_(tree) {}

  const base::JsonArray* Array(const char* key, std::optional<size_t> size) {
    const Json* value = tree_.Find(key);
    if (value == nullptr || !value->IsArray() || (size && value->AsArray().size() != *size)) {
      if (problem_.empty()) problem_ = std::string("tree array ") + key;
      return nullptr;
    }
    for (const Json& item : value->AsArray()) {
      if (item.IsNumber() || item.IsBool()) continue;
      if (problem_.empty()) problem_ = std::string("tree array ") + key + " holds something else than numbers";
      return nullptr;
    }
    return &value->AsArray();
  }

  // The same, of whole numbers in the range of int32 (flags may be bools).
  const base::JsonArray* Ints(const char* key, std::optional<size_t> size) {
    const base::JsonArray* items = Array(key, size);
    if (items == nullptr) return nullptr;
    for (const Json& item : *items) {
      if (item.IsBool() || (item.IsInt() && item.AsInt() >= INT32_MIN && item.AsInt() <= INT32_MAX)) continue;
      if (problem_.empty()) problem_ = std::string("tree array ") + key + " holds something else than integers";
      return nullptr;
    }
    return items;
  }
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  const Json& tree_;
  std::string problem_;
};

// Requires: an item of TreeArrays::Ints.
int32_t IntOf(const Json& value) {
  return value.IsBool() ? static_cast<int32_t>(value.AsBool()) : static_cast<int32_t>(value.AsInt());
}

// Category sets: nodes[i] has sizes[i] codes from segments[i] on in categories.
Status ReadCategories(TreeArrays& arrays, Tree* tree) {
  const base::JsonArray* categories = arrays.Ints("categories", std::nullopt);
  const base::JsonArray* nodes = arrays.Ints("categories_nodes", std::nullopt);
  if (categories == nullptr || nodes == nullptr) return Broken(arrays.problem());
  const base::JsonArray* segments = arrays.Ints("categories_segments", nodes->size());
  const base::JsonArray* sizes = arrays.Ints("categories_sizes", nodes->size());
  if (segments == nullptr || sizes == nullptr) return Broken(arrays.problem());
  for (const Json& code : *categories) {
    if (IntOf(code) < 0) return Broken("a category code is negative");
    tree->categories.push_back(IntOf(code));
  }
  for (size_t i = 0; i < nodes->size(); i++) {
    const int64_t node = IntOf((*nodes)[i]), begin = IntOf((*segments)[i]), size = IntOf((*sizes)[i]);
    if (node < 0 || node >= static_cast<int64_t>(tree->nodes.size()) || begin < 0 || size < 0 ||
        begin > static_cast<int64_t>(categories->size()) || size > static_cast<int64_t>(categories->size()) - begin) {
      return Broken("a category set is out of range");
    }
    TreeNode& split = tree->nodes[static_cast<size_t>(node)];
    split.categories_begin = static_cast<int32_t>(begin);
    split.categories_size = static_cast<int32_t>(size);
    std::sort(tree->categories.begin() + begin, tree->categories.begin() + begin + size);
  }
  for (const TreeNode& node : tree->nodes) {
    if (node.categorical && node.categories_size == 0) return Broken("a categorical split has no categories");
  }
  return {};
}

Result<Tree> ReadTree(const Json& json, size_t nodes_max) {
  // A tree whose leaves hold a vector is of the multi-output strategy; older versions write 0 for a number.
  if (FindPath(json, {"tree_param", "size_leaf_vector"}) != nullptr) {
    PLUMB_ASSIGN_OR_RETURN(const int64_t leaf_size, CountAt(json, {"tree_param", "size_leaf_vector"}));
    if (leaf_size > 1) return base::Unimplemented("Trees with vectors in their leaves are not supported.");
  }
  TreeArrays arrays(json);
  const base::JsonArray* left = arrays.Ints("left_children", std::nullopt);
  if (left == nullptr) return Broken(arrays.problem());
  const size_t size = left->size();
  if (size > nodes_max) return base::ResourceExhausted("XGBoost model has too many nodes.");
  const base::JsonArray* right = arrays.Ints("right_children", size);
  const base::JsonArray* feature = arrays.Ints("split_indices", size);
  const base::JsonArray* condition = arrays.Array("split_conditions", size);
  const base::JsonArray* default_left = arrays.Ints("default_left", size);
  const base::JsonArray* kind = json.Find("split_type") != nullptr ? arrays.Ints("split_type", size) : nullptr;
  if (!arrays.problem().empty()) return Broken(arrays.problem());

  Tree tree;
  tree.nodes.resize(size);
  for (size_t i = 0; i < size; i++) {
    TreeNode& node = tree.nodes[i];
    node.left = std::max(-1, IntOf((*left)[i]));
    node.right = std::max(-1, IntOf((*right)[i]));
    if ((node.left < 0) != (node.right < 0)) return Broken("a node has one child");
    if (!(*condition)[i].IsNumber()) return Broken("a split condition");
    node.value = static_cast<float>((*condition)[i].AsDouble());
    if (node.left < 0) continue;
    node.feature = IntOf((*feature)[i]);
    node.default_left = IntOf((*default_left)[i]) != 0;
    const int32_t split_kind = kind == nullptr ? 0 : IntOf((*kind)[i]);
    if (split_kind != 0 && split_kind != 1) return base::Unimplemented("Split type is not supported: {}.", split_kind);
    node.categorical = split_kind == 1;
  }
  const bool has_categories =
      std::any_of(tree.nodes.begin(), tree.nodes.end(), [](const TreeNode& node) { return node.categorical; });
  if (has_categories) PLUMB_RETURN_IF_ERROR(ReadCategories(arrays, &tree));
  return tree;
}

// tree_info: the class that each tree adds to. Models of one output may lack it.
Status ReadTreeOutputs(const Json& learner, TreeEnsemble* ensemble) {
  const Json* outputs = FindPath(learner, {"gradient_booster", "model", "tree_info"});
  if (outputs == nullptr && ensemble->outputs() == 1) return {};
  if (outputs == nullptr || !outputs->IsArray() || outputs->AsArray().size() != ensemble->trees.size()) {
    return Broken("tree_info");
  }
  for (size_t i = 0; i < ensemble->trees.size(); i++) {
    const Json& output = outputs->AsArray()[i];
    if (!output.IsInt() || output.AsInt() < 0 || output.AsInt() >= static_cast<int64_t>(ensemble->outputs())) {
      return Broken("tree_info");
    }
    ensemble->trees[i].output = static_cast<int32_t>(output.AsInt());
  }
  return {};
}

Status ReadTrees(const Json& learner, const ModelLimits& limits, TreeEnsemble* ensemble) {
  const Json* trees = FindPath(learner, {"gradient_booster", "model", "trees"});
  if (trees == nullptr || !trees->IsArray()) return Broken("no trees");
  if (trees->AsArray().size() > limits.trees_max) return base::ResourceExhausted("XGBoost model has too many trees.");
  size_t nodes_left = limits.nodes_max;
  for (const Json& json : trees->AsArray()) {
    PLUMB_ASSIGN_OR_RETURN(Tree tree, ReadTree(json, nodes_left));
    nodes_left -= tree.nodes.size();
    ensemble->trees.push_back(std::move(tree));
  }
  return ReadTreeOutputs(learner, ensemble);
}

Status ReadFeatures(const Json& learner, const ModelLimits& limits, TreeEnsemble* ensemble) {
  PLUMB_ASSIGN_OR_RETURN(const int64_t features, CountAt(learner, {"learner_model_param", "num_feature"}));
  if (features > limits.features_max)
    return base::ResourceExhausted("XGBoost model has too many features: {}.", features);
  ensemble->features = static_cast<int32_t>(features);
  ensemble->categorical.assign(static_cast<size_t>(features), false);
  if (const Json* names = learner.Find("feature_names"); names != nullptr && names->IsArray()) {
    for (const Json& name : names->AsArray()) {
      if (!name.IsString()) return Broken("feature_names");
      ensemble->feature_names.push_back(name.AsString());
    }
  }
  const Json* kinds = learner.Find("feature_types");
  if (kinds == nullptr || !kinds->IsArray() || kinds->AsArray().empty()) return {};
  if (kinds->AsArray().size() != static_cast<size_t>(features)) return Broken("feature_types");
  for (size_t i = 0; i < kinds->AsArray().size(); i++) {
    const Json& kind = kinds->AsArray()[i];
    if (!kind.IsString()) return Broken("feature_types");
    ensemble->categorical[i] = kind.AsString() == "c";
  }
  return {};
}

std::string VersionText(const Json& json) {
  std::string text = "xgboost";
  const Json* version = json.Find("version");
  if (version == nullptr || !version->IsArray()) return text;
  for (size_t i = 0; i < std::min<size_t>(3, version->AsArray().size()); i++) {
    const Json& number = version->AsArray()[i];
    if (number.IsInt()) text += (i == 0 ? " " : ".") + std::to_string(number.AsInt());
  }
  return text;
}

// binary:logitraw keeps its base score as a probability too, though its predictions are margins.
bool BaseScoreIsProbability(const std::string& objective) {
  return objective.starts_with("binary:") || objective == "reg:logistic";
}

// A row's margins: one, or one a class. Models of several targets have none of our tasks.
Result<size_t> ReadOutputs(const Json& learner, const ModelLimits& limits, Link link) {
  const auto count_of = [&learner](const char* key) -> Result<int64_t> {
    if (FindPath(learner, {"learner_model_param", key}) == nullptr) return 0;  // older versions do not write num_target
    return CountAt(learner, {"learner_model_param", key});
  };
  PLUMB_ASSIGN_OR_RETURN(const int64_t targets, count_of("num_target"));
  PLUMB_ASSIGN_OR_RETURN(const int64_t classes, count_of("num_class"));
  if (targets > 1)
    return base::Unimplemented("Models of several targets are not supported: num_target is {}.", targets);
  if (link != Link::kSoftmax) {
    if (classes > 1) return Broken("num_class of an objective without classes");
    return size_t{1};
  }
  if (classes > limits.outputs_max) return base::ResourceExhausted("XGBoost model has too many classes: {}.", classes);
  if (classes < 2) return Broken("num_class");
  return static_cast<size_t>(classes);
}

Status ReadBaseMargins(const Json& learner, size_t outputs, TreeEnsemble* ensemble) {
  PLUMB_ASSIGN_OR_RETURN(const std::string text, TextAt(learner, {"learner_model_param", "base_score"}));
  PLUMB_ASSIGN_OR_RETURN(ensemble->base_margins, ParseBaseScores(text, outputs));
  for (float& margin : ensemble->base_margins) {
    PLUMB_ASSIGN_OR_RETURN(margin, BaseMargin(margin, BaseScoreIsProbability(ensemble->objective)));
  }
  return {};
}

Result<TreeEnsemble> FromJson(const Json& json, const ModelLimits& limits) {
  const Json* learner = json.Find("learner");
  if (learner == nullptr) return Broken("no learner");
  PLUMB_ASSIGN_OR_RETURN(const std::string booster, TextAt(*learner, {"gradient_booster", "name"}));
  if (booster != "gbtree") return base::Unimplemented("Booster is not supported: {}.", booster);
  TreeEnsemble ensemble;
  ensemble.library = VersionText(json);
  PLUMB_ASSIGN_OR_RETURN(ensemble.objective, TextAt(*learner, {"objective", "name"}));
  PLUMB_ASSIGN_OR_RETURN(ensemble.link, LinkOf(ensemble.objective));
  PLUMB_ASSIGN_OR_RETURN(const size_t outputs, ReadOutputs(*learner, limits, ensemble.link));
  PLUMB_RETURN_IF_ERROR(ReadBaseMargins(*learner, outputs, &ensemble));
  PLUMB_RETURN_IF_ERROR(ReadFeatures(*learner, limits, &ensemble));
  PLUMB_RETURN_IF_ERROR(ReadTrees(*learner, limits, &ensemble));
  PLUMB_RETURN_IF_ERROR(ensemble.Validate());
  return ensemble;
}

}  // namespace

Result<Link> LinkOf(const std::string& objective) {
  if (objective == "binary:logistic" || objective == "reg:logistic") return Link::kLogistic;
  if (objective == "multi:softprob") return Link::kSoftmax;
  for (const char* plain : {"binary:logitraw", "reg:squarederror", "reg:absoluteerror", "reg:pseudohubererror"}) {
    if (objective == plain) return Link::kIdentity;
  }
  return base::Unimplemented("Objective is not supported: {}.", objective);
}

Result<TreeEnsemble> ReadXgboostModel(std::string_view bytes, const ModelLimits& limits) {
  // Both forms begin with '{'; JSON goes on with a quote or blank, UBJSON with the marker of a key's length.
  const bool is_json = bytes.size() >= 2 && (bytes[1] == '"' || bytes[1] == ' ' || bytes[1] == '\n' ||
                                             bytes[1] == '\r' || bytes[1] == '\t' || bytes[1] == '}');
  if (bytes.empty() || bytes[0] != '{') return Broken("it is neither JSON nor UBJSON");
  if (!is_json) {
    PLUMB_ASSIGN_OR_RETURN(const Json json, ParseUbjson(bytes));
    return FromJson(json, limits);
  }
  base::JsonLimits json_limits;
  json_limits.bytes_max = size_t{1} << 30;
  const Result<Json> json = base::ParseJson(bytes, json_limits);
  if (!json.ok()) return Broken(json.status().message());
  return FromJson(*json, limits);
}

}  // namespace plumb::model
