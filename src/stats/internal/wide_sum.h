// wide_sum.h: an exact sum that left its four inline limbs: any number of limbs, and the counts of NaN and infinities.
// Thread safety: as ExactSum. Invariant: limbs is not empty, and its top limb is only sign (0 or all ones).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace plumb::stats::internal {

struct WideSum {
  std::vector<uint64_t> limbs;  // Two's complement, least significant first.
  int32_t lowest = 0;           // Limb i weighs 2^(64 * (lowest + i)).
  int64_t nans = 0;
  int64_t infinities[2] = {0, 0};  // negative, positive

  [[nodiscard]] bool HasSpecial() const { return nans != 0 || infinities[0] != 0 || infinities[1] != 0; }

  // Adds or subtracts the two's complement number `other`, whose first limb weighs 2^(64 * other_lowest).
  void AddLimbs(std::span<const uint64_t> other, int32_t other_lowest, bool subtract);
  void Merge(const WideSum& other, bool subtract);

 private:
  void Cover(int32_t first, int32_t end);
};

}  // namespace plumb::stats::internal
