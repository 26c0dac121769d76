#include "engine/evaluator.h"

#include <algorithm>
#include <bit>

namespace plumb::engine {
namespace {

bool HasAge(const ViewCall& call, size_t aggregate) {
  return call.view->max_age && call.aggregates[aggregate]->window.lifetime;
}

// Whether the answer is bytes that no event holds: lists, sums of decimals.
bool MakesBytes(const expr::Aggregate& aggregate) {
  if (aggregate.type.storage() != data::Storage::kBytes) return false;
  return aggregate.n > 0 || aggregate.function == expr::AggregateFunction::kSum;
}

data::Column BytesColumnOf(data::Type type, std::span<const uint64_t> words, std::span<const CellState> states) {
  data::Column column(type);
  for (size_t row = 0; row < words.size(); ++row) {
    if (states[row] == CellState::kValue) {
      column.AppendString(*reinterpret_cast<const std::string*>(words[row]));
    } else {
      column.AppendNull();
    }
  }
  return column;
}

data::Column ColumnOf(data::Type type, std::span<const uint64_t> words, std::span<const CellState> states) {
  if (type.storage() == data::Storage::kBytes) return BytesColumnOf(type, words, states);
  data::Column column(type);
  column.ResizeUninitialised(words.size());
  bool has_nulls = false;
  for (size_t row = 0; row < words.size(); ++row) {
    const bool is_value = states[row] == CellState::kValue;
    has_nulls = has_nulls || !is_value;
    const uint64_t word = is_value ? words[row] : 0;
    if (type == data::TypeKind::kFloat64) {
      column.mutable_double_data()[row] = std::bit_cast<double>(word);
    } else {
      column.mutable_int_data()[row] = static_cast<int64_t>(word);
    }
  }
  if (!has_nulls) return column;
  uint8_t* valid = column.mutable_valid_data();
  for (size_t row = 0; row < words.size(); ++row) valid[row] = states[row] == CellState::kValue ? 1 : 0;
  return column;
}

}  // namespace

FetchedRows::FetchedRows(const ViewCall& call, size_t row_count)
    : rows(row_count),
      words(call.aggregates.size() * row_count),
      states(call.aggregates.size() * row_count, CellState::kNull),
      newest(call.view->max_age ? call.aggregates.size() * row_count : 0, base::kTimeMin),
      is_found(row_count, 0),
      is_null_key(row_count, 0) {
  for (size_t i = 0; i < call.aggregates.size(); ++i) {
    if (!MakesBytes(*call.aggregates[i])) continue;
    bytes.resize(call.aggregates.size());
    bytes[i].resize(row_count);
  }
}

void FetchedRows::CopyRow(size_t from, size_t to) {
  const size_t aggregates = rows == 0 ? 0 : words.size() / rows;
  for (size_t i = 0; i < aggregates; ++i) {
    words[At(i, to)] = words[At(i, from)];  // the bytes of another row stay where they are
    states[At(i, to)] = states[At(i, from)];
    if (!newest.empty()) newest[At(i, to)] = newest[At(i, from)];
  }
  is_found[to] = is_found[from];
  is_null_key[to] = is_null_key[from];
}

void FetchRow(const ViewCall& call, const EntityState* state, base::Time t, base::Time cut, size_t row,
              QueryScratch* scratch, std::vector<Cell>* cells, FetchedRows* out) {
  cells->resize(call.aggregates.size());
  call.query->Run(state, t, cut, scratch, cells->data());
  for (size_t i = 0; i < cells->size(); ++i) {
    out->words[out->At(i, row)] = (*cells)[i].word;
    out->states[out->At(i, row)] = (*cells)[i].state;
    if (!out->bytes.empty() && !out->bytes[i].empty() && (*cells)[i].state == CellState::kValue) {
      std::string& kept = out->bytes[i][row];
      kept = BytesOfWord((*cells)[i].word);
      out->words[out->At(i, row)] = reinterpret_cast<uint64_t>(&kept);
    }
    if (HasAge(call, i)) out->newest[out->At(i, row)] = call.query->NewestEvent(state, i, t, cut);
  }
  out->is_found[row] = AnyVisible(state, cut) ? 1 : 0;
}

Evaluation::Evaluation(const ViewProgram& program, AggregateFetcher& fetcher, ColumnFinder frame,
                       std::span<const base::Time> times, std::span<const base::Time> cuts, base::Executor* executor)
    : program_(program),
      fetcher_(fetcher),
      frame_(std::move(frame)),
      times_(times),
      cuts_(cuts),
      executor_(executor),
      calls_(program.calls().size()) {
  for (size_t i = 0; i < calls_.size(); ++i) calls_[i].inputs.resize(program.calls()[i]->keys.size());
}

const data::Column* Evaluation::TimeColumn() {
  if (!time_column_) {
    time_column_.emplace(data::TypeKind::kTimestamp);
    time_column_->ResizeUninitialised(times_.size());
    std::copy(times_.begin(), times_.end(), time_column_->mutable_int_data());
  }
  return &*time_column_;
}

const data::Column* Evaluation::FrameColumn(FrameIndex frame, std::string_view name) {
  if (frame == 0) {
    const data::Column* column = frame_(name);
    PLUMB_CHECK(column != nullptr, "The rows have every column that a checked expression names.");
    return column;
  }
  const int call = frame - 1;
  const int input = program_.calls()[static_cast<size_t>(call)]->view->inputs().IndexOf(name);
  PLUMB_CHECK(input >= 0, "A view has every input that a checked expression names.");
  return InputOf(call, static_cast<size_t>(input));
}

const data::Column* Evaluation::KeyColumn(const KeyExpression& key) {
  return key.scalar == nullptr ? FrameColumn(key.frame, key.column) : nullptr;
}

const data::Column* Evaluation::InputOf(int call, size_t input) {
  const KeyExpression& key = program_.calls()[static_cast<size_t>(call)]->keys[input];
  if (const data::Column* plain = KeyColumn(key)) return plain;
  std::optional<data::Column>& made = calls_[static_cast<size_t>(call)].inputs[input];
  if (!made) {
    std::vector<const data::Column*> inputs;
    for (const expr::Input& leaf : key.scalar->inputs()) {
      const bool is_time = leaf.leaf == expr::Input::Leaf::kTime;
      inputs.push_back(is_time ? TimeColumn() : FrameColumn(key.frame, leaf.name));
    }
    made = key.scalar->Evaluate(inputs, times_.size());
  }
  return &*made;
}

void Evaluation::FetchAggregates(int index) {
  const ViewCall& call = *program_.calls()[static_cast<size_t>(index)];
  CallState& state = calls_[static_cast<size_t>(index)];
  FetchRequest request{&call, {}, times_, cuts_};
  for (size_t i = 0; i < call.keys.size(); ++i) request.keys.push_back(InputOf(index, i));
  state.fetched.emplace(call, times_.size());
  fetcher_.Fetch(request, &*state.fetched);
  state.aggregates.resize(call.aggregates.size());
  state.aggregate_errors.resize(call.aggregates.size());
}

data::Column Evaluation::AggregateColumn(int call, int aggregate) const {
  const FetchedRows& fetched = *calls_[static_cast<size_t>(call)].fetched;
  const size_t begin = fetched.At(static_cast<size_t>(aggregate), 0);
  const data::Type type = program_.calls()[static_cast<size_t>(call)]->aggregates[static_cast<size_t>(aggregate)]->type;
  return ColumnOf(type, std::span(fetched.words).subspan(begin, fetched.rows),
                  std::span(fetched.states).subspan(begin, fetched.rows));
}

void Evaluation::Prepare(const CompiledExpression& expression, FrameIndex frame, int call) {
  for (const CallFeature& lookup : expression.lookups) Run(lookup.call);
  for (const expr::Input& input : expression.checked->scalar.inputs()) {
    if (input.leaf == expr::Input::Leaf::kTime) TimeColumn();
    if (input.leaf == expr::Input::Leaf::kColumn) FrameColumn(frame, input.name);
    if (input.leaf != expr::Input::Leaf::kAggregate || expression.is_plain_aggregate) continue;
    const int aggregate = expression.aggregates[static_cast<size_t>(input.index)];
    auto& column = calls_[static_cast<size_t>(call)].aggregates[static_cast<size_t>(aggregate)];
    if (column) continue;
    column = AggregateColumn(call, aggregate);
    NoteErrors(call, aggregate);
  }
}

std::vector<const data::Column*> Evaluation::InputsOf(const CompiledExpression& expression, FrameIndex frame,
                                                      int call) {
  std::vector<const data::Column*> inputs;
  for (const expr::Input& input : expression.checked->scalar.inputs()) {
    const auto index = static_cast<size_t>(input.index);
    switch (input.leaf) {
      case expr::Input::Leaf::kColumn:
        inputs.push_back(FrameColumn(frame, input.name));
        break;
      case expr::Input::Leaf::kTime:
        inputs.push_back(TimeColumn());
        break;
      case expr::Input::Leaf::kAggregate:
        inputs.push_back(
            &*calls_[static_cast<size_t>(call)].aggregates[static_cast<size_t>(expression.aggregates[index])]);
        break;
      case expr::Input::Leaf::kFeature: {
        const CallFeature& lookup = expression.lookups[index];
        inputs.push_back(
            &calls_[static_cast<size_t>(lookup.call)].features[static_cast<size_t>(lookup.feature)].values);
        break;
      }
    }
  }
  return inputs;
}

void Evaluation::NoteErrors(int call, int aggregate) {
  CallState& state = calls_[static_cast<size_t>(call)];
  const FetchedRows& fetched = *state.fetched;
  const CellState* cells = fetched.states.data() + fetched.At(static_cast<size_t>(aggregate), 0);
  std::vector<uint8_t>& errors = state.aggregate_errors[static_cast<size_t>(aggregate)];
  for (size_t row = 0; row < fetched.rows; ++row) {
    if (cells[row] != CellState::kError) continue;
    if (errors.empty()) errors.assign(fetched.rows, 0);
    errors[row] = 1;
  }
}

// Empty when no input is an error anywhere. A look-up passes on its value only.
std::vector<const uint8_t*> Evaluation::InputErrorsOf(const CompiledExpression& expression, int call) const {
  std::vector<const uint8_t*> errors;
  bool has_errors = false;
  for (const expr::Input& input : expression.checked->scalar.inputs()) {
    errors.push_back(nullptr);
    if (input.leaf != expr::Input::Leaf::kAggregate) continue;
    const auto aggregate = static_cast<size_t>(expression.aggregates[static_cast<size_t>(input.index)]);
    const std::vector<uint8_t>& rows = calls_[static_cast<size_t>(call)].aggregate_errors[aggregate];
    if (!rows.empty()) errors.back() = rows.data();
    has_errors = has_errors || !rows.empty();
  }
  if (!has_errors) errors.clear();
  return errors;
}

FeatureColumn Evaluation::Compute(const CompiledExpression& expression, FrameIndex frame, int call) {
  FeatureColumn result;
  std::vector<uint8_t> errors;
  if (expression.is_plain_aggregate) {
    result.values = AggregateColumn(call, expression.aggregates.front());
  } else {
    const std::vector<const data::Column*> inputs = InputsOf(expression, frame, call);
    const std::vector<const uint8_t*> input_errors = InputErrorsOf(expression, call);
    result.values = expression.checked->scalar.Evaluate(inputs, times_.size(), &errors, input_errors);
  }
  SetStatuses(expression, call, errors, &result);
  return result;
}

void Evaluation::SetStatuses(const CompiledExpression& expression, int call, const std::vector<uint8_t>& errors,
                             FeatureColumn* column) {
  const size_t rows = times_.size();
  column->statuses.resize(rows);
  for (size_t row = 0; row < rows; ++row) {
    const bool is_error = row < errors.size() && errors[row] != 0;
    column->statuses[row] = is_error                     ? FeatureStatus::kError
                            : column->values.IsNull(row) ? FeatureStatus::kNull
                                                         : FeatureStatus::kPresent;
  }
  if (call < 0 || !calls_[static_cast<size_t>(call)].fetched) return;
  const FetchedRows& fetched = *calls_[static_cast<size_t>(call)].fetched;
  // Other expressions have taken the errors of their aggregates in.
  if (expression.is_plain_aggregate) {
    const CellState* cells = fetched.states.data() + fetched.At(static_cast<size_t>(expression.aggregates.front()), 0);
    for (size_t row = 0; row < rows; ++row) {
      if (cells[row] == CellState::kError) column->statuses[row] = FeatureStatus::kError;
    }
  }
  SetEntityStatuses(expression, *program_.calls()[static_cast<size_t>(call)], fetched, column);
}

// What is said of the entity as a whole goes before what is said of the value.
void Evaluation::SetEntityStatuses(const CompiledExpression& expression, const ViewCall& call,
                                   const FetchedRows& fetched, FeatureColumn* column) {
  const auto hide = [column](size_t row, FeatureStatus status) {
    if (!column->values.IsNull(row)) column->values.mutable_valid_data()[row] = 0;
    column->statuses[row] = status;
  };
  for (size_t row = 0; row < fetched.rows; ++row) {
    if (fetched.is_null_key[row] != 0) {
      hide(row, FeatureStatus::kNullKey);
    } else if (fetched.is_found[row] == 0) {
      column->statuses[row] = FeatureStatus::kNotFound;
    }
  }
  for (const int aggregate : expression.aggregates) {
    if (!HasAge(call, static_cast<size_t>(aggregate))) continue;
    const base::Time* newest = fetched.newest.data() + fetched.At(static_cast<size_t>(aggregate), 0);
    for (size_t row = 0; row < fetched.rows; ++row) {
      if (newest[row] == base::kTimeMin) continue;  // No event that could be too old.
      if (newest[row] < base::Move(times_[row], *call.view->max_age, -1)) hide(row, FeatureStatus::kOutsideMaxAge);
    }
  }
}

void Evaluation::Run(int index) {
  CallState& state = calls_[static_cast<size_t>(index)];
  if (state.is_done) return;
  state.is_done = true;
  const ViewCall& call = *program_.calls()[static_cast<size_t>(index)];
  if (!call.view->is_request()) FetchAggregates(index);
  for (const CompiledExpression& expression : call.expressions) Prepare(expression, call.frame, index);
  state.features.resize(call.expressions.size());
  const auto compute = [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) state.features[i] = Compute(call.expressions[i], call.frame, index);
  };
  if (executor_ != nullptr) {
    executor_->ParallelFor(call.expressions.size(), 1, compute);
  } else {
    compute(0, call.expressions.size());
  }
}

FeatureColumn Evaluation::Take(const CallFeature& feature) {
  return std::move(calls_[static_cast<size_t>(feature.call)].features[static_cast<size_t>(feature.feature)]);
}

FeatureColumn Evaluation::Derive(const CompiledExpression& expression) {
  Prepare(expression, 0, -1);
  return Compute(expression, 0, -1);
}

}  // namespace plumb::engine
