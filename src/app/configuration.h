// configuration.h: every key of plumb.yaml, declared once: type, default, bounds, what it means.
#pragma once

#include <vector>

#include "base/config.h"

namespace plumb::app {

const std::vector<base::ConfigKey>& ConfigurationKeys();

// Threads for computing: the configured number, or one a core.
size_t ComputeThreads(const base::Config& config);

// Sets level and format of the log as configured.
void ApplyLogConfiguration(const base::Config& config, bool quiet);

}  // namespace plumb::app
