#include "operate/quarantine_rows.h"

#include <set>

#include "operate/operate_world_test.h"
#include "store/quarantine.h"

namespace plumb::operate {
namespace {

constexpr const char* kAllTypes =
    "    event_time: at\n"
    "    columns: {b: bool, i: int64, f: float64, t: string, at: timestamp, d: duration, m: 'decimal(30, 4)',\n"
    "              l: list(string), v: 'vector(float32, 2)'}\n";

TEST(QuarantineRows, TextReadsBackToTheSameValues) {
  const auto definitions = OneSource(kAllTypes);
  const features::Source& source = *definitions->FindSource("s");
  const data::Batch rows = RowsOf(source,
                                  "b,i,f,t,at,d,m,l,v\n"
                                  "true,-9223372036854775808,0.1,\"null\",2020-01-01T00:00:00.000001Z,1h30m,-"
                                  "12345678901234567890.1234,\"[\"\"a,b\"\",null]\",\"[0.1,2]\"\n"
                                  "false,7,NaN,\"  two\nlines \",0001-01-01,-5ms,0.0001,[],\"[-0.5,1e30]\"\n"
                                  "NA,NA,NA,NA,NA,NA,NA,NA,NA\n"
                                  "NA,0,5e-324,\"\",9999-12-31,0s,0,\"[\"\"\"\"]\",\"[0,0]\"\n");
  ASSERT_EQ(rows.rows, 4U);
  std::vector<RefusedRow> refused;
  for (int64_t row = 0; row < 4; ++row) refused.push_back({row, "check", "x"});
  const data::Batch held = MakeQuarantineRows(source, rows, refused, {});
  EXPECT_EQ(held.schema, store::QuarantineSchema(source.columns.Names()));
  const ReadBackRows back = ReadBackQuarantineRows(source, held);
  EXPECT_EQ(back.problems, std::vector<std::string>(4));
  for (size_t column = 0; column < rows.columns.size(); ++column) {
    for (size_t row = 0; row < rows.rows; ++row) {
      EXPECT_EQ(back.rows.columns[column].At(row), rows.columns[column].At(row))
          << source.columns.fields()[column].name << " " << row << " " << rows.columns[column].At(row).ToString();
    }
  }
}

TEST(QuarantineRows, SaysWhereRowsWere) {
  const auto definitions = OneSource("    event_time: at\n    columns: {at: timestamp, x: int64}\n");
  const features::Source& source = *definitions->FindSource("s");
  const data::Batch rows = RowsOf(source, "at,x\n2020-01-01,1\n2020-01-01,2\n2020-01-01,3\n2020-01-01,4\n");
  QuarantineStamp stamp;
  stamp.files = {{"a.csv", 2}, {"empty.csv", 0}, {"b.csv", 2}};
  const data::Batch held = MakeQuarantineRows(source, rows, {{1, "check", "c"}, {3, "check", "c"}}, stamp);
  EXPECT_EQ(held.Find(store::kRefusedFileColumn)->String(0), "a.csv");
  EXPECT_EQ(held.Find(store::kRefusedRowColumn)->Int(0), 2);
  EXPECT_EQ(held.Find(store::kRefusedFileColumn)->String(1), "b.csv");
  EXPECT_EQ(held.Find(store::kRefusedRowColumn)->Int(1), 2);
}

TEST(QuarantineRows, NamesDependOnValuesAndRepetitionOnly) {
  const auto definitions = OneSource("    event_time: at\n    columns: {at: timestamp, x: int64}\n");
  const features::Source& source = *definitions->FindSource("s");
  const auto names_of = [&](const std::string& csv) {
    const data::Batch rows = RowsOf(source, "at,x\n" + csv);
    RowNames names(source);
    std::vector<std::string> all;
    for (size_t row = 0; row < rows.rows; ++row) all.push_back(names.Next(rows, row));
    return all;
  };
  const std::string one = "2020-01-01,1\n", two = "2020-01-01,2\n";
  const std::vector<std::string> names = names_of(one + two + one);
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), 3U);
  EXPECT_EQ(names[0].size(), 16U);
  EXPECT_EQ(names_of(two + one + one), (std::vector<std::string>{names[1], names[0], names[2]}));
}

TEST(QuarantineRows, WhatCannotBeReadAsDeclaredHasAProblem) {
  const auto before = OneSource("    event_time: at\n    columns: {at: timestamp, x: string}\n");
  const features::Source& was = *before->FindSource("s");
  const data::Batch held = MakeQuarantineRows(was, RowsOf(was, "at,x\n2020-01-01,1\n2020-01-01,one\n"),
                                              {{0, "check", "c"}, {1, "check", "c"}}, {});
  const auto after = OneSource("    event_time: at\n    columns: {at: timestamp, x: int64}\n");
  const ReadBackRows back = ReadBackQuarantineRows(*after->FindSource("s"), held);
  EXPECT_EQ(back.problems[0], "");
  EXPECT_NE(back.problems[1], "");
  const auto wider = OneSource("    event_time: at\n    columns: {at: timestamp, x: string, y: int64}\n");
  EXPECT_NE(ReadBackQuarantineRows(*wider->FindSource("s"), held).problems[0], "");
}

}  // namespace
}  // namespace plumb::operate
