#include "model/infer/predictor.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.h"
#include "base/elementary.h"

namespace plumb::model {
namespace {

constexpr size_t kBlockRows = 64;

// Whether the row goes left at a split. Categories outside the non-negative floats below 2^24 are missing to the
// library too.
bool GoesLeft(const Tree& tree, const TreeNode& node, float x) {
  if (std::isnan(x)) return node.default_left;
  if (!node.categorical) return x < node.value;
  if (x < 0.0F || x >= 16777216.0F) return true;  // not in any set
  const auto begin = tree.categories.begin() + node.categories_begin;
  return !std::binary_search(begin, begin + node.categories_size, static_cast<int32_t>(x));
}

float LeafOf(const Tree& tree, const float* row) {
  const TreeNode* node = &tree.nodes[0];
  while (node->left >= 0) {
    const bool left = GoesLeft(tree, *node, row[node->feature]);
    node = &tree.nodes[static_cast<size_t>(left ? node->left : node->right)];
  }
  return node->value;
}

}  // namespace

Predictor::Predictor(std::shared_ptr<const TreeEnsemble> ensemble) : ensemble_(std::move(ensemble)) {}

void Predictor::Margins(std::span<const float> rows, std::span<float> margins) const {
  const auto features = static_cast<size_t>(ensemble_->features);
  PLUMB_CHECK(rows.size() == margins.size() * features, "Rows do not have the model's number of features.");
  // A block of rows takes one tree after the other, so that a tree stays in cache; every row still adds its leaves in
  // tree order.
  for (size_t begin = 0; begin < margins.size(); begin += kBlockRows) {
    const size_t end = std::min(begin + kBlockRows, margins.size());
    std::fill(margins.begin() + static_cast<ptrdiff_t>(begin), margins.begin() + static_cast<ptrdiff_t>(end),
              ensemble_->base_margin);
    for (const Tree& tree : ensemble_->trees) {
      for (size_t row = begin; row < end; row++) margins[row] += LeafOf(tree, rows.data() + row * features);
    }
  }
}

void Predictor::Scores(std::span<const float> rows, std::span<float> scores) const {
  Margins(rows, scores);
  if (ensemble_->link == Link::kIdentity) return;
  for (float& score : scores) score = static_cast<float>(base::Sigmoid(static_cast<double>(score)));
}

}  // namespace plumb::model
