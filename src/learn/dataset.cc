#include "learn/dataset.h"

#include <algorithm>
#include <set>
#include <utility>

#include "data/table_file.h"
#include "engine/batch_driver.h"
#include "learn/internal/event_versions.h"
#include "learn/internal/labels.h"

namespace plumb::learn {
namespace {

using base::Result;
using base::Status;
using base::Time;

constexpr const char* kNoLabel = "no label";
constexpr const char* kNoTime = "no time";
constexpr const char* kOutsideParts = "outside all parts";
constexpr const char* kKnownLate = "label known after the end of its part";
constexpr const char* kNotFinite = "label is no finite number";
constexpr const char* kNotAnExample = "left out by where";

// Example candidates: rows with their asking time, before labels and parts.
struct Candidates {
  data::Batch rows;
  std::vector<Time> times;
  std::vector<int64_t> origins;  // row numbers in the file or source
};

// One row an event: of several versions the newest that was known at the example's time, or the first that was known at
// all.
std::vector<int64_t> PickVersions(const data::Batch& rows, const data::Column& times,
                                  std::map<std::string, int64_t>* left_out) {
  const EventVersions versions(rows);
  std::vector<int64_t> picked;
  if (!versions.has_ids()) {
    for (size_t row = 0; row < rows.rows; row++) picked.push_back(static_cast<int64_t>(row));
    return picked;
  }
  for (const auto& [id, all] : versions.by_id()) {
    int64_t chosen = all.front();
    for (const int64_t row : all) {
      // A version without a time, such as a delete, counts if it was known at the time of the one it replaces.
      const auto asked = static_cast<size_t>(times.IsNull(static_cast<size_t>(row)) ? chosen : row);
      if (!times.IsNull(asked) && versions.KnownAt(row) < times.Int(asked)) chosen = row;
    }
    if (versions.Withdrawn(chosen)) {
      (*left_out)["withdrawn"]++;
    } else {
      picked.push_back(chosen);
    }
  }
  std::sort(picked.begin(), picked.end());
  return picked;
}

Result<data::Batch> ReadExampleRows(const ExamplesDefinition& examples, data::EventLog& log, base::FileSystem& files,
                                    const std::string& directory) {
  if (examples.source != nullptr) return log.ReadEvents(examples.source->name);
  std::vector<std::string> paths;
  for (const std::string& path : examples.paths) paths.push_back(base::JoinPath(directory, path));
  return data::ReadTable(files, paths, examples.columns, examples.format);
}

Result<Candidates> FindCandidates(const ExamplesDefinition& examples, data::EventLog& log, base::FileSystem& files,
                                  const std::string& directory, std::map<std::string, int64_t>* left_out) {
  PLUMB_ASSIGN_OR_RETURN(data::Batch rows, ReadExampleRows(examples, log, files, directory));
  const data::Column times = EvaluateOver(examples.time, rows);
  std::vector<int64_t> picked = PickVersions(rows, times, left_out);
  data::Column wanted;
  if (examples.where) wanted = EvaluateOver(*examples.where, rows);
  std::vector<int64_t> kept;
  for (const int64_t row : picked) {
    const auto at = static_cast<size_t>(row);
    if (times.IsNull(at)) {
      (*left_out)[kNoTime]++;
    } else if (examples.where && (wanted.IsNull(at) || wanted.Int(at) == 0)) {
      (*left_out)[kNotAnExample]++;
    } else {
      kept.push_back(row);
    }
  }
  Candidates candidates;
  candidates.rows = rows.Take(kept);
  for (const int64_t row : kept) candidates.times.push_back(times.Int(static_cast<size_t>(row)));
  candidates.origins = std::move(kept);
  return candidates;
}

struct PartRange {
  Part part;
  Time begin, end;    // examples with begin <= t < end
  Time labels_until;  // labels known later are not used
};

std::vector<PartRange> PartRanges(const SplitDefinition& split) {
  return {{Part::kTrain, split.train_from, split.train_until - split.gap, split.train_until},
          {Part::kValidate, split.train_until, split.validate_until - split.gap, split.validate_until},
          {Part::kTest, split.validate_until, split.test_until, split.test_until + split.gap}};
}

// Why this example is left out, or null; `part` receives where it belongs.
const char* Judge(const std::vector<PartRange>& ranges, Time t, const RawLabels& labels, size_t row, Part* part) {
  const auto range =
      std::find_if(ranges.begin(), ranges.end(), [&](const PartRange& r) { return r.begin <= t && t < r.end; });
  if (range == ranges.end()) return kOutsideParts;
  *part = range->part;
  if (labels.values.IsNull(row)) return kNoLabel;
  if (!IsLearnable(labels.values, row)) return kNotFinite;
  const Time known_at = labels.known_at[row];
  if (known_at == base::kTimeMax) return nullptr;  // no event: known at t by definition
  if (known_at <= t) return kLabelKnownEarly;
  return known_at > range->labels_until ? kKnownLate : nullptr;
}

// Entity keys that the features take straight from the example must not be null: a look-up says what null means.
Status CheckKeys(const engine::FeaturePlan& plan, const data::Batch& inputs, const std::vector<int64_t>& origins) {
  std::set<std::string> keys;
  for (const features::FeatureId& id : plan.outputs()) {
    if (id.view->is_request()) continue;
    for (const data::Field& field : id.view->entity->keys.fields()) keys.insert(field.name);
  }
  for (const std::string& key : keys) {
    const data::Column* column = inputs.Find(key);
    for (size_t row = 0; row < inputs.rows; row++) {
      if (!column->IsNull(row)) continue;
      return base::InvalidArgument("Example has a null key: column {}, row {}.", key, origins[row] + 1)
          .WithSuggestion(
              "Leave such rows out with where:, or use the features through a look-up in a request view, which gives "
              "null for a null key.");
    }
  }
  return {};
}

data::Batch PickInputs(const engine::FeaturePlan& plan, const data::Batch& rows) {
  data::Batch inputs;
  for (const data::Field& field : plan.inputs().fields()) inputs.AddColumn(field.name, *rows.Find(field.name));
  inputs.rows = rows.rows;
  return inputs;
}

Status CheckPlanInputs(const ModelDefinition& model, const engine::FeaturePlan& plan) {
  for (const data::Field& field : plan.inputs().fields()) {
    const data::Field* column = model.examples.columns.Find(field.name);
    if (column == nullptr || column->type != field.type) {
      return base::InvalidArgument("Examples lack a column that the features need: {} {}.", field.name,
                                   data::TypeName(field.type));
    }
  }
  return {};
}

// Of a binary label 0 or 1; of others as the label's expression gives it.
data::Column LabelColumn(const Dataset& dataset) {
  if (dataset.task != model::Task::kBinary) return dataset.label_values;
  data::Column labels(data::TypeKind::kInt64);
  for (const double label : dataset.labels) labels.AppendInt(label != 0 ? 1 : 0);
  return labels;
}

void Note(const DatasetOptions& options, const char* stage) {
  if (options.progress) options.progress(stage);
}

}  // namespace

const char* PartName(Part part) {
  switch (part) {
    case Part::kTrain:
      return "train";
    case Part::kValidate:
      return "validate";
    case Part::kTest:
      return "test";
  }
  return "";
}

std::vector<int64_t> Dataset::RowsOf(Part part) const {
  std::vector<int64_t> rows;
  for (size_t row = 0; row < parts.size(); row++) {
    if (parts[row] == part) rows.push_back(static_cast<int64_t>(row));
  }
  return rows;
}

Result<Dataset> BuildDataset(const ModelDefinition& model, const engine::FeaturePlan& plan, data::EventLog& log,
                             base::FileSystem& files, base::Executor& executor, const DatasetOptions& options) {
  PLUMB_RETURN_IF_ERROR(CheckPlanInputs(model, plan));
  Dataset dataset;
  Note(options, "examples");
  PLUMB_ASSIGN_OR_RETURN(const Candidates candidates,
                         FindCandidates(model.examples, log, files, options.project_directory, &dataset.left_out));
  Note(options, "labels");
  PLUMB_ASSIGN_OR_RETURN(const RawLabels labels, ReadLabels(model.label, candidates.rows, log));

  const std::vector<PartRange> ranges = PartRanges(model.split);
  std::vector<int64_t> kept, origins;
  for (size_t row = 0; row < candidates.times.size(); row++) {
    Part part = Part::kTrain;
    if (const char* reason = Judge(ranges, candidates.times[row], labels, row, &part)) {
      dataset.left_out[reason]++;
      continue;
    }
    kept.push_back(static_cast<int64_t>(row));
    origins.push_back(candidates.origins[row]);
    dataset.times.push_back(candidates.times[row]);
    dataset.parts.push_back(part);
  }
  dataset.label_values = labels.values.Take(kept);
  EncodeLabels(model.task, &dataset);
  dataset.examples = candidates.rows.Take(kept);
  dataset.inputs = PickInputs(plan, dataset.examples);
  PLUMB_RETURN_IF_ERROR(CheckKeys(plan, dataset.inputs, origins));

  Note(options, "events");
  PLUMB_ASSIGN_OR_RETURN(const auto driver, engine::BatchDriver::Make(plan, log, executor));
  Note(options, "features");
  engine::FeatureQuery query;
  query.inputs = &dataset.inputs;
  query.times = dataset.times;
  query.cuts = dataset.times;
  PLUMB_ASSIGN_OR_RETURN(dataset.features, driver->Compute(query));
  return dataset;
}

data::Batch ToTable(const Dataset& dataset) {
  data::Batch table;
  for (size_t i = 0; i < dataset.examples.columns.size(); i++) {
    const std::string& name = dataset.examples.schema.fields()[i].name;
    if (!name.starts_with("__")) table.AddColumn(name, dataset.examples.columns[i]);
  }
  data::Column times(data::TypeKind::kTimestamp), parts(data::TypeKind::kString);
  for (size_t row = 0; row < dataset.rows(); row++) {
    times.AppendInt(dataset.times[row]);
    parts.AppendString(PartName(dataset.parts[row]));
  }
  table.AddColumn("__t", std::move(times));
  table.AddColumn("__part", std::move(parts));
  table.AddColumn("__label", LabelColumn(dataset));
  for (size_t i = 0; i < dataset.features.values.columns.size(); i++) {
    table.AddColumn(dataset.features.values.schema.fields()[i].name, dataset.features.values.columns[i]);
  }
  table.rows = dataset.rows();
  return table;
}

}  // namespace plumb::learn
