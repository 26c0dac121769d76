// expect_values_test.h: what both evaluators make of an expression over one row, for tables of tests.
// Thread safety: pure functions. Test code only.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "expr/checked.h"

namespace plumb::expr {

struct Row {
  const char* text;
  const char* value;  // as in Value::ToString; "!" for null with an error
};

inline std::optional<Checked> CheckText(std::string_view text, const Scope& scope, base::Diagnostics* diagnostics) {
  return Check(Parse(text, {}, diagnostics), scope, diagnostics);
}

// What both evaluators say of a row; they must agree.
inline std::string Evaluated(const Scalar& scalar, const data::Schema& schema, const std::vector<data::Value>& row) {
  std::vector<data::Value> values;
  std::vector<data::Column> columns;
  for (const Input& input : scalar.inputs()) {
    values.push_back(row[static_cast<size_t>(schema.IndexOf(input.name))]);
    data::Column column(input.type);
    column.Append(values.back());
    columns.push_back(std::move(column));
  }
  std::vector<const data::Column*> pointers;
  for (const data::Column& column : columns) pointers.push_back(&column);
  bool error = false;
  const data::Value value = scalar.EvaluateRow(values, &error);
  std::vector<uint8_t> errors;
  const data::Column result = scalar.Evaluate(pointers, 1, &errors);
  EXPECT_EQ(result.At(0), value) << scalar.canonical();
  EXPECT_EQ(errors[0] != 0, error) << scalar.canonical();
  return error ? "!" : value.ToString();
}

inline void ExpectValuesOf(const data::Schema& schema, const std::vector<data::Value>& row,
                           const std::vector<Row>& wanted) {
  Scope scope;
  scope.columns = &schema;
  for (const Row& want : wanted) {
    base::Diagnostics diagnostics;
    const std::optional<Checked> checked = CheckText(want.text, scope, &diagnostics);
    ASSERT_TRUE(checked.has_value()) << want.text << "\n" << diagnostics.Render(false);
    EXPECT_EQ(Evaluated(checked->scalar, schema, row), want.value) << want.text;
  }
}

}  // namespace plumb::expr
