#include "store/sqlite.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>

#include "base/executor.h"
#include "base/file_system.h"

namespace plumb::store {
namespace {

using base::Code;

constexpr const char* kTable =
    "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, price REAL, parent INTEGER REFERENCES item "
    "(id)) STRICT";

class Sqlite : public testing::Test {
 protected:
  void SetUp() override {
    root_ = base::JoinPath(testing::TempDir(), "plumb_sqlite_XXXXXX");
    ASSERT_NE(mkdtemp(root_.data()), nullptr);
    path_ = base::JoinPath(root_, "test.db");
  }
  void TearDown() override { EXPECT_TRUE(base::RealFileSystem().RemoveAll(root_).ok()); }

  SqliteDatabase Open(const SqliteOptions& options = {}) { return SqliteDatabase::Open(path_, options).value(); }
  SqliteDatabase OpenWithTable() {
    SqliteDatabase database = Open();
    EXPECT_TRUE(database.Execute(kTable).ok());
    return database;
  }
  static int64_t Count(SqliteDatabase& database) {
    auto row = database.Query("SELECT count(*) FROM item").value();
    EXPECT_TRUE(row.Next().value());
    return row.Int(0);
  }

  std::string root_, path_;
};

TEST_F(Sqlite, ReadsWhatWasWritten) {
  SqliteDatabase database = OpenWithTable();
  const std::string odd("a\0'\"\n", 5);
  ASSERT_TRUE(database.Run("INSERT INTO item (name, price) VALUES (?, ?)", "pear", 1.5).ok());
  ASSERT_TRUE(database.Run("INSERT INTO item (name, parent) VALUES (?, ?)", odd, database.LastRowId()).ok());
  ASSERT_TRUE(
      database.Run("INSERT INTO item (name, price) VALUES (?, ?)", std::string_view(), std::optional<double>()).ok());
  auto row = database.Query("SELECT name, price, parent FROM item ORDER BY id").value();
  ASSERT_TRUE(row.Next().value());
  EXPECT_EQ(row.Text(0), "pear");
  EXPECT_EQ(row.Double(1), 1.5);
  EXPECT_TRUE(row.IsNull(2));
  ASSERT_TRUE(row.Next().value());
  EXPECT_EQ(row.Text(0), odd);
  EXPECT_TRUE(row.IsNull(1));
  EXPECT_EQ(row.Int(2), 1);
  ASSERT_TRUE(row.Next().value());
  EXPECT_EQ(row.Text(0), "");
  EXPECT_FALSE(row.IsNull(0));
  EXPECT_FALSE(row.Next().value());
}

TEST_F(Sqlite, IsOpenedByManyAtOnceBeforeItExists) {
  const auto executor = base::MakeExecutor(8);
  for (int round = 0; round < 10; ++round) {
    const std::string path = path_ + std::to_string(round);
    std::vector<base::Status> statuses(8);
    executor->ParallelFor(statuses.size(), 1, [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) statuses[i] = SqliteDatabase::Open(path).status();
    });
    for (const base::Status& status : statuses) EXPECT_TRUE(status.ok()) << status.ToString();
  }
}

TEST_F(Sqlite, StoresWholeIntegersAndTakesNanForNull) {
  SqliteDatabase database = Open();
  ASSERT_TRUE(database.Execute("CREATE TABLE n (i INTEGER, d REAL)").ok());
  const int64_t least = std::numeric_limits<int64_t>::min();
  ASSERT_TRUE(database.Run("INSERT INTO n VALUES (?, ?)", least, std::numeric_limits<double>::quiet_NaN()).ok());
  auto row = database.Query("SELECT i, d FROM n").value();
  ASSERT_TRUE(row.Next().value());
  EXPECT_EQ(row.Int(0), least);
  EXPECT_TRUE(row.IsNull(1));
}

TEST_F(Sqlite, RunsAStatementAgain) {
  SqliteDatabase database = OpenWithTable();
  auto insert = database.Prepare("INSERT INTO item (name) VALUES (?)").value();
  for (const char* name : {"a", "b", "c"}) {
    ASSERT_TRUE(insert.Bind(1, name).ok());
    EXPECT_FALSE(insert.Next().value());
    insert.Reset();
  }
  EXPECT_EQ(Count(database), 3);
}

TEST_F(Sqlite, SetsWhatDurabilityNeeds) {
  SqliteDatabase database = Open();
  const struct {
    const char* pragma;
    const char* want;
  } cases[] = {{"journal_mode", "wal"}, {"synchronous", "2"}, {"foreign_keys", "1"}, {"busy_timeout", "5000"}};
  for (const auto& [pragma, want] : cases) {
    auto row = database.Query(std::string("PRAGMA ") + pragma).value();
    ASSERT_TRUE(row.Next().value());
    EXPECT_EQ(row.Text(0), want) << pragma;
  }
}

TEST_F(Sqlite, RollsBackWhatIsNotCommitted) {
  SqliteDatabase database = OpenWithTable();
  {
    auto transaction = SqliteTransaction::Begin(database).value();
    ASSERT_TRUE(database.Run("INSERT INTO item (name) VALUES ('a')").ok());
  }
  EXPECT_EQ(Count(database), 0);
  {
    auto transaction = SqliteTransaction::Begin(database).value();
    ASSERT_TRUE(database.Run("INSERT INTO item (name) VALUES ('a')").ok());
    ASSERT_TRUE(transaction.Commit().ok());
  }
  EXPECT_EQ(Count(database), 1);
}

TEST_F(Sqlite, SaysWhichRuleARowBreaks) {
  SqliteDatabase database = OpenWithTable();
  ASSERT_TRUE(database.Run("INSERT INTO item (name) VALUES ('a')").ok());
  EXPECT_EQ(database.Run("INSERT INTO item (name) VALUES ('a')").code(), Code::kAlreadyExists);
  EXPECT_EQ(database.Run("INSERT INTO item (id, name) VALUES (1, 'b')").code(), Code::kAlreadyExists);
  EXPECT_EQ(database.Run("INSERT INTO item (name, parent) VALUES ('b', 99)").code(), Code::kFailedPrecondition);
  EXPECT_EQ(database.Run("INSERT INTO item (name) VALUES (NULL)").code(), Code::kFailedPrecondition);
}

TEST_F(Sqlite, SecondWriterIsUnavailable) {
  SqliteDatabase first = OpenWithTable();
  SqliteDatabase second = Open({.busy_timeout_ms = 0});
  {
    auto transaction = SqliteTransaction::Begin(first).value();
    EXPECT_EQ(SqliteTransaction::Begin(second).status().code(), Code::kUnavailable);
    EXPECT_EQ(Count(second), 0);  // reading goes on
  }
  EXPECT_TRUE(SqliteTransaction::Begin(second).ok());
}

TEST_F(Sqlite, FullDatabaseIsExhausted) {
  SqliteDatabase database = OpenWithTable();
  ASSERT_TRUE(database.Execute("PRAGMA max_page_count = 10").ok());
  EXPECT_EQ(database.Run("INSERT INTO item (name) VALUES (?)", std::string(100'000, 'x')).code(),
            Code::kResourceExhausted);
}

TEST_F(Sqlite, ReadOnlyNeitherCreatesNorWrites) {
  EXPECT_EQ(SqliteDatabase::Open(path_, {.is_read_only = true}).status().code(), Code::kNotFound);
  (void)OpenWithTable();
  SqliteDatabase database = Open({.is_read_only = true});
  EXPECT_EQ(Count(database), 0);
  EXPECT_EQ(database.Run("INSERT INTO item (name) VALUES ('a')").code(), Code::kPermissionDenied);
}

TEST_F(Sqlite, WhatIsNoDatabaseIsDataLossWithAdvice) {
  ASSERT_TRUE(base::RealFileSystem().WriteFileAtomically(path_, std::string(5000, 'x')).ok());
  for (const bool is_read_only : {true, false}) {
    const auto status =
        SqliteDatabase::Open(path_, {.is_read_only = is_read_only, .restore_advice = "Restore it."}).status();
    EXPECT_EQ(status.code(), Code::kDataLoss) << status.ToString();
    EXPECT_NE(status.message().find(path_), std::string::npos);
    EXPECT_EQ(status.suggestion(), "Restore it.");
  }
  EXPECT_EQ(base::RealFileSystem().ReadFile(path_).value(), std::string(5000, 'x'));
}

TEST_F(Sqlite, FindsDamagedPages) {
  {
    SqliteDatabase database = OpenWithTable();
    for (int i = 0; i < 200; ++i)
      ASSERT_TRUE(database.Run("INSERT INTO item (name) VALUES (?)", std::string(100, 'x') + std::to_string(i)).ok());
    EXPECT_TRUE(database.CheckIntegrity().ok());
  }
  std::string bytes = base::RealFileSystem().ReadFile(path_).value();
  ASSERT_GT(bytes.size(), 16'384u);
  for (size_t i = 4096; i < 16'384; ++i) bytes[i] = '\x55';
  ASSERT_TRUE(base::RealFileSystem().WriteFileAtomically(path_, bytes).ok());
  auto database = SqliteDatabase::Open(path_);
  EXPECT_EQ(database.ok() ? database->CheckIntegrity().code() : database.status().code(), Code::kDataLoss);
}

TEST_F(Sqlite, StatementKeepsItsDatabaseOpen) {
  auto statement = [&] {
    SqliteDatabase database = OpenWithTable();
    return database.Query("SELECT 7").value();
  }();
  ASSERT_TRUE(statement.Next().value());
  EXPECT_EQ(statement.Int(0), 7);
}

}  // namespace
}  // namespace plumb::store
