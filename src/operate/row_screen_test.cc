#include "operate/row_screen.h"

#include "features/events.h"
#include "operate/operate_world_test.h"

namespace plumb::operate {
namespace {

constexpr const char* kEvents =
    "    event_time: at\n    columns: {id: string, at: timestamp, seen: timestamp, x: int64}\n";
constexpr const char* kTable =
    "    kind: table\n    key: [id]\n    valid_from: at\n"
    "    columns: {id: string, at: timestamp, seen: timestamp, x: int64}\n";

// What became of every row: "event", "skipped", or the reason.
std::string FatesOf(const features::Source& source, const data::Batch& rows, const ScreenOptions& options = {}) {
  const auto screened = ScreenRows(source, rows, options);
  if (!screened.ok()) return screened.status().ToString();
  std::vector<std::string> fates(rows.rows, "skipped");
  for (const int64_t row : screened->rows) fates[static_cast<size_t>(row)] = "event";
  for (const RefusedRow& row : screened->refused) fates[static_cast<size_t>(row.row)] = row.reason;
  EXPECT_EQ(screened->events.rows, screened->rows.size());
  EXPECT_EQ(screened->events.schema, features::EventSchema(source));
  std::string text;
  for (const std::string& fate : fates) text += (text.empty() ? "" : " ") + fate;
  return text;
}

TEST(RowScreen, SaysWhatBecomesOfEveryRow) {
  const std::string id = "    event_id: id\n", known = "    known_at: seen\n", skip = "    skip_null_time: true\n";
  const struct {
    const char* name;
    std::string source;
    const char* rows;
    const char* want;
  } cases[] = {
      {"plain events", kEvents, "a,2020-01-01,,1\n,2020-01-01,,1\nb,,,1\n", "event event no_event_time"},
      {"times may be skipped", kEvents + skip, "a,2020-01-01,,1\nb,,,1\n", "event skipped"},
      {"events with ids", kEvents + id, "a,2020-01-01,,1\n,2020-01-01,,1\nb,,,1\n", "event no_event_id no_event_time"},
      {"withdrawals", kEvents + id + known, "a,,2020-01-01,1\nb,2020-01-01,,1\n", "event no_known_at"},
      {"deletes", kEvents + id + known + skip + "    deleted: x = 0\n", "a,,2020-01-01,0\nb,,2020-01-01,1\n",
       "event skipped"},
      {"tables", kTable, "a,2020-01-01,,1\n,2020-01-01,,1\nb,,,1\n", "event no_key no_event_time"},
      {"tables that skip", kTable + skip, "a,2020-01-01,,1\nb,,,1\n", "event skipped"},
      {"checks", kEvents + std::string("    checks: [x < 3, {expect: x > 1, severity: warn}]\n"),
       "a,2020-01-01,,1\nb,2020-01-01,,3\nc,2020-01-01,,\nd,,,9\n", "event check event no_event_time"},
      {"overflow", kEvents + std::string("    checks: [x * 4 < 3]\n"), "a,2020-01-01,,9000000000000000000\n",
       "overflow"},
      {"conflicts", kEvents + id, "a,2020-01-01,,2\na,2020-01-01,,1\na,2020-01-02,,5\na,2020-01-01,,1\n",
       "conflict event event event"},
      {"conflicts in a table", kTable, "a,2020-01-01,,2\na,2020-01-01,,1\na,2020-01-02,,5\n", "conflict event event"},
      {"without ids nothing conflicts", kEvents, "a,2020-01-01,,2\na,2020-01-01,,1\n", "event event"},
      {"a refused row contradicts nothing", kEvents + id + "    checks: [x > 1]\n",
       "a,2020-01-01,,2\na,2020-01-01,,1\n", "event check"},
      {"no rows", kEvents, "", ""},
  };
  for (const auto& c : cases) {
    const auto definitions = OneSource(c.source);
    ASSERT_TRUE(definitions) << c.name;
    const features::Source& source = *definitions->FindSource("s");
    EXPECT_EQ(FatesOf(source, RowsOf(source, std::string("id,at,seen,x\n") + c.rows)), c.want) << c.name;
  }
}

TEST(RowScreen, CountsWarningsAndKeepsTheirRows) {
  const auto definitions = OneSource(kEvents + std::string("    checks: [{expect: x > 1, severity: warn}, x < 9]\n"));
  const features::Source& source = *definitions->FindSource("s");
  const data::Batch rows = RowsOf(source, "id,at,seen,x\na,2020-01-01,,1\nb,2020-01-01,,0\nc,2020-01-01,,9\n");
  const ScreenedRows screened = ScreenRows(source, rows, {}).value();
  EXPECT_EQ(screened.failures, (std::vector<int64_t>{2, 1}));
  ASSERT_EQ(screened.refused.size(), 1U);
  EXPECT_EQ(screened.refused[0].row, 2);
  EXPECT_EQ(screened.refused[0].check, "x < 9");
}

TEST(RowScreen, WhatIsReceivedLaterIsKnownLater) {
  const auto definitions = OneSource(kEvents + std::string("    event_id: id\n"));
  const features::Source& source = *definitions->FindSource("s");
  const data::Batch rows = RowsOf(source, "id,at,seen,x\na,2020-01-01,,1\na,2020-01-01,,2\nb,2030-01-01,,2\nc,,,1\n");
  const base::Time late = base::ParseTime("2025-01-01").value();
  ScreenOptions options;
  options.received_at = {base::kTimeMin, late, late, late};
  const ScreenedRows screened = ScreenRows(source, rows, options).value();
  EXPECT_EQ(screened.rows, (std::vector<int64_t>{0, 1, 2, 3})) << "a later version conflicts with nothing";
  const data::Column& known = *screened.events.Find(features::kKnownAtColumn);
  EXPECT_EQ(known.At(0).ToString(), "2020-01-01T00:00:00Z");
  EXPECT_EQ(known.At(1).ToString(), "2025-01-01T00:00:00Z");
  EXPECT_EQ(known.At(2).ToString(), "2030-01-01T00:00:00Z");
  EXPECT_EQ(known.At(3).ToString(), "2025-01-01T00:00:00Z") << "a withdrawal, known since it was received";
}

TEST(RowScreen, WhatIsThereIsNotContradicted) {
  const auto definitions = OneSource(kEvents + std::string("    event_id: id\n"));
  const features::Source& source = *definitions->FindSource("s");
  const data::Batch rows = RowsOf(source, "id,at,seen,x\na,2020-01-01,,5\nb,2020-01-01,,5\n");
  const data::Batch present = ScreenRows(source, rows, {}).value().events;
  ScreenOptions options;
  options.present = &present;
  EXPECT_EQ(
      FatesOf(source, RowsOf(source, "id,at,seen,x\na,2020-01-01,,1\nb,2020-01-01,,5\nc,2020-01-01,,1\n"), options),
      "conflict event event");
}

TEST(RowScreen, RefusesABatchOfAnotherShape) {
  const auto definitions = OneSource(kEvents);
  const features::Source& source = *definitions->FindSource("s");
  EXPECT_EQ(ScreenRows(source, data::Batch(), {}).status().code(), base::Code::kInvalidArgument);
  data::Batch other(data::Schema({{"id", data::TypeKind::kInt64},
                                  {"at", data::TypeKind::kTimestamp},
                                  {"seen", data::TypeKind::kTimestamp},
                                  {"x", data::TypeKind::kInt64}}));
  EXPECT_EQ(ScreenRows(source, other, {}).status().code(), base::Code::kInvalidArgument);
}

}  // namespace
}  // namespace plumb::operate
