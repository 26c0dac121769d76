#include "data/column.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/random.h"

namespace plumb::data {
namespace {

constexpr TypeKind kKinds[] = {TypeKind::kBool,   TypeKind::kInt64,     TypeKind::kFloat64,
                               TypeKind::kString, TypeKind::kTimestamp, TypeKind::kDuration};

Value RandomValue(Type type, double nulls, base::Random* random) {
  if (random->Chance(nulls)) return Value::Null(type);
  const auto small = static_cast<int64_t>(random->Below(2));
  if (type == TypeKind::kFloat64) return Value::Float64(static_cast<double>(random->Between(-50, 50)) / 8);
  if (type == TypeKind::kString) return Value::String(std::string(random->Below(5), 'x'));
  return Value::Integral(type, type == TypeKind::kBool ? small : random->Between(-1000, 1000));
}

std::vector<Value> RandomValues(Type type, size_t rows, double nulls, base::Random* random) {
  std::vector<Value> values(rows);
  for (Value& value : values) value = RandomValue(type, nulls, random);
  return values;
}

Column ColumnOf(Type type, const std::vector<Value>& values) {
  Column column(type);
  for (const Value& value : values) column.Append(value);
  return column;
}

void ExpectHolds(const Column& column, const std::vector<Value>& values) {
  ASSERT_EQ(column.size(), values.size());
  for (size_t row = 0; row < values.size(); ++row) ASSERT_EQ(column.At(row), values[row]) << row;
}

TEST(Column, BehavesLikeAListOfValues) {
  const char* wanted = std::getenv("PLUMB_SEED");
  const uint64_t seed = wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : base::RandomSeed();
  SCOPED_TRACE(testing::Message() << "PLUMB_SEED=" << seed);
  base::Random random(seed);
  for (const Type type : kKinds) {
    for (const double nulls : {0.0, 0.3, 1.0}) {
      std::vector<Value> a = RandomValues(type, 40, nulls, &random);
      const std::vector<Value> b = RandomValues(type, 7, 0.2, &random);
      Column column = ColumnOf(type, a);
      ExpectHolds(column, a);

      std::vector<int64_t> indices(30);
      std::vector<Value> taken;
      for (int64_t& index : indices) {
        index = random.Between(-1, 39);
        taken.push_back(index < 0 ? Value::Null(type) : a[static_cast<size_t>(index)]);
      }
      ExpectHolds(column.Take(indices), taken);

      column.AppendAll(ColumnOf(type, b));
      a.insert(a.end(), b.begin(), b.end());
      ExpectHolds(column, a);
      column.AppendAll(column);
      const std::vector<Value> twice = a;
      a.insert(a.end(), twice.begin(), twice.end());
      ExpectHolds(column, a);
      column.AppendFrom(column, 3);
      a.push_back(a[3]);
      ExpectHolds(column, a);
    }
  }
}

TEST(Column, RepeatsAValue) {
  for (const Value& value :
       {Value::Int64(5), Value::String("ab"), Value::Float64(0.5), Value::Null(TypeKind::kString)}) {
    ExpectHolds(Column::Repeat(value, 3), {value, value, value});
    EXPECT_EQ(Column::Repeat(value, 0).size(), 0u);
  }
}

TEST(Column, HoldsUntypedNulls) {
  const Column column = Column::Nulls(Type(), 2);
  ExpectHolds(column, {Value(), Value()});
  ExpectHolds(column.Take({1, -1, 0}), {Value(), Value(), Value()});
}

TEST(Column, ValidityAppearsAndGoes) {
  Column column(TypeKind::kInt64);
  column.ResizeUninitialised(3);
  EXPECT_EQ(column.valid_data(), nullptr);
  column.mutable_int_data()[1] = 7;
  column.mutable_valid_data()[0] = 0;
  EXPECT_TRUE(column.IsNull(0));
  column.DropValidityIfAllValid();
  EXPECT_TRUE(column.has_nulls());
  column.mutable_valid_data()[0] = 1;
  column.DropValidityIfAllValid();
  EXPECT_FALSE(column.has_nulls());
  EXPECT_EQ(column.Int(1), 7);
}

TEST(Column, CanonicalisesDoubles) {
  Column column(TypeKind::kFloat64);
  column.AppendDouble(-0.0);
  EXPECT_EQ(column.At(0).ToString(), "0");
}

TEST(Column, ClearKeepsTheType) {
  Column column(TypeKind::kString);
  column.AppendNull();
  column.AppendString("a");
  column.Clear();
  column.AppendString("b");
  ExpectHolds(column, {Value::String("b")});
}

TEST(Batch, TakesAndAppendsRows) {
  Batch batch(Schema({{"a", TypeKind::kInt64}, {"b", TypeKind::kString}}));
  Batch more;
  more.AddColumn("a", Column::Repeat(Value::Int64(1), 2));
  more.AddColumn("b", Column::Repeat(Value::String("x"), 2));
  batch.AppendAll(more);
  batch.AppendAll(batch);
  EXPECT_EQ(batch.rows, 4u);
  EXPECT_EQ(batch.Take({0, -1}).Find("b")->At(1), Value::Null(TypeKind::kString));
  EXPECT_EQ(batch.Find("c"), nullptr);
}

TEST(BatchDeathTest, RefusesColumnsOfAnotherLength) {
  Batch batch;
  batch.AddColumn("a", Column::Nulls(TypeKind::kInt64, 2));
  EXPECT_DEATH(batch.AddColumn("b", Column::Nulls(TypeKind::kInt64, 3)), "one length");
}

}  // namespace
}  // namespace plumb::data
