#include "engine/brute_force.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "data/memory_event_log.h"
#include "engine/text_world_test.h"
#include "features/events.h"

namespace plumb::engine {
namespace {

using data::Value;
using testing_tables::Lines;
using testing_tables::TimeOf;
using testing_tables::World;

// One source with a known_at column, one entity, one view "v" with the features given.
std::string Project(const std::string& features, const std::string& more_of_source = "",
                    const std::string& more_of_view = "") {
  std::string text = R"(
sources:
  flights:
    event_time: event_time
    known_at: known_at
    columns: {event_time: timestamp, known_at: timestamp, id: string, carrier: string, delay: float64, legs: int64, op: string}
)";
  if (!more_of_source.empty()) text += "    " + more_of_source + "\n";
  text += R"(
entities:
  carrier: {key: {carrier: string}}
feature_views:
  v:
    entity: carrier
    source: flights
)";
  if (!more_of_view.empty()) text += "    " + more_of_view + "\n";
  text += "    features:\n";
  for (const auto& line : Lines(features)) text += fmt::format("      {}\n", fmt::join(line, " "));
  return text;
}

// An event is not part of its own window; one that arrives late counts from when it was known.
TEST(BruteForce, CountsALateEventFromWhenItWasKnown) {
  World world(Project("f: avg(delay) over 2h"));
  world.Events("flights", R"(
    event_time        known_at          carrier  delay
    2013-01-01 08:00  2013-01-01 08:00  UA       10
    2013-01-01 09:00  2013-01-01 09:00  UA       20
    2013-01-01 08:30  2013-01-01 09:45  UA       60
  )");
  world.Expect("v.f", R"(
    time              carrier  value  status
    2013-01-01 09:00  UA       10     PRESENT
    2013-01-01 09:01  UA       15     PRESENT
    2013-01-01 09:46  UA       30     PRESENT
    2013-01-01 10:15  UA       40     PRESENT
    2013-01-01 12:00  UA       null   NULL_VALUE
    2013-01-01 09:01  DL       null   NOT_FOUND
    2013-01-01 09:01  null     null   NULL_KEY
  )");
}

constexpr const char* kFour = R"(
  event_time        known_at          carrier  delay  legs
  2013-01-01 08:00  2013-01-01 08:00  UA       10     1
  2013-01-01 09:00  2013-01-01 09:00  UA       20     2
  2013-01-01 10:00  2013-01-01 07:00  UA       30     3
  2013-01-01 11:00  2013-01-01 11:00  UA       40     4
)";

struct Case {
  const char* expression;
  const char* time;
  const char* value;
};

TEST(BruteForce, BoundsWindows) {
  const std::vector<Case> cases = {
      {"sum(legs) over 1h", "2013-01-01 10:00", "2"},            // t − w is inside, t is not
      {"sum(legs) over 1h", "2013-01-01 09:00:00.000001", "2"},  // just after the event, just past the one before
      {"sum(legs) over 1h offset 1h", "2013-01-01 11:00", "2"},
      {"sum(legs) over 1h offset 1h", "2013-01-01 12:00", "3"},
      {"sum(legs) over 1h ahead", "2013-01-01 10:00", "3"},  // known ahead of its time, t is inside
      {"sum(legs) over 1h ahead", "2013-01-01 09:00",
       "null"},  // at 09:00 the event of 09:00 is not known before the cut
      {"sum(legs) over 1h ahead", "2013-01-01 09:00:00.000001", "3"},  // up to 10:00:00.000001
      {"sum(legs) over 1h ahead offset 1h", "2013-01-01 09:00", "3"},
      {"sum(legs) over 1h ahead offset 1h", "2013-01-01 10:00", "null"},
      {"sum(legs)", "2013-01-01 11:00", "6"},  // no window: lifetime
      {"sum(legs) over lifetime", "2013-01-01 11:01", "10"},
      {"sum(legs) over lifetime offset 1h", "2013-01-01 11:00", "3"},
      {"sum(legs) over 1mo", "2013-02-01 09:00", "9"},  // from 2013-01-01 09:00 on
      {"count() over 1h", "2013-01-01 20:00", "0"},
      {"count(where legs >= 2)", "2013-01-01 12:00", "3"},
      {"sum(legs where legs >= 2) over 3h", "2013-01-01 11:00", "5"},
      {"(t - last(event_time)) / 1h", "2013-01-01 11:00", "1"},
  };
  for (const Case& one : cases) {
    World world(Project(std::string("f: ") + one.expression));
    world.Events("flights", kFour);
    world.Expect("v.f", fmt::format("time  carrier  value\n{}  UA  {}", one.time, one.value));
  }
}

TEST(BruteForce, MovesTheWindowButNotTheCut) {
  World world(Project("f: sum(legs) over 2h offset 1h"));
  world.Events("flights", kFour);
  world.Expect("v.f", R"(
    time              cut               carrier  value
    2013-01-01 11:00  2013-01-01 11:00  UA       3
    2013-01-01 11:00  2013-01-01 09:00  UA       1
    2013-01-01 11:30  2013-01-01 07:01  UA       3
    2013-01-01 11:30  2013-01-01 07:00  UA       null
  )");
}

TEST(BruteForce, FindsAnEntityOfWhichOnlyTheFutureIsKnown) {
  World world(Project("f: sum(legs) over 1h"));
  world.Events("flights", kFour);
  world.Expect("v.f", R"(
    time              carrier  value  status
    2013-01-01 07:00  UA       null   NOT_FOUND
    2013-01-01 07:01  UA       null   NULL_VALUE
  )");
}

TEST(BruteForce, FoldsWithNullsAndNan) {
  constexpr const char* kEvents = R"(
    event_time        known_at          carrier  delay  legs
    2013-01-01 08:00  2013-01-01 08:00  UA       null   1
    2013-01-01 08:10  2013-01-01 08:10  UA       NaN    null
    2013-01-01 08:20  2013-01-01 08:20  UA       2      2
    2013-01-01 08:30  2013-01-01 08:30  UA       1      4
    2013-01-01 08:40  2013-01-01 08:40  UA       null   null
    2013-01-01 08:10  2013-01-01 08:10  B6       NaN    9223372036854775807
    2013-01-01 08:20  2013-01-01 08:20  B6       null   1
  )";
  struct FoldCase {
    const char* expression;
    const char* carrier;
    const char* value;
    const char* status;
  };
  const std::vector<FoldCase> cases = {
      {"count()", "UA", "5", "PRESENT"},
      {"count(delay)", "UA", "3", "PRESENT"},
      {"min(delay)", "UA", "1", "PRESENT"},
      {"max(delay)", "UA", "2", "PRESENT"},
      {"max(delay)", "B6", "NaN", "PRESENT"},
      {"sum(delay)", "UA", "NaN", "PRESENT"},
      {"sum(delay where delay < 5)", "UA", "3", "PRESENT"},
      {"first(delay)", "UA", "null", "NULL_VALUE"},
      {"last(delay)", "UA", "null", "NULL_VALUE"},
      {"last(delay where delay is not null)", "UA", "1", "PRESENT"},
      {"sum(legs)", "UA", "7", "PRESENT"},
      {"sum(legs)", "B6", "null", "ERROR"},
      {"avg(legs)", "UA", "2.3333333333333335", "PRESENT"},
      {"avg(legs)", "B6", "4611686018427387904", "PRESENT"},
      {"max(legs)", "UA", "4", "PRESENT"},
      {"avg(legs > 1)", "UA", "0.6666666666666666", "PRESENT"},
      {"sum(legs > 1)", "UA", "2", "PRESENT"},
      {"max(carrier)", "UA", "UA", "PRESENT"},
      {"max(legs) + 1", "B6", "null", "ERROR"},
      {"count() over 1h", "AA", "0", "NOT_FOUND"},
      {"sum(delay) over 1h", "AA", "null", "NOT_FOUND"},
  };
  for (const FoldCase& one : cases) {
    World world(Project(std::string("f: ") + one.expression));
    world.Events("flights", kEvents);
    const FeaturePlan plan = world.Plan({"v.f"});
    const auto got = world.Brute(plan).Evaluate(plan.outputs().front(), {Value::String(one.carrier)},
                                                TimeOf("2013-01-01 10:00"), TimeOf("2013-01-01 10:00"));
    ASSERT_TRUE(got.ok()) << got.status().ToString();
    const std::string want = one.value;
    if (got->value.type() == data::TypeKind::kFloat64 && !got->value.is_null() && want != "NaN") {
      EXPECT_EQ(got->value.AsDouble(), std::stod(want)) << one.expression;
    } else {
      EXPECT_EQ(got->value.ToString(), want) << one.expression;
    }
    EXPECT_STREQ(FeatureStatusName(got->status), one.status) << one.expression;
  }
}

TEST(BruteForce, OrdersTiesByKnownAtThenIdThenValue) {
  World world(Project("last: last(legs)\n first: first(legs)", "event_id: id"));
  world.Events("flights", R"(
    event_time        known_at          id  carrier  legs
    2013-01-01 08:00  2013-01-01 08:05  a   UA       1
    2013-01-01 08:00  2013-01-01 08:06  c   UA       2
    2013-01-01 08:00  2013-01-01 08:06  b   UA       3
  )");
  world.Expect("v.last", "time  carrier  value\n2013-01-01 09:00  UA  2");
  world.Expect("v.first", "time  carrier  value\n2013-01-01 09:00  UA  1");
  World without_id(Project("last: last(legs)\n first: first(legs)"));
  without_id.Events("flights", R"(
    event_time        known_at          carrier  legs
    2013-01-01 08:00  2013-01-01 08:05  UA       7
    2013-01-01 08:00  2013-01-01 08:05  UA       null
    2013-01-01 08:00  2013-01-01 08:05  UA       -3
  )");
  without_id.Expect("v.last", "time  carrier  value\n2013-01-01 09:00  UA  7");
  without_id.Expect("v.first", "time  carrier  value\n2013-01-01 09:00  UA  null");
}

TEST(BruteForce, TakesTheVersionKnownLast) {
  World world(Project("f: sum(legs)", "event_id: id"));
  world.Events("flights", R"(
    event_time        known_at          id  carrier  legs
    2013-01-01 08:00  2013-01-01 08:00  a   UA       1
    2013-01-01 08:00  2013-01-01 09:00  a   UA       10
    2013-01-01 08:00  2013-01-01 10:00  a   DL       100
    null              2013-01-01 11:00  a   DL       100
    2013-01-01 08:30  2013-01-01 12:00  a   UA       1000
  )");
  world.Expect("v.f", R"(
    time                     carrier  value  status
    2013-01-01 09:00         UA       1      PRESENT
    2013-01-01 09:01         UA       10     PRESENT
    2013-01-01 10:01         UA       null   NOT_FOUND
    2013-01-01 10:01         DL       100    PRESENT
    2013-01-01 11:00:00.001  DL       null   NOT_FOUND
    2013-01-01 12:01         UA       1000   PRESENT
    2013-01-01 12:01         DL       null   NOT_FOUND
  )");
}

TEST(BruteForce, RemembersADeleteBeforeItsEvent) {
  World world(Project("f: count()", "event_id: id\n    deleted: op = 'd'"));
  world.Events("flights", R"(
    event_time        known_at          id  carrier  op
    null              2013-01-01 07:00  a   null     d
    2013-01-01 06:00  2013-01-01 06:30  a   UA       c
    2013-01-01 06:10  2013-01-01 06:30  b   UA       c
  )");
  world.Expect("v.f", R"(
    time                carrier  value
    2013-01-01 06:31    UA       2
    2013-01-01 07:00    UA       2
    2013-01-01 07:01    UA       1
  )");
}

TEST(BruteForce, ResolvesConflictsWithoutRegardToOrder) {
  for (const bool swapped : {false, true}) {
    World world(Project("f: sum(legs)", "event_id: id"));
    const std::string header = "event_time  known_at  id  carrier  legs\n";
    const std::string one = "2013-01-01 08:00  2013-01-01 09:00  a  UA  5\n";
    const std::string other = "2013-01-01 08:00  2013-01-01 09:00  a  UA  3\n";
    world.Events("flights", swapped ? header + other + one : header + one + other);
    world.Expect("v.f", "time  carrier  value\n2013-01-01 10:00  UA  3");
  }
}

TEST(BruteForce, HidesLifetimeValuesByAge) {
  World world(Project(R"(
    newest: last(legs)
    windowed: sum(legs) over 30d
    mixed: last(legs) + sum(legs) over 30d
    filtered: last(legs where legs < 2)
    of_nothing: count(where legs > 100)
  )",
                      "", "max_age: 2h"));
  world.Events("flights", kFour);
  world.Expect("v.newest", R"(
    time                     carrier  value  status
    2013-01-01 13:00         UA       4      PRESENT
    2013-01-01 13:00:00.001  UA       null   OUTSIDE_MAX_AGE
    2013-01-01 13:00         DL       null   NOT_FOUND
  )");
  world.Expect("v.windowed", "time  carrier  value  status\n2013-01-02 13:00  UA  10  PRESENT");
  world.Expect("v.mixed", "time  carrier  value  status\n2013-01-02 13:00  UA  null  OUTSIDE_MAX_AGE");
  world.Expect("v.filtered", R"(
    time              carrier  value  status
    2013-01-01 10:00  UA       1      PRESENT
    2013-01-01 10:01  UA       null   OUTSIDE_MAX_AGE
  )");
  world.Expect("v.of_nothing", "time  carrier  value  status\n2013-01-02 13:00  UA  0  PRESENT");
}

constexpr const char* kLookUps = R"(
sources:
  reports:
    event_time: observed_at
    available_after: 20m
    columns: {airport: string, observed_at: timestamp, wind: float64}
  flights:
    event_time: at
    available_after: 1h
    columns: {carrier: string, origin: string, at: timestamp, delay: float64}
    derive:
      windy: wind > 10
      wind: weather(airport = origin).wind
  plan:
    event_time: at
    available_after: -1d
    columns: {carrier: string, origin: string, at: timestamp}
    derive:
      wind: weather(airport = origin).wind
entities:
  carrier: {key: {carrier: string}}
  airport: {key: {airport: string}}
feature_views:
  weather:
    entity: airport
    source: reports
    features: {wind: last(wind), n: count()}
  delays:
    entity: carrier
    source: flights
    features:
      winds: sum(wind)
      windy: count(where windy)
  plans:
    entity: carrier
    source: plan
    features:
      winds: sum(wind) over 1d ahead
  trip:
    request: {carrier: string, dest: string, km: int64}
    features:
      there: weather(airport = dest).wind
      reports: weather(airport = dest).n
      usual: delays.winds / 2
      doubled: km * 9223372036854775807
      asked: t
)";

World LookUpWorld() {
  World world(kLookUps);
  world.Events("reports", R"(
    airport  observed_at       wind
    JFK      2013-01-01 06:00  5
    JFK      2013-01-01 07:00  20
    JFK      2013-01-02 07:00  90
  )");
  world.Events("flights", R"(
    carrier  origin  at                delay
    UA       JFK     2013-01-01 06:30  1
    UA       JFK     2013-01-01 07:10  2
    UA       JFK     2013-01-01 08:00  3
    UA       null    2013-01-01 08:10  3
  )");
  world.Events("plan", R"(
    carrier  origin  at
    UA       JFK     2013-01-02 08:00
  )");
  return world;
}

TEST(BruteForce, DerivesAsOfEachEvent) {
  World world = LookUpWorld();
  // 06:30 and 07:10 see the wind of 06:00 (that of 07:00 is known at 07:20), 08:00 sees that of 07:00.
  world.Expect("delays.winds", "time  carrier  value\n2013-01-01 12:00  UA  30");
  world.Expect("delays.windy", "time  carrier  value\n2013-01-01 12:00  UA  1");
  // Known a day ahead: what is derived for it is what was known then, not what is known at its time.
  world.Expect("plans.winds", "time  carrier  value\n2013-01-02 07:59  UA  20");
}

TEST(BruteForce, LooksUpFromRequestsAtTheAskingTime) {
  World world = LookUpWorld();
  world.Expect("trip.there", R"(
    time              carrier  dest  km  value  status
    2013-01-01 07:10  UA       JFK   1   5      PRESENT
    2013-01-01 07:21  UA       JFK   1   20     PRESENT
    2013-01-01 07:21  UA       LGA   1   null   NULL_VALUE
    2013-01-01 07:21  UA       null  1   null   NULL_VALUE
  )");
  world.Expect("trip.reports", R"(
    time              carrier  dest  km  value  status
    2013-01-01 07:21  UA       LGA   1   0      PRESENT
    2013-01-01 07:21  UA       null  1   null   NULL_VALUE
  )");
  world.Expect("trip.usual", "time  carrier  dest  km  value\n2013-01-01 12:00  UA  JFK  1  15");
  world.Expect("trip.doubled", R"(
    time              carrier  dest  km    value                status
    2013-01-01 12:00  UA       JFK   1     9223372036854775807  PRESENT
    2013-01-01 12:00  UA       JFK   2     null                 ERROR
    2013-01-01 12:00  UA       JFK   null  null                 NULL_VALUE
  )");
  world.Expect("trip.asked", "time  carrier  dest  km  value\n2013-01-01 12:00  UA  JFK  1  2013-01-01T12:00:00Z");
}

TEST(BruteForce, EvaluatesAllRowsOfAQuery) {
  World world(Project("sum: sum(legs)\n n: count() over 1h"));
  world.Events("flights", kFour);
  const FeaturePlan plan = world.Plan({"v.*"});
  const BruteForce brute = world.Brute(plan);
  data::Batch inputs(plan.inputs());
  for (const char* carrier : {"UA", "DL"}) inputs.columns[0].AppendString(carrier);
  inputs.rows = 2;
  const base::Time t = TimeOf("2013-01-01 12:00");
  const auto answer = brute.EvaluateAll({&inputs, {t, t}, {t, t}});
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_EQ(answer->values.schema.Names(), (std::vector<std::string>{"v.sum", "v.n"}));
  EXPECT_EQ(answer->values.columns[0].At(0), Value::Int64(10));
  EXPECT_TRUE(answer->values.columns[0].IsNull(1));
  EXPECT_EQ(answer->values.columns[1].At(0), Value::Int64(1));
  EXPECT_EQ(answer->statuses[1][1], FeatureStatus::kNotFound);
  EXPECT_EQ(brute.EvaluateAll({&inputs, {t}, {t, t}}).status().code(), base::Code::kInvalidArgument);
}

TEST(BruteForce, RefusesInputsThatAreNotThePlans) {
  World world = LookUpWorld();
  const FeaturePlan plan = world.Plan({"delays.winds"});
  const BruteForce brute = world.Brute(plan);
  const features::FeatureId weather{world.definitions()->FindView("weather"), 0};
  const features::FeatureId trip{world.definitions()->FindView("trip"), 0};
  const features::FeatureId winds = plan.outputs().front();
  EXPECT_EQ(brute.Evaluate(weather, {Value::String("JFK")}, 0, 0).status().code(), base::Code::kInvalidArgument);
  EXPECT_EQ(brute.Evaluate(trip, {Value::String("UA")}, 0, 0).status().code(), base::Code::kInvalidArgument);
  EXPECT_EQ(brute.Evaluate(winds, {}, 0, 0).status().code(), base::Code::kInvalidArgument);
  EXPECT_EQ(brute.Evaluate(winds, {Value::Int64(1)}, 0, 0).status().code(), base::Code::kInvalidArgument);
}

TEST(BruteForce, SaysWhyAnEventCounts) {
  World world(Project("f: sum(legs where legs < 50) over 2h", "event_id: id\n    deleted: op = 'd'"));
  world.Events("flights", R"(
    event_time        known_at          id  carrier  legs  op
    2013-01-01 06:00  2013-01-01 06:00  a   UA       1     c
    2013-01-01 08:00  2013-01-01 08:00  b   UA       2     c
    2013-01-01 08:01  2013-01-01 08:01  c   UA       90    c
    2013-01-01 08:02  2013-01-01 10:00  d   UA       4     c
    2013-01-01 08:03  2013-01-01 08:03  e   UA       5     c
    2013-01-01 08:03  2013-01-01 09:00  e   UA       6     c
    2013-01-01 08:04  2013-01-01 08:04  f   UA       7     c
    2013-01-01 08:04  2013-01-01 08:04  f   UA       8     c
    2013-01-01 08:05  2013-01-01 08:05  g   UA       9     c
    2013-01-01 08:05  2013-01-01 08:06  g   DL       9     c
    2013-01-01 08:07  2013-01-01 08:07  h   UA       9     c
    null              2013-01-01 08:08  h   null     null  d
    2013-01-01 08:08  2013-01-01 08:08  i   UA       9     c
    null              2013-01-01 08:09  i   UA       9     c
    2013-01-01 08:10  2013-01-01 08:10  j   DL       9     c
  )");
  const FeaturePlan plan = world.Plan({"v.f"});
  const base::Time t = TimeOf("2013-01-01 10:00");
  const auto why = world.Brute(plan).Explain(plan.outputs().front(), {Value::String("UA")}, t, t);
  ASSERT_TRUE(why.ok()) << why.status().ToString();
  EXPECT_EQ(why->value, Value::Int64(2 + 6 + 7));
  EXPECT_EQ(why->status, FeatureStatus::kPresent);
  ASSERT_EQ(why->aggregates.size(), 1U);
  std::vector<std::pair<int64_t, std::string>> got;
  for (const ExplainedEvent& event : why->aggregates[0].events)
    got.emplace_back(event.row, EventVerdictName(event.verdict));
  const std::vector<std::pair<int64_t, std::string>> want = {
      {0, "outside window"}, {1, "used"},        {2, "filtered"},    {3, "not yet known"}, {4, "superseded"},
      {5, "used"},           {6, "used"},        {7, "conflicting"}, {8, "superseded"},    {9, "other entity"},
      {10, "superseded"},    {12, "superseded"}, {11, "deleted"},    {13, "no event_time"}};
  EXPECT_EQ(got, want);
}

TEST(BruteForce, RefusesRowsThatAreNotEvents) {
  World world(Project("f: count()"));
  const FeaturePlan plan = world.Plan({"v.f"});
  data::MemoryEventLog log("test");
  EXPECT_EQ(BruteForce::Make(plan, log).status().code(), base::Code::kNotFound);
  log.Put("flights", data::Batch(plan.sources().front()->columns));
  EXPECT_EQ(BruteForce::Make(plan, log).status().code(), base::Code::kInvalidArgument);
  data::Batch rows(features::EventSchema(*plan.sources().front()));
  for (data::Column& column : rows.columns) column.AppendNull();
  rows.rows = 1;
  log.Put("flights", rows);
  EXPECT_EQ(BruteForce::Make(plan, log).status().code(), base::Code::kInvalidArgument);
}

TEST(BruteForce, GivesColumnsOfEvents) {
  World world = LookUpWorld();
  const FeaturePlan plan = world.Plan({"delays.windy"});
  const BruteForce brute = world.Brute(plan);
  const features::Source& flights = *world.definitions()->FindSource("flights");
  EXPECT_EQ(brute.EventRows(flights).rows, 4U);
  EXPECT_EQ(brute.EventValue(flights, 2, "wind"), Value::Float64(20));
  EXPECT_EQ(brute.EventValue(flights, 2, "windy"), Value::Bool(true));
  EXPECT_EQ(brute.EventValue(flights, 2, "delay"), Value::Float64(3));
  EXPECT_EQ(brute.EventValue(flights, 2, "known_at"), Value::Timestamp(TimeOf("2013-01-01 09:00")));
  EXPECT_TRUE(brute.EventValue(flights, 3, "wind").is_null());
}

}  // namespace
}  // namespace plumb::engine
