// learn_world_test.h: a project, a model and its events as text, for tests of examples, datasets and training.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/memory_file_system.h"
#include "base/project_tree.h"
#include "data/memory_event_log.h"
#include "data/table_file.h"
#include "features/events.h"
#include "learn/dataset.h"

namespace plumb::learn::testing_world {

// `schedule` is known in advance; `flights`, with the outcome, ten minutes after landing or when a correction says so.
inline constexpr const char* kProject = R"(
sources:
  schedule:
    path: data/schedule.csv
    event_time: scheduled
    available_after: -90d
    event_id: flight_id
    columns: {flight_id: string, carrier: string, scheduled: timestamp, distance: float64}
  flights:
    path: data/flights.csv
    event_time: arrived_at
    known_at: known
    event_id: flight_id
    deleted: op = 'd'
    columns: {flight_id: string, op: string, carrier: string, arrived_at: timestamp, known: timestamp, arr_delay: float64}
  pings:
    event_time: at
    columns: {at: timestamp, carrier: string}
entities:
  carrier: {key: {carrier: string}}
feature_views:
  delays:
    entity: carrier
    source: flights
    features:
      avg_1d: avg(arr_delay) over 1d
      last_delay: last(arr_delay)
  trip:
    request: {carrier: string, distance: float64}
    features:
      far: distance > 1000
      distance: distance
      usual: delays.avg_1d
)";

inline constexpr const char* kModel = R"(models:
  late:
    examples: {source: schedule, time: scheduled - 1h}
    label: {is: arr_delay >= 15, from: flights, by: flight_id}
    features: [delays.*, trip.*]
    split: {train_until: 2013-02-01, validate_until: 2013-03-01, test_until: 2013-04-01, gap: 1d}
    train: {with: xgboost, rounds: 20, early_stopping: 5, max_depth: 2, min_child_weight: 1}
)";

inline std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

struct Loaded {
  features::DefinitionsPtr definitions;
  std::vector<ModelDefinition> models;
  std::vector<base::Diagnostic> diagnostics;
};

// The model's text is a file of its own, so that its lines count from 1.
inline Loaded Load(const std::string& model, const std::string& project = kProject) {
  base::Diagnostics diagnostics;
  auto texts = {std::make_shared<const base::SourceText>(base::SourceText{"project.yaml", project}),
                std::make_shared<const base::SourceText>(base::SourceText{"models.yaml", model})};
  const base::ProjectTree tree = base::MergeProject(texts, &diagnostics);
  Loaded loaded;
  loaded.definitions = features::LoadDefinitions(tree, &diagnostics);
  EXPECT_EQ(diagnostics.Render(false), "");
  loaded.models = LoadModels(tree, loaded.definitions, &diagnostics);
  loaded.diagnostics = diagnostics.all();
  return loaded;
}

// Events and files of one project, and the datasets made of them.
class LearnWorld {
 public:
  explicit LearnWorld(const std::string& model = kModel, const std::string& project = kProject)
      : loaded_(Load(model, project)) {
    for (const base::Diagnostic& diagnostic : loaded_.diagnostics) ADD_FAILURE() << diagnostic.message;
    for (const auto& source : loaded_.definitions->sources()) {
      log_.Put(source->name, data::Batch(features::EventSchema(*source)));
    }
  }

  LearnWorld& Events(const std::string& name, const std::string& csv) {
    const features::Source& source = *loaded_.definitions->FindSource(name);
    files_.Put("events.csv", csv);
    const auto rows = data::ReadTable(files_, {"events.csv"}, source.columns);
    EXPECT_TRUE(rows.ok()) << rows.status().ToString();
    if (!rows.ok()) return *this;
    const auto events = features::MakeEvents(source, *rows, {});
    EXPECT_TRUE(events.ok()) << events.status().ToString();
    if (events.ok()) log_.Put(name, events->rows);
    return *this;
  }

  [[nodiscard]] const ModelDefinition& model() const { return loaded_.models.front(); }
  [[nodiscard]] engine::FeaturePlan Plan() const {
    auto plan = engine::FeaturePlan::Make(loaded_.definitions, model().features);
    EXPECT_TRUE(plan.ok()) << plan.status().ToString();
    return std::move(plan).value();
  }
  base::Result<Dataset> Build() {
    const auto executor = base::MakeExecutor(0);
    DatasetOptions options;
    options.project_directory = "p";
    return BuildDataset(model(), Plan(), log_, files_, *executor, options);
  }
  Dataset MustBuild() {
    auto dataset = Build();
    EXPECT_TRUE(dataset.ok()) << dataset.status().ToString();
    return dataset.ok() ? std::move(dataset).value() : Dataset();
  }
  base::MemoryFileSystem& files() { return files_; }
  data::EventLog& log() { return log_; }

 private:
  Loaded loaded_;
  data::MemoryEventLog log_{"test"};
  base::MemoryFileSystem files_;
};

}  // namespace plumb::learn::testing_world
