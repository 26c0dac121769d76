// The machine's file system: plain system calls, every descriptor close-on-exec.
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "base/file_system.h"
#include "base/internal/system_error.h"
#include "base/socket.h"
#include "base/time.h"

namespace plumb::base {
namespace {

constexpr size_t kReadStep = 64 << 10;

// Calls until the call is not interrupted.
template <typename Call>
auto Retry(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

Result<FileDescriptor> Open(const std::string& path, int flags, const char* sentence) {
  const int fd = Retry([&] { return open(path.c_str(), flags | O_CLOEXEC, 0644); });
  if (fd < 0) return SystemError(errno, sentence, path);
  return FileDescriptor(fd);
}

class RealWritableFile : public WritableFile {
 public:
  RealWritableFile(std::string path, FileDescriptor fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  Status Append(std::string_view bytes) override {
    PLUMB_RETURN_IF_ERROR(RequireUsable());
    while (!bytes.empty()) {
      const ssize_t written = Retry([&] { return write(fd_.get(), bytes.data(), bytes.size()); });
      if (written < 0) return SystemError(errno, "File could not be written", path_);
      bytes.remove_prefix(static_cast<size_t>(written));
    }
    return Status();
  }

  Status Sync() override {
    PLUMB_RETURN_IF_ERROR(RequireUsable());
    if (Retry([&] { return fdatasync(fd_.get()); }) == 0) return Status();
    // The kernel may have thrown the dirty pages away: a later fdatasync would report success for lost bytes.
    sync_failed_ = true;
    return SystemError(errno, "File could not be made durable", path_);
  }

  Status Close() override {
    if (!fd_.valid()) return Status();
    if (close(fd_.Release()) == 0 || errno == EINTR) return Status();
    return SystemError(errno, "File could not be closed", path_);
  }

 private:
  Status RequireUsable() const {
    if (sync_failed_) return Io("File is not written again after a failed sync: {}.", path_);
    if (!fd_.valid()) return Io("File is closed: {}.", path_);
    return Status();
  }

  std::string path_;
  FileDescriptor fd_;
  bool sync_failed_ = false;
};

class RealFileLock : public FileLock {
 public:
  explicit RealFileLock(FileDescriptor fd) : fd_(std::move(fd)) {}

 private:
  FileDescriptor fd_;  // closing it gives the lock back
};

FileInfo ToInfo(std::string name, const struct stat& status) {
  FileInfo info;
  info.name = std::move(name);
  info.is_directory = S_ISDIR(status.st_mode);
  info.bytes = info.is_directory ? 0 : int64_t{status.st_size};
  info.modified_time = int64_t{status.st_mtim.tv_sec} * kSecond + status.st_mtim.tv_nsec / 1000;
  return info;
}

class SystemFiles : public FileSystem {
 public:
  Result<std::string> ReadFile(const std::string& path) override {
    PLUMB_ASSIGN_OR_RETURN(const FileDescriptor fd, Open(path, O_RDONLY, "File could not be opened"));
    struct stat status{};
    if (fstat(fd.get(), &status) != 0) return SystemError(errno, "File could not be read", path);
    std::string bytes;
    size_t size = 0;
    // The size is a hint: files grow, and those of /proc say zero.
    bytes.resize(static_cast<size_t>(std::max<int64_t>(status.st_size, 0)) + 1);
    while (true) {
      const ssize_t got = Retry([&] { return read(fd.get(), bytes.data() + size, bytes.size() - size); });
      if (got < 0) return SystemError(errno, "File could not be read", path);
      if (got == 0) break;
      size += static_cast<size_t>(got);
      if (size == bytes.size()) bytes.resize(size + std::max(kReadStep, size / 2));
    }
    bytes.resize(size);
    return bytes;
  }

  Result<std::unique_ptr<WritableFile>> Create(const std::string& path) override {
    return OpenToWrite(path, O_WRONLY | O_CREAT | O_TRUNC);
  }

  Result<std::unique_ptr<WritableFile>> OpenForAppend(const std::string& path) override {
    return OpenToWrite(path, O_WRONLY | O_CREAT | O_APPEND);
  }

  Status CreateDirectories(const std::string& path) override {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error) return SystemError(error.value(), "Folder could not be created", path);
    return Status();
  }

  Status Rename(const std::string& from, const std::string& to) override {
    if (rename(from.c_str(), to.c_str()) == 0) return Status();
    return SystemError(errno, "File could not be renamed", from + " to " + to);
  }

  Status Remove(const std::string& path) override {
    if (remove(path.c_str()) == 0) return Status();
    return SystemError(errno, "File could not be removed", path);
  }

  Status RemoveAll(const std::string& path) override {
    std::error_code error;
    std::filesystem::remove_all(path, error);
    if (error) return SystemError(error.value(), "Folder could not be removed", path);
    return Status();
  }

  Status Truncate(const std::string& path, int64_t bytes) override {
    if (Retry([&] { return truncate(path.c_str(), bytes); }) == 0) return Status();
    return SystemError(errno, "File could not be truncated", path);
  }

  Status SyncDirectory(const std::string& path) override {
    PLUMB_ASSIGN_OR_RETURN(const FileDescriptor fd, Open(path, O_RDONLY | O_DIRECTORY, "Folder could not be opened"));
    if (Retry([&] { return fsync(fd.get()); }) == 0) return Status();
    return SystemError(errno, "Folder could not be made durable", path);
  }

  Result<FileInfo> Stat(const std::string& path) override {
    struct stat status{};
    if (stat(path.c_str(), &status) != 0) return SystemError(errno, "File could not be examined", path);
    return ToInfo(FileNameOf(path), status);
  }

  Result<std::vector<FileInfo>> List(const std::string& directory) override {
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(opendir(directory.c_str()), closedir);
    if (!stream) return SystemError(errno, "Folder could not be listed", directory);
    std::vector<FileInfo> infos;
    while (true) {
      errno = 0;
      const dirent* entry = readdir(stream.get());
      if (entry == nullptr) break;
      const std::string name = entry->d_name;
      if (name == "." || name == "..") continue;
      struct stat status{};
      // Gone since, or a link to nothing: not there for anybody.
      if (fstatat(dirfd(stream.get()), name.c_str(), &status, 0) != 0) continue;
      infos.push_back(ToInfo(name, status));
    }
    if (errno != 0) return SystemError(errno, "Folder could not be listed", directory);
    std::sort(infos.begin(), infos.end(), [](const FileInfo& a, const FileInfo& b) { return a.name < b.name; });
    return infos;
  }

  Result<std::unique_ptr<FileLock>> Lock(const std::string& path) override {
    PLUMB_ASSIGN_OR_RETURN(FileDescriptor fd, Open(path, O_RDWR | O_CREAT, "Lock file could not be opened"));
    if (Retry([&] { return flock(fd.get(), LOCK_EX | LOCK_NB); }) != 0) {
      if (errno == EWOULDBLOCK) return Unavailable("Lock is held by another process: {}.", path);
      return SystemError(errno, "File could not be locked", path);
    }
    return std::unique_ptr<FileLock>(std::make_unique<RealFileLock>(std::move(fd)));
  }

 private:
  static Result<std::unique_ptr<WritableFile>> OpenToWrite(const std::string& path, int flags) {
    PLUMB_ASSIGN_OR_RETURN(FileDescriptor fd, Open(path, flags, "File could not be opened for writing"));
    return std::unique_ptr<WritableFile>(std::make_unique<RealWritableFile>(path, std::move(fd)));
  }
};

}  // namespace

FileSystem& RealFileSystem() {
  static SystemFiles files;
  return files;
}

}  // namespace plumb::base
