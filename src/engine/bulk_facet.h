// bulk_facet.h: one (argument, condition) of one entity, prepared so that any range of rows is answered in constant
// time.
//
// Why: aggregates over the same argument share their counts and sums whatever the window: count, sum, avg and stddev of
// an amount over an hour and over a month are differences of the same prefixes. Extremes do not forget, so they have a
// table of ranges instead. Only rows that are never replaced are in it; what is replaced, or not known yet, is added or
// taken out one by one.
//
// Thread safety: const use is safe once built; Build reuses the memory of what stood there.
#pragma once

#include <array>
#include <vector>

#include "engine/bulk_fixed_sum.h"
#include "engine/bulk_rows.h"

namespace plumb::engine {

struct FacetNeeds {
  bool sums = false;     // of integers (also decimals of up to 18 digits) or doubles
  bool squares = false;  // and sums
  bool minimum = false, maximum = false;
};

struct FacetSpec {
  int argument = -1, condition = -1;
  data::Type type;               // of the argument
  bool reads_as_double = false;  // decimals, where their moments are asked
  FacetNeeds needs;
};

// What a facet says of rows, exactly.
struct FacetSums {
  FixedValue sum, squares;
  uint32_t nans = 0, infinities = 0, negative_infinities = 0;
  [[nodiscard]] bool IsFinite() const { return (nans | infinities | negative_infinities) == 0; }
};

class BulkFacet {
 public:
  // Of rows [first, last). False: the numbers do not fit; nothing but the counts may be asked.
  bool Build(const TableLayout& layout, const BulkRows& rows, const FacetSpec& spec, uint32_t first, uint32_t last);

  [[nodiscard]] const RowFilter& filter() const { return filter_; }
  [[nodiscard]] int unit() const { return form_.unit(); }

  // Of clean rows in [low, high) that the filter takes. Requires: first ≤ low ≤ high ≤ last.
  [[nodiscard]] uint32_t Count(uint32_t low, uint32_t high) const {
    return counts_.empty() ? high - low : counts_[high - first_] - counts_[low - first_];
  }
  void Sums(uint32_t low, uint32_t high, FacetSums* sums) const;
  [[nodiscard]] int64_t Maximum(uint32_t low, uint32_t high) const { return maxima_.Max(low - first_, high - first_); }
  [[nodiscard]] int64_t Minimum(uint32_t low, uint32_t high) const { return minima_.Max(low - first_, high - first_); }

  // One row, which the filter takes, more or less.
  void Change(uint32_t row, bool removes, FacetSums* sums) const;
  // Of one row that the filter takes, in the order of Maximum (Minimum).
  [[nodiscard]] int64_t OrderedOf(uint32_t row, bool is_minimum) const;

 private:
  enum class Reading { kInts, kDoubles, kDecimals };
  template <typename Visit>
  bool WithNumbers(Visit visit) const;
  template <typename Number>
  bool BuildSums(Number number);
  template <int kLimbs, bool kSquare, typename Number>
  void FillPrefixes(Number number, std::vector<uint64_t>* prefixes) const;
  template <bool kSquare, typename Number>
  void Prefixes(Number number, int limbs, std::vector<uint64_t>* prefixes) const;
  void BuildCounts();
  void BuildSpecials();
  void BuildExtremes(bool is_minimum, RangeMax* extremes);
  [[nodiscard]] bool Takes(uint32_t row) const { return rows_.IsClean(row) && filter_.Takes(row); }

  FacetSpec spec_;
  BulkRows rows_;
  RowFilter filter_;
  const uint64_t* values_ = nullptr;
  Reading reading_ = Reading::kInts;
  uint32_t first_ = 0, last_ = 0;
  bool takes_all_ = false;
  FixedForm form_;
  std::vector<uint32_t> counts_;                   // prefixes; empty: every row counts
  std::vector<uint64_t> sums_, squares_;           // prefixes of form_.limbs() and square_limbs() limbs
  std::vector<std::array<uint32_t, 3>> specials_;  // prefixes; empty: no NaN and no infinity
  RangeMax minima_, maxima_;
  std::vector<int64_t> ordered_;  // a buffer
};

}  // namespace plumb::engine
