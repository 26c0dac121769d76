#include "features/lineage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "features/loaded_project_test.h"

namespace plumb::features {
namespace {

using testing::HasSubstr;
using Texts = std::vector<std::string>;

constexpr const char* kProject = R"(sources:
  reports:
    event_time: at
    available_after: 20m
    interval: 1h
    columns: {airport: string, at: timestamp, wind_speed: float64, reporter: {type: string, pii: true}}
    derive: {who: upper(reporter)}
  flights:
    event_time: at
    available_after: 10m
    columns: {carrier: string, origin: string, at: timestamp, delay: float64}
    derive:
      wind: weather(airport = origin).wind_speed
      windy: wind > 20
  schedule:
    event_time: at
    available_after: -90d
    interval: 1d
    columns: {carrier: string, at: timestamp}
  crews:
    event_time: at
    known_at: seen
    interval: 3h
    columns: {carrier: string, at: timestamp, seen: timestamp, size: int64}
  airlines:
    kind: table
    key: carrier
    static: true
    columns: {carrier: string, size: int64}
entities:
  airport: {key: {airport: string}}
  carrier: {key: {carrier: string}}
feature_views:
  weather:
    entity: airport
    source: reports
    features: {wind_speed: last(wind_speed), who: last(who)}
  delays:
    entity: carrier
    source: flights
    features: {mean: avg(delay) over 1d, windy: count(where windy) over 1d, weekday: day_of_week(t)}
  planned: {entity: carrier, source: schedule, features: {next: count() over 7d ahead}}
  crews: {entity: carrier, source: crews, pii: true, features: {size: last(size)}}
  airlines: {entity: carrier, source: airlines, features: {size: size}}
  trip:
    request: {carrier: string, airport: string}
    features:
      all: delays.windy + planned.next + airlines.size
      mean: delays.mean + airlines.size
      known: crews.size
      who: weather.who
      nothing: length(carrier)
)";

TEST(Lineage, NamesTheLongestPath) {
  const DefinitionsPtr definitions = LoadGood(kProject);
  ASSERT_NE(definitions, nullptr);
  const Lineage lineage(definitions);
  struct NamedCase {
    const char* view;
    const char* feature;
    const char* text;
    const char* total;
    Texts sources;
    Texts undeclared;
  };
  const std::vector<NamedCase> cases = {
      {"weather", "wind_speed", "reports (every 1h, known after 20m) → weather.wind_speed", "1h20m", {"reports"}, {}},
      {"delays", "mean", "flights (known after 10m) → delays.mean", "10m", {"flights"}, {"flights"}},
      {"delays",
       "windy",
       "reports (every 1h, known after 20m) → weather.wind_speed → flights.wind (known after 10m) → delays.windy",
       "1h30m",
       {"flights", "reports"},
       {"flights"}},
      {"delays", "weekday", "delays.weekday", "0s", {}, {}},
      {"planned", "next", "schedule (every 1d, known after -90d) → planned.next", "0s", {"schedule"}, {}},
      {"crews", "size", "crews (every 3h) → crews.size", "3h", {"crews"}, {"crews"}},
      {"airlines", "size", "airlines (static) → airlines.size", "0s", {"airlines"}, {}},
      {"trip",
       "all",
       "reports (every 1h, known after 20m) → weather.wind_speed → flights.wind (known after 10m) → delays.windy → "
       "trip.all",
       "1h30m",
       {"airlines", "flights", "reports", "schedule"},
       {"flights"}},
      {"trip",
       "mean",
       "flights (known after 10m) → delays.mean → trip.mean",
       "10m",
       {"airlines", "flights"},
       {"flights"}},
      {"trip", "nothing", "trip.nothing", "0s", {}, {}},
  };
  for (const NamedCase& one : cases) {
    const View* view = definitions->FindView(one.view);
    const FeatureLineage& found = lineage.Of({view, view->IndexOf(one.feature)});
    const auto names = [](const std::vector<const Source*>& sources) {
      Texts texts;
      for (const Source* source : sources) texts.push_back(source->name);
      return texts;
    };
    EXPECT_EQ(found.freshness.text, one.text);
    EXPECT_EQ(base::FormatSpan(found.freshness.total), one.total) << one.text;
    EXPECT_EQ(names(found.sources), one.sources) << one.text;
    EXPECT_EQ(names(found.freshness.undeclared), one.undeclared) << one.text;
  }
}

TEST(Lineage, FollowsDerivedKeys) {
  const DefinitionsPtr definitions = LoadGood(R"(sources:
  homes: {event_time: at, interval: 1d, columns: {plane: string, at: timestamp, airport: string}}
  flights:
    event_time: at
    interval: 1h
    columns: {plane: string, at: timestamp}
    derive: {airport: home(plane = plane).airport}
entities:
  plane: {key: {plane: string}}
  airport: {key: {airport: string}}
feature_views:
  home: {entity: plane, source: homes, features: {airport: last(airport)}}
  traffic: {entity: airport, source: flights, features: {planes: count() over 1d}}
)");
  ASSERT_NE(definitions, nullptr);
  const Lineage lineage(definitions);
  const FreshnessPath& path = lineage.Of({definitions->FindView("traffic"), 0}).freshness;
  EXPECT_EQ(path.text, "homes (every 1d) → home.airport → flights.airport (every 1h) → traffic.planes");
  EXPECT_EQ(base::FormatSpan(path.total), "1d1h");
}

TEST(Lineage, TellsStaticTablesAndPersons) {
  const DefinitionsPtr definitions = LoadGood(kProject);
  ASSERT_NE(definitions, nullptr);
  const Lineage lineage(definitions);
  const View* trip = definitions->FindView("trip");
  const auto of = [&](const char* feature) { return lineage.Of({trip, trip->IndexOf(feature)}); };
  ASSERT_EQ(of("all").StaticTables().size(), 1U);
  EXPECT_EQ(of("all").StaticTables()[0]->name, "airlines");
  EXPECT_TRUE(of("known").StaticTables().empty());
  EXPECT_TRUE(of("who").pii);    // through a derived column
  EXPECT_TRUE(of("known").pii);  // of a view
  EXPECT_FALSE(of("all").pii);
}

TEST(Lineage, SaysWhatIsNotFreshEnough) {
  const DefinitionsPtr definitions = LoadGood(kProject);
  ASSERT_NE(definitions, nullptr);
  const Lineage lineage(definitions);
  const FreshnessPath& path = lineage.Of({definitions->FindView("weather"), 0}).freshness;
  EXPECT_EQ(WhyNotFresh(path, {0, 80 * base::kMinute}), "");
  const std::string why = WhyNotFresh(path, {0, 80 * base::kMinute - 1});
  EXPECT_THAT(why, HasSubstr("at worst 1h20m: reports (every 1h, known after 20m) → weather.wind_speed"));
}

TEST(LongestDuration, CountsAMonthAs31Days) {
  constexpr base::Duration kMax = std::numeric_limits<base::Duration>::max();
  EXPECT_EQ(LongestDuration({0, 5}), 5);
  EXPECT_EQ(LongestDuration({2, -base::kDay}), 61 * base::kDay);
  EXPECT_EQ(LongestDuration({1, kMax}), kMax);
  EXPECT_EQ(LongestDuration({-1, -kMax}), std::numeric_limits<base::Duration>::min());
}

}  // namespace
}  // namespace plumb::features
