#include "engine/bulk_query.h"

#include <algorithm>

namespace plumb::engine {
namespace {

bool IsFirstOrLast(expr::AggregateFunction function) {
  return function == expr::AggregateFunction::kFirst || function == expr::AggregateFunction::kLast;
}

template <typename T>
size_t IndexOrAdd(const T& value, std::vector<T>* values) {
  const auto found = std::find(values->begin(), values->end(), value);
  if (found != values->end()) return static_cast<size_t>(found - values->begin());
  values->push_back(value);
  return values->size() - 1;
}

int IndexOf(const std::vector<ArgumentColumn>& columns, const std::string& canonical) {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].canonical == canonical) return static_cast<int>(i);
  }
  PLUMB_CHECK(false, "A table has all columns that its queries read.");
  return -1;
}

}  // namespace

BulkQuery::BulkQuery(const ViewCall* call, TableLayout* layout) : call_(call), layout_(layout) {
  for (const expr::Aggregate* aggregate : call->aggregates) AddOutput(*aggregate);
  windows_of_facet_.resize(facets_.size());
  for (const Output& output : outputs_) {
    if (output.way == Way::kFacet) IndexOrAdd(output.window, &windows_of_facet_[output.facet]);
  }
}

BulkQuery::Way BulkQuery::WayOf(const expr::Aggregate& aggregate, const SlotForm& form) {
  if (aggregate.window.last > 0) return Way::kRest;
  if (IsFirstOrLast(aggregate.function)) return aggregate.n == 0 ? Way::kPosition : Way::kRest;
  switch (form.kind) {
    case SlotKind::kRows:
    case SlotKind::kValues:
    case SlotKind::kIntSum:
    case SlotKind::kFloatSum:
    case SlotKind::kIntMoments:
    case SlotKind::kMoments:
    case SlotKind::kIntMin:
    case SlotKind::kIntMax:
    case SlotKind::kFloatMin:
    case SlotKind::kFloatMax:
      return Way::kFacet;
    default:
      return Way::kRest;
  }
}

void BulkQuery::AddOutput(const expr::Aggregate& aggregate) {
  Output output;
  output.window = IndexOrAdd(aggregate.window, &windows_);
  if (aggregate.argument) output.argument = layout_->AddArgument(*aggregate.argument);
  if (aggregate.where) output.condition = layout_->AddCondition(*aggregate.where);
  output.question = {aggregate.function, aggregate.type, aggregate.n, aggregate.quantile, 0};
  output.form.half_life = aggregate.half_life;
  if (aggregate.argument) {
    output.form.kind = SlotKindOf(aggregate.function, aggregate.argument->type());
    output.form.type = output.form.kind == SlotKind::kCandidates ? data::Type() : aggregate.argument->type();
  }
  output.makes_bytes = aggregate.type.storage() == data::Storage::kBytes &&
                       (aggregate.n > 0 || aggregate.function == expr::AggregateFunction::kSum);
  output.way = WayOf(aggregate, output.form);
  output.is_foldable = aggregate.window.last == 0 && !IsFirstOrLast(aggregate.function);
  if (output.way == Way::kPosition) {
    const bool is_last = aggregate.function == expr::AggregateFunction::kLast;
    output.position = IndexOrAdd(Position{output.window, output.condition, is_last}, &positions_);
  }
  if (output.way == Way::kFacet) output.facet = FacetIndex(output);
  if (call_->view->max_age && aggregate.window.lifetime) {
    output.newest = static_cast<int>(IndexOrAdd(Position{output.window, output.condition, true}, &positions_));
  }
  outputs_.push_back(output);
}

size_t BulkQuery::FacetIndex(const Output& output) {
  const SlotKind kind = output.form.kind;
  const bool reads_as_double = kind == SlotKind::kMoments;
  const bool is_sum = kind >= SlotKind::kIntSum && kind <= SlotKind::kMoments;
  FacetSpec* facet = nullptr;
  for (FacetSpec& other : facets_) {
    const bool is_same = other.argument == output.argument && other.condition == output.condition;
    const bool reads_alike = !is_sum || !other.needs.sums || other.reads_as_double == reads_as_double ||
                             output.form.type == data::TypeKind::kFloat64;
    if (is_same && reads_alike) facet = &other;
  }
  if (facet == nullptr) {
    facets_.push_back({output.argument, output.condition, output.form.type, false, {}});
    facet = &facets_.back();
  }
  if (is_sum) facet->reads_as_double = reads_as_double;
  facet->needs.sums = facet->needs.sums || is_sum;
  facet->needs.squares = facet->needs.squares || kind == SlotKind::kIntMoments || kind == SlotKind::kMoments;
  facet->needs.minimum = facet->needs.minimum || kind == SlotKind::kIntMin || kind == SlotKind::kFloatMin;
  facet->needs.maximum = facet->needs.maximum || kind == SlotKind::kIntMax || kind == SlotKind::kFloatMax;
  return static_cast<size_t>(facet - facets_.data());
}

void BulkQuery::Seal() {
  for (size_t i = 0; i < outputs_.size(); ++i) {
    if (outputs_[i].way != Way::kRest) continue;
    rest_.outputs.push_back(i);
    rest_.is_foldable = rest_.is_foldable && outputs_[i].is_foldable;
  }
  if (rest_.outputs.empty()) return;
  rest_.layout = std::make_unique<TableLayout>(&layout_->source(), &layout_->entity());
  std::vector<const expr::Aggregate*> aggregates;
  for (const size_t output : rest_.outputs) aggregates.push_back(call_->aggregates[output]);
  rest_.query = std::make_unique<WindowQuery>(aggregates, rest_.layout.get());
  rest_.layout->Seal();
  for (const ArgumentColumn& argument : rest_.layout->arguments()) {
    rest_.arguments.push_back(IndexOf(layout_->arguments(), argument.canonical));
  }
  for (const ArgumentColumn& condition : rest_.layout->conditions()) {
    rest_.conditions.push_back(IndexOf(layout_->conditions(), condition.canonical));
  }
}

}  // namespace plumb::engine
