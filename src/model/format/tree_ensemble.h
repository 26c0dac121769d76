// tree_ensemble.h: a decision-tree ensemble as read from a model file, checked, in the plainest layout.
//
// This is what every reader (XGBoost JSON and UBJ) produces and every inference layout is built from and compared with.
// After Validate() a traversal cannot leave the arrays: children and outputs are in range and every path ends. A model
// of several classes has an output for each, and every tree adds to one of them.
//
// Thread safety: immutable once validated.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"

namespace plumb::model {

// One node. A leaf has left < 0 and its value in `value`. A numeric split goes left iff x < value; a categorical one
// goes RIGHT iff the category is in its set (XGBoost's convention); a missing x (NaN) goes left iff default_left.
// Arithmetic in float.
struct TreeNode {
  int32_t left = -1, right = -1;
  int32_t feature = 0;
  float value = 0;
  bool default_left = false;
  bool categorical = false;
  int32_t categories_begin = 0, categories_size = 0;  // into Tree::categories, sorted codes
};

struct Tree {
  std::vector<TreeNode> nodes;  // nodes[0] is the root
  std::vector<int32_t> categories;
  int32_t output = 0;  // which margin its leaves are added to
};

// From the margins of a row to its scores: as they are; 1 / (1 + e^-x); e^xi / sum of e^xj over the outputs.
enum class Link { kIdentity, kLogistic, kSoftmax };

// What the scores of a row mean: the probability of the label, one probability a class, or the predicted number.
enum class Task { kBinary, kClasses, kRegression };
const char* TaskName(Task task);  // "binary", "classes", "regression"

struct TreeEnsemble {
  std::string library;    // "xgboost 3.2.0"
  std::string objective;  // "binary:logistic"
  Link link = Link::kIdentity;
  std::vector<float> base_margins = {0};  // one an output: added to the sum of leaves, on the margin scale
  int32_t features = 0;
  std::vector<std::string> feature_names;  // empty, or one a feature
  std::vector<bool> categorical;           // one a feature
  std::vector<Tree> trees;

  // Margins a row: 1, or one a class.
  [[nodiscard]] size_t outputs() const { return base_margins.size(); }
  [[nodiscard]] Task task() const;
  // kDataLoss with the tree and node that break an invariant.
  [[nodiscard]] base::Status Validate() const;
};

struct ModelLimits {
  size_t trees_max = 100'000;
  size_t nodes_max = 50'000'000;
  int32_t features_max = 1'000'000;
  int64_t outputs_max = 10'000;
};

// Objectives whose models are understood, and what they predict: binary:logistic, binary:logitraw, reg:logistic;
// multi:softprob; reg:squarederror, reg:absoluteerror, reg:pseudohubererror. kUnimplemented for any other.
base::Result<Link> LinkOf(const std::string& objective);

// XGBoost's model file, JSON or UBJ (told apart by content). kDataLoss for a corrupt file, kUnimplemented for a booster
// or objective that is not supported, with its name.
base::Result<TreeEnsemble> ReadXgboostModel(std::string_view bytes, const ModelLimits& limits = {});

}  // namespace plumb::model
