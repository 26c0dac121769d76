#include "learn/dataset.h"

#include <gtest/gtest.h>

#include <numeric>

#include "data/parquet.h"
#include "learn/learn_world_test.h"

namespace plumb::learn {
namespace {

using base::Code;
using testing_world::kModel;
using testing_world::kProject;
using testing_world::LearnWorld;
using testing_world::Replaced;
using Counts = std::map<std::string, int64_t>;

constexpr const char* kScheduleHead = "flight_id,carrier,scheduled,distance\n";
constexpr const char* kFlightsHead = "flight_id,op,carrier,arrived_at,known,arr_delay\n";

std::string Schedule(const std::string& rows) { return kScheduleHead + rows; }
std::string Flights(const std::string& rows) { return kFlightsHead + rows; }

std::vector<std::string> IdsOf(const Dataset& dataset) {
  std::vector<std::string> ids;
  for (size_t row = 0; row < dataset.rows(); row++) ids.emplace_back(dataset.examples.Find("flight_id")->String(row));
  return ids;
}

int64_t LeftOut(const Dataset& dataset) {
  return std::accumulate(dataset.left_out.begin(), dataset.left_out.end(), int64_t{0},
                         [](int64_t sum, const auto& entry) { return sum + entry.second; });
}

TEST(Dataset, PutsFeaturesLabelsAndPartsTogether) {
  LearnWorld world;
  world.Events("schedule", Schedule("f1,UA,2013-01-10 09:00,500\n"
                                    "f2,UA,2013-01-10 12:00,1500\n"
                                    "f3,DL,2013-02-10 09:00,100\n"
                                    "f4,UA,2013-03-10 09:00,100\n"));
  world.Events("flights", Flights("f1,,UA,2013-01-10 10:00,2013-01-10 10:10,30\n"
                                  "f2,,UA,2013-01-10 14:00,2013-01-10 14:10,5\n"
                                  "f3,,DL,2013-02-10 10:00,2013-02-10 10:10,15\n"
                                  "f4,,UA,2013-03-10 10:00,2013-03-10 10:10,-3\n"));
  const Dataset dataset = world.MustBuild();
  EXPECT_EQ(IdsOf(dataset), (std::vector<std::string>{"f1", "f2", "f3", "f4"}));
  EXPECT_EQ(dataset.labels, (std::vector<double>{1, 0, 1, 0}));
  EXPECT_EQ(dataset.parts, (std::vector<Part>{Part::kTrain, Part::kTrain, Part::kValidate, Part::kTest}));
  EXPECT_EQ(dataset.times[0], base::ParseTime("2013-01-10 08:00").value());
  EXPECT_TRUE(dataset.left_out.empty());
  const data::Batch& values = dataset.features.values;
  EXPECT_TRUE(values.Find("delays.avg_1d")->IsNull(0));
  EXPECT_EQ(values.Find("delays.avg_1d")->Double(1), 30) << "f1 was known at 10:10, f2 is asked at 11:00";
  EXPECT_EQ(values.Find("trip.usual")->Double(1), 30);
  EXPECT_TRUE(values.Find("delays.avg_1d")->IsNull(3)) << "two months ago";
  EXPECT_EQ(values.Find("delays.last_delay")->Double(3), 5);
  EXPECT_EQ(values.Find("trip.far")->Int(1), 1);
  EXPECT_EQ(dataset.RowsOf(Part::kTrain), (std::vector<int64_t>{0, 1}));
  EXPECT_EQ(dataset.RowsOf(Part::kTest), (std::vector<int64_t>{3}));
  EXPECT_EQ(dataset.inputs.schema.Names(), (std::vector<std::string>{"carrier", "distance"}));
}

TEST(Dataset, PutsExamplesIntoPartsByTheirTime) {
  // t is an hour before `scheduled`; the gap is a day.
  const struct {
    const char* scheduled;
    const char* part;  // or why it is left out
  } cases[] = {
      {"1970-01-01 01:00", "train"},
      {"2013-01-31 00:59", "train"},
      {"2013-01-31 01:00", "outside all parts"},
      {"2013-02-01 00:59", "outside all parts"},
      {"2013-02-01 01:00", "validate"},
      {"2013-02-28 00:59", "validate"},
      {"2013-02-28 01:00", "outside all parts"},
      {"2013-03-01 01:00", "test"},
      {"2013-04-01 00:59", "test"},
      {"2013-04-01 01:00", "outside all parts"},
  };
  for (const auto& c : cases) {
    LearnWorld world;
    world.Events("schedule", Schedule(std::string("f1,UA,") + c.scheduled + ",1\n"));
    const std::string known = std::string(c.scheduled) + ":01";  // the label comes at once
    world.Events("flights", Flights("f1,,UA," + known + "," + known + ",30\n"));
    const Dataset dataset = world.MustBuild();
    if (dataset.rows() == 1) {
      EXPECT_STREQ(PartName(dataset.parts[0]), c.part) << c.scheduled;
    } else {
      EXPECT_EQ(dataset.left_out, (Counts{{c.part, 1}})) << c.scheduled;
    }
  }
}

TEST(Dataset, StartsTrainingWhenToldTo) {
  LearnWorld world(Replaced(kModel, "train_until", "train_from: 2013-01-05, train_until"));
  world.Events("schedule", Schedule("f1,UA,2013-01-05 00:59,1\nf2,UA,2013-01-05 01:00,1\n"));
  world.Events("flights", Flights("f1,,UA,2013-01-05 02:00,2013-01-05 02:00,1\n"
                                  "f2,,UA,2013-01-05 02:00,2013-01-05 02:00,1\n"));
  EXPECT_EQ(IdsOf(world.MustBuild()), std::vector<std::string>{"f2"});
}

TEST(Dataset, TakesLabelsThatWereKnownInTime) {
  // One example at t = 2013-01-10 08:00 (train until 02-01), or one of the test part.
  const struct {
    const char* name;
    const char* scheduled;
    const char* flights;
    const char* outcome;  // the label, or why the example is left out
  } cases[] = {
      {"late flight", "2013-01-10 09:00", "f1,,UA,2013-01-10 10:00,2013-01-10 10:10,15\n", "1"},
      {"early flight", "2013-01-10 09:00", "f1,,UA,2013-01-10 10:00,2013-01-10 10:10,-15\n", "0"},
      {"no event", "2013-01-10 09:00", "f2,,UA,2013-01-10 10:00,2013-01-10 10:10,15\n", "no label"},
      {"a null label", "2013-01-10 09:00", "f1,,UA,2013-01-10 10:00,2013-01-10 10:10,\n", "no label"},
      {"known at t", "2013-01-10 09:00", "f1,,UA,2013-01-10 07:00,2013-01-10 08:00,15\n",
       "label known before the example's time"},
      {"known just after t", "2013-01-10 09:00", "f1,,UA,2013-01-10 07:00,2013-01-10 08:00:00.000001,15\n", "1"},
      {"known at the end of the gap", "2013-01-10 09:00", "f1,,UA,2013-01-10 10:00,2013-02-01,15\n", "1"},
      {"known after the gap", "2013-01-10 09:00", "f1,,UA,2013-01-10 10:00,2013-02-01 00:00:00.000001,15\n",
       "label known after the end of its part"},
      {"test: known within the gap", "2013-03-10 09:00", "f1,,UA,2013-03-10 10:00,2013-04-02,15\n", "1"},
      {"test: known after the gap", "2013-03-10 09:00", "f1,,UA,2013-03-10 10:00,2013-04-02 00:00:01,15\n",
       "label known after the end of its part"},
      {"corrected: the newest version", "2013-01-10 09:00",
       "f1,,UA,2013-01-10 10:00,2013-01-10 10:10,99\nf1,,UA,2013-01-10 10:00,2013-01-12,5\n", "0"},
      {"corrected, in whatever order", "2013-01-10 09:00",
       "f1,,UA,2013-01-10 10:00,2013-01-12,5\nf1,,UA,2013-01-10 10:00,2013-01-10 10:10,99\n", "0"},
      {"corrected too late", "2013-01-10 09:00",
       "f1,,UA,2013-01-10 10:00,2013-01-10 10:10,99\nf1,,UA,2013-01-10 10:00,2013-06-01,5\n",
       "label known after the end of its part"},
      {"deleted", "2013-01-10 09:00", "f1,,UA,2013-01-10 10:00,2013-01-10 10:10,99\nf1,d,,,2013-01-12,\n", "no label"},
      {"deleted and back", "2013-01-10 09:00", "f1,d,,,2013-01-11,\nf1,,UA,2013-01-10 10:00,2013-01-12,99\n", "1"},
      {"withdrawn by a version without time", "2013-01-10 09:00",
       "f1,,UA,2013-01-10 10:00,2013-01-10 10:10,99\nf1,,UA,,2013-01-12,99\n", "no label"},
  };
  for (const auto& c : cases) {
    LearnWorld world;
    world.Events("schedule", Schedule(std::string("f1,UA,") + c.scheduled + ",1\n"));
    world.Events("flights", Flights(c.flights));
    const Dataset dataset = world.MustBuild();
    if (dataset.rows() == 1) {
      EXPECT_EQ(std::to_string(static_cast<int>(dataset.labels[0])), c.outcome) << c.name;
      EXPECT_TRUE(dataset.left_out.empty()) << c.name;
    } else {
      EXPECT_EQ(dataset.left_out, (Counts{{c.outcome, 1}})) << c.name;
    }
  }
}

// Examples of flights themselves, so that they have versions.
const char* const kOwnExamples = "{source: flights, time: arrived_at, where: arr_delay is not null}";

TEST(Dataset, TakesTheVersionOfAnExampleThatWasKnownAtItsTime) {
  const std::string model =
      Replaced(Replaced(Replaced(kModel, "{source: schedule, time: scheduled - 1h}", kOwnExamples),
                        "{is: arr_delay >= 15, from: flights, by: flight_id}", "{is: arr_delay >= 15}"),
               "[delays.*, trip.*]", "[delays.avg_1d]");
  const struct {
    const char* name;
    const char* flights;
    const char* outcome;  // the delay that the example has, or why it is left out
  } cases[] = {
      {"one version, known later", "f1,,UA,2013-01-10,2013-01-11,7\n", "7"},
      {"two, both known later: the first", "f1,,UA,2013-01-10,2013-01-12,9\nf1,,UA,2013-01-10,2013-01-11,7\n", "7"},
      {"two, one known before", "f1,,UA,2013-01-10,2013-01-01,7\nf1,,UA,2013-01-10,2013-01-11,9\n", "7"},
      {"two, both known before", "f1,,UA,2013-01-10,2013-01-01,7\nf1,,UA,2013-01-10,2013-01-02,9\n", "9"},
      {"known at its time is not before", "f1,,UA,2013-01-10,2013-01-01,7\nf1,,UA,2013-01-10,2013-01-10,9\n", "7"},
      {"equal known_at: the first in canonical encoding",
       "f1,,UA,2013-01-10,2013-01-01,9\nf1,,UA,2013-01-10,2013-01-01,7\n", "7"},
      {"deleted before its time", "f1,,UA,2013-01-10,2013-01-01,7\nf1,d,UA,,2013-01-02,\n", "withdrawn"},
      {"deleted after its time", "f1,,UA,2013-01-10,2013-01-01,7\nf1,d,UA,,2013-01-12,\n", "7"},
      {"left out by where", "f1,,UA,2013-01-10,2013-01-01,\n", "left out by where"},
  };
  for (const auto& c : cases) {
    LearnWorld world(model);
    world.Events("flights", Flights(c.flights));
    const Dataset dataset = world.MustBuild();
    if (dataset.rows() == 1) {
      EXPECT_EQ(dataset.examples.Find("arr_delay")->At(0).ToString(), c.outcome) << c.name;
    } else {
      EXPECT_EQ(dataset.left_out, (Counts{{c.outcome, 1}})) << c.name;
    }
  }
}

TEST(Dataset, CountsEveryRowItLeavesOut) {
  LearnWorld world(
      Replaced(kModel, "scheduled - 1h", "\"if(distance > 9, null, scheduled - 1h)\", where: carrier <> 'XX'"));
  world.Events("schedule", Schedule("f1,UA,2013-01-10 09:00,1\n"
                                    "f2,UA,2013-01-10 09:00,10\n"
                                    "f3,XX,2013-01-10 09:00,1\n"
                                    "f4,UA,2014-01-10 09:00,1\n"
                                    "f5,UA,2013-01-10 09:00,1\n"
                                    "f6,,2013-01-10 09:00,1\n"));
  world.Events("flights", Flights("f1,,UA,2013-01-10 10:00,2013-01-10 10:10,30\n"));
  const Dataset dataset = world.MustBuild();
  EXPECT_EQ(IdsOf(dataset), std::vector<std::string>{"f1"});
  EXPECT_EQ(dataset.left_out,
            (Counts{{"no time", 1}, {"left out by where", 2}, {"outside all parts", 1}, {"no label", 1}}));
  EXPECT_EQ(static_cast<int64_t>(dataset.rows()) + LeftOut(dataset), 6);
}

TEST(Dataset, KeepsTheOrderOfExamples) {
  LearnWorld world;
  std::string schedule = kScheduleHead, flights = kFlightsHead;
  std::vector<std::string> want;
  for (int i = 0; i < 40; i++) {
    const std::string id = "f" + std::to_string(i * 7 % 40), day = std::to_string(10 + i * 11 % 19);
    want.push_back(id);
    schedule += id + ",UA,2013-01-" + day + " 09:00,1\n";
    flights += id + ",,UA,2013-01-" + day + " 10:00,2013-01-" + day + " 10:10,30\n";
  }
  world.Events("schedule", schedule).Events("flights", flights);
  EXPECT_EQ(IdsOf(world.MustBuild()), want);
}

TEST(Dataset, RefusesANullKeyAndNamesTheRow) {
  LearnWorld world;
  world.Events("schedule", Schedule("f0,UA,2015-01-10 09:00,1\n"  // outside
                                    "f1,UA,2013-01-10 09:00,1\n"
                                    "f2,,2013-01-10 09:00,1\n"));
  world.Events("flights", Flights("f1,,UA,2013-01-10 10:00,2013-01-10 10:10,30\n"
                                  "f2,,UA,2013-01-10 10:00,2013-01-10 10:10,30\n"));
  const auto dataset = world.Build();
  ASSERT_FALSE(dataset.ok());
  EXPECT_EQ(dataset.status().code(), Code::kInvalidArgument);
  EXPECT_NE(dataset.status().message().find("column carrier, row 3"), std::string::npos) << dataset.status().message();
  EXPECT_FALSE(dataset.status().suggestion().empty());
}

TEST(Dataset, TakesNullsWhereNoKeyIsNeeded) {
  LearnWorld world(Replaced(kModel, "[delays.*, trip.*]", "[trip.*]"));
  world.Events("schedule", Schedule("f2,,2013-01-10 09:00,\n"));
  world.Events("flights", Flights("f2,,UA,2013-01-10 10:00,2013-01-10 10:10,30\n"));
  const Dataset dataset = world.MustBuild();
  ASSERT_EQ(dataset.rows(), 1U);
  EXPECT_TRUE(dataset.features.values.Find("trip.usual")->IsNull(0));
}

std::string FileModel(const std::string& columns, const std::string& features) {
  return Replaced(Replaced(Replaced(kModel, "source: schedule, time: scheduled - 1h",
                                    "path: data/*, columns: {" + columns + "}, time: asked"),
                           "{is: arr_delay >= 15, from: flights, by: flight_id}", "{is: late}"),
                  "[delays.*, trip.*]", features);
}

TEST(Dataset, ReadsExamplesFromFiles) {
  LearnWorld world(FileModel("carrier: string, asked: timestamp, late: bool", "[delays.last_delay]"));
  world.Events("flights", Flights("f1,,UA,2013-01-10 10:00,2013-01-10 10:10,30\n"));
  world.files().Put("p/data/a.csv",
                    "asked,late,carrier\n2013-01-10 10:10,true,UA\n2013-01-10 10:11,false,UA\n,true,UA\n");
  data::Batch rows(data::Schema({{"carrier", data::TypeKind::kString},
                                 {"asked", data::TypeKind::kTimestamp},
                                 {"late", data::TypeKind::kBool},
                                 {"unread", data::TypeKind::kInt64}}));
  rows.columns[0].AppendString("DL");
  rows.columns[1].AppendInt(base::ParseTime("2013-02-10").value());
  rows.columns[2].AppendNull();
  rows.columns[3].AppendInt(1);
  rows.rows = 1;
  world.files().Put("p/data/b.parquet", data::EncodeParquet(rows).value());
  const Dataset dataset = world.MustBuild();
  ASSERT_EQ(dataset.rows(), 2U);
  EXPECT_EQ(dataset.labels, (std::vector<double>{1, 0}));
  EXPECT_TRUE(dataset.features.values.columns[0].IsNull(0));
  EXPECT_EQ(dataset.features.values.columns[0].Double(1), 30);
  EXPECT_EQ(dataset.left_out, (Counts{{"no time", 1}, {"no label", 1}}));
}

TEST(Dataset, ReadsExamplesWithoutKeys) {
  const std::string project =
      std::string(kProject) + "  hours:\n    request: {asked: timestamp}\n    features: {hour: hour(asked)}\n";
  LearnWorld world(FileModel("asked: timestamp, late: bool", "[hours.hour]"), project);
  world.files().Put("p/data/a.csv", "asked,late\n2013-01-10 10:10,true\n");
  const Dataset dataset = world.MustBuild();
  ASSERT_EQ(dataset.rows(), 1U);
  EXPECT_EQ(dataset.features.values.columns[0].Int(0), 10);
}

TEST(Dataset, SaysWhichExampleFileIsMissing) {
  LearnWorld world(FileModel("carrier: string, asked: timestamp, late: bool", "[delays.last_delay]"));
  const auto dataset = world.Build();
  EXPECT_EQ(dataset.status().code(), Code::kNotFound);
  EXPECT_NE(dataset.status().message().find("data/*"), std::string::npos) << dataset.status().message();
}

TEST(Dataset, IsEmptyWithoutEvents) {
  const Dataset dataset = LearnWorld().MustBuild();
  EXPECT_EQ(dataset.rows(), 0U);
  EXPECT_EQ(dataset.features.values.rows, 0U);
}

std::string WithObjective(const std::string& objective, const std::string& label) {
  return Replaced(Replaced(kModel, "with: xgboost", "with: xgboost, objective: " + objective), "arr_delay >= 15",
                  label);
}

// f1 and f2 are for training, f3 for validation, f4 for the test.
constexpr const char* kFourFlights =
    "f1,UA,2013-01-10 09:00,500\n"
    "f2,UA,2013-01-10 12:00,1500\n"
    "f3,DL,2013-02-10 09:00,100\n"
    "f4,UA,2013-03-10 09:00,100\n";
std::string Delays(const std::vector<std::string>& delays) {
  const char* days[] = {"2013-01-10", "2013-01-10", "2013-02-10", "2013-03-10"};
  std::string rows;
  for (size_t i = 0; i < delays.size(); i++) {
    const std::string day = days[i];
    rows += "f" + std::to_string(i + 1) + ",,UA," + day + " 14:00," + day + " 14:10," + delays[i] + "\n";
  }
  return Flights(rows);
}

TEST(Dataset, KeepsTheNumbersOfARegression) {
  LearnWorld world(WithObjective("reg:squarederror", "arr_delay"));
  world.Events("schedule", Schedule(kFourFlights)).Events("flights", Delays({"0.1", "-3", "12.5", "0"}));
  const Dataset dataset = world.MustBuild();
  EXPECT_EQ(dataset.task, model::Task::kRegression);
  EXPECT_EQ(dataset.labels, (std::vector<double>{0.1, -3, 12.5, 0}));
  EXPECT_EQ(ToTable(dataset).Find("__label")->Double(0), 0.1);
}

TEST(Dataset, LeavesOutLabelsThatNoRegressionCanLearn) {
  for (const char* label : {"NaN", "Infinity", "-Infinity", "1e39"}) {
    SCOPED_TRACE(label);
    LearnWorld world(WithObjective("reg:squarederror", "arr_delay"));
    world.Events("schedule", Schedule(kFourFlights)).Events("flights", Delays({"1", label, "", "4"}));
    const Dataset dataset = world.MustBuild();
    EXPECT_EQ(IdsOf(dataset), (std::vector<std::string>{"f1", "f4"}));
    EXPECT_EQ(dataset.left_out, (Counts{{"label is no finite number", 1}, {"no label", 1}}));
  }
}

TEST(Dataset, NumbersClassesByWhatTrainingSaw) {
  const char* fate = "case when arr_delay > 60 then 'awful' when arr_delay > 15 then 'late' else 'fine' end";
  LearnWorld world(WithObjective("multi:softprob", fate));
  world.Events("schedule", Schedule(kFourFlights)).Events("flights", Delays({"20", "0", "99", "30"}));
  const Dataset dataset = world.MustBuild();
  EXPECT_EQ(dataset.task, model::Task::kClasses);
  EXPECT_EQ(dataset.classes.Texts(), (std::vector<std::string>{"fine", "late"}));
  EXPECT_EQ(dataset.labels, (std::vector<double>{1, 0, Dataset::kUnseenClass, 1}));
  EXPECT_TRUE(dataset.left_out.empty()) << "what training never saw is counted by the report";
  EXPECT_EQ(ToTable(dataset).Find("__label")->String(2), "awful");
}

TEST(Dataset, BecomesATable) {
  LearnWorld world;
  world.Events("schedule", Schedule("f1,UA,2013-01-10 09:00,500\n"));
  world.Events("flights", Flights("f1,,UA,2013-01-10 10:00,2013-01-10 10:10,30\n"));
  const data::Batch table = ToTable(world.MustBuild());
  EXPECT_EQ(table.rows, 1U);
  EXPECT_EQ(table.schema.Names(), (std::vector<std::string>{"flight_id", "carrier", "scheduled", "distance", "__t",
                                                            "__part", "__label", "delays.avg_1d", "delays.last_delay",
                                                            "trip.far", "trip.distance", "trip.usual"}));
  EXPECT_EQ(table.Find("__part")->String(0), "train");
  EXPECT_EQ(table.Find("__label")->Int(0), 1);
  EXPECT_EQ(table.Find("__t")->At(0).ToString(), "2013-01-10T08:00:00Z");
}

}  // namespace
}  // namespace plumb::learn
