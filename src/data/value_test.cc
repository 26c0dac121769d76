#include "data/value.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "base/random.h"
#include "data/list.h"

namespace plumb::data {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(Value, OrdersNullFirstAndNanLast) {
  const std::vector<Value> ordered = {
      Value::Null(TypeKind::kFloat64), Value::Float64(-kInfinity), Value::Float64(-1.5),      Value::Float64(0),
      Value::Float64(1e-300),          Value::Float64(2),          Value::Float64(kInfinity), Value::Float64(kNan)};
  for (size_t i = 0; i < ordered.size(); ++i) {
    for (size_t j = 0; j < ordered.size(); ++j) {
      const int want = i < j ? -1 : (i > j ? 1 : 0);
      EXPECT_EQ(ordered[i].Compare(ordered[j]), want) << i << " " << j;
    }
  }
}

TEST(Value, EqualsOnlyItsOwnType) {
  EXPECT_EQ(Value::Float64(kNan), Value::Float64(-kNan));
  EXPECT_EQ(Value::Float64(0.0), Value::Float64(-0.0));
  EXPECT_FALSE(Value::Int64(1) == Value::Float64(1));
  EXPECT_FALSE(Value::Int64(1) == Value::Timestamp(1));
  EXPECT_FALSE(Value::Null(TypeKind::kInt64) == Value::Null(TypeKind::kString));
  EXPECT_FALSE(Value::Null(TypeKind::kInt64) == Value::Int64(0));
}

TEST(Value, IsShownForPeople) {
  const std::pair<Value, const char*> cases[] = {
      {Value(), "null"},
      {Value::Bool(true), "true"},
      {Value::Int64(std::numeric_limits<int64_t>::min()), "-9223372036854775808"},
      {Value::Float64(0.1), "0.1"},
      {Value::Float64(kNan), "NaN"},
      {Value::Float64(-kInfinity), "-Infinity"},
      {Value::String("text"), "text"},
      {Value::Timestamp(1357027200 * base::kSecond), "2013-01-01T08:00:00Z"},
      {Value::Duration(90 * base::kMinute), "1h30m"},
  };
  for (const auto& [value, text] : cases) EXPECT_EQ(value.ToString(), text);
}

const Type kMoney = Type::Decimal(5, 2);
const Type kWide = Type::Decimal(38, 10);

Value Money(int64_t cents) { return Value::Decimal(kMoney, cents); }

TEST(Value, OrdersDecimalsByNumber) {
  EXPECT_LT(Money(-99999).Compare(Money(-1)), 0);
  EXPECT_LT(Value::Decimal(kWide, -(Int128{1} << 90)).Compare(Value::Decimal(kWide, 3)), 0);
  EXPECT_GT(Value::Decimal(kWide, 256).Compare(Value::Decimal(kWide, 255)), 0);
  EXPECT_FALSE(Money(100) == Value::Decimal(Type::Decimal(5, 1), 100));
  EXPECT_FALSE(Value::Null(kMoney) == Value::Null(kWide));
}

TEST(ValueDeathTest, RefusesDecimalsOfTooManyDigits) { EXPECT_DEATH(Money(100000), "more digits"); }

TEST(Value, ShowsDecimalsListsAndVectors) {
  const std::pair<Type, const char*> cases[] = {
      {kMoney, "-0.05"},
      {kMoney, "999.99"},
      {Type::Decimal(5, 0), "-12"},
      {Type::Decimal(38, 38), "0.12345678901234567890123456789012345678"},
      {Type::List(TypeKind::kInt64), "[1, 2, null]"},
      {Type::List(TypeKind::kString), R"(["a", "say \"hi\"", null])"},
      {Type::List(kMoney), "[12.30, null]"},
      {Type::List(TypeKind::kTimestamp), R"(["2013-01-01T08:00:00Z"])"},
      {Type::List(TypeKind::kBool), "[]"},
      {Type::Vector(4), R"([0.1, -1, "NaN", 1e-45])"},
  };
  for (const auto& [type, text] : cases) {
    const auto value = ParseValue(type, text);
    ASSERT_TRUE(value.ok()) << value.status().ToString();
    EXPECT_EQ(value->ToString(), text);
  }
}

TEST(ParseValue, ReadsDecimalsExactlyOrNotAtAll) {
  struct Case {
    Type type;
    const char* text;
    const char* want;  // empty: refused
  };
  const Case cases[] = {
      {kMoney, "12.3", "12.30"},
      {kMoney, "+.5", "0.50"},
      {kMoney, "7.", "7.00"},
      {kMoney, "00001.25", "1.25"},
      {kMoney, "-0.00", "0.00"},
      {kMoney, "1.5e2", "150.00"},
      {kMoney, "15000E-2", "150.00"},
      {kMoney, "12.345", ""},
      {kMoney, "12.300", ""},
      {kMoney, "1000", ""},
      {kMoney, "1e3", ""},
      {kMoney, "1e-3", ""},
      {kMoney, "1e999999999999999999", ""},
      {kMoney, "0e999999999999999999", "0.00"},
      {kMoney, "", ""},
      {kMoney, ".", ""},
      {kMoney, "-", ""},
      {kMoney, "+-1", ""},
      {kMoney, "1e", ""},
      {kMoney, "1 ", ""},
      {kMoney, "1,5", ""},
      {kMoney, "NaN", ""},
      {kMoney, "0x1", ""},
      {Type::Decimal(38, 0), "99999999999999999999999999999999999999", "99999999999999999999999999999999999999"},
      {Type::Decimal(38, 0), "-99999999999999999999999999999999999999", "-99999999999999999999999999999999999999"},
      {Type::Decimal(38, 0), "100000000000000000000000000000000000000", ""},
      {Type::Decimal(38, 0), "340282366920938463463374607431768211457", ""},
      {Type::Decimal(38, 1), "99999999999999999999999999999999999999", ""},
  };
  for (const Case& c : cases) {
    const auto value = ParseValue(c.type, c.text);
    EXPECT_EQ(value.ok() ? value->ToString() : "", c.want) << c.text;
    if (!value.ok()) {
      EXPECT_EQ(value.status().code(), base::Code::kInvalidArgument);
    }
  }
}

TEST(ParseValue, RefusesMalformedListsAndVectors) {
  const Type ints = Type::List(TypeKind::kInt64);
  const std::pair<Type, const char*> cases[] = {
      {ints, ""},
      {ints, "1, 2"},
      {ints, "[1"},
      {ints, "1]"},
      {ints, "["},
      {ints, "[1,]"},
      {ints, "[,1]"},
      {ints, "[1 2]"},
      {ints, "[1.5]"},
      {ints, "[[1]]"},
      {ints, "[{}]"},
      {ints, "[\"1\"]"},
      {ints, "[1] x"},
      {ints, "null"},
      {ints, "[9223372036854775808]"},
      {Type::List(TypeKind::kString), "[\"a]"},
      {Type::List(TypeKind::kString), "[\"a\\"},
      {Type::List(TypeKind::kString), "[\"\\\"]"},
      {Type::List(TypeKind::kString), "[\"\xff\"]"},
      {Type::List(TypeKind::kString), "[a]"},
      {Type::List(kMoney), "[1.234]"},
      {Type::List(TypeKind::kTimestamp), "[\"yesterday\"]"},
      {Type::Vector(2), "[]"},
      {Type::Vector(2), "[1]"},
      {Type::Vector(2), "[1, 2, 3]"},
      {Type::Vector(2), "[1, null]"},
      {Type::Vector(2), "[1, true]"},
      {Type::Vector(2), "[1, 1e39]"},
      {Type::Vector(2), "[1, -]"},
      {Type::Vector(2), "[1, \"2\"]"},
  };
  for (const auto& [type, text] : cases) {
    EXPECT_EQ(ParseValue(type, text).status().code(), base::Code::kInvalidArgument) << TypeName(type) << " " << text;
  }
  EXPECT_EQ(ParseValue(Type::Vector(3), "[1, 2]").status().message(),
            "Value is not of type vector(float32, 3): \"[1, 2]\", want a JSON array of 3 numbers, not of 2.");
}

TEST(ParseValue, ReadsWhatToStringWrites) {
  const Value values[] = {Value::Bool(false),   Value::Int64(-12),           Value::Float64(1.0 / 3),
                          Value::Float64(kNan), Value::Float64(kInfinity),   Value::String(" x "),
                          Value::Timestamp(1),  Value::Duration(-base::kDay)};
  for (const Value& value : values)
    EXPECT_EQ(ParseValue(value.type(), value.ToString()).value(), value) << value.ToString();
}

TEST(ParseValue, RefusesWhatIsNotOfTheType) {
  const std::pair<TypeKind, const char*> cases[] = {
      {TypeKind::kBool, "yes"},
      {TypeKind::kInt64, ""},
      {TypeKind::kInt64, "1.0"},
      {TypeKind::kInt64, "1 "},
      {TypeKind::kInt64, "9223372036854775808"},
      {TypeKind::kInt64, "+-1"},
      {TypeKind::kFloat64, "1,5"},
      {TypeKind::kFloat64, "1e999"},
      {TypeKind::kTimestamp, "2013-13-01"},
      {TypeKind::kDuration, "1mo"},
      {TypeKind::kDuration, "5"},
      {TypeKind::kString, "\xff"},
  };
  for (const auto& [kind, text] : cases) {
    const auto value = ParseValue(kind, text);
    ASSERT_FALSE(value.ok()) << TypeName(kind) << " " << text;
    EXPECT_EQ(value.status().code(), base::Code::kInvalidArgument);
  }
}

TEST(ValueFromJson, ReadsWhatToJsonWrites) {
  const Value values[] = {Value::Null(TypeKind::kInt64),
                          Value::Bool(true),
                          Value::Int64(7),
                          Value::Float64(0.1),
                          Value::Float64(kNan),
                          Value::Float64(-kInfinity),
                          Value::String("a\"b"),
                          Value::Timestamp(1357027200 * base::kSecond),
                          Value::Duration(base::kHour)};
  for (const Value& value : values) EXPECT_EQ(ValueFromJson(value.type(), value.ToJson()).value(), value);
}

TEST(ValueFromJson, TakesAnIntegerForAFloatButNotTheOtherWay) {
  EXPECT_EQ(ValueFromJson(TypeKind::kFloat64, base::Json(3)).value(), Value::Float64(3));
  EXPECT_FALSE(ValueFromJson(TypeKind::kInt64, base::Json(3.0)).ok());
  EXPECT_FALSE(ValueFromJson(TypeKind::kString, base::Json(3)).ok());
  EXPECT_FALSE(ValueFromJson(TypeKind::kTimestamp, base::Json(3)).ok());
  EXPECT_FALSE(ValueFromJson(TypeKind::kBool, base::Json("true")).ok());
}

TEST(ValueFromJson, TakesNumbersAndTextsForDecimals) {
  struct Case {
    base::Json json;
    const char* want;  // empty: refused
  };
  const Case cases[] = {
      {"12.30", "12.30"}, {12, "12.00"},   {12.3, "12.30"}, {0.05, "0.05"},
      {-0.0, "0.00"},     {1e2, "100.00"}, {"12.345", ""},  {12.345, ""},
      {1000, ""},         {1e300, ""},     {true, ""},      {base::JsonArray(), ""},
      {"NaN", ""},        {"twelve", ""},  {1e-300, ""},    {0.30000000000000004, ""},
  };
  for (const Case& c : cases) {
    const auto value = ValueFromJson(kMoney, c.json);
    EXPECT_EQ(value.ok() ? value->ToString() : "", c.want) << c.json.Dump();
  }
  // Sixteen digits: the double may be another number than the one that was written.
  const auto unsure = ValueFromJson(Type::Decimal(38, 18), base::Json(0.1234567890123456));
  ASSERT_FALSE(unsure.ok());
  EXPECT_NE(unsure.status().suggestion(), "");
}

TEST(ValueFromJson, TakesArraysForListsAndVectors) {
  const auto parse = [](Type type, const char* json) {
    const auto value = ValueFromJson(type, base::ParseJson(json).value());
    return value.ok() ? value->ToString() : std::string(base::CodeName(value.status().code()));
  };
  EXPECT_EQ(parse(Type::List(TypeKind::kFloat64), "[1, null, \"NaN\"]"), "[1, null, \"NaN\"]");
  EXPECT_EQ(parse(Type::List(kMoney), "[1, \"2.50\", 0.5]"), "[1.00, 2.50, 0.50]");
  EXPECT_EQ(parse(Type::List(TypeKind::kInt64), "[1.5]"), "invalid_argument");
  EXPECT_EQ(parse(Type::List(TypeKind::kInt64), "[[1]]"), "invalid_argument");
  EXPECT_EQ(parse(Type::List(TypeKind::kInt64), "1"), "invalid_argument");
  EXPECT_EQ(parse(Type::Vector(2), "[1, 0.1]"), "[1, 0.1]");
  EXPECT_EQ(parse(Type::Vector(2), "[1]"), "invalid_argument");
  EXPECT_EQ(parse(Type::Vector(2), "[1, null]"), "invalid_argument");
  EXPECT_EQ(parse(Type::Vector(2), "[1, 1e39]"), "invalid_argument");
  EXPECT_EQ(parse(Type::Vector(2), "\"[1, 2]\""), "invalid_argument");
}

Value RandomValue(base::Random* random) {
  const uint64_t small = random->Below(5);
  switch (random->Below(6)) {
    case 0:
      return Value::Null(random->Chance(0.5) ? TypeKind::kInt64 : TypeKind::kString);
    case 1:
      return Value::Int64(static_cast<int64_t>(small) - 2);
    case 2:
      return Value::Float64(small == 4 ? kNan : (static_cast<double>(small) - 2) * 0.5);
    case 3:
      return Value::Bool(small > 2);
    case 4:
      return Value::Timestamp(static_cast<int64_t>(small));
    default: {
      std::string text;
      for (uint64_t i = 0; i < small; ++i) text.push_back("\0\x01\xff"[random->Below(3)]);
      return Value::String(text);
    }
  }
}

std::string Canonical(const std::vector<Value>& values) {
  std::string bytes;
  for (const Value& value : values) AppendCanonical(value, &bytes);
  return bytes;
}

TEST(AppendCanonical, OrdersAndEqualsAsTheSequencesDo) {
  const uint64_t seed = base::RandomSeed();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  base::Random random(seed);
  for (int round = 0; round < 20000; ++round) {
    std::vector<Value> a(random.Below(4));
    std::vector<Value> b(random.Below(4));
    for (Value& value : a) value = RandomValue(&random);
    for (Value& value : b) value = RandomValue(&random);
    ASSERT_EQ(Canonical(a) == Canonical(b), a == b);
    const Value x = RandomValue(&random);
    const Value y = RandomValue(&random);
    const int order = Canonical({x}).compare(Canonical({y}));
    ASSERT_EQ(order < 0, x.Compare(y) < 0) << x.ToString() << " " << y.ToString();
  }
}

}  // namespace
}  // namespace plumb::data
