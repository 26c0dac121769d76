// Any bytes as an expression: no crash, bounded time, a mistake has a place; what checks has one canonical text, and
// both evaluators agree on a row.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "expr/checked.h"

namespace {

using plumb::data::Column;
using plumb::data::Schema;
using plumb::data::Type;
using plumb::data::TypeKind;
using plumb::data::Value;
using plumb::expr::Checked;
using plumb::expr::Scalar;
using plumb::expr::Scope;

const Schema& Columns() {
  static const Schema& columns = *new Schema({{"b", TypeKind::kBool},
                                              {"i", TypeKind::kInt64},
                                              {"f", TypeKind::kFloat64},
                                              {"s", TypeKind::kString},
                                              {"ts", TypeKind::kTimestamp},
                                              {"d", TypeKind::kDuration},
                                              {"n", Type::Decimal(9, 2)},
                                              {"w", Type::Decimal(38, 6)},
                                              {"l", Type::List(TypeKind::kInt64)},
                                              {"m", Type::List(TypeKind::kString)},
                                              {"x", Type::Vector(3)}});
  return columns;
}

Scope FuzzScope() {
  static const auto& views = *new std::vector<plumb::expr::ViewSignature>{
      {"v", Schema({{"s", TypeKind::kString}}), Schema({{"x", TypeKind::kFloat64}})}};
  Scope scope;
  scope.columns = &Columns();
  scope.event_columns = &Columns();
  scope.time = true;
  scope.views = &views;
  return scope;
}

// Of the texts that its type reads, the value of the first.
Value ValueFor(Type type) {
  for (const std::string_view text :
       {"true", "7", "-2.5", "2013-03-10T07:30:00Z", "90m", "[1, null, -3]", "[0.5, -2, 1]", "[\"a'\", null]"}) {
    if (type == TypeKind::kString) break;
    const plumb::base::Result<Value> value = plumb::data::ParseValue(type, text);
    if (value.ok()) return *value;
  }
  return type == TypeKind::kString ? Value::String("a'ß") : Value::Null(type);
}

void Evaluate(const Scalar& scalar) {
  std::vector<Value> values;
  std::vector<Column> columns;
  for (const plumb::expr::Input& input : scalar.inputs()) {
    values.push_back(ValueFor(input.type));
    columns.push_back(Column::Repeat(values.back(), 1));
  }
  std::vector<const Column*> pointers;
  for (const Column& column : columns) pointers.push_back(&column);
  bool error = false;
  std::vector<uint8_t> errors;
  const Value value = scalar.EvaluateRow(values, &error);
  const Column result = scalar.Evaluate(pointers, 1, &errors);
  PLUMB_CHECK(result.At(0) == value && (errors[0] != 0) == error, "Both evaluators agree.");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto source = std::make_shared<plumb::base::SourceText>(plumb::base::SourceText{"<fuzz>", std::string(text)});
  plumb::base::Diagnostics diagnostics;
  const auto expr = plumb::expr::Parse(text, {source, 0, size}, &diagnostics);
  PLUMB_CHECK((expr == nullptr) == diagnostics.has_errors(), "A mistake is reported, and only then nothing returned.");
  (void)diagnostics.Render(false);
  if (expr == nullptr) return 0;
  (void)plumb::expr::NamedFeatures(expr);
  const Scope scope = FuzzScope();
  const std::optional<Checked> checked = plumb::expr::Check(expr, scope, &diagnostics);
  PLUMB_CHECK(checked.has_value() != diagnostics.has_errors(),
              "A mistake is reported, and only then nothing returned.");
  if (!checked) return 0;
  Evaluate(checked->scalar);
  // Spelling out what was implied may pass the parser's bounds; short texts never do.
  constexpr size_t kShort = 2000;
  if (checked->scalar.canonical().size() > kShort) return 0;
  plumb::base::Diagnostics again_diagnostics;
  const auto again = plumb::expr::Check(plumb::expr::Parse(checked->scalar.canonical(), {}, &again_diagnostics), scope,
                                        &again_diagnostics, checked->scalar.type());
  PLUMB_CHECK(again && again->scalar.canonical() == checked->scalar.canonical(), "Canonical text means itself.");
  return 0;
}
