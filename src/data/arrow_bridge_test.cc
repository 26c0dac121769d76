#include "data/arrow_bridge.h"

#include <arrow/api.h>
#include <arrow/json/from_string.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>

namespace plumb::data {
namespace {

Column ColumnWith(Type type, const std::vector<Value>& values) {
  Column column(type);
  for (const Value& value : values) column.Append(value);
  return column;
}

Batch EveryType() {
  Batch batch;
  const auto add = [&](const char* name, const Value& value) {
    batch.AddColumn(name, ColumnWith(value.type(), {value, Value::Null(value.type()), value}));
  };
  add("b", Value::Bool(true));
  add("i", Value::Int64(std::numeric_limits<int64_t>::min()));
  add("f", Value::Float64(0.1));
  add("s", Value::String("text"));
  add("t", Value::Timestamp(1357027200 * base::kSecond));
  add("d", Value::Duration(-base::kHour));
  add("p", Value::Decimal(Type::Decimal(9, 2), -1230));
  add("w", Value::Decimal(Type::Decimal(38, 2), Int128{1} << 100));
  add("l", ParseValue(Type::List(TypeKind::kString), "[\"a\", null]").value());
  add("v", ParseValue(Type::Vector(2), "[0.5, -1]").value());
  return batch;
}

void ExpectSame(const Batch& a, const Batch& b) {
  ASSERT_EQ(a.schema, b.schema);
  ASSERT_EQ(a.rows, b.rows);
  for (size_t i = 0; i < a.columns.size(); ++i) {
    for (size_t row = 0; row < a.rows; ++row) EXPECT_EQ(a.columns[i].At(row), b.columns[i].At(row)) << i << " " << row;
  }
}

TEST(ArrowBridge, GivesBackEveryType) {
  const Batch batch = EveryType();
  const auto arrow_batch = ToArrowRecordBatch(batch).value();
  ASSERT_TRUE(arrow_batch->ValidateFull().ok());
  ExpectSame(BatchFromArrow(*arrow_batch, batch.schema).value(), batch);
  const auto table = ToArrowTable(batch).value();
  ExpectSame(BatchFromArrow(*table, batch.schema).value(), batch);
  EXPECT_TRUE(table->schema()->Equals(*ToArrowSchema(batch.schema)));
  EXPECT_EQ(SchemaFromArrow(*table->schema()), batch.schema);
}

TEST(ArrowBridge, GivesBackSlicesAndEmptyBatches) {
  const Batch batch = EveryType();
  const auto table = ToArrowTable(batch).value();
  ExpectSame(BatchFromArrow(*table->Slice(1, 2), batch.schema).value(), batch.Take({1, 2}));
  ExpectSame(BatchFromArrow(*table->Slice(0, 0), batch.schema).value(), Batch(batch.schema));
  const Batch empty(batch.schema);
  ExpectSame(BatchFromArrow(*ToArrowTable(empty).value(), batch.schema).value(), empty);
}

template <typename Builder, typename... Values>
std::shared_ptr<arrow::ChunkedArray> Chunks(const std::shared_ptr<arrow::DataType>& type, Values... values) {
  Builder builder(type, arrow::default_memory_pool());
  for (const auto& value : {values...}) EXPECT_TRUE(builder.Append(value).ok());
  EXPECT_TRUE(builder.AppendNull().ok());
  return std::make_shared<arrow::ChunkedArray>(builder.Finish().ValueOrDie());
}

std::string Show(const base::Result<Column>& column) {
  if (!column.ok()) return base::CodeName(column.status().code());
  std::string text;
  for (size_t row = 0; row < column->size(); ++row) text += (row > 0 ? " " : "") + column->At(row).ToString();
  return text;
}

TEST(ColumnFromArrow, Widens) {
  struct Case {
    std::shared_ptr<arrow::ChunkedArray> array;
    TypeKind wanted;
    const char* text;
  };
  const auto ns = arrow::timestamp(arrow::TimeUnit::NANO);
  const auto seconds = arrow::timestamp(arrow::TimeUnit::SECOND, "Europe/Berlin");
  const Case cases[] = {
      {Chunks<arrow::Int8Builder>(arrow::int8(), int8_t{-5}), TypeKind::kInt64, "-5 null"},
      {Chunks<arrow::UInt32Builder>(arrow::uint32(), 4000000000u), TypeKind::kInt64, "4000000000 null"},
      {Chunks<arrow::UInt64Builder>(arrow::uint64(), uint64_t{7}), TypeKind::kInt64, "7 null"},
      {Chunks<arrow::FloatBuilder>(arrow::float32(), 0.5f), TypeKind::kFloat64, "0.5 null"},
      {Chunks<arrow::Int32Builder>(arrow::int32(), 3), TypeKind::kFloat64, "3 null"},
      {Chunks<arrow::Int64Builder>(arrow::int64(), int64_t{1} << 53), TypeKind::kFloat64, "9007199254740992 null"},
      {Chunks<arrow::TimestampBuilder>(ns, int64_t{-1}), TypeKind::kTimestamp, "1969-12-31T23:59:59.999999Z null"},
      {Chunks<arrow::TimestampBuilder>(seconds, int64_t{60}), TypeKind::kTimestamp, "1970-01-01T00:01:00Z null"},
      {Chunks<arrow::Date32Builder>(arrow::date32(), 1), TypeKind::kTimestamp, "1970-01-02T00:00:00Z null"},
      {Chunks<arrow::Date64Builder>(arrow::date64(), int64_t{1}), TypeKind::kTimestamp,
       "1970-01-01T00:00:00.001Z null"},
      {Chunks<arrow::DurationBuilder>(arrow::duration(arrow::TimeUnit::MILLI), int64_t{1000}), TypeKind::kDuration,
       "1s null"},
      {Chunks<arrow::LargeStringBuilder>(arrow::large_utf8(), "a", "bc"), TypeKind::kString, "a bc null"},
      {Chunks<arrow::StringViewBuilder>(arrow::utf8_view(), "a", "longer than twelve bytes"), TypeKind::kString,
       "a longer than twelve bytes null"},
      {Chunks<arrow::BinaryBuilder>(arrow::binary(), "x"), TypeKind::kString, "x null"},
  };
  for (const Case& c : cases)
    EXPECT_EQ(Show(ColumnFromArrow(*c.array, c.wanted, "c")), c.text) << c.array->type()->ToString();
}

using ArrayPtr = std::shared_ptr<arrow::Array>;
using TypePtr = std::shared_ptr<arrow::DataType>;

// An array as JSON shows it.
ArrayPtr JsonArray(const TypePtr& type, const char* json) {
  return arrow::json::ArrayFromJSONString(type, json).ValueOrDie();
}

std::string ShowAs(const TypePtr& type, const char* json, Type wanted) {
  return Show(ColumnFromArrow(arrow::ChunkedArray(JsonArray(type, json)), wanted, "c"));
}

std::string ErrorAs(const TypePtr& type, const char* json, Type wanted) {
  const auto column = ColumnFromArrow(arrow::ChunkedArray(JsonArray(type, json)), wanted, "c");
  return column.ok() ? "" : column.status().message();
}

TEST(ColumnFromArrow, ReadsDecimals) {
  const Type money = Type::Decimal(5, 2), wide = Type::Decimal(38, 2);
  for (const Type& type : {money, wide}) {
    EXPECT_EQ(ShowAs(arrow::decimal128(9, 4), R"(["1.2300", null, "-0.0100"])", type), "1.23 null -0.01");
    EXPECT_EQ(ShowAs(arrow::decimal256(76, 1), R"(["-1.5", "0.0"])", type), "-1.50 0.00");
    EXPECT_EQ(ShowAs(arrow::decimal32(4, 1), R"(["-1.5"])", type), "-1.50");
    EXPECT_EQ(ShowAs(arrow::decimal64(12, 2), R"(["-1.50"])", type), "-1.50");
    EXPECT_EQ(ShowAs(arrow::int8(), "[-5, null]", type), "-5.00 null");
    EXPECT_EQ(ShowAs(arrow::uint64(), "[7]", type), "7.00");
  }
  EXPECT_EQ(ErrorAs(arrow::decimal128(9, 3), R"(["1.230", "1.234"])", money),
            "Value does not fit: column c, want decimal(5, 2), row 2.");
  EXPECT_EQ(ErrorAs(arrow::int64(), "[999, 1000]", money), "Value does not fit: column c, want decimal(5, 2), row 2.");
  const std::string huge = "[\"1" + std::string(60, '0') + "\"]";
  EXPECT_EQ(ErrorAs(arrow::decimal256(76, 0), huge.c_str(), wide),
            "Value does not fit: column c, want decimal(38, 2), row 1.");
  EXPECT_EQ(ErrorAs(arrow::float64(), "[1]", money), "Column has the wrong type: c, want decimal(5, 2), got double.");
  EXPECT_EQ(ErrorAs(arrow::utf8(), "[]", money), "Column has the wrong type: c, want decimal(5, 2), got string.");
  EXPECT_EQ(ErrorAs(arrow::decimal128(9, 2), "[]", TypeKind::kFloat64),
            "Column has the wrong type: c, want float64, got decimal128(9, 2).");
}

TEST(ColumnFromArrow, ReadsLists) {
  const Type ints = Type::List(TypeKind::kInt64);
  const char* json = "[[1, null], null, [], [2]]";
  const char* want = "[1, null] null [] [2]";
  EXPECT_EQ(ShowAs(arrow::list(arrow::int8()), json, ints), want);
  EXPECT_EQ(ShowAs(arrow::large_list(arrow::int64()), json, ints), want);
  EXPECT_EQ(ShowAs(arrow::list_view(arrow::int64()), json, ints), want);
  EXPECT_EQ(ShowAs(arrow::fixed_size_list(arrow::int16(), 2), "[[1, 2], null]", ints), "[1, 2] null");
  EXPECT_EQ(ShowAs(arrow::list(arrow::null()), "[[null], []]", ints), "[null] []");
  EXPECT_EQ(ShowAs(arrow::null(), "[null]", ints), "null");
  EXPECT_EQ(ShowAs(arrow::list(arrow::dictionary(arrow::int8(), arrow::utf8())), R"([["a", null]])",
                   Type::List(TypeKind::kString)),
            "[\"a\", null]");
  EXPECT_EQ(ErrorAs(arrow::list(arrow::utf8()), "[]", ints),
            "Column has the wrong type: c, want list(int64), got list<item: string>.");
  EXPECT_EQ(ErrorAs(arrow::int64(), "[]", ints), "Column has the wrong type: c, want list(int64), got int64.");
  EXPECT_EQ(ErrorAs(arrow::list(arrow::list(arrow::int64())), "[]", ints),
            "Column has the wrong type: c, want list(int64), got list<item: list<item: int64>>.");
  EXPECT_EQ(ErrorAs(arrow::list(arrow::uint64()), "[[1], [2, 18446744073709551615]]", ints),
            "List cannot be read: column c, row 2: Value does not fit: column element, want int64, row 2.");
}

TEST(ColumnFromArrow, ReadsVectors) {
  const Type pair = Type::Vector(2);
  const TypePtr types[] = {arrow::fixed_size_list(arrow::float32(), 2), arrow::fixed_size_list(arrow::float64(), 2),
                           arrow::fixed_size_list(arrow::float16(), 2), arrow::list(arrow::float32()),
                           arrow::large_list(arrow::float64())};
  for (const TypePtr& type : types) {
    EXPECT_EQ(ShowAs(type, "[[0.5, -1], null]", pair), "[0.5, -1] null") << type->ToString();
    const auto column = ColumnFromArrow(arrow::ChunkedArray(JsonArray(type, "[[0.5, -1], [1, null]]")), pair, "c");
    EXPECT_EQ(column.status().message(), "Vector has a null element: column c, row 2.") << type->ToString();
  }
  EXPECT_EQ(ErrorAs(arrow::list(arrow::float32()), "[[1, 2], [1, 2, 3]]", pair),
            "Vector has another length: column c, want 2, got 3, row 2.");
  EXPECT_EQ(ErrorAs(arrow::fixed_size_list(arrow::float32(), 3), "[[1, 2, 3]]", pair),
            "Vector has another length: column c, want 2, got 3, row 1.");
  EXPECT_EQ(ErrorAs(arrow::list(arrow::float64()), "[[1, 1e300]]", pair),
            "Value does not fit: column c, want vector(float32, 2), row 1.");
  EXPECT_EQ(ErrorAs(arrow::list(arrow::int64()), "[]", pair),
            "Column has the wrong type: c, want vector(float32, 2), got list<item: int64>.");
}

TEST(ColumnFromArrow, IgnoresWhatListsDoNotReferTo) {
  const auto lists = JsonArray(arrow::list(arrow::uint64()), "[[18446744073709551615], [1], [2, 3]]");
  EXPECT_EQ(Show(ColumnFromArrow(arrow::ChunkedArray(lists->Slice(1, 2)), Type::List(TypeKind::kInt64), "c")),
            "[1] [2, 3]");
}

TEST(TypeFromArrow, KnowsDecimalsListsAndVectors) {
  const std::pair<TypePtr, const char*> cases[] = {
      {arrow::decimal128(12, 2), "decimal(12, 2)"},
      {arrow::decimal256(38, 0), "decimal(38, 0)"},
      {arrow::decimal256(39, 0), ""},
      {arrow::decimal128(5, -2), ""},
      {arrow::list(arrow::utf8()), "list(string)"},
      {arrow::large_list(arrow::decimal128(9, 2)), "list(decimal(9, 2))"},
      {arrow::list(arrow::float32()), "list(float64)"},
      {arrow::fixed_size_list(arrow::float32(), 3), "vector(float32, 3)"},
      {arrow::fixed_size_list(arrow::float64(), 3), "list(float64)"},
      {arrow::fixed_size_list(arrow::float32(), 65537), "list(float64)"},
      {arrow::list(arrow::list(arrow::utf8())), ""},
      {arrow::list(arrow::struct_({})), ""},
  };
  for (const auto& [type, name] : cases) {
    const std::optional<Type> found = TypeFromArrow(*type);
    EXPECT_EQ(found.has_value() ? TypeName(*found) : "", name) << type->ToString();
  }
}

TEST(ColumnFromArrow, ReadsDictionariesAndNulls) {
  arrow::StringDictionaryBuilder builder;
  for (const char* text : {"UA", "DL", "UA"}) ASSERT_TRUE(builder.Append(text).ok());
  ASSERT_TRUE(builder.AppendNull().ok());
  const arrow::ChunkedArray array(builder.Finish().ValueOrDie());
  EXPECT_EQ(Show(ColumnFromArrow(array, TypeKind::kString, "c")), "UA DL UA null");
  EXPECT_EQ(Show(ColumnFromArrow(array, TypeKind::kInt64, "c")), "invalid_argument");
  const arrow::ChunkedArray nulls(arrow::MakeArrayOfNull(arrow::null(), 2).ValueOrDie());
  EXPECT_EQ(Show(ColumnFromArrow(nulls, TypeKind::kString, "c")), "null null");
  EXPECT_EQ(Show(ColumnFromArrow(nulls, TypeKind::kFloat64, "c")), "null null");
}

TEST(ColumnFromArrow, RefusesWhatDoesNotFit) {
  struct Case {
    std::shared_ptr<arrow::ChunkedArray> array;
    TypeKind wanted;
  };
  constexpr int64_t kLarge = std::numeric_limits<int64_t>::max() / 2;
  const Case cases[] = {
      {Chunks<arrow::UInt64Builder>(arrow::uint64(), std::numeric_limits<uint64_t>::max()), TypeKind::kInt64},
      {Chunks<arrow::Int64Builder>(arrow::int64(), (int64_t{1} << 53) + 1), TypeKind::kFloat64},
      {Chunks<arrow::TimestampBuilder>(arrow::timestamp(arrow::TimeUnit::SECOND), kLarge), TypeKind::kTimestamp},
      {Chunks<arrow::TimestampBuilder>(arrow::timestamp(arrow::TimeUnit::MICRO), kLarge), TypeKind::kTimestamp},
      {Chunks<arrow::DurationBuilder>(arrow::duration(arrow::TimeUnit::MILLI), kLarge), TypeKind::kDuration},
      {Chunks<arrow::BinaryBuilder>(arrow::binary(), "\xff"), TypeKind::kString},
      {Chunks<arrow::DoubleBuilder>(arrow::float64(), 1.0), TypeKind::kInt64},
      {Chunks<arrow::StringBuilder>(arrow::utf8(), "1"), TypeKind::kFloat64},
      {Chunks<arrow::Int64Builder>(arrow::int64(), int64_t{1}), TypeKind::kBool},
      {Chunks<arrow::Int64Builder>(arrow::int64(), int64_t{1}), TypeKind::kTimestamp},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Show(ColumnFromArrow(*c.array, c.wanted, "c")), "invalid_argument") << c.array->type()->ToString();
  }
}

TEST(BatchFromArrow, NamesTheMissingColumn) {
  const auto table = ToArrowTable(EveryType()).value();
  EXPECT_EQ(BatchFromArrow(*table, Schema({{"x", TypeKind::kInt64}})).status().code(), base::Code::kNotFound);
}

}  // namespace
}  // namespace plumb::data
