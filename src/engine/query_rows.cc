#include "engine/query_rows.h"

#include <numeric>

namespace plumb::engine {

base::Status CheckOptions(const EngineOptions& options) {
  if (options.chunk_rows >= 2 && options.chunk_rows <= EntityState::kChunkRowsMax) return {};
  return base::InvalidArgument("Value is out of range: chunk_rows {}, want 2 to {}.", options.chunk_rows,
                               EntityState::kChunkRowsMax);
}

base::Status CheckQuery(const FeaturePlan& plan, const FeatureQuery& query) {
  if (query.inputs == nullptr) return base::InvalidArgument("A query has no inputs.");
  const size_t rows = query.inputs->rows;
  if (query.times.size() != rows || query.cuts.size() != rows) {
    return base::InvalidArgument("A query has one time and one cut a row: {} rows, {} times, {} cuts.", rows,
                                 query.times.size(), query.cuts.size());
  }
  for (const data::Field& field : plan.inputs().fields()) {
    const data::Column* column = query.inputs->Find(field.name);
    if (column == nullptr) return base::InvalidArgument("Input is missing: {}.", field.name);
    if (column->type() != field.type) {
      return base::InvalidArgument("Input has the wrong type: {}, want {}, got {}.", field.name,
                                   data::TypeName(field.type), data::TypeName(column->type()));
    }
  }
  return {};
}

FeatureAnswer EmptyAnswer(const FeaturePlan& plan) {
  FeatureAnswer answer;
  answer.values = data::Batch(plan.output_schema());
  answer.statuses.resize(plan.outputs().size());
  return answer;
}

data::Batch RowsOf(const FeaturePlan& plan, const FeatureQuery& query, size_t begin, size_t count) {
  std::vector<int64_t> rows(count);
  std::iota(rows.begin(), rows.end(), static_cast<int64_t>(begin));
  data::Batch inputs;
  for (const data::Field& field : plan.inputs().fields()) {
    inputs.AddColumn(field.name, query.inputs->Find(field.name)->Take(rows));
  }
  inputs.rows = count;
  return inputs;
}

void AppendOutputs(const ViewProgram& program, Evaluation* evaluation, size_t rows, FeatureAnswer* answer) {
  for (const CallFeature& output : program.outputs()) evaluation->Run(output);
  const bool is_first = answer->values.rows == 0;
  for (size_t i = 0; i < program.outputs().size(); ++i) {
    FeatureColumn column = evaluation->Take(program.outputs()[i]);
    if (is_first) {
      answer->values.columns[i] = std::move(column.values);
      answer->statuses[i] = std::move(column.statuses);
      continue;
    }
    answer->values.columns[i].AppendAll(column.values);
    answer->statuses[i].insert(answer->statuses[i].end(), column.statuses.begin(), column.statuses.end());
  }
  answer->values.rows += rows;
}

}  // namespace plumb::engine
