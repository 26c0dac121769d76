#include "data/csv.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace plumb::data {
namespace {

const Schema kDelays({{"carrier", TypeKind::kString}, {"delay", TypeKind::kInt64}});

// All rows as "a|b;c|d", nulls as "null".
std::string Show(const Batch& batch) {
  std::string text;
  for (size_t row = 0; row < batch.rows; ++row) {
    if (row > 0) text += ';';
    for (size_t i = 0; i < batch.columns.size(); ++i) text += (i > 0 ? "|" : "") + batch.columns[i].At(row).ToString();
  }
  return text;
}

std::string Read(std::string_view csv, const Schema& schema = kDelays, const TableFormat& format = {}) {
  const auto batch = ParseCsv(csv, "f.csv", schema, format);
  return batch.ok() ? Show(*batch) : batch.status().ToString();
}

TEST(ParseCsv, ReadsDeclaredColumnsByName) {
  EXPECT_EQ(Read("carrier,delay\nUA,12\nDL,NA\n"), "UA|12;DL|null");
  EXPECT_EQ(Read("x,delay,carrier\n?,12,UA\n\"a\nb\",-3,DL"), "UA|12;DL|-3");
}

TEST(ParseCsv, ReadsTheDialect) {
  const std::pair<const char*, const char*> cases[] = {
      {"carrier,delay\r\nUA,1\r\n", "UA|1"},
      {"\xef\xbb\xbf"
       "carrier,delay\nUA,1",
       "UA|1"},
      {"carrier,delay\n\"U,A\",1\n", "U,A|1"},
      {"carrier,delay\n\"say \"\"hi\"\"\",1\n", "say \"hi\"|1"},
      {"carrier,delay\n\"two\r\nlines\",1\n", "two\r\nlines|1"},
      {"carrier,delay\n5\" disk,1\n", "5\" disk|1"},
      {"carrier,delay\n\n\nUA,1\n\n", "UA|1"},
      {"carrier , delay\nUA, 1 \n", "UA|1"},
      {"carrier,delay\n UA ,\"2\"\n", " UA |2"},
      {"carrier,delay\n\"NA\",null\n", "NA|null"},
      {"carrier,delay\n\"\",\"\"\n", "|null"},
      {"carrier,delay\n,\n", "null|null"},
      {"carrier,delay\na\rb,1\n", "a\rb|1"},
      {"carrier,delay\nUA,+7\r", "UA|7"},
      {"carrier,delay\n", ""},
      {"carrier,delay", ""},
  };
  for (const auto& [csv, want] : cases) EXPECT_EQ(Read(csv), want) << csv;
}

TEST(ParseCsv, KeepsEmptyLinesOfASingleColumn) {
  EXPECT_EQ(Read("a\n1\n\n2\n", Schema({{"a", TypeKind::kInt64}})), "1;null;2");
}

TEST(ParseCsv, CountsRowsWithoutColumns) {
  EXPECT_EQ(ParseCsv("a,b\n1,2\n3,4\n", "f.csv", Schema(), {}).value().rows, 2u);
}

TEST(ParseCsv, ReadsEveryType) {
  const Schema schema({{"b", TypeKind::kBool},
                       {"i", TypeKind::kInt64},
                       {"f", TypeKind::kFloat64},
                       {"s", TypeKind::kString},
                       {"t", TypeKind::kTimestamp},
                       {"d", TypeKind::kDuration}});
  EXPECT_EQ(Read("b,i,f,s,t,d\ntrue,-9223372036854775808,1e-3,ü,2013-01-01 08:00,1h30m\n0,1,-inf,,,\n", schema),
            "true|-9223372036854775808|0.001|ü|2013-01-01T08:00:00Z|1h30m;false|1|-Infinity|null|null|null");
}

TEST(ParseCsv, ReadsDecimalsListsAndVectors) {
  const Schema schema({{"p", Type::Decimal(5, 2)},
                       {"w", Type::Decimal(38, 2)},
                       {"l", Type::List(TypeKind::kString)},
                       {"m", Type::List(Type::Decimal(38, 20))},
                       {"v", Type::Vector(2)}});
  EXPECT_EQ(
      Read("p,w,l,m,v\n"
           "1.1,123456789012345678901234567890123456.78,\"[\"\"a\"\", null]\",[0.10000000000000000001],\"[1, 0.1]\"\n"
           " 2 ,-1,[],[], \n,NA,,,\n",
           schema),
      "1.10|123456789012345678901234567890123456.78|[\"a\", null]|[0.10000000000000000001]|[1, 0.1];"
      "2.00|-1.00|[]|[]|null;null|null|null|null|null");
}

TEST(ParseCsv, SaysWhatIsWrongWithDecimalsListsAndVectors) {
  struct Case {
    Type type;
    const char* field;
    const char* part;  // of the error
  };
  const Type money = Type::Decimal(5, 2), ints = Type::List(TypeKind::kInt64), vector = Type::Vector(3);
  const Case cases[] = {
      {money, "1.234",
       "f.csv:2: CSV value cannot be read: column c, want decimal(5, 2) (at most 3 digits before the "
       "point and 2 after it), got \"1.234\"."},
      {money, "1000", "at most 3 digits before the point"},
      {money, "12.3x", "a decimal number such as 12.30"},
      {ints, "1", "want list(int64) (a JSON array of int64), got \"1\""},
      {ints, "\"[1, 2\"", "(a JSON array of int64)"},
      {ints, "\"[1, x]\"", "(a JSON array of int64; element 2 is not int64: x)"},
      {vector, "\"[1, 2]\"", "want vector(float32, 3) (a JSON array of 3 numbers, not of 2)"},
      {vector, "\"[1, 2, null]\"", "element 3 is not float32: null"},
      {vector, "\"[1, 2, 1e99]\"", "element 3 is not float32: 1e99"},
  };
  for (const Case& c : cases) {
    const std::string csv = std::string("c\n") + c.field + "\n";
    const auto batch = ParseCsv(csv, "f.csv", Schema({{"c", c.type}}), {});
    ASSERT_EQ(batch.status().code(), base::Code::kInvalidArgument) << c.field;
    EXPECT_NE(batch.status().ToString().find(c.part), std::string::npos) << batch.status().ToString();
  }
}

TEST(ParseCsv, FollowsTheFormat) {
  TableFormat format;
  format.delimiter = ';';
  format.null_tokens = {"-"};
  format.timestamps["t"] = {"%Y-%m-%d %H:%M", "America/New_York"};
  const Schema schema({{"t", TypeKind::kTimestamp}, {"s", TypeKind::kString}});
  EXPECT_EQ(Read("t;s\n2013-01-01 05:15;NA\n-;\n", schema, format), "2013-01-01T10:15:00Z|NA;null|");
}

struct Broken {
  const char* csv;
  const char* part;  // of the error
  base::Code code = base::Code::kInvalidArgument;
};

TEST(ParseCsv, SaysWhatIsWrongAndWhere) {
  const Broken cases[] = {
      {"", "f.csv: CSV file is empty"},
      {"\n\n", "CSV file is empty"},
      {"carier,delay\n", "Column is not in the file: carrier. Did you mean carier?", base::Code::kNotFound},
      {"carrier,delay,delay\n", "f.csv:1: Column stands twice in the header: delay."},
      {"carrier,delay\nUA\n", "f.csv:2: CSV row has the wrong number of fields: want 2, got 1."},
      {"carrier,delay\nUA,1,2\n", "want 2, got 3"},
      {"carrier,delay\n\"a\nb\",1\nDL,12.5\n",
       "f.csv:4: CSV value cannot be read: column delay, want int64 (a whole number), got \"12.5\"."},
      {"carrier,delay\nUA,9223372036854775808\n", "from -2^63 to 2^63-1"},
      {"carrier,delay\nUA,1\n\"DL,2\n", "f.csv:3: CSV field has no closing quote"},
      {"carrier,delay\n\"UA\"x,2\n", "f.csv:2: CSV field goes on after its closing quote: column number 1."},
      {"carrier,delay\n\xff,2\n", "want string (UTF-8 text), got \"?\""},
      {"carrier,delay\nUA,\x01\n", "got \"?\""},
  };
  for (const Broken& c : cases) {
    const auto batch = ParseCsv(c.csv, "f.csv", kDelays, {});
    ASSERT_FALSE(batch.ok()) << c.csv;
    EXPECT_EQ(batch.status().code(), c.code) << c.csv;
    EXPECT_NE(batch.status().ToString().find(c.part), std::string::npos) << batch.status().ToString();
  }
}

TEST(ParseCsv, RefusesWhatIsTooLarge) {
  TableFormat format;
  format.field_bytes_max = 4;
  format.row_bytes_max = 16;
  format.columns_max = 3;
  for (const char* csv : {"carrier,delay\n", "a,b,c,d\n", "a,b\n12345,1\n"}) {
    EXPECT_EQ(ParseCsv(csv, "f.csv", Schema(), format).status().code(), base::Code::kResourceExhausted) << csv;
  }
  format.field_bytes_max = 100;
  EXPECT_EQ(ParseCsv("a,b\n123456789,123456789\n", "f.csv", Schema(), format).status().code(),
            base::Code::kResourceExhausted);
}

TEST(ParseCsv, ReadsBackRandomTables) {
  const uint64_t seed = base::RandomSeed();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  base::Random random(seed);
  constexpr std::string_view kAlphabet = "a,\"\n\r ;N";
  for (int round = 0; round < 500; ++round) {
    std::string csv = "a,b\n";
    std::string want;
    for (uint64_t row = random.Below(5); row > 0; --row) {
      for (int column = 0; column < 2; ++column) {
        std::string text;
        for (uint64_t i = random.Below(6); i > 0; --i) text.push_back(kAlphabet[random.Below(kAlphabet.size())]);
        csv += column == 0 ? "\"" : ",\"";
        for (const char c : text) csv += c == '"' ? std::string("\"\"") : std::string(1, c);
        csv += '"';
        want += text + "\x1f";
      }
      csv += random.Chance(0.5) ? "\r\n" : "\n";
    }
    const Batch batch =
        ParseCsv(csv, "f.csv", Schema({{"a", TypeKind::kString}, {"b", TypeKind::kString}}), {}).value();
    std::string got;
    for (size_t row = 0; row < batch.rows; ++row) {
      for (const Column& column : batch.columns) got += std::string(column.String(row)) + "\x1f";
    }
    ASSERT_EQ(got, want) << csv;
  }
}

TEST(InferCsvSchema, TakesTheNarrowestTypeThatFitsAll) {
  const auto schema = InferCsvSchema(
      "b,i,f,s,t,code,none,mixed\ntrue,1,1,x,2013-01-01,007,NA,1\nfalse,-2,2.5,1,2013-01-01T08:00:00Z,12,,true\n,,,,,,,"
      "\n",
      "f.csv", {});
  ASSERT_TRUE(schema.ok()) << schema.status().ToString();
  std::string types;
  for (const Field& field : schema->fields()) types += TypeName(field.type) + " ";
  EXPECT_EQ(types, "bool int64 float64 string timestamp string string string ");
}

TEST(InferCsvSchema, LooksAtTheFirstRowsOnly) {
  EXPECT_EQ(InferCsvSchema("a\n1\nx\n", "f.csv", {}, 1).value().fields()[0].type, Type(TypeKind::kInt64));
}

TEST(CheckTableFormat, RefusesUnusableFormats) {
  TableFormat quote;
  quote.delimiter = '"';
  TableFormat letter;
  letter.delimiter = 'a';
  TableFormat time;
  time.timestamps["t"] = {"%H"};
  for (const TableFormat& format : {quote, letter, time}) {
    EXPECT_EQ(CheckTableFormat(format).code(), base::Code::kInvalidArgument);
  }
  EXPECT_TRUE(CheckTableFormat({}).ok());
}

}  // namespace
}  // namespace plumb::data
