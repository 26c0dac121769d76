// random.h: the only source of randomness. Seeded everywhere results depend on it; the seed is printed or stored.
// Thread safety: a generator has one user.
#pragma once

#include <cstdint>

namespace plumb::base {

// SplitMix64 seeded xoshiro256**: the same sequence on every machine (unlike <random>'s distributions).
class Random {
 public:
  explicit Random(uint64_t seed);
  uint64_t Next();
  uint64_t Below(uint64_t bound);              // uniform in [0, bound), bound > 0
  int64_t Between(int64_t low, int64_t high);  // uniform in [low, high]
  double Uniform();                            // [0, 1), 53 bits
  bool Chance(double probability) { return Uniform() < probability; }

 private:
  uint64_t state_[4];
};

// From the operating system, for identifiers and default seeds.
uint64_t RandomSeed();

}  // namespace plumb::base
