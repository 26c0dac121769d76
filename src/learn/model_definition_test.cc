#include "learn/model_definition.h"

#include <gtest/gtest.h>

#include "learn/learn_world_test.h"

namespace plumb::learn {
namespace {

using testing_world::kModel;
using testing_world::Load;
using testing_world::Loaded;
using testing_world::Replaced;

base::Time At(const char* text) { return base::ParseTime(text).value(); }

TEST(ModelDefinition, ReadsWhatIsWritten) {
  const Loaded loaded = Load(kModel);
  ASSERT_TRUE(loaded.diagnostics.empty()) << loaded.diagnostics[0].message;
  ASSERT_EQ(loaded.models.size(), 1U);
  const ModelDefinition& model = loaded.models[0];
  EXPECT_EQ(model.name, "late");
  EXPECT_EQ(model.position.ToString(), "models.yaml:2:3");
  EXPECT_EQ(model.examples.source, loaded.definitions->FindSource("schedule"));
  EXPECT_EQ(model.examples.columns.Names(),
            (std::vector<std::string>{"flight_id", "carrier", "scheduled", "distance"}));
  EXPECT_EQ(model.examples.time.type(), data::Type(data::TypeKind::kTimestamp));
  EXPECT_FALSE(model.examples.where.has_value());
  EXPECT_EQ(model.label.from, loaded.definitions->FindSource("flights"));
  EXPECT_EQ(model.label.by, "flight_id");
  std::vector<std::string> features;
  for (const features::FeatureId& id : model.features) features.push_back(id.ToString());
  EXPECT_EQ(features, (std::vector<std::string>{"delays.avg_1d", "delays.last_delay", "trip.far", "trip.distance",
                                                "trip.usual"}));
  EXPECT_EQ(model.split.train_from, base::kTimeMin);
  EXPECT_EQ(model.split.train_until, At("2013-02-01"));
  EXPECT_EQ(model.split.validate_until, At("2013-03-01"));
  EXPECT_EQ(model.split.test_until, At("2013-04-01"));
  EXPECT_EQ(model.split.gap, base::kDay);
  EXPECT_EQ(model.rounds_max, 20);
  EXPECT_EQ(model.early_stopping_rounds, 5);
  EXPECT_EQ(model.seed, 1U);
  EXPECT_EQ(model.train_parameters,
            (std::map<std::string, std::string>{{"max_depth", "2"}, {"min_child_weight", "1"}}));
  EXPECT_EQ(model.metrics, (std::vector<std::string>{"roc_auc", "pr_auc", "log_loss", "brier", "ece"}));
}

TEST(ModelDefinition, ReadsEachFeatureOnce) {
  const Loaded loaded = Load(Replaced(kModel, "[delays.*, trip.*]", "[delays.last_delay, delays.*, delays.avg_1d]"));
  ASSERT_TRUE(loaded.diagnostics.empty());
  ASSERT_EQ(loaded.models[0].features.size(), 2U);
  EXPECT_EQ(loaded.models[0].features[0].ToString(), "delays.last_delay");
  const Loaded lone = Load(Replaced(kModel, "[delays.*, trip.*]", "trip.far"));
  ASSERT_TRUE(lone.diagnostics.empty());
  EXPECT_EQ(lone.models[0].features.size(), 1U);
}

TEST(ModelDefinition, ReadsExamplesOfAFile) {
  const Loaded loaded = Load(Replaced(
      Replaced(kModel, "source: schedule, time: scheduled - 1h",
               "path: [a.csv, b.parquet], columns: {carrier: string, distance: float64, asked: timestamp, late: bool}, "
               "time: asked, where: distance > 5"),
      "{is: arr_delay >= 15, from: flights, by: flight_id}", "{is: late}"));
  ASSERT_TRUE(loaded.diagnostics.empty()) << loaded.diagnostics[0].message;
  const ModelDefinition& model = loaded.models[0];
  EXPECT_EQ(model.examples.source, nullptr);
  EXPECT_EQ(model.examples.paths, (std::vector<std::string>{"a.csv", "b.parquet"}));
  EXPECT_EQ(model.examples.columns.size(), 4U);
  EXPECT_TRUE(model.examples.where.has_value());
  EXPECT_EQ(model.label.from, nullptr);
}

// What is replaced in the good model, where the mistake is, and how it is said.
struct Mistake {
  const char* from;
  const char* to;
  const char* where;
  const char* message;
  const char* suggestion;
};

void ExpectMistakes(const std::vector<Mistake>& mistakes) {
  for (const Mistake& c : mistakes) {
    SCOPED_TRACE(std::string(c.from) + " → " + c.to);
    const Loaded loaded = Load(Replaced(kModel, c.from, c.to));
    EXPECT_TRUE(loaded.models.empty());
    ASSERT_EQ(loaded.diagnostics.size(), 1U) << (loaded.diagnostics.empty() ? "" : loaded.diagnostics[1].message);
    const base::Diagnostic& diagnostic = loaded.diagnostics[0];
    EXPECT_EQ(diagnostic.position.ToString(), std::string("models.yaml:") + c.where) << diagnostic.message;
    EXPECT_NE(diagnostic.message.find(c.message), std::string::npos) << diagnostic.message;
    EXPECT_NE(diagnostic.suggestion.find(c.suggestion), std::string::npos) << diagnostic.suggestion;
  }
}

TEST(ModelDefinition, SaysWhatIsWrongWithExamples) {
  ExpectMistakes({
      {"{source: schedule, time: scheduled - 1h}", "{source: shedule, time: scheduled - 1h}", "3:24",
       "Source is not known: shedule.", "Did you mean schedule?"},
      {"{source: schedule, time: scheduled - 1h}", "{source: schedule, path: a.csv, time: scheduled}", "3:15",
       "Examples need either a source or a path: model late.", "examples: {source: NAME"},
      {"source: schedule, time: scheduled - 1h", "source: schedule", "3:15", "Examples have no time: model late.",
       "time: scheduled - 1h"},
      {"time: scheduled - 1h", "time: [scheduled]", "3:40", "Expression is missing: time.", ""},
      {"time: scheduled - 1h", "time: ~", "3:40", "Expression is missing: time.", ""},
      {"time: scheduled - 1h", "time: distance", "3:40", "timestamp", ""},
      {"time: scheduled - 1h", "time: schedulde - 1h", "3:40", "schedulde", "Did you mean scheduled?"},
      {"scheduled - 1h", "scheduled - 1h, where: distance", "3:63", "bool", ""},
      {"scheduled - 1h", "scheduled - 1h, were: far", "3:56", "were", "Did you mean where?"},
      {"source: schedule, time", "path: a.csv, columns: {}, time", "3:38", "Example file has no columns.", ""},
      {"source: schedule, time: scheduled", "path: a.csv, columns: [a], time: a", "3:38", "not a map", ""},
  });
}

TEST(ModelDefinition, SaysWhatIsWrongWithTheLabel) {
  ExpectMistakes({
      {"{is: arr_delay >= 15, from: flights, by: flight_id}", "{from: flights, by: flight_id}", "4:12", "is", ""},
      {"is: arr_delay >= 15", "is: arr_delay", "4:17", "bool", ""},
      {"is: arr_delay >= 15", "is: distance >= 15", "4:17", "distance", ""},
      {"from: flights", "from: flight", "4:40", "Source is not known: flight.", "Did you mean flights?"},
      {", by: flight_id}", "}", "4:12", "Label does not say how to find its event: model late.", "by: flight_id"},
      {"is: arr_delay >= 15, from: flights, by", "is: distance > 1, by", "4:35",
       "Label has `by` but no `from`: model late.", "from: flights"},
      {"by: flight_id", "by: carrier", "4:53",
       "Label is not joined by the event_id of its source: source flights, by carrier.", "Write by: flight_id."},
      {"is: arr_delay >= 15, from: flights, by: flight_id", "is: true, from: pings, by: carrier", "4:40",
       "Label is not joined by the event_id of its source: source pings, by carrier.",
       "Declare event_id: carrier in source pings."},
      {"by: flight_id}", "by: flight_id, when: now}", "4:64", "when", ""},
  });
}

TEST(ModelDefinition, ChecksTheLabelsColumnInExampleFiles) {
  const std::string file = Replaced(kModel, "source: schedule, time: scheduled - 1h",
                                    "path: a.csv, time: at, columns: {COLUMNS, carrier: string, distance: float64}");
  const struct {
    const char* columns;
    const char* message;
  } cases[] = {
      {"at: timestamp", "Examples have no such column: flight_id."},
      {"at: timestamp, flight_id: int64",
       "Column has another type in the examples than in source flights: flight_id, int64 against string."},
      {"at: timestamp, flight_id: text", "text"},
  };
  for (const auto& c : cases) {
    const Loaded loaded = Load(Replaced(file, "COLUMNS", c.columns));
    ASSERT_FALSE(loaded.diagnostics.empty()) << c.columns;
    EXPECT_NE(loaded.diagnostics[0].message.find(c.message), std::string::npos) << loaded.diagnostics[0].message;
  }
  EXPECT_TRUE(Load(Replaced(file, "COLUMNS", "at: timestamp, flight_id: string")).diagnostics.empty());
}

TEST(ModelDefinition, SaysWhatIsWrongWithFeatures) {
  ExpectMistakes({
      {"[delays.*, trip.*]", "[]", "5:15", "Model has no features: late.", "VIEW.*"},
      {"[delays.*, trip.*]", "~", "5:15", "Model has no features: late.", "VIEW.*"},
      {"[delays.*, trip.*]", "[delays.*, delay.*]", "5:26", "Feature view is not known: delay.",
       "Did you mean delays?"},
      {"[delays.*, trip.*]", "[trip.far, delays.avg_2d]", "5:26", "Feature is not known: delays.avg_2d.", "avg_1d"},
      {"    features: [delays.*, trip.*]\n", "", "3:5", "features", ""},
  });
}

TEST(ModelDefinition, RefusesFeaturesThatAreLists) {
  const std::string project = Replaced(testing_world::kProject, "last_delay: last(arr_delay)",
                                       "last_delay: last(arr_delay)\n      recent: last(arr_delay, 3)");
  const Loaded loaded = Load(Replaced(kModel, "[delays.*, trip.*]", "[trip.*, delays.*]"), project);
  ASSERT_EQ(loaded.diagnostics.size(), 1U);
  EXPECT_EQ(loaded.diagnostics[0].position.ToString(), "models.yaml:5:24");
  EXPECT_EQ(loaded.diagnostics[0].message,
            "Feature has a type that a model cannot take: delays.recent, list(float64).");
}

TEST(ModelDefinition, NeedsTheInputsOfItsFeaturesInTheExamples) {
  const std::string file =
      Replaced(Replaced(kModel, "source: schedule, time: scheduled - 1h", "path: a.csv, time: at, columns: {COLUMNS}"),
               "{is: arr_delay >= 15, from: flights, by: flight_id}", "{is: carrier = 'x'}");
  const struct {
    const char* columns;
    const char* message;
  } cases[] = {
      {"at: timestamp, carrier: string", "Examples lack a column that the features need: distance (view trip)."},
      {"at: timestamp, carrier: string, distance: int64",
       "Example column has the wrong type: distance, want float64, got int64."},
  };
  for (const auto& c : cases) {
    const Loaded loaded = Load(Replaced(file, "COLUMNS", c.columns));
    ASSERT_EQ(loaded.diagnostics.size(), 1U) << c.columns;
    EXPECT_EQ(loaded.diagnostics[0].message, c.message);
    EXPECT_EQ(loaded.diagnostics[0].position.ToString(), "models.yaml:2:3");
  }
}

TEST(ModelDefinition, SaysWhatIsWrongWithTheSplit) {
  const char* kEmpty = "Split leaves a part empty: model late.";
  ExpectMistakes({
      {"train_until: 2013-02-01, ", "", "6:12", "train_until", ""},
      {"2013-02-01", "2013-02-30", "6:26", "2013-02-30", "Write a date"},
      {"validate_until: 2013-03-01", "validate_until: 2013-02-01", "6:12", kEmpty, "Order the times"},
      {"validate_until: 2013-03-01", "validate_until: 2013-02-02", "6:12", kEmpty, "further apart than the gap"},
      {"test_until: 2013-04-01", "test_until: 2013-03-01", "6:12", kEmpty, ""},
      {"train_until: 2013-02-01", "train_from: 2013-02-01, train_until: 2013-02-01", "6:12", kEmpty, ""},
      {"gap: 1d", "gap: 40d", "6:12", kEmpty, ""},
      {"gap: 1d", "gap: 100000000d", "6:12", kEmpty, ""},
      {"gap: 1d", "gap: 1mo", "6:95", "Gap is not a duration of fixed length: 1mo.", "gap: 1d"},
      {"gap: 1d", "gap: -1d", "6:95", "Gap is not a duration of fixed length: -1d.", ""},
      {"gap: 1d", "gap: soon", "6:95", "Gap is not a duration of fixed length: soon.", ""},
      {"gap: 1d", "gapp: 1d", "6:90", "gapp", "Did you mean gap?"},
  });
}

TEST(ModelDefinition, SaysWhatIsWrongWithTraining) {
  ExpectMistakes({
      {"with: xgboost", "with: lightgbm", "7:19", "Trainer is not known: lightgbm.", "Write with: xgboost."},
      {"with: xgboost", "objective: rank:map", "7:24", "Objective is not supported: rank:map.",
       "Write objective: binary:logistic"},
      {"with: xgboost", "objective: multi:softmax", "7:24", "Objective is not supported: multi:softmax.",
       "Did you mean multi:softprob?"},
      {"rounds: 20", "rounds: 0", "7:36", "rounds", ""},
      {"early_stopping: 5", "early_stopping: -1", "7:56", "early_stopping", ""},
      {"max_depth: 2", "max_dept: 2", "7:59", "max_dept", "Did you mean max_depth?"},
      {"min_child_weight: 1}\n", "min_child_weight: 1}\n    metrics: [ece, roc_auk]\n", "8:20",
       "Metric is not known for the objective: roc_auk, binary:logistic.", "Did you mean roc_auc?"},
      {"min_child_weight: 1}\n", "min_child_weight: 1}\n    metrics: rmse\n", "8:14",
       "Metric is not known for the objective: rmse, binary:logistic.", ""},
      {"min_child_weight: 1}\n", "min_child_weight: 1}\n    metric: [ece]\n", "8:5", "metric", "Did you mean metrics?"},
  });
}

std::string WithObjective(const std::string& objective, const std::string& label) {
  return Replaced(Replaced(kModel, "with: xgboost", "with: xgboost, objective: " + objective), "arr_delay >= 15",
                  label);
}

TEST(ModelDefinition, TakesTheLabelThatTheObjectiveLearns) {
  const struct {
    const char* objective;
    const char* label;
    model::Task task;
    data::TypeKind type;
    std::vector<std::string> metrics;
  } cases[] = {
      {"binary:logistic",
       "arr_delay >= 15",
       model::Task::kBinary,
       data::TypeKind::kBool,
       {"roc_auc", "pr_auc", "log_loss", "brier", "ece"}},
      {"multi:softprob",
       "carrier",
       model::Task::kClasses,
       data::TypeKind::kString,
       {"log_loss", "accuracy", "macro_f1", "macro_roc_auc", "ece"}},
      {"multi:softprob",
       "case when arr_delay > 15 then 2 when arr_delay > 0 then 1 else 0 end",
       model::Task::kClasses,
       data::TypeKind::kInt64,
       {"log_loss", "accuracy", "macro_f1", "macro_roc_auc", "ece"}},
      {"multi:softprob",
       "arr_delay > 15",
       model::Task::kClasses,
       data::TypeKind::kBool,
       {"log_loss", "accuracy", "macro_f1", "macro_roc_auc", "ece"}},
      {"reg:squarederror",
       "arr_delay",
       model::Task::kRegression,
       data::TypeKind::kFloat64,
       {"rmse", "mae", "bias", "r2"}},
      {"reg:absoluteerror",
       "year(arrived_at)",
       model::Task::kRegression,
       data::TypeKind::kInt64,
       {"rmse", "mae", "bias", "r2"}},
      {"reg:pseudohubererror",
       "arr_delay",
       model::Task::kRegression,
       data::TypeKind::kFloat64,
       {"rmse", "mae", "bias", "r2"}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(std::string(c.objective) + " " + c.label);
    const Loaded loaded = Load(WithObjective(c.objective, c.label));
    ASSERT_TRUE(loaded.diagnostics.empty()) << loaded.diagnostics[0].message;
    const ModelDefinition& model = loaded.models[0];
    EXPECT_EQ(model.objective, c.objective);
    EXPECT_EQ(model.task, c.task);
    EXPECT_EQ(model.label.is.type(), data::Type(c.type));
    EXPECT_EQ(model.metrics, c.metrics);
  }
}

TEST(ModelDefinition, RefusesALabelThatTheObjectiveCannotLearn) {
  const struct {
    const char* objective;
    const char* label;
    const char* message;
  } cases[] = {
      {"multi:softprob", "arr_delay", "Label has a type that has no classes: objective multi:softprob, label float64."},
      {"multi:softprob", "arrived_at", "label timestamp."},
      {"reg:squarederror", "carrier", "Label is not a number: objective reg:squarederror, label string."},
      {"reg:squarederror", "arr_delay > 1", "label bool."},
      {"reg:squarederror", "arrived_at - known", "label duration."},
      {"binary:logistic", "carrier", "bool"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(std::string(c.objective) + " " + c.label);
    const Loaded loaded = Load(WithObjective(c.objective, c.label));
    ASSERT_EQ(loaded.diagnostics.size(), 1U);
    EXPECT_EQ(loaded.diagnostics[0].position.ToString(), "models.yaml:4:17");
    EXPECT_NE(loaded.diagnostics[0].message.find(c.message), std::string::npos) << loaded.diagnostics[0].message;
  }
}

TEST(ModelDefinition, ReadsSlicesAndNeeds) {
  const Loaded loaded = Load(std::string(kModel) +
                             "    slices: [carrier, trip.far]\n"
                             "    needs: {freshness: 2h, latency_p99: 50ms, rps: 500}\n");
  ASSERT_TRUE(loaded.diagnostics.empty()) << loaded.diagnostics[0].message;
  const ModelDefinition& model = loaded.models[0];
  EXPECT_EQ(model.slices, (std::vector<std::string>{"carrier", "trip.far"}));
  EXPECT_EQ(model.needs.freshness, 2 * base::kHour);
  EXPECT_EQ(model.needs.latency_p99, 50 * base::kMillisecond);
  EXPECT_EQ(model.needs.requests_per_second, 500);
  EXPECT_EQ(model.needs.position.ToString(), "models.yaml:9:12");
  EXPECT_FALSE(Load(kModel).models[0].needs.freshness.has_value());
}

TEST(ModelDefinition, SaysWhatIsWrongWithSlicesAndNeeds) {
  const char* end = "min_child_weight: 1}\n";
  const auto with = [&](const char* line) { return std::string(end) + "    " + line + "\n"; };
  const std::string unknown = with("slices: [carrier, carier]"), other = with("slices: [delays.count]"),
                    number = with("slices: distance"), fresh = with("needs: {freshness: 0s}"),
                    month = with("needs: {freshness: 1mo}"), slow = with("needs: {latency_p99: 2h}"),
                    rate = with("needs: {rps: 0}"), key = with("needs: {fresh: 1h}");
  ExpectMistakes({
      {end, unknown.c_str(), "8:23", "Slice is neither a column of the examples nor a feature: carier.",
       "Did you mean carrier?"},
      {end, other.c_str(), "8:14", "neither a column of the examples nor a feature: delays.count.", ""},
      {end, number.c_str(), "8:13", "Slice has a type whose values are not told apart: distance, float64.", "string"},
      {end, fresh.c_str(), "8:24", "Need is not a duration in its bounds: freshness, 0s.", "1ms"},
      {end, month.c_str(), "8:24", "Need is not a duration in its bounds: freshness, 1mo.", ""},
      {end, slow.c_str(), "8:26", "Need is not a duration in its bounds: latency_p99, 2h.", "1h"},
      {end, rate.c_str(), "8:18", "rps", ""},
      {end, key.c_str(), "8:13", "fresh", "Known keys: freshness, latency_p99, rps."},
  });
}

TEST(ModelDefinition, RefusesNeedsThatTheSourcesCannotMeet) {
  const std::string project =
      Replaced(testing_world::kProject, "    known_at: known\n", "    available_after: 30m\n    interval: 1h\n");
  const struct {
    const char* freshness;
    bool is_met;
  } cases[] = {{"2h", true}, {"90m", true}, {"89m", false}, {"1h", false}};
  for (const auto& c : cases) {
    const Loaded loaded = Load(std::string(kModel) + "    needs: {freshness: " + c.freshness + "}\n", project);
    ASSERT_EQ(loaded.diagnostics.empty(), c.is_met) << c.freshness;
    if (c.is_met) continue;
    EXPECT_TRUE(loaded.models.empty());
    EXPECT_EQ(loaded.diagnostics[0].position.ToString(), "models.yaml:8:24");
    EXPECT_NE(loaded.diagnostics[0].message.find("flights (every 1h, known after 30m)"), std::string::npos)
        << loaded.diagnostics[0].message;
    EXPECT_NE(loaded.diagnostics[0].suggestion.find("2 more features"), std::string::npos)
        << loaded.diagnostics[0].suggestion;
  }
}

TEST(ModelDefinition, SaysSeveralThingsAtOnce) {
  const std::string text = Replaced(Replaced(Replaced(kModel, "from: flights", "from: flight"), "gap: 1d", "gap: soon"),
                                    "with: xgboost", "with: guess");
  EXPECT_EQ(Load(text).diagnostics.size(), 3U);
}

TEST(ModelDefinition, LeavesOutOnlyTheModelThatIsWrong) {
  const std::string second = Replaced(Replaced(kModel, "models:\n", ""), "  late:", "  later:");
  const Loaded loaded = Load(Replaced(kModel, "gap: 1d", "gap: soon") + second);
  EXPECT_EQ(loaded.diagnostics.size(), 1U);
  ASSERT_EQ(loaded.models.size(), 1U);
  EXPECT_EQ(loaded.models[0].name, "later");
}

}  // namespace
}  // namespace plumb::learn
