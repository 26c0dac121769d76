// expression_reader.h: expressions out of YAML scalars, with errors that point into the user's file.
//
// Why: the expression parser wants contiguous bytes, but a quoted or folded scalar stands in the file with escapes and
// line breaks. Such an expression is parsed from a text of its own, and what is said about that text is moved to the
// file afterwards.
//
// Thread safety: one user.
#pragma once

#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "base/yaml.h"
#include "expr/expr.h"

namespace plumb::features::internal {

// An expression with a name: a feature or a derived column.
struct NamedExpression {
  std::string name;
  base::Position position;  // of the name
  std::string text, description;
  expr::ExprPtr expr;  // null: did not parse
};

class ExpressionReader {
 public:
  explicit ExpressionReader(base::Diagnostics* diagnostics) : diagnostics_(diagnostics) {}

  // Null after an error. `node` must live as long as the reader.
  expr::ExprPtr Read(const base::YamlNode& node, const std::string& what);

  // Where `position` is in the user's file.
  [[nodiscard]] base::Position InFile(const base::Position& position) const;

 private:
  struct Rewritten {
    base::SourceTextPtr text;
    const base::YamlNode* node;
  };
  base::Diagnostics* diagnostics_;
  std::vector<Rewritten> rewritten_;
};

}  // namespace plumb::features::internal
