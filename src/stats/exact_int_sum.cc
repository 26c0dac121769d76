#include "stats/exact_int_sum.h"

#include <limits>

#include "base/check.h"
#include "stats/internal/big_magnitude.h"

namespace plumb::stats {
namespace {

internal::BigMagnitude ToMagnitude(__int128 x) {
  internal::BigMagnitude result;
  result.negative = x < 0;
  const auto bits = static_cast<unsigned __int128>(x);
  const unsigned __int128 magnitude = result.negative ? -bits : bits;
  result.limbs[0] = static_cast<uint64_t>(magnitude);
  result.limbs[1] = static_cast<uint64_t>(magnitude >> 64);
  result.size = 2;
  result.Trim();
  return result;
}

}  // namespace

base::Result<int64_t> ExactIntSum::ToInt64() const {
  if (sum_ > std::numeric_limits<int64_t>::max() || sum_ < std::numeric_limits<int64_t>::min()) {
    return base::InvalidArgument("Integer sum overflows int64: about {}.", ToDouble());
  }
  return static_cast<int64_t>(sum_);
}

double ExactIntSum::ToDouble() const { return internal::RoundToDouble(ToMagnitude(sum_)); }

double ExactIntSum::Mean(int64_t count) const {
  PLUMB_CHECK(count > 0, "A mean needs a count above zero.");
  internal::BigMagnitude quotient = ToMagnitude(sum_);
  quotient.KeepTop(3);
  quotient.DivideBy(static_cast<uint64_t>(count));
  return internal::RoundToDouble(quotient);
}

}  // namespace plumb::stats
