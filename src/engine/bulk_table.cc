#include "engine/bulk_table.h"

#include <algorithm>
#include <bit>

#include "base/environment.h"

namespace plumb::engine {
namespace {

// A partition of this size and its answers fit a core's cache.
constexpr int64_t kPartitionBytes = 1 << 20;
constexpr int kPartitionBitsMax = 12;
// Of a partition that is put in order: the file, its segments, the result and places of rows.
constexpr int64_t kWorkFactor = 4;

std::atomic<int64_t> folders_made{0};

int64_t RowBytes(const TableLayout& layout) { return 8 * (layout.width() + 1); }

}  // namespace

ScratchFolder::~ScratchFolder() {
  if (files_ == nullptr || folder_.empty()) return;
  // Nobody is left to tell; what stays is scratch.
  const base::Status ignored = files_->RemoveAll(folder_);
  static_cast<void>(ignored.ok());
}

base::Status ScratchFolder::Open() {
  const std::lock_guard lock(mutex_);
  if (!folder_.empty()) return {};
  if (files_ == nullptr || parent_.empty()) {
    return base::FailedPrecondition("Memory limit needs a scratch folder: none is given.");
  }
  const std::string name = fmt::format("plumb-batch-{}-{}", base::ProcessId(), folders_made.fetch_add(1));
  folder_ = base::JoinPath(parent_, name);
  return files_->CreateDirectories(folder_);
}

base::Status ScratchFolder::Append(const std::string& name, std::string_view bytes) {
  PLUMB_RETURN_IF_ERROR(Open());
  PLUMB_ASSIGN_OR_RETURN(const auto file, files_->OpenForAppend(base::JoinPath(folder_, name)));
  PLUMB_RETURN_IF_ERROR(file->Append(bytes));
  return file->Close();
}

base::Result<std::string> ScratchFolder::Read(const std::string& name) const {
  return files_->ReadFile(base::JoinPath(folder_, name));
}

base::Status ScratchFolder::Remove(const std::string& name) { return files_->Remove(base::JoinPath(folder_, name)); }

base::Result<size_t> BulkMemory::AtOnce(int64_t partition_bytes) const {
  const int64_t work = std::max<int64_t>(kWorkFactor * partition_bytes, 1), left = limit_ / 2;
  if (work <= left) return static_cast<size_t>(left / work);
  constexpr int64_t kMiB = 1 << 20;
  return base::ResourceExhausted("Memory limit is too small: {} MiB, the events of one partition need {} MiB.",
                                 limit_ / kMiB, (2 * work + kMiB - 1) / kMiB);
}

void BulkTable::Expect(int64_t rows) {
  const int64_t wanted = memory_->limit() > 0 ? std::min(kPartitionBytes, memory_->limit() / 64) : kPartitionBytes;
  const auto parts = static_cast<uint64_t>(rows * RowBytes(*layout_) / std::max<int64_t>(wanted, 1));
  partition_bits_ = std::min(kPartitionBitsMax, static_cast<int>(std::bit_width(parts)));
  // The entity without keys has all rows in one partition.
  if (layout_->entity().keys.size() == 0) partition_bits_ = 0;
  segments_.resize(partitions());
  bytes_.assign(partitions(), 0);
  rows_.assign(partitions(), 0);
  has_file_.assign(partitions(), 0);
}

std::string BulkTable::FileName(size_t partition) const { return fmt::format("{}-{}.bin", name_, partition); }

base::Status BulkTable::Add(std::vector<SpreadSegment> segments) {
  const std::lock_guard lock(mutex_);
  int64_t added = 0;
  for (SpreadSegment& spread : segments) {
    const int64_t bytes = spread.segment.bytes();
    added += bytes;
    bytes_[spread.partition] += bytes;
    rows_[spread.partition] += spread.segment.rows;
    if (rows_[spread.partition] >= int64_t{0xffffffff}) {
      return base::ResourceExhausted("Too many events share a partition: {}, at most 2^32.", rows_[spread.partition]);
    }
    segments_[spread.partition].push_back(std::move(spread.segment));
  }
  const int64_t strings = strings_.bytes();
  memory_->Hold(added + strings - strings_held_);
  strings_held_ = strings;
  return memory_->IsFull() ? SpillSegments() : base::Status();
}

base::Status BulkTable::SpillSegments() {
  std::string bytes;
  for (size_t partition = 0; partition < segments_.size(); ++partition) {
    if (segments_[partition].empty()) continue;
    bytes.clear();
    int64_t held = 0;
    for (const BulkSegment& segment : segments_[partition]) {
      segment.AppendTo(&bytes);
      held += segment.bytes();
    }
    PLUMB_RETURN_IF_ERROR(memory_->scratch().Append(FileName(partition), bytes));
    std::vector<BulkSegment>().swap(segments_[partition]);
    has_file_[partition] = 1;
    is_spilled_ = true;
    memory_->Release(held);
  }
  return {};
}

base::Status BulkTable::FinishPartition(size_t partition, const BulkVersions* versions) {
  std::vector<BulkSegment> segments;
  int64_t held = 0;
  if (has_file_[partition] != 0) {
    PLUMB_ASSIGN_OR_RETURN(const std::string bytes, memory_->scratch().Read(FileName(partition)));
    std::string_view rest = bytes;
    while (!rest.empty()) {
      PLUMB_ASSIGN_OR_RETURN(BulkSegment segment, BulkSegment::Parse(&rest));
      segments.push_back(std::move(segment));
    }
    PLUMB_RETURN_IF_ERROR(memory_->scratch().Remove(FileName(partition)));
  }
  for (BulkSegment& segment : segments_[partition]) {
    held += segment.bytes();
    segments.push_back(std::move(segment));
  }
  segments_[partition].clear();
  // Pieces come in any order; as they stand in the source, rows are mostly in order of time already.
  std::sort(segments.begin(), segments.end(),
            [](const BulkSegment& a, const BulkSegment& b) { return a.first_number < b.first_number; });
  BulkPartition part = BulkPartition::Build(*layout_, segments, versions);
  segments.clear();
  memory_->Release(held);
  if (is_spilled_) {
    std::string bytes;
    part.AppendTo(&bytes);
    return memory_->scratch().Append(FileName(partition), bytes);
  }
  memory_->Hold(part.bytes());
  parts_[partition] = std::move(part);
  return {};
}

base::Status BulkTable::Finish(const BulkVersions* versions, base::Executor& executor) {
  parts_.resize(partitions());
  largest_bytes_ = *std::max_element(bytes_.begin(), bytes_.end());
  size_t at_once = partitions();
  if (is_spilled_) {
    PLUMB_ASSIGN_OR_RETURN(at_once, memory_->AtOnce(largest_bytes_));
  }
  std::vector<base::Status> statuses(partitions());
  for (size_t first = 0; first < partitions(); first += at_once) {
    executor.ParallelFor(std::min(at_once, partitions() - first), 1, [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) statuses[first + i] = FinishPartition(first + i, versions);
    });
  }
  for (const base::Status& status : statuses) PLUMB_RETURN_IF_ERROR(status);
  is_finished_ = true;
  return {};
}

base::Status BulkTable::Spill() {
  if (!is_finished_) {
    const std::lock_guard lock(mutex_);
    return SpillSegments();
  }
  if (is_spilled_) return {};
  PLUMB_RETURN_IF_ERROR(memory_->AtOnce(largest_bytes_).status());
  for (size_t partition = 0; partition < partitions(); ++partition) {
    std::string bytes;
    parts_[partition].AppendTo(&bytes);
    PLUMB_RETURN_IF_ERROR(memory_->scratch().Append(FileName(partition), bytes));
    memory_->Release(parts_[partition].bytes());
    parts_[partition] = {};
  }
  is_spilled_ = true;
  return {};
}

base::Result<BulkTable::Loaded> BulkTable::Load(size_t partition) const {
  if (!is_spilled_) return Loaded(&parts_[partition]);
  PLUMB_ASSIGN_OR_RETURN(const std::string bytes, memory_->scratch().Read(FileName(partition)));
  PLUMB_ASSIGN_OR_RETURN(BulkPartition part, BulkPartition::Parse(bytes));
  return Loaded(std::move(part));
}

}  // namespace plumb::engine
