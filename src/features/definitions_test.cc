#include "features/definitions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/file_system.h"

namespace plumb::features {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Texts = std::vector<std::string>;

struct Loaded {
  DefinitionsPtr definitions;
  base::Diagnostics diagnostics;
};

Loaded Load(const std::string& text) {
  Loaded loaded;
  auto source = std::make_shared<const base::SourceText>(base::SourceText{"project.yaml", text});
  loaded.definitions = LoadDefinitions(base::MergeProject({source}, &loaded.diagnostics), &loaded.diagnostics);
  return loaded;
}

DefinitionsPtr LoadGood(const std::string& text) {
  Loaded loaded = Load(text);
  EXPECT_EQ(loaded.diagnostics.Render(false), "");
  EXPECT_NE(loaded.definitions, nullptr);
  return loaded.definitions;
}

constexpr const char* kProject = R"(sources:
  flights:
    path: [data/a.csv, data/b*.csv]
    event_time: arrived_at
    available_after: 10m
    event_id: id
    deleted: op = 'd'
    delimiter: ";"
    null_tokens: ["", "-"]
    owner: ops@example.com
    description: Arrivals
    columns:
      id: string
      op: string
      carrier: string
      origin: string
      arrived_at: {type: timestamp, format: "%Y-%m-%d %H:%M", zone: America/New_York, description: at the gate}
      arr_delay: float32
    derive:
      very_late: late and arr_delay >= 60
      late: {expr: arr_delay >= 15, description: as the industry counts}
      wind: weather(airport = origin).wind_speed
  reports:
    event_time: observed_at
    known_at: loaded_at
    skip_null_time: true
    columns: {airport: string, observed_at: timestamp, loaded_at: timestamp, wind_speed: float64}
entities:
  carrier: {key: {carrier: string}, description: An airline}
  airport: {key: {airport: string}}
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
  weather:
    entity: airport
    source: reports
    features: {wind_speed: last(wind_speed)}
)";

TEST(Definitions, ReadsAProject) {
  const DefinitionsPtr definitions = LoadGood(kProject);
  ASSERT_NE(definitions, nullptr);
  const Source& flights = *definitions->FindSource("flights");
  EXPECT_EQ(flights.paths, (Texts{"data/a.csv", "data/b*.csv"}));
  EXPECT_EQ(flights.event_time, "arrived_at");
  EXPECT_EQ(flights.available_after, (base::Span{0, 10 * base::kMinute}));
  EXPECT_EQ(flights.event_id, "id");
  EXPECT_TRUE(flights.deleted.has_value());
  EXPECT_EQ(flights.format.delimiter, ';');
  EXPECT_EQ(flights.format.null_tokens, (Texts{"", "-"}));
  EXPECT_EQ(flights.format.timestamps.at("arrived_at").zone, "America/New_York");
  EXPECT_EQ(flights.all_columns.Names(),
            (Texts{"id", "op", "carrier", "origin", "arrived_at", "arr_delay", "late", "very_late", "wind"}));
  EXPECT_EQ(flights.all_columns.Find("very_late")->type, data::TypeKind::kBool);
  EXPECT_EQ(flights.all_columns.Find("wind")->type, data::TypeKind::kFloat64);
  const Source& reports = *definitions->FindSource("reports");
  EXPECT_EQ(reports.known_at, "loaded_at");
  EXPECT_TRUE(reports.skip_null_time);
  EXPECT_EQ(definitions->FindEntity("carrier")->keys.Names(), Texts{"carrier"});
  EXPECT_EQ(definitions->FindSource("flight"), nullptr);
}

TEST(Definitions, OrdersViewsAfterWhatTheyUse) {
  const DefinitionsPtr definitions = LoadGood(kProject);
  ASSERT_NE(definitions, nullptr);
  Texts names;
  for (const auto& view : definitions->views()) names.push_back(view->name);
  EXPECT_THAT(names,
              ElementsAre("weather", "delays", "trip"));  // delays uses weather through the source's derived column
  const View& delays = *definitions->FindView("delays");
  EXPECT_FALSE(delays.is_request());
  EXPECT_EQ(delays.source, definitions->FindSource("flights"));
  EXPECT_EQ(delays.inputs().Names(), Texts{"carrier"});
  EXPECT_EQ(delays.max_age, (base::Span{0, 30 * base::kDay}));
  EXPECT_EQ(delays.features[0].description, "Mean delay");
  EXPECT_EQ(delays.features[0].text, "avg(arr_delay) over 1d");
  EXPECT_EQ(delays.features[0].type, data::TypeKind::kFloat64);
  const View& trip = *definitions->FindView("trip");
  EXPECT_TRUE(trip.is_request());
  ASSERT_EQ(trip.features[0].checked.features.size(), 1U);
  EXPECT_EQ(definitions->Resolve(trip.features[0].checked.features[0]), (FeatureId{&delays, 0}));
}

TEST(Definitions, SelectsInOrderAndOnce) {
  const DefinitionsPtr definitions = LoadGood(kProject);
  ASSERT_NE(definitions, nullptr);
  base::Diagnostics diagnostics;
  Texts names;
  for (const FeatureId& id :
       definitions->Select({"delays.last", "delays.*", "trip.vs_usual", "delays.last"}, {}, &diagnostics)) {
    names.push_back(id.ToString());
  }
  EXPECT_THAT(names, ElementsAre("delays.last", "delays.mean_1d", "delays.share", "delays.windy", "trip.vs_usual"));
  EXPECT_FALSE(diagnostics.has_errors());
  definitions->Select({"delay.last", "delays.lst", "delays"}, {}, &diagnostics);
  ASSERT_EQ(diagnostics.all().size(), 3U);
  EXPECT_EQ(diagnostics.all()[0].suggestion, "Did you mean delays?");
  EXPECT_EQ(diagnostics.all()[1].suggestion, "Did you mean last?");
  EXPECT_THAT(diagnostics.all()[2].suggestion, HasSubstr("delays.*"));
}

TEST(Definitions, KeepsItsTexts) {
  const DefinitionsPtr definitions = LoadGood(kProject);
  ASSERT_NE(definitions, nullptr);
  ASSERT_EQ(definitions->texts().size(), 1U);
  EXPECT_EQ(definitions->texts()[0]->text, kProject);
}

TEST(Definitions, ReadsTheFlightsExample) {
  base::Diagnostics diagnostics;
  const auto tree = base::LoadProject(base::RealFileSystem(), PLUMB_SOURCE_DIR "/examples/flights", &diagnostics);
  ASSERT_TRUE(tree.ok()) << tree.status().ToString();
  const DefinitionsPtr definitions = LoadDefinitions(*tree, &diagnostics);
  ASSERT_NE(definitions, nullptr) << diagnostics.Render(false);
  EXPECT_EQ(diagnostics.Render(false), "");
  EXPECT_EQ(definitions->FindSource("flights")->derived.size(), 3U);
}

// ---- Mistakes ----

constexpr const char* kGood = R"(sources:
  s:
    event_time: at
    columns: {k: string, n: int64, x: float64, at: timestamp, seen: timestamp}
entities:
  e: {key: {k: string}}
feature_views:
  v:
    entity: e
    source: s
    features: {a: sum(n) over 1h}
)";

std::string Replace(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

struct Mistake {
  const char* from;
  const char* to;
  int line;
  const char* message;  // part of it
  const char* suggestion = "";
};

TEST(Definitions, ReportsOneMistakeOnceWithItsPlace) {
  const std::vector<Mistake> mistakes = {
      {"event_time: at", "event_tme: at", 3, "event_time"},
      {"event_time: at", "event_time: att", 3, "Column is not declared: att", "Did you mean at?"},
      {"event_time: at", "event_time: n", 3, "want timestamp"},
      {"event_time: at", "event_time: at\n    known_at: k", 4, "want timestamp"},
      {"event_time: at", "event_time: at\n    known_at: sen", 4, "Column is not declared: sen", "Did you mean seen?"},
      {"event_time: at", "event_time: at\n    known_at: seen\n    available_after: 1h", 5,
       "both known_at and available_after"},
      {"event_time: at", "event_time: at\n    available_after: soon", 4, ""},
      {"event_time: at", "event_time: at\n    event_id: x", 4, "float64"},
      {"event_time: at", "event_time: at\n    event_id: id", 4, "not declared"},
      {"event_time: at", "event_time: at\n    deleted: n = 1", 4, "no event_id"},
      {"event_time: at", "event_time: at\n    event_id: k\n    deleted: n + 1", 5, ""},
      {"event_time: at", "event_time: at\n    delimiter: ab", 4, "not one character"},
      {"event_time: at", "event_time: at\n    derive: {n: x + 1}", 4, "name of a declared one"},
      {"event_time: at", "event_time: at\n    derive: {y: z, z: y + 1}", 4, "y → z → y"},
      {"event_time: at", "event_time: at\n    derive: {y: y}", 4, "y → y"},
      {"event_time: at", "event_time: at\n    derive: {y: sum(n)}", 4, ""},
      {"event_time: at", "event_time: at\n    derive: {y: t}", 4, ""},
      {"event_time: at", "event_time: at\n    derive: {y: 1 +}", 4, ""},
      {"event_time: at", "event_time: at\n    derive: {y: w.a}", 4, "Feature view is not known: w"},
      {"event_time: at", "event_time: at\n    derive: {y: [1]}", 4, "not an expression"},
      {"n: int64", "n: integer", 4, ""},
      {"n: int64", "n: {type: int64, format: \"%Y\"}", 4, "Only a timestamp"},
      {"n: int64", "__n: int64, n: int64", 4, "reserved"},
      {"seen: timestamp", "known_at: timestamp", 4, "means something else"},
      {"key: {k: string}", "key: {k: float64}", 6, "float64"},
      {"key: {k: string}", "key: {}", 6, "no key"},
      {"key: {k: string}", "key: {t: string}", 6, "asking time"},
      {"key: {k: string}", "key: {kk: string}", 10, "no column for the key kk"},
      {"key: {k: string}", "key: {k: int64}", 10, "want int64"},
      {"entity: e", "entity: ee", 9, "Entity is not known"},
      {"source: s", "source: ss", 10, "Source is not known"},
      {"entity: e", "owner: me", 8, "entity"},
      {"entity: e", "entity: e\n    max_age: 0s", 10, "max_age"},
      {"entity: e", "entity: e\n    max_age: old", 10, ""},
      {"entity: e", "entity: e\n    request: {k: string}", 10, "request beside"},
      {"entity: e", "entity: e\n    sla: {fresh: 5m}", 10, "fresh"},
      {"  v:", "  query:", 8, "reserved"},
      {"  v:", "  v-1:", 8, "not a word"},
      {"sum(n)", "sum(m)", 11, "m"},
      {"sum(n) over 1h", "n", 11, ""},
      {"sum(n) over 1h", "null", 11, ""},
      {"sum(n) over 1h", "v.b", 11, "feature of its own"},
      {"{a: sum(n) over 1h}", "{a: sum(n), b: w.a}", 11, "Feature view is not known: w"},
      {"features: {a: sum(n) over 1h}", "features: {a: {exp: sum(n)}}", 11, "expr"},
  };
  for (const Mistake& mistake : mistakes) {
    const Loaded loaded = Load(Replace(kGood, mistake.from, mistake.to));
    const std::string shown = loaded.diagnostics.Render(false);
    EXPECT_EQ(loaded.definitions, nullptr) << mistake.to;
    ASSERT_FALSE(loaded.diagnostics.all().empty()) << mistake.to;
    const base::Diagnostic& first = loaded.diagnostics.all().front();
    EXPECT_EQ(first.position.Line(), mistake.line) << shown;
    EXPECT_THAT(first.message, HasSubstr(mistake.message)) << shown;
    EXPECT_THAT(first.suggestion, HasSubstr(mistake.suggestion)) << shown;
    // A misspelt key is two: one is missing, one is not known.
    EXPECT_LE(loaded.diagnostics.errors(), 2U) << shown;
  }
}

TEST(Definitions, RefusesAggregatesInRequestViews) {
  const Loaded loaded = Load("feature_views:\n  r:\n    request: {n: int64}\n    features: {a: sum(n)}\n");
  EXPECT_EQ(loaded.definitions, nullptr);
  EXPECT_EQ(loaded.diagnostics.errors(), 1U) << loaded.diagnostics.Render(false);
}

TEST(Definitions, RefusesCirclesOfViewsAndNamesThePath) {
  const Loaded loaded = Load(R"(feature_views:
  a: {request: {k: int64}, features: {x: b(k = k).x}}
  b: {request: {k: int64}, features: {x: c(k = k).x}}
  c: {request: {k: int64}, features: {x: a(k = k).x}}
  d: {request: {k: int64}, features: {x: a(k = k).x}}
)");
  ASSERT_EQ(loaded.diagnostics.errors(), 1U) << loaded.diagnostics.Render(false);
  EXPECT_THAT(loaded.diagnostics.all()[0].message, HasSubstr("a → b → c → a"));
}

TEST(Definitions, SeesCirclesThroughDerivedColumns) {
  const Loaded loaded = Load(Replace(kGood, "event_time: at", "event_time: at\n    derive: {y: v(k = k).a}"));
  ASSERT_EQ(loaded.diagnostics.errors(), 1U) << loaded.diagnostics.Render(false);
  EXPECT_THAT(loaded.diagnostics.all()[0].message, HasSubstr("source s → v → source s"));
}

TEST(Definitions, ReportsSeveralMistakesTogetherWithoutFollowingThem) {
  const Loaded loaded = Load(R"(sources:
  s:
    event_time: at
    columns: {k: string, n: imt64, x: float64, at: timestamp}
    derive:
      y: n + 1
      z: nope
      late: z > 1
entities:
  e: {key: {k: string}}
feature_views:
  v:
    entity: e
    source: s
    features:
      a: sum(n)
      b: sum(z)
      c: avg(x) over 1x
      d: count(where late)
      e: sum(y)
  w:
    request: {k: string}
    features:
      a: v.a
      b: v.nothing
      c: v.b + w2.c
)");
  Texts lines;
  for (const base::Diagnostic& one : loaded.diagnostics.all()) lines.push_back(std::to_string(one.position.Line()));
  std::sort(lines.begin(), lines.end());
  EXPECT_THAT(lines, ElementsAre("18", "25", "26", "4", "7")) << loaded.diagnostics.Render(false);
}

TEST(Definitions, PointsIntoQuotedAndFoldedExpressions) {
  const Loaded quoted = Load(Replace(kGood, "sum(n) over 1h", "'count(where k = ''a'' and mm = 1)'"));
  ASSERT_EQ(quoted.diagnostics.errors(), 1U) << quoted.diagnostics.Render(false);
  EXPECT_EQ(quoted.diagnostics.all()[0].position.Line(), 11);
  const base::Position& at = quoted.diagnostics.all()[0].position;
  EXPECT_EQ(at.source->text.substr(at.offset, 2), "mm");
}

// ---- Queries ----

TEST(WithQuery, AddsAViewToTheProjects) {
  const DefinitionsPtr definitions = LoadGood(kGood);
  ASSERT_NE(definitions, nullptr);
  base::Diagnostics diagnostics;
  const DefinitionsPtr more = WithQuery(definitions, "<query>", "avg(x) over 2h of e from s", &diagnostics);
  ASSERT_NE(more, nullptr) << diagnostics.Render(false);
  const View* query = more->FindView("query");
  ASSERT_NE(query, nullptr);
  EXPECT_EQ(query->features[0].name, "value");
  EXPECT_EQ(query->features[0].type, data::TypeKind::kFloat64);
  EXPECT_NE(query->source, definitions->FindSource("s"));
  EXPECT_EQ(more->FindView("v")->features[0].identity, definitions->FindView("v")->features[0].identity);
  EXPECT_EQ(more->texts(), definitions->texts());
}

TEST(WithQuery, PointsIntoTheQuery) {
  const DefinitionsPtr definitions = LoadGood(kGood);
  ASSERT_NE(definitions, nullptr);
  for (const char* query : {"avg(y) over 2h of e from s", "avg(x) of f from s", "avg(x) of e from ss", "avg(x", ""}) {
    base::Diagnostics diagnostics;
    EXPECT_EQ(WithQuery(definitions, "<query>", query, &diagnostics), nullptr) << query;
    ASSERT_EQ(diagnostics.errors(), 1U) << diagnostics.Render(false);
    ASSERT_NE(diagnostics.all()[0].position.source, nullptr);
    EXPECT_EQ(diagnostics.all()[0].position.source->name, "<query>");
  }
}

// ---- Identity ----

std::string IdentityOf(const std::string& text, const char* view = "delays", const char* feature = "share") {
  const DefinitionsPtr definitions = LoadGood(text);
  if (definitions == nullptr) return "";
  const View& found = *definitions->FindView(view);
  return found.features[static_cast<size_t>(found.IndexOf(feature))].identity;
}

TEST(Identity, IsOfMeaningOnly) {
  const std::string identity = IdentityOf(kProject);
  EXPECT_EQ(identity.size(), 64U);
  const std::vector<std::pair<const char*, const char*>> same = {
      {"data/a.csv", "data/c.csv"},
      {"ops@example.com", "you@example.com"},
      {"description: Arrivals", "description: Landings"},
      {"share: avg(late) over 7d", "share: AVG( late )  over 7d"},
      {"      share: avg(late) over 7d\n      last: last(arr_delay)",
       "      last: last(arr_delay)\n      share: avg(late) over 7d"},
      {"      op: string", "      gate: string\n      op: string"},
      {"latency_p99: 2ms", "latency_p99: 5ms"},
      {"max_age: 30d", "max_age: 31d"},  // share has a window
      {"wind: weather(airport = origin).wind_speed",
       "wind: weather(airport = origin).wind_speed * 2"},  // not used by it
      {"very_late: late and arr_delay >= 60", "very_late: late and arr_delay >= 90"},
  };
  for (const auto& [from, to] : same) EXPECT_EQ(IdentityOf(Replace(kProject, from, to)), identity) << to;
  const std::vector<std::pair<const char*, const char*>> other = {
      {"avg(late) over 7d", "avg(late) over 8d"},       {"arr_delay >= 15", "arr_delay >= 16"},
      {"available_after: 10m", "available_after: 11m"}, {"    event_id: id\n    deleted: op = 'd'\n", ""},
      {"deleted: op = 'd'", "deleted: op = 'x'"},       {"    delimiter", "    skip_null_time: true\n    delimiter"},
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
}

}  // namespace
}  // namespace plumb::features
