// model_definition.h: the `models` section: what a model learns, from which examples, judged how.
//
// Thread safety: immutable.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "base/project_tree.h"
#include "features/definitions.h"
#include "learn/gate_definition.h"
#include "model/format/tree_ensemble.h"

namespace plumb::learn {

// One row per event of a source, or per row of a file of keys and times; asked at `time`, an expression over the row.
struct ExamplesDefinition {
  const features::Source* source = nullptr;  // or
  std::vector<std::string> paths;            // files with `columns`
  data::TableFormat format;
  data::Schema columns;               // declared ones of the source, or those of the file
  expr::Scalar time;                  // timestamp
  std::optional<expr::Scalar> where;  // bool: which rows are examples
};

// label = `is` over the columns of `from`, of the event whose event_id equals the example's column `by`; known when
// that event is.
struct LabelDefinition {
  expr::Scalar is;                         // bool; a string, int64 or bool for classes; a number for regression
  const features::Source* from = nullptr;  // null: `is` is over the example's own columns and is known at t
  std::string by;                          // column of examples and of `from`
};

// Parts by time: train [.., train_until - gap), validate [train_until, validate_until - gap), test [validate_until,
// test_until).
struct SplitDefinition {
  base::Time train_from = base::kTimeMin;
  base::Time train_until = 0, validate_until = 0, test_until = 0;
  base::Duration gap = 0;
};

// What the model's users need. That the features can be as fresh is checked at once, against what their sources
// declare.
struct NeedsDefinition {
  base::Position position, freshness_position;
  std::optional<base::Duration> freshness;    // the newest data that answers may lack, at most
  std::optional<base::Duration> latency_p99;  // of an answer
  std::optional<double> requests_per_second;  // at the peak
};

struct ModelDefinition {
  std::string name;
  base::Position position;
  ExamplesDefinition examples;
  LabelDefinition label;
  std::vector<features::FeatureId> features;  // expanded
  std::vector<std::string> feature_patterns;  // as written
  SplitDefinition split;
  std::string objective = "binary:logistic";  // as the trainer calls it
  model::Task task = model::Task::kBinary;
  std::map<std::string, std::string> train_parameters;  // with: xgboost; the rest as given
  int rounds_max = 500, early_stopping_rounds = 20;
  uint64_t seed = 1;
  std::vector<std::string> metrics;  // what is shown first; MetricsOf(task) unless written
  std::vector<std::string> slices;   // columns of the examples, or features as "view.feature"
  NeedsDefinition needs;
  std::optional<GateDefinition> gate;  // none: versions are promoted by hand
  std::string description, owner;
};

// The metrics that a model of this task is judged by, the deciding one first.
std::vector<std::string> MetricsOf(model::Task task);

std::vector<ModelDefinition> LoadModels(const base::ProjectTree& tree, const features::DefinitionsPtr& definitions,
                                        base::Diagnostics* diagnostics);

}  // namespace plumb::learn
