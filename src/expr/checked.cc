#include "expr/checked.h"

#include "base/check.h"
#include "expr/node.h"
#include "expr/program.h"

namespace plumb::expr {
namespace {

void CollectFeatures(const ExprPtr& expr, std::vector<NamedFeature>* features) {
  if (expr == nullptr) return;
  if (expr->kind == Kind::kFeature) features->push_back({expr->name, expr->member, expr->position});
  for (const ExprPtr& arg : expr->args) CollectFeatures(arg, features);
  for (const auto& [key, value] : expr->keys) CollectFeatures(value, features);
  CollectFeatures(expr->where, features);
}

}  // namespace

data::Value Scalar::EvaluateRow(std::span<const data::Value> inputs, bool* error,
                                std::span<const uint8_t> input_errors) const {
  PLUMB_CHECK(inputs.size() == inputs_.size(), "A scalar wants one value for each input.");
  for (size_t i = 0; i < inputs.size(); ++i) {
    PLUMB_CHECK(inputs[i].is_null() || inputs[i].type() == inputs_[i].type, "An input of a scalar has its type.");
  }
  return EvaluateTree(*root_, inputs, error, input_errors);
}

data::Column Scalar::Evaluate(std::span<const data::Column* const> inputs, size_t rows, std::vector<uint8_t>* errors,
                              std::span<const uint8_t* const> input_errors) const {
  PLUMB_CHECK(inputs.size() == inputs_.size(), "A scalar wants one column for each input.");
  for (size_t i = 0; i < inputs.size(); ++i) {
    PLUMB_CHECK(inputs[i]->type() == inputs_[i].type, "An input of a scalar has its type.");
    PLUMB_CHECK(inputs[i]->size() >= rows, "An input of a scalar has all rows.");
  }
  return Run(*program_, inputs, rows, errors, input_errors);
}

std::vector<NamedFeature> NamedFeatures(const ExprPtr& expr) {
  std::vector<NamedFeature> features;
  CollectFeatures(expr, &features);
  return features;
}

}  // namespace plumb::expr
