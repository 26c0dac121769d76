#include "operate/profile.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <unordered_map>
#include <utility>

#include "base/check.h"
#include "base/hash.h"
#include "base/time.h"
#include "stats/distinct_sketch.h"
#include "stats/drift.h"
#include "stats/exact_moments.h"

namespace plumb::operate {
namespace {

using data::TypeKind;

bool IsText(data::Type type) { return type == TypeKind::kString || type == TypeKind::kBool; }
bool IsMany(data::Type type) { return type.kind == TypeKind::kList || type.kind == TypeKind::kVector; }

// What one unit of NumberAt is worth: decimals are held unscaled.
double UnitOf(data::Type type) {
  double unit = 1;
  for (int i = 0; type.IsDecimal() && i < type.scale; ++i) unit *= 10;
  return unit;
}

uint64_t HashAt(const data::Column& column, size_t row) {
  switch (column.type().storage()) {
    case data::Storage::kInts:
      return stats::DistinctSketch::HashOfWord(static_cast<uint64_t>(column.Int(row)));
    case data::Storage::kDoubles:
      return stats::DistinctSketch::HashOfWord(std::bit_cast<uint64_t>(column.Double(row)));
    case data::Storage::kBytes:
      break;
  }
  return base::Hash64(column.String(row));
}

// One column of one part.
class PartProfiler {
 public:
  PartProfiler(const ColumnProfile& profile, const data::Column& column) : profile_(profile), column_(column) {}

  void Add(size_t row) {
    ++part_.rows;
    if (column_.IsNull(row)) {
      ++part_.nulls;
      return;
    }
    distinct_.Add(HashAt(column_, row));
    if (profile_.is_hidden || IsMany(profile_.type)) return;
    if (IsText(profile_.type)) {
      ++texts_[column_.type() == TypeKind::kString ? std::string_view(column_.String(row))
                                                   : std::string_view(column_.Int(row) != 0 ? "true" : "false")];
    } else {
      AddNumber(NumberAt(column_, row) / UnitOf(profile_.type));
    }
  }

  PartProfile Finish() {
    part_.distinct = std::round(distinct_.Estimate());
    if (!texts_.empty()) FinishTexts();
    if (moments_.count > 0) FinishNumbers();
    return std::move(part_);
  }
  [[nodiscard]] const stats::QuantileSketch& sketch() const { return sketch_; }

 private:
  void AddNumber(double number) {
    if (!std::isfinite(number)) {
      ++part_.not_finite;
      return;
    }
    low_ = moments_.count == 0 ? number : std::min(low_, number);
    high_ = moments_.count == 0 ? number : std::max(high_, number);
    moments_.Add(number);
    sketch_.Add(number);
    if (part_.histogram.empty()) part_.histogram.resize(kHistogramBins);
    ++part_.histogram[BinOf(number)];
  }

  [[nodiscard]] size_t BinOf(double number) const {
    const double range = profile_.bins_high - profile_.bins_low;
    if (!(range > 0) || !std::isfinite(range)) return 0;
    const double place = (number - profile_.bins_low) / range * static_cast<double>(kHistogramBins);
    return std::min(static_cast<size_t>(place), kHistogramBins - 1);
  }

  void FinishTexts() {
    part_.distinct = static_cast<double>(texts_.size());
    for (const auto& [text, count] : texts_) part_.top.emplace_back(text, count);
    std::sort(part_.top.begin(), part_.top.end(), [](const auto& a, const auto& b) {
      return a.second != b.second ? a.second > b.second : a.first < b.first;
    });
    if (part_.top.size() > kTopTexts) part_.top.resize(kTopTexts);
  }

  void FinishNumbers() {
    NumberSummary numbers;
    numbers.min = low_;
    numbers.max = high_;
    numbers.mean = moments_.Mean();
    if (moments_.count > 1) numbers.deviation = moments_.StandardDeviation(1);
    for (const double q : kProfileQuantiles) {
      numbers.quantiles.push_back(std::clamp(sketch_.Quantile(q), low_, high_));
    }
    part_.numbers = std::move(numbers);
  }

  const ColumnProfile& profile_;
  const data::Column& column_;
  PartProfile part_;
  stats::DistinctSketch distinct_;
  stats::ExactMoments moments_;
  stats::QuantileSketch sketch_;
  std::unordered_map<std::string_view, int64_t> texts_;
  double low_ = 0, high_ = 0;
};

void FindRange(const data::Column& column, ColumnProfile* profile) {
  bool is_first = true;
  for (size_t row = 0; row < column.size(); ++row) {
    if (column.IsNull(row)) continue;
    const double number = NumberAt(column, row) / UnitOf(profile->type);
    if (!std::isfinite(number)) continue;
    profile->bins_low = is_first ? number : std::min(profile->bins_low, number);
    profile->bins_high = is_first ? number : std::max(profile->bins_high, number);
    is_first = false;
  }
}

std::optional<double> IndexOf(const std::vector<int64_t>& reference, const std::vector<int64_t>& current) {
  const auto psi = stats::PopulationStabilityIndex(reference, current);
  return psi.ok() ? std::optional<double>(*psi) : std::nullopt;
}

// (kinds - 1)(1/n + 1/m): the index divided by 1/n + 1/m is about chi-square with kinds - 1 degrees (B. Yurdakul,
// "Statistical properties of population stability index", 2018).
double NoiseOf(const std::vector<int64_t>& reference, const std::vector<int64_t>& current) {
  int64_t kinds = 0, before = 0, now = 0;
  for (size_t i = 0; i < reference.size(); ++i) {
    kinds += reference[i] + current[i] > 0 ? 1 : 0;
    before += reference[i];
    now += current[i];
  }
  if (kinds < 2 || before == 0 || now == 0) return 0;
  return static_cast<double>(kinds - 1) * (1 / static_cast<double>(before) + 1 / static_cast<double>(now));
}

// On the union of the buckets, which are in ascending order.
std::optional<double> DistanceOf(const stats::QuantileSketch& reference, const stats::QuantileSketch& current) {
  std::vector<int64_t> a, b;
  auto left = reference.entries().begin(), left_end = reference.entries().end();
  auto right = current.entries().begin(), right_end = current.entries().end();
  while (left != left_end || right != right_end) {
    const bool takes_left = right == right_end || (left != left_end && left->index <= right->index);
    const bool takes_right = left == left_end || (right != right_end && right->index <= left->index);
    a.push_back(takes_left ? static_cast<int64_t>(left->count) : 0);
    b.push_back(takes_right ? static_cast<int64_t>(right->count) : 0);
    if (takes_left) ++left;
    if (takes_right) ++right;
  }
  const auto distance = stats::KolmogorovSmirnovOfCounts(a, b);
  return distance.ok() ? std::optional<double>(distance->statistic) : std::nullopt;
}

// One column: its parts, then their changes.
class ColumnProfiler {
 public:
  ColumnProfiler(const std::string& name, const data::Column& column, const ProfileOptions& options)
      : column_(column), options_(options) {
    profile_.name = name;
    profile_.type = column.type();
    profile_.is_hidden = options.hidden.contains(name);
    has_values_ = !profile_.is_hidden && !IsMany(profile_.type);
  }

  ColumnProfile Run() {
    if (has_values_ && !IsText(profile_.type)) FindRange(column_, &profile_);
    const size_t parts = options_.part_names.size();
    std::vector<PartProfiler> profilers;
    profilers.reserve(parts);
    for (size_t i = 0; i < parts; ++i) profilers.emplace_back(profile_, column_);
    rows_.resize(parts);
    for (size_t row = 0; row < column_.size(); ++row) {
      const size_t part = options_.parts.empty() ? 0 : options_.parts[row];
      profilers[part].Add(row);
      rows_[part].push_back(static_cast<int64_t>(row));
    }
    for (PartProfiler& profiler : profilers) profile_.parts.push_back(profiler.Finish());
    profile_.sketch = profilers.front().sketch();
    if (has_values_) {
      profile_.reference = MakeColumnReference(profile_.name, column_, rows_.front());
      for (size_t i = 1; i < parts; ++i) {
        profile_.parts[i].change =
            Change(*profile_.reference, profile_.sketch, profilers[i].sketch(), profile_.parts.front(), i);
      }
    }
    CompareWithEarlier();
    return std::move(profile_);
  }

 private:
  ProfileChange Change(const ColumnReference& reference, const stats::QuantileSketch& before,
                       const stats::QuantileSketch& now, const PartProfile& first, size_t part) const {
    ProfileChange change;
    change.null_share = profile_.parts[part].NullShare() - first.NullShare();
    if (!IsComparable(first)) return change;
    const auto counts = CountLike(reference, column_, rows_[part]);
    if (counts.ok()) {
      change.psi = IndexOf(reference.counts, *counts);
      change.psi_noise = NoiseOf(reference.counts, *counts);
    }
    if (!before.empty() && !now.empty()) change.ks = DistanceOf(before, now);
    return change;
  }

  [[nodiscard]] bool IsComparable(const PartProfile& first) const {
    if (profile_.type == TypeKind::kTimestamp) return false;
    const bool is_name = profile_.type == TypeKind::kString && 2 * first.distinct > static_cast<double>(first.rows);
    return !is_name || first.rows == 0;
  }

  void CompareWithEarlier() {
    if (options_.earlier == nullptr || !has_values_) return;
    const ColumnProfile* earlier = options_.earlier->Find(profile_.name);
    const bool is_same_kind = earlier != nullptr && earlier->type == profile_.type && earlier->reference &&
                              earlier->reference->is_text == profile_.reference->is_text && !earlier->parts.empty();
    if (!is_same_kind) return;
    if (!IsComparable(profile_.parts.front())) return;
    profile_.parts.front().change =
        Change(*earlier->reference, earlier->sketch, profile_.sketch, earlier->parts.front(), 0);
  }

  const data::Column& column_;
  const ProfileOptions& options_;
  bool has_values_ = false;
  std::vector<std::vector<int64_t>> rows_;  // of each part
  ColumnProfile profile_;
};

}  // namespace

const ColumnProfile* TableProfile::Find(const std::string& name) const {
  const auto found =
      std::find_if(columns.begin(), columns.end(), [&](const ColumnProfile& column) { return column.name == name; });
  return found == columns.end() ? nullptr : &*found;
}

TableProfile MakeProfile(const data::Batch& table, const ProfileOptions& options) {
  PLUMB_CHECK(!options.part_names.empty(), "A profile has at least one part.");
  PLUMB_CHECK(options.parts.empty() || options.parts.size() == table.rows, "One part for each row.");
  TableProfile profile;
  profile.title = options.title;
  profile.part_names = options.part_names;
  profile.has_earlier = options.earlier != nullptr;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    profile.columns.push_back(ColumnProfiler(table.schema.fields()[i].name, table.columns[i], options).Run());
  }
  return profile;
}

std::string FormatProfileNumber(data::Type type, double value) {
  // Of times the whole microsecond; doubles beyond int64 cannot come of them.
  if (type == TypeKind::kTimestamp) return base::FormatTime(static_cast<base::Time>(value));
  if (type == TypeKind::kDuration) return base::FormatSpan({0, static_cast<base::Duration>(value)});
  return fmt::format("{:.6g}", value);
}

}  // namespace plumb::operate
