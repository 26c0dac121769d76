// registry.h: what exists and who put it there: runs, models, versions, aliases, deployments, artifacts.
//
// SQLite in STATE/registry.db (WAL, synchronous FULL, foreign keys, a schema version); artifacts are files named by
// their SHA-256 in STATE/artifacts/ab/…, written before the row that names them. Everything is append-only but aliases
// and the current deployment, whose changes are kept as history. Several processes may use it at once.
//
// Errors: kNotFound and kFailedPrecondition say what there is; kInvalidArgument for a name that is none (letters,
// digits, "_", ".",
// "-"); kUnavailable when another process keeps writing; kDataLoss, naming the file and what to do, when a file is
// damaged.
//
// Thread safety: a Registry serialises its calls.
//
//   auto registry = Registry::Open(files, clock, "state").value();     // from registry_test.cc,
//   RegistryTest.DeploysWhatWasTrained version.artifacts["model.ubj"] = registry->PutArtifact(bytes).value(); const
//   Version made = registry->CreateVersion(version).value();     // late@v1 registry->SetAlias("late", "champion",
//   made.number); registry->Deploy("flights", "late", registry->Resolve("late@champion")->number, "");
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/json.h"
#include "base/status.h"

namespace plumb::registry {

struct Run {
  std::string id;  // 32 hex digits
  std::string model;
  std::string kind;    // "train"
  std::string status;  // "running", "finished", "failed"
  base::Time started = 0, ended = 0;
  std::map<std::string, std::string> parameters;
  std::map<std::string, double> metrics;
};

// What a version was made of. Everything a server or an audit needs is in its artifacts.
struct NewVersion {
  std::string model;
  std::string run_id;
  std::map<std::string, std::string> artifacts;  // name → SHA-256 of content already put
  base::Json features;                           // [{"name", "type", "identity"}], in the model's order
  base::Json data;     // data manifest: sources with versions, examples, parts with row counts, cut
  base::Json metrics;  // evaluation report
  std::string description;
};

struct Version : NewVersion {
  int64_t number = 0;
  base::Time created = 0;
  std::vector<std::string> aliases;
};

struct DeploymentRecord {
  int64_t sequence = 0;  // grows with every change of any deployment
  std::string deployment;
  std::string model;
  int64_t version = 0;
  base::Time created = 0;
  std::string reason;  // "deploy", "rollback"
};

// What a gate said of a version.
struct VerdictRecord {
  int64_t sequence = 0;  // grows with every verdict
  std::string model;
  int64_t version = 0;
  std::string verdict;  // "promote", "reject", "inconclusive"
  base::Json report;    // the numbers
  base::Time created = 0;
};

// A version that an alias stood for.
struct AliasRecord {
  int64_t version = 0;
  base::Time since = 0;
};

class Registry {
 public:
  static base::Result<std::unique_ptr<Registry>> Open(base::FileSystem& files, base::Clock& clock,
                                                      const std::string& state_directory);
  virtual ~Registry() = default;

  virtual base::Result<std::string> PutArtifact(std::string_view content) = 0;  // its SHA-256
  virtual base::Result<std::string> GetArtifact(
      const std::string& sha256) = 0;  // kDataLoss when the content does not match

  virtual base::Result<std::string> StartRun(const std::string& model, const std::string& kind) = 0;
  // A parameter is said once: kAlreadyExists for another value. The last value of a metric stands. Neither after
  // EndRun.
  virtual base::Status LogParameters(const std::string& run, const std::map<std::string, std::string>& parameters) = 0;
  virtual base::Status LogMetrics(const std::string& run, const std::map<std::string, double>& metrics) = 0;
  virtual base::Status EndRun(const std::string& run, bool succeeded) = 0;
  virtual base::Result<Run> GetRun(const std::string& run) = 0;
  virtual base::Result<std::vector<Run>> Runs(const std::string& model) = 0;  // newest first; none for an unknown model

  // The next number of its model. Its artifacts were put; its run, unless empty, is of the same model.
  virtual base::Result<Version> CreateVersion(const NewVersion& version) = 0;
  // `reference`: "MODEL@vN", "MODEL@ALIAS", "MODEL" (the champion alias, else the newest). kNotFound says what there
  // is.
  virtual base::Result<Version> Resolve(const std::string& reference) = 0;
  virtual base::Result<Version> GetVersion(const std::string& model, int64_t number) = 0;
  virtual base::Result<std::vector<Version>> Versions(const std::string& model) = 0;  // newest first
  virtual base::Result<std::vector<std::string>> Models() = 0;
  // An alias is not like a version number ("v3").
  virtual base::Status SetAlias(const std::string& model, const std::string& alias, int64_t version) = 0;

  // Every version that the alias has stood for, newest first; none for an alias that never was.
  virtual base::Result<std::vector<AliasRecord>> AliasHistory(const std::string& model, const std::string& alias) = 0;

  // kNotFound for a version that is not there.
  virtual base::Result<VerdictRecord> AddVerdict(const std::string& model, int64_t version, const std::string& verdict,
                                                 const base::Json& report) = 0;
  virtual base::Result<std::vector<VerdictRecord>> Verdicts(const std::string& model,
                                                            int64_t version) = 0;  // newest first

  // An empty reason is "deploy".
  virtual base::Result<DeploymentRecord> Deploy(const std::string& deployment, const std::string& model,
                                                int64_t version, const std::string& reason) = 0;
  virtual base::Result<DeploymentRecord> Current(const std::string& deployment) = 0;  // kNotFound
  virtual base::Result<std::vector<DeploymentRecord>> CurrentDeployments() = 0;
  virtual base::Result<std::vector<DeploymentRecord>> History(const std::string& deployment) = 0;  // newest first
  // Back to the version deployed before the current one, equal ones skipped. The history grows by it, but a second
  // rollback goes one version further back, not forth again: after v1, v2, v3 it is v2, then v1. kFailedPrecondition
  // when there is none.
  virtual base::Result<DeploymentRecord> Rollback(const std::string& deployment) = 0;
  // The largest sequence: cheap to poll by a server that follows deployments.
  virtual base::Result<int64_t> DeploymentSequence() = 0;
};

}  // namespace plumb::registry
