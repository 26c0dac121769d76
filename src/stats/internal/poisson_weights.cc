#include "stats/internal/poisson_weights.h"

#include <bit>
#include <cstring>

namespace plumb::stats::internal {
namespace {

static_assert(std::endian::native == std::endian::little, "Lanes are cut from words lowest first.");

// Eight weights at once, by the compilers' vector types, which need no particular processor.
using Lanes = int16_t __attribute__((vector_size(16)));
constexpr size_t kLanes = 8;

// A lane of -1 where the weight is above k, which 65,536 * P(weight > k) of all values are.
template <int kAbove>
Lanes IsAbove(Lanes uniform) {
  return uniform > static_cast<int16_t>(32767 - kAbove);
}

Lanes WeightsOf(uint64_t low, uint64_t high) {
  const uint64_t words[] = {low, high};
  Lanes uniform;
  std::memcpy(&uniform, words, sizeof uniform);
  return -(IsAbove<41427>(uniform) + IsAbove<17317>(uniform) + IsAbove<5262>(uniform) + IsAbove<1245>(uniform) +
           IsAbove<240>(uniform) + IsAbove<39>(uniform) + IsAbove<5>(uniform) + IsAbove<1>(uniform));
}

}  // namespace

void PoissonWeights::Draw(std::span<int16_t> weights) {
  size_t i = 0;
  for (; i + kLanes <= weights.size(); i += kLanes) {
    const uint64_t low = random_.Next(), high = random_.Next();
    const Lanes lanes = WeightsOf(low, high);
    std::memcpy(&weights[i], &lanes, sizeof lanes);
  }
  if (i == weights.size()) return;
  const uint64_t low = random_.Next(), high = random_.Next();
  const Lanes lanes = WeightsOf(low, high);
  std::memcpy(&weights[i], &lanes, (weights.size() - i) * sizeof(int16_t));
}

}  // namespace plumb::stats::internal
