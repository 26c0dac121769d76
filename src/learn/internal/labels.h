// labels.h: the labels of examples: read from their events, and numbered for what a model learns.
//
// Thread safety: pure functions.
#pragma once

#include <vector>

#include "data/event_log.h"
#include "learn/dataset.h"

namespace plumb::learn {

// One a row: null where there is none; known_at is kTimeMax where the label is an expression over the example itself.
struct RawLabels {
  data::Column values;
  std::vector<base::Time> known_at;
};
base::Result<RawLabels> ReadLabels(const LabelDefinition& label, const data::Batch& examples, data::EventLog& log);

// Whether a regression can learn it: a number in the range of float. Labels of other tasks always are.
bool IsLearnable(const data::Column& labels, size_t row);

// Fills labels, and of classes their dictionary, from label_values and parts.
void EncodeLabels(model::Task task, Dataset* dataset);

// A scalar over columns of a batch, found by name. Requires: the batch has them.
data::Column EvaluateOver(const expr::Scalar& scalar, const data::Batch& rows);

}  // namespace plumb::learn
