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

// The scores of one row in place of its margins.
void Softmax(std::span<float> row) {
  const float highest = *std::max_element(row.begin(), row.end());
  const auto weight = [highest](float margin) {
    return base::Exp(static_cast<double>(margin) - static_cast<double>(highest));
  };
  double sum = 0;
  for (const float margin : row) sum += weight(margin);
  for (float& margin : row) margin = static_cast<float>(weight(margin) / sum);
}

}  // namespace

Predictor::Predictor(std::shared_ptr<const TreeEnsemble> ensemble) : ensemble_(std::move(ensemble)) {}

void Predictor::Margins(std::span<const float> rows, std::span<float> margins) const {
  const auto features = static_cast<size_t>(ensemble_->features);
  const size_t outputs = ensemble_->outputs(), count = margins.size() / outputs;
  PLUMB_CHECK(margins.size() == count * outputs && rows.size() == count * features,
              "Rows do not have the model's number of features.");
  // A block of rows takes one tree after the other, so that a tree stays in cache; every row still adds its leaves in
  // tree order.
  for (size_t begin = 0; begin < count; begin += kBlockRows) {
    const size_t end = std::min(begin + kBlockRows, count);
    for (size_t row = begin; row < end; row++) {
      std::copy(ensemble_->base_margins.begin(), ensemble_->base_margins.end(), margins.data() + row * outputs);
    }
    for (const Tree& tree : ensemble_->trees) {
      float* to = margins.data() + static_cast<size_t>(tree.output);
      for (size_t row = begin; row < end; row++) to[row * outputs] += LeafOf(tree, rows.data() + row * features);
    }
  }
}

void Predictor::Scores(std::span<const float> rows, std::span<float> scores) const {
  Margins(rows, scores);
  switch (ensemble_->link) {
    case Link::kIdentity:
      return;
    case Link::kLogistic:
      for (float& score : scores) score = static_cast<float>(base::Sigmoid(static_cast<double>(score)));
      return;
    case Link::kSoftmax:
      for (size_t at = 0; at < scores.size(); at += outputs()) Softmax(scores.subspan(at, outputs()));
      return;
  }
}

}  // namespace plumb::model
