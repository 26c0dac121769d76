#include "stats/exact_sum.h"

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "stats/internal/big_magnitude.h"
#include "stats/internal/wide_sum.h"

namespace plumb::stats {
namespace {

using Uint128 = unsigned __int128;

constexpr uint64_t kMantissaMask = (uint64_t{1} << 52) - 1;

int FloorDivBy64(int x) { return x >> 6; }

int CountTrailingZeros(Uint128 x) {
  const auto low = static_cast<uint64_t>(x);
  return low != 0 ? std::countr_zero(low) : 64 + std::countr_zero(static_cast<uint64_t>(x >> 64));
}

int BitWidth(Uint128 x) {
  const auto high = static_cast<uint64_t>(x >> 64);
  return high != 0 ? 64 + std::bit_width(high) : std::bit_width(static_cast<uint64_t>(x));
}

// A finite double is (-1)^negative * mantissa * 2^exponent.
struct Decoded {
  uint64_t mantissa;
  int exponent;
  bool negative;
};

Decoded Decode(double x) {
  const uint64_t bits = std::bit_cast<uint64_t>(x);
  const int biased = static_cast<int>(bits >> 52) & 0x7ff;
  const uint64_t implicit = biased != 0 ? uint64_t{1} << 52 : 0;
  return {(bits & kMantissaMask) | implicit, std::max(biased, 1) - 1075, (bits >> 63) != 0};
}

bool IsSpecial(double x) { return (std::bit_cast<uint64_t>(x) >> 52 & 0x7ff) == 0x7ff; }

// magnitude << offset in three limbs, 0 <= offset < 64.
struct ThreeLimbs {
  uint64_t limbs[3];
};

ThreeLimbs ShiftLeft(Uint128 magnitude, int offset) {
  const auto low = static_cast<uint64_t>(magnitude), high = static_cast<uint64_t>(magnitude >> 64);
  if (offset == 0) return {{low, high, 0}};
  return {{low << offset, (high << offset) | (low >> (64 - offset)), high >> (64 - offset)}};
}

}  // namespace

void internal::WideSumDeleter::operator()(WideSum* wide) const { delete wide; }

void ExactSum::Clear() { *this = ExactSum(); }

void ExactSum::CopyWide(const ExactSum& other) {
  if (this == &other) return;
  std::copy(other.limbs_, other.limbs_ + kInlineLimbs, limbs_);
  lowest_ = other.lowest_;
  wide_.reset(other.wide_ != nullptr ? new internal::WideSum(*other.wide_) : nullptr);
}

void ExactSum::AddDoubleSquare(double x, bool remove) {
  if (IsSpecial(x)) return AddSpecialSlow(x * x, remove ? -1 : 1);
  const Decoded decoded = Decode(x);
  if (decoded.mantissa == 0) return;
  const Uint128 square = Uint128{decoded.mantissa} * decoded.mantissa;
  if (!TryAddScaled(square, 2 * decoded.exponent, remove)) AddScaledSlow(square, 2 * decoded.exponent, remove);
}

void ExactSum::AddIntegerScaled(int64_t x, bool square, bool remove) {
  if (x == 0) return;
  const uint64_t size = x < 0 ? uint64_t{0} - static_cast<uint64_t>(x) : static_cast<uint64_t>(x);
  const Uint128 magnitude = square ? Uint128{size} * size : size;
  const bool negative = remove != (!square && x < 0);
  if (!TryAddScaled(magnitude, 0, negative)) AddScaledSlow(magnitude, 0, negative);
}

// Adds magnitude * 2^exponent if it lies in the window and the sum stays there.
bool ExactSum::TryAddScaled(Uint128 magnitude, int exponent, bool negative) {
  int position = exponent - 64 * lowest_;
  if (lowest_ == kWide || position + BitWidth(magnitude) > kInlineBits) return false;
  if (position < 0) {
    if (position <= -128 || CountTrailingZeros(magnitude) < -position) return false;
    magnitude >>= -position;
    position = 0;
  }
  const int word = position >> 6;
  const ThreeLimbs shifted = ShiftLeft(magnitude, position & 63);
  uint64_t part[kInlineLimbs + 2] = {0, 0, 0, 0, 0, 0};
  for (int i = 0; i < 3; i++) part[word + i] = shifted.limbs[i];
  return negative ? TrySubtractHalves(Join(part), Join(part + 2)) : TryAddHalves(Join(part), Join(part + 2));
}

// Slides the window so that its first limb is `lowest`; false, and no change, if the sum would lose a bit.
bool ExactSum::MoveWindow(int32_t lowest) {
  const uint64_t sign = uint64_t{0} - (limbs_[kInlineLimbs - 1] >> 63);
  uint64_t moved[kInlineLimbs];
  for (int i = 0; i < kInlineLimbs; i++) {
    const int from = lowest - lowest_ + i;
    moved[i] = from < 0 ? 0 : from < kInlineLimbs ? limbs_[from] : sign;
  }
  // Every limb is in the new window, or was zero below it, or only sign above it.
  for (int i = 0; i < kInlineLimbs; i++) {
    const int to = lowest_ - lowest + i;
    if (to < 0 && limbs_[i] != 0) return false;
    if (to >= kInlineLimbs && limbs_[i] != sign) return false;
  }
  if ((moved[kInlineLimbs - 1] >> 63) != (sign & 1)) return false;
  std::copy(moved, moved + kInlineLimbs, limbs_);
  lowest_ = lowest;
  return true;
}

void ExactSum::AddScaledSlow(Uint128 magnitude, int exponent, bool negative) {
  if (lowest_ != kWide) {
    const int first = FloorDivBy64(exponent + CountTrailingZeros(magnitude));
    const int last = FloorDivBy64(exponent + BitWidth(magnitude));
    const bool moved = MoveWindow(std::min(first, lowest_)) || MoveWindow(last - kInlineLimbs + 1);
    if (moved && TryAddScaled(magnitude, exponent, negative)) return;
    Widen();
  }
  const ThreeLimbs shifted = ShiftLeft(magnitude, exponent & 63);
  const uint64_t limbs[] = {shifted.limbs[0], shifted.limbs[1], shifted.limbs[2], 0};
  wide_->AddLimbs(limbs, FloorDivBy64(exponent), negative);
  Narrow();
}

void ExactSum::AddSpecialSlow(double x, int64_t times) {
  Widen();
  if (x != x) {
    wide_->nans += times;
  } else {
    wide_->infinities[x > 0 ? 1 : 0] += times;
  }
  Narrow();
}

void ExactSum::AddSlow(double x, bool remove) {
  if (IsSpecial(x)) return AddSpecialSlow(x, remove ? -1 : 1);
  const Decoded decoded = Decode(x);
  AddScaledSlow(decoded.mantissa, decoded.exponent, decoded.negative != remove);
}

// Merges two inline sums after sliding one or both windows to a common place.
bool ExactSum::TryMergeMoved(const ExactSum& other, bool negative) {
  ExactSum aligned = other;
  const int32_t low = std::min(lowest_, other.lowest_), high = std::max(lowest_, other.lowest_);
  for (const int32_t target : {low, high}) {
    if (!MoveWindow(target) || !aligned.MoveWindow(target)) continue;
    return negative ? TrySubtractAligned(aligned) : TryMergeAligned(aligned);
  }
  return false;
}

void ExactSum::MergeSlow(const ExactSum& other, bool negative) {
  if (lowest_ != kWide && other.lowest_ != kWide && TryMergeMoved(other, negative)) return;
  const ExactSum copy = other;  // `other` may be this sum.
  Widen();
  if (copy.lowest_ == kWide) {
    wide_->Merge(*copy.wide_, negative);
  } else {
    wide_->AddLimbs(copy.limbs_, copy.lowest_, negative);
  }
  Narrow();
}

void ExactSum::Widen() {
  if (lowest_ == kWide) return;
  wide_.reset(new internal::WideSum());
  const uint64_t sign = uint64_t{0} - (limbs_[kInlineLimbs - 1] >> 63);
  wide_->limbs.assign(limbs_, limbs_ + kInlineLimbs);
  wide_->limbs.push_back(sign);
  wide_->lowest = lowest_;
  lowest_ = kWide;
}

// Returns to the inline limbs if all that is not zero or sign lies within four of them.
void ExactSum::Narrow() {
  if (wide_->HasSpecial()) return;
  const auto& limbs = wide_->limbs;
  const uint64_t sign = limbs.back();
  int first = 0, end = static_cast<int>(limbs.size());
  while (end > 0 && limbs[end - 1] == sign) end--;
  while (first < end && limbs[first] == 0) first++;
  // Negative powers of two are zeros below and sign above: the sign limb is then a limb of its own.
  const bool needs_sign_limb = end == 0 ? sign != 0 : (limbs[end - 1] >> 63) != (sign & 1);
  const int needed = end - first + (needs_sign_limb ? 1 : 0);
  if (needed > kInlineLimbs) return;
  uint64_t inline_limbs[kInlineLimbs];
  for (int i = 0; i < kInlineLimbs; i++) {
    inline_limbs[i] = first + i < static_cast<int>(limbs.size()) ? limbs[first + i] : sign;
  }
  std::copy(inline_limbs, inline_limbs + kInlineLimbs, limbs_);
  lowest_ = wide_->lowest + first;
  wide_.reset();
  MoveWindow(kDefaultLowest);  // Where most sums are, if this one fits there.
}

bool ExactSum::IsFinite() const { return lowest_ != kWide || !wide_->HasSpecial(); }

internal::BigMagnitude ExactSum::ToMagnitude() const {
  internal::BigMagnitude result;
  const uint64_t* limbs = lowest_ == kWide ? wide_->limbs.data() : limbs_;
  result.size = lowest_ == kWide ? static_cast<int>(wide_->limbs.size()) : kInlineLimbs;
  result.lowest = lowest_ == kWide ? wide_->lowest : lowest_;
  PLUMB_CHECK(result.size <= internal::BigMagnitude::kLimbsMax, "An exact sum has more limbs than doubles can need.");
  result.negative = (limbs[result.size - 1] >> 63) != 0;
  uint64_t carry = result.negative ? 1 : 0;
  for (int i = 0; i < result.size; i++) {
    const uint64_t limb = (result.negative ? ~limbs[i] : limbs[i]) + carry;
    carry = carry != 0 && limb == 0 ? 1 : 0;
    result.limbs[i] = limb;
  }
  result.Trim();
  return result;
}

double ExactSum::Value() const {
  if (lowest_ == kWide && wide_->HasSpecial()) {
    const bool negative = wide_->infinities[0] != 0, positive = wide_->infinities[1] != 0;
    if (wide_->nans != 0 || (negative && positive)) return std::numeric_limits<double>::quiet_NaN();
    return positive ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity();
  }
  return internal::RoundToDouble(ToMagnitude());
}

double ExactSum::Mean(int64_t count) const {
  PLUMB_CHECK(count > 0, "A mean needs a count above zero.");
  if (!IsFinite()) return Value();
  internal::BigMagnitude quotient = ToMagnitude();
  // Three limbs divided by at most 63 bits leave more bits than a double has; the rest only decides ties.
  quotient.KeepTop(3);
  quotient.DivideBy(static_cast<uint64_t>(count));
  return internal::RoundToDouble(quotient);
}

}  // namespace plumb::stats
