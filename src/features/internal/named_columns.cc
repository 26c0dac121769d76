#include "features/internal/named_columns.h"

namespace plumb::features::internal {
namespace {

// As deep as the parser allows.
void Collect(const expr::ExprPtr& expr, std::set<std::string>* names) {
  if (expr == nullptr) return;
  if (expr->kind == expr::Kind::kName) names->insert(expr->name);
  for (const expr::ExprPtr& arg : expr->args) Collect(arg, names);
  for (const auto& [name, key] : expr->keys) Collect(key, names);
  Collect(expr->where, names);
}

}  // namespace

std::set<std::string> NamedColumns(const expr::ExprPtr& expr) {
  std::set<std::string> names;
  Collect(expr, &names);
  return names;
}

}  // namespace plumb::features::internal
