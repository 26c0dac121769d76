// The shards of metrics_core.h.
#include "base/check.h"
#include "base/internal/metrics_core.h"

namespace plumb::base::internal {
namespace {

// By the only writer: no read-modify-write instruction, so no lock on the bus.
void AddOwn(std::atomic<int64_t>& cell, int64_t count) {
  cell.store(cell.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
}

}  // namespace

Shard::Chunk::~Chunk() {
  for (auto& cells : histograms) delete cells.load(std::memory_order_relaxed);
}

Shard::~Shard() {
  for (auto& chunk : chunks_) delete chunk.load(std::memory_order_relaxed);
}

Shard::Chunk& Shard::OwnChunk(uint32_t slot) {
  std::atomic<Chunk*>& place = chunks_[slot / kChunkSlots];
  Chunk* chunk = place.load(std::memory_order_relaxed);
  if (chunk == nullptr) [[unlikely]] {
    chunk = new Chunk;
    place.store(chunk, std::memory_order_release);
  }
  return *chunk;
}

HistogramCells& Shard::OwnCells(uint32_t slot) {
  std::atomic<HistogramCells*>& place = OwnChunk(slot).histograms[slot % kChunkSlots];
  HistogramCells* cells = place.load(std::memory_order_relaxed);
  if (cells == nullptr) [[unlikely]] {
    cells = new HistogramCells;
    place.store(cells, std::memory_order_release);
  }
  return *cells;
}

const Shard::Chunk* Shard::FindChunk(uint32_t slot) const {
  return chunks_[slot / kChunkSlots].load(std::memory_order_acquire);
}

void Shard::Add(uint32_t slot, int64_t count) { AddOwn(OwnChunk(slot).values[slot % kChunkSlots], count); }

void Shard::Record(uint32_t slot, int64_t value) {
  value = value < 0 ? 0 : value;
  HistogramCells& cells = OwnCells(slot);
  AddOwn(cells.buckets[Histogram::BucketOf(value)], 1);
  AddOwn(cells.sum, value);
}

int64_t Shard::Read(uint32_t slot) const {
  const Chunk* chunk = FindChunk(slot);
  return chunk == nullptr ? 0 : chunk->values[slot % kChunkSlots].load(std::memory_order_relaxed);
}

void Shard::ReadHistogram(uint32_t slot, Histogram* into) const {
  const Chunk* chunk = FindChunk(slot);
  if (chunk == nullptr) return;
  const HistogramCells* cells = chunk->histograms[slot % kChunkSlots].load(std::memory_order_acquire);
  if (cells == nullptr) return;
  for (size_t i = 0; i < cells->buckets.size(); ++i) {
    into->AddToBucket(i, cells->buckets[i].load(std::memory_order_relaxed));
  }
  into->AddToSum(cells->sum.load(std::memory_order_relaxed));
}

void Shard::Absorb(const Shard& other) {
  for (uint32_t c = 0; c < kChunks; ++c) {
    const Chunk* chunk = other.chunks_[c].load(std::memory_order_acquire);
    if (chunk == nullptr) continue;
    for (uint32_t i = 0; i < kChunkSlots; ++i) {
      const uint32_t slot = c * kChunkSlots + i;
      if (const int64_t value = chunk->values[i].load(std::memory_order_relaxed); value != 0) Add(slot, value);
      const HistogramCells* cells = chunk->histograms[i].load(std::memory_order_acquire);
      if (cells == nullptr) continue;
      HistogramCells& own = OwnCells(slot);
      for (size_t b = 0; b < own.buckets.size(); ++b) {
        AddOwn(own.buckets[b], cells->buckets[b].load(std::memory_order_relaxed));
      }
      AddOwn(own.sum, cells->sum.load(std::memory_order_relaxed));
    }
  }
}

}  // namespace plumb::base::internal
