#include "registry/internal/run_table.h"

#include <limits>

#include "base/random.h"
#include "registry/internal/reference.h"

namespace plumb::registry {
namespace {

using base::Result;
using base::Status;
using store::SqliteStatement;
using store::SqliteTransaction;

constexpr const char* kColumns =
    "SELECT id, model, kind, started, status, ended FROM runs LEFT JOIN run_ends ON run_id = id ";

Run RunOf(const SqliteStatement& row) {
  Run run;
  run.id = row.Text(0);
  run.model = row.Text(1);
  run.kind = row.Text(2);
  run.started = row.Int(3);
  run.status = row.IsNull(4) ? "running" : row.Text(4);
  run.ended = row.Int(5);
  return run;
}

}  // namespace

Result<std::string> RunTable::Start(const std::string& model, const std::string& kind) {
  PLUMB_RETURN_IF_ERROR(ValidateName("Model", model));
  PLUMB_RETURN_IF_ERROR(ValidateName("Kind of run", kind));
  const std::string id = fmt::format("{:016x}{:016x}", base::RandomSeed(), base::RandomSeed());
  PLUMB_ASSIGN_OR_RETURN(auto transaction, SqliteTransaction::Begin(database_));
  const base::Time now = clock_.Now();
  PLUMB_RETURN_IF_ERROR(database_.Run("INSERT OR IGNORE INTO models VALUES (?, ?)", model, now));
  PLUMB_RETURN_IF_ERROR(
      database_.Run("INSERT INTO runs (id, model, kind, started) VALUES (?, ?, ?, ?)", id, model, kind, now));
  PLUMB_RETURN_IF_ERROR(transaction.Commit());
  return id;
}

Status RunTable::LogParameters(const std::string& run, const std::map<std::string, std::string>& parameters) {
  PLUMB_ASSIGN_OR_RETURN(auto transaction, SqliteTransaction::Begin(database_));
  PLUMB_RETURN_IF_ERROR(RequireRunning(run));
  for (const auto& [name, value] : parameters) PLUMB_RETURN_IF_ERROR(LogParameter(run, name, value));
  return transaction.Commit();
}

// Saying the same again is no change.
Status RunTable::LogParameter(const std::string& run, const std::string& name, const std::string& value) {
  PLUMB_RETURN_IF_ERROR(ValidateLabel("Parameter", name));
  PLUMB_ASSIGN_OR_RETURN(auto row,
                         database_.Query("SELECT value FROM run_parameters WHERE run_id = ? AND name = ?", run, name));
  PLUMB_ASSIGN_OR_RETURN(const bool is_known, row.Next());
  if (!is_known) return database_.Run("INSERT INTO run_parameters VALUES (?, ?, ?)", run, name, value);
  if (row.Text(0) == value) return Status();
  return base::AlreadyExists("Parameter of a run has another value already: {}, {}, not {}.", name, row.Text(0), value);
}

Status RunTable::LogMetrics(const std::string& run, const std::map<std::string, double>& metrics) {
  PLUMB_ASSIGN_OR_RETURN(auto transaction, SqliteTransaction::Begin(database_));
  PLUMB_RETURN_IF_ERROR(RequireRunning(run));
  const base::Time now = clock_.Now();
  for (const auto& [name, value] : metrics) {
    PLUMB_RETURN_IF_ERROR(ValidateLabel("Metric", name));
    PLUMB_RETURN_IF_ERROR(database_.Run("INSERT INTO run_metrics (run_id, name, value, logged) VALUES (?, ?, ?, ?)",
                                        run, name, value, now));
  }
  return transaction.Commit();
}

Status RunTable::End(const std::string& run, bool succeeded) {
  PLUMB_ASSIGN_OR_RETURN(auto transaction, SqliteTransaction::Begin(database_));
  PLUMB_RETURN_IF_ERROR(RequireRunning(run));
  PLUMB_RETURN_IF_ERROR(
      database_.Run("INSERT INTO run_ends VALUES (?, ?, ?)", run, succeeded ? "finished" : "failed", clock_.Now()));
  return transaction.Commit();
}

Status RunTable::RequireRunning(const std::string& id) {
  PLUMB_ASSIGN_OR_RETURN(auto row, database_.Query(std::string(kColumns) + "WHERE id = ?", id));
  PLUMB_ASSIGN_OR_RETURN(const bool is_known, row.Next());
  if (!is_known) return base::NotFound("Run is not in the registry: {}.", id);
  const Run run = RunOf(row);
  if (run.status == "running") return Status();
  return base::FailedPrecondition("Run has ended: {}, {}.", id, run.status);
}

Result<Run> RunTable::Get(const std::string& id) {
  PLUMB_ASSIGN_OR_RETURN(auto row, database_.Query(std::string(kColumns) + "WHERE id = ?", id));
  PLUMB_ASSIGN_OR_RETURN(const bool is_known, row.Next());
  if (!is_known) return base::NotFound("Run is not in the registry: {}.", id);
  Run run = RunOf(row);
  PLUMB_RETURN_IF_ERROR(ReadDetails(&run));
  return run;
}

Result<std::vector<Run>> RunTable::OfModel(const std::string& model) {
  PLUMB_ASSIGN_OR_RETURN(auto row,
                         database_.Query(std::string(kColumns) + "WHERE model = ? ORDER BY sequence DESC", model));
  std::vector<Run> runs;
  while (true) {
    PLUMB_ASSIGN_OR_RETURN(const bool has_row, row.Next());
    if (!has_row) return runs;
    runs.push_back(RunOf(row));
    PLUMB_RETURN_IF_ERROR(ReadDetails(&runs.back()));
  }
}

Status RunTable::ReadDetails(Run* run) {
  PLUMB_ASSIGN_OR_RETURN(auto parameter,
                         database_.Query("SELECT name, value FROM run_parameters WHERE run_id = ?", run->id));
  while (true) {
    PLUMB_ASSIGN_OR_RETURN(const bool has_row, parameter.Next());
    if (!has_row) break;
    run->parameters[parameter.Text(0)] = parameter.Text(1);
  }
  // The last value of a metric stands; the earlier ones stay in the table. NaN is kept as null.
  PLUMB_ASSIGN_OR_RETURN(
      auto metric, database_.Query("SELECT name, value FROM run_metrics WHERE run_id = ? ORDER BY sequence", run->id));
  while (true) {
    PLUMB_ASSIGN_OR_RETURN(const bool has_row, metric.Next());
    if (!has_row) return Status();
    run->metrics[metric.Text(0)] = metric.IsNull(1) ? std::numeric_limits<double>::quiet_NaN() : metric.Double(1);
  }
}

}  // namespace plumb::registry
