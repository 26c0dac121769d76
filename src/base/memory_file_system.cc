#include "base/memory_file_system.h"

#include <algorithm>
#include <limits>
#include <map>
#include <mutex>
#include <set>
#include <utility>

namespace plumb::base {

// A file or a folder; what a crash leaves stands beside what is there now.
struct MemoryFileSystem::Node {
  using Entries = std::map<std::string, std::shared_ptr<Node>>;
  bool is_directory = false;
  std::string bytes, durable_bytes;
  Entries entries, durable_entries;
  int64_t modified_time = 0;
};

struct MemoryFileSystem::State {
  using NodePtr = std::shared_ptr<Node>;
  struct Place {
    NodePtr folder;  // null: there is no such folder
    std::string name;
  };

  State() { root->is_directory = true; }

  // Counts one operation, and fails it if that is its fate.
  Status Begin(const std::string& path) {
    const int64_t number = operations++;
    const bool fails = fault_at >= 0 && (number == fault_at || (sticky && number > fault_at));
    return fails ? Status(fault_code, fmt::format("Injected failure of operation {}: {}.", number, path)) : Status();
  }

  static std::vector<std::string> Segments(std::string_view path) {
    std::vector<std::string> segments;
    while (!path.empty()) {
      const size_t slash = std::min(path.find('/'), path.size());
      const std::string_view segment = path.substr(0, slash);
      if (segment == "..") {
        if (!segments.empty()) segments.pop_back();
      } else if (!segment.empty() && segment != ".") {
        segments.emplace_back(segment);
      }
      path.remove_prefix(std::min(slash + 1, path.size()));
    }
    return segments;
  }

  static NodePtr Child(const NodePtr& folder, const std::string& name) {
    if (!folder || !folder->is_directory) return nullptr;
    const auto found = folder->entries.find(name);
    return found == folder->entries.end() ? nullptr : found->second;
  }

  [[nodiscard]] NodePtr Find(const std::string& path) const {
    NodePtr node = root;
    for (const std::string& segment : Segments(path)) node = Child(node, segment);
    return node;
  }

  [[nodiscard]] Place FindPlace(const std::string& path) const {
    std::vector<std::string> segments = Segments(path);
    if (segments.empty()) return {};
    Place place{root, segments.back()};
    segments.pop_back();
    for (const std::string& segment : segments) place.folder = Child(place.folder, segment);
    if (place.folder && !place.folder->is_directory) place.folder = nullptr;
    return place;
  }

  [[nodiscard]] static int64_t BytesBelow(const Node& node) {
    auto total = static_cast<int64_t>(node.bytes.size());
    for (const auto& [name, child] : node.entries) total += BytesBelow(*child);
    return total;
  }

  Result<NodePtr> OpenFile(const std::string& path) {
    const Place place = FindPlace(path);
    if (!place.folder) return NotFound("File could not be opened for writing: {}.", path);
    NodePtr node = Child(place.folder, place.name);
    if (node && node->is_directory) return InvalidArgument("File could not be opened for writing: {}.", path);
    if (!node) {
      node = std::make_shared<Node>();
      node->modified_time = operations;
      place.folder->entries[place.name] = node;
    }
    return node;
  }

  // Folders on the way to `path`, durable at once; null when a file stands in the way.
  NodePtr MakeFolders(const std::vector<std::string>& segments) {
    NodePtr node = root;
    for (const std::string& segment : segments) {
      NodePtr child = Child(node, segment);
      if (!child) {
        child = std::make_shared<Node>();
        child->is_directory = true;
        child->modified_time = operations;
        node->entries[segment] = child;
        node->durable_entries[segment] = child;
      }
      if (!child->is_directory) return nullptr;
      node = child;
    }
    return node;
  }

  void Crash(Random* random) {
    ++generation;
    locks.clear();
    std::set<Node*> seen;
    Revert(*root, random, &seen);
  }

  static void Revert(Node& node, Random* random, std::set<Node*>* seen) {
    if (!seen->insert(&node).second) return;
    if (!node.is_directory) {
      const bool appended = node.bytes.starts_with(node.durable_bytes);
      if (random != nullptr && appended) {
        const uint64_t unsynced = node.bytes.size() - node.durable_bytes.size();
        node.bytes.resize(node.durable_bytes.size() + random->Below(unsynced + 1));
        node.durable_bytes = node.bytes;
      } else {
        node.bytes = node.durable_bytes;
      }
      return;
    }
    node.entries = node.durable_entries;
    for (const auto& [name, child] : node.entries) Revert(*child, random, seen);
  }

  mutable std::mutex mutex;  // guards everything here and every Node
  NodePtr root = std::make_shared<Node>();
  std::set<std::string> locks;
  int64_t operations = 0;
  int64_t fault_at = -1;
  Code fault_code = Code::kIo;
  bool sticky = false;
  int64_t capacity = std::numeric_limits<int64_t>::max();
  uint64_t generation = 0;  // of the crash that comes next
};

class MemoryFileSystem::File : public WritableFile {
 public:
  File(std::shared_ptr<State> state, std::shared_ptr<Node> node, std::string path)
      : state_(std::move(state)), node_(std::move(node)), path_(std::move(path)), generation_(state_->generation) {}

  Status Append(std::string_view bytes) override {
    const std::lock_guard lock(state_->mutex);
    PLUMB_RETURN_IF_ERROR(RequireUsable());
    if (const Status status = state_->Begin(path_); !status.ok()) {
      node_->bytes.append(bytes.substr(0, bytes.size() / 2));
      return status;
    }
    const int64_t room = std::max<int64_t>(state_->capacity - State::BytesBelow(*state_->root), 0);
    const bool fits = static_cast<uint64_t>(room) >= bytes.size();
    node_->bytes.append(fits ? bytes : bytes.substr(0, static_cast<size_t>(room)));
    node_->modified_time = state_->operations;
    return fits ? Status() : ResourceExhausted("File could not be written: {}: the disk is full.", path_);
  }

  Status Sync() override {
    const std::lock_guard lock(state_->mutex);
    PLUMB_RETURN_IF_ERROR(RequireUsable());
    if (const Status status = state_->Begin(path_); !status.ok()) {
      sync_failed_ = true;
      return status;
    }
    node_->durable_bytes = node_->bytes;
    return Status();
  }

  Status Close() override {
    const std::lock_guard lock(state_->mutex);
    if (closed_) return Status();
    closed_ = true;
    if (generation_ != state_->generation) return Status();
    return state_->Begin(path_);
  }

 private:
  Status RequireUsable() const {
    if (generation_ != state_->generation) return Io("File was open before a crash: {}.", path_);
    if (sync_failed_) return Io("File is not written again after a failed sync: {}.", path_);
    if (closed_) return Io("File is closed: {}.", path_);
    return Status();
  }

  std::shared_ptr<State> state_;
  std::shared_ptr<Node> node_;
  std::string path_;
  uint64_t generation_;
  bool closed_ = false;
  bool sync_failed_ = false;
};

class MemoryFileSystem::HeldLock : public FileLock {
 public:
  HeldLock(std::shared_ptr<State> state, std::string path)
      : state_(std::move(state)), path_(std::move(path)), generation_(state_->generation) {}
  ~HeldLock() override {
    const std::lock_guard lock(state_->mutex);
    if (generation_ == state_->generation) state_->locks.erase(path_);
  }

 private:
  std::shared_ptr<State> state_;
  std::string path_;
  uint64_t generation_;
};

MemoryFileSystem::MemoryFileSystem() : state_(std::make_shared<State>()) {}
MemoryFileSystem::~MemoryFileSystem() = default;

Result<std::string> MemoryFileSystem::ReadFile(const std::string& path) {
  const std::lock_guard lock(state_->mutex);
  PLUMB_RETURN_IF_ERROR(state_->Begin(path));
  const auto node = state_->Find(path);
  if (!node) return NotFound("File could not be opened: {}.", path);
  if (node->is_directory) return InvalidArgument("File could not be read: {}: it is a folder.", path);
  return node->bytes;
}

Result<std::unique_ptr<WritableFile>> MemoryFileSystem::Create(const std::string& path) {
  const std::lock_guard lock(state_->mutex);
  PLUMB_RETURN_IF_ERROR(state_->Begin(path));
  PLUMB_ASSIGN_OR_RETURN(const std::shared_ptr<Node> node, state_->OpenFile(path));
  node->bytes.clear();
  return std::unique_ptr<WritableFile>(std::make_unique<File>(state_, node, path));
}

Result<std::unique_ptr<WritableFile>> MemoryFileSystem::OpenForAppend(const std::string& path) {
  const std::lock_guard lock(state_->mutex);
  PLUMB_RETURN_IF_ERROR(state_->Begin(path));
  PLUMB_ASSIGN_OR_RETURN(const std::shared_ptr<Node> node, state_->OpenFile(path));
  return std::unique_ptr<WritableFile>(std::make_unique<File>(state_, node, path));
}

Status MemoryFileSystem::CreateDirectories(const std::string& path) {
  const std::lock_guard lock(state_->mutex);
  PLUMB_RETURN_IF_ERROR(state_->Begin(path));
  if (!state_->MakeFolders(State::Segments(path))) {
    return AlreadyExists("Folder could not be created: {}: a file is in the way.", path);
  }
  return Status();
}

Status MemoryFileSystem::Rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(state_->mutex);
  PLUMB_RETURN_IF_ERROR(state_->Begin(from));
  const State::Place source = state_->FindPlace(from);
  const State::Place target = state_->FindPlace(to);
  const auto node = State::Child(source.folder, source.name);
  if (!node || !target.folder) return NotFound("File could not be renamed: {} to {}.", from, to);
  const auto former = State::Child(target.folder, target.name);
  if (former == node) return Status();
  if (former && former->is_directory != node->is_directory) {
    return AlreadyExists("File could not be renamed: {} to {}: a file and a folder cannot replace each other.", from,
                         to);
  }
  if (former && !former->entries.empty()) {
    return AlreadyExists("File could not be renamed: {} to {}: the folder is not empty.", from, to);
  }
  source.folder->entries.erase(source.name);
  target.folder->entries[target.name] = node;
  return Status();
}

Status MemoryFileSystem::Remove(const std::string& path) {
  const std::lock_guard lock(state_->mutex);
  PLUMB_RETURN_IF_ERROR(state_->Begin(path));
  const State::Place place = state_->FindPlace(path);
  const auto node = State::Child(place.folder, place.name);
  if (!node) return NotFound("File could not be removed: {}.", path);
  if (!node->entries.empty()) return AlreadyExists("Folder could not be removed: {}: it is not empty.", path);
  place.folder->entries.erase(place.name);
  return Status();
}

Status MemoryFileSystem::RemoveAll(const std::string& path) {
  const std::lock_guard lock(state_->mutex);
  PLUMB_RETURN_IF_ERROR(state_->Begin(path));
  const State::Place place = state_->FindPlace(path);
  if (place.folder) place.folder->entries.erase(place.name);
  return Status();
}

Status MemoryFileSystem::Truncate(const std::string& path, int64_t bytes) {
  const std::lock_guard lock(state_->mutex);
  PLUMB_RETURN_IF_ERROR(state_->Begin(path));
  const auto node = state_->Find(path);
  if (!node) return NotFound("File could not be truncated: {}.", path);
  if (node->is_directory || bytes < 0) return InvalidArgument("File could not be truncated: {}.", path);
  node->bytes.resize(static_cast<size_t>(bytes));
  return Status();
}

Status MemoryFileSystem::SyncDirectory(const std::string& path) {
  const std::lock_guard lock(state_->mutex);
  PLUMB_RETURN_IF_ERROR(state_->Begin(path));
  const auto node = state_->Find(path);
  if (!node || !node->is_directory) return NotFound("Folder could not be opened: {}.", path);
  node->durable_entries = node->entries;
  return Status();
}

namespace {

FileInfo MakeInfo(std::string name, bool is_directory, size_t bytes, int64_t modified_time) {
  return {std::move(name), is_directory, static_cast<int64_t>(bytes), modified_time};
}

}  // namespace

Result<FileInfo> MemoryFileSystem::Stat(const std::string& path) {
  const std::lock_guard lock(state_->mutex);
  PLUMB_RETURN_IF_ERROR(state_->Begin(path));
  const auto node = state_->Find(path);
  if (!node) return NotFound("File could not be examined: {}.", path);
  return MakeInfo(FileNameOf(path), node->is_directory, node->bytes.size(), node->modified_time);
}

Result<std::vector<FileInfo>> MemoryFileSystem::List(const std::string& directory) {
  const std::lock_guard lock(state_->mutex);
  PLUMB_RETURN_IF_ERROR(state_->Begin(directory));
  const auto node = state_->Find(directory);
  if (!node || !node->is_directory) return NotFound("Folder could not be listed: {}.", directory);
  std::vector<FileInfo> infos;
  for (const auto& [name, child] : node->entries) {
    infos.push_back(MakeInfo(name, child->is_directory, child->bytes.size(), child->modified_time));
  }
  return infos;
}

Result<std::unique_ptr<FileLock>> MemoryFileSystem::Lock(const std::string& path) {
  const std::lock_guard lock(state_->mutex);
  PLUMB_RETURN_IF_ERROR(state_->Begin(path));
  PLUMB_RETURN_IF_ERROR(state_->OpenFile(path).status());
  if (!state_->locks.insert(path).second) return Unavailable("Lock is held by another process: {}.", path);
  return std::unique_ptr<FileLock>(std::make_unique<HeldLock>(state_, path));
}

int64_t MemoryFileSystem::operations() const {
  const std::lock_guard lock(state_->mutex);
  return state_->operations;
}

void MemoryFileSystem::FailAt(int64_t operation, Code code, bool sticky) {
  const std::lock_guard lock(state_->mutex);
  state_->fault_at = operation;
  state_->fault_code = code;
  state_->sticky = sticky;
}

void MemoryFileSystem::ClearFaults() {
  const std::lock_guard lock(state_->mutex);
  state_->fault_at = -1;
  state_->capacity = std::numeric_limits<int64_t>::max();
}

void MemoryFileSystem::SetCapacity(int64_t bytes) {
  const std::lock_guard lock(state_->mutex);
  state_->capacity = bytes;
}

void MemoryFileSystem::Crash() {
  const std::lock_guard lock(state_->mutex);
  state_->Crash(nullptr);
}

void MemoryFileSystem::CrashTorn(Random& random) {
  const std::lock_guard lock(state_->mutex);
  state_->Crash(&random);
}

void MemoryFileSystem::Put(const std::string& path, std::string_view bytes) {
  const std::lock_guard lock(state_->mutex);
  std::vector<std::string> segments = State::Segments(path);
  PLUMB_CHECK(!segments.empty(), "A file that is put has a name.");
  const std::string name = segments.back();
  segments.pop_back();
  const auto folder = state_->MakeFolders(segments);
  PLUMB_CHECK(folder != nullptr, "No file is in the way of a file that is put.");
  auto node = std::make_shared<Node>();
  node->bytes = node->durable_bytes = bytes;
  node->modified_time = state_->operations;
  folder->entries[name] = folder->durable_entries[name] = node;
}

void MemoryFileSystem::Corrupt(const std::string& path, int64_t byte, int bit) {
  const std::lock_guard lock(state_->mutex);
  const auto node = state_->Find(path);
  const auto at = static_cast<size_t>(byte);
  PLUMB_CHECK(node && byte >= 0 && at < node->bytes.size(), "A byte that is corrupted exists.");
  const auto mask = static_cast<char>(1 << bit);
  node->bytes[at] = static_cast<char>(node->bytes[at] ^ mask);
  if (at < node->durable_bytes.size()) node->durable_bytes[at] = static_cast<char>(node->durable_bytes[at] ^ mask);
}

}  // namespace plumb::base
