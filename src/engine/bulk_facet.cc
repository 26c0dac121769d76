#include "engine/bulk_facet.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace plumb::engine {
namespace {

bool IsSpecial(double x) { return !(std::fabs(x) <= std::numeric_limits<double>::max()); }
bool IsSpecial(int64_t) { return false; }

void CountSpecial(double x, uint32_t step, uint32_t* nans, uint32_t* infinities, uint32_t* negative_infinities) {
  if (x != x) {
    *nans += step;
  } else if (x > 0) {
    *infinities += step;
  } else {
    *negative_infinities += step;
  }
}

}  // namespace

// Calls visit with a function from a row to its number, an int64_t or a double.
template <typename Visit>
bool BulkFacet::WithNumbers(Visit visit) const {
  const uint64_t* values = values_;
  switch (reading_) {
    case Reading::kInts:
      return visit([values](uint32_t row) { return static_cast<int64_t>(values[row]); });
    case Reading::kDoubles:
      return visit([values](uint32_t row) { return std::bit_cast<double>(values[row]); });
    case Reading::kDecimals:
      break;
  }
  const data::Type type = spec_.type;
  return visit([values, type](uint32_t row) { return NumberOfWord(type, values[row]); });
}

void BulkFacet::BuildCounts() {
  counts_.clear();
  if (takes_all_) return;
  counts_.resize(last_ - first_ + 1);
  uint32_t count = 0;
  for (uint32_t row = first_; row < last_; ++row) {
    counts_[row - first_] = count;
    count += Takes(row) ? 1 : 0;
  }
  counts_.back() = count;
}

void BulkFacet::BuildSpecials() {
  specials_.assign(last_ - first_ + 1, {0, 0, 0});
  WithNumbers([this](auto number) {
    for (uint32_t row = first_; row < last_; ++row) {
      auto& next = specials_[row - first_ + 1] = specials_[row - first_];
      if (!Takes(row)) continue;
      const auto x = number(row);
      if (IsSpecial(x)) CountSpecial(static_cast<double>(x), 1, &next[0], &next[1], &next[2]);
    }
    return true;
  });
}

template <int kLimbs, bool kSquare, typename Number>
void BulkFacet::FillPrefixes(Number number, std::vector<uint64_t>* prefixes) const {
  prefixes->resize(size_t{last_ - first_ + 1} * kLimbs);
  uint64_t* out = prefixes->data();
  uint64_t sum[kLimbs] = {};
  const bool takes_all = takes_all_ && specials_.empty();
  for (uint32_t row = first_; row < last_; ++row, out += kLimbs) {
    for (int i = 0; i < kLimbs; ++i) out[i] = sum[i];
    if (!takes_all && !Takes(row)) continue;
    const auto x = number(row);
    if (!takes_all && IsSpecial(x)) continue;
    const FixedTerm term = TermOf(x, form_.unit());
    AddTerm<kLimbs>(kSquare ? SquareOf(term) : term, sum);
  }
  for (int i = 0; i < kLimbs; ++i) out[i] = sum[i];
}

template <bool kSquare, typename Number>
void BulkFacet::Prefixes(Number number, int limbs, std::vector<uint64_t>* prefixes) const {
  if (limbs == 2) return FillPrefixes<2, kSquare>(number, prefixes);
  if (limbs == 3) return FillPrefixes<3, kSquare>(number, prefixes);
  return FillPrefixes<4, kSquare>(number, prefixes);
}

template <typename Number>
bool BulkFacet::BuildSums(Number number) {
  bool has_specials = false;
  form_ = {};
  for (uint32_t row = first_; row < last_; ++row) {  // also replaced rows: they may be added to a sum
    if (!filter_.Takes(row)) continue;
    const auto x = number(row);
    form_.See(x);
    has_specials = has_specials || IsSpecial(x);
  }
  form_.Settle(uint64_t{last_ - first_} + 1);
  if (!form_.fits() || (spec_.needs.squares && !form_.squares_fit())) return false;
  specials_.clear();
  if (has_specials) BuildSpecials();
  Prefixes<false>(number, form_.limbs(), &sums_);
  if (spec_.needs.squares) Prefixes<true>(number, form_.square_limbs(), &squares_);
  return true;
}

int64_t BulkFacet::OrderedOf(uint32_t row, bool is_minimum) const {
  const bool is_double = spec_.type == data::TypeKind::kFloat64;
  const int64_t ordered = is_double ? OrderedOfDouble(values_[row]) : static_cast<int64_t>(values_[row]);
  if (is_double && ordered == RangeMax::kNone) return ordered;
  return is_minimum ? ~ordered : ordered;
}

void BulkFacet::BuildExtremes(bool is_minimum, RangeMax* extremes) {
  ordered_.resize(last_ - first_);
  for (uint32_t row = first_; row < last_; ++row) {
    ordered_[row - first_] = takes_all_ || Takes(row) ? OrderedOf(row, is_minimum) : RangeMax::kNone;
  }
  extremes->Build(&ordered_);
}

bool BulkFacet::Build(const TableLayout& layout, const BulkRows& rows, const FacetSpec& spec, uint32_t first,
                      uint32_t last) {
  spec_ = spec;
  rows_ = rows;
  filter_ = FilterOf(layout, rows, spec.argument, spec.condition);
  values_ = spec.argument >= 0 ? rows.Values(spec.argument) : nullptr;
  reading_ = spec.reads_as_double && spec.type != data::TypeKind::kFloat64 ? Reading::kDecimals
             : spec.type == data::TypeKind::kFloat64                       ? Reading::kDoubles
                                                                           : Reading::kInts;
  first_ = first;
  last_ = last;
  takes_all_ = filter_.takes_all() && rows.hidden_from == nullptr;
  BuildCounts();
  if (spec.needs.minimum) BuildExtremes(true, &minima_);
  if (spec.needs.maximum) BuildExtremes(false, &maxima_);
  if (!spec.needs.sums) return true;
  return WithNumbers([this](auto number) { return BuildSums(number); });
}

void BulkFacet::Sums(uint32_t low, uint32_t high, FacetSums* sums) const {
  const auto prefix = [&](const std::vector<uint64_t>& prefixes, uint32_t row, int limbs) {
    return prefixes.data() + size_t{row - first_} * static_cast<size_t>(limbs);
  };
  const int limbs = form_.limbs(), square_limbs = form_.square_limbs();
  sums->sum = Difference(prefix(sums_, high, limbs), prefix(sums_, low, limbs), limbs);
  if (spec_.needs.squares) {
    sums->squares = Difference(prefix(squares_, high, square_limbs), prefix(squares_, low, square_limbs), square_limbs);
  }
  sums->nans = sums->infinities = sums->negative_infinities = 0;
  if (specials_.empty()) return;
  const auto &above = specials_[high - first_], &below = specials_[low - first_];
  sums->nans = above[0] - below[0];
  sums->infinities = above[1] - below[1];
  sums->negative_infinities = above[2] - below[2];
}

void BulkFacet::Change(uint32_t row, bool removes, FacetSums* sums) const {
  WithNumbers([&](auto number) {
    const auto x = number(row);
    if (IsSpecial(x)) {
      CountSpecial(static_cast<double>(x), removes ? ~uint32_t{0} : 1, &sums->nans, &sums->infinities,
                   &sums->negative_infinities);
      return true;
    }
    FixedTerm term = TermOf(x, form_.unit());
    FixedTerm square = SquareOf(term);
    if (removes) {
      term.is_negative = !term.is_negative;
      square.is_negative = true;
    }
    AddTerm(form_.limbs(), term, &sums->sum);
    if (spec_.needs.squares) AddTerm(form_.square_limbs(), square, &sums->squares);
    return true;
  });
}

}  // namespace plumb::engine
