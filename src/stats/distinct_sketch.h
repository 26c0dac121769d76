// distinct_sketch.h: about how many different values there were, in 4 KiB.
//
// Why: an exact set of values grows with them. A HyperLogLog does not, merges by maximum, and is a function of the set:
// neither order nor repetition changes a bit of it.
//
// How: P. Flajolet, E. Fusy, O. Gandouet and F. Meunier, "HyperLogLog" (AofA 2007), with 64-bit hashes (S. Heule, M.
// Nunkesser and A. Hall, EDBT 2013) and the improved raw estimator of O. Ertl, "New cardinality estimation algorithms
// for HyperLogLog sketches" (2017, arXiv:1702.01284, algorithm 6), which has no bias to correct, no switch-over and no
// tables. It needs + * / and sqrt only, so the estimate has the same bits on every machine. Standard error 1.04 /
// sqrt(2^precision): 1.6 % at precision 12; smaller for numbers far below 2^precision.
//
// The hash is the caller's: 64 bits that look random. A weak hash makes the estimate wrong without notice; integers go
// through HashOfWord first.
//
// Thread safety: none needed for const use; one writer otherwise. Invariant: registers hold 0 to 65 - precision.
//
//   DistinctSketch sketch;                         // from distinct_sketch_test.cc
//   for (uint64_t i = 0; i < 1000; i++) sketch.Add(DistinctSketch::HashOfWord(i));
//   sketch.Estimate();                             // 1000 ± 16
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"

namespace plumb::stats {

class DistinctSketch {
 public:
  static constexpr int kPrecisionMin = 10, kPrecisionMax = 16, kPrecisionDefault = 12;

  // 2^precision registers of a byte. Requires: kPrecisionMin <= precision <= kPrecisionMax.
  explicit DistinctSketch(int precision = kPrecisionDefault);

  // A sketch from what registers() gave. kInvalidArgument if their number is no allowed power of two or one of them is
  // too large.
  static base::Result<DistinctSketch> FromRegisters(std::span<const uint8_t> registers);

  // SplitMix64's finalizer, a permutation of the words: different words have different hashes.
  static constexpr uint64_t HashOfWord(uint64_t word);

  void Add(uint64_t hash) {
    // The bit below the rest's lowest ends the count of zeros.
    const uint64_t rest = (hash << precision_) | (uint64_t{1} << (precision_ - 1));
    const auto rank = static_cast<uint8_t>(std::countl_zero(rest) + 1);
    uint8_t& reg = registers_[hash >> (64 - precision_)];
    if (rank > reg) reg = rank;
  }

  // Requires: the same precision.
  void Merge(const DistinctSketch& other);

  // Back to nothing; keeps the memory.
  void Clear();

  // The estimated number of different hashes: 0 of nothing, at least 0, finite for all registers but full ones
  // (2^64 / 2^precision times beyond any use), which give infinity.
  [[nodiscard]] double Estimate() const;

  [[nodiscard]] int precision() const { return precision_; }
  [[nodiscard]] std::span<const uint8_t> registers() const { return registers_; }

  friend bool operator==(const DistinctSketch&, const DistinctSketch&) = default;

 private:
  int precision_;
  std::vector<uint8_t> registers_;
};

constexpr uint64_t DistinctSketch::HashOfWord(uint64_t word) {
  word += 0x9e3779b97f4a7c15;
  word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9;
  word = (word ^ (word >> 27)) * 0x94d049bb133111eb;
  return word ^ (word >> 31);
}

}  // namespace plumb::stats
