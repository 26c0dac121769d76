// case_world.h: a feature case made ready to run: definitions, events, plan, and the rows to ask for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data/memory_event_log.h"
#include "engine/feature_plan.h"
#include "engine/internal/case_file.h"

namespace plumb::engine::internal {

// One expected cell.
struct Expectation {
  int line = 0;
  size_t row = 0;     // of the query
  size_t output = 0;  // of the plan
  data::Value value;
  std::string status;  // empty: any
};

struct CaseWorld {
  features::DefinitionsPtr definitions;
  data::MemoryEventLog log{"feature case"};
  std::optional<FeaturePlan> plan;
  data::Batch inputs;
  std::vector<base::Time> times, cuts;
  std::vector<Expectation> expectations;
};

// False after a mistake, which is in `failures`.
bool BuildCaseWorld(const FeatureCase& feature_case, const CaseOptions& options, CaseWorld* world,
                    std::vector<CaseFailure>* failures);

}  // namespace plumb::engine::internal
