#include <algorithm>
#include <utility>

#include "app/configuration.h"
#include "app/exit_code.h"
#include "app/model_data.h"
#include "app/text_table.h"
#include "app/verbs.h"
#include "data/parquet.h"

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
Status Write(const Invocation& invocation, const std::string& path, const ModelData& data) {
  const data::Batch table = learn::ToTable(data.dataset);
  if (path.ends_with(".csv")) return invocation.files.WriteFileAtomically(path, RenderCsv(table));
  data::ParquetWriteOptions options;
  options.metadata["plumb.model"] = data.model->name;
  for (const auto& [source, version] : data.versions) options.metadata["plumb.data." + source] = version;
  return data::WriteParquet(invocation.files, path, table, options);
}

void Show(Terminal& terminal, const std::string& path, const learn::Dataset& dataset) {
  TextTable table({"part", "rows", "positive"}, {false, true, true});
  base::Json parts{base::JsonObject{}}, left_out{base::JsonObject{}};
  for (const learn::Part part : {learn::Part::kTrain, learn::Part::kValidate, learn::Part::kTest}) {
    const std::vector<int64_t> rows = dataset.RowsOf(part);
    const int64_t positives = std::count_if(rows.begin(), rows.end(),
                                            [&](int64_t row) { return dataset.labels[static_cast<size_t>(row)] != 0; });
    table.AddRow({learn::PartName(part), FormatCount(static_cast<int64_t>(rows.size())), FormatCount(positives)});
    base::Json entry;
    entry.Set("rows", static_cast<int64_t>(rows.size()));
    entry.Set("positives", positives);
    parts.Set(learn::PartName(part), std::move(entry));
  }
  std::string text = table.Render();
  for (const auto& [reason, count] : dataset.left_out) {
    text += "left out: " + FormatCount(count) + ", " + reason + "\n";
    left_out.Set(reason, count);
  }
  terminal.Print(text + "wrote " + path + "\n");
  base::Json json;
  json.Set("output", path);
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
  PLUMB_RETURN_IF_ERROR(Write(invocation, base::JoinPath(base::CurrentDirectory(), options.output), data));
  Show(invocation.terminal, options.output, data.dataset);
  return kExitOk;
}

}  // namespace plumb::app
