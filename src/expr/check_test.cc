#include <gtest/gtest.h>

#include <limits>

#include "expr/checked.h"

namespace plumb::expr {
namespace {

using data::Type;
using data::TypeKind;
using data::Value;

struct Given {
  data::Schema columns{{{"carrier", TypeKind::kString},
                        {"arr_delay", TypeKind::kFloat64},
                        {"seats", TypeKind::kInt64},
                        {"late", TypeKind::kBool},
                        {"arrived_at", TypeKind::kTimestamp},
                        {"air_time", TypeKind::kDuration},
                        {"price", Type::Decimal(12, 2)},
                        {"codes", Type::List(TypeKind::kString)},
                        {"face", Type::Vector(4)},
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

constexpr Good kGood[] = {
    {"1", "int64", "1"},
    {" COUNT( ) OVER 24h", "int64", "count() over 1d"},
    {"avg(arr_delay) over 2h", "float64", "avg(arr_delay) over 2h"},
    {"sum(arr_delay where late) over 2h offset 1d", "float64", "sum(arr_delay where late) over 2h offset 1d"},
    {"count(where arr_delay>=15) over 1h ahead", "int64", "count(where arr_delay >= 15.0) over 1h ahead"},
    {"sum(late)", "int64", "sum(late)"},
    {"sum(seats) over lifetime", "int64", "sum(seats)"},
    {"sum(seats) over lifetime offset 7d", "int64", "sum(seats) over lifetime offset 7d"},
    {"avg(late) over 2mo", "float64", "avg(late) over 2mo"},
    {"sum(air_time)", "duration", "sum(air_time)"},
    {"sum(price)", "decimal(38, 2)", "sum(price)"},
    {"avg(price)", "float64", "avg(price)"},
    {"min(price)", "decimal(12, 2)", "min(price)"},
    {"max(carrier)", "string", "max(carrier)"},
    {"count(face)", "int64", "count(face)"},
    {"last(codes)", "list(string)", "last(codes)"},
    {"first(face) over 1d", "vector(float32, 4)", "first(face) over 1d"},
    {"last(price, 3)", "list(decimal(12, 2))", "last(price, 3)"},
    {"FIRST(event_time, 1000 where late)", "list(timestamp)", "first(event_time, 1000 where late)"},
    {"top_k(carrier, 2 + 3)", "list(string)", "top_k(carrier, 5)"},
    {"mean(arr_delay)", "float64", "avg(arr_delay)"},
    {"var_samp(late) + stddev_samp(seats)", "float64", "variance(late) + stddev(seats)"},
    {"distinct(carrier where late)", "int64", "distinct(carrier where late)"},
    {"approx_distinct(price)", "int64", "approx_distinct(price)"},
    {"approx_quantile(arr_delay, 1)", "float64", "approx_quantile(arr_delay, 1.0)"},
    {"approx_quantile(price, .5 where late) over 30d", "float64", "approx_quantile(price, 0.5 where late) over 30d"},
    {"ewma(late, 90m) over 7d offset 1d", "float64", "ewma(late, 1h30m) over 7d offset 1d"},
    {"ewma(arr_delay, 2 * 1h)", "float64", "ewma(arr_delay, 2h)"},
    {"sum(seats) over last 10", "int64", "sum(seats) over last 10"},
    {"sum(seats) OVER Last 10 offset 24h", "int64", "sum(seats) over last 10 offset 1d"},
    {"count() over day to date", "int64", "count() over day to date"},
    {"count() over week to date in UTC offset 1w", "int64", "count() over week to date offset 7d"},
    {"count() over month to date in 'Europe/Berlin'", "int64", "count() over month to date in 'Europe/Berlin'"},
    {"sum(price) + 1", "decimal(38, 2)", "sum(price) + cast('1' as decimal(1, 0))"},
    {"last(price) + last(price)", "decimal(13, 2)", "last(price) + last(price)"},
    {"last(price) * last(price)", "decimal(24, 4)", "last(price) * last(price)"},
    {"last(price) * 100", "decimal(15, 2)", "last(price) * cast('100' as decimal(3, 0))"},
    {"last(price) * gate", "decimal(31, 2)", "last(price) * cast(gate as decimal(19, 0))"},
    {"last(price) / gate", "float64", "last(price) / cast(gate as decimal(19, 0))"},
    {"last(price) > 1.5", "bool", "cast(last(price) as float64) > 1.5"},
    {"last(price) >= 1", "bool", "last(price) >= cast('1' as decimal(1, 0))"},
    {"ln(last(price))", "float64", "ln(cast(last(price) as float64))"},
    {"coalesce(last(price), 0)", "decimal(12, 2)", "coalesce(last(price), cast('0.00' as decimal(12, 2)))"},
    {"round(last(price), 1)", "decimal(12, 1)", "round(last(price), 1)"},
    {"round(last(price))", "decimal(11, 0)", "round(last(price))"},
    {"cast(1.5 as decimal(2, 1)) + 1", "decimal(3, 1)", "cast('2.5' as decimal(3, 1))"},
    {"cast(null as decimal(4, 2))", "decimal(4, 2)", "cast(null as decimal(4, 2))"},
    {"last(codes)", "list(string)", "last(codes)"},
    {"element(last(seats, 2), 1)", "int64", "element(last(seats, 2), 1)"},
    {"cast('[1,2]' as list(int64))", "list(int64)", "cast('[1, 2]' as list(int64))"},
    {"cast('[1,x]' as list(int64))", "list(int64)", "cast('[1,x]' as list(int64))"},
    {"element(cast('[1,2]' as list(int64)), 2)", "int64", "2"},
    {"contains(last(codes), 'x')", "bool", "contains(last(codes), 'x')"},
    {"dot(last(face), cast('[1,0,0,0.5]' as vector(float32, 4)))", "float64",
     "dot(last(face), cast('[1, 0, 0, 0.5]' as vector(float32, 4)))"},
    {"cast(null as list(string))", "list(string)", "cast(null as list(string))"},
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

TEST(Check, GivesTypeAndCanonicalText) {
  const Given given;
  for (const Good& good : kGood) {
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

constexpr Bad kBad[] = {
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
    {"avg(air_time)", 5, "Aggregate avg does not take duration.", "x / 1s"},
    {"variance(air_time)", 10, "Aggregate variance does not take duration.", "x / 1s"},
    {"ewma(air_time, 1h)", 6, "Aggregate ewma does not take duration.", "x / 1s"},
    {"approx_quantile(air_time, 0.5)", 17, "Aggregate approx_quantile does not take duration.", "x / 1s"},
    {"sum(arrived_at)", 5, "Aggregate sum does not take timestamp.", "durations"},
    {"stddev(carrier)", 8, "Aggregate stddev does not take string.", "cast"},
    {"min(codes)", 5, "Aggregate min does not take list(string).", "element"},
    {"distinct(face)", 10, "Aggregate distinct does not take vector(float32, 4).", "element"},
    {"last(codes, 2)", 6, "Aggregate last with a number does not take list(string).", "element"},
    {"last(seats, 0)", 13, "n of last is out of range: 0.", "1 to 1000"},
    {"first(seats, 1001)", 14, "n of first is out of range: 1001.", "1 to 1000"},
    {"top_k(seats, -1)", 14, "k of top_k is out of range: -1.", "1 to 1000"},
    {"top_k(seats)", 1, "Aggregate top_k needs k, its second argument.", "top_k(x, 3)"},
    {"top_k(seats, 1.5)", 14, "k of top_k has the wrong type: want int64, got float64.", "top_k(x, 3)"},
    {"last(seats, seats)", 13, "n of last must be a constant.", "last(x, 3)"},
    {"last(seats, null)", 13, "n of last has the wrong type: want int64, got null.", "last(x, 3)"},
    {"approx_quantile(seats, 2)", 24, "q of approx_quantile is out of range: 2.", "0 to 1"},
    {"approx_quantile(seats, 'p50')", 24, "q of approx_quantile has the wrong type", "0.9"},
    {"ewma(seats, 0s)", 13, "half_life of ewma is out of range: 0s.", "more than 0s"},
    {"ewma(seats, 40000d)", 13, "half_life of ewma is out of range: 40000d.", "36500d"},
    {"ewma(seats, 3600)", 13, "half_life of ewma has the wrong type: want duration, got int64.", "ewma(x, 1h)"},
    {"ewma(seats, 1h) over 1d ahead", 1, "Aggregate ewma cannot look ahead", "avg(x)"},
    {"avg(seats, 2)", 1, "Aggregate avg has the wrong number of arguments: 2.", "avg(value)"},
    {"last(seats, 2, 3)", 1, "Aggregate last has the wrong number of arguments: 3.", "last(x, 3)"},
    {"distinct()", 1, "Aggregate distinct has nothing to aggregate.", "distinct(column)"},
    {"last(weather.wind_speed, 3)", 6, "Feature weather.wind_speed cannot be used inside last.", "Derive"},
    {"last(seats, count())", 13, "Aggregate count stands inside last.", "Derive"},
    {"min(seats, 2)", 1, "Aggregate min has the wrong number of arguments: 2.", "least"},
    {"sum()", 1, "Aggregate sum has nothing to aggregate.", "sum(column)"},
    {"count(where seats)", 13, "Condition of where is not a bool", "Compare"},
    {"log(1)", 1, "Function is not known: log.", "ln(x)"},
    {"lenght('a')", 1, "Function is not known: lenght.", "length"},
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
    {"last(price) + carrier", 1, "Operator + does not take decimal(12, 2) and string.", "||"},
    {"cast(1 as decimal(38, 30)) * cast(1 as decimal(38, 30))", 1, "Product has 60 digits after the point",
     "fewer digits"},
    {"cast(last(price) as bool)", 1, "Conversion is not known: from decimal(12, 2) to bool.", "<> 0"},
    {"cast(gate > 1 as decimal(2, 0))", 1, "Conversion is not known: from bool to decimal(2, 0).", "int64"},
    {"cast(last(codes) as list(int64))", 1, "from list(string) to list(int64)", ""},
    {"round(last(price), gate)", 20, "Number of digits of a decimal must be a constant.", "round(x, 2)"},
    {"case when true then last(price) else 'a' end", 38, "Values of case have different types", "cast"},
    {"coalesce(sum(price), last(price) * last(price))", 22, "no decimal of at most 38 digits", "Cast one"},
    {"least(last(codes), last(codes))", 1, "Arguments of least have no order: list(string).", ""},
    {"last(codes) between last(codes) and last(codes)", 1, "Bounds of between have no order: list(string).", ""},
    {"last(codes) < last(codes)", 1, "Operator < does not take list(string) and list(string).", ""},
    {"last(codes) = last(seats, 2)", 1, "Lists and vectors of different types do not compare", ""},
    {"dot(last(face), cast('[1]' as vector(float32, 1)))", 1,
     "Vectors have different sizes: vector(float32, 4) and vector(float32, 1).", ""},
    {"len('abc')", 1, "Function len does not take string.", "length"},
    {"len(null)", 1, "Function len does not take null.", "len(x)"},
    {"contains(last(codes), 1)", 1, "Function contains does not take list(string) and int64.", "contains(s, part)"},
    {"last(codes) || 'x'", 1, "Operator || does not take list(string) and string.", "cast"},
    {"carrier.length", 1, "View is not known: carrier.", "column"},
};

TEST(Check, SaysWhatIsWrongAndWhatToDo) {
  const Given given;
  for (const Bad& bad : kBad) {
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

TEST(Check, RepeatsTheOperandOfCaseWithinBounds) {
  const Given given;
  // Each level has twice as many copies of what is inside.
  const auto nested = [](int levels) {
    std::string text = "gate";
    for (int i = 0; i < levels; ++i) text = "case " + text + " when 1 then 1 when 2 then 2 end";
    return text;
  };
  base::Diagnostics diagnostics;
  const auto largest = CheckText(nested(10), given.scope, &diagnostics);
  ASSERT_TRUE(largest.has_value()) << diagnostics.Render(false);
  EXPECT_LT(largest->scalar.canonical().size(), 100000U);
  EXPECT_EQ(largest->scalar.EvaluateRow({{Value::Int64(2)}}), Value::Int64(2));
  EXPECT_FALSE(CheckText(nested(14), given.scope, &diagnostics).has_value());
  EXPECT_NE(diagnostics.all()[0].message.find("too large"), std::string::npos);
  // A long text counts by its length.
  std::string wide = "case '" + std::string(100000, 'x') + "'";
  for (int i = 0; i < 100; ++i) wide += " when carrier then 1";
  base::Diagnostics of_wide;
  EXPECT_FALSE(CheckText(wide + " end", given.scope, &of_wide).has_value());
  EXPECT_NE(of_wide.all()[0].message.find("too large"), std::string::npos);
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
  const auto decimal = CheckText("count()", given.scope, &diagnostics, Type::Decimal(20, 1));
  ASSERT_TRUE(decimal.has_value());
  EXPECT_EQ(decimal->scalar.type(), Type::Decimal(20, 1));
  EXPECT_TRUE(CheckText("12", given.scope, &diagnostics, Type::Decimal(3, 1)).has_value());
  EXPECT_TRUE(CheckText("sum(price)", given.scope, &diagnostics, TypeKind::kFloat64).has_value());
  EXPECT_FALSE(diagnostics.has_errors()) << diagnostics.Render(false);
  base::Diagnostics narrow;
  EXPECT_FALSE(CheckText("123", given.scope, &narrow, Type::Decimal(3, 1)).has_value());
  EXPECT_FALSE(CheckText("count()", given.scope, &narrow, Type::Decimal(18, 0)).has_value());
  EXPECT_FALSE(CheckText("sum(price)", given.scope, &narrow, Type::Decimal(12, 2)).has_value());
  EXPECT_FALSE(CheckText("1.5", given.scope, &narrow, Type::Decimal(12, 2)).has_value());
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
