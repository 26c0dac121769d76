#include <gtest/gtest.h>

#include <limits>

#include "expr/checked.h"
#include "expr/expect_values_test.h"
#include "expr/functions.h"

namespace plumb::expr {
namespace {

// Columns in the place of literals, so that nothing is folded: odd values of every type.
struct OddRow {
  data::Schema schema;
  std::vector<data::Value> row;
  OddRow();
};

OddRow::OddRow() {
  const double kInfinity = std::numeric_limits<double>::infinity();
  using data::TypeKind;
  using data::Value;
  schema = data::Schema({{"i", TypeKind::kInt64},
                         {"z", TypeKind::kInt64},
                         {"big", TypeKind::kInt64},
                         {"small", TypeKind::kInt64},
                         {"ni", TypeKind::kInt64},
                         {"f", TypeKind::kFloat64},
                         {"huge", TypeKind::kFloat64},
                         {"nan", TypeKind::kFloat64},
                         {"inf", TypeKind::kFloat64},
                         {"nf", TypeKind::kFloat64},
                         {"s", TypeKind::kString},
                         {"ns", TypeKind::kString},
                         {"yes", TypeKind::kBool},
                         {"no", TypeKind::kBool},
                         {"nb", TypeKind::kBool},
                         {"ts", TypeKind::kTimestamp},
                         {"far", TypeKind::kTimestamp},
                         {"d", TypeKind::kDuration}});
  row = {Value::Int64(7),
         Value::Int64(0),
         Value::Int64(std::numeric_limits<int64_t>::max()),
         Value::Int64(std::numeric_limits<int64_t>::min()),
         Value::Null(TypeKind::kInt64),
         Value::Float64(2.5),
         Value::Float64(1e308),
         Value::Float64(std::numeric_limits<double>::quiet_NaN()),
         Value::Float64(kInfinity),
         Value::Null(TypeKind::kFloat64),
         Value::String("aßc"),
         Value::Null(TypeKind::kString),
         Value::Bool(true),
         Value::Bool(false),
         Value::Null(TypeKind::kBool),
         Value::Timestamp(base::ParseTime("2013-05-06T17:08:09.123456Z").value()),
         Value::Timestamp(std::numeric_limits<int64_t>::max()),
         Value::Duration(90 * base::kMinute)};
}

void ExpectValues(const std::vector<Row>& wanted) {
  const OddRow odd;
  ExpectValuesOf(odd.schema, odd.row, wanted);
}

TEST(Evaluate, ArithmeticWithNullNanAndOverflow) {
  ExpectValues({
      {"i + 1", "8"},       {"i - 10", "-3"},      {"i * i", "49"},         {"i / 2", "3.5"},        {"i / z", "null"},
      {"f / 0.0", "null"},  {"nan / 0", "null"},   {"i % 4", "3"},          {"-i % 4", "-3"},        {"i % z", "null"},
      {"small % -1", "0"},  {"f % 2", "0.5"},      {"big + 1", "!"},        {"small - 1", "!"},      {"big * 2", "!"},
      {"-small", "!"},      {"abs(small)", "!"},   {"big + ni", "null"},    {"(big + 1) + ni", "!"}, {"huge * 10", "!"},
      {"huge + huge", "!"}, {"huge / 1e-10", "!"}, {"inf + 1", "Infinity"}, {"inf - inf", "NaN"},    {"-(f - f)", "0"},
      {"i + f", "9.5"},     {"-f", "-2.5"},        {"0.0 * -f", "0"},
  });
}

TEST(Evaluate, TimesAndDurations) {
  ExpectValues({
      {"ts + d", "2013-05-06T18:38:09.123456Z"},
      {"d + ts", "2013-05-06T18:38:09.123456Z"},
      {"ts - (ts - 1h)", "1h"},
      {"d + 30m", "2h"},
      {"d - 2h", "-30m"},
      {"d * 2", "3h"},
      {"2 * d", "3h"},
      {"d * 0.5", "45m"},
      {"0.5 * d", "45m"},
      {"d / 1h", "1.5"},
      {"d / 2", "45m"},
      {"d / 0", "null"},
      {"d / 0s", "null"},
      {"-d", "-1h30m"},
      {"far + 1h", "!"},
      {"abs(-d)", "1h30m"},
      {"d * 1e300", "!"},
      {"d * nan", "!"},
  });
}

TEST(Evaluate, ComparisonInTheCanonicalOrder) {
  ExpectValues({
      {"i = 7.0", "true"},
      {"nan = nan", "true"},
      {"nan > inf", "true"},
      {"nan <> 1", "true"},
      {"nan <= nan", "true"},
      {"inf < nan", "true"},
      {"f >= 2.5", "true"},
      {"f < nf", "null"},
      {"s < 'b'", "true"},
      {"no < yes", "true"},
      {"ts > timestamp '2013-01-01'", "true"},
      {"d >= 90m", "true"},
      {"i <> 7", "false"},
      {"s >= 'a'", "true"},
  });
}

TEST(Evaluate, ThreeValuedLogic) {
  ExpectValues({
      {"yes and nb", "null"},
      {"no and nb", "false"},
      {"nb or yes", "true"},
      {"nb or no", "null"},
      {"not nb", "null"},
      {"no and big + 1 > 0", "false"},
      {"yes and big + 1 > 0", "!"},
      {"nb and big + 1 > 0", "!"},
      {"yes or big + 1 > 0", "true"},
      {"big + 1 > 0 or nb", "!"},
  });
}

TEST(Evaluate, ChoicesDropTheErrorsOfWhatTheyDoNotTake) {
  ExpectValues({
      {"i in (1, 7)", "true"},
      {"i in (1, null)", "null"},
      {"i in (7, null)", "true"},
      {"ni in (1)", "null"},
      {"i not in (1, 2)", "true"},
      {"i in (7, big + 1)", "true"},
      {"i in (1, big + 1)", "!"},
      {"nan in (1, nan)", "true"},
      {"s in ('x', s)", "true"},
      {"i between 7 and 8", "true"},
      {"i between 8 and null", "false"},
      {"i between 7 and null", "null"},
      {"i not between 1 and 2", "true"},
      {"nan between 0 and nan", "true"},
      {"ni is null", "true"},
      {"i is not null", "true"},
      {"big + 1 is null", "true"},
      {"case when nb then 1 when yes then 2 else 3 end", "2"},
      {"case when no then 1 end", "null"},
      {"case i when 7 then 'seven' end", "seven"},
      {"case when no then big + 1 else 1 end", "1"},
      {"case when yes then big + 1 else 1 end", "!"},
      {"case when big + 1 > 0 then 1 else 2 end", "!"},
      {"case when yes then 1 when big + 1 > 0 then 2 end", "1"},
      {"if(f > 2, s, 'no')", "aßc"},
      {"if(nb, 1, 2)", "2"},
      {"coalesce(ni, 3)", "3"},
      {"coalesce(big + 1, 3)", "3"},
      {"coalesce(big + 1, ni)", "!"},
      {"coalesce(ns, s)", "aßc"},
      {"nullif(i, 7)", "null"},
      {"nullif(i, 8)", "7"},
      {"nullif(i, ni)", "7"},
      {"nullif(i, big + 1)", "!"},
      {"nullif(nan, nan)", "null"},
      {"least(i, 3, ni)", "3"},
      {"greatest(f, nan)", "NaN"},
      {"least(f, nan)", "2.5"},
      {"least(ni, ni)", "null"},
      {"greatest(i, big + 1)", "!"},
      {"greatest(s, 'b')", "b"},
  });
}

TEST(Evaluate, FunctionsOfNumbers) {
  ExpectValues({
      {"round(f)", "3"},
      {"round(-f)", "-3"},
      {"round(0.49999999999999994 * if(yes, 1.0, f))", "0"},
      {"round(f * 1.01, 1)", "2.5"},
      {"round(i * 100, -2)", "700"},
      {"round(f, 40)", "!"},
      {"round(huge, 2)", "1e+308"},
      {"round(i)", "7"},
      {"floor(-f)", "-3"},
      {"ceil(-f / 5)", "0"},
      {"trunc(-f)", "-2"},
      {"sign(-f)", "-1"},
      {"sign(nan)", "NaN"},
      {"sign(small)", "-1"},
      {"sqrt(-f)", "null"},
      {"sqrt(f + 3.75)", "2.5"},
      {"ln(z)", "null"},
      {"ln(nan)", "NaN"},
      {"ln(inf)", "Infinity"},
      {"exp(huge)", "!"},
      {"exp(z)", "1"},
      {"log10(i + 993)", "3"},
      {"log2(i + 1)", "3"},
      {"log1p(z)", "0"},
      {"log1p(-1 + z)", "null"},
      {"power(i, 2)", "49"},
      {"power(z, -1)", "null"},
      {"power(-f, 0.5)", "null"},
      {"power(huge, 2)", "!"},
      {"sin(inf)", "null"},
      {"sigmoid(z)", "0.5"},
      {"mod(i, 4)", "3"},
      {"clamp(i, 1, 5)", "5"},
      {"clamp(nan, 0, 1)", "NaN"},
      {"clamp(i, 5, 1)", "null"},
      {"width_bucket(f, 0, 10, 4)", "2"},
      {"width_bucket(-f, 0, 10, 4)", "0"},
      {"width_bucket(nan, 0, 10, 4)", "5"},
      {"width_bucket(f, 1, 1, 4)", "null"},
      {"is_nan(nan)", "true"},
      {"is_nan(nf)", "null"},
      {"is_finite(inf)", "false"},
  });
}

TEST(Evaluate, FunctionsOfStrings) {
  ExpectValues({
      {"s || '!'", "aßc!"},
      {"s || ns", "null"},
      {"concat(s, ns, '!')", "aßc!"},
      {"concat(ns)", ""},
      {"length(s)", "3"},
      {"upper(s)", "AßC"},
      {"lower(upper(s))", "aßc"},
      {"substr(s, 2)", "ßc"},
      {"substr(s, 2, 1)", "ß"},
      {"substr(s, 0, 2)", "a"},
      {"substr(s, -5)", "aßc"},
      {"substr(s, small, big)", ""},
      {"substr(s, 2, -1)", "null"},
      {"left(s, 2)", "aß"},
      {"left(s, -2)", "a"},
      {"left(s, small)", ""},
      {"right(s, 2)", "ßc"},
      {"right(s, -2)", "c"},
      {"right(s, big)", "aßc"},
      {"right(s, small)", ""},
      {"replace(s, 'ß', 'ss')", "assc"},
      {"replace(s, '', 'x')", "aßc"},
      {"strpos(s, 'c')", "3"},
      {"strpos(s, 'x')", "0"},
      {"contains(s, 'ß')", "true"},
      {"starts_with(s, 'a')", "true"},
      {"ends_with(s, 'a')", "false"},
      {"trim('  ' || s || ' ')", "aßc"},
      {"s like 'a_c'", "true"},
      {"s like '%c'", "true"},
      {"s like 'A%'", "false"},
      {"s like '%ß%%'", "true"},
      {"s like ''", "false"},
      {"s like ns", "null"},
      {"s not like 'a%b'", "true"},
  });
}

TEST(Evaluate, FunctionsOfTimes) {
  ExpectValues({
      {"year(ts)", "2013"},
      {"quarter(ts)", "2"},
      {"month(ts)", "5"},
      {"day(ts)", "6"},
      {"hour(ts)", "17"},
      {"hour(ts, 'America/New_York')", "13"},
      {"minute(ts)", "8"},
      {"second(ts)", "9"},
      {"day_of_week(ts)", "1"},
      {"day_of_year(ts)", "126"},
      {"hour(far)", "!"},
      {"date_trunc('hour', ts)", "2013-05-06T17:00:00Z"},
      {"date_trunc('second', ts)", "2013-05-06T17:08:09Z"},
      {"date_trunc('week', ts)", "2013-05-06T00:00:00Z"},
      {"date_trunc('day', ts, 'America/New_York')", "2013-05-06T04:00:00Z"},
      {"date_trunc('quarter', ts)", "2013-04-01T00:00:00Z"},
      {"date_trunc('year', ts)", "2013-01-01T00:00:00Z"},
      {"add_months(ts, -3)", "2013-02-06T17:08:09.123456Z"},
      {"add_months(ts, big)", "!"},
      {"epoch(ts - ts + timestamp '1970-01-02')", "86400"},
      {"from_epoch(i)", "1970-01-01T00:00:07Z"},
      {"from_epoch(huge)", "!"},
  });
}

TEST(Evaluate, Conversions) {
  ExpectValues({
      {"cast(f as int64)", "2"},
      {"cast(-f as int64)", "-2"},
      {"cast(huge as int64)", "!"},
      {"cast(nan as int64)", "!"},
      {"cast(yes as int64)", "1"},
      {"cast(i as bool)", "true"},
      {"cast(i as string)", "7"},
      {"cast(f as string)", "2.5"},
      {"cast(ts as string)", "2013-05-06T17:08:09.123456Z"},
      {"cast(far as string)", "!"},
      {"cast(d as string)", "1h30m"},
      {"cast(s as int64)", "!"},
      {"cast(ns as int64)", "null"},
      {"cast(cast(i as string) as float64)", "7"},
      {"cast(concat('2013-01-0', cast(i as string)) as timestamp)", "2013-01-07T00:00:00Z"},
      {"cast(coalesce(ns, '1h') as duration)", "1h"},
      {"cast(coalesce(ns, 'true') as bool)", "true"},
      {"cast(yes as string)", "true"},
      {"coalesce(cast(s as int64), -1)", "-1"},
  });
}

TEST(Evaluate, StringsThatGrowWithoutBoundAreAnError) {
  data::Schema schema({{"s", data::TypeKind::kString}});
  std::string text = "s";
  for (int i = 0; i < 30; ++i) text = "replace(" + text + ", 'a', 'aaaaaaaa')";
  Scope scope;
  scope.columns = &schema;
  base::Diagnostics diagnostics;
  const std::optional<Checked> checked = CheckText(text, scope, &diagnostics);
  ASSERT_TRUE(checked.has_value());
  EXPECT_EQ(Evaluated(checked->scalar, schema, {data::Value::String("aaaa")}), "!");
}

TEST(Evaluate, HandlesManyRowsAndNone) {
  data::Schema schema({{"x", data::TypeKind::kInt64}, {"s", data::TypeKind::kString}});
  Scope scope;
  scope.columns = &schema;
  base::Diagnostics diagnostics;
  const std::optional<Checked> number = CheckText("if(x % 3 = 0, null, x * 4611686018427387904)", scope, &diagnostics);
  const std::optional<Checked> text = CheckText("upper(s) || '!'", scope, &diagnostics);
  constexpr size_t kRows = 5000;
  data::Column xs(data::TypeKind::kInt64);
  data::Column strings(data::TypeKind::kString);
  for (size_t row = 0; row < kRows; ++row) {
    xs.AppendInt(static_cast<int64_t>(row % 4));
    strings.AppendString("s" + std::to_string(row));
  }
  const data::Column* x_input[] = {&xs};
  const data::Column* string_input[] = {&strings};
  std::vector<uint8_t> errors;
  const data::Column product = number->scalar.Evaluate(x_input, kRows, &errors);
  ASSERT_EQ(product.size(), kRows);
  for (size_t row = 0; row < kRows; ++row) {
    EXPECT_EQ(product.IsNull(row), row % 4 == 0 || row % 4 == 3 || row % 4 == 2);
    EXPECT_EQ(errors[row], row % 4 == 2 ? 1 : 0);
  }
  const data::Column shouted = text->scalar.Evaluate(string_input, kRows, nullptr);
  EXPECT_EQ(shouted.String(4999), "S4999!");
  EXPECT_EQ(number->scalar.Evaluate(x_input, 0, &errors).size(), 0U);
  EXPECT_TRUE(errors.empty());
}

TEST(Reference, DocumentsAndEvaluatesEveryFunction) {
  const std::string reference = ExpressionReference();
  for (const Section& section : FunctionSections()) {
    EXPECT_NE(reference.find("## " + std::string(section.title)), std::string::npos);
    for (const Function& function : section.functions) {
      EXPECT_FALSE(function.meaning.empty()) << function.name;
      EXPECT_NE(reference.find(function.meaning), std::string::npos) << function.name;
    }
  }
  EXPECT_NE(reference.find("`round(2.5)` is `3`"), std::string::npos);
  EXPECT_NE(reference.find("`avg(x)`"), std::string::npos);
}

TEST(Functions, TakeNoMoreArgumentsThanKernelsHold) {
  for (const Section& section : FunctionSections()) {
    for (const Function& function : section.functions) {
      for (const Overload& overload : function.overloads)
        EXPECT_LE(overload.params.size(), kKernelArgsMax) << function.name;
    }
  }
}

}  // namespace
}  // namespace plumb::expr
