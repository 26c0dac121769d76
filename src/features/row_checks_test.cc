#include "features/row_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "features/loaded_project_test.h"

namespace plumb::features {
namespace {

using data::Value;
using Texts = std::vector<std::string>;

constexpr const char* kProject = R"(sources:
  s:
    event_time: at
    event_id: id
    deleted: op = 'd'
    columns: {id: string, op: string, n: int64, x: float64, at: timestamp}
    derive: {twice: n * 2}
    checks:
      - n between 0 and 100
      - {expect: x > n, name: enough}
      - {expect: op is not null, severity: warn}
      - {freshness: 2h}
      - {rows: {min: 1, max: 1000}}
      - {rows: {min: 5}, severity: warn, name: five}
      - {unique: [id, n]}
      - {drift: x, psi: 0.1}
      - {drift: n}
      - {null_share: op, max: 0.25}
feature_views:
  w: {request: {n: int64}, features: {y: n + 1}}
)";

TEST(Checks, AreReadInTheirOrder) {
  const DefinitionsPtr definitions = LoadGood(kProject);
  ASSERT_NE(definitions, nullptr);
  const Source& source = *definitions->FindSource("s");
  ASSERT_EQ(source.row_checks.size(), 3U);
  EXPECT_EQ(source.row_checks[0].name, "n between 0 and 100");
  EXPECT_EQ(source.row_checks[0].severity, CheckSeverity::kError);
  EXPECT_EQ(source.row_checks[0].position.Line(), 9);
  EXPECT_EQ(source.row_checks[1].name, "enough");
  EXPECT_EQ(source.row_checks[1].text, "x > n");
  EXPECT_EQ(source.row_checks[1].position.Line(), 10);
  EXPECT_EQ(source.row_checks[2].severity, CheckSeverity::kWarn);
  Texts canonical;
  for (const SetCheck& check : source.set_checks) canonical.push_back(check.canonical);
  EXPECT_EQ(canonical, (Texts{"freshness 2h", "rows 1 to 1000", "rows 5 to any number", "unique id, n",
                              "drift x psi 0.1", "drift n psi 0.2", "null_share op max 0.25"}));
  EXPECT_EQ(source.set_checks[0].age, (base::Span{0, 2 * base::kHour}));
  EXPECT_EQ(source.set_checks[1].name, "rows 1 to 1000");
  EXPECT_EQ(source.set_checks[1].rows_max, 1000);
  EXPECT_EQ(source.set_checks[2].name, "five");
  EXPECT_EQ(source.set_checks[2].severity, CheckSeverity::kWarn);
  EXPECT_EQ(source.set_checks[2].rows_max, std::nullopt);
  EXPECT_EQ(source.set_checks[3].columns, (Texts{"id", "n"}));
  EXPECT_EQ(source.set_checks[4].limit, 0.1);
  EXPECT_EQ(source.set_checks[6].kind, SetCheck::Kind::kNullShare);
}

TEST(Checks, MistakesAreReportedWithTheirPlace) {
  const char* const row = "- n between 0 and 100";
  ExpectMistakes(kProject,
                 {
                     {row, "- n + 1", 9, "bool"},
                     {row, "- m > 1", 9, "m", "n"},
                     {row, "- n >", 9, ""},
                     {row, "- [n > 1]", 9, "not an expression"},
                     {row, "- sum(n) > 1", 9, "sum"},
                     {row, "- t > at", 9, "t"},
                     {row, "- w.y > 1", 9, "A check looks into a feature view: w.y", "declared columns"},
                     {row, "- w(n = n).y > 1", 9, "A check looks into a feature view"},
                     {row, "- twice > 1", 9, "A check uses a derived column: twice", "declared columns"},
                     {"name: enough", "severity: fatal", 10, "Severity is not known: fatal", "warn or error"},
                     {"name: enough", "severity: eror", 10, "Severity is not known: eror", "Did you mean error?"},
                     {"name: enough", "severty: warn", 10, "severty", "severity"},
                     {"name: enough", "psi: 1", 10, "psi"},
                     {"expect: x > n", "expct: x > n", 10, "not said what to check", "Did you mean expect?"},
                     {"expect: x > n", "age: 3", 10, "not said what to check", "null_share"},
                     {"expect: x > n", "expect: x", 10, "bool"},
                     {"freshness: 2h", "freshness: 0s", 12, "more than 0"},
                     {"freshness: 2h", "freshness: -2h", 12, "more than 0"},
                     {"freshness: 2h", "freshness: soon", 12, ""},
                     {"freshness: 2h", "freshness: 2h, max: 3", 12, "max"},
                     {"{min: 1, max: 1000}", "{min: 10, max: 1}", 13, "no number of rows"},
                     {"{min: 1, max: 1000}", "{}", 13, "no bound"},
                     {"{min: 1, max: 1000}", "{min: -1}", 13, "min"},
                     {"{min: 1, max: 1000}", "{least: 1}", 13, "least"},
                     {"{min: 1, max: 1000}", "10", 13, "rows"},
                     {"[id, n]", "[id, m]", 15, "Column is not declared: m (unique of source s)"},
                     {"[id, n]", "[id, twice]", 15, "Column is not declared: twice"},
                     {"[id, n]", "[]", 15, "No column is named"},
                     {"drift: x", "drift: y", 16, "Column is not declared: y"},
                     {"psi: 0.1", "psi: -1", 16, "psi"},
                     {"psi: 0.1", "psi: 0.1, max: 1", 16, "max"},
                     {", max: 0.25", "", 18, "max"},
                     {"max: 0.25", "max: 1.5", 18, "max"},
                     {"name: five", "name: enough", 14, "one name: enough"},
                 });
}

// ---- Rows ----

struct Row {
  std::string op;
  std::optional<int64_t> n;
  std::optional<double> x;
};

data::Batch Rows(const Source& source, const std::vector<Row>& rows) {
  data::Batch batch(source.columns);
  for (const Row& row : rows) {
    batch.columns[0].Append(Value::String("a"));
    batch.columns[1].Append(Value::String(row.op));
    batch.columns[2].Append(row.n ? Value::Int64(*row.n) : Value::Null(data::TypeKind::kInt64));
    batch.columns[3].Append(row.x ? Value::Float64(*row.x) : Value::Null(data::TypeKind::kFloat64));
    batch.columns[4].Append(Value::Timestamp(0));
    ++batch.rows;
  }
  return batch;
}

TEST(RowChecks, NameTheFirstCheckThatIsFalse) {
  const DefinitionsPtr definitions = LoadGood(kProject);
  ASSERT_NE(definitions, nullptr);
  const Source& source = *definitions->FindSource("s");
  struct NamedCase {
    Row row;
    std::string want;
  };
  const std::vector<NamedCase> cases = {
      {{"c", 5, 6.0}, "passed"},
      {{"c", -1, 6.0}, "n between 0 and 100"},
      {{"c", 101, 6.0}, "n between 0 and 100"},  // fails both
      {{"c", 5, 4.0}, "enough"},
      {{"c", std::nullopt, 6.0}, "passed"},  // null is not false
      {{"c", 5, std::nullopt}, "passed"},
      {{"c", 101, std::nullopt}, "n between 0 and 100"},
      {{"d", 101, 4.0}, "passed"},  // a delete
  };
  std::vector<Row> rows;
  for (const NamedCase& one : cases) rows.push_back(one.row);
  const base::Result<RowCheckReport> report = ApplyRowChecks(source, Rows(source, rows));
  ASSERT_TRUE(report.ok()) << report.status().ToString();
  for (size_t i = 0; i < cases.size(); ++i) {
    const RowVerdict& verdict = report->rows[i];
    EXPECT_EQ(verdict.passed() ? "passed" : RefusalReason(source, verdict), cases[i].want) << i;
  }
  EXPECT_EQ(report->removed, 4);
  EXPECT_EQ(report->failures, (std::vector<int64_t>{3, 2, 0}));
  EXPECT_EQ(report->Passed(), (std::vector<int64_t>{0, 4, 5, 7}));
  EXPECT_EQ(report->Failed(), (std::vector<int64_t>{1, 2, 3, 6}));
}

TEST(RowChecks, OnlyCountWarnings) {
  const DefinitionsPtr definitions = LoadGood(Replace(kProject, "op is not null", "op = 'c'"));
  ASSERT_NE(definitions, nullptr);
  const Source& source = *definitions->FindSource("s");
  const auto report = ApplyRowChecks(source, Rows(source, {{"c", 5, 6}, {"x", 5, 6}, {"x", 5, 4}, {"d", 5, 6}}));
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->failures, (std::vector<int64_t>{0, 1, 2}));
  EXPECT_EQ(report->Failed(), (std::vector<int64_t>{2}));
}

TEST(RowChecks, RefuseWhatOverflows) {
  for (const bool warns : {false, true}) {
    const DefinitionsPtr definitions = LoadGood(
        Replace(kProject, "- n between 0 and 100", warns ? "- {expect: n * 2 >= 0, severity: warn}" : "- n * 2 >= 0"));
    ASSERT_NE(definitions, nullptr);
    const Source& source = *definitions->FindSource("s");
    constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
    const auto report = ApplyRowChecks(source, Rows(source, {{"c", kMax, 1e30}, {"d", kMax, 1e30}, {"c", 1, 3}}));
    ASSERT_TRUE(report.ok());
    EXPECT_EQ(report->failures[0], 1);
    EXPECT_EQ(report->rows[0], warns ? RowVerdict() : (RowVerdict{0, true}));
    EXPECT_EQ(report->removed, warns ? 0 : 1);
    if (warns) continue;
    EXPECT_EQ(RefusalReason(source, report->rows[0]), "n * 2 >= 0 (overflow)");
  }
}

TEST(RowChecks, PassAllWithoutChecksAndRows) {
  const DefinitionsPtr definitions =
      LoadGood("sources:\n  s:\n    event_time: at\n    columns: {at: timestamp}\n    checks:\n");
  ASSERT_NE(definitions, nullptr);
  const Source& source = *definitions->FindSource("s");
  data::Batch rows(source.columns);
  EXPECT_TRUE(ApplyRowChecks(source, rows)->rows.empty());
  rows.columns[0].AppendInt(0);
  rows.rows = 1;
  EXPECT_EQ(ApplyRowChecks(source, rows)->Passed(), (std::vector<int64_t>{0}));
}

TEST(RowChecks, RefuseRowsOfAnotherShape) {
  const DefinitionsPtr definitions = LoadGood(kProject);
  ASSERT_NE(definitions, nullptr);
  const Source& source = *definitions->FindSource("s");
  data::Schema schema;
  schema.Add("op", data::TypeKind::kString);
  schema.Add("x", data::TypeKind::kFloat64);
  EXPECT_EQ(ApplyRowChecks(source, data::Batch(schema)).status().code(), base::Code::kInvalidArgument);
  schema.Add("n", data::TypeKind::kFloat64);
  EXPECT_EQ(ApplyRowChecks(source, data::Batch(schema)).status().code(), base::Code::kInvalidArgument);
}

}  // namespace
}  // namespace plumb::features
