#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "features/definitions.h"
#include "features/loaded_project_test.h"

namespace plumb::features {
namespace {

using testing::Contains;
using testing::Not;
using Changes = std::vector<std::pair<const char*, const char*>>;
using Texts = std::vector<std::string>;

constexpr const char* kProject = R"(sources:
  flights:
    path: [data/a.csv, data/b*.csv]
    event_time: arrived_at
    available_after: 10m
    event_id: id
    deleted: op = 'd'
    delimiter: ";"
    interval: 5m
    owner: ops@example.com
    description: Arrivals
    columns:
      id: string
      op: string
      carrier: string
      origin: string
      arrived_at: timestamp
      arr_delay: float32
    derive:
      very_late: late and arr_delay >= 60
      late: {expr: arr_delay >= 15, description: as the industry counts}
      wind: weather(airport = origin).wind_speed
    checks:
      - arr_delay > -120
      - arr_delay < 2000
      - {expect: origin is not null, severity: warn}
      - {freshness: 2h}
  reports:
    event_time: observed_at
    known_at: loaded_at
    skip_null_time: true
    columns: {airport: string, observed_at: timestamp, loaded_at: timestamp, wind_speed: float64}
  planes:
    kind: table
    key: [tail]
    valid_from: since
    columns: {tail: string, seats: int64, since: timestamp, maker: string}
entities:
  carrier: {key: {carrier: string}, description: An airline}
  airport: {key: {airport: string}}
  plane: {key: {tail: string}}
feature_views:
  trip:
    request: {carrier: string, distance: float64}
    features:
      vs_usual: distance - delays.mean_1d
  delays:
    entity: carrier
    source: flights
    owner: ops@example.com
    max_age: 30d
    sla: {freshness: 5m, latency_p99: 2ms}
    features:
      mean_1d: {expr: avg(arr_delay) over 1d, description: Mean delay}
      share: avg(late) over 7d
      last: last(arr_delay)
      windy: count(where wind > 20) over 1d
      ratio: avg(late) over 7d / nullif(avg(arr_delay) over 1d, 0)
  weather:
    entity: airport
    source: reports
    features: {wind_speed: last(wind_speed)}
  planes:
    entity: plane
    source: planes
    features: {seats: seats}
)";

std::string IdentityOf(const std::string& text, const char* view = "delays", const char* feature = "share") {
  const DefinitionsPtr definitions = LoadGood(text);
  return definitions == nullptr ? "" : FeatureOf(*definitions, view, feature).identity;
}

TEST(Identity, IsOfMeaningOnly) {
  const std::string identity = IdentityOf(kProject);
  EXPECT_EQ(identity.size(), 64U);
  const Changes same = {
      {"data/a.csv", "data/c.csv"},
      {"ops@example.com", "you@example.com"},
      {"description: Arrivals", "description: Landings"},
      {"share: avg(late) over 7d", "share: AVG( late )  over 7d"},
      {"      share: avg(late) over 7d\n      last: last(arr_delay)",
       "      last: last(arr_delay)\n      share: avg(late) over 7d"},
      {"      op: string", "      gate: string\n      op: string"},
      {"latency_p99: 2ms", "latency_p99: 5ms"},
      {"    max_age: 30d", "    tags: [a]\n    pii: true\n    max_age: 30d"},
      {"carrier: string\n      origin", "carrier: {type: string, pii: true}\n      origin"},
      {"interval: 5m", "interval: 6m"},
      {"max_age: 30d", "max_age: 31d"},  // share has a window
      {"wind: weather(airport = origin).wind_speed",
       "wind: weather(airport = origin).wind_speed * 2"},  // not used by it
      {"very_late: late and arr_delay >= 60", "very_late: late and arr_delay >= 90"},
      {"severity: warn", "severity: warn, name: from"},
      {"origin is not null, severity: warn", "carrier is not null, severity: warn"},
      {"{freshness: 2h}", "{rows: {min: 1}}"},
      {"      - arr_delay > -120\n      - arr_delay < 2000", "      - arr_delay < 2000\n      - arr_delay > -120"},
  };
  for (const auto& [from, to] : same) EXPECT_EQ(IdentityOf(Replace(kProject, from, to)), identity) << to;
  const Changes other = {
      {"avg(late) over 7d", "avg(late) over 8d"},
      {"arr_delay >= 15", "arr_delay >= 16"},
      {"available_after: 10m", "available_after: 11m"},
      {"    event_id: id\n    deleted: op = 'd'\n", ""},
      {"deleted: op = 'd'", "deleted: op = 'x'"},
      {"    delimiter", "    skip_null_time: true\n    delimiter"},
      {"arr_delay > -120", "arr_delay > -121"},
      {"      - arr_delay < 2000\n", ""},
      {", severity: warn", ""},  // now it removes rows
  };
  for (const auto& [from, to] : other) EXPECT_NE(IdentityOf(Replace(kProject, from, to)), identity) << to;
}

TEST(Identity, FollowsWhatIsUsed) {
  const std::string changed = Replace(kProject, "skip_null_time: true", "skip_null_time: false");
  EXPECT_NE(IdentityOf(kProject, "weather", "wind_speed"), IdentityOf(changed, "weather", "wind_speed"));
  EXPECT_NE(IdentityOf(kProject, "delays", "windy"), IdentityOf(changed, "delays", "windy"));
  EXPECT_EQ(IdentityOf(kProject, "delays", "share"), IdentityOf(changed, "delays", "share"));
  EXPECT_EQ(IdentityOf(kProject, "trip", "vs_usual"), IdentityOf(changed, "trip", "vs_usual"));
  const std::string longer = Replace(kProject, "over 1d, description", "over 2d, description");
  EXPECT_NE(IdentityOf(kProject, "trip", "vs_usual"), IdentityOf(longer, "trip", "vs_usual"));
}

TEST(Identity, HoldsMaxAgeWhereThereIsNoWindow) {
  const std::string changed = Replace(kProject, "max_age: 30d", "max_age: 31d");
  EXPECT_NE(IdentityOf(kProject, "delays", "last"), IdentityOf(changed, "delays", "last"));
  // The state is the same: age hides a value when it is asked for.
  EXPECT_EQ(FeatureOf(*LoadGood(kProject), "delays", "last").aggregate_identities,
            FeatureOf(*LoadGood(changed), "delays", "last").aggregate_identities);
}

TEST(Identity, OfTablesHoldsKeyAndValidity) {
  const std::string identity = IdentityOf(kProject, "planes", "seats");
  const Changes other = {
      {"key: [tail]", "key: [tail, maker]"},
      {"    valid_from: since\n", "    static: true\n"},
      {"valid_from: since", "valid_from: since\n    deleted: seats = 0"},
      {"valid_from: since", "valid_from: since\n    available_after: 1d"},
      {"    kind: table\n    key: [tail]\n    valid_from: since\n", "    event_time: since\n"},
  };
  for (const auto& [from, to] : other) {
    const std::string text = Replace(Replace(kProject, from, to), "{seats: seats}", "{seats: last(seats)}");
    EXPECT_NE(IdentityOf(text, "planes", "seats"), identity) << to;
  }
  EXPECT_EQ(IdentityOf(Replace(kProject, "maker: string", "maker: int64"), "planes", "seats"), identity);
}

// A change of the text changes every identity: it has to be meant.
TEST(Identity, IsTheHashOfTheTextInTheReadme) {
  const DefinitionsPtr definitions = LoadGood(R"(sources:
  s:
    event_time: at
    available_after: 1h
    columns: {k: string, x: float64, at: timestamp, other: int64}
    derive: {y: x}
    checks: [x > 0]
entities:
  e: {key: {k: string}}
feature_views:
  v: {entity: e, source: s, features: {f: "approx_quantile(y, 0.5) over 1d"}}
)");
  ASSERT_NE(definitions, nullptr);
  const Feature& feature = FeatureOf(*definitions, "v", "f");
  const auto item = [](const std::string& label, const std::string& value) {
    return label + " " + std::to_string(value.size()) + ":" + value + "\n";
  };
  const std::string aggregate = feature.checked.aggregates[0].canonical;
  const std::string text = "plumb aggregate 1\n" + item("aggregate", aggregate) + item("type", "float64") +
                           item("version", "1") + item("key", "k") + item("type", "string") + item("source", "s") +
                           item("event_time", "at") + item("available_after", "1h") +
                           item("check", definitions->FindSource("s")->row_checks[0].expect.canonical()) +
                           item("column", "at") + item("type", "timestamp") + item("column", "k") +
                           item("type", "string") + item("column", "x") + item("type", "float64") +
                           item("derived", "y") + item("expression", "x") + item("type", "float64");
  ASSERT_EQ(feature.aggregate_identities.size(), 1U);
  EXPECT_EQ(feature.aggregate_identities[0], base::Sha256Hex(text));
  EXPECT_EQ(feature.identity,
            base::Sha256Hex("plumb feature 2\n" + item("expression", aggregate) + item("type", "float64") +
                            item("aggregate", aggregate) + item("identity", feature.aggregate_identities[0])));
  EXPECT_EQ(definitions->FindView("v")->identity,
            base::Sha256Hex("plumb view 1\n" + item("input", "k") + item("type", "string") + item("feature", "f") +
                            item("identity", feature.identity)));
}

// ---- Aggregates, views, rows ----

Texts AggregatesOf(const std::string& text, const char* feature) {
  return FeatureOf(*LoadGood(text), "delays", feature).aggregate_identities;
}

TEST(Identity, OfAnAggregateIsSharedByFeatures) {
  const Texts ratio = AggregatesOf(kProject, "ratio");
  ASSERT_EQ(ratio.size(), 2U);
  EXPECT_EQ(Texts{ratio[0]}, AggregatesOf(kProject, "share"));
  EXPECT_EQ(Texts{ratio[1]}, AggregatesOf(kProject, "mean_1d"));
  EXPECT_EQ(LoadGood(kProject)->FindView("delays")->AggregateIdentities().size(), 4U);
  EXPECT_TRUE(LoadGood(kProject)->FindView("trip")->AggregateIdentities().empty());
}

TEST(Identity, OfAnAggregateStandsWhenAFeatureIsAdded) {
  const DefinitionsPtr before = LoadGood(kProject);
  const DefinitionsPtr after =
      LoadGood(Replace(kProject, "      last: last", "      most: max(arr_delay)\n      last: last"));
  const Texts old_ones = before->FindView("delays")->AggregateIdentities();
  const Texts new_ones = after->FindView("delays")->AggregateIdentities();
  EXPECT_EQ(new_ones.size(), old_ones.size() + 1);
  for (const std::string& identity : old_ones) EXPECT_THAT(new_ones, Contains(identity));
  EXPECT_NE(before->FindView("delays")->identity, after->FindView("delays")->identity);
  EXPECT_EQ(before->FindView("weather")->identity, after->FindView("weather")->identity);
}

TEST(Identity, OfAnAggregateIsOfItsOwnMeaning) {
  const Texts share = AggregatesOf(kProject, "share");
  for (const auto& [from, to] : Changes{{"share: avg(late) over 7d", "share: 100 * avg(late) over 7d"},
                                        {"last: last(arr_delay)", "last: first(arr_delay)"}}) {
    EXPECT_EQ(AggregatesOf(Replace(kProject, from, to), "share"), share) << to;
  }
  const Changes other = {{"share: avg(late) over 7d", "share: avg(late) over 7d offset 1d"},
                         {"share: avg(late) over 7d", "share: avg(late where arr_delay > 0) over 7d"},
                         {"share: avg(late) over 7d", "share: max(late) over 7d"},
                         {"share: avg(late) over 7d", "share: avg(late) over last 7"},
                         {"share: avg(late) over 7d", "share: avg(late) over week to date"},
                         {"share: avg(late) over 7d", "share: avg(late) over week to date in 'Europe/Berlin'"},
                         {"carrier: {key: {carrier: string}", "carrier: {key: {carrier: string, origin: string}"}};
  Texts seen = share;
  for (const auto& [from, to] : other) {
    const std::string changed =
        Replace(Replace(kProject, from, to), "distance - delays", "distance - delays(carrier = carrier)");
    const std::string text = std::string(to).find("origin") == std::string::npos
                                 ? changed
                                 : Replace(changed, "(carrier = carrier)", "(carrier = carrier, origin = 'JFK')");
    const Texts identities = AggregatesOf(text, "share");
    ASSERT_EQ(identities.size(), 1U) << to;
    EXPECT_THAT(seen, Not(Contains(identities[0]))) << to;
    seen.push_back(identities[0]);
  }
}

TEST(Identity, OfAViewIsOfItsFeaturesByName) {
  const std::string identity = LoadGood(kProject)->FindView("delays")->identity;
  EXPECT_EQ(identity.size(), 64U);
  for (const auto& [from, to] : Changes{{"ops@example.com\n    max_age", "me@example.com\n    max_age"},
                                        {"sla: {freshness: 5m", "sla: {freshness: 6m"}}) {
    EXPECT_EQ(LoadGood(Replace(kProject, from, to))->FindView("delays")->identity, identity) << to;
  }
  for (const auto& [from, to] : Changes{{"      share: avg", "      part: avg"},
                                        {"share: avg(late) over 7d", "share: 2 * avg(late) over 7d"},
                                        {"      last: last(arr_delay)\n", ""}}) {
    EXPECT_NE(LoadGood(Replace(kProject, from, to))->FindView("delays")->identity, identity) << to;
  }
}

TEST(Identity, OfRowsIsOfWhatIsStored) {
  const std::string identity = LoadGood(kProject)->FindSource("flights")->rows_identity;
  for (const auto& [from, to] : Changes{{"arr_delay >= 15", "arr_delay >= 16"}, {"skip_null_time: true\n", "\n"}}) {
    EXPECT_EQ(LoadGood(Replace(kProject, from, to))->FindSource("flights")->rows_identity, identity) << to;
  }
  for (const auto& [from, to] : Changes{{"arr_delay < 2000", "arr_delay < 2001"},
                                        {"op: string", "op: string\n      gate: string"},
                                        {"available_after: 10m", "available_after: 11m"}}) {
    EXPECT_NE(LoadGood(Replace(kProject, from, to))->FindSource("flights")->rows_identity, identity) << to;
  }
}

}  // namespace
}  // namespace plumb::features
