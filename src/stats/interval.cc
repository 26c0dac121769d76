#include "stats/interval.h"

#include <algorithm>
#include <cmath>

#include "stats/normal.h"

namespace plumb::stats {

base::Status CheckConfidence(double confidence) {
  if (confidence > 0 && confidence < 1) return {};
  return base::InvalidArgument("Confidence is not between 0 and 1: {}.", confidence);
}

base::Result<Interval> WilsonInterval(int64_t successes, int64_t count, double confidence) {
  PLUMB_RETURN_IF_ERROR(CheckConfidence(confidence));
  if (count <= 0 || successes < 0 || successes > count) {
    return base::InvalidArgument("Proportion is impossible: {} of {}.", successes, count);
  }
  const double n = static_cast<double>(count), rate = static_cast<double>(successes) / n;
  const double z = NormalCriticalValue(confidence), z2 = z * z;
  const double middle = rate + z2 / (2 * n);
  const double half = z * std::sqrt(rate * (1 - rate) / n + z2 / (4 * n * n));
  const double scale = 1 + z2 / n;
  // At the ends the formula gives 0 and 1 but for rounding.
  const double low = successes == 0 ? 0 : std::max(0.0, (middle - half) / scale);
  const double high = successes == count ? 1 : std::min(1.0, (middle + half) / scale);
  return Interval{low, high};
}

}  // namespace plumb::stats
