#include "model/format/tree_ensemble.h"

#include <algorithm>
#include <cmath>

namespace plumb::model {
namespace {

using base::Status;

Status Broken(size_t tree, size_t node, const char* why) {
  return base::DataLoss("Tree model breaks an invariant: tree {}, node {}, {}.", tree, node, why);
}

Status ValidateSplit(const TreeEnsemble& ensemble, size_t tree_index, size_t index) {
  const Tree& tree = ensemble.trees[tree_index];
  const TreeNode& node = tree.nodes[index];
  const auto size = static_cast<int32_t>(tree.nodes.size());
  if (node.right < 0 || node.left >= size || node.right >= size)
    return Broken(tree_index, index, "a child is out of range");
  if (node.feature < 0 || node.feature >= ensemble.features)
    return Broken(tree_index, index, "a feature is out of range");
  if (!node.categorical) {
    return std::isnan(node.value) ? Broken(tree_index, index, "a threshold is NaN") : Status();
  }
  const auto categories = static_cast<int64_t>(tree.categories.size());
  if (node.categories_begin < 0 || node.categories_size < 0 ||
      int64_t{node.categories_begin} + node.categories_size > categories) {
    return Broken(tree_index, index, "a category set is out of range");
  }
  const auto begin = tree.categories.begin() + node.categories_begin;
  if (!std::is_sorted(begin, begin + node.categories_size))
    return Broken(tree_index, index, "a category set is not sorted");
  return {};
}

// Every node that is reached from the root is reached once: then every path ends. Nodes that no path reaches are what
// pruning leaves behind, and are not looked at.
Status ValidateShape(const TreeEnsemble& ensemble, size_t tree_index) {
  const Tree& tree = ensemble.trees[tree_index];
  std::vector<uint8_t> seen(tree.nodes.size(), 0);
  std::vector<int32_t> open = {0};
  seen[0] = 1;
  while (!open.empty()) {
    const auto index = static_cast<size_t>(open.back());
    open.pop_back();
    const TreeNode& node = tree.nodes[index];
    if (node.left < 0) {
      if (!std::isfinite(node.value)) return Broken(tree_index, index, "a leaf is not a finite number");
      continue;
    }
    PLUMB_RETURN_IF_ERROR(ValidateSplit(ensemble, tree_index, index));
    for (const int32_t child : {node.left, node.right}) {
      if (seen[static_cast<size_t>(child)]++ != 0) return Broken(tree_index, index, "a node has two parents");
      open.push_back(child);
    }
  }
  return {};
}

}  // namespace

const char* TaskName(Task task) {
  switch (task) {
    case Task::kBinary:
      return "binary";
    case Task::kClasses:
      return "classes";
    case Task::kRegression:
      return "regression";
  }
  return "";
}

Task TreeEnsemble::task() const {
  if (link == Link::kSoftmax) return Task::kClasses;
  const bool is_binary = link == Link::kLogistic || objective.starts_with("binary:");
  return is_binary ? Task::kBinary : Task::kRegression;
}

Status TreeEnsemble::Validate() const {
  if (features < 0) return base::DataLoss("Tree model has a negative number of features.");
  if (base_margins.empty()) return base::DataLoss("Tree model has no outputs.");
  if (outputs() > 1 && link != Link::kSoftmax) {
    return base::DataLoss("Tree model has several outputs but no classes: {}.", outputs());
  }
  if (!std::all_of(base_margins.begin(), base_margins.end(), [](float margin) { return std::isfinite(margin); })) {
    return base::DataLoss("Tree model has a base margin that is not a finite number.");
  }
  if (categorical.size() != static_cast<size_t>(features)) {
    return base::DataLoss("Tree model lists another number of feature kinds than it has features: {}, {}.",
                          categorical.size(), features);
  }
  if (!feature_names.empty() && feature_names.size() != static_cast<size_t>(features)) {
    return base::DataLoss("Tree model lists another number of feature names than it has features: {}, {}.",
                          feature_names.size(), features);
  }
  for (size_t i = 0; i < trees.size(); i++) {
    if (trees[i].nodes.empty()) return base::DataLoss("Tree model has an empty tree: {}.", i);
    if (trees[i].output < 0 || static_cast<size_t>(trees[i].output) >= outputs()) {
      return base::DataLoss("Tree model has a tree for an output that it lacks: tree {}, output {}.", i,
                            trees[i].output);
    }
    PLUMB_RETURN_IF_ERROR(ValidateShape(*this, i));
  }
  return {};
}

}  // namespace plumb::model
