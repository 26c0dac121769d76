#include "registry/internal/schema.h"

#include <span>
#include <string>

namespace plumb::registry {
namespace {

using base::Result;
using base::Status;
using store::SqliteDatabase;

struct Migration {
  int64_t number;
  const char* name;
  const char* sql;
  std::span<const char* const> append_only;  // the tables that it adds
};

// A migration that was released is never changed; a new one is added below it.
constexpr const char* kFirstTables = R"sql(
CREATE TABLE models (
  name TEXT PRIMARY KEY,
  created INTEGER NOT NULL
) STRICT;

CREATE TABLE artifacts (
  sha256 TEXT PRIMARY KEY CHECK (length(sha256) = 64),
  bytes INTEGER NOT NULL,
  created INTEGER NOT NULL
) STRICT;

CREATE TABLE runs (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE CHECK (length(id) = 32),
  model TEXT NOT NULL REFERENCES models (name),
  kind TEXT NOT NULL,
  started INTEGER NOT NULL
) STRICT;
CREATE INDEX runs_of_model ON runs (model, sequence);

CREATE TABLE run_ends (
  run_id TEXT PRIMARY KEY REFERENCES runs (id),
  status TEXT NOT NULL CHECK (status IN ('finished', 'failed')),
  ended INTEGER NOT NULL
) STRICT;

CREATE TABLE run_parameters (
  run_id TEXT NOT NULL REFERENCES runs (id),
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (run_id, name)
) STRICT;

CREATE TABLE run_metrics (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  run_id TEXT NOT NULL REFERENCES runs (id),
  name TEXT NOT NULL,
  value REAL,
  logged INTEGER NOT NULL
) STRICT;
CREATE INDEX metrics_of_run ON run_metrics (run_id, sequence);

CREATE TABLE versions (
  model TEXT NOT NULL REFERENCES models (name),
  number INTEGER NOT NULL CHECK (number > 0),
  run_id TEXT REFERENCES runs (id),
  features TEXT NOT NULL,
  data TEXT NOT NULL,
  metrics TEXT NOT NULL,
  description TEXT NOT NULL,
  created INTEGER NOT NULL,
  PRIMARY KEY (model, number)
) STRICT;

CREATE TABLE version_artifacts (
  model TEXT NOT NULL,
  number INTEGER NOT NULL,
  name TEXT NOT NULL,
  sha256 TEXT NOT NULL REFERENCES artifacts (sha256),
  PRIMARY KEY (model, number, name),
  FOREIGN KEY (model, number) REFERENCES versions (model, number)
) STRICT;

CREATE TABLE alias_changes (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  model TEXT NOT NULL,
  alias TEXT NOT NULL,
  number INTEGER NOT NULL,
  created INTEGER NOT NULL,
  FOREIGN KEY (model, number) REFERENCES versions (model, number)
) STRICT;
CREATE INDEX changes_of_alias ON alias_changes (model, alias, sequence);

CREATE TABLE deployments (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  deployment TEXT NOT NULL,
  model TEXT NOT NULL,
  number INTEGER NOT NULL,
  reason TEXT NOT NULL,
  back_to INTEGER REFERENCES deployments (sequence),
  created INTEGER NOT NULL,
  FOREIGN KEY (model, number) REFERENCES versions (model, number)
) STRICT;
CREATE INDEX history_of_deployment ON deployments (deployment, sequence);
)sql";

constexpr const char* kFirstAppendOnly[] = {"migrations",        "models",         "artifacts",   "runs",
                                            "run_ends",          "run_parameters", "run_metrics", "versions",
                                            "version_artifacts", "alias_changes",  "deployments"};

constexpr const char* kVerdicts = R"sql(
CREATE TABLE verdicts (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  model TEXT NOT NULL,
  number INTEGER NOT NULL,
  verdict TEXT NOT NULL,
  report TEXT NOT NULL,
  created INTEGER NOT NULL,
  FOREIGN KEY (model, number) REFERENCES versions (model, number)
) STRICT;
CREATE INDEX verdicts_of_version ON verdicts (model, number, sequence);
)sql";
constexpr const char* kVerdictsAppendOnly[] = {"verdicts"};

constexpr Migration kMigrations[] = {{1, "first tables", kFirstTables, kFirstAppendOnly},
                                     {2, "verdicts of gates", kVerdicts, kVerdictsAppendOnly}};
constexpr int64_t kNewest = std::size(kMigrations);

constexpr const char* kVersionTables = R"sql(
CREATE TABLE schema_version (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL) STRICT;
CREATE TABLE migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied INTEGER NOT NULL) STRICT;
INSERT INTO schema_version VALUES (1, 0);
)sql";

// What is append-only is kept so by the file itself.
Status AddTriggers(SqliteDatabase& database, std::span<const char* const> tables) {
  for (const char* table : tables) {
    for (const char* verb : {"UPDATE", "DELETE"}) {
      PLUMB_RETURN_IF_ERROR(database.Execute(fmt::format(
          "CREATE TRIGGER {0}_no_{1} BEFORE {1} ON {0} BEGIN SELECT RAISE(ABORT, '{0} is append-only'); END", table,
          verb)));
    }
  }
  return Status();
}

Result<int64_t> CountTables(SqliteDatabase& database, const char* pattern) {
  PLUMB_ASSIGN_OR_RETURN(auto row, database.Query("SELECT count(*) FROM sqlite_schema WHERE name GLOB ?", pattern));
  PLUMB_RETURN_IF_ERROR(row.Next().status());
  return row.Int(0);
}

Status Apply(SqliteDatabase& database, base::Clock& clock, const Migration& migration) {
  PLUMB_ASSIGN_OR_RETURN(auto transaction, store::SqliteTransaction::Begin(database));
  PLUMB_ASSIGN_OR_RETURN(const int64_t version, SchemaVersion(database));
  if (version >= migration.number) return Status();  // another process was first
  if (version == 0) PLUMB_RETURN_IF_ERROR(database.Execute(kVersionTables));
  PLUMB_RETURN_IF_ERROR(database.Execute(migration.sql));
  PLUMB_RETURN_IF_ERROR(AddTriggers(database, migration.append_only));
  PLUMB_RETURN_IF_ERROR(
      database.Run("INSERT INTO migrations VALUES (?, ?, ?)", migration.number, migration.name, clock.Now()));
  PLUMB_RETURN_IF_ERROR(database.Run("UPDATE schema_version SET version = ?", migration.number));
  return transaction.Commit();
}

}  // namespace

Result<int64_t> SchemaVersion(SqliteDatabase& database) {
  PLUMB_ASSIGN_OR_RETURN(const int64_t tables, CountTables(database, "*"));
  if (tables == 0) return int64_t{0};
  PLUMB_ASSIGN_OR_RETURN(const int64_t version_tables, CountTables(database, "schema_version"));
  if (version_tables == 0)
    return base::FailedPrecondition("File is the database of another program: {}.", database.path());
  PLUMB_ASSIGN_OR_RETURN(auto row, database.Query("SELECT version FROM schema_version"));
  PLUMB_ASSIGN_OR_RETURN(const bool has_row, row.Next());
  if (has_row && row.Int(0) > kNewest) {
    return base::FailedPrecondition("Registry was written by a newer version of plumb: {}, schema {}, want at most {}.",
                                    database.path(), row.Int(0), kNewest)
        .WithSuggestion("Update plumb.");
  }
  if (has_row && row.Int(0) > 0) return row.Int(0);
  return base::DataLoss("Registry does not say its schema version: {}.", database.path());
}

Status Migrate(SqliteDatabase& database, base::Clock& clock) {
  PLUMB_ASSIGN_OR_RETURN(const int64_t version, SchemaVersion(database));
  for (const Migration& migration : kMigrations) {
    if (migration.number > version) PLUMB_RETURN_IF_ERROR(Apply(database, clock, migration));
  }
  return Status();
}

}  // namespace plumb::registry
