// The optimised evaluator against the plain one, on random expressions and rows: same values, same bits, same errors.
#include <gtest/gtest.h>

#include <bit>
#include <charconv>
#include <limits>

#include "base/environment.h"
#include "data/list.h"
#include "expr/checked.h"
#include "expr/functions.h"
#include "expr/random_expression.h"

namespace plumb::expr {

using data::TypeKind;
using data::Value;

namespace {

constexpr data::Type kNarrow = data::Type::Decimal(9, 2), kWide = data::Type::Decimal(38, 6);
constexpr data::Type kInts = data::Type::List(TypeKind::kInt64), kTexts = data::Type::List(TypeKind::kString);
constexpr data::Type kVector = data::Type::Vector(4);

struct Drawn {
  data::Type type;
  char letter;  // of its columns
};
constexpr Drawn kDrawn[] = {{TypeKind::kBool, 'b'},
                            {TypeKind::kInt64, 'i'},
                            {TypeKind::kFloat64, 'f'},
                            {TypeKind::kString, 's'},
                            {TypeKind::kTimestamp, 't'},
                            {TypeKind::kDuration, 'd'},
                            {kNarrow, 'n'},
                            {kWide, 'w'},
                            {kInts, 'l'},
                            {kTexts, 'm'},
                            {kVector, 'v'}};

char LetterOf(data::Type type) {
  for (const Drawn& drawn : kDrawn) {
    if (drawn.type == type) return drawn.letter;
  }
  return '?';
}

bool HasOrder(data::Type type) { return type.kind != TypeKind::kList && type.kind != TypeKind::kVector; }

std::string Infix(std::string_view name, const std::vector<std::string>& args) {
  if (name == "not") return "(not " + args[0] + ")";
  if (args.size() == 1) return "(-" + args[0] + ")";
  return "(" + args[0] + " " + std::string(name) + " " + args[1] + ")";
}

bool IsOperator(std::string_view name) { return name == "not" || name == "like" || name[0] < 'a' || name[0] > 'z'; }

}  // namespace

data::Schema RandomExpression::Columns() {
  data::Schema schema;
  for (const Drawn& drawn : kDrawn) {
    schema.Add(std::string(1, drawn.letter) + "0", drawn.type);
    schema.Add(std::string(1, drawn.letter) + "1", drawn.type);
  }
  return schema;
}

data::Type RandomExpression::DrawType() { return kDrawn[random_.Below(std::size(kDrawn))].type; }
data::Type RandomExpression::DrawDecimal() { return random_.Chance(0.5) ? kNarrow : kWide; }
data::Type RandomExpression::DrawList() { return random_.Chance(0.5) ? kInts : kTexts; }
data::Type RandomExpression::DrawNear(data::Type type) {
  if (!type.IsDecimal() || random_.Chance(0.6)) return type;
  return random_.Chance(0.7) ? DrawDecimal() : data::Type(TypeKind::kInt64);
}

std::string RandomExpression::Draw(data::Type type, int depth) {
  if (depth <= 0 || random_.Chance(0.1)) return Leaf(type);
  if (type == TypeKind::kBool && random_.Chance(0.4)) return Truth(depth);
  return random_.Chance(0.25) ? Special(type, depth) : FromTable(type, depth);
}

std::string RandomExpression::Leaf(data::Type type) {
  if (random_.Chance(0.3)) return Literal(type);
  return std::string(1, LetterOf(type)) + (random_.Chance(0.5) ? "0" : "1");
}

std::string RandomExpression::Literal(data::Type type) {
  // A bare null says nothing about which overload is meant.
  if (random_.Chance(0.1)) return "cast(null as " + data::TypeName(type) + ")";
  switch (type.kind) {
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
    case TypeKind::kDecimal:
      return "cast('" + DrawValue(type).ToString() + "' as " + data::TypeName(type) + ")";
    case TypeKind::kList:
    case TypeKind::kVector: {
      std::string text = "cast('";
      for (const char c : DrawValue(type).ToString()) text += c == '\'' ? "''" : std::string(1, c);
      return text + "' as " + data::TypeName(type) + ")";
    }
    default: {
      std::string text = "'";
      for (const char c : DrawText()) text += c == '\'' ? "''" : std::string(1, c);
      return text + "'";
    }
  }
}

std::string RandomExpression::Constant(char letter) {
  constexpr const char* kUnits[] = {"'second'", "'minute'", "'hour'",    "'day'",
                                    "'week'",   "'month'",  "'quarter'", "'year'"};
  if (letter == 'z') return random_.Chance(0.5) ? "'America/New_York'" : "'UTC'";
  if (letter == 'u') return kUnits[random_.Below(std::size(kUnits))];
  return std::to_string(random_.Chance(0.9) ? random_.Between(-4, 7) : random_.Between(-60, 60));
}

// Arguments for the parameters of an operation that gives `type`.
std::vector<std::string> RandomExpression::Arguments(std::string_view params, data::Type type, int depth) {
  const bool gives_element = params == "li";
  const data::Type list = gives_element ? data::Type::List(type) : DrawList();
  std::vector<std::string> args;
  bool has_decimal = false;
  for (size_t i = 0; i < params.size(); ++i) {
    switch (params[i]) {
      case 'z':
      case 'u':
      case 'k':
        args.push_back(Constant(params[i]));
        break;
      case 'n':
      case 'm': {
        // One of them must be a decimal, or else another overload is meant.
        const data::Type drawn = has_decimal ? DrawNear(DrawDecimal()) : DrawDecimal();
        has_decimal = true;
        args.push_back(Draw(drawn, depth - 1));
        break;
      }
      case 'l':
        args.push_back(Draw(list, depth - 1));
        break;
      case 'x':
        args.push_back(Draw(list.Element(), depth - 1));
        break;
      case 'v':
        args.push_back(Draw(kVector, depth - 1));
        break;
      default:
        args.push_back(params == "li" || params == "vi" ? (random_.Chance(0.8) ? std::to_string(random_.Between(-5, 5))
                                                                               : Draw(ParamKind('i'), depth - 1))
                                                        : Draw(ParamKind(params[i]), depth - 1));
    }
  }
  return args;
}

std::string RandomExpression::FromTable(data::Type type, int depth) {
  struct Candidate {
    const Function* function;
    const Overload* overload;
  };
  const bool is_element = type == TypeKind::kInt64 || type == TypeKind::kString;
  std::vector<Candidate> candidates;
  for (const Section& section : FunctionSections()) {
    for (const Function& function : section.functions) {
      for (const Overload& overload : function.overloads) {
        const bool fits = overload.result == type.kind || (is_element && overload.result == TypeKind::kNull);
        if (fits) candidates.push_back({&function, &overload});
      }
    }
  }
  const Candidate& drawn = candidates[random_.Below(candidates.size())];
  const std::vector<std::string> args = Arguments(drawn.overload->params, type, depth);
  const std::string_view name = drawn.function->name;
  const std::string as_type = " as " + data::TypeName(type) + ")";
  if (name == "cast") return "cast(" + args[0] + as_type;
  std::string text;
  if (IsOperator(name)) {
    text = Infix(name, args);
  } else {
    text = std::string(name) + "(";
    for (size_t i = 0; i < args.size(); ++i) text += (i == 0 ? "" : ", ") + args[i];
    text += ")";
  }
  // How many digits the result has depends on the operation.
  return type.IsDecimal() ? "cast(" + text + as_type : text;
}

std::string RandomExpression::Special(data::Type type, int depth) {
  const auto arg = [&] { return Draw(DrawNear(type), depth - 1); };
  const auto truth = [&] { return Draw(TypeKind::kBool, depth - 1); };
  const auto special = [&]() -> std::string {
    switch (random_.Below(type == TypeKind::kString ? 8 : (HasOrder(type) ? 7 : 5))) {
      case 0:
        return "coalesce(" + arg() + ", " + arg() + ")";
      case 1:
        return "nullif(" + arg() + ", " + arg() + ")";
      case 2:
        return "if(" + truth() + ", " + arg() + ", " + arg() + ")";
      case 3:
        return "case when " + truth() + " then " + arg() + " when " + truth() + " then " + arg() + " else " + arg() +
               " end";
      case 4: {
        const data::Type by = DrawType();
        return "case " + Draw(by, depth - 1) + " when " + Draw(by, depth - 2) + " then " + arg() + " end";
      }
      case 5:
        return "least(" + arg() + ", " + arg() + ", " + arg() + ")";
      case 6:
        return "greatest(" + arg() + ", " + arg() + ")";
      default:
        return "concat(" + arg() + ", " + arg() + ", " + arg() + ")";
    }
  };
  return type.IsDecimal() ? "cast(" + special() + " as " + data::TypeName(type) + ")" : special();
}

std::string RandomExpression::Truth(int depth) {
  const data::Type of = DrawType();
  const auto arg = [&] { return Draw(DrawNear(of), depth - 1); };
  const auto truth = [&] { return Draw(TypeKind::kBool, depth - 1); };
  const std::string negated = random_.Chance(0.5) ? " not" : "";
  switch (random_.Below(HasOrder(of) ? 5 : 4)) {
    case 0:
      return "(" + truth() + " and " + truth() + ")";
    case 1:
      return "(" + truth() + " or " + truth() + ")";
    case 2:
      return "(" + arg() + negated + " in (" + arg() + ", " + arg() + "))";
    case 3:
      return "(" + arg() + " is" + negated + " null)";
    default:
      return "(" + arg() + negated + " between " + arg() + " and " + arg() + ")";
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
  constexpr const char* kOdd[] = {"",     " ",          "a",     "A%",        "_b",     "ß",       "a'b",         "12",
                                  "-1.5", "true",       "1h30m", "\xff\x80",  "abcabc", "[1, 2]",  "[\"a\"]",     "[]",
                                  "1e30", "2013-01-01", "12.30", "1.2345678", "[null]", "[7, -1]", "[1, 2, 3, 4]"};
  return kOdd[random_.Below(std::size(kOdd))];
}

data::Int128 RandomExpression::DrawUnscaled(int digits) {
  data::Int128 bound = 1;
  for (int i = 0; i < digits; ++i) bound *= 10;
  if (random_.Chance(0.1)) return random_.Chance(0.5) ? bound - 1 : 1 - bound;
  if (random_.Chance(0.5)) return random_.Between(-2000, 2000);
  return static_cast<data::Int128>(random_.Next()) * static_cast<int64_t>(random_.Next()) % bound;
}

std::string RandomExpression::DrawElements(data::Type list) {
  data::ListBuilder builder(list);
  for (size_t i = random_.Below(5); i > 0; --i) {
    if (random_.Chance(0.2)) {
      builder.AppendNull();
    } else if (list == kInts) {
      builder.AppendInt(DrawInt());
    } else {
      constexpr const char* kValid[] = {"", "a", "ß", "a'b\"c", "null", ", ]", "abc"};
      builder.AppendBytes(kValid[random_.Below(std::size(kValid))]);
    }
  }
  return builder.bytes();
}

Value RandomExpression::DrawValue(data::Type type) {
  switch (type.kind) {
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
    case TypeKind::kDecimal:
      return Value::Decimal(type, DrawUnscaled(type.precision));
    case TypeKind::kList:
      return Value::Bytes(type, DrawElements(type));
    case TypeKind::kVector: {
      std::string bytes;
      for (uint32_t i = 0; i < type.size; ++i) {
        const bool is_odd = random_.Chance(0.1);
        const double element = is_odd ? DrawDouble() : static_cast<double>(random_.Between(-8, 8)) / 4;
        data::AppendVectorElement(static_cast<float>(element), &bytes);
      }
      return Value::Bytes(type, std::move(bytes));
    }
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
      column.Append(DrawValue(type));
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
  const bool is_bytes = !a.is_null() && a.type().storage() == data::Storage::kBytes;
  if (is_bytes && a.AsString() != b.AsString()) return false;
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
    const data::Type type = random.DrawType();
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
