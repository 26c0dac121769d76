// gating.h: a version's gate: judged, kept with the version, and acted upon. Shared by train and gate.
#pragma once

#include <string>

#include "app/invocation.h"
#include "app/state.h"
#include "learn/version_gate.h"

namespace plumb::app {

struct GatingInputs {
  const learn::ModelDefinition& model;  // with a gate
  const learn::Dataset& dataset;        // the version's
  const engine::FeaturePlan& plan;
  data::EventLog& events;  // what the dataset was computed from
  base::Executor& executor;
  bool promote = false;  // move the alias when the gate is passed
};

struct Gating {
  learn::GateReport report;
  bool promoted = false;
};

base::Result<Gating> JudgeVersion(const Invocation& invocation, const State& state, const registry::Version& version,
                                  const GatingInputs& inputs);

// For people; and the report's JSON with "promoted".
std::string GatingText(const Gating& gating);
base::Json GatingToJson(const Gating& gating);

// One line on the last verdict of a version, or "".
base::Result<std::string> LastVerdictLine(registry::Registry& registry, const registry::Version& version);

}  // namespace plumb::app
