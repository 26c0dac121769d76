#include "engine/view_program.h"

#include <algorithm>

namespace plumb::engine {
namespace {

// Position of an aggregate that means the same, added if there is none.
int AggregateIndex(const expr::Aggregate& aggregate, std::vector<const expr::Aggregate*>* aggregates) {
  for (size_t i = 0; i < aggregates->size(); ++i) {
    const expr::Aggregate& other = *(*aggregates)[i];
    if (other.canonical == aggregate.canonical && other.type == aggregate.type) return static_cast<int>(i);
  }
  aggregates->push_back(&aggregate);
  return static_cast<int>(aggregates->size()) - 1;
}

bool IsPlainAggregate(const expr::Checked& checked) {
  const expr::Scalar& scalar = checked.scalar;
  if (scalar.inputs().size() != 1 || scalar.inputs()[0].leaf != expr::Input::Leaf::kAggregate) return false;
  const expr::Aggregate& aggregate = checked.aggregates[static_cast<size_t>(scalar.inputs()[0].index)];
  return scalar.canonical() == aggregate.canonical && scalar.type() == aggregate.type;
}

}  // namespace

bool IsSameSource(const features::Source& a, const features::Source& b) {
  return &a == &b || (a.name == b.name && a.identity == b.identity);
}

std::string KeyExpression::Identity() const {
  const std::string place = std::to_string(frame);
  return scalar == nullptr ? place + " column " + column
                           : place + ' ' + data::TypeName(scalar->type()) + ' ' + scalar->canonical();
}

int TableCatalog::IndexOf(const features::Source* source, const features::Entity* entity) {
  for (size_t i = 0; i < layouts_.size(); ++i) {
    const TableLayout& layout = *layouts_[i];
    if (IsSameSource(layout.source(), *source) && layout.entity().keys == entity->keys) return static_cast<int>(i);
  }
  layouts_.push_back(std::make_unique<TableLayout>(source, entity));
  return static_cast<int>(layouts_.size()) - 1;
}

void TableCatalog::Seal() {
  for (const auto& layout : layouts_) layout->Seal();
}

// Follows a column that a view was handed under its own name to where it was made.
KeyExpression ViewProgram::Origin(KeyExpression key) const {
  while (key.scalar == nullptr && key.frame > 0) {
    const ViewCall& call = *calls_[static_cast<size_t>(key.frame) - 1];
    const KeyExpression& from = call.keys[static_cast<size_t>(call.view->inputs().IndexOf(key.column))];
    if (from.scalar != nullptr) break;
    key = from;
  }
  return key;
}

KeyExpression ViewProgram::KeyOf(FrameIndex frame, const expr::Scalar& scalar) const {
  const auto& inputs = scalar.inputs();
  const bool is_column = inputs.size() == 1 && inputs[0].leaf == expr::Input::Leaf::kColumn &&
                         scalar.canonical() == inputs[0].name && scalar.type() == inputs[0].type;
  if (is_column) return Origin({frame, inputs[0].name, nullptr});
  return {frame, "", &scalar};
}

int ViewProgram::Call(const features::View* view, std::vector<KeyExpression> keys) {
  for (size_t i = 0; i < calls_.size(); ++i) {
    const ViewCall& call = *calls_[i];
    const auto is_same = [](const KeyExpression& a, const KeyExpression& b) { return a.Identity() == b.Identity(); };
    if (call.view == view && std::equal(keys.begin(), keys.end(), call.keys.begin(), call.keys.end(), is_same)) {
      return static_cast<int>(i);
    }
  }
  auto call = std::make_unique<ViewCall>();
  call->view = view;
  call->keys = std::move(keys);
  call->frame = static_cast<FrameIndex>(calls_.size()) + 1;
  calls_.push_back(std::move(call));
  return static_cast<int>(calls_.size()) - 1;
}

int ViewProgram::Want(int call_index, int feature) {
  ViewCall* call = calls_[static_cast<size_t>(call_index)].get();
  for (size_t i = 0; i < call->expressions.size(); ++i) {
    if (call->expressions[i].feature == feature) return static_cast<int>(i);
  }
  CompiledExpression compiled = Compile(call->view->features[static_cast<size_t>(feature)].checked, call->frame, call);
  compiled.feature = feature;
  call->expressions.push_back(std::move(compiled));
  return static_cast<int>(call->expressions.size()) - 1;
}

CompiledExpression ViewProgram::Compile(const expr::Checked& checked, FrameIndex frame, ViewCall* call) {
  CompiledExpression compiled;
  compiled.checked = &checked;
  compiled.is_plain_aggregate = IsPlainAggregate(checked);
  for (const expr::Aggregate& aggregate : checked.aggregates) {
    PLUMB_CHECK(call != nullptr, "Aggregates stand in source views only.");
    compiled.aggregates.push_back(AggregateIndex(aggregate, &call->aggregates));
  }
  for (const expr::FeatureRef& reference : checked.features) {
    const features::FeatureId target = definitions_->Resolve(reference);
    std::vector<KeyExpression> keys;
    for (const auto& [name, scalar] : reference.keys) keys.push_back(KeyOf(frame, scalar));
    const int lookup = Call(target.view, std::move(keys));
    compiled.lookups.push_back({lookup, Want(lookup, target.index)});
  }
  return compiled;
}

void ViewProgram::BuildQueries(TableCatalog* catalog) {
  for (const auto& call : calls_) {
    if (call->view->is_request()) continue;
    call->table = catalog->IndexOf(call->view->source, call->view->entity);
    TableLayout* layout = catalog->layouts()[static_cast<size_t>(call->table)].get();
    call->query = std::make_unique<WindowQuery>(call->aggregates, layout);
  }
}

std::unique_ptr<ViewProgram> ViewProgram::ForPlan(const FeaturePlan& plan, TableCatalog* catalog) {
  std::unique_ptr<ViewProgram> program(new ViewProgram(plan.definitions().get()));
  for (const features::FeatureId& output : plan.outputs()) {
    std::vector<KeyExpression> keys;
    for (const data::Field& field : output.view->inputs().fields()) keys.push_back({0, field.name, nullptr});
    const int call = program->Call(output.view, std::move(keys));
    program->outputs_.push_back({call, program->Want(call, output.index)});
  }
  program->BuildQueries(catalog);
  return program;
}

std::unique_ptr<ViewProgram> ViewProgram::ForDerived(const features::Definitions& definitions,
                                                     const features::Source& source, TableCatalog* catalog) {
  std::unique_ptr<ViewProgram> program(new ViewProgram(&definitions));
  for (const features::DerivedColumn& derived : source.derived) {
    program->derived_.push_back(program->Compile(derived.checked, 0, nullptr));
  }
  program->BuildQueries(catalog);
  return program;
}

}  // namespace plumb::engine
