#include "data/value.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "base/random.h"

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
