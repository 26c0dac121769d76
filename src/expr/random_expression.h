// random_expression.h: well-typed expressions and rows drawn at random, for the test that compares the evaluators.
//
// Every operator, conversion and function of the table is drawn by its signatures, so a new one is tested as soon as it
// is in the table. Values are those that break things: nulls, NaN, infinities, the ends of int64, empty and odd
// strings.
//
// Thread safety: one user. Test code only.
#pragma once

#include <string>

#include "base/random.h"
#include "data/column.h"

namespace plumb::expr {

class RandomExpression {
 public:
  explicit RandomExpression(uint64_t seed) : random_(seed) {}

  // Columns b0, b1, i0 … d1: two of each type.
  static data::Schema Columns();
  // An expression of the type over Columns().
  std::string Draw(data::TypeKind type, int depth);
  data::TypeKind DrawType();
  data::Column DrawColumn(data::Type type, size_t rows);

 private:
  std::string Leaf(data::TypeKind type);
  std::string Literal(data::TypeKind type);
  std::string FromTable(data::TypeKind type, int depth);
  std::string Special(data::TypeKind type, int depth);
  std::string Truth(int depth);
  data::Value DrawValue(data::TypeKind type);
  double DrawDouble();
  int64_t DrawInt();
  std::string DrawText();
  base::Random random_;
};

}  // namespace plumb::expr
