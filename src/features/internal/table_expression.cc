#include "features/internal/table_expression.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace plumb::features::internal {
namespace {

using expr::Expr;
using expr::ExprPtr;
using expr::Kind;

class ValidValues {
 public:
  explicit ValidValues(const data::Schema& keys) : keys_(keys) {}

  // As deep as the parser allows.
  [[nodiscard]] ExprPtr Rewrite(const ExprPtr& expr) const {
    if (expr == nullptr || expr->kind == Kind::kAggregate) return expr;
    if (expr->kind == Kind::kName) return IsValue(*expr) ? LastOf(expr) : expr;
    const auto args = RewriteAll(expr->args);
    if (args == expr->args) return expr;
    auto copy = std::make_shared<Expr>(*expr);
    copy->args = args;
    for (const ExprPtr& arg : args) copy->height = std::max(copy->height, arg->height + 1);
    return copy;
  }

 private:
  [[nodiscard]] std::vector<ExprPtr> RewriteAll(const std::vector<ExprPtr>& args) const {
    std::vector<ExprPtr> rewritten;
    rewritten.reserve(args.size());
    for (const ExprPtr& arg : args) rewritten.push_back(Rewrite(arg));
    return rewritten;
  }

  [[nodiscard]] bool IsValue(const Expr& name) const {
    const bool is_time = name.name == "t" && !name.quoted;
    return !is_time && keys_.IndexOf(name.name) < 0;
  }

  static ExprPtr LastOf(const ExprPtr& name) {
    auto last = std::make_shared<Expr>();
    last->kind = Kind::kAggregate;
    last->position = name->position;
    last->name = "last";
    last->args = {name};
    last->height = name->height + 1;
    return last;
  }

  const data::Schema& keys_;
};

class TimelessCheck {
 public:
  TimelessCheck(const Source& source, base::Diagnostics* diagnostics) : source_(source), diagnostics_(*diagnostics) {}

  void Visit(const ExprPtr& expr, bool is_in_aggregate) {
    if (expr == nullptr) return;
    if (expr->kind == Kind::kAggregate) CheckWindow(*expr);
    if (expr->kind == Kind::kName && is_in_aggregate) CheckName(*expr);
    const bool inside = is_in_aggregate || expr->kind == Kind::kAggregate;
    for (const ExprPtr& arg : expr->args) Visit(arg, inside);
    Visit(expr->where, inside);
  }

 private:
  void CheckWindow(const Expr& aggregate) {
    if (aggregate.window.lifetime && aggregate.window.offset == base::Span{}) return;
    diagnostics_.Error(
        aggregate.position,
        fmt::format("A static table has no times for a window: {} of source {}.", aggregate.name, source_.name),
        "Leave the window out, or declare valid_from instead of static.");
  }

  void CheckName(const Expr& name) {
    if (name.name != "event_time" && name.name != "known_at") return;
    diagnostics_.Error(name.position,
                       fmt::format("A static table has no times: {} of source {}.", name.name, source_.name),
                       "Declare valid_from instead of static.");
  }

  const Source& source_;
  base::Diagnostics& diagnostics_;
};

}  // namespace

ExprPtr WithValidValues(const ExprPtr& expr, const data::Schema& keys) { return ValidValues(keys).Rewrite(expr); }

bool CheckTimeless(const ExprPtr& expr, const Source& source, base::Diagnostics* diagnostics) {
  const size_t errors_before = diagnostics->errors();
  TimelessCheck(source, diagnostics).Visit(expr, false);
  return diagnostics->errors() == errors_before;
}

}  // namespace plumb::features::internal
