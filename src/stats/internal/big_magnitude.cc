#include "stats/internal/big_magnitude.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/check.h"

namespace plumb::stats::internal {
namespace {

using Uint128 = unsigned __int128;

void CheckSize(int size) { PLUMB_CHECK(size <= BigMagnitude::kLimbsMax, "A magnitude outgrew its limbs."); }

// Rounds head * 2^(exponent - 63), where the top bit of head is set and its lowest bit is sticky, to a positive double.
double RoundHead(uint64_t head, int exponent) {
  if (exponent > 1023) return std::numeric_limits<double>::infinity();
  const bool subnormal = exponent < -1022;
  const int dropped = subnormal ? 11 + (-1022 - exponent) : 11;
  if (dropped > 64) return 0;
  const uint64_t kept = dropped == 64 ? 0 : head >> dropped;
  const uint64_t rest = dropped == 64 ? head : head & ((uint64_t{1} << dropped) - 1);
  const uint64_t half = uint64_t{1} << (dropped - 1);
  const bool up = rest > half || (rest == half && (kept & 1) != 0);
  // A carry out of the mantissa raises the exponent, up to infinity, just as it should.
  const uint64_t exponent_bits = subnormal ? 0 : static_cast<uint64_t>(exponent + 1022) << 52;
  return std::bit_cast<double>(exponent_bits + kept + (up ? 1 : 0));
}

// Limb `index` in absolute position, zero outside.
uint64_t LimbAt(const BigMagnitude& x, int index) {
  const int i = index - x.lowest;
  return i >= 0 && i < x.size ? x.limbs[i] : 0;
}

bool IsLess(const BigMagnitude& a, const BigMagnitude& b) {
  const int top = std::max(a.lowest + a.size, b.lowest + b.size), bottom = std::min(a.lowest, b.lowest);
  for (int i = top - 1; i >= bottom; i--) {
    if (LimbAt(a, i) != LimbAt(b, i)) return LimbAt(a, i) < LimbAt(b, i);
  }
  return false;
}

}  // namespace

void BigMagnitude::Trim() {
  while (size > 0 && limbs[size - 1] == 0) size--;
}

void BigMagnitude::MultiplyBy(uint64_t factor) {
  uint64_t carry = 0;
  for (int i = 0; i < size; i++) {
    const Uint128 product = Uint128{limbs[i]} * factor + carry;
    limbs[i] = static_cast<uint64_t>(product);
    carry = static_cast<uint64_t>(product >> 64);
  }
  CheckSize(size + 1);
  limbs[size++] = carry;
  Trim();
}

void BigMagnitude::DivideBy(uint64_t divisor) {
  uint64_t remainder = 0;
  for (int i = size - 1; i >= 0; i--) {
    const Uint128 dividend = (Uint128{remainder} << 64) | limbs[i];
    limbs[i] = static_cast<uint64_t>(dividend / divisor);
    remainder = static_cast<uint64_t>(dividend % divisor);
  }
  inexact |= remainder != 0;
  Trim();
}

void BigMagnitude::KeepTop(int count) {
  if (size == 0 || size == count) return;
  if (size > count) {
    const int dropped = size - count;
    for (int i = 0; i < dropped; i++) inexact |= limbs[i] != 0;
    std::copy(limbs.begin() + dropped, limbs.begin() + size, limbs.begin());
  } else {
    std::copy_backward(limbs.begin(), limbs.begin() + size, limbs.begin() + count);
    std::fill(limbs.begin(), limbs.begin() + (count - size), 0);
  }
  lowest += size - count;
  size = count;
}

BigMagnitude Square(const BigMagnitude& x) {
  BigMagnitude result;
  result.size = 2 * x.size;
  result.lowest = 2 * x.lowest;
  result.inexact = x.inexact;
  CheckSize(result.size);
  std::fill(result.limbs.begin(), result.limbs.begin() + result.size, 0);
  for (int i = 0; i < x.size; i++) {
    uint64_t carry = 0;
    for (int j = 0; j < x.size; j++) {
      const Uint128 sum = Uint128{x.limbs[i]} * x.limbs[j] + result.limbs[i + j] + carry;
      result.limbs[i + j] = static_cast<uint64_t>(sum);
      carry = static_cast<uint64_t>(sum >> 64);
    }
    result.limbs[i + x.size] = carry;
  }
  result.Trim();
  return result;
}

BigMagnitude Difference(const BigMagnitude& a, const BigMagnitude& b) {
  if (IsLess(a, b)) {
    BigMagnitude result = Difference(b, a);
    result.negative = true;
    return result;
  }
  BigMagnitude result;
  if (a.size == 0) return result;
  result.lowest = b.size == 0 ? a.lowest : std::min(a.lowest, b.lowest);
  result.size = a.lowest + a.size - result.lowest;
  CheckSize(result.size);
  uint64_t borrow = 0;
  for (int i = 0; i < result.size; i++) {
    const Uint128 limb = Uint128{LimbAt(a, result.lowest + i)} - LimbAt(b, result.lowest + i) - borrow;
    result.limbs[i] = static_cast<uint64_t>(limb);
    borrow = static_cast<uint64_t>(limb >> 64) != 0 ? 1 : 0;
  }
  result.Trim();
  return result;
}

uint64_t FloorSqrt(Uint128 x) {
  if (x == 0) return 0;
  constexpr double kLargest = 18446744073709549568.0;  // The largest double below 2^64.
  uint64_t root = static_cast<uint64_t>(std::min(kLargest, std::sqrt(static_cast<double>(x))));
  // The estimate has 52 correct bits; one step of Newton leaves an error of a unit or so.
  const Uint128 step = (Uint128{root} + x / root) / 2;
  root = step >> 64 != 0 ? ~uint64_t{0} : static_cast<uint64_t>(step);
  while (Uint128{root} * root > x) root--;
  while (root != ~uint64_t{0} && Uint128{root + 1} * (root + 1) <= x) root++;
  return root;
}

BigMagnitude SquareRoot(const BigMagnitude& x) {
  BigMagnitude result;
  if (x.size == 0) return result;
  BigMagnitude top = x;
  top.KeepTop(3);
  // The radicand's leading bits, 127 or 128 of them so that the shift is even; the rest only says "and a bit more".
  const auto& limbs = top.limbs;
  const int shift = std::countl_zero(limbs[2]) & ~1;
  Uint128 radicand = ((Uint128{limbs[2]} << 64) | limbs[1]) << shift;
  if (shift > 0) radicand |= limbs[0] >> (64 - shift);
  const uint64_t root = FloorSqrt(radicand);
  result.inexact = top.inexact || (limbs[0] << shift) != 0 || Uint128{root} * root != radicand;
  // x = radicand * 2^(64 * weight - shift), so its root is root * 2^(32 * weight - shift / 2).
  const int exponent = 32 * (top.lowest + 1) - shift / 2;
  const int offset = exponent & 63;
  result.lowest = (exponent - offset) / 64;
  result.limbs[0] = root << offset;
  result.limbs[1] = (root >> 1) >> (63 - offset);
  result.size = 2;
  result.Trim();
  return result;
}

double RoundToDouble(const BigMagnitude& x) {
  int top = x.size - 1;
  while (top >= 0 && x.limbs[top] == 0) top--;
  if (top < 0) return 0;
  const int lead = std::countl_zero(x.limbs[top]);
  uint64_t head = x.limbs[top] << lead;
  bool sticky = x.inexact;
  if (top > 0) {
    if (lead > 0) head |= x.limbs[top - 1] >> (64 - lead);
    sticky |= (x.limbs[top - 1] << lead) != 0;
  }
  for (int i = 0; i < top - 1 && !sticky; i++) sticky = x.limbs[i] != 0;
  const double magnitude = RoundHead(head | (sticky ? 1 : 0), 64 * (x.lowest + top) + 63 - lead);
  return x.negative ? -magnitude : magnitude;
}

}  // namespace plumb::stats::internal
