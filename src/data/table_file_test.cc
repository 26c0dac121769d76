#include "data/table_file.h"

#include <gtest/gtest.h>

#include "base/memory_file_system.h"
#include "data/internal/archive_samples.h"
#include "data/parquet.h"

namespace plumb::data {
namespace {

const Schema kSchema({{"a", TypeKind::kInt64}});

class TableFileTest : public testing::Test {
 protected:
  void Write(const std::string& path, std::string_view bytes) {
    ASSERT_TRUE(files_.CreateDirectories("d").ok());
    ASSERT_TRUE(files_.WriteFileAtomically(path, bytes).ok());
  }
  // The values of column a, or the error.
  std::string Read(const std::vector<std::string>& patterns) {
    const auto batch = ReadTable(files_, patterns, kSchema);
    if (!batch.ok()) return batch.status().ToString();
    std::string text;
    for (size_t row = 0; row < batch->rows; ++row) text += batch->columns[0].At(row).ToString() + " ";
    return text;
  }
  base::MemoryFileSystem files_;
};

TEST_F(TableFileTest, ChoosesTheReaderByExtension) {
  Batch batch;
  batch.AddColumn("a", Column::Repeat(Value::Int64(6), 1));
  Write("d/1.csv", "a,b\n1,x\n");
  Write("d/2.tsv", "a\tb\n2\tx\n");
  Write("d/3.csv.gz", GzipOf("a\n3\n"));
  Write("d/4.csv.zip", ZipOf({{"x.csv", "a\n4\n"}}));
  Write("d/5.zip", ZipOf({{"x.csv", "a\n5\n"}, {"y.csv", "a\n-5\n"}}));
  ASSERT_TRUE(WriteParquet(files_, "d/6.parquet", batch).ok());
  EXPECT_EQ(Read({"d/1.csv"}), "1 ");
  EXPECT_EQ(Read({"d/2.tsv"}), "2 ");
  EXPECT_EQ(Read({"d/3.csv.gz"}), "3 ");
  EXPECT_EQ(Read({"d/4.csv.zip"}), "4 ");
  EXPECT_EQ(Read({"d/5.zip:y.csv"}), "-5 ");
  EXPECT_EQ(Read({"d/6.parquet"}), "6 ");
}

TEST_F(TableFileTest, ConcatenatesInPathOrder) {
  Write("d/b.csv", "a\n3\n4\n");
  Write("d/a.csv", "a\n1\n2\n");
  Write("d/empty.csv", "a\n");
  EXPECT_EQ(Read({"d/*.csv"}), "1 2 3 4 ");
  EXPECT_EQ(Read({"d/b.csv", "d/a.csv", "d/*.csv"}), "1 2 3 4 ");
  EXPECT_EQ(Read({"d/empty.csv"}), "");
}

TEST_F(TableFileTest, NamesThePatternThatMatchesNothing) {
  Write("d/a.csv", "a\n1\n");
  for (const char* pattern : {"d/*.parquet", "d/none.csv", "none.zip:a.csv"}) {
    const base::Status status = ReadTable(files_, {"d/a.csv", pattern}, kSchema).status();
    EXPECT_EQ(status.code(), base::Code::kNotFound) << pattern;
    EXPECT_NE(status.message().find(pattern), std::string::npos) << status.message();
  }
}

TEST_F(TableFileTest, ErrorsNameTheFile) {
  Write("d/a.csv", "a\nx\n");
  Write("d/b.parquet", "no");
  Write("d/c.csv.gz", "no");
  Write("d/e.zip", "no");
  Write("d/f.json", "{}");
  for (const char* path : {"d/a.csv", "d/b.parquet", "d/c.csv.gz", "d/e.zip", "d/f.json"}) {
    EXPECT_NE(Read({path}).find(path), std::string::npos) << Read({path});
  }
}

TEST_F(TableFileTest, NamesFileAndColumnThatIsMissingOrOfAnotherType) {
  Batch batch;
  batch.AddColumn("b", Column::Repeat(Value::String("x"), 1));
  Write("d/a.csv", "b\nx\n");
  ASSERT_TRUE(WriteParquet(files_, "d/a.parquet", batch).ok());
  for (const char* path : {"d/a.csv", "d/a.parquet"}) {
    const base::Status missing = ReadTable(files_, {path}, kSchema).status();
    EXPECT_EQ(missing.code(), base::Code::kNotFound) << path;
    EXPECT_EQ(missing.message(), "Column is not in the file: a.");
    const base::Status other = ReadTable(files_, {path}, Schema({{"b", TypeKind::kInt64}})).status();
    EXPECT_EQ(other.code(), base::Code::kInvalidArgument) << path;
    for (const base::Status& status : {missing, other}) {
      EXPECT_NE(status.where().find(path), std::string::npos) << status.ToString();
    }
  }
}

TEST_F(TableFileTest, InfersSchemas) {
  Batch batch;
  batch.AddColumn("x", Column::Repeat(Value::Timestamp(0), 1));
  ASSERT_TRUE(WriteParquet(files_, "x.parquet", batch).ok());
  Write("a.csv.gz", GzipOf("a,b\n1,x\n"));
  EXPECT_EQ(InferSchema(files_, "x.parquet").value(), batch.schema);
  EXPECT_EQ(InferSchema(files_, "a.csv.gz").value(), Schema({{"a", TypeKind::kInt64}, {"b", TypeKind::kString}}));
  EXPECT_FALSE(InferSchema(files_, "a.json").ok());
}

TEST_F(TableFileTest, KnowsTableFiles) {
  for (const char* path : {"a.csv", "A.CSV", "a.tsv.gz", "a.zip", "a.zip:b.csv", "a.pq", "a.parquet"})
    EXPECT_TRUE(IsTableFile(path)) << path;
  for (const char* path : {"a", "a.gz", "csv", "a.json"}) EXPECT_FALSE(IsTableFile(path)) << path;
}

}  // namespace
}  // namespace plumb::data
