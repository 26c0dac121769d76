#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "features/events.h"
#include "features/loaded_project_test.h"

namespace plumb::features {
namespace {

using data::Value;
using Texts = std::vector<std::string>;

std::string Table(const std::string& keys) {
  return "sources:\n  s:\n    kind: table\n    columns: {k: string, n: int64, op: string, at: timestamp, seen: "
         "timestamp}\n" +
         keys;
}

struct Row {
  std::optional<std::string> k;
  std::optional<int64_t> n;
  std::string op;
  std::optional<base::Time> at, seen;
};

data::Batch Rows(const Source& source, const std::vector<Row>& rows) {
  const auto time = [](std::optional<base::Time> t) {
    return t ? Value::Timestamp(*t) : Value::Null(data::TypeKind::kTimestamp);
  };
  data::Batch batch(source.columns);
  for (const Row& row : rows) {
    batch.columns[0].Append(row.k ? Value::String(*row.k) : Value::Null(data::TypeKind::kString));
    batch.columns[1].Append(row.n ? Value::Int64(*row.n) : Value::Null(data::TypeKind::kInt64));
    batch.columns[2].Append(Value::String(row.op));
    batch.columns[3].Append(time(row.at));
    batch.columns[4].Append(time(row.seen));
    ++batch.rows;
  }
  return batch;
}

// event_time, known_at, event_id, then the declared columns.
std::string Describe(const base::Result<Events>& events) {
  if (!events.ok()) return events.status().code() == base::Code::kInvalidArgument ? "error" : "other error";
  if (events->rows.rows == 0) return events->skipped_null_time == 1 ? "skipped" : "nothing";
  std::string text;
  for (const char* column : {kEventTimeColumn, kKnownAtColumn, kEventIdColumn, "k", "n", "op", "at", "seen"}) {
    const Value value = events->rows.Find(column)->At(0);
    const bool is_time = value.type() == data::TypeKind::kTimestamp && !value.is_null();
    text += (text.empty() ? "" : " ") + (is_time ? std::to_string(value.AsInt()) : value.ToString());
  }
  return text;
}

TEST(TableEvents, AreVersionsOfTheRowsOfTheirKeys) {
  const std::string table = "    key: k\n    valid_from: at\n", known_at = "    known_at: seen\n",
                    deleted = "    deleted: op = 'd'\n", skip = "    skip_null_time: true\n";
  const EventsOptions history, live{false, 100};
  struct NamedCase {
    std::string source;
    Row row;
    EventsOptions options;
    std::string want;
  };
  const std::vector<NamedCase> cases = {
      {table, {"a", 1, "c", 10, 20}, history, "10 10 a|1970-01-01T00:00:00.000010Z a 1 c 10 20"},
      {table, {"a", 1, "c", 10, 20}, live, "10 100 a|1970-01-01T00:00:00.000010Z a 1 c 10 20"},
      {table + known_at, {"a", 1, "c", 10, 20}, history, "10 20 a|1970-01-01T00:00:00.000010Z a 1 c 10 20"},
      {table + "    available_after: 5ms\n", {"a", 1, "c", 0, 20}, history, "0 5000 a|1970-01-01T00:00:00Z a 1 c 0 20"},
      {"    key: [n, k]\n    valid_from: at\n",
       {"a", 1, "c", 0, 20},
       history,
       "0 0 1|a|1970-01-01T00:00:00Z a 1 c 0 20"},
      {table, {"a|b\\", 1, "c", 0, 20}, history, "0 0 a\\|b\\\\|1970-01-01T00:00:00Z a|b\\ 1 c 0 20"},
      {table, {"", 1, "c", 0, 20}, history, "0 0 |1970-01-01T00:00:00Z  1 c 0 20"},
      {table, {std::nullopt, 1, "c", 10, 20}, history, "error"},
      {"    key: [n, k]\n    valid_from: at\n", {"a", std::nullopt, "c", 10, 20}, history, "error"},
      {table, {"a", 1, "c", std::nullopt, 20}, history, "error"},
      {table, {"a", 1, "c", std::nullopt, 20}, live, "error"},
      {table + known_at, {"a", 1, "c", std::nullopt, 20}, history, "error"},
      {table + known_at, {"a", 1, "c", 10, std::nullopt}, history, "error"},
      {table + skip, {"a", 1, "c", std::nullopt, 20}, history, "skipped"},
      {table + skip, {std::nullopt, 1, "c", std::nullopt, 20}, history, "skipped"},
      {table + deleted + skip, {"a", 1, "d", std::nullopt, 20}, history, "skipped"},
      {table + deleted, {"a", 1, "d", 0, 20}, history, "0 0 a|1970-01-01T00:00:00Z a null null null null"},
      {table + deleted, {"a", 1, "c", 0, 20}, history, "0 0 a|1970-01-01T00:00:00Z a 1 c 0 20"},
      {table + deleted + known_at, {"a", 1, "d", 0, 20}, history, "0 20 a|1970-01-01T00:00:00Z a null null null null"},
      {table + deleted, {std::nullopt, 1, "d", 0, 20}, history, "error"},
      {table + deleted, {"a", 1, "d", std::nullopt, 20}, history, "error"},
  };
  for (const NamedCase& one : cases) {
    const DefinitionsPtr definitions = LoadGood(Table(one.source));
    ASSERT_NE(definitions, nullptr) << one.source;
    const Source& source = *definitions->FindSource("s");
    EXPECT_EQ(Describe(MakeEvents(source, Rows(source, {one.row}), one.options)), one.want) << one.source;
  }
}

TEST(TableEvents, OfStaticTablesAreKnownAlways) {
  const std::string always = std::to_string(kStaticTime);
  EXPECT_EQ(base::FormatTime(kStaticTime), "0001-01-01T00:00:00Z");
  const DefinitionsPtr definitions = LoadGood(Table("    key: k\n    static: true\n    deleted: op = 'd'\n"));
  ASSERT_NE(definitions, nullptr);
  const Source& source = *definitions->FindSource("s");
  for (const EventsOptions& options : {EventsOptions{}, EventsOptions{false, 100}}) {
    EXPECT_EQ(Describe(MakeEvents(source, Rows(source, {{"a", 1, "c", 10, 20}}), options)),
              always + " " + always + " a a 1 c 10 20");
    EXPECT_EQ(Describe(MakeEvents(source, Rows(source, {{"a", 1, "d", 10, 20}}), options)),
              always + " " + always + " a a null null null null");
    EXPECT_EQ(Describe(MakeEvents(source, Rows(source, {{"a", 1, "c", std::nullopt, std::nullopt}}), options)),
              always + " " + always + " a a 1 c null null");
    EXPECT_EQ(Describe(MakeEvents(source, Rows(source, {{std::nullopt, 1, "c", 10, 20}}), options)), "error");
  }
}

TEST(TableEvents, KeepTheTimesOfADeletedRowInColumnsNamedAfterThem) {
  const DefinitionsPtr definitions = LoadGood(R"(sources:
  s:
    kind: table
    key: k
    valid_from: event_time
    known_at: known_at
    deleted: gone
    columns: {k: int64, gone: bool, event_time: timestamp, known_at: timestamp}
)");
  ASSERT_NE(definitions, nullptr);
  const Source& source = *definitions->FindSource("s");
  data::Batch rows(source.columns);
  rows.columns[0].AppendInt(1);
  rows.columns[1].AppendInt(1);
  rows.columns[2].AppendInt(10);
  rows.columns[3].AppendInt(20);
  rows.rows = 1;
  const base::Result<Events> events = MakeEvents(source, rows, {});
  ASSERT_TRUE(events.ok());
  EXPECT_TRUE(events->rows.Find("gone")->IsNull(0));
  EXPECT_EQ(events->rows.Find("event_time")->Int(0), 10);
  EXPECT_EQ(events->rows.Find("known_at")->Int(0), 20);
}

TEST(TableEvents, HaveAnIdAndNoDeletes) {
  const DefinitionsPtr definitions = LoadGood(Table("    key: k\n    valid_from: at\n    deleted: op = 'd'\n"));
  ASSERT_NE(definitions, nullptr);
  EXPECT_EQ(EventSchema(*definitions->FindSource("s")).Names(),
            (Texts{"k", "n", "op", "at", "seen", "__event_time", "__known_at", "__event_id"}));
}

TEST(TableEvents, NameTheRowAndTheColumn) {
  const DefinitionsPtr definitions = LoadGood(Table("    key: [k, n]\n    valid_from: at\n"));
  ASSERT_NE(definitions, nullptr);
  const Source& source = *definitions->FindSource("s");
  const auto events = MakeEvents(source, Rows(source, {{"a", 1, "c", 10, 20}, {"a", std::nullopt, "c", 10, 20}}), {});
  ASSERT_FALSE(events.ok());
  EXPECT_NE(events.status().message().find("Row 2 of source s has null in its key: n"), std::string::npos)
      << events.status().message();
}

}  // namespace
}  // namespace plumb::features
