#include "model/format/tree_ensemble.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

namespace plumb::model {
namespace {

using base::Code;

// Three features, the last a category. Root: a numeric split; its right child: a categorical one.
TreeEnsemble Small() {
  TreeEnsemble ensemble;
  ensemble.features = 3;
  ensemble.categorical = {false, false, true};
  Tree tree;
  tree.nodes = {
      {1, 2, 0, 0.5F, true}, {-1, -1, 0, -1.0F}, {3, 4, 2, 0, false, true, 1, 2}, {-1, -1, 0, 2.0F}, {-1, -1, 0, 3.0F}};
  tree.categories = {9, 1, 4};
  ensemble.trees = {tree, tree};
  return ensemble;
}

TEST(TreeEnsemble, AcceptsATreeWhosePathsEnd) { EXPECT_TRUE(Small().Validate().ok()); }

TEST(TreeEnsemble, AcceptsWhatIsUnusualButSafe) {
  const struct {
    const char* name;
    std::function<void(TreeEnsemble&)> change;
  } cases[] = {
      {"no trees", [](TreeEnsemble& e) { e.trees.clear(); }},
      {"a lone leaf without features",
       [](TreeEnsemble& e) {
         e.trees = {Tree{{TreeNode{}}, {}}};
         e.features = 0;
         e.categorical.clear();
       }},
      {"an infinite threshold",
       [](TreeEnsemble& e) { e.trees[1].nodes[0].value = std::numeric_limits<float>::infinity(); }},
      {"a node that no path reaches", [](TreeEnsemble& e) { e.trees[1].nodes.push_back({700, 800, 900, 0}); }},
      {"an empty category set", [](TreeEnsemble& e) { e.trees[1].nodes[2].categories_size = 0; }},
      {"a tree for the last of several classes",
       [](TreeEnsemble& e) {
         e.link = Link::kSoftmax;
         e.base_margins = {0, 1, 2};
         e.trees[1].output = 2;
       }},
      {"a name for every feature", [](TreeEnsemble& e) { e.feature_names = {"a", "b", "c"}; }},
  };
  for (const auto& c : cases) {
    TreeEnsemble ensemble = Small();
    c.change(ensemble);
    EXPECT_TRUE(ensemble.Validate().ok()) << c.name << ": " << ensemble.Validate().ToString();
  }
}

TEST(TreeEnsemble, RefusesWhatATraversalCouldLeave) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  const struct {
    const char* name;
    std::function<void(TreeEnsemble&)> change;
  } cases[] = {
      {"an empty tree", [](TreeEnsemble& e) { e.trees[1].nodes.clear(); }},
      {"a left child beyond the end", [](TreeEnsemble& e) { e.trees[1].nodes[0].left = 5; }},
      {"a right child beyond the end", [](TreeEnsemble& e) { e.trees[1].nodes[0].right = 5; }},
      {"a split without a right child", [](TreeEnsemble& e) { e.trees[1].nodes[0].right = -1; }},
      {"a node that is its own child", [](TreeEnsemble& e) { e.trees[1].nodes[2].left = 2; }},
      {"a root that is a child", [](TreeEnsemble& e) { e.trees[1].nodes[2].right = 0; }},
      {"a child of two parents", [](TreeEnsemble& e) { e.trees[1].nodes[2].left = 1; }},
      {"a child on both sides", [](TreeEnsemble& e) { e.trees[1].nodes[0].left = 2; }},
      {"a feature beyond the end", [](TreeEnsemble& e) { e.trees[1].nodes[0].feature = 3; }},
      {"a negative feature", [](TreeEnsemble& e) { e.trees[1].nodes[2].feature = -1; }},
      {"a NaN threshold", [](TreeEnsemble& e) { e.trees[1].nodes[0].value = kNan; }},
      {"a NaN leaf", [](TreeEnsemble& e) { e.trees[1].nodes[4].value = kNan; }},
      {"an infinite leaf", [](TreeEnsemble& e) { e.trees[1].nodes[4].value = std::numeric_limits<float>::infinity(); }},
      {"a NaN base margin", [](TreeEnsemble& e) { e.base_margins = {kNan}; }},
      {"no outputs", [](TreeEnsemble& e) { e.base_margins.clear(); }},
      {"several outputs without classes", [](TreeEnsemble& e) { e.base_margins = {0, 0}; }},
      {"a tree for an output beyond the last", [](TreeEnsemble& e) { e.trees[1].output = 1; }},
      {"a tree for a negative output", [](TreeEnsemble& e) { e.trees[1].output = -1; }},
      {"a category set beyond the end", [](TreeEnsemble& e) { e.trees[1].nodes[2].categories_size = 3; }},
      {"a category set before the beginning", [](TreeEnsemble& e) { e.trees[1].nodes[2].categories_begin = -1; }},
      {"a category set of negative size", [](TreeEnsemble& e) { e.trees[1].nodes[2].categories_size = -1; }},
      {"a category set whose end overflows",
       [](TreeEnsemble& e) {
         e.trees[1].nodes[2].categories_begin = INT32_MAX;
         e.trees[1].nodes[2].categories_size = INT32_MAX;
       }},
      {"a category set out of order", [](TreeEnsemble& e) { e.trees[1].nodes[2].categories_begin = 0; }},
      {"a negative number of features",
       [](TreeEnsemble& e) {
         e.features = -1;
         e.categorical.clear();
       }},
      {"too few kinds", [](TreeEnsemble& e) { e.categorical.pop_back(); }},
      {"too few names", [](TreeEnsemble& e) { e.feature_names = {"a"}; }},
  };
  for (const auto& c : cases) {
    TreeEnsemble ensemble = Small();
    c.change(ensemble);
    EXPECT_EQ(ensemble.Validate().code(), Code::kDataLoss) << c.name;
  }
}

}  // namespace
}  // namespace plumb::model
