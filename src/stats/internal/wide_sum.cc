#include "stats/internal/wide_sum.h"

namespace plumb::stats::internal {
namespace {

uint64_t SignOf(std::span<const uint64_t> limbs) { return uint64_t{0} - (limbs.back() >> 63); }

}  // namespace

// Makes room for limbs first to end - 1, in absolute positions.
void WideSum::Cover(int32_t first, int32_t end) {
  if (first < lowest) {
    limbs.insert(limbs.begin(), static_cast<size_t>(lowest - first), 0);
    lowest = first;
  }
  const size_t needed = static_cast<size_t>(end - lowest);
  if (needed > limbs.size()) limbs.resize(needed, SignOf(limbs));
}

void WideSum::AddLimbs(std::span<const uint64_t> other, int32_t other_lowest, bool subtract) {
  // One limb of pure sign above both numbers: the sum of two of them cannot overflow it.
  Cover(other_lowest, other_lowest + static_cast<int32_t>(other.size()) + 1);
  const uint64_t flip = subtract ? ~uint64_t{0} : 0, sign = SignOf(other);
  uint64_t carry = subtract ? 1 : 0;
  const size_t start = static_cast<size_t>(other_lowest - lowest);
  for (size_t i = start; i < limbs.size(); i++) {
    const uint64_t limb = (i - start < other.size() ? other[i - start] : sign) ^ flip;
    const unsigned __int128 sum = static_cast<unsigned __int128>(limbs[i]) + limb + carry;
    limbs[i] = static_cast<uint64_t>(sum);
    carry = static_cast<uint64_t>(sum >> 64);
  }
  if (limbs.back() != SignOf(limbs)) limbs.push_back(SignOf(limbs));
}

void WideSum::Merge(const WideSum& other, bool subtract) {
  const int64_t times = subtract ? -1 : 1;
  nans += times * other.nans;
  infinities[0] += times * other.infinities[0];
  infinities[1] += times * other.infinities[1];
  AddLimbs(other.limbs, other.lowest, subtract);
}

}  // namespace plumb::stats::internal
