// query_rows.h: checks of what callers hand to a driver, and the shape of what they get.
//
// Thread safety: pure functions.
#pragma once

#include "engine/batch_driver.h"
#include "engine/evaluator.h"

namespace plumb::engine {

base::Status CheckOptions(const EngineOptions& options);

// kInvalidArgument unless the inputs have the plan's columns, and times and cuts one for each row.
base::Status CheckQuery(const FeaturePlan& plan, const FeatureQuery& query);

FeatureAnswer EmptyAnswer(const FeaturePlan& plan);

// The plan's inputs of rows [begin, begin + count).
data::Batch RowsOf(const FeaturePlan& plan, const FeatureQuery& query, size_t begin, size_t count);

// Runs the program's outputs and appends their rows.
void AppendOutputs(const ViewProgram& program, Evaluation* evaluation, size_t rows, FeatureAnswer* answer);

}  // namespace plumb::engine
