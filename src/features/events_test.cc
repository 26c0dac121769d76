#include "features/events.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/project_tree.h"

namespace plumb::features {
namespace {

using data::Value;

DefinitionsPtr Load(const std::string& source) {
  base::Diagnostics diagnostics;
  auto text = std::make_shared<const base::SourceText>(base::SourceText{"project.yaml", "sources:\n  s:\n" + source});
  DefinitionsPtr definitions = LoadDefinitions(base::MergeProject({text}, &diagnostics), &diagnostics);
  EXPECT_EQ(diagnostics.Render(false), "");
  return definitions;
}

constexpr const char* kColumns =
    "    columns: {id: int64, op: string, at: timestamp, seen: timestamp}\n    event_time: at\n";

struct Row {
  std::optional<int64_t> id;
  std::string op;
  std::optional<base::Time> at, seen;
};

data::Batch Rows(const Source& source, const std::vector<Row>& rows) {
  const auto time = [](std::optional<base::Time> t) {
    return t ? Value::Timestamp(*t) : Value::Null(data::TypeKind::kTimestamp);
  };
  data::Batch batch(source.columns);
  for (const Row& row : rows) {
    batch.columns[0].Append(row.id ? Value::Int64(*row.id) : Value::Null(data::TypeKind::kInt64));
    batch.columns[1].Append(Value::String(row.op));
    batch.columns[2].Append(time(row.at));
    batch.columns[3].Append(time(row.seen));
    ++batch.rows;
  }
  return batch;
}

std::string Describe(const base::Result<Events>& events) {
  if (!events.ok()) return events.status().code() == base::Code::kInvalidArgument ? "error" : "other error";
  if (events->rows.rows == 0) return events->skipped_null_time == 1 ? "skipped" : "nothing";
  std::string text;
  for (const char* column : {kEventTimeColumn, kKnownAtColumn, kEventIdColumn, kDeletedColumn}) {
    const data::Column* values = events->rows.Find(column);
    if (values == nullptr) continue;
    const Value value = values->At(0);
    text += (text.empty() ? "" : " ") + (value.type() == data::TypeKind::kTimestamp && !value.is_null()
                                             ? std::to_string(value.AsInt())
                                             : value.ToString());
  }
  return text;
}

TEST(MakeEvents, GivesEveryEventTwoTimes) {
  const std::string known_at = "    known_at: seen\n", id = "    event_id: id\n", skip = "    skip_null_time: true\n",
                    deleted = "    event_id: id\n    deleted: op = 'd'\n";
  const EventsOptions history, live{false, 100};
  struct NamedCase {
    std::string source;
    Row row;
    EventsOptions options;
    std::string want;
  };
  const std::string late = "    available_after: 5ms\n";
  const std::vector<NamedCase> cases = {
      {"", {1, "", 10, 20}, history, "10 10"},
      {known_at, {1, "", 10, 20}, history, "10 20"},
      {late, {1, "", 10, 20}, history, "10 5010"},
      {"    available_after: -5ms\n", {1, "", 10, 20}, history, "10 -4990"},
      {late,
       {1, "", base::kTimeMax - 1, 20},
       history,
       std::to_string(base::kTimeMax - 1) + " " + std::to_string(base::kTimeMax)},
      {known_at, {1, "", 10, 20}, live, "10 100"},
      {known_at, {1, "", 10, 200}, live, "10 200"},
      {"", {1, "", 10, 20}, live, "10 100"},
      {id, {7, "", 10, 20}, history, "10 10 7"},
      {id, {std::nullopt, "", 10, 20}, history, "error"},
      {known_at, {1, "", 10, std::nullopt}, history, "error"},
      {known_at, {1, "", 10, std::nullopt}, live, "error"},
      {"", {1, "", std::nullopt, 20}, history, "error"},
      {"", {1, "", std::nullopt, 20}, live, "error"},
      {skip, {1, "", std::nullopt, 20}, history, "skipped"},
      {skip + id, {1, "", std::nullopt, 20}, history, "skipped"},
      {skip + known_at, {1, "", std::nullopt, std::nullopt}, history, "skipped"},
      {id + known_at, {1, "", std::nullopt, 20}, history, "null 20 1"},
      {id, {1, "", std::nullopt, 20}, history, "error"},
      {id + late, {1, "", std::nullopt, 20}, live, "null 100 1"},
      {deleted, {1, "c", 10, 20}, history, "10 10 1 false"},
      {deleted, {1, "d", 10, 20}, history, "10 10 1 true"},
      {deleted + known_at, {1, "d", std::nullopt, 20}, history, "null 20 1 true"},
      {deleted + known_at + skip, {1, "d", std::nullopt, 20}, history, "null 20 1 true"},
      {deleted + skip, {1, "d", std::nullopt, 20}, history, "error"},
      {deleted + skip, {1, "d", std::nullopt, 20}, live, "null 100 1 true"},
      {deleted, {std::nullopt, "d", 10, 20}, history, "error"},
  };
  for (const NamedCase& one : cases) {
    const DefinitionsPtr definitions = Load(kColumns + one.source);
    ASSERT_NE(definitions, nullptr) << one.source;
    const Source& source = *definitions->FindSource("s");
    EXPECT_EQ(Describe(MakeEvents(source, Rows(source, {one.row}), one.options)), one.want) << one.source << one.row.op;
  }
}

TEST(MakeEvents, KeepsRowsInOrderAndCountsTheSkipped) {
  const DefinitionsPtr definitions = Load(std::string(kColumns) + "    skip_null_time: true\n");
  const Source& source = *definitions->FindSource("s");
  const auto events =
      MakeEvents(source, Rows(source, {{3, "a", 30, 1}, {1, "b", {}, 1}, {2, "c", 20, 1}, {0, "d", {}, 1}}), {});
  ASSERT_TRUE(events.ok());
  EXPECT_EQ(events->skipped_null_time, 2);
  EXPECT_EQ(events->rows.schema, EventSchema(source));
  ASSERT_EQ(events->rows.rows, 2U);
  EXPECT_EQ(events->rows.Find("id")->At(0), Value::Int64(3));
  EXPECT_EQ(events->rows.Find("op")->At(1), Value::String("c"));
}

TEST(MakeEvents, NamesTheRowAndTheSource) {
  const DefinitionsPtr definitions = Load(kColumns);
  const Source& source = *definitions->FindSource("s");
  const auto events = MakeEvents(source, Rows(source, {{3, "a", 30, 1}, {1, "b", {}, 1}}), {});
  ASSERT_FALSE(events.ok());
  EXPECT_NE(events.status().message().find("Row 2 of source s"), std::string::npos) << events.status().message();
  EXPECT_FALSE(events.status().suggestion().empty());
}

TEST(MakeEvents, RefusesRowsOfAnotherShape) {
  const DefinitionsPtr definitions = Load(kColumns);
  const Source& source = *definitions->FindSource("s");
  data::Schema schema;
  schema.Add("id", data::TypeKind::kInt64);
  EXPECT_EQ(MakeEvents(source, data::Batch(schema), {}).status().code(), base::Code::kInvalidArgument);
  for (const char* name : {"op", "at", "seen"}) schema.Add(name, data::TypeKind::kInt64);
  EXPECT_EQ(MakeEvents(source, data::Batch(schema), {}).status().code(), base::Code::kInvalidArgument);
}

TEST(EventSchema, HasTheSystemColumnsOfTheSource) {
  const DefinitionsPtr plain = Load(kColumns);
  EXPECT_EQ(EventSchema(*plain->FindSource("s")).Names(),
            (std::vector<std::string>{"id", "op", "at", "seen", "__event_time", "__known_at"}));
  const DefinitionsPtr full = Load(std::string(kColumns) + "    event_id: id\n    deleted: op = 'd'\n");
  EXPECT_EQ(
      EventSchema(*full->FindSource("s")).Names(),
      (std::vector<std::string>{"id", "op", "at", "seen", "__event_time", "__known_at", "__event_id", "__deleted"}));
}

}  // namespace
}  // namespace plumb::features
