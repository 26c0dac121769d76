#include "data/parquet.h"

#include <gtest/gtest.h>

#include "base/memory_file_system.h"
#include "base/random.h"
#include "data/internal/random_values.h"

namespace plumb::data {
namespace {

Batch Sample(size_t rows, base::Random* random) {
  Batch batch(Schema({{"b", TypeKind::kBool},
                      {"i", TypeKind::kInt64},
                      {"f", TypeKind::kFloat64},
                      {"s", TypeKind::kString},
                      {"t", TypeKind::kTimestamp},
                      {"d", TypeKind::kDuration},
                      {"full", TypeKind::kInt64}}));
  for (size_t row = 0; row < rows; ++row) {
    for (size_t i = 0; i < 6; ++i) {
      Column& column = batch.columns[i];
      if (random->Chance(0.2)) {
        column.AppendNull();
      } else if (column.type() == TypeKind::kFloat64) {
        column.AppendDouble(random->Uniform());
      } else if (column.type() == TypeKind::kString) {
        column.AppendString(std::string(random->Below(30), 'a'));
      } else {
        column.AppendInt(column.type() == TypeKind::kBool ? random->Between(0, 1) : random->Between(-1000000, 1000000));
      }
    }
    batch.columns[6].AppendInt(static_cast<int64_t>(row));
  }
  batch.rows = rows;
  return batch;
}

void ExpectSame(const Batch& a, const Batch& b) {
  ASSERT_EQ(a.schema, b.schema);
  ASSERT_EQ(a.rows, b.rows);
  for (size_t i = 0; i < a.columns.size(); ++i) {
    for (size_t row = 0; row < a.rows; ++row) ASSERT_EQ(a.columns[i].At(row), b.columns[i].At(row)) << i << " " << row;
  }
}

TEST(Parquet, GivesBackWhatWasWritten) {
  base::Random random(1);
  base::MemoryFileSystem files;
  for (const size_t rows : {0, 1, 1000}) {
    const Batch batch = Sample(rows, &random);
    ASSERT_TRUE(WriteParquet(files, "a.parquet", batch, {.metadata = {{"k", "v"}}, .row_group_rows = 300}).ok());
    ExpectSame(ReadParquet(files, "a.parquet", batch.schema).value(), batch);
    ExpectSame(ReadParquetAll(files, "a.parquet").value(), batch);
    const ParquetInfo info = ReadParquetInfo(files, "a.parquet").value();
    EXPECT_EQ(info.schema, batch.schema);
    EXPECT_EQ(info.rows, static_cast<int64_t>(rows));
    EXPECT_EQ(info.metadata, (ParquetMetadata{{"k", "v"}}));
  }
}

TEST(Parquet, ReadsOnlyTheColumnsWanted) {
  base::Random random(2);
  base::MemoryFileSystem files;
  const Batch batch = Sample(10, &random);
  ASSERT_TRUE(WriteParquet(files, "a.parquet", batch).ok());
  const Batch some = ReadParquetColumns(files, "a.parquet", {"t", "b"}).value();
  EXPECT_EQ(some.schema, Schema({{"t", TypeKind::kTimestamp}, {"b", TypeKind::kBool}}));
  EXPECT_EQ(some.columns[0].At(3), batch.columns[4].At(3));
  EXPECT_EQ(ReadParquet(files, "a.parquet", Schema()).value().rows, 10u);
}

TEST(Parquet, EqualBatchesGiveEqualBytes) {
  base::Random random(3);
  const Batch batch = Sample(100, &random);
  EXPECT_EQ(EncodeParquet(batch).value(), EncodeParquet(batch).value());
}

TEST(Parquet, NamesWhatIsMissingOrOfAnotherType) {
  base::Random random(4);
  base::MemoryFileSystem files;
  ASSERT_TRUE(WriteParquet(files, "a.parquet", Sample(3, &random)).ok());
  const base::Status missing = ReadParquet(files, "a.parquet", Schema({{"fulll", TypeKind::kInt64}})).status();
  EXPECT_EQ(missing.code(), base::Code::kNotFound);
  EXPECT_EQ(missing.where(), "a.parquet");
  EXPECT_EQ(missing.suggestion(), "Did you mean full?");
  const base::Status type = ReadParquet(files, "a.parquet", Schema({{"s", TypeKind::kFloat64}})).status();
  EXPECT_EQ(type.code(), base::Code::kInvalidArgument);
  EXPECT_EQ(type.message(), "Column has the wrong type: s, want float64, got string.");
  EXPECT_EQ(ReadParquet(files, "b.parquet", Schema()).status().code(), base::Code::kNotFound);
  EXPECT_EQ(ReadParquetColumns(files, "a.parquet", {"x"}).status().code(), base::Code::kNotFound);
}

TEST(Parquet, DamageIsDataLossOrSeen) {
  base::Random random(5);
  const Batch batch = Sample(50, &random);
  const std::string good = EncodeParquet(batch).value();
  EXPECT_EQ(DecodeParquet("", "a.parquet", batch.schema).status().code(), base::Code::kDataLoss);
  EXPECT_EQ(DecodeParquet("carrier,delay\n", "a.parquet", batch.schema).status().code(), base::Code::kDataLoss);
  for (size_t size = 0; size < good.size(); size += 7) {
    const auto cut = DecodeParquet(std::string_view(good).substr(0, size), "a.parquet", batch.schema);
    ASSERT_EQ(cut.status().code(), base::Code::kDataLoss) << size;
    EXPECT_EQ(cut.status().where(), "a.parquet");
  }
  for (size_t at = 0; at < good.size(); at += 3) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x55);
    const auto read = DecodeParquet(bad, "a.parquet", batch.schema);
    if (read.ok()) {
      EXPECT_EQ(read->rows, batch.rows) << at;
    } else {
      EXPECT_NE(read.status().code(), base::Code::kOk) << at;
    }
  }
}

void ExpectWrongType(const std::string& file, const char* column, Type wanted, const char* got) {
  const base::Status status = DecodeParquet(file, "a.parquet", Schema({{column, wanted}})).status();
  EXPECT_EQ(status.code(), base::Code::kInvalidArgument);
  EXPECT_EQ(status.message(),
            fmt::format("Column has the wrong type: {}, want {}, got {}.", column, TypeName(wanted), got));
  EXPECT_EQ(status.where(), "a.parquet");
}

TEST(Parquet, RefusesColumnsOfAnotherType) {
  Batch batch;
  batch.AddColumn("i", Column::Repeat(Value::Int64(1), 2));
  batch.AddColumn("f", Column::Repeat(Value::Float64(1), 2));
  batch.AddColumn("p", Column::Repeat(Value::Decimal(Type::Decimal(9, 2), 125), 2));
  batch.AddColumn("l", Column::Repeat(ParseValue(Type::List(TypeKind::kString), "[\"a\"]").value(), 2));
  batch.AddColumn("v", Column::Repeat(ParseValue(Type::Vector(2), "[1, 2]").value(), 2));
  const std::string file = EncodeParquet(batch).value();
  ExpectWrongType(file, "i", Type::List(TypeKind::kInt64), "int64");
  ExpectWrongType(file, "f", Type::Decimal(9, 2), "double");
  ExpectWrongType(file, "p", TypeKind::kFloat64, "decimal128(9, 2)");
  ExpectWrongType(file, "l", TypeKind::kString, "list<element: string>");
  ExpectWrongType(file, "l", Type::List(TypeKind::kInt64), "list<element: string>");
  ExpectWrongType(file, "v", TypeKind::kFloat64, "fixed_size_list<element: float>[2]");
  const auto refuses = [&](const char* column, Type wanted) {
    return DecodeParquet(file, "a.parquet", Schema({{column, wanted}})).status().code() == base::Code::kInvalidArgument;
  };
  EXPECT_TRUE(refuses("v", Type::Vector(3)));
  EXPECT_TRUE(refuses("p", Type::Decimal(9, 1)));
  EXPECT_TRUE(refuses("p", Type::Decimal(2, 2)));
  EXPECT_FALSE(refuses("p", Type::Decimal(38, 10)));
  EXPECT_FALSE(refuses("i", Type::Decimal(1, 0)));
  EXPECT_FALSE(refuses("v", Type::List(TypeKind::kFloat64)));
}

TEST(Parquet, NoDamageToAPageGoesUnseen) {
  base::Random random(6);
  Batch batch;
  for (const Type type : {Type(TypeKind::kInt64), Type::Decimal(9, 2), Type::Decimal(30, 2),
                          Type::List(TypeKind::kString), Type::Vector(3)}) {
    Column column(type);
    for (int row = 0; row < 40; ++row) column.Append(RandomValue(type, 0.1, &random));
    batch.AddColumn("c" + std::to_string(batch.columns.size()), std::move(column));
  }
  const std::string good = EncodeParquet(batch).value();
  size_t losses = 0;
  // The pages stand before the footer, which is less than the second half.
  for (size_t at = 4; at < good.size() / 2; ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    const auto read = DecodeParquet(bad, "a.parquet", batch.schema);
    if (read.ok()) {
      ExpectSame(*read, batch);
    } else {
      EXPECT_NE(read.status().message(), "");
      ++losses;
    }
  }
  EXPECT_GT(losses, good.size() / 4);
}

TEST(Parquet, AFailedWriteLeavesTheOldFile) {
  base::MemoryFileSystem files;
  Batch batch;
  batch.AddColumn("a", Column::Repeat(Value::Int64(1), 1));
  ASSERT_TRUE(WriteParquet(files, "a.parquet", batch).ok());
  files.SetCapacity(100);
  EXPECT_FALSE(WriteParquet(files, "a.parquet", batch.Take({0, 0})).ok());
  EXPECT_EQ(ReadParquetAll(files, "a.parquet").value().rows, 1u);
}

}  // namespace
}  // namespace plumb::data
