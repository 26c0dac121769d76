// Decimals, lists and vectors.
#include <gtest/gtest.h>

#include "expr/expect_values_test.h"

namespace plumb::expr {
namespace {

using data::Type;
using data::TypeKind;
using data::Value;

struct TypedRow {
  data::Schema schema;
  std::vector<Value> row;
  TypedRow() {
    Add("price", Type::Decimal(12, 2), "12.30");
    Add("debt", Type::Decimal(5, 3), "-1.005");
    Add("zero", Type::Decimal(4, 1), "0");
    Add("most", Type::Decimal(38, 0), std::string(38, '9'));
    Add("least", Type::Decimal(38, 38), "0." + std::string(37, '0') + "1");
    Add("i", TypeKind::kInt64, "7");
    Add("big", TypeKind::kInt64, "9223372036854775807");
    Add("f", TypeKind::kFloat64, "2.5");
    Add("nan", TypeKind::kFloat64, "NaN");
    Add("s", TypeKind::kString, "12.3");
    Add("d", TypeKind::kDuration, "1h");
    Add("ints", Type::List(TypeKind::kInt64), "[1, null, 3]");
    Add("none", Type::List(TypeKind::kInt64), "[]");
    Add("names", Type::List(TypeKind::kString), R"(["a", "ß", null])");
    Add("prices", Type::List(Type::Decimal(20, 2)), R"(["1.50", "2.00"])");
    Add("floats", Type::List(TypeKind::kFloat64), R"([1.5, "NaN"])");
    Add("v", Type::Vector(3), "[1, 2, 2]");
    Add("w", Type::Vector(3), "[0.5, 0, -1]");
    Add("flat", Type::Vector(3), "[0, 0, 0]");
    schema.Add("np", Type::Decimal(12, 2));
    row.push_back(Value::Null(Type::Decimal(12, 2)));
    schema.Add("nl", Type::List(TypeKind::kInt64));
    row.push_back(Value::Null(Type::List(TypeKind::kInt64)));
    schema.Add("nv", Type::Vector(3));
    row.push_back(Value::Null(Type::Vector(3)));
  }
  void Add(const char* name, Type type, const std::string& text) {
    schema.Add(name, type);
    row.push_back(data::ParseValue(type, text).value());
  }
};

void ExpectValues(const std::vector<Row>& wanted) {
  const TypedRow typed;
  ExpectValuesOf(typed.schema, typed.row, wanted);
}

TEST(EvaluateDecimals, Arithmetic) {
  ExpectValues({
      {"price + debt", "11.295"},
      {"price - debt", "13.305"},
      {"price + 1", "13.30"},
      {"i - price", "-5.30"},
      {"price * debt", "-12.36150"},
      {"price * 2", "24.60"},
      {"price + f", "14.8"},
      {"-price", "-12.30"},
      {"price / 3", "4.1"},
      {"price / debt", "-12.238805970149254"},
      {"i / price", "0.5691056910569106"},
      {"1 / most", "1e-38"},
      {"price / zero", "null"},
      {"price / 0", "null"},
      {"price % 5", "2.30"},
      {"debt % 1", "-0.005"},
      {"price % zero", "null"},
      {"mod(price, 2.5)", "2.3000000000000007"},
      {"most + most", "!"},
      {"most + 1", "!"},
      {"most + 0", "99999999999999999999999999999999999999"},
      {"most * 10", "!"},
      {"most * big", "!"},
      {"most + least", "!"},
      {"price + np", "null"},
      {"(most + 1) + np", "!"},
      {"price + null", "null"},
      {"d * price", "12h18m"},
      {"sqrt(price + 2)", "3.7815340802378077"},
  });
}

TEST(EvaluateDecimals, Comparison) {
  ExpectValues({
      {"price = cast('12.300' as decimal(9, 3))", "true"},
      {"price <> debt", "true"},
      {"most > least", "true"},
      {"-most < least", "true"},
      {"least = 0", "false"},
      {"least > 0", "true"},
      {"price > 12", "true"},
      {"big < most", "true"},
      {"price = 12.3", "true"},
      {"price < nan", "true"},
      {"price in (1, 12.3)", "true"},
      {"price in (1, debt)", "false"},
      {"price in (1, np)", "null"},
      {"price between debt and 13", "true"},
      {"price not between 1 and 2", "true"},
      {"np is null", "true"},
      {"zero = 0", "true"},
      {"-zero = zero", "true"},
  });
}

TEST(EvaluateDecimals, Choices) {
  ExpectValues({
      {"coalesce(np, debt, 1)", "-1.005"},
      {"coalesce(np, 0)", "0.00"},
      {"least(price, debt, 100)", "-1.005"},
      {"greatest(price, i)", "12.30"},
      {"greatest(price, f)", "12.3"},
      {"nullif(price, 12.3)", "null"},
      {"nullif(debt, price)", "-1.005"},
      {"case when i > 1 then price else 0 end", "12.30"},
      {"if(i > 9, price, debt)", "-1.005"},
      {"case price when 12.3 then 'yes' end", "yes"},
      {"coalesce(most + 1, 3)", "3"},
      {"greatest(cast(most as float64), least)", "1e+38"},
      {"clamp(price, 0, 10)", "10.00"},
      {"clamp(debt, price, 1)", "null"},
  });
}

TEST(EvaluateDecimals, Rounding) {
  ExpectValues({
      {"round(price)", "12"},
      {"round(debt, 2)", "-1.01"},
      {"round(debt, 1)", "-1.0"},
      {"round(debt, 7)", "-1.005"},
      {"round(price, -1)", "10"},
      {"round(price, -2)", "0"},
      {"round(price * 5, -2)", "100"},
      {"round(price, -99)", "0"},
      {"round(most, -1)", "!"},
      {"round(most, 0) = most", "true"},
      {"floor(debt)", "-2"},
      {"ceil(debt)", "-1"},
      {"trunc(debt)", "-1"},
      {"floor(price)", "12"},
      {"ceil(price)", "13"},
      {"ceil(least)", "1"},
      {"abs(debt)", "1.005"},
      {"abs(-most) = most", "true"},
      {"sign(debt)", "-1"},
      {"sign(zero)", "0"},
  });
}

TEST(EvaluateDecimals, Conversions) {
  ExpectValues({
      {"cast(price as decimal(4, 1))", "12.3"},
      {"cast(debt as decimal(4, 2))", "-1.01"},
      {"cast(price as decimal(2, 1))", "!"},
      {"cast(i as decimal(3, 2))", "7.00"},
      {"cast(i * 10 as decimal(3, 2))", "!"},
      {"cast(f as decimal(3, 0))", "3"},
      {"cast(-f as decimal(3, 0))", "-3"},
      {"cast(f * 1e300 as decimal(38, 0))", "!"},
      {"cast(nan as decimal(38, 0))", "!"},
      {"cast(2.675 + f - f as decimal(5, 2))", "2.67"},
      {"cast(price as int64)", "12"},
      {"cast(debt as int64)", "-1"},
      {"cast(most as int64)", "!"},
      {"cast(price as float64)", "12.3"},
      {"cast(least as float64)", "1e-38"},
      {"cast(price as string)", "12.30"},
      {"cast(zero as string)", "0.0"},
      {"cast(s as decimal(12, 2))", "12.30"},
      {"cast(s || '45' as decimal(12, 2))", "!"},
      {"cast('x' || s as decimal(12, 2))", "!"},
      {"cast(np as string)", "null"},
  });
}

TEST(EvaluateLists, PartsAndEquality) {
  ExpectValues({
      {"len(ints)", "3"},
      {"len(none)", "0"},
      {"len(nl)", "null"},
      {"element(ints, 1)", "1"},
      {"element(ints, 2)", "null"},
      {"element(ints, -1)", "3"},
      {"element(ints, -3)", "1"},
      {"element(ints, 0)", "null"},
      {"element(ints, 4)", "null"},
      {"element(ints, -4)", "null"},
      {"element(ints, big)", "null"},
      {"element(ints, -big - 1)", "null"},
      {"element(names, 2) || '!'", "ß!"},
      {"element(prices, -1) + 1", "3.00"},
      {"element(floats, 2)", "NaN"},
      {"contains(ints, 3)", "true"},
      {"contains(ints, 2)", "false"},
      {"contains(ints, null)", "null"},
      {"contains(nl, 1)", "null"},
      {"contains(names, 'ß')", "true"},
      {"contains(prices, 2)", "true"},
      {"contains(prices, cast('1.5' as decimal(2, 1)))", "true"},
      {"contains(floats, nan)", "true"},
      {"contains(floats, 2)", "false"},
      {"ints = ints", "true"},
      {"ints <> none", "true"},
      {"none = none", "true"},
      {"ints = nl", "null"},
      {"ints = null", "null"},
      {"ints = cast('[1,null,3]' as list(int64))", "true"},
      {"ints in (none, ints)", "true"},
      {"nl is null", "true"},
      {"ints is null", "false"},
      {"coalesce(nl, ints)", "[1, null, 3]"},
      {"coalesce(nl, none)", "[]"},
      {"case when i > 1 then names end", "[\"a\", \"ß\", null]"},
      {"if(i > 9, ints, none)", "[]"},
      {"nullif(ints, ints)", "null"},
      {"cast(ints as string)", "[1, null, 3]"},
      {"cast(cast(ints as string) as list(int64)) = ints", "true"},
      {"cast(s as list(int64))", "!"},
      {"cast(prices as string)", "[1.50, 2.00]"},
  });
}

TEST(EvaluateVectors, InDoublesFromTheFirstElementOn) {
  ExpectValues({
      {"dot(v, w)", "-1.5"},
      {"norm(v)", "3"},
      {"l2_distance(v, w)", "3.640054944640259"},
      {"l2_distance(v, v)", "0"},
      {"cosine_similarity(v, v)", "1"},
      {"cosine_similarity(v, w)", "-0.4472135954999579"},
      {"cosine_similarity(v, flat)", "null"},
      {"dot(v, nv)", "null"},
      {"dot(v, null)", "null"},
      {"len(v)", "3"},
      {"element(v, 2)", "2"},
      {"element(w, -1)", "-1"},
      {"element(v, 4)", "null"},
      {"v = v", "true"},
      {"v <> w", "true"},
      {"v = nv", "null"},
      {"coalesce(nv, w)", "[0.5, 0, -1]"},
      {"cast(w as string)", "[0.5, 0, -1]"},
      {"dot(v, cast('[1, 1, 1]' as vector(float32, 3)))", "5"},
      {"cast('[1, 1]' || '' as vector(float32, 3))", "!"},
      {"dot(v, cast('[\"Infinity\", 0, 0]' as vector(float32, 3)))", "Infinity"},
  });
}

}  // namespace
}  // namespace plumb::expr
