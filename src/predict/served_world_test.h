// served_world_test.h: a project with events in a lake, versions in a registry and a prediction log, for tests of
// serving.
//
// The registry's database needs a real folder; lake and log lie in memory. Models are two stumps written by hand, since
// nothing here may train.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/memory_file_system.h"
#include "base/project_tree.h"
#include "data/table_file.h"
#include "engine/feature_plan.h"
#include "features/events.h"
#include "predict/version_bundle.h"
#include "store/lake.h"

namespace plumb::predict::testing_world {

inline constexpr const char* kProject = R"(
sources:
  flights:
    path: data/flights.csv
    event_time: arrived_at
    available_after: 10m
    event_id: flight_id
    columns: {flight_id: string, carrier: string, arrived_at: timestamp, arr_delay: float64}
entities:
  carrier: {key: {carrier: string}}
feature_views:
  delays:
    entity: carrier
    source: flights
    features:
      count_2h: count() over 2h
      avg_2h: avg(arr_delay) over 2h
      last_delay: last(arr_delay)
  trip:
    request: {carrier: string, distance: float64}
    features:
      carrier: carrier
      log_distance: ln(1 + distance)
      usual: delays.avg_2h
)";

inline constexpr const char* kEvents =
    "flight_id,carrier,arrived_at,arr_delay\n"
    "f1,UA,2013-01-01 08:00,10\n"
    "f2,UA,2013-01-01 08:30,20\n"
    "f3,DL,2013-01-01 08:45,\n"
    "f4,UA,2013-01-01 09:30,90\n";

inline base::Time At(const std::string& text) {
  const base::Result<base::Time> time = base::ParseTime(text);
  EXPECT_TRUE(time.ok()) << text;
  return time.ok() ? *time : 0;
}

inline features::DefinitionsPtr Definitions(const std::string& project) {
  base::Diagnostics diagnostics;
  auto text = std::make_shared<const base::SourceText>(base::SourceText{"project.yaml", project});
  features::DefinitionsPtr definitions =
      features::LoadDefinitions(base::MergeProject({text}, &diagnostics), &diagnostics);
  EXPECT_EQ(diagnostics.Render(false), "");
  return definitions;
}

inline engine::FeaturePlan Plan(const features::DefinitionsPtr& definitions, const std::vector<std::string>& patterns) {
  base::Diagnostics diagnostics;
  auto plan = engine::FeaturePlan::Make(definitions, definitions->Select(patterns, {}, &diagnostics));
  EXPECT_EQ(diagnostics.Render(false), "");
  EXPECT_TRUE(plan.ok()) << plan.status().ToString();
  return std::move(plan).value();
}

// A tree with one numeric split; a missing value goes left.
struct Stump {
  int feature = 0;
  double threshold = 0, left = 0, right = 0;
};

// A stump a class in turn, if there are classes.
inline std::string ModelFileOf(const std::string& objective, int classes, size_t features,
                               const std::vector<Stump>& stumps) {
  std::string trees, outputs;
  for (size_t i = 0; i < stumps.size(); i++) {
    const Stump& stump = stumps[i];
    trees += fmt::format(R"({}{{"left_children":[1,-1,-1],"right_children":[2,-1,-1],"split_indices":[{},0,0],)"
                         R"("split_conditions":[{},{},{}],"default_left":[1,0,0]}})",
                         trees.empty() ? "" : ",", stump.feature, stump.threshold, stump.left, stump.right);
    outputs += fmt::format("{}{}", outputs.empty() ? "" : ",", classes == 0 ? 0 : static_cast<int>(i) % classes);
  }
  return fmt::format(
      R"({{"learner":{{"gradient_booster":{{"name":"gbtree","model":{{"trees":[{}],"tree_info":[{}]}}}},)"
      R"("learner_model_param":{{"base_score":"5E-1","num_class":"{}","num_feature":"{}"}},)"
      R"("objective":{{"name":"{}"}}}},"version":[3,2,0]}})",
      trees, outputs, classes, features, objective);
}

inline std::string ModelFile(size_t features, const std::vector<Stump>& stumps) {
  return ModelFileOf("binary:logistic", 0, features, stumps);
}

inline std::vector<std::string> DefaultPatterns() { return {"delays.*", "trip.*"}; }

class ServedWorld : public testing::Test {
 protected:
  void SetUp() override {
    state_ = base::JoinPath(testing::TempDir(), "plumb_predict_XXXXXX");
    ASSERT_NE(mkdtemp(state_.data()), nullptr);
    auto registry = registry::Registry::Open(base::RealFileSystem(), clock_, state_);
    ASSERT_TRUE(registry.ok()) << registry.status().ToString();
    registry_ = std::move(registry).value();
  }
  void TearDown() override {
    registry_.reset();
    EXPECT_TRUE(base::RealFileSystem().RemoveAll(state_).ok());
  }

  // Replaces the events of flights in the lake; `edit` may change the event rows first.
  void PutEvents(const std::string& csv, const std::function<void(data::Batch*)>& edit = nullptr) {
    const features::DefinitionsPtr definitions = Definitions(kProject);
    const features::Source& source = *definitions->FindSource("flights");
    files_.Put("flights.csv", csv);
    const auto rows = data::ReadTable(files_, {"flights.csv"}, source.columns);
    ASSERT_TRUE(rows.ok()) << rows.status().ToString();
    auto events = features::MakeEvents(source, *rows, {});
    ASSERT_TRUE(events.ok()) << events.status().ToString();
    if (edit) edit(&events->rows);
    const auto manifest = lake_.Commit("flights", events->rows, base::Json(), true);
    ASSERT_TRUE(manifest.ok()) << manifest.status().ToString();
  }

  // The version of a model that was trained on these features; `change` may spoil it before it is registered.
  registry::NewVersion MakeVersion(const std::string& project = kProject,
                                   const std::vector<std::string>& patterns = DefaultPatterns(), double leaf = 1) {
    const features::DefinitionsPtr definitions = Definitions(project);
    const engine::FeaturePlan plan = Plan(definitions, patterns);
    data::Batch sample(plan.output_schema());
    for (data::Column& column : sample.columns) {
      column.Append(column.type() == data::TypeKind::kString ? data::Value::String("UA")
                                                             : data::Value::Null(column.type()));
    }
    sample.rows = 1;
    registry::NewVersion version;
    version.model = "late";
    version.features = FeatureList(plan);
    const int second = sample.columns.size() > 1 ? 1 : 0;
    version.artifacts["model.ubj"] =
        Put(ModelFile(sample.columns.size(), {{0, 1.5, -leaf, leaf}, {second, 18, 0.25, 0.5}}));
    version.artifacts["encoder.json"] = Put(model::FeatureEncoder::Fit(sample).Save().Dump(1));
    version.artifacts["definitions.json"] = Put(SaveDefinitions(*definitions));
    return version;
  }
  // Of three classes: late where the last delay is 18 or more, else fine; never awful.
  registry::NewVersion MakeClassVersion() {
    registry::NewVersion version = MakeVersion(kProject, {"delays.last_delay"});
    version.artifacts["model.ubj"] =
        Put(ModelFileOf("multi:softprob", 3, 1, {{0, 18, -2, -2}, {0, 18, 1, -1}, {0, 18, -0.5, 2}}));
    data::Column labels(data::TypeKind::kString);
    for (const char* label : {"late", "fine", "awful"}) labels.AppendString(label);
    version.artifacts["classes.json"] = Put(model::ClassDictionary::Fit(labels).Save().Dump(1));
    return version;
  }
  // A number: 2.5 where the last delay is 18 or more, else -1.
  registry::NewVersion MakeRegressionVersion() {
    registry::NewVersion version = MakeVersion(kProject, {"delays.last_delay"});
    version.artifacts["model.ubj"] = Put(ModelFileOf("reg:squarederror", 0, 1, {{0, 18, -1.5, 2}}));
    return version;
  }
  std::string Put(const std::string& content) { return registry_->PutArtifact(content).value(); }
  int64_t Register(const registry::NewVersion& version) {
    const auto made = registry_->CreateVersion(version);
    EXPECT_TRUE(made.ok()) << made.status().ToString();
    return made.ok() ? made->number : 0;
  }
  void Deploy(const std::string& deployment, int64_t version) {
    EXPECT_TRUE(registry_->Deploy(deployment, "late", version, "").ok());
  }

  base::MemoryFileSystem files_;
  base::ManualClock clock_{At("2013-01-01 10:00")};
  store::Lake lake_{files_, clock_, "state"};
  std::string state_;
  std::unique_ptr<registry::Registry> registry_;
};

// Request rows: carrier (null if empty) and distance.
inline data::Batch Rows(const std::vector<std::pair<std::string, double>>& rows) {
  data::Column carriers(data::TypeKind::kString), distances(data::TypeKind::kFloat64);
  for (const auto& [carrier, distance] : rows) {
    carriers.Append(carrier.empty() ? data::Value::Null(data::TypeKind::kString) : data::Value::String(carrier));
    distances.AppendDouble(distance);
  }
  data::Batch batch;
  batch.AddColumn("carrier", std::move(carriers));
  batch.AddColumn("distance", std::move(distances));
  return batch;
}

}  // namespace plumb::predict::testing_world
