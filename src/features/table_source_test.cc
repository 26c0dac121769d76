#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "features/definitions.h"
#include "features/loaded_project_test.h"

namespace plumb::features {
namespace {

using testing::HasSubstr;
using Texts = std::vector<std::string>;

constexpr const char* kTable = R"(sources:
  planes:
    kind: table
    key: [tail]
    valid_from: since
    columns: {tail: string, maker: string, seats: int64, weight: float64, since: timestamp, seen: timestamp}
    derive: {big: seats > 200}
entities:
  plane: {key: {tail: string}}
  maker: {key: {maker: string}}
feature_views:
  plane:
    entity: plane
    source: planes
    features:
      seats: seats
      since: event_time
      age: (t - since) / 1d
      name: tail || '/' || coalesce(maker, '?')
      big: big
      changes: count() over 1d
  fleet:
    entity: maker
    source: planes
    features: {largest: max(seats), newest: seats}
)";

TEST(TableSource, IsReadWithKeyAndValidity) {
  const DefinitionsPtr definitions = LoadGood(kTable);
  ASSERT_NE(definitions, nullptr);
  const Source& planes = *definitions->FindSource("planes");
  EXPECT_TRUE(planes.is_table());
  EXPECT_EQ(planes.key, Texts{"tail"});
  EXPECT_EQ(planes.event_time, "since");
  EXPECT_FALSE(planes.is_static);
  EXPECT_TRUE(planes.has_event_id());
  EXPECT_FALSE(planes.has_withdrawals());
  EXPECT_EQ(LoadGood(Replace(kTable, "key: [tail]", "key: tail"))->FindSource("planes")->key, Texts{"tail"});
  const DefinitionsPtr two = LoadGood(Replace(kTable, "key: [tail]", "key: [tail, maker]\n    known_at: seen"));
  EXPECT_EQ(two->FindSource("planes")->key, (Texts{"tail", "maker"}));
  EXPECT_EQ(two->FindSource("planes")->known_at, "seen");
  const DefinitionsPtr deletes = LoadGood(Replace(kTable, "key: [tail]", "key: [tail]\n    deleted: seats = 0"));
  EXPECT_TRUE(deletes->FindSource("planes")->deleted.has_value());
  EXPECT_FALSE(deletes->FindSource("planes")->has_withdrawals());
}

TEST(TableSource, ColumnOutsideAnAggregateIsTheValidValue) {
  const DefinitionsPtr definitions = LoadGood(kTable);
  ASSERT_NE(definitions, nullptr);
  struct NamedCase {
    const char* view;
    const char* feature;
    Texts aggregates;
  };
  const std::vector<NamedCase> cases = {
      {"plane", "seats", {"last(seats)"}},       {"plane", "age", {"last(since)"}},
      {"plane", "name", {"last(maker)"}},  // tail is the key
      {"plane", "since", {"last(event_time)"}},  {"plane", "big", {"last(big)"}},
      {"plane", "changes", {"count() over 1d"}}, {"fleet", "largest", {"max(seats)"}},
      {"fleet", "newest", {"last(seats)"}},
  };
  for (const NamedCase& one : cases) {
    Texts aggregates;
    const Feature& feature = FeatureOf(*definitions, one.view, one.feature);
    for (const expr::Aggregate& aggregate : feature.checked.aggregates) {
      aggregates.push_back(aggregate.canonical);
      EXPECT_TRUE(aggregate.window.lifetime || one.feature == std::string("changes"));
    }
    EXPECT_EQ(aggregates, one.aggregates) << one.feature;
  }
  EXPECT_EQ(FeatureOf(*definitions, "plane", "seats").identity,
            FeatureOf(*LoadGood(Replace(kTable, "seats: seats", "seats: last(seats)")), "plane", "seats").identity);
}

TEST(TableSource, ValidValuesStandInEveryPartOfAnExpression) {
  const std::vector<const char*> expressions = {
      "case when seats > 1 then maker else 'x' end",
      "seats between 1 and 2",
      "maker in ('a', 'b')",
      "maker like 'a%'",
      "seats is null",
      "cast(seats as float64) / nullif(weight, 0)",
      "not (seats > 3 or -weight < 1)",
      "'\"seats\" + 1'",
      "sum(seats where weight > 3) / seats",
  };
  for (const char* expression : expressions) {
    const DefinitionsPtr definitions = LoadGood(Replace(kTable, "seats: seats", std::string("seats: ") + expression));
    ASSERT_NE(definitions, nullptr) << expression;
    for (const expr::Input& input : FeatureOf(*definitions, "plane", "seats").checked.scalar.inputs()) {
      EXPECT_EQ(input.leaf, expr::Input::Leaf::kAggregate) << expression;
    }
  }
}

TEST(TableSource, MistakesAreReportedWithTheirPlace) {
  ExpectMistakes(
      kTable,
      {
          {"kind: table", "kind: tabel", 3, "Kind of source is not known: tabel", "Did you mean table?"},
          {"kind: table", "kind: stream", 3, "Kind of source is not known: stream", "events or table"},
          {"    valid_from: since\n", "", 2, "Key is missing: valid_from", "static: true"},
          {"valid_from: since", "valid_from: sinc", 5, "Column is not declared: sinc", "Did you mean since?"},
          {"valid_from: since", "valid_from: seats", 5, "want timestamp for valid_from"},
          {"valid_from: since", "event_time: since", 5, "A table has no event_time", "valid_from"},
          {"valid_from: since", "valid_from: since\n    event_time: since", 6, "A table has no event_time",
           "valid_from"},
          {"valid_from: since", "valid_from: since\n    event_id: tail", 6, "A table has no event_id"},
          {"valid_from: since", "valid_from: since\n    known_at: seats", 6, "want timestamp"},
          {"valid_from: since", "valid_from: since\n    known_at: seen\n    available_after: 1h", 7, "both known_at"},
          {"valid_from: since", "valid_from: since\n    static: true", 5, "no times: valid_from"},
          {"valid_from: since", "static: maybe", 5, "static"},
          {"valid_from: since", "valid_from: since\n    deleted: seats", 6, ""},
          {"    key: [tail]\n", "", 2, "Key is missing: key"},
          {"key: [tail]", "key: []", 2, "Key is missing: key"},
          {"key: [tail]", "key: [tial]", 4, "Column is not declared: tial", "Did you mean tail?"},
          {"key: [tail]", "key: [tail, tail]", 4, "twice"},
          {"key: [tail]", "key: [weight]", 4, "Column cannot be a key: weight is float64", "int64 or string"},
          {"key: [tail]", "key: [tail, since]", 4, "The key holds valid_from"},
          {"key: [tail]", "key: {tail: string}", 4, "key"},
          {"kind: table", "owner: me", 5, "Only a table has valid_from", "kind: table"},
          {"seats: seats", "seats: seat", 16, "seat", "seats"},
          {"seats: seats", "seats: max(seats) + wieght", 16, "wieght", "weight"},
      });
}

TEST(TableSource, EventsHaveNoKeyOfTheirRows) {
  ExpectMistakes("sources:\n  s:\n    event_time: at\n    columns: {k: string, at: timestamp}\n",
                 {{"event_time: at", "event_time: at\n    key: k", 4, "Only a table has key", "kind: table"},
                  {"event_time: at", "event_time: at\n    valid_from: at", 4, "Only a table has valid_from"},
                  {"event_time: at", "event_time: at\n    static: true", 4, "Only a table has static"},
                  {"event_time: at", "kind: events", 3, "event_time"}});
}

// ---- Static tables ----

constexpr const char* kStatic = R"(sources:
  planes:
    kind: table
    key: tail
    static: true
    columns: {tail: string, maker: string, seats: int64}
entities:
  plane: {key: {tail: string}}
  maker: {key: {maker: string}}
feature_views:
  plane:
    entity: plane
    source: planes
    features: {seats: seats, all: sum(seats) over lifetime, some: last(seats)}
  again:
    entity: maker
    source: planes
    features: {planes: count()}
)";

TEST(StaticTable, WarnsOnce) {
  const Loaded loaded = Load(kStatic);
  ASSERT_NE(loaded.definitions, nullptr) << loaded.diagnostics.Render(false);
  ASSERT_EQ(loaded.diagnostics.all().size(), 1U) << loaded.diagnostics.Render(false);
  const base::Diagnostic& warning = loaded.diagnostics.all()[0];
  EXPECT_EQ(warning.severity, base::Severity::kWarning);
  EXPECT_EQ(warning.position.Line(), 5);
  EXPECT_THAT(warning.message, HasSubstr("Static table: leakage risk: source planes"));
  EXPECT_TRUE(loaded.definitions->FindSource("planes")->is_static);
  EXPECT_EQ(loaded.definitions->FindSource("planes")->event_time, "");
  base::Diagnostics again;
  EXPECT_NE(WithQuery(loaded.definitions, "<query>", "seats of plane from planes", &again), nullptr);
  EXPECT_EQ(again.Render(false), "");
}

TEST(StaticTable, HasNoTimes) {
  ExpectMistakes(
      kStatic,
      {
          {"static: true", "static: false", 2, "Key is missing: valid_from"},
          {"static: true", "static: true\n    available_after: 1h", 6, "A static table has no times: available_after"},
          {"static: true", "static: true\n    known_at: tail", 6, "A static table has no times: known_at"},
          {"static: true", "static: true\n    skip_null_time: true", 6, "A static table has no times: skip_null_time"},
          {"static: true", "static: true\n    checks: [{freshness: 2h}]", 6, "A static table has no times: freshness"},
          {"over lifetime", "over 1d", 14, "A static table has no times for a window: sum", "valid_from"},
          {"over lifetime", "over 1d ahead", 14, "no times for a window"},
          {"over lifetime", "over day to date", 14, "no times for a window"},
          {"over lifetime", "over lifetime offset 1d", 14, "no times for a window"},
          {"sum(seats)", "avg(case when event_time is null then 1 end)", 14, "A static table has no times: event_time"},
          {"sum(seats)", "sum(seats where known_at is null)", 14, "A static table has no times: known_at"},
          {"source: planes\n    features: {planes", "source: planes\n    max_age: 1d\n    features: {planes", 17,
           "A static table has no age"},
      });
  EXPECT_NE(LoadGood(Replace(kStatic, "over lifetime", "over last 3")), nullptr);
}

TEST(StaticTable, CannotLookUp) {
  ExpectMistakes(Replace(kStatic, "columns: {tail", "derive: {wind: 1}\n    columns: {tail") + R"(  w:
    request: {maker: string}
    features: {wind: length(maker)}
)",
                 {{"wind: 1}", "wind: w(maker = maker).wind}", 6, "no time at which to look up: wind"}});
}

}  // namespace
}  // namespace plumb::features
