// The optimised evaluator against the plain one, on random expressions and rows: same values, same bits, same errors.
#include <gtest/gtest.h>

#include <bit>
#include <charconv>
#include <limits>

#include "base/environment.h"
#include "expr/checked.h"
#include "expr/functions.h"
#include "expr/random_expression.h"

namespace plumb::expr {

using data::TypeKind;
using data::Value;

namespace {

constexpr TypeKind kTypes[] = {TypeKind::kBool,   TypeKind::kInt64,     TypeKind::kFloat64,
                               TypeKind::kString, TypeKind::kTimestamp, TypeKind::kDuration};

std::string Infix(std::string_view name, const std::vector<std::string>& args) {
  if (name == "not") return "(not " + args[0] + ")";
  if (args.size() == 1) return "(-" + args[0] + ")";
  return "(" + args[0] + " " + std::string(name) + " " + args[1] + ")";
}

bool IsOperator(std::string_view name) { return name == "not" || name == "like" || name[0] < 'a' || name[0] > 'z'; }

}  // namespace

data::Schema RandomExpression::Columns() {
  data::Schema schema;
  for (const TypeKind kind : kTypes) {
    const std::string letter = data::TypeName(kind).substr(0, 1);
    schema.Add(letter + "0", kind);
    schema.Add(letter + "1", kind);
  }
  return schema;
}

TypeKind RandomExpression::DrawType() { return kTypes[random_.Below(std::size(kTypes))]; }

std::string RandomExpression::Draw(TypeKind type, int depth) {
  if (depth <= 0 || random_.Chance(0.1)) return Leaf(type);
  if (type == TypeKind::kBool && random_.Chance(0.4)) return Truth(depth);
  return random_.Chance(0.25) ? Special(type, depth) : FromTable(type, depth);
}

std::string RandomExpression::Leaf(TypeKind type) {
  if (random_.Chance(0.3)) return Literal(type);
  return data::TypeName(type).substr(0, 1) + (random_.Chance(0.5) ? "0" : "1");
}

std::string RandomExpression::Literal(TypeKind type) {
  // A bare null says nothing about which overload is meant.
  if (random_.Chance(0.1)) return "cast(null as " + data::TypeName(type) + ")";
  switch (type) {
    case TypeKind::kBool:
      return random_.Chance(0.5) ? "true" : "false";
    case TypeKind::kInt64:
      return std::to_string(DrawInt());
    case TypeKind::kFloat64:
      return random_.Chance(0.3) ? std::to_string(random_.Between(-3, 3))
                                 : "1.5e" + std::to_string(random_.Between(-320, 308));
    case TypeKind::kTimestamp:
      return "timestamp '2013-03-10 07:30'";
    case TypeKind::kDuration:
      return random_.Chance(0.5) ? "90m" : "-1d";
    default: {
      std::string text = "'";
      for (const char c : DrawText()) text += c == '\'' ? "''" : std::string(1, c);
      return text + "'";
    }
  }
}

std::string RandomExpression::FromTable(TypeKind type, int depth) {
  struct Candidate {
    const Function* function;
    const Overload* overload;
  };
  std::vector<Candidate> candidates;
  for (const Section& section : FunctionSections()) {
    for (const Function& function : section.functions) {
      for (const Overload& overload : function.overloads) {
        if (overload.result == type) candidates.push_back({&function, &overload});
      }
    }
  }
  const Candidate& drawn = candidates[random_.Below(candidates.size())];
  std::vector<std::string> args;
  for (const char letter : drawn.overload->params) {
    if (letter == 'z') {
      args.emplace_back(random_.Chance(0.5) ? "'America/New_York'" : "'UTC'");
    } else if (letter == 'u') {
      constexpr const char* kUnits[] = {"'second'", "'minute'", "'hour'",    "'day'",
                                        "'week'",   "'month'",  "'quarter'", "'year'"};
      args.emplace_back(kUnits[random_.Below(std::size(kUnits))]);
    } else {
      args.push_back(Draw(ParamType(letter).kind, depth - 1));
    }
  }
  const std::string_view name = drawn.function->name;
  if (name == "cast") return "cast(" + args[0] + " as " + data::TypeName(type) + ")";
  if (IsOperator(name)) return Infix(name, args);
  std::string text(name);
  for (size_t i = 0; i < args.size(); ++i) text += (i == 0 ? "(" : ", ") + args[i];
  return text + (args.empty() ? "()" : ")");
}

std::string RandomExpression::Special(TypeKind type, int depth) {
  const auto arg = [&] { return Draw(type, depth - 1); };
  const auto truth = [&] { return Draw(TypeKind::kBool, depth - 1); };
  switch (random_.Below(type == TypeKind::kString ? 8 : 7)) {
    case 0:
      return "coalesce(" + arg() + ", " + arg() + ")";
    case 1:
      return "nullif(" + arg() + ", " + arg() + ")";
    case 2:
      return "least(" + arg() + ", " + arg() + ", " + arg() + ")";
    case 3:
      return "greatest(" + arg() + ", " + arg() + ")";
    case 4:
      return "if(" + truth() + ", " + arg() + ", " + arg() + ")";
    case 5:
      return "case when " + truth() + " then " + arg() + " when " + truth() + " then " + arg() + " else " + arg() +
             " end";
    case 6: {
      const TypeKind by = DrawType();
      return "case " + Draw(by, depth - 1) + " when " + Draw(by, depth - 2) + " then " + arg() + " end";
    }
    default:
      return "concat(" + arg() + ", " + arg() + ", " + arg() + ")";
  }
}

std::string RandomExpression::Truth(int depth) {
  const TypeKind of = DrawType();
  const auto arg = [&] { return Draw(of, depth - 1); };
  const auto truth = [&] { return Draw(TypeKind::kBool, depth - 1); };
  const std::string negated = random_.Chance(0.5) ? " not" : "";
  switch (random_.Below(5)) {
    case 0:
      return "(" + truth() + " and " + truth() + ")";
    case 1:
      return "(" + truth() + " or " + truth() + ")";
    case 2:
      return "(" + arg() + negated + " in (" + arg() + ", " + arg() + "))";
    case 3:
      return "(" + arg() + negated + " between " + arg() + " and " + arg() + ")";
    default:
      return "(" + arg() + " is" + negated + " null)";
  }
}

int64_t RandomExpression::DrawInt() {
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  constexpr int64_t kOdd[] = {0, 1, -1, kMin, kMax, kMin + 1, int64_t{1} << 53, (int64_t{1} << 53) + 1};
  if (random_.Chance(0.4)) return kOdd[random_.Below(std::size(kOdd))];
  return random_.Chance(0.8) ? random_.Between(-30, 30) : static_cast<int64_t>(random_.Next());
}

double RandomExpression::DrawDouble() {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  constexpr double kOdd[] = {0.0,
                             1.0,
                             -1.0,
                             0.5,
                             -2.5,
                             kInfinity,
                             -kInfinity,
                             std::numeric_limits<double>::quiet_NaN(),
                             1.7976931348623157e308,
                             5e-324,
                             0x1p53,
                             0x1p63};
  if (random_.Chance(0.4)) return kOdd[random_.Below(std::size(kOdd))];
  return random_.Chance(0.8) ? random_.Uniform() * 200 - 100 : std::bit_cast<double>(random_.Next());
}

std::string RandomExpression::DrawText() {
  constexpr const char* kOdd[] = {"",   " ",    "a",    "A%",         "_b",    "ß",        "a'b",
                                  "12", "-1.5", "true", "2013-01-01", "1h30m", "\xff\x80", "abcabc"};
  return kOdd[random_.Below(std::size(kOdd))];
}

Value RandomExpression::DrawValue(TypeKind type) {
  switch (type) {
    case TypeKind::kBool:
      return Value::Bool(random_.Chance(0.5));
    case TypeKind::kInt64:
      return Value::Int64(DrawInt());
    case TypeKind::kFloat64:
      return Value::Float64(DrawDouble());
    case TypeKind::kTimestamp:
      return Value::Timestamp(random_.Chance(0.1) ? DrawInt() : random_.Between(0, 60 * 365 * base::kDay));
    case TypeKind::kDuration:
      return Value::Duration(random_.Chance(0.1) ? DrawInt() : random_.Between(-30 * base::kDay, 30 * base::kDay));
    default:
      return Value::String(DrawText());
  }
}

data::Column RandomExpression::DrawColumn(data::Type type, size_t rows) {
  data::Column column(type);
  const double nulls = random_.Chance(0.3) ? 0 : 0.2;
  for (size_t row = 0; row < rows; ++row) {
    if (random_.Chance(nulls)) {
      column.AppendNull();
    } else {
      column.Append(DrawValue(type.kind));
    }
  }
  return column;
}

namespace {

constexpr int kExpressions = 6000;
constexpr size_t kRows = 40;

uint64_t Seed() {
  uint64_t seed = 20130101;
  if (const auto text = base::GetEnvironment("PLUMB_SEED")) {
    std::from_chars(text->data(), text->data() + text->size(), seed);
  }
  return seed;
}

bool SameBits(const Value& a, const Value& b) {
  if (a != b) return false;
  const bool is_float = !a.is_null() && a.type() == TypeKind::kFloat64;
  return !is_float || std::bit_cast<uint64_t>(a.AsDouble()) == std::bit_cast<uint64_t>(b.AsDouble());
}

struct Counts {
  int64_t values = 0, nulls = 0, errors = 0;
};

// Compares both evaluators on every row; false after a difference.
bool Agree(const Scalar& scalar, const data::Batch& batch, Counts* counts) {
  std::vector<const data::Column*> columns;
  for (const Input& input : scalar.inputs()) columns.push_back(batch.Find(input.name));
  std::vector<uint8_t> errors;
  const data::Column result = scalar.Evaluate(columns, batch.rows, &errors);
  for (size_t row = 0; row < batch.rows; ++row) {
    std::vector<Value> values;
    for (const data::Column* column : columns) values.push_back(column->At(row));
    bool error = false;
    const Value value = scalar.EvaluateRow(values, &error);
    EXPECT_TRUE(!error || value.is_null());
    EXPECT_TRUE(SameBits(value, result.At(row)))
        << "row " << row << ": " << value.ToString() << " and " << result.At(row).ToString();
    EXPECT_EQ(error, errors[row] != 0) << "row " << row;
    if (!value.is_null()) ++counts->values;
    if (value.is_null()) ++(error ? counts->errors : counts->nulls);
    if (::testing::Test::HasFailure()) return false;
  }
  return true;
}

TEST(RandomExpressions, MeanTheSameToBothEvaluators) {
  const uint64_t seed = Seed();
  std::printf("PLUMB_SEED=%llu\n", static_cast<unsigned long long>(seed));
  RandomExpression random(seed);
  const data::Schema schema = RandomExpression::Columns();
  Scope scope;
  scope.columns = &schema;
  data::Batch batch(schema);
  Counts counts;
  for (int i = 0; i < kExpressions; ++i) {
    if (i % 20 == 0) {
      batch.rows = kRows;
      for (size_t c = 0; c < schema.size(); ++c) batch.columns[c] = random.DrawColumn(schema.fields()[c].type, kRows);
    }
    const TypeKind type = random.DrawType();
    const std::string text = random.Draw(type, 1 + i % 5);
    base::Diagnostics diagnostics;
    const std::optional<Checked> checked = Check(Parse(text, {}, &diagnostics), scope, &diagnostics, type);
    ASSERT_TRUE(checked.has_value()) << text << "\n" << diagnostics.Render(false);
    ASSERT_TRUE(Agree(checked->scalar, batch, &counts)) << text << "\n" << checked->scalar.canonical();
    const std::optional<Checked> again =
        Check(Parse(checked->scalar.canonical(), {}, &diagnostics), scope, &diagnostics, type);
    ASSERT_TRUE(again.has_value()) << checked->scalar.canonical() << "\n" << diagnostics.Render(false);
    ASSERT_EQ(again->scalar.canonical(), checked->scalar.canonical()) << text;
  }
  // A generator that makes nulls only would prove nothing.
  EXPECT_GT(counts.values, kExpressions * static_cast<int64_t>(kRows) / 4);
  EXPECT_GT(counts.nulls, kExpressions);
  EXPECT_GT(counts.errors, kExpressions / 4);
}

}  // namespace
}  // namespace plumb::expr
