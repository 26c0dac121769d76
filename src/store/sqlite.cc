#include "store/sqlite.h"

#include <sqlite3.h>

#include <limits>
#include <utility>

namespace plumb::store {

using base::Result;
using base::Status;

struct SqliteDatabase::Connection {
  ~Connection() { sqlite3_close_v2(handle); }

  // The error that the connection reports for `code`.
  [[nodiscard]] Status Error(int code) const;

  sqlite3* handle = nullptr;
  std::string path;
  std::string restore_advice;
};

struct SqliteStatement::Handle {
  ~Handle() { sqlite3_finalize(statement); }
  Status Check(int code) const { return code == SQLITE_OK ? Status() : connection->Error(code); }

  std::shared_ptr<SqliteDatabase::Connection> connection;  // outlives the statement
  sqlite3_stmt* statement = nullptr;
};

namespace {

constexpr int kSwitchAttemptsMax = 100;

Status ConstraintError(int extended, const std::string& path, const char* what) {
  if (extended == SQLITE_CONSTRAINT_UNIQUE || extended == SQLITE_CONSTRAINT_PRIMARYKEY) {
    return base::AlreadyExists("Row is already in the database: {}, {}.", path, what);
  }
  return base::FailedPrecondition("Row breaks a rule of the database: {}, {}.", path, what);
}

}  // namespace

Status SqliteDatabase::Connection::Error(int code) const {
  const char* what = handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return base::Unavailable("Database is in use by another process: {}.", path).WithSuggestion("Try again.");
    case SQLITE_FULL:
      return base::ResourceExhausted("Database could not be written, the disk is full: {}.", path);
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG:
      return base::ResourceExhausted("Database could not hold a value: {}, {}.", path, what);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return base::DataLoss("Database is damaged: {}, {}.", path, what).WithSuggestion(restore_advice);
    case SQLITE_CONSTRAINT:
      return ConstraintError(handle != nullptr ? sqlite3_extended_errcode(handle) : code, path, what);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return base::PermissionDenied("Database may not be written: {}, {}.", path, what);
    default:
      return base::Io("Database could not be used: {}, {}.", path, what);
  }
}

Status SqliteStatement::Bind(int parameter, int64_t value) {
  return handle_->Check(sqlite3_bind_int64(handle_->statement, parameter, value));
}

Status SqliteStatement::Bind(int parameter, double value) {
  return handle_->Check(sqlite3_bind_double(handle_->statement, parameter, value));
}

Status SqliteStatement::Bind(int parameter, std::string_view value) {
  // A null pointer would bind null instead of the empty text.
  const char* data = value.data() != nullptr ? value.data() : "";
  return handle_->Check(
      sqlite3_bind_text64(handle_->statement, parameter, data, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

Status SqliteStatement::Bind(int parameter, std::nullopt_t) {
  return handle_->Check(sqlite3_bind_null(handle_->statement, parameter));
}

Result<bool> SqliteStatement::Next() {
  const int code = sqlite3_step(handle_->statement);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  Status status = handle_->connection->Error(code);
  sqlite3_reset(handle_->statement);
  return status;
}

void SqliteStatement::Reset() { sqlite3_reset(handle_->statement); }

bool SqliteStatement::IsNull(int column) const {
  return sqlite3_column_type(handle_->statement, column) == SQLITE_NULL;
}
int64_t SqliteStatement::Int(int column) const { return sqlite3_column_int64(handle_->statement, column); }
double SqliteStatement::Double(int column) const { return sqlite3_column_double(handle_->statement, column); }

std::string SqliteStatement::Text(int column) const {
  const unsigned char* text = sqlite3_column_text(handle_->statement, column);
  if (text == nullptr) return {};
  return {reinterpret_cast<const char*>(text), static_cast<size_t>(sqlite3_column_bytes(handle_->statement, column))};
}

Result<SqliteDatabase> SqliteDatabase::Open(const std::string& path, const SqliteOptions& options) {
  auto connection = std::make_shared<Connection>();
  connection->path = path;
  connection->restore_advice = options.restore_advice;
  const int access = options.is_read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  const int code = sqlite3_open_v2(path.c_str(), &connection->handle, access | SQLITE_OPEN_FULLMUTEX, nullptr);
  if (code == SQLITE_CANTOPEN) return base::NotFound("Database could not be opened: {}.", path);
  if (code != SQLITE_OK) return connection->Error(code);
  sqlite3_extended_result_codes(connection->handle, 1);
  sqlite3_busy_timeout(connection->handle, options.busy_timeout_ms);
  // A crafted schema must not call functions with side effects.
  sqlite3_db_config(connection->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(connection->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  SqliteDatabase database(std::move(connection));
  PLUMB_RETURN_IF_ERROR(
      database.Execute("PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA cell_size_check = ON;"));
  // The first read of the file, where damage shows.
  PLUMB_RETURN_IF_ERROR(database.Execute("SELECT count(*) FROM sqlite_schema"));
  if (!options.is_read_only) PLUMB_RETURN_IF_ERROR(database.UseWriteAheadLog());
  return database;
}

Status SqliteDatabase::UseWriteAheadLog() {
  Status status;
  for (int attempt = 0; attempt < kSwitchAttemptsMax; ++attempt) {
    status = Execute("PRAGMA journal_mode = WAL");
    if (status.code() != base::Code::kUnavailable) return status;
    // While another process makes the same switch this one fails at once, without the busy handler. A transaction does
    // wait.
    PLUMB_RETURN_IF_ERROR(Execute("BEGIN IMMEDIATE; COMMIT"));
  }
  return status;
}

Status SqliteDatabase::Execute(const std::string& sql) {
  const int code = sqlite3_exec(connection_->handle, sql.c_str(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? Status() : connection_->Error(code);
}

Result<SqliteStatement> SqliteDatabase::Prepare(std::string_view sql) {
  PLUMB_CHECK(sql.size() < std::numeric_limits<int>::max(), "SQL is text of ours.");
  auto handle = std::make_shared<SqliteStatement::Handle>();
  handle->connection = connection_;
  PLUMB_RETURN_IF_ERROR(handle->Check(
      sqlite3_prepare_v2(connection_->handle, sql.data(), static_cast<int>(sql.size()), &handle->statement, nullptr)));
  return SqliteStatement(std::move(handle));
}

Status SqliteDatabase::Finish(SqliteStatement& statement) {
  while (true) {
    PLUMB_ASSIGN_OR_RETURN(const bool has_row, statement.Next());
    if (!has_row) return Status();
  }
}

int64_t SqliteDatabase::LastRowId() const { return sqlite3_last_insert_rowid(connection_->handle); }

Status SqliteDatabase::CheckIntegrity() {
  PLUMB_ASSIGN_OR_RETURN(SqliteStatement row, Query("PRAGMA quick_check(1)"));
  PLUMB_ASSIGN_OR_RETURN(const bool has_row, row.Next());
  if (has_row && row.Text(0) == "ok") return Status();
  return base::DataLoss("Database is damaged: {}, {}.", path(), has_row ? row.Text(0) : "it cannot be checked")
      .WithSuggestion(connection_->restore_advice);
}

const std::string& SqliteDatabase::path() const { return connection_->path; }

Result<SqliteTransaction> SqliteTransaction::Begin(SqliteDatabase& database) {
  PLUMB_RETURN_IF_ERROR(database.Execute("BEGIN IMMEDIATE"));
  return SqliteTransaction(database);
}

SqliteTransaction::~SqliteTransaction() {
  // Nothing to do about a failure: the connection rolls back by itself when it is closed.
  if (database_) (void)database_->Execute("ROLLBACK");
}

Status SqliteTransaction::Commit() {
  PLUMB_RETURN_IF_ERROR(database_->Execute("COMMIT"));
  database_.reset();
  return Status();
}

}  // namespace plumb::store
