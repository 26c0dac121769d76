#include <utility>

#include "app/exit_code.h"
#include "app/project_template.h"
#include "app/verbs.h"
#include "data/table_file.h"

namespace plumb::app {
namespace {

using base::Result;

// Where the project's file is relative to the file's own folder: paths in a project are relative to the project.
std::string PathFrom(const std::string& directory, const std::string& file) {
  const std::string prefix = directory + "/";
  return file.starts_with(prefix) ? file.substr(prefix.size()) : file;
}

Result<std::string> ProjectText(const Invocation& invocation, const std::string& directory, const std::string& from) {
  if (from.empty()) return std::string(StarterProject());
  const std::string file = base::JoinPath(base::CurrentDirectory(), from);
  PLUMB_ASSIGN_OR_RETURN(const data::Schema columns, data::InferSchema(invocation.files, file));
  PLUMB_ASSIGN_OR_RETURN(const data::Batch rows, data::ReadTable(invocation.files, {file}, columns));
  return ProjectFromTable(PathFrom(directory, file), rows);
}

}  // namespace

Result<int> RunInit(Invocation& invocation, const InitOptions& options) {
  const std::string here = base::CurrentDirectory();
  const std::string directory = options.directory == "." ? here : base::JoinPath(here, options.directory);
  const std::string path = base::JoinPath(directory, "project.yaml");
  if (invocation.files.Exists(path)) {
    return base::AlreadyExists("Project file is there already: {}.", path)
        .WithSuggestion("Edit it, or name another directory: plumb init DIR.");
  }
  PLUMB_ASSIGN_OR_RETURN(const std::string text, ProjectText(invocation, directory, options.from));
  PLUMB_RETURN_IF_ERROR(invocation.files.CreateDirectories(directory));
  PLUMB_RETURN_IF_ERROR(invocation.files.WriteFileAtomically(path, text));
  invocation.terminal.Print("wrote " + path + "\nNext: read it, then run plumb check.\n");
  base::Json json;
  json.Set("project", path);
  invocation.terminal.PrintJson(json);
  return kExitOk;
}

}  // namespace plumb::app
