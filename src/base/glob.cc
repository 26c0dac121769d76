// The Glob of file_system.h, over any FileSystem.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"

namespace plumb::base {
namespace {

constexpr int kDepthMax = 64;  // of folders below **, so that links in a circle end

bool IsPattern(std::string_view text) { return text.find_first_of("*?") != std::string_view::npos; }

// One segment against one name. On a mismatch, the last * takes one character more: linear space, no recursion.
bool SegmentMatches(std::string_view pattern, std::string_view name) {
  if (name.starts_with('.') && !pattern.starts_with('.')) return false;  // as the shell: hidden names must be asked for
  size_t p = 0, n = 0;
  size_t star = std::string_view::npos, star_name = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_name = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++star_name;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

class Matcher {
 public:
  Matcher(FileSystem& files, std::vector<std::string> segments) : files_(files), segments_(std::move(segments)) {}

  // Adds what matches segments [at, end) below `folder` ("" is the current one).
  Status Match(const std::string& folder, size_t at, int depth) {
    if (depth > kDepthMax) return Status();
    const std::string& segment = segments_[at];
    if (segment == "**") return MatchAnyDepth(folder, at, depth);
    if (!IsPattern(segment))
      return Step(JoinPath(folder, segment), /*is_directory=*/false, at, depth, /*listed=*/false);
    PLUMB_ASSIGN_OR_RETURN(const std::vector<FileInfo> infos, ListOrNothing(folder));
    for (const FileInfo& info : infos) {
      if (!SegmentMatches(segment, info.name)) continue;
      PLUMB_RETURN_IF_ERROR(Step(JoinPath(folder, info.name), info.is_directory, at, depth, /*listed=*/true));
    }
    return Status();
  }

  std::vector<std::string> Take() {
    std::sort(found_.begin(), found_.end());
    found_.erase(std::unique(found_.begin(), found_.end()), found_.end());
    return std::move(found_);
  }

 private:
  // `path` matched segment `at`: go on with the next one, or keep it.
  Status Step(const std::string& path, bool is_directory, size_t at, int depth, bool listed) {
    if (at + 1 == segments_.size()) {
      if (listed || files_.Exists(path)) found_.push_back(path);
      return Status();
    }
    if (listed && !is_directory) return Status();
    return Match(path, at + 1, depth + 1);
  }

  Status MatchAnyDepth(const std::string& folder, size_t at, int depth) {
    const bool last = at + 1 == segments_.size();
    if (!last) PLUMB_RETURN_IF_ERROR(Match(folder, at + 1, depth + 1));
    PLUMB_ASSIGN_OR_RETURN(const std::vector<FileInfo> infos, ListOrNothing(folder));
    for (const FileInfo& info : infos) {
      if (info.name.starts_with('.')) continue;
      const std::string path = JoinPath(folder, info.name);
      if (last) found_.push_back(path);
      if (info.is_directory) PLUMB_RETURN_IF_ERROR(Match(path, at, depth + 1));
    }
    return Status();
  }

  // A folder that is not there holds nothing that matches.
  Result<std::vector<FileInfo>> ListOrNothing(const std::string& folder) {
    auto infos = files_.List(folder.empty() ? "." : folder);
    if (!infos.ok() && infos.status().code() == Code::kNotFound) return std::vector<FileInfo>();
    return infos;
  }

  FileSystem& files_;
  std::vector<std::string> segments_;
  std::vector<std::string> found_;
};

std::vector<std::string> SplitSegments(std::string_view pattern) {
  std::vector<std::string> segments;
  while (!pattern.empty()) {
    const size_t slash = std::min(pattern.find('/'), pattern.size());
    if (slash > 0) segments.emplace_back(pattern.substr(0, slash));
    pattern.remove_prefix(std::min(slash + 1, pattern.size()));
  }
  return segments;
}

}  // namespace

Result<std::vector<std::string>> FileSystem::Glob(const std::string& pattern) {
  if (!IsPattern(pattern)) return std::vector<std::string>{pattern};
  Matcher matcher(*this, SplitSegments(pattern));
  PLUMB_RETURN_IF_ERROR(matcher.Match(pattern.starts_with('/') ? "/" : "", 0, 0));
  return matcher.Take();
}

}  // namespace plumb::base
