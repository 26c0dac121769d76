#include "learn/internal/labels.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "learn/internal/event_versions.h"

namespace plumb::learn {
namespace {

using base::Result;

// The double nearest to a number. Requires: not null.
double NumberOf(const data::Column& column, size_t row) {
  if (column.type() == data::TypeKind::kFloat64) return column.Double(row);
  if (!column.type().IsDecimal()) return static_cast<double>(column.Int(row));
  const std::string text = column.At(row).ToString();
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

double CodeOf(const model::ClassDictionary& classes, const data::Value& label) {
  const std::optional<size_t> code = classes.CodeOf(label);
  return code ? static_cast<double>(*code) : Dataset::kUnseenClass;
}

}  // namespace

data::Column EvaluateOver(const expr::Scalar& scalar, const data::Batch& rows) {
  std::vector<const data::Column*> inputs;
  for (const expr::Input& input : scalar.inputs()) inputs.push_back(rows.Find(input.name));
  return scalar.Evaluate(inputs, rows.rows);
}

Result<RawLabels> ReadLabels(const LabelDefinition& label, const data::Batch& examples, data::EventLog& log) {
  RawLabels labels;
  labels.known_at.assign(examples.rows, base::kTimeMax);
  if (label.from == nullptr) {
    labels.values = EvaluateOver(label.is, examples);
    return labels;
  }
  PLUMB_ASSIGN_OR_RETURN(const data::Batch events, log.ReadEvents(label.from->name));
  const EventVersions versions(events);
  const data::Column* by = examples.Find(label.by);
  std::vector<int64_t> chosen(examples.rows, -1);
  for (size_t row = 0; row < examples.rows; row++) {
    if (by->IsNull(row)) continue;
    chosen[row] = versions.Newest(by->At(row).ToString());
    if (chosen[row] >= 0) labels.known_at[row] = versions.KnownAt(chosen[row]);
  }
  labels.values = EvaluateOver(label.is, events).Take(chosen);
  return labels;
}

bool IsLearnable(const data::Column& labels, size_t row) {
  const data::Type type = labels.type();
  if (type != data::TypeKind::kFloat64 && !type.IsDecimal()) return true;
  return std::fabs(NumberOf(labels, row)) <= static_cast<double>(std::numeric_limits<float>::max());
}

void EncodeLabels(model::Task task, Dataset* dataset) {
  dataset->task = task;
  const data::Column& values = dataset->label_values;
  if (task == model::Task::kClasses) {
    dataset->classes = model::ClassDictionary::Fit(values.Take(dataset->RowsOf(Part::kTrain)));
  }
  dataset->labels.clear();
  for (size_t row = 0; row < values.size(); row++) {
    dataset->labels.push_back(task == model::Task::kClasses ? CodeOf(dataset->classes, values.At(row))
                                                            : NumberOf(values, row));
  }
}

}  // namespace plumb::learn
