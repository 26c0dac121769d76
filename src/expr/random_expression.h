// random_expression.h: well-typed expressions and rows drawn at random, for the test that compares the evaluators.
//
// Every operator, conversion and function of the table is drawn by its signatures, so a new one is tested as soon as it
// is in the table. Values are those that break things: nulls, NaN, infinities, the ends of int64 and of decimals, empty
// and odd strings and lists.
//
// Thread safety: one user. Test code only.
#pragma once

#include <string>
#include <vector>

#include "base/random.h"
#include "data/column.h"

namespace plumb::expr {

class RandomExpression {
 public:
  explicit RandomExpression(uint64_t seed) : random_(seed) {}

  // Columns b0, b1, i0 … v1: two of each type that is drawn.
  static data::Schema Columns();
  // An expression of the type, which is one of those, over Columns().
  std::string Draw(data::Type type, int depth);
  data::Type DrawType();
  data::Column DrawColumn(data::Type type, size_t rows);

 private:
  std::string Leaf(data::Type type);
  std::string Literal(data::Type type);
  std::string FromTable(data::Type type, int depth);
  std::vector<std::string> Arguments(std::string_view params, data::Type type, int depth);
  std::string Constant(char letter);
  std::string Special(data::Type type, int depth);
  std::string Truth(int depth);
  data::Type DrawDecimal();
  data::Type DrawList();
  // A type that takes part where `type` is wanted.
  data::Type DrawNear(data::Type type);
  data::Value DrawValue(data::Type type);
  data::Int128 DrawUnscaled(int digits);
  std::string DrawElements(data::Type list);
  double DrawDouble();
  int64_t DrawInt();
  std::string DrawText();
  base::Random random_;
};

}  // namespace plumb::expr
