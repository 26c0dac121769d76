// poisson_weights.h: random weights of a bootstrap replicate, four to a random word.
//
// Why: a replicate draws a weight per row, and there are a thousand replicates; the draw must cost about what reading
// the row costs. Poisson(1) weights are what multinomial resampling tends to, without its index per draw (N. Chamandy,
// O. Muralidharan, A. Najmi and S. Naidu, "Estimating uncertainty for massive data streams", 2012).
//
// How: 16 random bits against the cumulative probabilities in 65,536ths, rounded so that mean 1 and variance 1 are
// exact and the third moment is right to 1e-5. No weight is above 8. Thread safety: a generator has one user.
#pragma once

#include <cstdint>
#include <span>

#include "base/random.h"

namespace plumb::stats::internal {

class PoissonWeights {
 public:
  static constexpr int16_t kWeightMax = 8;

  explicit PoissonWeights(uint64_t seed) : random_(seed) {}
  void Draw(std::span<int16_t> weights);

 private:
  base::Random random_;
};

}  // namespace plumb::stats::internal
