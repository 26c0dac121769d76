#include "registry/internal/deployment_table.h"

#include <utility>

#include "base/diagnostics.h"
#include "registry/internal/reference.h"

namespace plumb::registry {

using base::Result;
using base::Status;
using store::SqliteStatement;
using store::SqliteTransaction;

namespace {

constexpr const char* kColumns =
    "SELECT sequence, deployment, model, number, reason, back_to, created FROM deployments ";

}  // namespace

Result<DeploymentRecord> DeploymentTable::Deploy(const DeploymentRecord& wanted) {
  PLUMB_RETURN_IF_ERROR(ValidateName("Deployment", wanted.deployment));
  PLUMB_ASSIGN_OR_RETURN(auto transaction, SqliteTransaction::Begin(database_));
  PLUMB_ASSIGN_OR_RETURN(const std::optional<Row> newest, Newest(wanted.deployment));
  Row row{wanted, std::nullopt};
  if (newest) {
    // What is already served is nothing to go back to.
    const bool is_equal = newest->record.model == wanted.model && newest->record.version == wanted.version;
    row.back_to = is_equal ? newest->back_to : newest->record.sequence;
  }
  PLUMB_ASSIGN_OR_RETURN(DeploymentRecord record, Insert(std::move(row)));
  PLUMB_RETURN_IF_ERROR(transaction.Commit());
  return record;
}

Result<DeploymentRecord> DeploymentTable::Rollback(const std::string& deployment) {
  PLUMB_ASSIGN_OR_RETURN(auto transaction, SqliteTransaction::Begin(database_));
  PLUMB_ASSIGN_OR_RETURN(const std::optional<Row> newest, Newest(deployment));
  if (!newest) return Unknown(deployment);
  if (!newest->back_to) {
    return base::FailedPrecondition("Deployment has no earlier version to go back to: {} serves {}@v{}.", deployment,
                                    newest->record.model, newest->record.version);
  }
  PLUMB_ASSIGN_OR_RETURN(auto statement,
                         database_.Query(std::string(kColumns) + "WHERE sequence = ?", *newest->back_to));
  PLUMB_ASSIGN_OR_RETURN(const bool has_row, statement.Next());
  if (!has_row)
    return base::DataLoss("Registry lacks a deployment that it refers to: {}, {}.", deployment, *newest->back_to);
  Row row = RowOf(statement);
  row.record.reason = "rollback";
  PLUMB_ASSIGN_OR_RETURN(DeploymentRecord record, Insert(std::move(row)));
  PLUMB_RETURN_IF_ERROR(transaction.Commit());
  return record;
}

Result<DeploymentRecord> DeploymentTable::Insert(Row row) {
  row.record.created = clock_.Now();
  PLUMB_RETURN_IF_ERROR(database_.Run(
      "INSERT INTO deployments (deployment, model, number, reason, back_to, created) VALUES (?, ?, ?, ?, ?, ?)",
      row.record.deployment, row.record.model, row.record.version, row.record.reason, row.back_to, row.record.created));
  row.record.sequence = database_.LastRowId();
  return std::move(row.record);
}

Result<DeploymentRecord> DeploymentTable::Current(const std::string& deployment) {
  PLUMB_ASSIGN_OR_RETURN(const std::optional<Row> newest, Newest(deployment));
  if (!newest) return Unknown(deployment);
  return newest->record;
}

Result<std::vector<DeploymentRecord>> DeploymentTable::AllCurrent() {
  PLUMB_ASSIGN_OR_RETURN(
      auto statement, database_.Query(std::string(kColumns) +
                                      "WHERE sequence IN (SELECT max(sequence) FROM deployments GROUP BY deployment) "
                                      "ORDER BY deployment"));
  return ReadAll(std::move(statement));
}

Result<std::vector<DeploymentRecord>> DeploymentTable::History(const std::string& deployment) {
  PLUMB_ASSIGN_OR_RETURN(
      auto statement,
      database_.Query(std::string(kColumns) + "WHERE deployment = ? ORDER BY sequence DESC", deployment));
  return ReadAll(std::move(statement));
}

Result<int64_t> DeploymentTable::Sequence() {
  PLUMB_ASSIGN_OR_RETURN(auto row, database_.Query("SELECT max(sequence) FROM deployments"));
  PLUMB_RETURN_IF_ERROR(row.Next().status());
  return row.Int(0);  // null, when there is none, reads as 0
}

DeploymentTable::Row DeploymentTable::RowOf(const SqliteStatement& statement) {
  Row row;
  row.record.sequence = statement.Int(0);
  row.record.deployment = statement.Text(1);
  row.record.model = statement.Text(2);
  row.record.version = statement.Int(3);
  row.record.reason = statement.Text(4);
  if (!statement.IsNull(5)) row.back_to = statement.Int(5);
  row.record.created = statement.Int(6);
  return row;
}

Result<std::vector<DeploymentRecord>> DeploymentTable::ReadAll(SqliteStatement statement) {
  std::vector<DeploymentRecord> records;
  while (true) {
    PLUMB_ASSIGN_OR_RETURN(const bool has_row, statement.Next());
    if (!has_row) return records;
    records.push_back(RowOf(statement).record);
  }
}

Result<std::optional<DeploymentTable::Row>> DeploymentTable::Newest(const std::string& deployment) {
  PLUMB_ASSIGN_OR_RETURN(
      auto statement,
      database_.Query(std::string(kColumns) + "WHERE deployment = ? ORDER BY sequence DESC LIMIT 1", deployment));
  PLUMB_ASSIGN_OR_RETURN(const bool has_row, statement.Next());
  return has_row ? std::optional(RowOf(statement)) : std::nullopt;
}

Status DeploymentTable::Unknown(const std::string& deployment) {
  PLUMB_ASSIGN_OR_RETURN(const std::vector<DeploymentRecord> current, AllCurrent());
  std::vector<std::string> names;
  for (const DeploymentRecord& record : current) names.push_back(record.deployment);
  const std::string guess = base::DidYouMean(deployment, names);
  return base::NotFound("Deployment has not been made: {}.", deployment)
      .WithSuggestion(guess.empty() ? "Make it with plumb deploy." : guess);
}

}  // namespace plumb::registry
