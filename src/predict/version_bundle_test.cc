#include "predict/version_bundle.h"

#include "predict/served_world_test.h"

namespace plumb::predict {
namespace {

using base::Code;
using base::Json;
using testing_world::Definitions;
using testing_world::kProject;

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

class VersionBundleTest : public testing_world::ServedWorld {
 protected:
  base::Result<VersionBundlePtr> Load(const registry::NewVersion& version) {
    const auto made = registry_->CreateVersion(version);
    EXPECT_TRUE(made.ok()) << made.status().ToString();
    return LoadVersionBundle(*registry_, *made);
  }
};

TEST_F(VersionBundleTest, LoadsWhatWasRegistered) {
  const auto bundle = Load(MakeVersion());
  ASSERT_TRUE(bundle.ok()) << bundle.status().ToString();
  const VersionBundle& loaded = **bundle;
  EXPECT_EQ(loaded.version.number, 1);
  EXPECT_EQ(loaded.plan.output_schema().Names(),
            (std::vector<std::string>{"delays.count_2h", "delays.avg_2h", "delays.last_delay", "trip.carrier",
                                      "trip.log_distance", "trip.usual"}));
  EXPECT_EQ(loaded.encoder.schema(), loaded.plan.output_schema());
  EXPECT_EQ(loaded.predictor->ensemble().trees.size(), 2U);
  EXPECT_EQ(loaded.definitions->texts()[0]->text, kProject);
}

TEST_F(VersionBundleTest, RefusesArtifactsThatDoNotFit) {
  const struct {
    const char* name;
    std::function<void(registry::NewVersion*)> change;
  } cases[] = {
      {"no model", [](registry::NewVersion* v) { v->artifacts.erase("model.ubj"); }},
      {"no encoder", [](registry::NewVersion* v) { v->artifacts.erase("encoder.json"); }},
      {"no definitions", [](registry::NewVersion* v) { v->artifacts.erase("definitions.json"); }},
      {"a model that is none", [this](registry::NewVersion* v) { v->artifacts["model.ubj"] = Put("{\"a\":1}"); }},
      {"an encoder that is no JSON", [this](registry::NewVersion* v) { v->artifacts["encoder.json"] = Put("{"); }},
      {"an encoder that is none", [this](registry::NewVersion* v) { v->artifacts["encoder.json"] = Put("{}"); }},
      {"definitions that are no JSON",
       [this](registry::NewVersion* v) { v->artifacts["definitions.json"] = Put("sources:"); }},
      {"definitions that are no list",
       [this](registry::NewVersion* v) { v->artifacts["definitions.json"] = Put("{}"); }},
      {"definitions without a text",
       [this](registry::NewVersion* v) { v->artifacts["definitions.json"] = Put(R"([{"name":"a"}])"); }},
      {"definitions that do not load",
       [this](registry::NewVersion* v) {
         v->artifacts["definitions.json"] = Put(SaveDefinitions(*Definitions(kProject)).replace(40, 1, "?"));
       }},
      {"definitions of another meaning",
       [this](registry::NewVersion* v) {
         v->artifacts["definitions.json"] =
             Put(SaveDefinitions(*Definitions(Replaced(kProject, "avg(arr_delay) over 2h", "avg(arr_delay) over 3h"))));
       }},
      {"definitions without the feature",
       [this](registry::NewVersion* v) {
         v->artifacts["definitions.json"] =
             Put(SaveDefinitions(*Definitions(Replaced(kProject, "last_delay:", "latest_delay:"))));
       }},
      {"definitions with another type",
       [this](registry::NewVersion* v) {
         v->artifacts["definitions.json"] =
             Put(SaveDefinitions(*Definitions(Replaced(kProject, "last(arr_delay)", "last(flight_id)"))));
       }},
      {"an encoder of other features",
       [this](registry::NewVersion* v) {
         v->artifacts["encoder.json"] = MakeVersion(kProject, {"delays.*"}).artifacts["encoder.json"];
       }},
      {"a model of fewer features",
       [this](registry::NewVersion* v) {
         v->artifacts["model.ubj"] = Put(testing_world::ModelFile(3, {{0, 1, 2, 3}}));
       }},
      {"no list of features", [](registry::NewVersion* v) { v->features = Json(); }},
      {"a feature without identity", [](registry::NewVersion* v) { v->features.AsArray()[0].Set("identity", Json()); }},
      {"a changed identity", [](registry::NewVersion* v) { v->features.AsArray()[1].Set("identity", "0"); }},
      {"fewer features", [](registry::NewVersion* v) { v->features.AsArray().pop_back(); }},
      {"features in another order",
       [](registry::NewVersion* v) { std::swap(v->features.AsArray()[0], v->features.AsArray()[1]); }},
  };
  for (const auto& c : cases) {
    registry::NewVersion version = MakeVersion();
    c.change(&version);
    const auto bundle = Load(version);
    ASSERT_FALSE(bundle.ok()) << c.name;
    EXPECT_EQ(bundle.status().code(), Code::kDataLoss) << c.name << ": " << bundle.status().ToString();
    EXPECT_NE(bundle.status().message().find("late@v"), std::string::npos) << bundle.status().message();
  }
}

TEST_F(VersionBundleTest, LoadsTheClassesOfAModelThatHasThem) {
  const auto bundle = Load(MakeClassVersion());
  ASSERT_TRUE(bundle.ok()) << bundle.status().ToString();
  EXPECT_EQ((*bundle)->classes.Texts(), (std::vector<std::string>{"awful", "fine", "late"}));
  std::vector<std::string> changed;
  const auto moved = WithDefinitions(**bundle, Definitions(kProject), &changed);
  ASSERT_TRUE(moved.ok()) << moved.status().ToString();
  EXPECT_EQ((*moved)->classes, (*bundle)->classes);
  EXPECT_EQ((*Load(MakeVersion()))->classes.size(), 0U);
}

TEST_F(VersionBundleTest, RefusesClassesThatDoNotFit) {
  const struct {
    const char* name;
    std::function<void(registry::NewVersion*)> change;
  } cases[] = {
      {"none", [](registry::NewVersion* v) { v->artifacts.erase("classes.json"); }},
      {"no JSON", [this](registry::NewVersion* v) { v->artifacts["classes.json"] = Put("{"); }},
      {"no classes", [this](registry::NewVersion* v) { v->artifacts["classes.json"] = Put("{}"); }},
      {"fewer",
       [this](registry::NewVersion* v) {
         v->artifacts["classes.json"] =
             Put(model::ClassDictionary::Fit(data::Column(data::TypeKind::kInt64)).Save().Dump());
       }},
  };
  for (const auto& c : cases) {
    registry::NewVersion version = MakeClassVersion();
    c.change(&version);
    EXPECT_EQ(Load(version).status().code(), base::Code::kDataLoss) << c.name;
  }
}

TEST_F(VersionBundleTest, NamesAModelThatIsNotSupported) {
  registry::NewVersion version = MakeVersion();
  version.artifacts["model.ubj"] = Put(Replaced(testing_world::ModelFile(6, {}), "binary:logistic", "rank:map"));
  EXPECT_EQ(Load(version).status().code(), Code::kUnimplemented);
}

TEST_F(VersionBundleTest, RefusesAFlippedBit) {
  const registry::NewVersion version = MakeVersion();
  const std::string digest = version.artifacts.at("model.ubj");
  const std::string path = state_ + "/artifacts/" + digest.substr(0, 2) + "/" + digest;
  std::string bytes = base::RealFileSystem().ReadFile(path).value();
  bytes[bytes.size() / 2] ^= 1;
  ASSERT_TRUE(base::RealFileSystem().WriteFileAtomically(path, bytes).ok());
  EXPECT_EQ(Load(version).status().code(), Code::kDataLoss);
}

TEST_F(VersionBundleTest, ComputesWithOtherDefinitionsAndSaysWhatChanged) {
  const auto bundle = Load(MakeVersion());
  ASSERT_TRUE(bundle.ok());
  std::vector<std::string> changed;
  const auto wider = Definitions(Replaced(kProject, "avg(arr_delay) over 2h", "avg(arr_delay) over 3h"));
  const auto moved = WithDefinitions(**bundle, wider, &changed);
  ASSERT_TRUE(moved.ok()) << moved.status().ToString();
  EXPECT_EQ((*moved)->definitions, wider);
  EXPECT_EQ(changed, (std::vector<std::string>{"delays.avg_2h", "trip.usual"}));

  changed.clear();
  ASSERT_TRUE(WithDefinitions(**bundle, Definitions(std::string(kProject) + "# more\n"), &changed).ok());
  EXPECT_TRUE(changed.empty());
}

TEST_F(VersionBundleTest, CannotComputeWithoutAFeature) {
  const auto bundle = Load(MakeVersion());
  ASSERT_TRUE(bundle.ok());
  std::vector<std::string> changed;
  const auto gone = Definitions(Replaced(kProject, "last_delay:", "latest_delay:"));
  EXPECT_EQ(WithDefinitions(**bundle, gone, &changed).status().code(), Code::kFailedPrecondition);
  const auto retyped = Definitions(Replaced(kProject, "last(arr_delay)", "last(flight_id)"));
  EXPECT_EQ(WithDefinitions(**bundle, retyped, &changed).status().code(), Code::kFailedPrecondition);
}

}  // namespace
}  // namespace plumb::predict
