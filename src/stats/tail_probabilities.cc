#include "stats/tail_probabilities.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.h"
#include "base/elementary.h"
#include "stats/normal.h"

namespace plumb::stats {
namespace {

constexpr double kPi = 3.14159265358979323846;

}  // namespace

// With h = x/2: Q(x | 2m) = sum over k < m of e^-h h^k / k!, Q(x | 2m + 1) = Q(x | 1) + sum over 1 <= k <= m of
// e^-h h^(k - 1/2) / Gamma(k + 1/2). Each term is the one before times h / (its order).
double ChiSquareTail(double x, int64_t degrees) {
  PLUMB_CHECK(degrees >= 1, "A chi-square has at least one degree of freedom.");
  if (std::isnan(x)) return x;
  if (x <= 0) return 1;
  if (std::isinf(x)) return 0;
  const double half = x / 2, log_half = base::Ln(half);
  const bool is_odd = degrees % 2 != 0;
  double sum = is_odd ? 2 * NormalTail(std::sqrt(x)) : 0;
  // Of order 0 the first term is e^-h; of order 1/2 it is e^-h sqrt(h) / Gamma(3/2), Gamma(3/2) = sqrt(pi) / 2.
  double order = is_odd ? 0.5 : 0;
  double log_term = is_odd ? 0.5 * log_half - half + base::Ln(2 / std::sqrt(kPi)) : -half;
  for (int64_t terms = degrees / 2; terms > 0; terms--) {
    sum += base::Exp(log_term);
    order += 1;
    log_term += log_half - base::Ln(order);
  }
  return std::min(sum, 1.0);
}

double KolmogorovTail(double x) {
  if (std::isnan(x)) return x;
  if (x <= 0) return 1;
  constexpr int kTermsMax = 100;
  double sum = 0;
  if (x < 1) {  // 1 - sqrt(2 pi) / x * sum of e^(-(2k - 1)^2 pi^2 / (8 x^2))
    for (int k = 1; k <= kTermsMax; k++) {
      const double odd = 2 * k - 1, term = base::Exp(-odd * odd * kPi * kPi / (8 * x * x));
      sum += term;
      if (term <= 0x1p-60 * sum) break;
    }
    return std::clamp(1 - std::sqrt(2 * kPi) / x * sum, 0.0, 1.0);
  }
  for (int k = 1; k <= kTermsMax; k++) {  // 2 * sum of (-1)^(k - 1) e^(-2 k^2 x^2)
    const double term = base::Exp(-2.0 * k * k * x * x);
    sum += k % 2 != 0 ? term : -term;
    if (term <= 0x1p-60 * sum) break;
  }
  return std::clamp(2 * sum, 0.0, 1.0);
}

}  // namespace plumb::stats
