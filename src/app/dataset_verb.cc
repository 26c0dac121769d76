#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "app/configuration.h"
#include "app/exit_code.h"
#include "app/model_data.h"
#include "app/text_table.h"
#include "app/verbs.h"
#include "data/parquet.h"
#include "operate/profile_files.h"

namespace plumb::app {
namespace {

using base::Result;
using base::Status;

Status CheckOutput(const std::string& path) {
  if (path.ends_with(".parquet") || path.ends_with(".csv")) return {};
  return base::InvalidArgument("Format of the output is not known: {}.", path)
      .WithSuggestion("End its name in .parquet or .csv.");
}

// Whole or not at all.
Status Write(const Invocation& invocation, const std::string& path, const ModelData& data, const data::Batch& table) {
  if (path.ends_with(".csv")) return invocation.files.WriteFileAtomically(path, RenderCsv(table));
  data::ParquetWriteOptions options;
  options.metadata["plumb.model"] = data.model->name;
  for (const auto& [source, version] : data.versions) options.metadata["plumb.data." + source] = version;
  return data::WriteParquet(invocation.files, path, table, options);
}

std::set<std::string> HiddenColumns(const learn::ModelDefinition& model) {
  std::set<std::string> hidden;
  const features::Source* source = model.examples.source;
  if (source == nullptr) return hidden;
  for (const data::Field& field : source->columns.fields()) {
    if (source->IsPii(field.name)) hidden.insert(field.name);
  }
  return hidden;
}

// The part is what the profile compares by.
data::Batch WithoutPart(const data::Batch& table) {
  data::Batch rest;
  rest.rows = table.rows;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const std::string& name = table.schema.fields()[i].name;
    if (name != "__part") rest.AddColumn(name, table.columns[i]);
  }
  return rest;
}

// What the dataset looks like, beside it; compared with what was written there before.
Status WriteProfileOf(const Invocation& invocation, const std::string& path, const ModelData& data,
                      const data::Batch& table) {
  const operate::ProfilePaths paths = operate::ProfilePathsOf(path);
  PLUMB_ASSIGN_OR_RETURN(const std::optional<operate::TableProfile> earlier,
                         operate::ReadEarlierProfile(invocation.files, paths.json));
  operate::ProfileOptions options;
  options.title = "Dataset of " + data.model->name;
  options.hidden = HiddenColumns(*data.model);
  options.earlier = earlier ? &*earlier : nullptr;
  for (const learn::Part part : data.dataset.parts) options.parts.push_back(static_cast<uint8_t>(part));
  for (const learn::Part part : {learn::Part::kTrain, learn::Part::kValidate, learn::Part::kTest}) {
    options.part_names.emplace_back(learn::PartName(part));
  }
  operate::ProfileFacts facts;
  facts.facts.emplace_back("rows", FormatCount(static_cast<int64_t>(table.rows)));
  for (const auto& [reason, count] : data.dataset.left_out) {
    facts.facts.emplace_back("left out", FormatCount(count) + ", " + reason);
  }
  for (const auto& [source, version] : data.versions) {
    facts.facts.emplace_back("data of " + source, version.substr(0, 12));
  }
  return operate::WriteProfile(invocation.files, paths, operate::MakeProfile(WithoutPart(table), options), facts);
}

void Show(Terminal& terminal, const std::string& path, const learn::Dataset& dataset) {
  const bool is_binary = dataset.task == model::Task::kBinary;
  TextTable table(
      is_binary ? std::vector<std::string>{"part", "rows", "positive"} : std::vector<std::string>{"part", "rows"},
      {false, true, true});
  base::Json parts{base::JsonObject{}}, left_out{base::JsonObject{}};
  for (const learn::Part part : {learn::Part::kTrain, learn::Part::kValidate, learn::Part::kTest}) {
    const std::vector<int64_t> rows = dataset.RowsOf(part);
    const int64_t positives = std::count_if(rows.begin(), rows.end(),
                                            [&](int64_t row) { return dataset.labels[static_cast<size_t>(row)] != 0; });
    std::vector<std::string> cells = {learn::PartName(part), FormatCount(static_cast<int64_t>(rows.size()))};
    base::Json entry;
    entry.Set("rows", static_cast<int64_t>(rows.size()));
    if (is_binary) {
      cells.push_back(FormatCount(positives));
      entry.Set("positives", positives);
    }
    table.AddRow(std::move(cells));
    parts.Set(learn::PartName(part), std::move(entry));
  }
  std::string text = table.Render();
  for (const auto& [reason, count] : dataset.left_out) {
    text += "left out: " + FormatCount(count) + ", " + reason + "\n";
    left_out.Set(reason, count);
  }
  const operate::ProfilePaths profile = operate::ProfilePathsOf(path);
  terminal.Print(text + "wrote " + path + ", and what it looks like to " + profile.html + "\n");
  base::Json json;
  json.Set("output", path);
  json.Set("profile", profile.json);
  json.Set("profile_page", profile.html);
  json.Set("features", static_cast<int64_t>(dataset.features.values.columns.size()));
  json.Set("parts", std::move(parts));
  json.Set("left_out", std::move(left_out));
  terminal.PrintJson(json);
}

}  // namespace

Result<int> RunDataset(Invocation& invocation, const DatasetVerbOptions& options) {
  PLUMB_RETURN_IF_ERROR(CheckOutput(options.output));
  PLUMB_ASSIGN_OR_RETURN(const Project project, OpenProject(invocation));
  PLUMB_RETURN_IF_ERROR(project.FindModel(options.model).status());
  PLUMB_ASSIGN_OR_RETURN(const auto lock, LockForWriting(invocation, project));
  PLUMB_ASSIGN_OR_RETURN(const State state, OpenState(invocation, project));
  const auto executor = base::MakeExecutor(ComputeThreads(project.config));
  PLUMB_ASSIGN_OR_RETURN(const ModelData data, BuildModelData(invocation, project, state, *executor,
                                                              {.model = options.model, .features = {}}));
  const std::string path = base::JoinPath(base::CurrentDirectory(), options.output);
  const data::Batch table = learn::ToTable(data.dataset);
  PLUMB_RETURN_IF_ERROR(Write(invocation, path, data, table));
  PLUMB_RETURN_IF_ERROR(WriteProfileOf(invocation, path, data, table));
  Show(invocation.terminal, options.output, data.dataset);
  return kExitOk;
}

}  // namespace plumb::app
