// training_section.h: the parts of a model's definition that say how it is trained, judged and used: train, metrics,
// needs.
//
// Mistakes go to `diagnostics` at their place; what is wrong keeps its default. Thread safety: pure functions.
#pragma once

#include "base/yaml.h"
#include "features/lineage.h"
#include "learn/model_definition.h"

namespace plumb::learn {

// {with, objective, rounds, early_stopping, seed, and the library's own parameters}.
void ReadTrainSection(const base::YamlNode& node, base::Diagnostics* diagnostics, ModelDefinition* model);
// `metrics` of the model's map: those of its task. Requires: the objective was read.
void ReadMetrics(base::YamlReader& reader, base::Diagnostics* diagnostics, ModelDefinition* model);
// {freshness, latency_p99, rps}.
void ReadNeedsSection(const base::YamlNode& node, base::Diagnostics* diagnostics, ModelDefinition* model);

// That the features can be as fresh as the model needs them, by what their sources declare; an error names the worst
// path.
void CheckFreshness(const features::Lineage& lineage, const ModelDefinition& model, base::Diagnostics* diagnostics);

// Of a sequence the item, of a lone scalar the scalar.
base::Position ItemPosition(const base::YamlNode& node, size_t item);

}  // namespace plumb::learn
