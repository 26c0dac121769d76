// gate_section.h: the part of a model's definition that says what a new version must show: gate.
//
// Mistakes go to `diagnostics` at their place. Thread safety: a pure function.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/yaml.h"
#include "data/type.h"
#include "learn/gate_definition.h"

namespace plumb::learn {

// What the gate is said of.
struct GatedModel {
  std::string name;
  model::Task task = model::Task::kBinary;
  std::string deciding_metric;  // that of a gate without one, if it can be compared
  bool has_slices = false;
  data::Schema columns;  // of the examples
};

// {metric, against, margin, confidence, replicates, clusters, rows, promote, slices: {rows, margins}, calibration,
// latency_p99, model_bytes}.
std::optional<GateDefinition> ReadGateSection(const base::YamlNode& node, const GatedModel& model,
                                              base::Diagnostics* diagnostics);

}  // namespace plumb::learn
