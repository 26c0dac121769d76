// exact_sum.h: the sum of doubles (and of their squares) with no rounding until the end.
//
// Why: a feature must have the same bits whether its events were added in batch, one by one, in another order, or on
// another machine. Floating-point addition depends on order; this does not. Because nothing is rounded, a value can
// also be taken out again, so a sliding window or a difference of two prefixes costs no more than a sum.
//
// How: the sum is one integer in two's complement, in 64-bit limbs whose weights are powers of 2^64 (Kulisch, "Computer
// Arithmetic and Validity", 2013, chapter 8; Neal, arXiv:1505.05571). Four limbs live in the object and cover 2^-128 to
// 2^127 at first; the window slides to where the data are. Because windows move by whole limbs, two sums are nearly
// always aligned and merging is four additions with carry. Only a sum that needs more limbs, or holds a NaN or an
// infinity, moves to the heap (up to the whole range of doubles and their squares), and it comes back when it fits
// again.
//
// Thread safety: none needed for const use; one writer otherwise.
// Invariants: Value() is the double nearest to the exact sum, ties to even, for every finite input, in any order of
// Add, Remove, Merge and Subtract. NaN and infinities are counted beside the sum, so that they can be removed too. A
// sum of nothing, and one that cancels, is +0.
//
//   ExactSum sum;                                  // from exact_sum_test.cc, ExactSum.ForgetsNothing
//   sum.Add(1e300); sum.Add(1.0); sum.Remove(1e300);
//   sum.Value();                                   // 1.0
#pragma once

#include <bit>
#include <cstdint>
#include <memory>
#include <utility>

namespace plumb::stats {

namespace internal {
struct BigMagnitude;
struct WideSum;
struct WideSumDeleter {
  void operator()(WideSum* wide) const;
};
}  // namespace internal

class ExactSum {
 public:
  ExactSum() = default;
  ExactSum(const ExactSum& other) { CopyFrom(other); }
  ExactSum(ExactSum&& other) noexcept { Swap(other); }
  ExactSum& operator=(const ExactSum& other) {
    CopyFrom(other);
    return *this;
  }
  ExactSum& operator=(ExactSum&& other) noexcept {
    Swap(other);
    return *this;
  }
  ~ExactSum() = default;

  // Adds or takes out one value. Taking out what was never added is the caller's mistake; it is not detected.
  void Add(double x) { AddDouble(x, 0); }
  void Remove(double x) { AddDouble(x, ~uint64_t{0}); }

  // The same for x * x, exactly: all 106 bits of it.
  void AddSquare(double x) { AddDoubleSquare(x, false); }
  void RemoveSquare(double x) { AddDoubleSquare(x, true); }

  // The same for an integer that a double may not hold, and for its square.
  void AddInteger(int64_t x) { AddIntegerScaled(x, false, false); }
  void RemoveInteger(int64_t x) { AddIntegerScaled(x, false, true); }
  void AddIntegerSquare(int64_t x) { AddIntegerScaled(x, true, false); }
  void RemoveIntegerSquare(int64_t x) { AddIntegerScaled(x, true, true); }

  // Adds or takes out all that `other` holds. Merge is associative and commutative to the bit.
  void Merge(const ExactSum& other) {
    if (!TryMergeAligned(other)) [[unlikely]]
      MergeSlow(other, false);
  }
  void Subtract(const ExactSum& other) {
    if (!TrySubtractAligned(other)) [[unlikely]]
      MergeSlow(other, true);
  }

  // Back to the sum of nothing.
  void Clear();

  // The exact sum, rounded once: ±infinity beyond the range of double. NaN if it holds a NaN, or infinities of both
  // signs.
  [[nodiscard]] double Value() const;

  // The exact sum divided by `count`, rounded once: what avg() returns. Requires: count > 0.
  [[nodiscard]] double Mean(int64_t count) const;

  // False if a NaN or an infinity is in the sum.
  [[nodiscard]] bool IsFinite() const;

  // The exact sum as sign and magnitude, for formulas that round later (exact_moments.h). Requires: IsFinite().
  [[nodiscard]] internal::BigMagnitude ToMagnitude() const;

 private:
  using Uint128 = unsigned __int128;
  using Int128 = __int128;
  static constexpr int kInlineLimbs = 4;
  static constexpr int32_t kDefaultLowest = -2;
  static constexpr int32_t kWide =
      1 << 24;  // In place of a lowest limb: beyond all positions, so every fast path declines.
  static constexpr int kInlineBits = 64 * kInlineLimbs - 1;

  static Uint128 Join(const uint64_t* limbs) { return (Uint128{limbs[1]} << 64) | limbs[0]; }

  void AddDouble(double x, uint64_t flip);
  void AddDoubleSquare(double x, bool remove);
  void AddIntegerScaled(int64_t x, bool square, bool remove);
  void StoreHalves(Uint128 low, Uint128 high);
  // Adds the two's complement integer whose halves are given, in units of the lowest limb; false if it does not fit.
  bool TryAddHalves(Uint128 low, Uint128 high);
  bool TrySubtractHalves(Uint128 low, Uint128 high);
  bool TryAddScaled(Uint128 magnitude, int exponent, bool negative);
  bool TryMergeAligned(const ExactSum& other) {
    return lowest_ == other.lowest_ && lowest_ != kWide && TryAddHalves(Join(other.limbs_), Join(other.limbs_ + 2));
  }
  bool TrySubtractAligned(const ExactSum& other) {
    return lowest_ == other.lowest_ && lowest_ != kWide &&
           TrySubtractHalves(Join(other.limbs_), Join(other.limbs_ + 2));
  }
  bool TryMergeMoved(const ExactSum& other, bool negative);
  bool MoveWindow(int32_t lowest);
  void AddScaledSlow(Uint128 magnitude, int exponent, bool negative);
  void AddSpecialSlow(double x, int64_t times);
  void AddSlow(double x, bool remove);
  void MergeSlow(const ExactSum& other, bool negative);
  void CopyFrom(const ExactSum& other);
  void CopyWide(const ExactSum& other);
  void Swap(ExactSum& other) noexcept;
  void Widen();
  void Narrow();

  uint64_t limbs_[kInlineLimbs] = {0, 0, 0, 0};  // Least significant first; limb i weighs 2^(64 * (lowest_ + i)).
  int32_t lowest_ = kDefaultLowest;              // kWide if the sum is kept in wide_.
  std::unique_ptr<internal::WideSum, internal::WideSumDeleter> wide_;
};

inline void ExactSum::StoreHalves(Uint128 low, Uint128 high) {
  limbs_[0] = static_cast<uint64_t>(low);
  limbs_[1] = static_cast<uint64_t>(low >> 64);
  limbs_[2] = static_cast<uint64_t>(high);
  limbs_[3] = static_cast<uint64_t>(high >> 64);
}

inline bool ExactSum::TryAddHalves(Uint128 low, Uint128 high) {
  const Uint128 sum_low = Join(limbs_) + low;
  const Uint128 before = Join(limbs_ + 2);
  const Uint128 sum_high = before + high + (sum_low < low ? 1 : 0);
  if (static_cast<Int128>((before ^ sum_high) & (high ^ sum_high)) < 0) [[unlikely]]
    return false;
  StoreHalves(sum_low, sum_high);
  return true;
}

inline bool ExactSum::TrySubtractHalves(Uint128 low, Uint128 high) {
  const Uint128 before_low = Join(limbs_), before = Join(limbs_ + 2);
  const Uint128 rest_high = before - high - (before_low < low ? 1 : 0);
  if (static_cast<Int128>((before ^ high) & (before ^ rest_high)) < 0) [[unlikely]]
    return false;
  StoreHalves(before_low - low, rest_high);
  return true;
}

inline void ExactSum::AddDouble(double x, uint64_t flip) {
  const uint64_t bits = std::bit_cast<uint64_t>(x);
  const int exponent = static_cast<int>(bits >> 52) & 0x7ff;
  const int position = exponent - 1075 - 64 * lowest_;  // Of the mantissa's lowest bit in the window.
  if (exponent - 1U >= 0x7feU || static_cast<unsigned>(position) > kInlineBits - 53) [[unlikely]] {
    if ((bits << 1) != 0) AddSlow(x, flip != 0);
    return;
  }
  const uint64_t mantissa = (bits & ((uint64_t{1} << 52) - 1)) | (uint64_t{1} << 52);
  const int word = position >> 6, offset = position & 63;
  const uint64_t first = mantissa << offset, second = (mantissa >> 1) >> (63 - offset);
  const uint64_t part[kInlineLimbs] = {word == 0 ? first : 0,
                                       word == 0   ? second
                                       : word == 1 ? first
                                                   : 0,
                                       word == 1   ? second
                                       : word == 2 ? first
                                                   : 0,
                                       word == 2   ? second
                                       : word == 3 ? first
                                                   : 0};
  // A negative number is the complement plus one: the one goes in as the carry of the low half.
  const uint64_t sign = (uint64_t{0} - (bits >> 63)) ^ flip;
  const Uint128 wide_sign = (Uint128{sign} << 64) | sign;
  const Uint128 low = (Join(part) ^ wide_sign) + (sign & 1);
  const Uint128 high = (Join(part + 2) ^ wide_sign) + ((sign & 1) & static_cast<uint64_t>(low == 0));
  if (!TryAddHalves(low, high)) [[unlikely]]
    AddSlow(x, flip != 0);
}

inline void ExactSum::CopyFrom(const ExactSum& other) {
  if (wide_ != nullptr || other.wide_ != nullptr) [[unlikely]]
    return CopyWide(other);
  for (int i = 0; i < kInlineLimbs; i++) limbs_[i] = other.limbs_[i];
  lowest_ = other.lowest_;
}

inline void ExactSum::Swap(ExactSum& other) noexcept {
  for (int i = 0; i < kInlineLimbs; i++) std::swap(limbs_[i], other.limbs_[i]);
  std::swap(lowest_, other.lowest_);
  wide_.swap(other.wide_);
}

}  // namespace plumb::stats
