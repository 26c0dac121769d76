#include <algorithm>

#include "engine/bulk_sweep.h"

namespace plumb::engine {
namespace {

// Instants may be infinite.
base::Time Less(base::Time time, base::Duration duration) {
  base::Time result = 0;
  if (!__builtin_sub_overflow(time, duration, &result)) return result;
  return duration > 0 ? base::kTimeMin : base::kTimeMax;
}

// A range with fewer rows is folded rather than prepared, and so is a facet asked of fewer rows than it has.
constexpr uint32_t kCandidateRowsMin = 64;

bool IsPlainWindow(const expr::Window& window) {
  return window.to_date == expr::ToDate::kNone && window.length.months == 0 && window.offset.months == 0;
}

}  // namespace

void BulkEntity::TakeRows(const BulkPartition& partition, BulkPartition::Entity entity) {
  rows_ = {};
  rows_.partition = &partition;
  rows_.begin = entity.begin;
  rows_.rows = entity.end - entity.begin;
  rows_.times = partition.event_times() + entity.begin;
  rows_.delay = partition.delay();
  rows_.known_at = partition.known_times() == nullptr ? nullptr : partition.known_times() + entity.begin;
  hidden_rows_.clear();
  const auto hidden = partition.hidden();
  const auto is_before = [](const HiddenRow& a, uint32_t row) { return a.row < row; };
  auto at = std::lower_bound(hidden.begin(), hidden.end(), entity.begin, is_before);
  if (at == hidden.end() || at->row >= entity.end) return;
  hidden_from_.assign(rows_.rows, base::kTimeMax);
  for (; at != hidden.end() && at->row < entity.end; ++at) {
    hidden_from_[at->row - entity.begin] = at->from;
    hidden_rows_.push_back(at->row - entity.begin);
  }
  rows_.hidden_from = hidden_from_.data();
  std::sort(hidden_rows_.begin(), hidden_rows_.end(),
            [this](uint32_t a, uint32_t b) { return rows_.KnownAt(a) < rows_.KnownAt(b); });
}

void BulkEntity::TakeDelays() {
  is_plain_ = rows_.known_at == nullptr && rows_.hidden_from == nullptr;
  delay_min_ = rows_.delay;
  if (is_plain_) {
    clean_known_min_ = rows_.times[0] + rows_.delay;
    return;
  }
  clean_known_min_ = base::kTimeMax;
  if (rows_.known_at != nullptr) delay_min_ = base::kTimeMax;
  base::Duration delay_max = base::kTimeMin;
  for (uint32_t row = 0; row < rows_.rows; ++row) {
    if (rows_.IsClean(row)) clean_known_min_ = std::min(clean_known_min_, rows_.KnownAt(row));
    if (rows_.known_at == nullptr) continue;
    const base::Duration delay = Less(rows_.known_at[row], rows_.times[row]);
    delay_min_ = std::min(delay_min_, delay);
    delay_max = std::max(delay_max, delay);
  }
  is_plain_ = rows_.hidden_from == nullptr && delay_min_ == delay_max && delay_min_ != base::kTimeMin &&
              delay_min_ != base::kTimeMax;
}

void BulkEntity::FindRanges(const BulkQuery& query, std::span<const Example> examples) {
  const auto& windows = query.windows();
  ranges_.resize(windows.size() * examples.size());
  rows_in_windows_.assign(windows.size(), 0);
  for (size_t w = 0; w < windows.size(); ++w) {
    const expr::Window& window = windows[w];
    const bool is_simple = IsPlainWindow(window) && !window.lifetime && !window.ahead && window.offset.micros == 0;
    Range* ranges = ranges_.data() + w * examples.size();
    Range last;
    uint64_t total = 0;
    for (size_t i = 0; i < examples.size(); ++i) {
      const base::Time t = examples[i].time;
      const TimeRange range = is_simple ? TimeRange{Less(t, window.length.micros), t} : RangeOf(window, t);
      const base::Time high = std::min(range.high, Less(examples[i].cut, delay_min_));
      last.low = range.low == base::kTimeMin ? 0 : SeekTime(rows_.times, rows_.rows, last.low, range.low);
      last.high = SeekTime(rows_.times, rows_.rows, last.high, high);
      ranges[i] = {std::min(last.low, last.high), last.high};
      total += ranges[i].high - ranges[i].low;
    }
    rows_in_windows_[w] = total;
  }
}

void BulkEntity::BuildFacets(const BulkQuery& query, size_t examples) {
  const size_t count = query.facets().size();
  if (facets_.size() < count) facets_.resize(count);
  has_facet_.assign(count, 0);
  for (size_t facet = 0; facet < count; ++facet) {
    uint32_t first = rows_.rows, last = 0;
    uint64_t asked = 0;
    for (const size_t window : query.windows_of_facet()[facet]) {
      asked += rows_in_windows_[window];
      const Range* ranges = ranges_.data() + window * examples;
      for (size_t i = 0; i < examples; ++i) {
        first = std::min(first, ranges[i].low);
        last = std::max(last, ranges[i].high);
      }
    }
    if (first > last) first = last;
    if (asked * 4 < last - first) continue;
    has_facet_[facet] = facets_[facet].Build(query.layout(), rows_, query.facets()[facet], first, last) ? 1 : 0;
  }
}

void BulkEntity::CountCandidates(const BulkQuery& query, size_t examples) {
  const auto& positions = query.positions();
  if (candidates_.size() < positions.size()) candidates_.resize(positions.size());
  for (size_t i = 0; i < positions.size(); ++i) {
    std::vector<uint32_t>& counts = candidates_[i];
    counts.clear();
    if (positions[i].condition < 0 || rows_.rows < kCandidateRowsMin || examples < kCandidateRowsMin / 16) continue;
    const RowFilter filter = FilterOf(query.layout(), rows_, -1, positions[i].condition);
    counts.resize(rows_.rows + size_t{1});
    uint32_t count = 0;
    for (uint32_t row = 0; row < rows_.rows; ++row) {
      counts[row] = count;
      count += filter.Takes(row) ? 1 : 0;
    }
    counts.back() = count;
  }
}

void BulkEntity::Prepare(const BulkQuery& query, const BulkPartition& partition, BulkPartition::Entity entity,
                         std::span<const Example> examples) {
  TakeRows(partition, entity);
  TakeDelays();
  FindRanges(query, examples);
  BuildFacets(query, examples.size());
  CountCandidates(query, examples.size());
}

}  // namespace plumb::engine
