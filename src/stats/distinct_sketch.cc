#include "stats/distinct_sketch.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/check.h"

namespace plumb::stats {
namespace {

// Ertl's sigma(x) = x + sum of x^(2^k) * 2^(k-1): what registers that are still zero contribute.
double Sigma(double x) {
  if (x == 1) return std::numeric_limits<double>::infinity();
  double weight = 1, sum = x, before = 0;
  do {
    x *= x;
    before = sum;
    sum += x * weight;
    weight += weight;
  } while (sum != before);
  return sum;
}

// Ertl's tau(x) = (1 - x - sum of (1 - x^(2^-k))^2 * 2^-k) / 3: what saturated registers contribute.
double Tau(double x) {
  if (x == 0 || x == 1) return 0;
  double weight = 1, sum = 1 - x, before = 0;
  do {
    x = std::sqrt(x);
    before = sum;
    weight *= 0.5;
    sum -= (1 - x) * (1 - x) * weight;
  } while (sum != before);
  return sum / 3;
}

}  // namespace

DistinctSketch::DistinctSketch(int precision) : precision_(precision) {
  PLUMB_CHECK(precision >= kPrecisionMin && precision <= kPrecisionMax, "A distinct sketch has precision 10 to 16.");
  registers_.resize(size_t{1} << precision);
}

base::Result<DistinctSketch> DistinctSketch::FromRegisters(std::span<const uint8_t> registers) {
  const size_t size = registers.size();
  if (!std::has_single_bit(size) || size < (size_t{1} << kPrecisionMin) || size > (size_t{1} << kPrecisionMax)) {
    return base::InvalidArgument("Number of registers of a distinct sketch is impossible: {}.", size);
  }
  DistinctSketch sketch(std::countr_zero(size));
  const uint8_t largest = *std::max_element(registers.begin(), registers.end());
  if (largest > 65 - sketch.precision_) {
    return base::InvalidArgument("Register of a distinct sketch is too large: {}, want at most {}.", int{largest},
                                 65 - sketch.precision_);
  }
  std::copy(registers.begin(), registers.end(), sketch.registers_.begin());
  return sketch;
}

void DistinctSketch::Merge(const DistinctSketch& other) {
  PLUMB_CHECK(precision_ == other.precision_, "Distinct sketches of different precision do not merge.");
  for (size_t i = 0; i < registers_.size(); i++) registers_[i] = std::max(registers_[i], other.registers_[i]);
}

void DistinctSketch::Clear() { std::fill(registers_.begin(), registers_.end(), uint8_t{0}); }

double DistinctSketch::Estimate() const {
  constexpr double kAlphaInfinity = 0.72134752044448170367996234050095;  // 1 / (2 ln 2)
  const int top = 64 - precision_;                                       // Registers go up to top + 1.
  std::array<int32_t, 64> counts{};
  for (const uint8_t reg : registers_) counts[reg]++;
  const auto m = static_cast<double>(registers_.size());
  double z = m * Tau(1 - counts[top + 1] / m);
  for (int rank = top; rank >= 1; rank--) z = 0.5 * (z + counts[rank]);
  z += m * Sigma(counts[0] / m);
  return kAlphaInfinity * m * m / z;
}

}  // namespace plumb::stats
