#include <fmt/core.h>

#include <utility>

#include "app/exit_code.h"
#include "app/lock_plan.h"
#include "app/project.h"
#include "app/verbs.h"

namespace plumb::app {
namespace {

std::string Counted(size_t count, const char* one, const char* many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string Summary(const Project& project) {
  size_t features = 0;
  for (const auto& view : project.definitions->views()) features += view->features.size();
  return fmt::format("project is fine: {}, {}, {} with {}, {}, {}\n",
                     Counted(project.definitions->sources().size(), "source", "sources"),
                     Counted(project.definitions->entities().size(), "entity", "entities"),
                     Counted(project.definitions->views().size(), "feature view", "feature views"),
                     Counted(features, "feature", "features"), Counted(project.models.size(), "model", "models"),
                     Counted(project.deployments.size(), "deployment", "deployments"));
}

enum class LockState { kUnknown, kMissing, kBroken, kBehind, kCurrent };

const char* LockStateName(LockState state) {
  switch (state) {
    case LockState::kMissing:
      return "missing";
    case LockState::kBroken:
      return "broken";
    case LockState::kBehind:
      return "behind";
    case LockState::kCurrent:
      return "current";
    case LockState::kUnknown:
      break;
  }
  return "unknown";
}

// A lock that cannot be read is a mistake in the project. One that is behind is a note, or one with --locked.
base::Result<LockState> CheckLock(const Invocation& invocation, const Project& project, bool locked,
                                  base::Diagnostics* diagnostics) {
  base::Position mistake;
  const auto lock = ReadLock(invocation.files, project.directory, &mistake);
  if (!lock.ok() && lock.status().where().empty()) return lock.status();
  if (!lock.ok()) {
    diagnostics->Error(mistake, lock.status().message(), lock.status().suggestion());
    return LockState::kBroken;
  }
  if (!lock->has_value()) {
    if (locked)
      diagnostics->Error({}, "Lock file is missing: plumb.lock.", "Write it with plumb apply, and commit it.");
    return LockState::kMissing;
  }
  // What is wrong with the project comes first.
  if (diagnostics->has_errors()) return LockState::kUnknown;
  const features::LockChanges changes =
      features::CompareWithLock((*lock)->lock, *project.definitions, ExpansionsOf(project));
  if (!changes.has_changes()) return LockState::kCurrent;
  if (locked) {
    features::ReportLockChanges(changes, diagnostics);
  } else {
    invocation.terminal.Note(
        fmt::format("plumb.lock is behind the project: {}; plumb plan shows what changed\n", CountChanges(changes)));
  }
  return LockState::kBehind;
}

base::Json DiagnosticsToJson(const base::Diagnostics& diagnostics, LockState lock) {
  base::Json list{base::JsonArray{}};
  for (const base::Diagnostic& diagnostic : diagnostics.all()) {
    base::Json entry;
    entry.Set("severity", diagnostic.severity == base::Severity::kError ? "error" : "warning");
    entry.Set("where", diagnostic.position.ToString());
    entry.Set("message", diagnostic.message);
    entry.Set("suggestion", diagnostic.suggestion);
    list.Append(std::move(entry));
  }
  base::Json json;
  json.Set("ok", !diagnostics.has_errors());
  json.Set("lock", LockStateName(lock));
  json.Set("diagnostics", std::move(list));
  return json;
}

}  // namespace

base::Result<int> RunCheck(Invocation& invocation, const CheckOptions& options) {
  base::Diagnostics diagnostics;
  PLUMB_ASSIGN_OR_RETURN(const Project project, ReadProject(invocation, &diagnostics));
  PLUMB_ASSIGN_OR_RETURN(const LockState lock, CheckLock(invocation, project, options.locked, &diagnostics));
  Terminal& terminal = invocation.terminal;
  terminal.PrintJson(DiagnosticsToJson(diagnostics, lock));
  terminal.Print(diagnostics.Render(terminal.colour_out()));
  if (diagnostics.has_errors()) return kExitProblems;
  terminal.Print(Summary(project));
  if (lock == LockState::kMissing) terminal.Note("there is no plumb.lock yet; plumb apply writes it\n");
  return kExitOk;
}

}  // namespace plumb::app
