// Reads the small model in tests/golden/models/ (trained once by XGBoost, saved as JSON and UBJ; one feature is a
// category), and what is left of it when it is cut, flipped and edited.
#include <gtest/gtest.h>

#include <bit>
#include <functional>
#include <string>

#include "base/file_system.h"
#include "base/json.h"
#include "base/random.h"
#include "model/format/tree_ensemble.h"
#include "model/format/ubjson.h"

namespace plumb::model {
namespace {

using base::Code;
using base::Json;

std::string Golden(const std::string& name) {
  auto bytes = base::RealFileSystem().ReadFile(PLUMB_SOURCE_DIR "/tests/golden/models/" + name);
  EXPECT_TRUE(bytes.ok()) << bytes.status().ToString();
  return bytes.ok() ? *bytes : "";
}

Json* At(Json* json, std::initializer_list<const char*> path) {
  for (const char* key : path) {
    for (auto& [name, value] : json->AsObject()) {
      if (name == key) {
        json = &value;
        break;
      }
    }
  }
  return json;
}

Json* Learner(Json* json, std::initializer_list<const char*> path) { return At(At(json, {"learner"}), path); }
// An array of the first tree, which has a categorical root's child.
Json* TreeArray(Json* json, const char* key) {
  return At(&Learner(json, {"gradient_booster", "model", "trees"})->AsArray()[0], {key});
}

void ExpectSame(const TreeEnsemble& a, const TreeEnsemble& b) {
  EXPECT_EQ(a.library, b.library);
  EXPECT_EQ(a.objective, b.objective);
  EXPECT_EQ(a.feature_names, b.feature_names);
  EXPECT_EQ(a.categorical, b.categorical);
  EXPECT_EQ(a.base_margins, b.base_margins);
  ASSERT_EQ(a.trees.size(), b.trees.size());
  for (size_t i = 0; i < a.trees.size(); i++) {
    EXPECT_EQ(a.trees[i].categories, b.trees[i].categories);
    ASSERT_EQ(a.trees[i].nodes.size(), b.trees[i].nodes.size());
    for (size_t n = 0; n < a.trees[i].nodes.size(); n++) {
      const TreeNode &x = a.trees[i].nodes[n], &y = b.trees[i].nodes[n];
      SCOPED_TRACE("tree " + std::to_string(i) + ", node " + std::to_string(n));
      EXPECT_EQ(x.left, y.left);
      EXPECT_EQ(x.right, y.right);
      EXPECT_EQ(x.feature, y.feature);
      EXPECT_EQ(std::bit_cast<uint32_t>(x.value), std::bit_cast<uint32_t>(y.value));
      EXPECT_EQ(x.default_left, y.default_left);
      EXPECT_EQ(x.categorical, y.categorical);
      EXPECT_EQ(x.categories_begin, y.categories_begin);
      EXPECT_EQ(x.categories_size, y.categories_size);
    }
  }
}

TEST(XgboostModel, ReadsTheGoldenModel) {
  const auto ensemble = ReadXgboostModel(Golden("xgboost_small.ubj"));
  ASSERT_TRUE(ensemble.ok()) << ensemble.status().ToString();
  EXPECT_EQ(ensemble->library, "xgboost 3.2.0");
  EXPECT_EQ(ensemble->objective, "binary:logistic");
  EXPECT_EQ(ensemble->link, Link::kLogistic);
  EXPECT_EQ(ensemble->features, 4);
  EXPECT_EQ(ensemble->feature_names, (std::vector<std::string>{"a", "b", "c", "kind"}));
  EXPECT_EQ(ensemble->categorical, (std::vector<bool>{false, false, false, true}));
  ASSERT_EQ(ensemble->trees.size(), 3U);
  const Tree& first = ensemble->trees[0];
  EXPECT_EQ(first.nodes[0].feature, 0);
  EXPECT_EQ(first.nodes[0].value, -3.1110197e-1F);
  ASSERT_TRUE(first.nodes[1].categorical);
  EXPECT_EQ(first.nodes[1].feature, 3);
  EXPECT_EQ(first.nodes[1].categories_size, 10);
}

TEST(XgboostModel, GivesTheSameTreesFromJsonAndUbj) {
  const auto json = ReadXgboostModel(Golden("xgboost_small.json")), ubj = ReadXgboostModel(Golden("xgboost_small.ubj"));
  ASSERT_TRUE(json.ok()) << json.status().ToString();
  ASSERT_TRUE(ubj.ok()) << ubj.status().ToString();
  ExpectSame(*json, *ubj);
}

TEST(XgboostModel, CutAnywhereIsDataLoss) {
  for (const char* name : {"xgboost_small.ubj", "xgboost_small.json"}) {
    const std::string bytes = Golden(name);
    for (size_t size = 0; size < bytes.size(); size++) {
      const auto ensemble = ReadXgboostModel(std::string_view(bytes).substr(0, size));
      ASSERT_FALSE(ensemble.ok()) << name << " cut to " << size;
      ASSERT_EQ(ensemble.status().code(), Code::kDataLoss) << name << " cut to " << size;
    }
  }
}

TEST(XgboostModel, SurvivesFlippedBytes) {
  constexpr uint64_t kSeed = 31;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  base::Random random(kSeed);
  for (const char* name : {"xgboost_small.ubj", "xgboost_small.json"}) {
    const std::string good = Golden(name);
    for (int round = 0; round < 1500; round++) {
      std::string bytes = good;
      for (uint64_t i = 0; i <= random.Below(3); i++) {
        bytes[random.Below(bytes.size())] = static_cast<char>(random.Below(256));
      }
      const auto ensemble = ReadXgboostModel(bytes);
      if (ensemble.ok()) {
        ASSERT_TRUE(ensemble->Validate().ok());
      }
    }
  }
}

struct Edit {
  const char* name;
  std::function<void(Json*)> change;
};

void ExpectDataLoss(std::initializer_list<Edit> edits) {
  const auto good = base::ParseJson(Golden("xgboost_small.json"));
  ASSERT_TRUE(good.ok());
  for (const Edit& edit : edits) {
    Json json = *good;
    edit.change(&json);
    const auto ensemble = ReadXgboostModel(json.Dump());
    ASSERT_FALSE(ensemble.ok()) << edit.name;
    EXPECT_EQ(ensemble.status().code(), Code::kDataLoss) << edit.name << ": " << ensemble.status().ToString();
  }
}

TEST(XgboostModel, RefusesAnInconsistentLearner) {
  ExpectDataLoss({
      {"no learner", [](Json* j) { *j = Json(base::JsonObject{}); }},
      {"a learner that is a list", [](Json* j) { *Learner(j, {}) = Json(base::JsonArray{}); }},
      {"no booster's name", [](Json* j) { *Learner(j, {"gradient_booster", "name"}) = Json(1); }},
      {"no objective", [](Json* j) { *Learner(j, {"objective"}) = Json(); }},
      {"trees that are no list", [](Json* j) { *Learner(j, {"gradient_booster", "model", "trees"}) = Json(1); }},
      {"a tree that is a number",
       [](Json* j) { Learner(j, {"gradient_booster", "model", "trees"})->AsArray()[0] = Json(1); }},
      {"no number of features", [](Json* j) { *Learner(j, {"learner_model_param", "num_feature"}) = Json(4); }},
      {"a number of features with a blank",
       [](Json* j) { *Learner(j, {"learner_model_param", "num_feature"}) = Json("4 "); }},
      {"a negative number of features",
       [](Json* j) { *Learner(j, {"learner_model_param", "num_feature"}) = Json("-4"); }},
      {"another number of features than names",
       [](Json* j) { *Learner(j, {"learner_model_param", "num_feature"}) = Json("5"); }},
      {"a base score that is no probability",
       [](Json* j) { *Learner(j, {"learner_model_param", "base_score"}) = Json("1.5"); }},
      {"a base score that is no number",
       [](Json* j) { *Learner(j, {"learner_model_param", "base_score"}) = Json("nan"); }},
      {"two base scores", [](Json* j) { *Learner(j, {"learner_model_param", "base_score"}) = Json("[5E-1,5E-1]"); }},
      {"too few feature types", [](Json* j) { Learner(j, {"feature_types"})->AsArray().pop_back(); }},
      {"a feature type that is no text", [](Json* j) { Learner(j, {"feature_types"})->AsArray()[0] = Json(1); }},
      {"a feature name that is no text", [](Json* j) { Learner(j, {"feature_names"})->AsArray()[0] = Json(1); }},
      {"too few feature names", [](Json* j) { Learner(j, {"feature_names"})->AsArray().pop_back(); }},
  });
}

TEST(XgboostModel, RefusesAnInconsistentTree) {
  ExpectDataLoss({
      {"no nodes",
       [](Json* j) {
         for (const char* key :
              {"left_children", "right_children", "split_indices", "split_conditions", "default_left", "split_type"}) {
           *TreeArray(j, key) = Json(base::JsonArray{});
         }
       }},
      {"too few right children", [](Json* j) { TreeArray(j, "right_children")->AsArray().pop_back(); }},
      {"too many split conditions", [](Json* j) { TreeArray(j, "split_conditions")->Append(1); }},
      {"too few defaults", [](Json* j) { TreeArray(j, "default_left")->AsArray().pop_back(); }},
      {"too few split types", [](Json* j) { TreeArray(j, "split_type")->AsArray().pop_back(); }},
      {"a child that is no number", [](Json* j) { TreeArray(j, "left_children")->AsArray()[0] = Json("1"); }},
      {"a child that is a fraction", [](Json* j) { TreeArray(j, "left_children")->AsArray()[0] = Json(1.5); }},
      {"a child beyond int32", [](Json* j) { TreeArray(j, "left_children")->AsArray()[0] = Json(int64_t{1} << 40); }},
      {"a child beyond int64", [](Json* j) { TreeArray(j, "left_children")->AsArray()[0] = Json(1e30); }},
      {"a child beyond the nodes", [](Json* j) { TreeArray(j, "left_children")->AsArray()[0] = Json(15); }},
      {"a node with one child", [](Json* j) { TreeArray(j, "right_children")->AsArray()[0] = Json(-1); }},
      {"a cycle", [](Json* j) { TreeArray(j, "left_children")->AsArray()[1] = Json(0); }},
      {"a shared child", [](Json* j) { TreeArray(j, "left_children")->AsArray()[1] = Json(9); }},
      {"a feature beyond the features", [](Json* j) { TreeArray(j, "split_indices")->AsArray()[0] = Json(4); }},
      {"a threshold that is a flag", [](Json* j) { TreeArray(j, "split_conditions")->AsArray()[0] = Json(true); }},
      {"a threshold that is a text", [](Json* j) { TreeArray(j, "split_conditions")->AsArray()[0] = Json("NaN"); }},
      {"a leaf beyond float", [](Json* j) { TreeArray(j, "split_conditions")->AsArray()[14] = Json(1e300); }},
      {"a negative category code", [](Json* j) { TreeArray(j, "categories")->AsArray()[0] = Json(-1); }},
      {"a category set of a node that is not there",
       [](Json* j) { TreeArray(j, "categories_nodes")->AsArray()[0] = Json(15); }},
      {"a category set beyond the categories",
       [](Json* j) { TreeArray(j, "categories_sizes")->AsArray()[2] = Json(1000); }},
      {"a category set of negative size", [](Json* j) { TreeArray(j, "categories_sizes")->AsArray()[0] = Json(-1); }},
      {"too few category sizes", [](Json* j) { TreeArray(j, "categories_sizes")->AsArray().pop_back(); }},
      {"a categorical split without categories",
       [](Json* j) {
         for (const char* key : {"categories_nodes", "categories_segments", "categories_sizes"}) {
           TreeArray(j, key)->AsArray().pop_back();
         }
       }},
  });
}

TEST(XgboostModel, NamesWhatIsNotSupported) {
  const struct {
    Edit edit;
    const char* named;
  } cases[] = {
      {{"booster", [](Json* j) { *Learner(j, {"gradient_booster", "name"}) = Json("dart"); }}, "dart"},
      {{"objective", [](Json* j) { *Learner(j, {"objective", "name"}) = Json("rank:ndcg"); }}, "rank:ndcg"},
      {{"hinge", [](Json* j) { *Learner(j, {"objective", "name"}) = Json("binary:hinge"); }}, "binary:hinge"},
      {{"leaf vectors", [](Json* j) { *At(TreeArray(j, "tree_param"), {"size_leaf_vector"}) = Json("3"); }}, "vectors"},
      {{"targets", [](Json* j) { *Learner(j, {"learner_model_param", "num_target"}) = Json("2"); }}, "num_target"},
      {{"split type", [](Json* j) { TreeArray(j, "split_type")->AsArray()[0] = Json(2); }}, "2"},
  };
  const auto good = base::ParseJson(Golden("xgboost_small.json"));
  ASSERT_TRUE(good.ok());
  for (const auto& c : cases) {
    Json json = *good;
    c.edit.change(&json);
    const auto ensemble = ReadXgboostModel(json.Dump());
    ASSERT_FALSE(ensemble.ok()) << c.edit.name;
    EXPECT_EQ(ensemble.status().code(), Code::kUnimplemented) << c.edit.name;
    EXPECT_NE(ensemble.status().message().find(c.named), std::string::npos) << ensemble.status().message();
  }
}

TEST(XgboostModel, PutsTheBaseScoreOnTheMarginScale) {
  const struct {
    const char* objective;
    const char* base_score;
    float margin;
    Link link;
    Task task;
  } cases[] = {
      {"binary:logistic", "5E-1", 0.0F, Link::kLogistic, Task::kBinary},
      {"binary:logistic", "[5E-1]", 0.0F, Link::kLogistic, Task::kBinary},
      {"reg:logistic", "7.3105857863000487925E-1", 1.0F, Link::kLogistic, Task::kBinary},
      {"binary:logitraw", "5E-1", 0.0F, Link::kIdentity, Task::kBinary},
      {"reg:squarederror", "5E-1", 0.5F, Link::kIdentity, Task::kRegression},
      {"reg:squarederror", "[-2.5E0]", -2.5F, Link::kIdentity, Task::kRegression},
      {"reg:absoluteerror", "1.5E0", 1.5F, Link::kIdentity, Task::kRegression},
      {"reg:pseudohubererror", "3E0", 3.0F, Link::kIdentity, Task::kRegression},
  };
  const auto good = base::ParseJson(Golden("xgboost_small.json"));
  ASSERT_TRUE(good.ok());
  for (const auto& c : cases) {
    Json json = *good;
    *Learner(&json, {"objective", "name"}) = Json(c.objective);
    *Learner(&json, {"learner_model_param", "base_score"}) = Json(c.base_score);
    const auto ensemble = ReadXgboostModel(json.Dump());
    ASSERT_TRUE(ensemble.ok()) << ensemble.status().ToString();
    EXPECT_FLOAT_EQ(ensemble->base_margins.front(), c.margin) << c.objective << " " << c.base_score;
    EXPECT_EQ(ensemble->link, c.link);
    EXPECT_EQ(ensemble->task(), c.task) << c.objective;
  }
}

// The golden model as one of three classes, a tree for each.
Json OfThreeClasses() {
  Json json = base::ParseJson(Golden("xgboost_small.json")).value();
  *Learner(&json, {"objective", "name"}) = Json("multi:softprob");
  *Learner(&json, {"learner_model_param", "num_class"}) = Json("3");
  *Learner(&json, {"learner_model_param", "base_score"}) = Json("[2.5E-1,-1E0,1.5E0]");
  *Learner(&json, {"gradient_booster", "model", "tree_info"}) = Json(base::JsonArray{Json(2), Json(0), Json(1)});
  return json;
}

TEST(XgboostModel, ReadsSeveralClasses) {
  const auto ensemble = ReadXgboostModel(OfThreeClasses().Dump());
  ASSERT_TRUE(ensemble.ok()) << ensemble.status().ToString();
  EXPECT_EQ(ensemble->link, Link::kSoftmax);
  EXPECT_EQ(ensemble->task(), Task::kClasses);
  EXPECT_EQ(ensemble->base_margins, (std::vector<float>{0.25F, -1.0F, 1.5F}));
  ASSERT_EQ(ensemble->trees.size(), 3U);
  EXPECT_EQ(ensemble->trees[0].output, 2);
  EXPECT_EQ(ensemble->trees[1].output, 0);
  EXPECT_EQ(ensemble->trees[2].output, 1);
}

TEST(XgboostModel, TakesALoneBaseScoreForEveryClass) {
  for (const char* text : {"5E-1", "[5E-1]"}) {
    Json json = OfThreeClasses();
    *Learner(&json, {"learner_model_param", "base_score"}) = Json(text);
    const auto ensemble = ReadXgboostModel(json.Dump());
    ASSERT_TRUE(ensemble.ok()) << ensemble.status().ToString();
    EXPECT_EQ(ensemble->base_margins, (std::vector<float>{0.5F, 0.5F, 0.5F}));
  }
}

TEST(XgboostModel, RefusesInconsistentClasses) {
  const Edit edits[] = {
      {"one class", [](Json* j) { *Learner(j, {"learner_model_param", "num_class"}) = Json("1"); }},
      {"no classes", [](Json* j) { *Learner(j, {"learner_model_param", "num_class"}) = Json("0"); }},
      {"more base scores", [](Json* j) { *Learner(j, {"learner_model_param", "num_class"}) = Json("2"); }},
      {"fewer base scores", [](Json* j) { *Learner(j, {"learner_model_param", "base_score"}) = Json("[1E0,2E0]"); }},
      {"a base score that ends early",
       [](Json* j) { *Learner(j, {"learner_model_param", "base_score"}) = Json("[1E0,2E0,"); }},
      {"a base score that is empty",
       [](Json* j) { *Learner(j, {"learner_model_param", "base_score"}) = Json("[1E0,,2E0]"); }},
      {"a comma too many",
       [](Json* j) { *Learner(j, {"learner_model_param", "base_score"}) = Json("[1E0,2E0,3E0,]"); }},
      {"no base scores", [](Json* j) { *Learner(j, {"learner_model_param", "base_score"}) = Json("[]"); }},
      {"a tree without a class",
       [](Json* j) { Learner(j, {"gradient_booster", "model", "tree_info"})->AsArray().pop_back(); }},
      {"a class that is not there",
       [](Json* j) { Learner(j, {"gradient_booster", "model", "tree_info"})->AsArray()[0] = Json(3); }},
      {"a negative class",
       [](Json* j) { Learner(j, {"gradient_booster", "model", "tree_info"})->AsArray()[0] = Json(-1); }},
      {"a class that is a text",
       [](Json* j) { Learner(j, {"gradient_booster", "model", "tree_info"})->AsArray()[0] = Json("0"); }},
      {"no list of classes", [](Json* j) { *Learner(j, {"gradient_booster", "model", "tree_info"}) = Json(); }},
      {"classes of an objective without them",
       [](Json* j) { *Learner(j, {"objective", "name"}) = Json("reg:squarederror"); }},
  };
  for (const Edit& edit : edits) {
    Json json = OfThreeClasses();
    edit.change(&json);
    const auto ensemble = ReadXgboostModel(json.Dump());
    ASSERT_FALSE(ensemble.ok()) << edit.name;
    EXPECT_EQ(ensemble.status().code(), Code::kDataLoss) << edit.name << ": " << ensemble.status().ToString();
  }
}

TEST(XgboostModel, KeepsToItsLimits) {
  const std::string bytes = Golden("xgboost_small.ubj");
  const auto code = [&](const ModelLimits& limits) { return ReadXgboostModel(bytes, limits).status().code(); };
  EXPECT_EQ(code({.trees_max = 3}), Code::kOk);
  EXPECT_EQ(code({.trees_max = 2}), Code::kResourceExhausted);
  EXPECT_EQ(code({.nodes_max = 20}), Code::kResourceExhausted);
  EXPECT_EQ(code({.features_max = 3}), Code::kResourceExhausted);
  EXPECT_EQ(ReadXgboostModel(OfThreeClasses().Dump(), {.outputs_max = 2}).status().code(), Code::kResourceExhausted);
}

TEST(XgboostModel, RefusesOtherFiles) {
  for (const char* bytes : {"", "{", "{}", "[]", "binf", "PK\x03\x04", "{ \"learner\" : 1 }"}) {
    EXPECT_EQ(ReadXgboostModel(bytes).status().code(), Code::kDataLoss) << bytes;
  }
}

}  // namespace
}  // namespace plumb::model
