// verbs.h: what each `plumb VERB` is asked for, and the function that does it. One file for each: VERB_verb.cc.
//
// A verb returns the exit code, or the error that ended it; the caller shows the error and turns it into a code.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/invocation.h"
#include "base/status.h"

namespace plumb::app {

struct InitOptions {
  std::string directory = ".";
  std::string from;
};
base::Result<int> RunInit(Invocation& invocation, const InitOptions& options);

struct CheckOptions {
  bool locked = false;  // plumb.lock must agree
};
base::Result<int> RunCheck(Invocation& invocation, const CheckOptions& options);

struct PlanOptions {
  bool exit_code = false;  // kExitProblems when something would change
};
base::Result<int> RunPlan(Invocation& invocation, const PlanOptions& options);

struct ApplyOptions {
  bool force = false;  // also what a deployed model uses may go
};
base::Result<int> RunApply(Invocation& invocation, const ApplyOptions& options);

struct IngestVerbOptions {
  std::vector<std::string> sources;
  bool force = false;
  bool set_reference = false;
};
base::Result<int> RunIngest(Invocation& invocation, const IngestVerbOptions& options);

struct QuarantineShowOptions {
  std::string source, reason;
  int64_t limit = 20;
};
struct QuarantineReplayOptions {
  std::string source;
  std::vector<std::string> ids;
};
base::Result<int> RunQuarantineList(Invocation& invocation, const std::string& source);
base::Result<int> RunQuarantineShow(Invocation& invocation, const QuarantineShowOptions& options);
base::Result<int> RunQuarantineReplay(Invocation& invocation, const QuarantineReplayOptions& options);

struct DatasetVerbOptions {
  std::string model, output;
};
base::Result<int> RunDataset(Invocation& invocation, const DatasetVerbOptions& options);

struct TrainVerbOptions {
  std::string model;
  std::vector<std::string> features;  // patterns; empty: the model's own
  bool champion = false;
};
base::Result<int> RunTrain(Invocation& invocation, const TrainVerbOptions& options);

struct GateVerbOptions {
  std::string reference;
  bool promote = false;
};
// kExitProblems unless the gate is passed.
base::Result<int> RunGate(Invocation& invocation, const GateVerbOptions& options);
// kExitProblems when the bytes differ.
base::Result<int> RunReproduce(Invocation& invocation, const std::string& reference);
struct DiffVerbOptions {
  std::string first, second;
};
base::Result<int> RunDiff(Invocation& invocation, const DiffVerbOptions& options);

struct DeployOptions {
  std::string deployment, version;
};
base::Result<int> RunDeploy(Invocation& invocation, const DeployOptions& options);
base::Result<int> RunRollback(Invocation& invocation, const std::string& deployment);

struct ServeOptions {
  std::optional<int64_t> port;
  std::string socket;
  std::string definitions = "version";  // or "project"
};
base::Result<int> RunServe(Invocation& invocation, const ServeOptions& options);

struct PredictVerbOptions {
  std::string deployment, rows, as_of, url;
  bool features = false;
};
base::Result<int> RunPredict(Invocation& invocation, const PredictVerbOptions& options);

struct AskOptions {
  std::string what;               // a feature, a pattern, or a query
  std::vector<std::string> keys;  // key=value
  std::string at;
};
base::Result<int> RunFeaturesList(Invocation& invocation);
base::Result<int> RunFeaturesShow(Invocation& invocation, const std::string& feature);
base::Result<int> RunFeaturesGet(Invocation& invocation, const AskOptions& options);
base::Result<int> RunQuery(Invocation& invocation, const AskOptions& options);

struct WhyOptions {
  AskOptions ask;
  bool all = false;
};
base::Result<int> RunWhy(Invocation& invocation, const WhyOptions& options);

struct AuditVerbOptions {
  std::string deployment;
  int64_t sample = 0;
  bool newest = false;
};
base::Result<int> RunAudit(Invocation& invocation, const AuditVerbOptions& options);

base::Result<int> RunModelsList(Invocation& invocation);
base::Result<int> RunModelsShow(Invocation& invocation, const std::string& reference);
struct AliasOptions {
  std::string model, alias, version;
};
base::Result<int> RunModelsAlias(Invocation& invocation, const AliasOptions& options);
base::Result<int> RunModelsRuns(Invocation& invocation, const std::string& model);

base::Result<int> RunTest(Invocation& invocation, const std::vector<std::string>& files);

struct ReplayOptions {
  std::string deployment, url, model, part = "test";
  int64_t count = 1000;
  uint64_t seed = 1;
};
base::Result<int> RunReplay(Invocation& invocation, const ReplayOptions& options);

}  // namespace plumb::app
