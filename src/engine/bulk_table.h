// bulk_table.h: all events of one (source, entity) in partitions, in memory or, beyond a limit, in scratch files.
//
// Why: a training set reads every event of its sources; what it needs at one time is one partition. Segments come in
// any order from any thread; Finish puts every partition in order once.
//
// Thread safety: Add from any thread; then Finish once, alone; then Load from any thread.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/executor.h"
#include "base/file_system.h"
#include "engine/bulk_partition.h"

namespace plumb::engine {

// A folder of scratch files that goes away with the object.
class ScratchFolder {
 public:
  // `files` may be null: there is no place for scratch files.
  ScratchFolder(base::FileSystem* files, std::string parent) : files_(files), parent_(std::move(parent)) {}
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  base::Status Append(const std::string& name, std::string_view bytes);
  base::Result<std::string> Read(const std::string& name) const;
  base::Status Remove(const std::string& name);

 private:
  base::Status Open();

  base::FileSystem* files_;
  std::string parent_, folder_;  // folder_: once it is made
  std::mutex mutex_;             // guards folder_
};

// What the tables of a driver may take, and do take.
class BulkMemory {
 public:
  static constexpr int64_t kLeastBytes = 16 << 20;

  // limit 0: none.
  BulkMemory(int64_t limit, base::FileSystem* files, std::string scratch)
      : limit_(limit), scratch_(files, std::move(scratch)) {}

  [[nodiscard]] int64_t limit() const { return limit_; }
  // Half of the limit is for what is held, half for partitions that are being worked on.
  [[nodiscard]] bool IsFull() const { return limit_ > 0 && held_.load(std::memory_order_relaxed) > limit_ / 2; }
  void Hold(int64_t bytes) { held_.fetch_add(bytes, std::memory_order_relaxed); }
  void Release(int64_t bytes) { held_.fetch_sub(bytes, std::memory_order_relaxed); }
  // How many partitions of this size may be worked on at once; kResourceExhausted if not even one.
  [[nodiscard]] base::Result<size_t> AtOnce(int64_t partition_bytes) const;
  ScratchFolder& scratch() { return scratch_; }

 private:
  int64_t limit_;
  std::atomic<int64_t> held_{0};
  ScratchFolder scratch_;
};

class BulkTable {
 public:
  // The name is the table's among the scratch files; all outlive the table.
  BulkTable(std::string name, const TableLayout* layout, BulkKeys* keys, BulkMemory* memory)
      : name_(std::move(name)), layout_(layout), keys_(keys), memory_(memory) {}

  [[nodiscard]] const TableLayout& layout() const { return *layout_; }
  [[nodiscard]] BulkKeys& keys() const { return *keys_; }
  BulkStrings& strings() { return strings_; }
  [[nodiscard]] int partition_bits() const { return partition_bits_; }

  // Chooses the number of partitions for about so many rows. Before any Add.
  void Expect(int64_t rows);
  base::Status Add(std::vector<SpreadSegment> segments);
  base::Status Finish(const BulkVersions* versions, base::Executor& executor);

  [[nodiscard]] size_t partitions() const { return size_t{1} << partition_bits_; }
  [[nodiscard]] bool is_spilled() const { return is_spilled_; }
  [[nodiscard]] int64_t largest_bytes() const { return largest_bytes_; }  // of a partition
  // Writes what is in memory to scratch files.
  base::Status Spill();

  // A partition in memory, owned or the table's.
  class Loaded {
   public:
    explicit Loaded(const BulkPartition* kept) : kept_(kept) {}
    explicit Loaded(BulkPartition own) : own_(std::make_unique<BulkPartition>(std::move(own))), kept_(own_.get()) {}
    const BulkPartition& operator*() const { return *kept_; }

   private:
    std::unique_ptr<BulkPartition> own_;
    const BulkPartition* kept_;
  };
  [[nodiscard]] base::Result<Loaded> Load(size_t partition) const;

 private:
  [[nodiscard]] std::string FileName(size_t partition) const;
  base::Status SpillSegments();
  base::Status FinishPartition(size_t partition, const BulkVersions* versions);

  std::string name_;
  const TableLayout* layout_;
  BulkKeys* keys_;
  BulkMemory* memory_;
  BulkStrings strings_;
  int partition_bits_ = 0;
  bool is_spilled_ = false, is_finished_ = false;
  int64_t largest_bytes_ = 0;

  std::mutex mutex_;  // guards what follows until Finish
  std::vector<std::vector<BulkSegment>> segments_;
  std::vector<int64_t> bytes_, rows_;  // of all segments of a partition, spilled or not
  std::vector<uint8_t> has_file_;
  int64_t strings_held_ = 0;
  std::vector<BulkPartition> parts_;  // once finished; empty ones if spilled
};

}  // namespace plumb::engine
