#include "base/file_system.h"

#include <atomic>

#include "base/environment.h"

namespace plumb::base {

Status FileSystem::WriteFileAtomically(const std::string& path, std::string_view bytes) {
  // Hidden, so that no glob over the folder takes a half-written file for a whole one.
  static std::atomic<uint64_t> number{0};
  const std::string folder = DirectoryOf(path);
  const std::string temporary =
      JoinPath(folder, fmt::format(".{}.tmp-{}-{}", FileNameOf(path), ProcessId(), number.fetch_add(1)));
  const auto write = [&]() -> Status {
    PLUMB_ASSIGN_OR_RETURN(const std::unique_ptr<WritableFile> file, Create(temporary));
    PLUMB_RETURN_IF_ERROR(file->Append(bytes));
    PLUMB_RETURN_IF_ERROR(file->Sync());
    PLUMB_RETURN_IF_ERROR(file->Close());
    return Rename(temporary, path);
  };
  if (Status status = write(); !status.ok()) {
    (void)Remove(temporary);  // Best effort: the first failure is the one to tell.
    return status;
  }
  return SyncDirectory(folder);
}

bool FileSystem::Exists(const std::string& path) { return Stat(path).ok(); }

std::string JoinPath(std::string_view a, std::string_view b) {
  if (a.empty() || b.starts_with('/')) return std::string(b);
  if (b.empty()) return std::string(a);
  std::string path(a);
  if (!path.ends_with('/')) path += '/';
  path += b;
  return path;
}

namespace {

std::string_view WithoutTrailingSlashes(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path;
}

}  // namespace

std::string DirectoryOf(std::string_view path) {
  path = WithoutTrailingSlashes(path);
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return std::string(WithoutTrailingSlashes(path.substr(0, slash == 0 ? 1 : slash)));
}

std::string FileNameOf(std::string_view path) {
  path = WithoutTrailingSlashes(path);
  const size_t slash = path.rfind('/');
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

}  // namespace plumb::base
