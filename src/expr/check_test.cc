#include <gtest/gtest.h>

#include <limits>

#include "expr/checked.h"

namespace plumb::expr {
namespace {

using data::TypeKind;
using data::Value;

struct Given {
  data::Schema columns{{{"carrier", TypeKind::kString},
                        {"arr_delay", TypeKind::kFloat64},
                        {"seats", TypeKind::kInt64},
                        {"late", TypeKind::kBool},
                        {"arrived_at", TypeKind::kTimestamp},
                        {"air_time", TypeKind::kDuration},
                        {"t", TypeKind::kInt64}}};
  data::Schema keys{{{"carrier", TypeKind::kString}, {"origin", TypeKind::kString}, {"gate", TypeKind::kInt64}}};
  std::vector<ViewSignature> views{
      {"weather", data::Schema({{"airport", TypeKind::kString}}), data::Schema({{"wind_speed", TypeKind::kFloat64}})},
      {"delays", data::Schema({{"carrier", TypeKind::kString}}), data::Schema({{"late_share", TypeKind::kFloat64}})},
      {"route", data::Schema({{"origin", TypeKind::kString}, {"dest", TypeKind::kString}}),
       data::Schema({{"flights", TypeKind::kInt64}})},
      {"context", data::Schema({{"gate", TypeKind::kFloat64}}), data::Schema({{"far", TypeKind::kBool}})}};
  Scope scope;
  Given() {
    scope.columns = &keys;
    scope.columns_are_of = "entity gate";
    scope.event_columns = &columns;
    scope.event_columns_are_of = "source flights";
    scope.time = true;
    scope.views = &views;
  }
};

std::optional<Checked> CheckText(const std::string& text, const Scope& scope, base::Diagnostics* diagnostics,
                                 std::optional<data::Type> wanted = std::nullopt) {
  base::Position at{std::make_shared<base::SourceText>(base::SourceText{"<test>", text}), 0, text.size()};
  return Check(Parse(text, at, diagnostics), scope, diagnostics, wanted);
}

struct Good {
  const char* text;
  const char* type;
  const char* canonical;
};

TEST(Check, GivesTypeAndCanonicalText) {
  const Given given;
  const Good kCases[] = {
      {"1", "int64", "1"},
      {" COUNT( ) OVER 24h", "int64", "count() over 1d"},
      {"avg(arr_delay) over 2h", "float64", "avg(arr_delay) over 2h"},
      {"sum(arr_delay where late) over 2h offset 1d", "float64", "sum(arr_delay where late) over 2h offset 1d"},
      {"count(where arr_delay>=15) over 1h ahead", "int64", "count(where arr_delay >= 15.0) over 1h ahead"},
      {"sum(late)", "int64", "sum(late)"},
      {"sum(seats) over lifetime", "int64", "sum(seats)"},
      {"sum(seats) over lifetime offset 7d", "int64", "sum(seats) over lifetime offset 7d"},
      {"avg(late) over 2mo", "float64", "avg(late) over 2mo"},
      {"last(event_time)", "timestamp", "last(event_time)"},
      {"max(known_at)", "timestamp", "max(known_at)"},
      {"(t - last(event_time)) / 1h", "float64", "(t - last(event_time)) / 1h"},
      {"count() over 1h/nullif(count() over 24h,0)", "float64",
       "cast(count() over 1h as float64) / cast(nullif(count() over 1d, 0) as float64)"},
      {"avg(seats + arr_delay)", "float64", "avg(cast(seats as float64) + arr_delay)"},
      {"min(\"t\")", "int64", "min(\"t\")"},
      {"((gate)) + 2 * 3", "int64", "gate + 6"},
      {"(gate + 2) * 3", "int64", "(gate + 2) * 3"},
      {"gate - (2 - gate)", "int64", "gate - (2 - gate)"},
      {"gate - 2 - gate", "int64", "gate - 2 - gate"},
      {"NOT gate = 1 OR gate is not null and true", "bool", "not gate = 1 or not gate is null and true"},
      {"gate not in (1, 2)", "bool", "not gate in (1, 2)"},
      {"gate in (1, 2.5)", "bool", "cast(gate as float64) in (1.0, 2.5)"},
      {"gate not between 1 and 2 + 3", "bool", "not gate between 1 and 5"},
      {"carrier not like 'U%'", "bool", "not carrier like 'U%'"},
      {"case carrier when 'UA' then 1 when 'AA' then 2.5 end", "float64",
       "case when carrier = 'UA' then 1.0 when carrier = 'AA' then 2.5 end"},
      {"if(gate > 1, 'a', null)", "string", "case when gate > 1 then 'a' end"},
      {"coalesce(null, gate, 0)", "int64", "coalesce(cast(null as int64), gate, 0)"},
      {"hour(t)", "int64", "hour(t)"},
      {"hour(t, 'UTC')", "int64", "hour(t)"},
      {"hour(t, 'America/New_York')", "int64", "hour(t, 'America/New_York')"},
      {"date_trunc('Day', t)", "timestamp", "date_trunc('day', t)"},
      {"t - 90m", "timestamp", "t - 1h30m"},
      {"-1h * 2", "duration", "-2h"},
      {"timestamp '2013-01-01 08:00' < t", "bool", "timestamp '2013-01-01T08:00:00Z' < t"},
      {"weather(airport = origin).wind_speed", "float64", "weather(airport = origin).wind_speed"},
      {"delays.late_share * 2", "float64", "delays(carrier = carrier).late_share * 2.0"},
      {"route(dest = upper('jfk'), origin = origin).flights", "int64", "route(origin = origin, dest = 'JFK').flights"},
      {"context(gate = gate).far", "bool", "context(gate = cast(gate as float64)).far"},
      {"'it''s' || carrier", "string", "'it''s' || carrier"},
      {"cast('NaN' as float64)", "float64", "cast('NaN' as float64)"},
      {"cast('x' as int64)", "int64", "cast('x' as int64)"},
      {"-9223372036854775808", "int64", "-9223372036854775808"},
      {"9223372036854775807 + 1", "int64", "9223372036854775807 + 1"},
      {"- -gate", "int64", "--gate"},
  };
  for (const Good& good : kCases) {
    base::Diagnostics diagnostics;
    const std::optional<Checked> checked = CheckText(good.text, given.scope, &diagnostics);
    ASSERT_TRUE(checked.has_value()) << good.text << "\n" << diagnostics.Render(false);
    EXPECT_EQ(data::TypeName(checked->scalar.type()), good.type) << good.text;
    EXPECT_EQ(checked->scalar.canonical(), good.canonical) << good.text;
    base::Diagnostics again;
    const std::optional<Checked> same = CheckText(checked->scalar.canonical(), given.scope, &again);
    ASSERT_TRUE(same.has_value()) << good.canonical << "\n" << again.Render(false);
    EXPECT_EQ(same->scalar.canonical(), good.canonical);
  }
}

struct Bad {
  const char* text;
  size_t column;
  const char* fragment;    // of the sentence
  const char* suggestion;  // a fragment too
};

TEST(Check, SaysWhatIsWrongAndWhatToDo) {
  const Given given;
  const Bad kCases[] = {
      {"avg(arr_dely) over 2h", 5, "Column is not known: arr_dely.", "Did you mean arr_delay?"},
      {"arr_delay + 1", 1, "one value for each event of source flights", "last(arr_delay)"},
      {"carrier = \"UA\"", 11, "Column is not known: UA.", "single quotes: 'UA'"},
      {"avg(gate)", 5, "Column gate is of entity gate", ""},
      {"avg(t - event_time)", 5, "t cannot be used inside avg", ""},
      {"sum(count() over 1h)", 5, "Aggregate count stands inside sum.", "Derive"},
      {"sum(weather.wind_speed)", 5, "Feature weather.wind_speed cannot be used inside sum.", "Derive"},
      {"count() over 0h", 1, "Window has no length", "positive"},
      {"count() over -1h", 1, "Window has no length", "ahead"},
      {"count() over 1h offset -1d", 1, "Offset is negative", "positive"},
      {"avg(carrier)", 5, "Aggregate avg does not take string.", "count"},
      {"sum(air_time)", 5, "Aggregate sum does not take duration.", "x / 1h"},
      {"min(seats, 2)", 1, "Aggregate min has the wrong number of arguments: 2.", "least"},
      {"sum()", 1, "Aggregate sum has nothing to aggregate.", "sum(column)"},
      {"count(where seats)", 13, "Condition of where is not a bool", "Compare"},
      {"log(1)", 1, "Function is not known: log.", "ln(x)"},
      {"lenght('a')", 1, "Function is not known: lenght.", "length"},
      {"stddev(seats)", 1, "Function is not known: stddev.", "count, sum, avg"},
      {"hour('2013-01-01')", 1, "Function hour does not take string.", "hour(time [, zone])"},
      {"hour(t, 1, 2)", 1, "wrong number of arguments: 3", "hour(time [, zone])"},
      {"hour(t, 'Europe/Berln')", 9, "Time zone is not known: Europe/Berln.", "Europe/Berlin"},
      {"hour(t, carrier)", 9, "Time zone must be a constant.", ""},
      {"date_trunc('dya', t)", 12, "Unit of the calendar is not known: dya.", "day"},
      {"'a' + 'b'", 1, "Operator + does not take string and string.", "||"},
      {"t + 1", 1, "Operator + does not take timestamp and int64.", "1h"},
      {"1h > 5", 1, "Operator > does not take duration and int64.", "x / 1h"},
      {"t > '2013-01-01'", 1, "Operator > does not take timestamp and string.", "timestamp '"},
      {"gate and true", 1, "Operand of and is not a condition: want bool, got int64.", "<> 0"},
      {"case when gate then 1 end", 11, "Condition of when is not a bool: got int64.", ""},
      {"case when true then 1 else 'a' end", 28, "Values of case have different types: int64 and string.", "cast"},
      {"coalesce(gate, 'a')", 16, "Arguments of coalesce have different types", "cast"},
      {"cast(t as int64)", 1, "Conversion is not known: from timestamp to int64.", "epoch"},
      {"null", 1, "Type of the expression is not known", "cast(null"},
      {"weathr(airport = origin).wind_speed", 1, "View is not known: weathr.", "weather"},
      {"weather(airport = origin).wnd_speed", 1, "Feature is not known: weather.wnd_speed.", "wind_speed"},
      {"weather.wind_speed", 1, "Key airport of weather has no column of its name in entity gate.",
       "weather(airport = …)"},
      {"weather(airprt = origin).wind_speed", 18, "Key of weather is not known: airprt.", "airport"},
      {"route(origin = origin).flights", 1, "Key of route is missing: dest.", "route(origin = …, dest = …)"},
      {"route(origin = origin, origin = 'a', dest = 'b').flights", 33, "Key of route is given twice: origin.", ""},
      {"weather(airport = gate).wind_speed", 19, "want string, got int64", "cast"},
      {"weather(airport = count()).wind_speed", 19, "Aggregate count cannot be used in a key of weather.", ""},
      {"context.far", 1, "Key gate of context has another type", "context(gate = …)"},
      {"weather + 1", 1, "Column is not known: weather.", "weather.feature"},
      {"carrier.length", 1, "View is not known: carrier.", "column"},
  };
  for (const Bad& bad : kCases) {
    base::Diagnostics diagnostics;
    EXPECT_FALSE(CheckText(bad.text, given.scope, &diagnostics).has_value()) << bad.text;
    ASSERT_FALSE(diagnostics.all().empty()) << bad.text;
    const base::Diagnostic& first = diagnostics.all()[0];
    EXPECT_NE(first.message.find(bad.fragment), std::string::npos) << bad.text << ": " << first.message;
    EXPECT_NE(first.suggestion.find(bad.suggestion), std::string::npos) << bad.text << ": " << first.suggestion;
    EXPECT_EQ(static_cast<size_t>(first.position.Column()), bad.column) << bad.text << ": " << first.message;
  }
}

TEST(Check, ReportsSeveralMistakesTogether) {
  const Given given;
  base::Diagnostics diagnostics;
  EXPECT_FALSE(CheckText("avg(arr_dely where sets > 1) over 0h + foo(1)", given.scope, &diagnostics).has_value());
  EXPECT_EQ(diagnostics.errors(), 4U) << diagnostics.Render(false);
}

TEST(Check, SharesIdenticalAggregatesAndFeatures) {
  const Given given;
  base::Diagnostics diagnostics;
  const auto checked = CheckText(
      "count() over 60m + COUNT() over 1h + gate * gate + count() over 2h "
      "+ route(origin = origin, dest = 'a').flights + route(dest = 'a', origin = origin).flights",
      given.scope, &diagnostics);
  ASSERT_TRUE(checked.has_value()) << diagnostics.Render(false);
  EXPECT_EQ(checked->aggregates.size(), 2U);
  EXPECT_EQ(checked->features.size(), 1U);
  EXPECT_EQ(checked->scalar.inputs().size(), 4U);
  EXPECT_EQ(checked->features[0].keys.size(), 2U);
  EXPECT_EQ(checked->features[0].keys[0].first, "origin");
}

TEST(Check, WidensToTheTypeWanted) {
  const Given given;
  base::Diagnostics diagnostics;
  const auto widened = CheckText("gate", given.scope, &diagnostics, TypeKind::kFloat64);
  ASSERT_TRUE(widened.has_value());
  EXPECT_EQ(widened->scalar.type(), data::Type(TypeKind::kFloat64));
  const auto null = CheckText("null", given.scope, &diagnostics, TypeKind::kString);
  ASSERT_TRUE(null.has_value());
  EXPECT_EQ(null->scalar.type(), data::Type(TypeKind::kString));
  EXPECT_FALSE(CheckText("gate", given.scope, &diagnostics, TypeKind::kBool).has_value());
  EXPECT_NE(diagnostics.all()[0].message.find("want bool, got int64"), std::string::npos);
}

TEST(Check, NarrowScopesRefuseWhatTheyDoNotHave) {
  const data::Schema columns({{"x", TypeKind::kInt64}});
  Scope scope;
  scope.columns = &columns;
  for (const char* text : {"t > timestamp '2013-01-01'", "count()", "a.b", "y"}) {
    base::Diagnostics diagnostics;
    EXPECT_FALSE(CheckText(text, scope, &diagnostics).has_value()) << text;
    EXPECT_EQ(diagnostics.errors(), 1U) << text;
  }
}

TEST(Check, ExampleOfTheHeader) {
  const data::Schema schema({{"arr_delay", TypeKind::kFloat64}});
  base::Diagnostics d;
  Scope scope;
  scope.columns = &schema;
  const std::optional<Checked> late = Check(Parse("arr_delay >= 15", {}, &d), scope, &d);
  EXPECT_EQ(late->scalar.EvaluateRow({{data::Value::Float64(20)}}), Value::Bool(true));
}

TEST(NamedFeatures, AreFoundEverywhere) {
  base::Diagnostics d;
  const auto named = NamedFeatures(Parse("a.b + c(k = x).d * sum(e.f where g.h > 0)", {}, &d));
  ASSERT_EQ(named.size(), 4U);
  EXPECT_EQ(named[1].view, "c");
  EXPECT_EQ(named[3].feature, "h");
}

}  // namespace
}  // namespace plumb::expr
