#include "registry/registry.h"

#include <mutex>
#include <utility>

#include "registry/internal/artifact_store.h"
#include "registry/internal/deployment_table.h"
#include "registry/internal/reference.h"
#include "registry/internal/run_table.h"
#include "registry/internal/schema.h"
#include "registry/internal/verdict_table.h"
#include "registry/internal/version_table.h"
#include "store/sqlite.h"

namespace plumb::registry {
namespace {

using base::Result;
using base::Status;

constexpr const char* kRestoreAdvice =
    "Stop plumb, move registry.db, registry.db-wal and registry.db-shm away, and put registry.db back from a backup; "
    "the "
    "artifacts are files of their own and are kept.";

// One lock for everything: a connection to SQLite has one user at a time.
class SqliteRegistry : public Registry {
 public:
  SqliteRegistry(base::FileSystem& files, base::Clock& clock, store::SqliteDatabase database,
                 const std::string& state_directory)
      : database_(std::move(database)),
        artifacts_(files, clock, database_, state_directory),
        runs_(database_, clock),
        versions_(database_, clock),
        deployments_(database_, clock),
        verdicts_(database_, clock) {}

  // Brings the file to today's schema.
  Status Prepare(base::FileSystem& files, base::Clock& clock, const std::string& state_directory) {
    PLUMB_RETURN_IF_ERROR(database_.CheckIntegrity());
    PLUMB_ASSIGN_OR_RETURN(const int64_t version, SchemaVersion(database_));
    if (version == 0) {
      // Artifacts come after the tables: without tables they say that the file was lost.
      PLUMB_ASSIGN_OR_RETURN(const bool has_files, artifacts_.HasFiles());
      if (has_files) {
        return base::DataLoss("Registry is empty although there are artifacts: {}.", database_.path())
            .WithSuggestion(kRestoreAdvice);
      }
    }
    PLUMB_RETURN_IF_ERROR(Migrate(database_, clock));
    return version == 0 ? files.SyncDirectory(state_directory) : Status();
  }

  Result<std::string> PutArtifact(std::string_view content) override {
    const std::lock_guard guard(mutex_);
    return artifacts_.Put(content);
  }
  Result<std::string> GetArtifact(const std::string& sha256) override {
    const std::lock_guard guard(mutex_);
    return artifacts_.Get(sha256);
  }

  Result<std::string> StartRun(const std::string& model, const std::string& kind) override {
    const std::lock_guard guard(mutex_);
    return runs_.Start(model, kind);
  }
  Status LogParameters(const std::string& run, const std::map<std::string, std::string>& parameters) override {
    const std::lock_guard guard(mutex_);
    return runs_.LogParameters(run, parameters);
  }
  Status LogMetrics(const std::string& run, const std::map<std::string, double>& metrics) override {
    const std::lock_guard guard(mutex_);
    return runs_.LogMetrics(run, metrics);
  }
  Status EndRun(const std::string& run, bool succeeded) override {
    const std::lock_guard guard(mutex_);
    return runs_.End(run, succeeded);
  }
  Result<Run> GetRun(const std::string& run) override {
    const std::lock_guard guard(mutex_);
    return runs_.Get(run);
  }
  Result<std::vector<Run>> Runs(const std::string& model) override {
    const std::lock_guard guard(mutex_);
    return runs_.OfModel(model);
  }

  Result<Version> CreateVersion(const NewVersion& version) override {
    const std::lock_guard guard(mutex_);
    return versions_.Create(version);
  }
  Result<Version> Resolve(const std::string& reference) override {
    const std::lock_guard guard(mutex_);
    return versions_.Resolve(reference);
  }
  Result<Version> GetVersion(const std::string& model, int64_t number) override {
    const std::lock_guard guard(mutex_);
    return versions_.Get(model, number);
  }
  Result<std::vector<Version>> Versions(const std::string& model) override {
    const std::lock_guard guard(mutex_);
    return versions_.OfModel(model);
  }
  Result<std::vector<std::string>> Models() override {
    const std::lock_guard guard(mutex_);
    return versions_.Models();
  }
  Status SetAlias(const std::string& model, const std::string& alias, int64_t version) override {
    const std::lock_guard guard(mutex_);
    return versions_.SetAlias(model, alias, version);
  }

  Result<std::vector<AliasRecord>> AliasHistory(const std::string& model, const std::string& alias) override {
    const std::lock_guard guard(mutex_);
    return versions_.AliasHistory(model, alias);
  }

  Result<VerdictRecord> AddVerdict(const std::string& model, int64_t version, const std::string& verdict,
                                   const base::Json& report) override {
    const std::lock_guard guard(mutex_);
    PLUMB_RETURN_IF_ERROR(versions_.Get(model, version).status());
    return verdicts_.Add(model, version, verdict, report);
  }
  Result<std::vector<VerdictRecord>> Verdicts(const std::string& model, int64_t version) override {
    const std::lock_guard guard(mutex_);
    return verdicts_.Of(model, version);
  }

  Result<DeploymentRecord> Deploy(const std::string& deployment, const std::string& model, int64_t version,
                                  const std::string& reason) override {
    const std::lock_guard guard(mutex_);
    PLUMB_RETURN_IF_ERROR(versions_.Get(model, version).status());
    DeploymentRecord wanted;
    wanted.deployment = deployment;
    wanted.model = model;
    wanted.version = version;
    wanted.reason = reason.empty() ? "deploy" : reason;
    return deployments_.Deploy(wanted);
  }
  Result<DeploymentRecord> Current(const std::string& deployment) override {
    const std::lock_guard guard(mutex_);
    return deployments_.Current(deployment);
  }
  Result<std::vector<DeploymentRecord>> CurrentDeployments() override {
    const std::lock_guard guard(mutex_);
    return deployments_.AllCurrent();
  }
  Result<std::vector<DeploymentRecord>> History(const std::string& deployment) override {
    const std::lock_guard guard(mutex_);
    return deployments_.History(deployment);
  }
  Result<DeploymentRecord> Rollback(const std::string& deployment) override {
    const std::lock_guard guard(mutex_);
    return deployments_.Rollback(deployment);
  }
  Result<int64_t> DeploymentSequence() override {
    const std::lock_guard guard(mutex_);
    return deployments_.Sequence();
  }

 private:
  std::mutex mutex_;  // guards everything below
  store::SqliteDatabase database_;
  ArtifactStore artifacts_;
  RunTable runs_;
  VersionTable versions_;
  DeploymentTable deployments_;
  VerdictTable verdicts_;
};

}  // namespace

Result<std::unique_ptr<Registry>> Registry::Open(base::FileSystem& files, base::Clock& clock,
                                                 const std::string& state_directory) {
  PLUMB_RETURN_IF_ERROR(files.CreateDirectories(state_directory));
  const std::string path = base::JoinPath(state_directory, "registry.db");
  PLUMB_ASSIGN_OR_RETURN(store::SqliteDatabase database,
                         store::SqliteDatabase::Open(path, {.restore_advice = kRestoreAdvice}));
  auto registry = std::make_unique<SqliteRegistry>(files, clock, std::move(database), state_directory);
  PLUMB_RETURN_IF_ERROR(registry->Prepare(files, clock, state_directory));
  return std::unique_ptr<Registry>(std::move(registry));
}

}  // namespace plumb::registry
