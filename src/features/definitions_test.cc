#include "features/definitions.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/file_system.h"
#include "features/loaded_project_test.h"

namespace plumb::features {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Texts = std::vector<std::string>;

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
    interval: 5m
    tags: [hot]
    columns:
      id: {type: string, pii: true, tags: [key, secret], description: of the crew}
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
    tags: [core]
    pii: true
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

TEST(Definitions, ReadsWhatIsOnlySaid) {
  const DefinitionsPtr definitions = LoadGood(kProject);
  ASSERT_NE(definitions, nullptr);
  const Source& flights = *definitions->FindSource("flights");
  EXPECT_EQ(flights.interval, (base::Span{0, 5 * base::kMinute}));
  EXPECT_EQ(flights.tags, Texts{"hot"});
  EXPECT_TRUE(flights.IsPii("id"));
  EXPECT_FALSE(flights.IsPii("op"));
  EXPECT_EQ(flights.notes.at("id").tags, (Texts{"key", "secret"}));
  EXPECT_EQ(flights.notes.at("arrived_at").description, "at the gate");
  EXPECT_EQ(flights.notes.count("op"), 0U);
  const View& delays = *definitions->FindView("delays");
  EXPECT_EQ(delays.sla.freshness, (base::Span{0, 5 * base::kMinute}));
  EXPECT_EQ(delays.sla.latency_p99, (base::Span{0, 2 * base::kMillisecond}));
  EXPECT_EQ(delays.tags, Texts{"core"});
  EXPECT_TRUE(delays.pii);
  EXPECT_FALSE(definitions->FindView("weather")->pii);
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
      {"entity: e", "entity: e\n    sla: {freshness: -5m}", 10, "more than 0"},
      {"entity: e", "entity: e\n    sla: {latency_p99: 0s}", 10, "more than 0"},
      {"entity: e", "entity: e\n    pii: often", 10, "pii"},
      {"entity: e\n", "entity: []\n    request: {k: string}\n", 10, "request beside"},
      {"entity: e", "entity: [e]", 9, "A view has one entity", "[] for a view of all events"},
      {"entity: e", "entity: [e, f]", 9, "A view has one entity"},
      {"entity: e", "entity: {k: e}", 9, "entity"},
      {"key: {k: string}", "key: {k: list(string)}", 6, "Key is a list(string)"},
      {"event_time: at", "event_time: at\n    interval: -1h", 4, "interval", ""},
      {"event_time: at", "event_time: at\n    interval: 0s", 4, "more than 0"},
      {"event_time: at", "event_time: at\n    interval: often", 4, ""},
      {"n: int64", "n: {type: int64, pii: maybe}", 4, "pii"},
      {"  v:", "  query:", 8, "reserved"},
      {"  v:", "  v-1:", 8, "not a word"},
      {"sum(n)", "sum(m)", 11, "m"},
      {"sum(n) over 1h", "n", 11, ""},
      {"sum(n) over 1h", "sum(n) over day to date in 'Europe/Berln'", 11, "Europe/Berln"},
      {"sum(n) over 1h", "null", 11, ""},
      {"sum(n) over 1h", "v.b", 11, "feature of its own"},
      {"{a: sum(n) over 1h}", "{a: sum(n), b: w.a}", 11, "Feature view is not known: w"},
      {"features: {a: sum(n) over 1h}", "features: {a: {exp: sum(n)}}", 11, "expr"},
  };
  ExpectMistakes(kGood, mistakes);
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

}  // namespace
}  // namespace plumb::features
