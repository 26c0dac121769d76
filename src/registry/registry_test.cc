#include "registry/registry.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>
#include <set>

#include "base/executor.h"
#include "base/hash.h"
#include "base/memory_file_system.h"
#include "store/sqlite.h"

namespace plumb::registry {
namespace {

using base::Code;
using base::Json;

class RegistryTest : public testing::Test {
 protected:
  void SetUp() override {
    state_ = base::JoinPath(testing::TempDir(), "plumb_registry_XXXXXX");
    ASSERT_NE(mkdtemp(state_.data()), nullptr);
    registry_ = Open();
  }
  void TearDown() override {
    registry_.reset();
    EXPECT_TRUE(files_.RemoveAll(state_).ok());
  }

  std::unique_ptr<Registry> Open() {
    auto registry = Registry::Open(files_, clock_, state_);
    EXPECT_TRUE(registry.ok()) << registry.status().ToString();
    return std::move(registry).value();
  }
  base::Status OpenStatus() { return Registry::Open(files_, clock_, state_).status(); }
  std::string DatabasePath() const { return base::JoinPath(state_, "registry.db"); }
  std::string ArtifactPath(const std::string& sha256) const {
    return state_ + "/artifacts/" + sha256.substr(0, 2) + "/" + sha256;
  }

  int64_t MakeVersion(const std::string& model) {
    NewVersion version;
    version.model = model;
    return registry_->CreateVersion(version).value().number;
  }
  void MakeVersions(const std::string& model, int count) {
    for (int i = 0; i < count; ++i) MakeVersion(model);
  }
  // Deploys and rolls back: a number deploys that version of "late", 0 rolls back. Gives the versions served.
  std::vector<int64_t> Serve(const std::vector<int64_t>& steps) {
    std::vector<int64_t> served;
    for (const int64_t step : steps) {
      const auto record = step == 0 ? registry_->Rollback("flights") : registry_->Deploy("flights", "late", step, "");
      served.push_back(record.ok() ? record->version : -1);
    }
    return served;
  }

  base::FileSystem& files_ = base::RealFileSystem();
  base::ManualClock clock_{7 * base::kSecond};
  std::string state_;
  std::unique_ptr<Registry> registry_;
};

TEST_F(RegistryTest, DeploysWhatWasTrained) {
  NewVersion version;
  version.model = "late";
  version.artifacts["model.ubj"] = registry_->PutArtifact("bytes").value();
  const Version made = registry_->CreateVersion(version).value();
  ASSERT_TRUE(registry_->SetAlias("late", "champion", made.number).ok());
  const auto deployed = registry_->Deploy("flights", "late", registry_->Resolve("late@champion")->number, "").value();
  EXPECT_EQ(deployed.version, 1);
  EXPECT_EQ(deployed.reason, "deploy");
  EXPECT_EQ(registry_->Current("flights").value().model, "late");
}

TEST_F(RegistryTest, KeepsAllOfAVersion) {
  NewVersion version;
  version.model = "late";
  version.run_id = registry_->StartRun("late", "train").value();
  version.artifacts["model"] = registry_->PutArtifact("m").value();
  version.artifacts["encoder"] = registry_->PutArtifact(std::string("\0\xff", 2)).value();
  version.features.Append(Json().Set("name", "delay"));
  version.data.Set("rows", 12);
  version.metrics.Set("auc", 0.1 + 0.2);
  version.description = "It's \"new\"";
  ASSERT_TRUE(registry_->CreateVersion(version).ok());
  registry_ = Open();
  const Version read = registry_->GetVersion("late", 1).value();
  EXPECT_EQ(read.run_id, version.run_id);
  EXPECT_EQ(read.artifacts, version.artifacts);
  EXPECT_EQ(read.features, version.features);
  EXPECT_EQ(read.data, version.data);
  EXPECT_EQ(read.metrics, version.metrics);
  EXPECT_EQ(read.description, version.description);
  EXPECT_EQ(read.created, 7 * base::kSecond);
  EXPECT_TRUE(read.aliases.empty());
}

TEST_F(RegistryTest, NumbersVersionsByModel) {
  EXPECT_EQ(MakeVersion("late"), 1);
  EXPECT_EQ(MakeVersion("late"), 2);
  EXPECT_EQ(MakeVersion("early"), 1);
  const auto versions = registry_->Versions("late").value();
  ASSERT_EQ(versions.size(), 2u);
  EXPECT_EQ(versions[0].number, 2);
  EXPECT_TRUE(registry_->Versions("other").value().empty());
  EXPECT_EQ(registry_->Models().value(), (std::vector<std::string>{"early", "late"}));
}

TEST_F(RegistryTest, RefusesAVersionOfWhatIsNotThere) {
  NewVersion version;
  version.model = "late";
  version.run_id = std::string(32, '0');
  EXPECT_EQ(registry_->CreateVersion(version).status().code(), Code::kFailedPrecondition);
  version.run_id = registry_->StartRun("early", "train").value();
  EXPECT_EQ(registry_->CreateVersion(version).status().code(), Code::kFailedPrecondition);
  version.run_id.clear();
  version.artifacts["model"] = base::Sha256Hex("never put");
  EXPECT_EQ(registry_->CreateVersion(version).status().code(), Code::kFailedPrecondition);
  EXPECT_TRUE(registry_->Versions("late").value().empty());
  EXPECT_EQ(registry_->Models().value(), std::vector<std::string>{"early"});  // nothing half-made
}

TEST_F(RegistryTest, ValidatesNames) {
  const struct {
    std::string name;
    bool is_valid;
  } cases[] = {{"late", true},
               {"_a.B-9", true},
               {std::string(128, 'a'), true},
               {"", false},
               {"9a", false},
               {"-a", false},
               {std::string(129, 'a'), false},
               {"a b", false},
               {"a@b", false},
               {"a/../b", false},
               {"\xc3\xa4", false}};
  for (const auto& [name, is_valid] : cases) {
    const Code want = is_valid ? Code::kOk : Code::kInvalidArgument;
    NewVersion version;
    version.model = name;
    EXPECT_EQ(registry_->StartRun(name, "train").status().code(), want) << name;
    EXPECT_EQ(registry_->CreateVersion(version).status().code(), want) << name;
  }
  MakeVersion("late");
  EXPECT_EQ(registry_->Deploy("no name", "late", 1, "").status().code(), Code::kInvalidArgument);
  for (const char* alias : {"", "v3", "a b", "@"}) {
    EXPECT_EQ(registry_->SetAlias("late", alias, 1).code(), Code::kInvalidArgument) << alias;
  }
  EXPECT_TRUE(registry_->SetAlias("late", "v3b", 1).ok());
}

TEST_F(RegistryTest, ResolvesReferences) {
  MakeVersions("late", 3);
  EXPECT_EQ(registry_->Resolve("late").value().number, 3);
  ASSERT_TRUE(registry_->SetAlias("late", "latest", 3).ok());
  ASSERT_TRUE(registry_->SetAlias("late", "champion", 1).ok());
  ASSERT_TRUE(registry_->SetAlias("late", "champion", 2).ok());
  const struct {
    const char* reference;
    int64_t number;
  } cases[] = {{"late", 2}, {"late@champion", 2}, {"late@latest", 3}, {"late@v1", 1}, {"late@v3", 3}};
  for (const auto& [reference, number] : cases)
    EXPECT_EQ(registry_->Resolve(reference).value().number, number) << reference;
  EXPECT_EQ(registry_->GetVersion("late", 2).value().aliases, std::vector<std::string>{"champion"});
  EXPECT_TRUE(registry_->GetVersion("late", 1).value().aliases.empty());
}

TEST_F(RegistryTest, SaysWhatItHasInsteadOfAnUnknownReference) {
  EXPECT_NE(registry_->Resolve("late").status().suggestion().find("empty"), std::string::npos);
  MakeVersions("late_arrival", 2);
  ASSERT_TRUE(registry_->StartRun("untrained", "train").ok());
  const struct {
    const char* reference;
    Code code;
    const char* hint;
  } cases[] = {
      {"late_arival", Code::kNotFound, "Did you mean late_arrival?"},
      {"other", Code::kNotFound, "late_arrival, untrained"},
      {"untrained", Code::kNotFound, "plumb train"},
      {"untrained@champion", Code::kNotFound, "plumb train"},
      {"late_arrival@v9", Code::kNotFound, "v2"},
      {"late_arrival@chmpion", Code::kNotFound, "no aliases"},
      {"", Code::kInvalidArgument, "MODEL@v3"},
      {"@v1", Code::kInvalidArgument, "MODEL@v3"},
      {"late_arrival@", Code::kInvalidArgument, "MODEL@v3"},
      {"late_arrival@3", Code::kInvalidArgument, "MODEL@v3"},
      {"late_arrival@v0", Code::kInvalidArgument, "MODEL@v3"},
      {"late_arrival@v99999999999999999999", Code::kInvalidArgument, "MODEL@v3"},
      {"late_arrival@a@b", Code::kInvalidArgument, "MODEL@v3"},
  };
  for (const auto& [reference, code, hint] : cases) {
    const base::Status status = registry_->Resolve(reference).status();
    EXPECT_EQ(status.code(), code) << reference;
    EXPECT_NE(status.suggestion().find(hint), std::string::npos) << status.ToString();
  }
  ASSERT_TRUE(registry_->SetAlias("late_arrival", "champion", 1).ok());
  ASSERT_TRUE(registry_->SetAlias("late_arrival", "latest", 1).ok());
  EXPECT_EQ(registry_->Resolve("late_arrival@chmpion").status().suggestion(),
            "Did you mean champion? It has: champion, latest.");
  EXPECT_EQ(registry_->SetAlias("late_arrival", "champion", 3).code(), Code::kNotFound);
}

TEST_F(RegistryTest, RemembersRuns) {
  const std::string run = registry_->StartRun("late", "train").value();
  EXPECT_EQ(run.size(), 32u);
  EXPECT_EQ(registry_->GetRun(run).value().status, "running");
  ASSERT_TRUE(registry_->LogParameters(run, {{"trees", "100"}, {"eta", "0.1"}}).ok());
  ASSERT_TRUE(registry_->LogMetrics(run, {{"auc", 0.5}, {"loss", std::numeric_limits<double>::quiet_NaN()}}).ok());
  ASSERT_TRUE(registry_->LogMetrics(run, {{"auc", 0.75}}).ok());
  clock_.Advance(base::kSecond);
  ASSERT_TRUE(registry_->EndRun(run, true).ok());
  const registry::Run read = registry_->GetRun(run).value();
  EXPECT_EQ(read.model, "late");
  EXPECT_EQ(read.kind, "train");
  EXPECT_EQ(read.status, "finished");
  EXPECT_EQ(read.ended - read.started, base::kSecond);
  EXPECT_EQ(read.parameters, (std::map<std::string, std::string>{{"trees", "100"}, {"eta", "0.1"}}));
  EXPECT_EQ(read.metrics.at("auc"), 0.75);
  EXPECT_NE(read.metrics.at("loss"), read.metrics.at("loss"));  // NaN
  const std::string failed = registry_->StartRun("late", "train").value();
  ASSERT_TRUE(registry_->EndRun(failed, false).ok());
  const auto runs = registry_->Runs("late").value();
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[0].id, failed);
  EXPECT_EQ(runs[0].status, "failed");
}

TEST_F(RegistryTest, DoesNotChangeWhatARunSaid) {
  const std::string run = registry_->StartRun("late", "train").value();
  ASSERT_TRUE(registry_->LogParameters(run, {{"trees", "100"}}).ok());
  EXPECT_TRUE(registry_->LogParameters(run, {{"trees", "100"}}).ok());
  EXPECT_EQ(registry_->LogParameters(run, {{"a", "1"}, {"trees", "200"}}).code(), Code::kAlreadyExists);
  EXPECT_EQ(registry_->GetRun(run).value().parameters.size(), 1u);  // all or nothing
  EXPECT_EQ(registry_->LogParameters(run, {{"", "1"}}).code(), Code::kInvalidArgument);
  ASSERT_TRUE(registry_->EndRun(run, true).ok());
  EXPECT_EQ(registry_->EndRun(run, false).code(), Code::kFailedPrecondition);
  EXPECT_EQ(registry_->LogMetrics(run, {{"auc", 1}}).code(), Code::kFailedPrecondition);
  EXPECT_EQ(registry_->LogMetrics("nobody", {{"auc", 1}}).code(), Code::kNotFound);
  EXPECT_EQ(registry_->GetRun("nobody").status().code(), Code::kNotFound);
}

TEST_F(RegistryTest, StoresArtifactsByContent) {
  const std::string content("a\0b", 3);
  const std::string sha256 = registry_->PutArtifact(content).value();
  EXPECT_EQ(sha256, base::Sha256Hex(content));
  EXPECT_EQ(registry_->PutArtifact(content).value(), sha256);
  EXPECT_EQ(registry_->GetArtifact(sha256).value(), content);
  EXPECT_EQ(files_.ReadFile(ArtifactPath(sha256)).value(), content);
  EXPECT_EQ(registry_->GetArtifact(registry_->PutArtifact("").value()).value(), "");
  EXPECT_EQ(registry_->GetArtifact(base::Sha256Hex("x")).status().code(), Code::kNotFound);
  for (const char* name : {"", "ab", "../../../etc/passwd"}) {
    EXPECT_EQ(registry_->GetArtifact(name).status().code(), Code::kInvalidArgument) << name;
  }
}

TEST_F(RegistryTest, DamagedOrMissingArtifactIsDataLossUntilPutAgain) {
  const std::string sha256 = registry_->PutArtifact("content").value();
  ASSERT_TRUE(files_.WriteFileAtomically(ArtifactPath(sha256), "Content").ok());
  const base::Status damaged = registry_->GetArtifact(sha256).status();
  EXPECT_EQ(damaged.code(), Code::kDataLoss);
  EXPECT_NE(damaged.message().find(ArtifactPath(sha256)), std::string::npos);
  ASSERT_TRUE(files_.Remove(ArtifactPath(sha256)).ok());
  EXPECT_EQ(registry_->GetArtifact(sha256).status().code(), Code::kDataLoss);
  ASSERT_TRUE(registry_->PutArtifact("content").ok());
  EXPECT_EQ(registry_->GetArtifact(sha256).value(), "content");
}

// Artifacts in memory, where each operation can fail; the database beside, on the disk.
TEST_F(RegistryTest, FailingArtifactWriteLeavesNoRow) {
  base::MemoryFileSystem files;
  auto registry = Registry::Open(files, clock_, state_).value();
  const std::string sha256 = base::Sha256Hex("content");
  int failures = 0;
  while (true) {
    files.FailAt(files.operations() + failures, Code::kResourceExhausted, true);
    const auto put = registry->PutArtifact("content");
    files.ClearFaults();
    if (put.ok()) break;
    ++failures;
    EXPECT_EQ(put.status().code(), Code::kResourceExhausted);
    EXPECT_EQ(registry->GetArtifact(sha256).status().code(), Code::kNotFound) << failures;
  }
  EXPECT_GT(failures, 5);
  files.Crash();
  EXPECT_EQ(registry->GetArtifact(sha256).value(), "content");
}

TEST_F(RegistryTest, RollbackGoesBackOneVersionEachTime) {
  const struct {
    std::vector<int64_t> steps, served;  // 0 rolls back; -1: refused
  } cases[] = {
      {{1, 2, 3, 0, 0, 0}, {1, 2, 3, 2, 1, -1}},
      {{1, 2, 0, 3, 0, 0, 0}, {1, 2, 1, 3, 1, -1, -1}},
      {{1, 1, 2, 2, 2, 0, 0}, {1, 1, 2, 2, 2, 1, -1}},
      {{1, 2, 1, 0, 0, 0}, {1, 2, 1, 2, 1, -1}},
      {{1, 2, 0, 1, 0}, {1, 2, 1, 1, -1}},
      {{4, 0}, {4, -1}},
  };
  for (const auto& [steps, served] : cases) {
    registry_.reset();
    ASSERT_TRUE(files_.RemoveAll(state_).ok());
    registry_ = Open();
    MakeVersions("late", 4);
    EXPECT_EQ(Serve(steps), served);
  }
}

TEST_F(RegistryTest, HistoryKeepsEveryChange) {
  EXPECT_EQ(registry_->DeploymentSequence().value(), 0);
  MakeVersions("late", 2);
  Serve({1, 2, 0});
  ASSERT_TRUE(registry_->Deploy("other", "late", 2, "by hand").ok());
  const auto history = registry_->History("flights").value();
  ASSERT_EQ(history.size(), 3u);
  EXPECT_EQ(history[0].reason, "rollback");
  EXPECT_EQ(history[0].version, 1);
  EXPECT_EQ(history[2].reason, "deploy");
  EXPECT_GT(history[0].sequence, history[1].sequence);
  EXPECT_EQ(registry_->DeploymentSequence().value(), registry_->Current("other").value().sequence);
  const auto current = registry_->CurrentDeployments().value();
  ASSERT_EQ(current.size(), 2u);
  EXPECT_EQ(current[0].deployment, "flights");
  EXPECT_EQ(current[0].version, 1);
  EXPECT_EQ(current[1].reason, "by hand");
}

TEST_F(RegistryTest, RefusesUnknownDeploymentsAndVersions) {
  EXPECT_EQ(registry_->Current("flights").status().code(), Code::kNotFound);
  EXPECT_EQ(registry_->Rollback("flights").status().code(), Code::kNotFound);
  EXPECT_TRUE(registry_->History("flights").value().empty());
  EXPECT_EQ(registry_->Deploy("flights", "late", 1, "").status().code(), Code::kNotFound);
  MakeVersion("late");
  EXPECT_EQ(registry_->Deploy("flights", "late", 2, "").status().code(), Code::kNotFound);
  Serve({1});
  EXPECT_EQ(registry_->Current("flight").status().suggestion(), "Did you mean flights?");
  EXPECT_EQ(registry_->Rollback("flights").status().code(), Code::kFailedPrecondition);
}

TEST_F(RegistryTest, OthersSeeChangesAtOnce) {
  const auto other = Open();
  MakeVersions("late", 2);
  EXPECT_EQ(other->Resolve("late").value().number, 2);
  ASSERT_TRUE(other->SetAlias("late", "champion", 1).ok());
  EXPECT_EQ(registry_->Resolve("late").value().number, 1);
  Serve({1});
  EXPECT_EQ(other->Deploy("flights", "late", 2, "").value().version, 2);
  EXPECT_EQ(registry_->DeploymentSequence().value(), other->Current("flights").value().sequence);
  EXPECT_EQ(registry_->Rollback("flights").value().version, 1);
  EXPECT_EQ(other->GetArtifact(registry_->PutArtifact("a").value()).value(), "a");
}

TEST_F(RegistryTest, WritersTakeTurns) {
  const auto other = Open();
  std::vector<std::unique_ptr<base::Thread>> threads;
  for (Registry* registry : {registry_.get(), registry_.get(), other.get(), other.get()}) {
    threads.push_back(std::make_unique<base::Thread>("writer", [registry] {
      NewVersion version;
      version.model = "late";
      for (int i = 0; i < 5; ++i) {
        const auto made = registry->CreateVersion(version);
        EXPECT_TRUE(made.ok()) << made.status().ToString();
      }
    }));
  }
  threads.clear();  // joins
  std::set<int64_t> numbers;
  const auto versions = registry_->Versions("late").value();
  for (const Version& version : versions) numbers.insert(version.number);
  EXPECT_EQ(numbers.size(), 20u);
  EXPECT_EQ(*numbers.rbegin(), 20);
}

TEST_F(RegistryTest, TheFileItselfRefusesChanges) {
  MakeVersion("late");
  Serve({1});
  auto database = store::SqliteDatabase::Open(DatabasePath()).value();
  for (const char* sql : {"UPDATE versions SET description = 'x'", "DELETE FROM deployments", "DELETE FROM migrations",
                          "UPDATE models SET created = 0"}) {
    EXPECT_EQ(database.Execute(sql).code(), Code::kFailedPrecondition) << sql;
  }
}

TEST_F(RegistryTest, RefusesANewerSchemaAndAnotherProgramsFile) {
  {
    auto database = store::SqliteDatabase::Open(DatabasePath()).value();
    ASSERT_TRUE(database.Execute("UPDATE schema_version SET version = 1000").ok());
  }
  EXPECT_EQ(OpenStatus().code(), Code::kFailedPrecondition);
  state_ = base::JoinPath(state_, "second");
  ASSERT_TRUE(files_.CreateDirectories(state_).ok());
  {
    auto database = store::SqliteDatabase::Open(DatabasePath()).value();
    ASSERT_TRUE(database.Execute("CREATE TABLE bookmarks (url TEXT)").ok());
  }
  EXPECT_EQ(OpenStatus().code(), Code::kFailedPrecondition);
  state_ = base::DirectoryOf(state_);
}

TEST_F(RegistryTest, DamagedFileIsDataLossThatSaysHowToRestore) {
  for (int i = 0; i < 30; ++i) MakeVersion("late" + std::to_string(i));
  registry_.reset();
  const std::string bytes = files_.ReadFile(DatabasePath()).value();
  const auto expect_loss = [&](const std::string& damaged) {
    ASSERT_TRUE(files_.WriteFileAtomically(DatabasePath(), damaged).ok());
    const base::Status status = OpenStatus();
    EXPECT_EQ(status.code(), Code::kDataLoss) << status.ToString();
    EXPECT_NE(status.message().find(DatabasePath()), std::string::npos);
    EXPECT_NE(status.suggestion().find("backup"), std::string::npos);
  };
  expect_loss("not a database, but longer than the header of one" + std::string(4096, '!'));
  std::string holes = bytes;
  for (size_t i = 4096; i < holes.size(); ++i) holes[i] = '\x55';
  expect_loss(holes);
  expect_loss(bytes.substr(0, bytes.size() / 2));
  ASSERT_TRUE(files_.WriteFileAtomically(DatabasePath(), bytes).ok());
  EXPECT_TRUE(OpenStatus().ok());
}

TEST_F(RegistryTest, LostFileBesideArtifactsIsDataLoss) {
  ASSERT_TRUE(registry_->PutArtifact("content").ok());
  registry_.reset();
  for (const char* suffix : {"", "-wal", "-shm"}) (void)files_.Remove(DatabasePath() + suffix);
  EXPECT_EQ(OpenStatus().code(), Code::kDataLoss);
  EXPECT_EQ(OpenStatus().code(), Code::kDataLoss);  // the first look did not make it new
}

}  // namespace
}  // namespace plumb::registry
