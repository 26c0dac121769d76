// What the two drivers promise beyond values: errors, order of rows, sharing, concurrency.
#include <gtest/gtest.h>

#include <atomic>

#include "base/project_tree.h"
#include "data/memory_event_log.h"
#include "engine/batch_driver.h"
#include "engine/request_driver.h"
#include "features/events.h"

namespace plumb::engine {
namespace {

using base::Code;

constexpr const char* kProject = R"(
sources:
  flights:
    event_time: at
    event_id: id
    known_at: seen
    columns: {id: int64, carrier: string, at: timestamp, seen: timestamp, one: int64, gate: string}
  unused:
    event_time: at
    columns: {carrier: string, at: timestamp}
entities:
  carrier: {key: {carrier: string}}
feature_views:
  flown:
    entity: carrier
    source: flights
    features: {n: count(), total: sum(one), gate: last(gate), gates: max(gate) over 1d}
  other:
    entity: carrier
    source: flights
    features: {n_1h: count() over 1h}
)";

class DriversTest : public testing::Test {
 protected:
  DriversTest() : executor_(base::MakeExecutor(2)) {
    base::Diagnostics diagnostics;
    auto text = std::make_shared<const base::SourceText>(base::SourceText{"project.yaml", kProject});
    definitions_ = features::LoadDefinitions(base::MergeProject({text}, &diagnostics), &diagnostics);
    EXPECT_EQ(diagnostics.Render(false), "");
  }

  FeaturePlan Plan(const std::vector<std::string>& patterns) {
    base::Diagnostics diagnostics;
    return FeaturePlan::Make(definitions_, definitions_->Select(patterns, {}, &diagnostics)).value();
  }
  const features::Source& flights() { return *definitions_->FindSource("flights"); }

  struct Flight {
    int64_t id;
    std::string carrier;
    base::Time at, seen;
    std::string gate = "A1";
  };
  data::Batch Rows(const std::vector<Flight>& flights_given) {
    data::Batch rows(flights().columns);
    rows.rows = flights_given.size();
    for (const Flight& flight : flights_given) {
      rows.columns[0].AppendInt(flight.id);
      rows.columns[1].AppendString(flight.carrier);
      rows.columns[2].AppendInt(flight.at);
      rows.columns[3].AppendInt(flight.seen);
      rows.columns[4].AppendInt(1);
      rows.columns[5].AppendString(flight.gate);
    }
    return features::MakeEvents(flights(), rows, {}).value().rows;
  }
  static data::Batch Carriers(const std::vector<std::string>& carriers) {
    data::Batch inputs;
    data::Column column(data::TypeKind::kString);
    for (const std::string& carrier : carriers) column.AppendString(carrier);
    inputs.AddColumn("carrier", std::move(column));
    return inputs;
  }
  static FeatureQuery QueryAt(const data::Batch& inputs, base::Time t) {
    FeatureQuery query;
    query.inputs = &inputs;
    query.times.assign(inputs.rows, t);
    query.cuts = query.times;
    return query;
  }

  std::unique_ptr<base::Executor> executor_;
  features::DefinitionsPtr definitions_;
};

TEST_F(DriversTest, RefuseOptionsOutOfRange) {
  const FeaturePlan plan = Plan({"flown.*"});
  data::MemoryEventLog log("x");
  log.Put("flights", Rows({}));
  for (const int chunk_rows : {1, 0, -5, 5000}) {
    EXPECT_EQ(BatchDriver::Make(plan, log, *executor_, {chunk_rows}).status().code(), Code::kInvalidArgument);
    EXPECT_EQ(RequestDriver::Make({&plan}, {chunk_rows}).status().code(), Code::kInvalidArgument);
  }
}

TEST_F(DriversTest, PassOnWhatTheLogSays) {
  const FeaturePlan plan = Plan({"flown.*"});
  data::MemoryEventLog empty("x");
  EXPECT_EQ(BatchDriver::Make(plan, empty, *executor_).status().code(), Code::kNotFound);
  EXPECT_EQ(RequestDriver::Make({&plan}).value()->Fill(empty).code(), Code::kNotFound);
}

TEST_F(DriversTest, RefuseRowsThatAreNotEventRows) {
  const FeaturePlan plan = Plan({"flown.*"});
  auto driver = RequestDriver::Make({&plan}).value();
  EXPECT_EQ(driver->Apply(flights(), data::Batch(flights().columns)).code(), Code::kInvalidArgument);
  data::Batch rows = Rows({{1, "UA", 10, 20}});
  rows.columns[static_cast<size_t>(rows.schema.IndexOf(features::kKnownAtColumn))] =
      data::Column::Nulls(data::TypeKind::kTimestamp, 1);
  EXPECT_EQ(driver->Apply(flights(), rows).code(), Code::kInvalidArgument);
  EXPECT_EQ(driver->events(), 0);
}

TEST_F(DriversTest, RefuseQueriesThatDoNotFitThePlan) {
  const FeaturePlan plan = Plan({"flown.*"}), stranger = Plan({"other.*"});
  auto driver = RequestDriver::Make({&plan}).value();
  const data::Batch inputs = Carriers({"UA"}), none;
  data::Batch wrong;
  wrong.AddColumn("carrier", data::Column::Nulls(data::TypeKind::kInt64, 1));
  FeatureQuery short_query = QueryAt(inputs, 5);
  short_query.cuts.clear();
  EXPECT_EQ(driver->Compute(plan, FeatureQuery()).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(driver->Compute(plan, short_query).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(driver->Compute(plan, QueryAt(wrong, 5)).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(driver->Compute(plan, QueryAt(none, 5)).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(driver->Compute(stranger, QueryAt(inputs, 5)).status().code(), Code::kInvalidArgument);
}

TEST_F(DriversTest, AnswerInTheOrderOfTheRows) {
  const FeaturePlan plan = Plan({"flown.n", "flown.gate"});
  data::MemoryEventLog log("x");
  log.Put("flights", Rows({{1, "UA", 10, 10, "A"}, {2, "DL", 10, 10, "B"}, {3, "UA", 12, 12, "C"}}));
  auto batch = BatchDriver::Make(plan, log, *executor_).value();
  auto request = RequestDriver::Make({&plan}).value();
  ASSERT_TRUE(request->Fill(log).ok());
  const data::Batch inputs = Carriers({"DL", "UA", "??", "UA", "DL"});
  for (const FeatureAnswer& answer :
       {batch->Compute(QueryAt(inputs, 20)).value(), request->Compute(plan, QueryAt(inputs, 20)).value()}) {
    ASSERT_EQ(answer.values.rows, 5U);
    const std::vector<std::string> gates = {"B", "C", "null", "C", "B"};
    const std::vector<int64_t> counts = {1, 2, 0, 2, 1};
    for (size_t row = 0; row < 5; ++row) {
      EXPECT_EQ(answer.values.columns[0].Int(row), counts[row]);
      EXPECT_EQ(answer.values.columns[1].At(row).ToString(), gates[row]);
    }
    EXPECT_EQ(answer.statuses[0][2], FeatureStatus::kNotFound);
  }
}

TEST_F(DriversTest, AnswerNoRowsWithNoRows) {
  const FeaturePlan plan = Plan({"flown.*"});
  data::MemoryEventLog log("x");
  log.Put("flights", Rows({}));
  const data::Batch inputs = Carriers({});
  EXPECT_EQ(BatchDriver::Make(plan, log, *executor_).value()->Compute(QueryAt(inputs, 1))->values.rows, 0U);
  EXPECT_EQ(RequestDriver::Make({&plan}).value()->Compute(plan, QueryAt(inputs, 1))->values.rows, 0U);
}

TEST_F(DriversTest, KeepStateOnceForAllPlans) {
  const FeaturePlan first = Plan({"flown.*"}), second = Plan({"other.*", "flown.n"});
  auto driver = RequestDriver::Make({&first, &second}).value();
  ASSERT_TRUE(driver->Apply(flights(), Rows({{1, "UA", 10, 10}, {2, "DL", 10, 10}})).ok());
  EXPECT_EQ(driver->events(), 2);
  EXPECT_EQ(driver->entities(), 2);
  const data::Batch inputs = Carriers({"UA"});
  EXPECT_EQ(driver->Compute(first, QueryAt(inputs, 20))->values.columns[0].Int(0), 1);
  EXPECT_EQ(driver->Compute(second, QueryAt(inputs, 20))->values.columns[0].Int(0), 1);
}

TEST_F(DriversTest, PassOverSourcesThatNoPlanUses) {
  const FeaturePlan plan = Plan({"flown.*"});
  auto driver = RequestDriver::Make({&plan}).value();
  const features::Source& unused = *definitions_->FindSource("unused");
  EXPECT_TRUE(driver->Apply(unused, data::Batch(features::EventSchema(unused))).ok());
}

TEST_F(DriversTest, CountRowsOfOneVersionOnce) {
  const FeaturePlan plan = Plan({"flown.*"});
  auto driver = RequestDriver::Make({&plan}).value();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(driver->Apply(flights(), Rows({{1, "UA", 10, 10}})).ok());
  EXPECT_EQ(driver->events(), 1);
}

// Events are corrected again and again, between two carriers too, while others read: what a reader sees of one carrier
// is always whole.
TEST_F(DriversTest, ReadersNeverSeeHalfOfAnEvent) {
  const FeaturePlan plan = Plan({"flown.*"});
  auto driver = RequestDriver::Make({&plan}, {2}).value();
  constexpr int64_t kEvents = 40;
  std::vector<Flight> first;
  for (int64_t id = 0; id < kEvents; ++id) first.push_back({id, "UA", id, 1});
  ASSERT_TRUE(driver->Apply(flights(), Rows(first)).ok());
  std::atomic<bool> is_done{false};
  std::atomic<int> wrong{0}, reads{0};
  const auto read = [&] {
    const data::Batch inputs = Carriers({"UA", "UA"});
    do {
      const auto answer = driver->Compute(plan, QueryAt(inputs, 1000000)).value();
      const int64_t n = answer.values.columns[0].Int(0);
      // A correction in place leaves kEvents events.
      if (n != kEvents || answer.values.columns[1].Int(0) != n || answer.values.columns[1].Int(1) != n) ++wrong;
      ++reads;
    } while (!is_done);
  };
  base::Thread reader("reader", read), other_reader("reader", read);
  for (int64_t version = 2; version < 30; ++version) {
    for (int64_t id = 0; id < kEvents; ++id) {
      ASSERT_TRUE(driver->Apply(flights(), Rows({{id, "UA", (id * 7 + version * 13) % 100, version}})).ok());
    }
  }
  is_done = true;
  reader.Join();
  other_reader.Join();
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(reads, 0);
}

}  // namespace
}  // namespace plumb::engine
