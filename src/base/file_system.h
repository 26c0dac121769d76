// file_system.h: the only door to files, so that crash, full-disk and torn-write tests can stand in it.
//
// Everything that touches the disk receives a FileSystem& in its constructor. RealFileSystem() is the machine's;
// MemoryFileSystem (memory_file_system.h) is for tests and injects failures.
//
// Errors: kNotFound, kAlreadyExists, kPermissionDenied, kResourceExhausted (disk full), kIo, with the path in the
// message. Thread safety: a FileSystem is safe from any thread; a file handle has one user at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace plumb::base {

// Appends to one file. Close() or the destructor closes it; only Sync() makes bytes durable.
class WritableFile {
 public:
  virtual ~WritableFile() = default;
  virtual Status Append(std::string_view bytes) = 0;
  virtual Status Sync() = 0;  // fdatasync; after a failure the file must not be written again
  virtual Status Close() = 0;
};

// Holds an advisory lock until destroyed.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

struct FileInfo {
  std::string name;  // without its folder
  bool is_directory = false;
  int64_t bytes = 0;
  int64_t modified_time = 0;  // base::Time
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;
  virtual Result<std::string> ReadFile(const std::string& path) = 0;
  virtual Result<std::unique_ptr<WritableFile>> Create(const std::string& path) = 0;  // truncates
  virtual Result<std::unique_ptr<WritableFile>> OpenForAppend(const std::string& path) = 0;
  virtual Status CreateDirectories(const std::string& path) = 0;
  virtual Status Rename(const std::string& from, const std::string& to) = 0;  // atomic, replaces
  virtual Status Remove(const std::string& path) = 0;                         // a file or an empty directory
  virtual Status RemoveAll(const std::string& path) = 0;
  virtual Status Truncate(const std::string& path, int64_t bytes) = 0;
  virtual Status SyncDirectory(const std::string& path) = 0;
  virtual Result<FileInfo> Stat(const std::string& path) = 0;
  virtual Result<std::vector<FileInfo>> List(const std::string& directory) = 0;  // sorted by name
  // kUnavailable when another process holds it.
  virtual Result<std::unique_ptr<FileLock>> Lock(const std::string& path) = 0;

  // By the operations above: temporary file in the same folder, sync, rename, sync of the folder. Before or after,
  // never between.
  Status WriteFileAtomically(const std::string& path, std::string_view bytes);
  bool Exists(const std::string& path);
  // Paths that match a shell pattern of *, ? and ** over path segments, sorted; a path without pattern matches itself.
  Result<std::vector<std::string>> Glob(const std::string& pattern);
};

FileSystem& RealFileSystem();

// "a" + "b/c" → "a/b/c"; an absolute second part wins.
std::string JoinPath(std::string_view a, std::string_view b);
std::string DirectoryOf(std::string_view path);
std::string FileNameOf(std::string_view path);

}  // namespace plumb::base
