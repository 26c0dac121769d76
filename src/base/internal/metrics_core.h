// metrics_core.h: the series and shards behind metrics.h.
//
// A slot is a number; every shard has the same slots, in chunks that are made when first written. The owner of a shard
// is the only one who writes to it or makes chunks in it, so a write is a relaxed load and store, and a chunk is
// published by one release store.
//
// Thread safety: Add and Record from any thread; the rest takes the mutex.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"

namespace plumb::base::internal {

enum class MetricKind : unsigned char { kCounter, kGauge, kHistogram };

struct Series {
  MetricLabels labels;
  uint32_t slot = 0;
  std::function<double()> read;  // of a gauge function only
};

struct Family {
  MetricKind kind = MetricKind::kCounter;
  std::string help;
  HistogramOptions options;
  std::vector<Series> series;
};

// The buckets of one histogram in one shard.
struct HistogramCells {
  std::array<std::atomic<int64_t>, Histogram::kBuckets> buckets{};
  std::atomic<int64_t> sum{0};
};

// What one thread has written.
class Shard {
 public:
  Shard() = default;
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  // By the owner.
  void Add(uint32_t slot, int64_t count);
  void Record(uint32_t slot, int64_t value);

  // By anyone.
  [[nodiscard]] int64_t Read(uint32_t slot) const;
  void ReadHistogram(uint32_t slot, Histogram* into) const;

  // By an owner whose shard takes over what another, which nobody writes any more, holds.
  void Absorb(const Shard& other);

  static constexpr uint32_t kChunkSlots = 256;
  static constexpr uint32_t kChunks = 1024;

 private:
  struct Chunk {
    std::array<std::atomic<int64_t>, kChunkSlots> values{};
    std::array<std::atomic<HistogramCells*>, kChunkSlots> histograms{};
    ~Chunk();
  };
  Chunk& OwnChunk(uint32_t slot);
  HistogramCells& OwnCells(uint32_t slot);
  [[nodiscard]] const Chunk* FindChunk(uint32_t slot) const;

  std::array<std::atomic<Chunk*>, kChunks> chunks_{};
};

class MetricsCore : public std::enable_shared_from_this<MetricsCore> {
 public:
  MetricsCore();

  uint32_t GetSlot(std::string_view name, std::string_view help, MetricKind kind, const MetricLabels& labels,
                   const HistogramOptions& options, std::function<double()> read);

  void Add(uint32_t slot, int64_t count) { ShardOfThread().Add(slot, count); }
  void Record(uint32_t slot, int64_t value) { ShardOfThread().Record(slot, value); }
  void SetGauge(uint32_t slot, double value);

  [[nodiscard]] int64_t Read(uint32_t slot) const;
  [[nodiscard]] double ReadGauge(uint32_t slot) const;
  [[nodiscard]] Histogram ReadHistogram(uint32_t slot) const;
  [[nodiscard]] std::string Render() const;
  [[nodiscard]] bool FindHistogram(std::string_view name, const MetricLabels& labels, uint32_t* slot) const;

  // The thread that owns `shard` ends.
  void Retire(Shard* shard);

 private:
  Shard& ShardOfThread();
  Shard& AdoptShard();
  // All below: with mutex_ held.
  [[nodiscard]] int64_t ReadLocked(uint32_t slot) const;
  [[nodiscard]] Histogram ReadHistogramLocked(uint32_t slot) const;
  [[nodiscard]] double ReadGaugeLocked(const Series& series) const;
  void RenderFamily(const std::string& name, const Family& family, std::string* out) const;
  void RenderHistogram(const std::string& name, const Family& family, const Series& series, std::string* out) const;

  const uint64_t id_;  // never used again, so that a thread cannot take a new object for an old one

  mutable std::mutex mutex_;  // guards all below (what is inside the live shards is atomic)
  std::map<std::string, Family, std::less<>> families_;
  uint32_t slots_ = 0;
  std::vector<std::unique_ptr<Shard>> shards_;
  Shard retired_;
  std::map<uint32_t, double> set_gauges_;
};

}  // namespace plumb::base::internal
