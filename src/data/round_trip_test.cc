// Whatever way a value goes, it comes back as it was.
#include <arrow/api.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/json.h"
#include "base/random.h"
#include "data/arrow_bridge.h"
#include "data/csv.h"
#include "data/internal/random_values.h"
#include "data/parquet.h"

namespace plumb::data {
namespace {

uint64_t Seed() {
  const char* wanted = std::getenv("PLUMB_SEED");
  return wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : base::RandomSeed();
}

void ExpectSame(const base::Result<Batch>& got, const Batch& want, const char* way) {
  ASSERT_TRUE(got.ok()) << way << ": " << got.status().ToString();
  ASSERT_EQ(got->schema, want.schema) << way;
  ASSERT_EQ(got->rows, want.rows) << way;
  for (size_t i = 0; i < want.columns.size(); ++i) {
    for (size_t row = 0; row < want.rows; ++row) {
      ASSERT_EQ(got->columns[i].At(row), want.columns[i].At(row))
          << way << ": " << TypeName(want.columns[i].type()) << " row " << row << ", got "
          << got->columns[i].At(row).ToString() << ", want " << want.columns[i].At(row).ToString();
    }
  }
}

void ExpectSameValue(const base::Result<Value>& got, const Value& want, const char* way) {
  ASSERT_TRUE(got.ok()) << way << ": " << got.status().ToString();
  ASSERT_EQ(*got, want) << way << ": " << TypeName(want.type()) << " " << want.ToString();
}

void CheckValue(const Value& value) {
  const Type type = value.type();
  EXPECT_EQ(ParseType(TypeName(type)).value(), type);
  const base::Json json = base::ParseJson(value.ToJson().Dump()).value();
  ExpectSameValue(ValueFromJson(type, json), value, "JSON");
  if (!value.is_null()) ExpectSameValue(ParseValue(type, value.ToString()), value, "text");
  const bool is_list = type.kind == TypeKind::kList || type.kind == TypeKind::kVector;
  if (is_list && !value.is_null()) {
    EXPECT_TRUE(CheckListBytes(type, value.AsString()).ok());
  }
}

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string CsvOf(const Batch& batch) {
  std::string csv;
  for (const std::string& name : batch.schema.Names()) csv += (csv.empty() ? "" : ",") + name;
  for (size_t row = 0; row < batch.rows; ++row) {
    for (size_t i = 0; i < batch.columns.size(); ++i) {
      csv += i == 0 ? '\n' : ',';
      const Value value = batch.columns[i].At(row);
      csv += value.is_null() ? "NA" : Quoted(value.ToString());
    }
  }
  return csv + "\n";
}

TEST(RoundTrip, EveryWayGivesBackEveryType) {
  const uint64_t seed = Seed();
  SCOPED_TRACE(testing::Message() << "PLUMB_SEED=" << seed);
  base::Random random(seed);
  for (int round = 0; round < 60; ++round) {
    const Batch batch = RandomBatch(1 + random.Below(6), random.Below(30), &random);
    for (const Column& column : batch.columns) {
      for (size_t row = 0; row < batch.rows; ++row) CheckValue(column.At(row));
    }
    const auto table = ToArrowTable(batch).value();
    ASSERT_TRUE(table->ValidateFull().ok()) << table->ValidateFull().ToString();
    EXPECT_EQ(SchemaFromArrow(*table->schema()), batch.schema);
    ExpectSame(BatchFromArrow(*table, batch.schema), batch, "Arrow");
    const auto low = static_cast<int64_t>(random.Below(batch.rows + 1));
    const auto count = static_cast<int64_t>(random.Below(batch.rows + 1 - static_cast<size_t>(low)));
    std::vector<int64_t> rows;
    for (int64_t row = low; row < low + count; ++row) rows.push_back(row);
    ExpectSame(BatchFromArrow(*table->Slice(low, count), batch.schema), batch.Take(rows), "Arrow slice");
    const std::string file = EncodeParquet(batch, {.row_group_rows = random.Between(1, 20)}).value();
    ExpectSame(DecodeParquet(file, "a.parquet", batch.schema), batch, "Parquet");
    EXPECT_EQ(DecodeParquetInfo(file, "a.parquet").value().schema, batch.schema);
    ExpectSame(ParseCsv(CsvOf(batch), "a.csv", batch.schema, {}), batch, "CSV");
    if (testing::Test::HasFailure()) return;
  }
}

std::string Canonical(const std::vector<Value>& values) {
  std::string bytes;
  for (const Value& value : values) AppendCanonical(value, &bytes);
  return bytes;
}

TEST(RoundTrip, CanonicalBytesOrderAndEqualAsTheValuesDo) {
  const uint64_t seed = Seed();
  SCOPED_TRACE(testing::Message() << "PLUMB_SEED=" << seed);
  base::Random random(seed);
  for (int round = 0; round < 3000; ++round) {
    const Type type = RandomType(&random);
    const Type other = random.Chance(0.8) ? type : RandomType(&random);
    const Value a = RandomValue(type, 0.2, &random), b = RandomValue(other, 0.2, &random);
    const Value c = RandomValue(RandomType(&random), 0.2, &random);
    const int order = a.Compare(b);
    ASSERT_EQ(order, -b.Compare(a));
    ASSERT_EQ(order == 0, Canonical({a}) == Canonical({b})) << a.ToString() << " " << b.ToString();
    ASSERT_EQ(order == 0, Canonical({a, c}) == Canonical({b, c}));
    if (type == other) {
      ASSERT_EQ(order < 0, Canonical({a, c}) < Canonical({b, c})) << a.ToString() << " " << b.ToString();
    }
  }
}

TEST(RoundTrip, ColumnsTakeAppendAndRepeatEveryType) {
  const uint64_t seed = Seed();
  SCOPED_TRACE(testing::Message() << "PLUMB_SEED=" << seed);
  base::Random random(seed);
  for (int round = 0; round < 200; ++round) {
    Batch batch = RandomBatch(1, 10, &random);
    const Column& column = batch.columns[0];
    const Column taken = column.Take({3, -1, 3});
    EXPECT_EQ(taken.At(0), column.At(3));
    EXPECT_TRUE(taken.IsNull(1));
    Column all = Column::Repeat(column.At(5), 2);
    all.AppendAll(column);
    all.AppendFrom(column, 7);
    ASSERT_EQ(all.size(), 13u);
    EXPECT_EQ(all.At(1), column.At(5));
    EXPECT_EQ(all.At(4), column.At(2));
    EXPECT_EQ(all.At(12), column.At(7));
    if (column.type().IsDecimal() && !column.IsNull(7)) {
      EXPECT_TRUE(all.Decimal(12) == column.At(7).AsDecimal());
    }
    EXPECT_EQ(Column::Nulls(column.type(), 2).At(1), Value::Null(column.type()));
  }
}

}  // namespace
}  // namespace plumb::data
