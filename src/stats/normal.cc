#include "stats/normal.h"

#include <cmath>
#include <limits>
#include <span>

#include "base/elementary.h"

namespace plumb::stats {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInverseRootTwoPi = 0.39894228040143267794;
constexpr double kSeriesEnd = 1.25;  // Beyond, 0.5 minus the series would cancel.

// P(0 < Z < x) for 0 <= x <= kSeriesEnd: all terms are positive.
double Central(double x) {
  double term = x, sum = x;
  for (int k = 3; term > sum * 1e-18; k += 2) {
    term = term * (x * x) / k;
    sum += term;
  }
  return sum * NormalDensity(x);
}

// P(Z > x) for x >= kSeriesEnd: 300 levels leave an error below 1e-17 at the start, and less further out.
double Tail(double x) {
  double fraction = x;
  for (int k = 300; k >= 1; k--) fraction = x + k / fraction;
  return NormalDensity(x) / fraction;
}

// Coefficients are given from the highest power down.
double Polynomial(std::span<const double> coefficients, double x) {
  double value = 0;
  for (const double c : coefficients) value = value * x + c;
  return value;
}

constexpr double kMiddleTop[] = {2.5090809287301226727e+3, 3.3430575583588128105e+4, 6.7265770927008700853e+4,
                                 4.5921953931549871457e+4, 1.3731693765509461125e+4, 1.9715909503065514427e+3,
                                 1.3314166789178437745e+2, 3.3871328727963666080e+0};
constexpr double kMiddleBottom[] = {
    5.2264952788528545610e+3, 2.8729085735721942674e+4, 3.9307895800092710610e+4, 2.1213794301586595867e+4,
    5.3941960214247511077e+3, 6.8718700749205790830e+2, 4.2313330701600911252e+1, 1.0};
constexpr double kSideTop[] = {7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1,
                               1.27045825245236838258e+0, 3.64784832476320460504e+0, 5.76949722146069140550e+0,
                               4.63033784615654529590e+0, 1.42343711074968357734e+0};
constexpr double kSideBottom[] = {
    1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1,
    6.89767334985100004550e-1, 1.67638483018380384940e+0, 2.05319162663775882187e+0, 1.0};
constexpr double kFarTop[] = {2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
                              2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580e+0,
                              5.46378491116411436990e+0, 6.65790464350110377720e+0};
constexpr double kFarBottom[] = {
    2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
    1.48753612908506148525e-2,  1.36929880922735805310e-1, 5.99832206555887937690e-1, 1.0};

}  // namespace

double NormalDensity(double x) {
  if (x != x) return kNan;
  const double size = std::fabs(x);
  if (size > 40) return 0;
  // x^2 loses bits that matter in the exponent: a head of few bits is squared exactly (Cody, Math. Comp. 23, 1969).
  const double head = std::floor(size * 16) / 16;
  const double rest = (size - head) * (size + head);
  return kInverseRootTwoPi * (base::Exp(-0.5 * head * head) * base::Exp(-0.5 * rest));
}

double NormalCdf(double x) { return NormalTail(-x); }

double NormalTail(double x) {
  if (x != x) return kNan;
  if (x >= kSeriesEnd) return Tail(x);
  if (x <= -kSeriesEnd) return 1 - Tail(-x);
  return x >= 0 ? 0.5 - Central(x) : 0.5 + Central(-x);
}

double NormalQuantile(double p) {
  if (!(p >= 0 && p <= 1)) return kNan;
  if (p == 0) return -kInfinity;
  if (p == 1) return kInfinity;
  const double q = p - 0.5;
  if (std::fabs(q) <= 0.425) {
    const double r = 0.180625 - q * q;
    return q * Polynomial(kMiddleTop, r) / Polynomial(kMiddleBottom, r);
  }
  const double r = std::sqrt(-base::Ln(q < 0 ? p : 1 - p));
  const double size = r <= 5 ? Polynomial(kSideTop, r - 1.6) / Polynomial(kSideBottom, r - 1.6)
                             : Polynomial(kFarTop, r - 5) / Polynomial(kFarBottom, r - 5);
  return q < 0 ? -size : size;
}

double TwoSidedPValue(double z) { return 2 * NormalTail(std::fabs(z)); }

double NormalCriticalValue(double confidence) { return -NormalQuantile((1 - confidence) / 2); }

}  // namespace plumb::stats
