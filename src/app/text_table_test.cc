#include "app/text_table.h"

#include <gtest/gtest.h>

#include "data/csv.h"

namespace plumb::app {
namespace {

TEST(TextTable, AlignsColumnsByCodePoints) {
  TextTable table({"part", "rows"}, {false, true});
  table.AddRow({"träin", "1,200"});
  table.AddRow({"test", "3"});
  EXPECT_EQ(table.Render(), "part    rows\nträin  1,200\ntest       3\n");
}

TEST(RenderCsv, ReadsBackAsItWas) {
  data::Schema schema;
  schema.Add("text", data::TypeKind::kString);
  schema.Add("number", data::TypeKind::kFloat64);
  schema.Add("time", data::TypeKind::kTimestamp);
  data::Batch batch(schema);
  for (const char* text : {"a,b", "say \"hi\"", "", "NA", "two\nlines", "plain"}) {
    batch.columns[0].AppendString(text);
    batch.columns[1].AppendDouble(0.1);
    batch.columns[2].AppendInt(1'000'000);
    batch.rows++;
  }
  for (data::Column& column : batch.columns) column.AppendNull();
  batch.rows++;
  const auto read = data::ParseCsv(RenderCsv(batch), "out.csv", schema, {});
  ASSERT_TRUE(read.ok()) << read.status().ToString();
  ASSERT_EQ(read->rows, batch.rows);
  for (size_t i = 0; i < batch.columns.size(); i++) {
    for (size_t row = 0; row < batch.rows; row++) {
      EXPECT_TRUE(read->columns[i].At(row) == batch.columns[i].At(row)) << i << ", " << row;
    }
  }
}

}  // namespace
}  // namespace plumb::app
