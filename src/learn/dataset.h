// dataset.h: a point-in-time-correct training set: every example with the features as they were knowable at its time.
//
// Features at (t, c = t). A label is read at the dataset's cut (the newest data). Left out, counted by reason: no
// label, label known before t (≤ t), label known after its part's end + gap, a regression's label that is no finite
// number, outside all parts, no time, left out by where, withdrawn. The rest keep the order of the examples. Of an
// event with several versions the example is the newest that was known at its own time, or the first; its label is the
// newest at the dataset's cut.
//
// Thread safety: a function of its inputs.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/executor.h"
#include "data/event_log.h"
#include "engine/feature_plan.h"
#include "learn/model_definition.h"
#include "model/infer/class_dictionary.h"

namespace plumb::learn {

enum class Part : uint8_t { kTrain = 0, kValidate = 1, kTest = 2 };
const char* PartName(Part part);

// The reason of rows whose label was known before their time: a leak, had they been kept.
inline constexpr const char* kLabelKnownEarly = "label known before the example's time";

struct Dataset {
  // The label of a row whose class training never saw: it is in no metric.
  static constexpr double kUnseenClass = -1;

  data::Batch inputs;             // the plan's inputs, one row an example
  data::Batch examples;           // the example's own columns (event id, keys …), same rows
  std::vector<base::Time> times;  // t
  model::Task task = model::Task::kBinary;
  data::Column label_values;       // as the label's expression gives them; none is null
  model::ClassDictionary classes;  // of classes: those of the training part
  std::vector<double> labels;      // what is learnt: 0 or 1; the class's number or kUnseenClass; the number
  std::vector<Part> parts;
  engine::FeatureAnswer features;
  std::map<std::string, int64_t> left_out;  // reason → rows
  [[nodiscard]] size_t rows() const { return labels.size(); }
  // Rows of one part, ascending.
  [[nodiscard]] std::vector<int64_t> RowsOf(Part part) const;
};

struct DatasetOptions {
  std::string project_directory;  // for example files
  std::function<void(const char* stage)> progress;
};

base::Result<Dataset> BuildDataset(const ModelDefinition& model, const engine::FeaturePlan& plan, data::EventLog& log,
                                   base::FileSystem& files, base::Executor& executor, const DatasetOptions& options);

// As one table: example columns, __t, __part, __label, then features ("view.feature").
data::Batch ToTable(const Dataset& dataset);

}  // namespace plumb::learn
