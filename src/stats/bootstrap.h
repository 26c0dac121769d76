// bootstrap.h: how a bootstrap interval is drawn. The same seed and data give the same interval on every machine.
#pragma once

#include <cstdint>

#include "base/status.h"

namespace plumb::stats {

struct BootstrapOptions {
  int replicates = 1000;     // 10 to 1,000,000
  double confidence = 0.95;  // between 0 and 1
  uint64_t seed = 1;
};

// kInvalidArgument unless the options are in range.
base::Status CheckBootstrapOptions(const BootstrapOptions& options);

}  // namespace plumb::stats
