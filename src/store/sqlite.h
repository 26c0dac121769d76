// sqlite.h: SQLite behind values that close themselves and errors that are a Status.
//
// Why: an embedded database wants the same few settings everywhere (write-ahead log, synchronous FULL, foreign keys, a
// busy timeout) and must never leak its handles or codes. SQLite opens its files itself; this is its adapter.
//
// Errors: kUnavailable (another connection writes; may be retried), kResourceExhausted (disk full), kAlreadyExists (a
// key that is taken), kFailedPrecondition (another constraint or a trigger), kPermissionDenied, kDataLoss (the file is
// damaged or no database; says what to do), kIo for the rest; always with the path.
//
// Thread safety: one user at a time for a database and all its statements.
//
//   auto database = SqliteDatabase::Open("state.db").value();        // from sqlite_test.cc, Sqlite.ReadsWhatWasWritten
//   database.Run("INSERT INTO item (name, price) VALUES (?, ?)", "pear", 1.5);
//   auto row = database.Query("SELECT price FROM item WHERE name = ?", "pear").value();
//   while (row.Next().value()) row.Double(0);
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/status.h"

namespace plumb::store {

struct SqliteOptions {
  bool is_read_only = false;  // kNotFound for a file that is not there
  int busy_timeout_ms = 5000;
  // What a user does when the file is damaged; the suggestion of kDataLoss.
  std::string restore_advice = "Stop plumb and restore the file from a backup.";
};

// A prepared statement and its current row. Keeps the database open.
class SqliteStatement {
 public:
  // Parameters are numbered from 1. NaN becomes null.
  base::Status Bind(int parameter, int64_t value);
  base::Status Bind(int parameter, double value);
  base::Status Bind(int parameter, std::string_view value);
  base::Status Bind(int parameter, std::nullopt_t);
  template <typename T>
  base::Status Bind(int parameter, const std::optional<T>& value) {
    return value ? Bind(parameter, *value) : Bind(parameter, std::nullopt);
  }
  template <typename T, typename = std::enable_if_t<std::is_integral_v<T>>>
  base::Status Bind(int parameter, T value) {
    return Bind(parameter, static_cast<int64_t>(value));
  }

  // Goes to the next row; false after the last.
  base::Result<bool> Next();
  // Makes the statement ready to run again; bound values stay.
  void Reset();

  // Columns of the current row, numbered from 0. Require that Next() returned true.
  [[nodiscard]] bool IsNull(int column) const;
  [[nodiscard]] int64_t Int(int column) const;
  [[nodiscard]] double Double(int column) const;
  [[nodiscard]] std::string Text(int column) const;

 private:
  friend class SqliteDatabase;
  struct Handle;
  explicit SqliteStatement(std::shared_ptr<Handle> handle) : handle_(std::move(handle)) {}
  std::shared_ptr<Handle> handle_;
};

class SqliteDatabase {
 public:
  // Opens the file, or creates it unless read-only.
  static base::Result<SqliteDatabase> Open(const std::string& path, const SqliteOptions& options = {});

  // Statements without parameters, separated by semicolons.
  base::Status Execute(const std::string& sql);
  base::Result<SqliteStatement> Prepare(std::string_view sql);
  // One statement with its parameters in order: run to its end, or ready for Next().
  template <typename... Parameters>
  base::Status Run(std::string_view sql, const Parameters&... parameters) {
    PLUMB_ASSIGN_OR_RETURN(SqliteStatement statement, Query(sql, parameters...));
    return Finish(statement);
  }
  template <typename... Parameters>
  base::Result<SqliteStatement> Query(std::string_view sql, const Parameters&... parameters) {
    PLUMB_ASSIGN_OR_RETURN(SqliteStatement statement, Prepare(sql));
    [[maybe_unused]] int number = 0;
    base::Status status;
    (void)((status = statement.Bind(++number, parameters), status.ok()) && ...);
    if (!status.ok()) return status;
    return statement;
  }

  // Of the last row that was inserted.
  [[nodiscard]] int64_t LastRowId() const;
  // Reads every page: kDataLoss when something does not fit.
  base::Status CheckIntegrity();
  [[nodiscard]] const std::string& path() const;

 private:
  base::Status UseWriteAheadLog();
  struct Connection;
  friend class SqliteStatement;
  explicit SqliteDatabase(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}
  static base::Status Finish(SqliteStatement& statement);
  std::shared_ptr<Connection> connection_;
};

// Everything between Begin and Commit, or nothing of it. Takes the write lock at once, so that what is read inside
// stays true. One at a time for a database.
class SqliteTransaction {
 public:
  static base::Result<SqliteTransaction> Begin(SqliteDatabase& database);
  SqliteTransaction(SqliteTransaction&& other) noexcept : database_(std::exchange(other.database_, std::nullopt)) {}
  SqliteTransaction& operator=(SqliteTransaction&&) = delete;
  ~SqliteTransaction();  // rolls back what was not committed
  base::Status Commit();

 private:
  explicit SqliteTransaction(SqliteDatabase database) : database_(std::move(database)) {}
  std::optional<SqliteDatabase> database_;  // a second handle of the same connection; none once it is over
};

}  // namespace plumb::store
