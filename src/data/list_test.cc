#include "data/list.h"

#include <gtest/gtest.h>

#include <limits>

namespace plumb::data {
namespace {

constexpr Type kInts = Type::List(TypeKind::kInt64);
constexpr Type kStrings = Type::List(TypeKind::kString);

std::string ListOf(Type list, const std::vector<Value>& elements) {
  ListBuilder builder(list);
  for (const Value& element : elements) builder.Append(element);
  return builder.bytes();
}

TEST(List, HoldsElementsOfEveryType) {
  const Type narrow = Type::Decimal(9, 2), wide = Type::Decimal(38, 2);
  const Value values[] = {
      Value::Bool(true),   Value::Int64(-7),    Value::Float64(0.5),           Value::String(std::string("a\0b", 3)),
      Value::Timestamp(5), Value::Duration(-5), Value::Decimal(narrow, -1230), Value::Decimal(wide, Int128{1} << 100)};
  for (const Value& value : values) {
    const Type type = Type::List(value.type());
    const std::vector<Value> elements = {value, Value::Null(value.type()), value};
    const std::string bytes = ListOf(type, elements);
    EXPECT_TRUE(CheckListBytes(type, bytes).ok()) << TypeName(type);
    const ListView view(type, bytes);
    ASSERT_EQ(view.size(), 3u);
    for (uint32_t i = 0; i < 3; ++i) EXPECT_EQ(view.At(i), elements[i]) << TypeName(type) << " " << i;
    std::vector<Value> seen;
    view.ForEach([&](const Value& element) { seen.push_back(element); });
    EXPECT_EQ(seen, elements) << TypeName(type);
    EXPECT_EQ(ListView(type, ListOf(type, {value, value})).At(1), value);
  }
}

TEST(List, EqualListsHaveEqualBytes) {
  const Type doubles = Type::List(TypeKind::kFloat64);
  ListBuilder a(doubles), b(doubles);
  a.AppendDouble(0.0);
  b.AppendDouble(-0.0);
  EXPECT_EQ(a.bytes(), b.bytes());
  b.Clear();
  EXPECT_EQ(b.size(), 0u);
  EXPECT_EQ(b.bytes(), ListBuilder(doubles).bytes());
}

TEST(List, OrdersElementByElementThenByLength) {
  const std::vector<std::vector<Value>> ordered = {{},
                                                   {Value::Null(TypeKind::kInt64)},
                                                   {Value::Int64(-1), Value::Int64(5)},
                                                   {Value::Int64(1)},
                                                   {Value::Int64(1), Value::Int64(0)},
                                                   {Value::Int64(256)}};
  for (size_t i = 0; i < ordered.size(); ++i) {
    for (size_t j = 0; j < ordered.size(); ++j) {
      const int order = CompareLists(kInts, ListOf(kInts, ordered[i]), ListOf(kInts, ordered[j]));
      EXPECT_EQ(order, i < j ? -1 : (i > j ? 1 : 0)) << i << " " << j;
    }
  }
}

TEST(Vector, HoldsCanonicalFloatsInOrder) {
  std::string a, b;
  for (const float value : {-0.0F, -std::numeric_limits<float>::quiet_NaN(), 1.5F}) AppendVectorElement(value, &a);
  for (const float value : {0.0F, std::numeric_limits<float>::quiet_NaN(), 2.5F}) AppendVectorElement(value, &b);
  const Type type = Type::Vector(3);
  EXPECT_EQ(a.substr(0, 8), b.substr(0, 8));
  EXPECT_EQ(VectorElement(b, 2), 2.5F);
  EXPECT_EQ(CompareLists(type, a, b), -1);
  EXPECT_EQ(CompareLists(type, a, a), 0);
  EXPECT_TRUE(CheckListBytes(type, a).ok());
  EXPECT_FALSE(CheckListBytes(Type::Vector(2), a).ok());
}

TEST(CheckListBytes, RefusesWhatIsNoList) {
  const std::string good = ListOf(kStrings, {Value::String("ab"), Value::Null(TypeKind::kString)});
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_EQ(CheckListBytes(kStrings, good.substr(0, size)).code(), base::Code::kInvalidArgument) << size;
  }
  std::string marked = good;
  marked[4] = 2;
  std::string not_utf8 = good;
  not_utf8[9] = '\xff';
  std::string too_many = good;
  too_many[3] = '\x7f';
  std::string long_string = good;
  long_string[8] = '\x7f';
  for (const std::string& bytes : {good + "x", marked, not_utf8, too_many, long_string}) {
    EXPECT_EQ(CheckListBytes(kStrings, bytes).code(), base::Code::kInvalidArgument);
  }
  ListBuilder two(kInts);
  two.AppendInt(2);
  EXPECT_FALSE(CheckListBytes(Type::List(TypeKind::kBool), two.bytes()).ok());
  EXPECT_TRUE(CheckListBytes(Type::List(Type::Decimal(1, 0)), two.bytes()).ok());
  two.AppendInt(10);
  EXPECT_FALSE(CheckListBytes(Type::List(Type::Decimal(1, 0)), two.bytes()).ok());
  EXPECT_FALSE(CheckListBytes(TypeKind::kString, "").ok());
}

TEST(ListDeathTest, RefusesElementsOfAnotherType) {
  ListBuilder list(kInts);
  EXPECT_DEATH(list.Append(Value::Bool(true)), "another type");
}

}  // namespace
}  // namespace plumb::data
