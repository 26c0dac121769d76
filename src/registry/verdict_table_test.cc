// What gates said, and how a registry of before there were gates becomes one of today.
#include <gtest/gtest.h>

#include <cstdlib>

#include "registry/registry.h"
#include "store/sqlite.h"

namespace plumb::registry {
namespace {

using base::Code;

class VerdictTest : public testing::Test {
 protected:
  void SetUp() override {
    state_ = base::JoinPath(testing::TempDir(), "plumb_verdict_XXXXXX");
    ASSERT_NE(mkdtemp(state_.data()), nullptr);
    Reopen();
  }
  void TearDown() override {
    registry_.reset();
    EXPECT_TRUE(base::RealFileSystem().RemoveAll(state_).ok());
  }
  void Reopen() {
    registry_.reset();
    auto opened = Registry::Open(base::RealFileSystem(), clock_, state_);
    ASSERT_TRUE(opened.ok()) << opened.status().ToString();
    registry_ = std::move(opened).value();
  }
  void MakeVersion() {
    NewVersion version;
    version.model = "late";
    ASSERT_TRUE(registry_->CreateVersion(version).ok());
  }
  store::SqliteDatabase Database() {
    return store::SqliteDatabase::Open(base::JoinPath(state_, "registry.db")).value();
  }

  base::ManualClock clock_{1'400'000'000 * base::kSecond};
  std::string state_;
  std::unique_ptr<Registry> registry_;
};

TEST_F(VerdictTest, KeepsEveryVerdictOfAVersionNewestFirst) {
  MakeVersion();
  MakeVersion();
  base::Json report;
  report.Set("rows", 7);
  ASSERT_TRUE(registry_->AddVerdict("late", 1, "reject", report).ok());
  clock_.Advance(base::kSecond);
  const auto second = registry_->AddVerdict("late", 1, "promote", {});
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->created, clock_.Now());
  Reopen();
  const auto verdicts = registry_->Verdicts("late", 1).value();
  ASSERT_EQ(verdicts.size(), 2U);
  EXPECT_EQ(verdicts[0].verdict, "promote");
  EXPECT_EQ(verdicts[1].verdict, "reject");
  EXPECT_EQ(verdicts[1].report, report);
  EXPECT_LT(verdicts[1].sequence, verdicts[0].sequence);
  EXPECT_TRUE(registry_->Verdicts("late", 2).value().empty());
}

TEST_F(VerdictTest, RefusesAVerdictOfWhatIsNotThere) {
  EXPECT_EQ(registry_->AddVerdict("late", 1, "promote", {}).status().code(), Code::kNotFound);
  MakeVersion();
  EXPECT_EQ(registry_->AddVerdict("late", 2, "promote", {}).status().code(), Code::kNotFound);
  EXPECT_EQ(registry_->AddVerdict("late", 1, "", {}).status().code(), Code::kInvalidArgument);
  EXPECT_TRUE(registry_->Verdicts("late", 1).value().empty());
}

TEST_F(VerdictTest, TheFileRefusesChangesOfVerdicts) {
  MakeVersion();
  ASSERT_TRUE(registry_->AddVerdict("late", 1, "reject", {}).ok());
  auto database = Database();
  for (const char* sql : {"UPDATE verdicts SET verdict = 'promote'", "DELETE FROM verdicts"}) {
    EXPECT_EQ(database.Execute(sql).code(), Code::kFailedPrecondition) << sql;
  }
}

TEST_F(VerdictTest, AnAliasRemembersWhatItStoodFor) {
  for (int i = 0; i < 3; i++) MakeVersion();
  EXPECT_TRUE(registry_->AliasHistory("late", "champion").value().empty());
  for (const int64_t version : {1, 3, 1}) {
    clock_.Advance(base::kSecond);
    ASSERT_TRUE(registry_->SetAlias("late", "champion", version).ok());
  }
  ASSERT_TRUE(registry_->SetAlias("late", "latest", 2).ok());
  const auto history = registry_->AliasHistory("late", "champion").value();
  ASSERT_EQ(history.size(), 3U);
  EXPECT_EQ(history[0].version, 1);
  EXPECT_EQ(history[1].version, 3);
  EXPECT_EQ(history[0].since, clock_.Now());
}

// The file as schema 1 left it.
TEST_F(VerdictTest, ARegistryOfBeforeVerdictsGetsTheTable) {
  MakeVersion();
  registry_.reset();
  {
    auto database = Database();
    ASSERT_TRUE(
        database
            .Execute("DROP TABLE verdicts; DROP TRIGGER migrations_no_DELETE; DELETE FROM migrations WHERE number "
                     "> 1; CREATE TRIGGER migrations_no_DELETE BEFORE DELETE ON migrations BEGIN SELECT "
                     "RAISE(ABORT, 'migrations is append-only'); END; UPDATE schema_version SET version = 1")
            .ok());
  }
  Reopen();
  EXPECT_EQ(registry_->Versions("late").value().size(), 1U);
  EXPECT_TRUE(registry_->AddVerdict("late", 1, "promote", {}).ok());
  EXPECT_EQ(Database().Execute("DELETE FROM verdicts").code(), Code::kFailedPrecondition);
}

}  // namespace
}  // namespace plumb::registry
