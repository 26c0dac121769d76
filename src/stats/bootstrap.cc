#include "stats/bootstrap.h"

#include "stats/interval.h"

namespace plumb::stats {

base::Status CheckBootstrapOptions(const BootstrapOptions& options) {
  constexpr int kReplicatesMin = 10, kReplicatesMax = 1'000'000;
  if (options.replicates < kReplicatesMin || options.replicates > kReplicatesMax) {
    return base::InvalidArgument("Number of bootstrap replicates is out of range: {}, want {} to {}.",
                                 options.replicates, kReplicatesMin, kReplicatesMax);
  }
  return CheckConfidence(options.confidence);
}

}  // namespace plumb::stats
