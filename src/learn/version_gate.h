// version_gate.h: the gate of a registered version: who it is compared with, on which rows, and the verdict kept.
//
// How: the rows are the version's own test part. The champion is what the gate's alias stands for. The best past
// version is the best of all versions that the alias has ever stood for, by the gate's metric on the *validation* part:
// chosen before the test rows are looked at, so that the best does not look better than it is. Every version answers
// with its own definitions (version_scores.h).
//
// A past version that cannot answer for these examples (it predicts something else, or its definitions no longer fit
// the events) is left out with a note; when it is the champion, the verdict is inconclusive.
//
// Thread safety: one gate of a model at a time.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "learn/gate.h"
#include "learn/version_scores.h"
#include "registry/registry.h"

namespace plumb::learn {

struct VersionGateInputs {
  const GateDefinition& definition;
  const std::vector<std::string>& slices;  // the model's
  const Dataset& dataset;                  // the challenger's
  const engine::FeaturePlan& plan;         // of the dataset's features
  registry::Registry& registry;
  data::EventLog& log;  // what the dataset was computed from
  base::Executor& executor;
  base::Clock* clock = nullptr;  // for the latency budget; null: it is not measured
  std::function<void(const char* stage)> stage;
};

// Judges and changes nothing.
base::Result<GateReport> GateVersion(const registry::Version& challenger, const VersionGateInputs& inputs);

// Keeps the verdict with the version.
base::Result<registry::VerdictRecord> KeepVerdict(registry::Registry& registry, const registry::Version& version,
                                                  const GateReport& report);

}  // namespace plumb::learn
