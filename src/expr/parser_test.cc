#include <gtest/gtest.h>

#include "expr/expr.h"
#include "expr/lexer.h"

namespace plumb::expr {
namespace {

// A tree as text with all parentheses, so that tables show how it was read.
std::string Shape(const ExprPtr& expr) {
  const auto list = [&](size_t first) {
    std::string text;
    for (size_t i = first; i < expr->args.size(); ++i) text += (i > first ? ", " : "") + Shape(expr->args[i]);
    return text;
  };
  const std::string negated = expr->negated ? "not " : "";
  switch (expr->kind) {
    case Kind::kLiteral:
      return expr->literal.type() == data::TypeKind::kString ? "'" + expr->literal.ToString() + "'"
                                                             : expr->literal.ToString();
    case Kind::kName:
      return (expr->quoted ? "#" : "") + expr->name;
    case Kind::kFeature: {
      std::string keys;
      for (const auto& [key, value] : expr->keys) keys += (keys.empty() ? "" : ", ") + key + "=" + Shape(value);
      return expr->name + "{" + keys + "}." + expr->member;
    }
    case Kind::kUnary:
      return "(" + expr->name + " " + Shape(expr->args[0]) + ")";
    case Kind::kBinary:
      return "(" + Shape(expr->args[0]) + " " + expr->name + " " + Shape(expr->args[1]) + ")";
    case Kind::kIn:
      return "(" + Shape(expr->args[0]) + " " + negated + "in " + list(1) + ")";
    case Kind::kBetween:
      return "(" + Shape(expr->args[0]) + " " + negated + "between " + list(1) + ")";
    case Kind::kLike:
      return "(" + Shape(expr->args[0]) + " " + negated + "like " + list(1) + ")";
    case Kind::kIsNull:
      return "(" + Shape(expr->args[0]) + " is " + negated + "null)";
    case Kind::kCast:
      return "cast(" + Shape(expr->args[0]) + " as " + expr->name + ")";
    case Kind::kCase:
      return "case(" + list(0) + ")";
    case Kind::kCall:
      return expr->name + "(" + list(0) + ")";
    case Kind::kAggregate: {
      std::string text = expr->name + "[" + list(0);
      if (expr->where != nullptr) text += " where " + Shape(expr->where);
      const Window& window = expr->window;
      if (window.last > 0) text += " over last " + std::to_string(window.last);
      if (window.to_date != ToDate::kNone) {
        text += window.to_date == ToDate::kDay    ? " today"
                : window.to_date == ToDate::kWeek ? " this week"
                                                  : " this month";
        if (window.zone != nullptr) text += " in " + base::ZoneName(*window.zone);
      } else if (!window.lifetime) {
        text += " over " + base::FormatSpan(window.length);
      }
      if (expr->window.ahead) text += " ahead";
      if (expr->window.offset != base::Span{}) text += " offset " + base::FormatSpan(expr->window.offset);
      return text + "]";
    }
  }
  return "?";
}

base::Position At(const std::string& text) {
  return {std::make_shared<base::SourceText>(base::SourceText{"<test>", text}), 0, text.size()};
}

struct Good {
  const char* text;
  const char* shape;
};

constexpr Good kGood[] = {
    {"1 + 2 * 3", "(1 + (2 * 3))"},
    {"(1 + 2) * 3", "((1 + 2) * 3)"},
    {"1 - 2 - 3", "((1 - 2) - 3)"},
    {"-x * 2", "((- x) * 2)"},
    {"--1", "(- -1)"},
    {"+x", "x"},
    {".5 + 1e-3", "(0.5 + 0.001)"},
    {"1.", "1"},
    {"a or b and not c = 1", "(a or (b and (not (c = 1))))"},
    {"not a and b", "((not a) and b)"},
    {"a = 1 and b != 2", "((a = 1) and (b <> 2))"},
    {"a || b = c || d", "((a || b) = (c || d))"},
    {"a BETWEEN 1 AND 2 AND b", "((a between 1, 2) and b)"},
    {"a not between 1 and 2", "(a not between 1, 2)"},
    {"a in (1, 2) or a not in (3)", "((a in 1, 2) or (a not in 3))"},
    {"a like 'x%' and b not like '_'", "((a like 'x%') and (b not like '_'))"},
    {"a is null or a is not null", "((a is null) or (a is not null))"},
    {"case when a then 1 when b then 2 else 3 end", "case(a, 1, b, 2, 3)"},
    {"case x when 1 then 'a' else 'b' end", "case((x = 1), 'a', 'b')"},
    {"cast(x + 1 as FLOAT64)", "cast((x + 1) as float64)"},
    {"cast(x as int32)", "cast(x as int64)"},
    {"Round(x, 2)", "round(x, 2)"},
    {"pi()", "pi()"},
    {"true and null", "(true and null)"},
    {"'it''s'", "'it's'"},
    {"\"order\" + \"t\"", "(#order + #t)"},
    {"timestamp '2013-01-01 08:00'", "2013-01-01T08:00:00Z"},
    {"timestamp + 1h30m", "(timestamp + 1h30m)"},
    {"offset + ahead + lifetime + of + from", "((((offset + ahead) + lifetime) + of) + from)"},
    {"count()", "count[]"},
    {"count(where x) over 1h", "count[ where x over 1h]"},
    {"sum(x where y > 0) over 2h offset 1d", "sum[x where (y > 0) over 2h offset 1d]"},
    {"sum(x) over 1h ahead offset 2mo", "sum[x over 1h ahead offset 2mo]"},
    {"sum(x) over last 10", "sum[x over last 10]"},
    {"sum(x) OVER LAST 10000 offset 1d > 2", "(sum[x over last 10000 offset 1d] > 2)"},
    {"count() over day to date", "count[ today]"},
    {"count() over Week To Date offset 7d", "count[ this week offset 7d]"},
    {"count() over month to date in 'Europe/Berlin' offset 1mo", "count[ this month in Europe/Berlin offset 1mo]"},
    {"count() over day to date in utc", "count[ today]"},
    {"count() over day to date in 'UTC'", "count[ today]"},
    {"count() over day to date in (1, 2)", "(count[ today] in 1, 2)"},
    {"count() over day to date not in (1)", "(count[ today] not in 1)"},
    {"last(x, 3) over 1d", "last[x, 3 over 1d]"},
    {"approx_quantile(x, 0.5 where y)", "approx_quantile[x, 0.5 where y]"},
    {"ewma(x, 1h30m)", "ewma[x, 1h30m]"},
    {"Mean(x) + var_samp(x) + stddev_samp(x)", "((avg[x] + variance[x]) + stddev[x])"},
    {"count(distinct) + count(distinct + 1)", "(count[distinct] + count[(distinct + 1)])"},
    {"median(k = 1).x", "median{k=1}.x"},
    {"day + week + month + date", "(((day + week) + month) + date)"},
    {"cast(x as Decimal(12, 2))", "cast(x as decimal(12, 2))"},
    {"cast(x as LIST ( decimal(12,2) ))", "cast(x as list(decimal(12, 2)))"},
    {"cast(x as vector(float32, 4))", "cast(x as vector(float32, 4))"},
    {"avg(x) over lifetime / 2", "(avg[x] / 2)"},
    {"count() over 1h / count() over 1d", "(count[ over 1h] / count[ over 1d])"},
    {"a + count() over 1h", "(a + count[ over 1h])"},
    {"view.feature * 2", "(view{}.feature * 2)"},
    {"view(k = a = b, \"x y\" = 1).f", "view{k=(a = b), x y=1}.f"},
    {"last(k = 1).f", "last{k=1}.f"},
    {"f(g(k = 1).x)", "f(g{k=1}.x)"},
    {"  x\n\t", "x"},
    {"größe + 1", "(größe + 1)"},
};

TEST(Parser, ReadsTheGrammar) {
  for (const Good& good : kGood) {
    base::Diagnostics diagnostics;
    const ExprPtr expr = Parse(good.text, At(good.text), &diagnostics);
    ASSERT_NE(expr, nullptr) << good.text << "\n" << diagnostics.Render(false);
    EXPECT_EQ(Shape(expr), good.shape) << good.text;
  }
}

struct Bad {
  const char* text;
  int column;
  const char* message;
  const char* suggestion;
};

constexpr Bad kBad[] = {
    {"", 1, "Expression is empty.", ""},
    {"   ", 4, "Expression is empty.", ""},
    {"1 +", 4, "Expression ends where a value is expected.", ""},
    {"(1 + 2", 1, "Parenthesis is not closed.", ""},
    {"1 + 2)", 6, "Parenthesis is closed but was never opened.", ""},
    {"f(1, 2", 2, "Parenthesis is not closed.", ""},
    {"f(1 2)", 5, "Expected , or ), got 2.", "operator"},
    {"a == b", 3, "Sign is not known: ==.", "Write = to compare."},
    {"a && b", 3, "Sign is not known: &&.", "Write and."},
    {"a ! b", 3, "Sign is not known: !.", "Write not"},
    {"'abc", 1, "String does not end", "''"},
    {"\"abc", 1, "Name does not end", ""},
    {"\"\"", 1, "Name is empty.", "single quotes"},
    {"1_000", 1, "Number is not valid: 1_000.", "no separators"},
    {"99999999999999999999", 1, "Number is out of the range of int64", "decimal point"},
    {"1e999", 1, "Number is out of the range of float64", ""},
    {"count() over 2hr", 14, "Unit of a duration is not known: hr in 2hr.", "ms, s, m, h"},
    {"count() over 1.5h", 14, "Duration is not valid: 1.5h.", "90m"},
    {"count() over 30m1h", 14, "Duration is not valid: 30m1h.", "largest first"},
    {"count() over 2", 14, "Window has no unit: 2.", "10m"},
    {"count() over", 13, "Expected a window after over", "over 2h"},
    {"count() over 1h offset", 23, "Expected a duration after offset", "offset 1d"},
    {"count() over lifetime ahead", 23, "lifetime has no ahead.", "90d"},
    {"count() over last", 18, "Expected a number of rows after last", "over last 10"},
    {"count() over last 0", 19, "Number of rows is out of range: 0.", "1 to 10000"},
    {"count() over last -3", 19, "Number of rows is out of range: -3.", "1 to 10000"},
    {"count() over last 10001", 19, "Number of rows is out of range: 10001.", "1 to 10000"},
    {"count() over last 99999999999999999999", 19, "Number of rows is out of range", "1 to 10000"},
    {"count() over last 1h", 19, "Expected a number of rows after last, got 1h.", "over last 10"},
    {"count() over last 10 ahead", 22, "last has no ahead.", "90d"},
    {"count() over day", 17, "Expected to date after day", "over 1d"},
    {"count() over day to", 20, "Expected to date after day", "over 1d"},
    {"count() over year to date", 14, "Expected a window after over", "day to date"},
    {"count() over day to date ahead", 26, "to date has no ahead.", "90d"},
    {"count() over day to date in 'Europe/Berln'", 29, "Time zone is not known: Europe/Berln.", "Europe/Berlin"},
    {"count() over day to date in Europe", 29, "Expected a time zone after in, got Europe.", "single quotes"},
    {"count(distinct x)", 7, "count(distinct …) is not part of the language.", "distinct(x)"},
    {"count_distinct(x) over 2h", 1, "Aggregate is not known: count_distinct.", "distinct(x)"},
    {"1 + median(x where y)", 5, "Aggregate is not known: median.", "approx_quantile(x, 0.5)"},
    {"stddev_pop(x)", 1, "Aggregate is not known: stddev_pop.", "sample"},
    {"x over 2h", 3, "over belongs to an aggregate", "avg(x) over 2h"},
    {"abs(x) over 2h", 8, "over belongs to an aggregate, and abs is none.", "count, sum"},
    {"abs(x where y)", 7, "where belongs to an aggregate.", "count, sum"},
    {"count() where x", 9, "where belongs to an aggregate", "sum(x where"},
    {"count() offset 1d", 9, "offset belongs to a window.", "after over"},
    {"count(*)", 7, "count(*) is not part of the language.", "count()"},
    {"1h + 2mo", 6, "Duration in months has no fixed length", "add_months"},
    {"a < b < c", 7, "Comparisons do not chain.", "a < b and b < c"},
    {"a is true", 6, "is true is not part", "coalesce"},
    {"a is 1", 6, "Expected null after is", ""},
    {"a in 1", 6, "Expected ( after in", "x in (1, 2, 3)"},
    {"a in ()", 6, "in () has no choices.", ""},
    {"a between 1 or 2", 13, "Expected and between the bounds", "low and high"},
    {"case when a then 1", 1, "case is not ended.", "end"},
    {"case a end", 8, "Expected when after case", ""},
    {"case when a 1 end", 13, "Expected then", ""},
    {"cast(x float64)", 8, "Expected as and a type", "cast(x as float64)"},
    {"cast(x as decimal(39, 2))", 11, "", ""},
    {"cast(x as decimal(12, 2)", 5, "Parenthesis is not closed.", ""},
    {"cast(x as list(string)", 5, "Parenthesis is not closed.", ""},
    {"cast(x as list(list(int64)))", 11, "", ""},
    {"cast(x as list(+))", 16, "Expected", ""},
    {"cast(x as double)", 11, "Type is not known: double.", "float64"},
    {"interval '1 day'", 1, "interval is not part", "1h30m"},
    {"timestamp 'yesterday'", 11, "Time is not valid: yesterday.", "2013-01-31"},
    {"end", 1, "Expected a value, got the word end.", "\"end\""},
    {"a b", 3, "Text follows the expression: b.", ""},
    {"a andd b", 3, "Text follows the expression: andd.", "and"},
    {"a, b", 2, "Text follows the expression: a comma.", ""},
    {"view(k = 1, 2).f", 13, "Expected key = value in the look-up", "view(key = column).feature"},
    {"view(k = 1).", 13, "Expected the name of a feature after the dot", ""},
    {"a\x01", 2, "Byte is not part of the language: 0x01.", ""},
};

TEST(Parser, PointsAtTheMistakeAndSaysWhatToDo) {
  for (const Bad& bad : kBad) {
    base::Diagnostics diagnostics;
    EXPECT_EQ(Parse(bad.text, At(bad.text), &diagnostics), nullptr) << bad.text;
    ASSERT_EQ(diagnostics.errors(), 1U) << bad.text << "\n" << diagnostics.Render(false);
    const base::Diagnostic& first = diagnostics.all()[0];
    EXPECT_EQ(first.position.Column(), bad.column) << bad.text << ": " << first.message;
    EXPECT_NE(first.message.find(bad.message), std::string::npos) << bad.text << ": " << first.message;
    EXPECT_NE(first.suggestion.find(bad.suggestion), std::string::npos) << bad.text << ": " << first.suggestion;
  }
}

TEST(Parser, BoundsDepthSizeAndRepetition) {
  const auto repeat = [](const std::string& text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
  };
  std::string nested_case = "x";
  for (int i = 0; i < 40; ++i) nested_case = "case " + nested_case + " when 1 then 1 when 2 then 2 end";
  const std::string kTooMuch[] = {
      repeat("(", 300) + "x" + repeat(")", 300),
      repeat("not ", 300) + "x",
      repeat("-", 300) + "x",
      "x" + repeat(" + x", 1000),
      "x in (" + repeat("1,", 9000) + "1)",
      nested_case,
      repeat("f(", 250) + repeat(")", 250),
      std::string(2 << 20, ' '),
  };
  for (const std::string& text : kTooMuch) {
    base::Diagnostics diagnostics;
    EXPECT_EQ(Parse(text, At(text), &diagnostics), nullptr) << text.substr(0, 40);
    EXPECT_EQ(diagnostics.errors(), 1U);
  }
  base::Diagnostics diagnostics;
  for (const std::string& text :
       {repeat("(", 150) + "x" + repeat(")", 150), "x" + repeat(" or x", 400), "x in (" + repeat("1,", 4000) + "1)"}) {
    EXPECT_NE(Parse(text, At(text), &diagnostics), nullptr) << diagnostics.Render(false);
  }
}

TEST(Parser, PositionsStandInTheUsersFile) {
  const std::string file = "features:\n  rush: count() + \"größe\" + foo(bar)\n";
  const size_t start = file.find("count");
  base::Position at = At(file);
  at.offset = start;
  at.length = 33;
  base::Diagnostics diagnostics;
  const ExprPtr expr = Parse(std::string_view(file).substr(start, file.size() - start - 1), at, &diagnostics);
  ASSERT_NE(expr, nullptr) << diagnostics.Render(false);
  const ExprPtr& call = expr->args[1];
  EXPECT_EQ(call->position.Line(), 2);
  EXPECT_EQ(call->position.offset, file.find("foo"));
  EXPECT_EQ(call->position.length, 8U);
  EXPECT_EQ(call->args[0]->position.offset, file.find("bar"));
}

TEST(ParseQuery, NamesEntityAndSource) {
  base::Diagnostics diagnostics;
  const std::string text = "avg(arr_delay) over 2h of carrier from flights";
  const std::optional<Query> query = ParseQuery(text, At(text), &diagnostics);
  ASSERT_TRUE(query.has_value());
  EXPECT_EQ(Shape(query->expr), "avg[arr_delay over 2h]");
  EXPECT_EQ(query->entity, "carrier");
  EXPECT_EQ(query->source, "flights");
  EXPECT_EQ(query->source_position.offset, text.find("flights"));
}

TEST(ParseQuery, WithoutEntityIsOfAll) {
  base::Diagnostics diagnostics;
  const std::string text = "count() over last 10 from flights";
  const std::optional<Query> query = ParseQuery(text, At(text), &diagnostics);
  ASSERT_TRUE(query.has_value()) << diagnostics.Render(false);
  EXPECT_EQ(query->entity, "");
  EXPECT_EQ(query->source, "flights");
}

TEST(ParseQuery, SaysWhichPartIsMissing) {
  const Bad kCases[] = {
      {"count()", 8, "Query does not name its source.", "of ENTITY from SOURCE"},
      {"count() of carrier", 19, "Query does not name its source.", "of ENTITY from SOURCE"},
      {"count() of", 11, "Expected the name of the entity after of", ""},
      {"count() of carrier from flights x", 33, "Text follows the expression: x.", ""},
      {"count() from", 13, "Expected the name of the source after from", ""},
  };
  for (const Bad& bad : kCases) {
    base::Diagnostics diagnostics;
    EXPECT_FALSE(ParseQuery(bad.text, At(bad.text), &diagnostics).has_value());
    ASSERT_EQ(diagnostics.errors(), 1U) << bad.text;
    EXPECT_EQ(diagnostics.all()[0].position.Column(), bad.column) << bad.text;
    EXPECT_NE(diagnostics.all()[0].message.find(bad.message), std::string::npos) << diagnostics.all()[0].message;
  }
}

TEST(Names, ArePlainUnlessTheyAreKeywordsOrOdd) {
  EXPECT_TRUE(IsPlainName("arr_delay"));
  EXPECT_TRUE(IsPlainName("offset"));
  EXPECT_FALSE(IsPlainName("Where"));
  EXPECT_FALSE(IsPlainName("arr delay"));
  EXPECT_FALSE(IsPlainName("2x"));
  EXPECT_FALSE(IsPlainName(""));
}

}  // namespace
}  // namespace plumb::expr
