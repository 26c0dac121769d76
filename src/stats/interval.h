// interval.h: a confidence interval, and Wilson's for a proportion.
//
// Why: a rate or a metric without its uncertainty decides nothing. Thread safety: values and pure functions.
//
//   WilsonInterval(8, 10, 0.95).value();           // [0.4902, 0.9433], from interval_test.cc
#pragma once

#include <cstdint>

#include "base/status.h"

namespace plumb::stats {

struct Interval {
  double low = 0, high = 0;
};

// kInvalidArgument unless 0 < confidence < 1.
base::Status CheckConfidence(double confidence);

// E. Wilson, "Probable inference", JASA 22, 1927: (p + z^2/2n ± z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n).
// kInvalidArgument unless 0 <= successes <= count, count > 0 and 0 < confidence < 1.
base::Result<Interval> WilsonInterval(int64_t successes, int64_t count, double confidence);

}  // namespace plumb::stats
