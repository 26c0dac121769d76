#include "base/internal/metrics_core.h"

#include <algorithm>

#include "base/check.h"

namespace plumb::base::internal {
namespace {

std::atomic<uint64_t> g_next_id{1};

// The shards of one thread, by the object they belong to; gives them back when the thread ends.
class ThreadShards {
 public:
  ~ThreadShards() {
    for (const Entry& entry : entries_) {
      if (const auto core = entry.core.lock()) core->Retire(entry.shard);
    }
  }

  Shard* Find(uint64_t id) const {
    for (const Entry& entry : entries_) {
      if (entry.id == id) return entry.shard;
    }
    return nullptr;
  }

  void Insert(uint64_t id, std::weak_ptr<MetricsCore> core, Shard* shard) {
    std::erase_if(entries_, [](const Entry& entry) { return entry.core.expired(); });
    entries_.push_back({id, std::move(core), shard});
  }

 private:
  struct Entry {
    uint64_t id;
    std::weak_ptr<MetricsCore> core;
    Shard* shard;
  };
  std::vector<Entry> entries_;
};

thread_local ThreadShards t_shards;
// The shard used last: a process has one Metrics, so this is nearly always the right one. Trivial, so reading it costs
// no guard.
thread_local uint64_t t_last_id = 0;
thread_local Shard* t_last_shard = nullptr;

bool IsName(std::string_view name, bool with_colon) {
  const auto is_letter = [with_colon](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (with_colon && c == ':');
  };
  if (name.empty() || !is_letter(name[0])) return false;
  return std::all_of(name.begin(), name.end(), [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

HistogramOptions WithBounds(HistogramOptions options) {
  if (!options.bounds.empty()) return options;
  for (int64_t decade = 10'000; decade <= 1'000'000'000; decade *= 10) {
    options.bounds.insert(options.bounds.end(), {decade, decade / 2 * 5, decade * 5});
  }
  options.bounds.push_back(10'000'000'000);
  return options;
}

}  // namespace

MetricsCore::MetricsCore() : id_(g_next_id.fetch_add(1)) {}

Shard& MetricsCore::ShardOfThread() {
  if (t_last_id == id_) [[likely]]
    return *t_last_shard;
  return AdoptShard();
}

Shard& MetricsCore::AdoptShard() {
  Shard* shard = t_shards.Find(id_);
  if (shard == nullptr) {
    auto made = std::make_unique<Shard>();
    shard = made.get();
    t_shards.Insert(id_, weak_from_this(), shard);
    const std::lock_guard lock(mutex_);
    shards_.push_back(std::move(made));
  }
  t_last_id = id_;
  t_last_shard = shard;
  return *shard;
}

void MetricsCore::Retire(Shard* shard) {
  t_last_id = 0;
  const std::lock_guard lock(mutex_);
  retired_.Absorb(*shard);
  std::erase_if(shards_, [shard](const std::unique_ptr<Shard>& held) { return held.get() == shard; });
}

uint32_t MetricsCore::GetSlot(std::string_view name, std::string_view help, MetricKind kind, const MetricLabels& labels,
                              const HistogramOptions& options, std::function<double()> read) {
  PLUMB_CHECK(IsName(name, /*with_colon=*/true), "A metric has a valid name.");
  for (const auto& [label, value] : labels) {
    PLUMB_CHECK(IsName(label, /*with_colon=*/false) && label != "le", "A metric label has a valid name.");
  }
  const std::lock_guard lock(mutex_);
  auto [found, is_new] = families_.try_emplace(std::string(name));
  Family& family = found->second;
  if (is_new) family = {kind, std::string(help), WithBounds(options), {}};
  PLUMB_CHECK(family.kind == kind, "A metric has one kind.");

  const auto same = [](const MetricLabels& wanted) {
    return [&wanted](const Series& series) { return series.labels == wanted; };
  };
  MetricLabels used = labels;
  auto series = std::find_if(family.series.begin(), family.series.end(), same(used));
  if (series == family.series.end() && family.series.size() >= Metrics::kSeriesMax) {
    for (auto& [label, value] : used) value = "other";
    series = std::find_if(family.series.begin(), family.series.end(), same(used));
  }
  if (series == family.series.end()) {
    PLUMB_CHECK(slots_ < Shard::kChunkSlots * Shard::kChunks, "There are fewer metric families than slots for them.");
    family.series.push_back({std::move(used), slots_++, nullptr});
    series = std::prev(family.series.end());
  }
  if (read) series->read = std::move(read);
  return series->slot;
}

void MetricsCore::SetGauge(uint32_t slot, double value) {
  const std::lock_guard lock(mutex_);
  set_gauges_[slot] = value;
}

int64_t MetricsCore::ReadLocked(uint32_t slot) const {
  int64_t total = retired_.Read(slot);
  for (const auto& shard : shards_) total += shard->Read(slot);
  return total;
}

Histogram MetricsCore::ReadHistogramLocked(uint32_t slot) const {
  Histogram merged;
  retired_.ReadHistogram(slot, &merged);
  for (const auto& shard : shards_) shard->ReadHistogram(slot, &merged);
  return merged;
}

double MetricsCore::ReadGaugeLocked(const Series& series) const {
  if (series.read) return series.read();
  const auto set = set_gauges_.find(series.slot);
  return (set == set_gauges_.end() ? 0.0 : set->second) + static_cast<double>(ReadLocked(series.slot));
}

int64_t MetricsCore::Read(uint32_t slot) const {
  const std::lock_guard lock(mutex_);
  return ReadLocked(slot);
}

double MetricsCore::ReadGauge(uint32_t slot) const {
  const std::lock_guard lock(mutex_);
  return ReadGaugeLocked(Series{{}, slot, nullptr});
}

Histogram MetricsCore::ReadHistogram(uint32_t slot) const {
  const std::lock_guard lock(mutex_);
  return ReadHistogramLocked(slot);
}

bool MetricsCore::FindHistogram(std::string_view name, const MetricLabels& labels, uint32_t* slot) const {
  const std::lock_guard lock(mutex_);
  const auto family = families_.find(name);
  if (family == families_.end() || family->second.kind != MetricKind::kHistogram) return false;
  for (const Series& series : family->second.series) {
    if (series.labels != labels) continue;
    *slot = series.slot;
    return true;
  }
  return false;
}

}  // namespace plumb::base::internal
