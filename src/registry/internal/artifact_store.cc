#include "registry/internal/artifact_store.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/hash.h"

namespace plumb::registry {

using base::Result;
using base::Status;

namespace {

constexpr size_t kDigestDigits = 64;

// Also keeps what is asked for inside the folder.
Status ValidateDigest(const std::string& sha256) {
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (sha256.size() == kDigestDigits && std::all_of(sha256.begin(), sha256.end(), is_digit)) return Status();
  return base::InvalidArgument("Artifact is not named by 64 lower-case hex digits: \"{}\".",
                               sha256.substr(0, 2 * kDigestDigits));
}

Status Lost(const char* sentence, const std::string& path) {
  return base::DataLoss("{}: {}.", sentence, path)
      .WithSuggestion("Restore the file from a backup, or train the version again and deploy that.");
}

}  // namespace

ArtifactStore::ArtifactStore(base::FileSystem& files, base::Clock& clock, store::SqliteDatabase& database,
                             std::string state_directory)
    : files_(files),
      clock_(clock),
      database_(database),
      state_(std::move(state_directory)),
      root_(base::JoinPath(state_, "artifacts")) {}

std::string ArtifactStore::PathOf(const std::string& sha256) const {
  return base::JoinPath(base::JoinPath(root_, sha256.substr(0, 2)), sha256);
}

Result<std::string> ArtifactStore::Put(std::string_view content) {
  std::string sha256 = base::Sha256Hex(content);
  const std::string path = PathOf(sha256);
  PLUMB_ASSIGN_OR_RETURN(const bool is_listed, IsListed(sha256));
  if (is_listed) {
    const Result<std::string> present = files_.ReadFile(path);
    if (present.ok() && *present == content) return sha256;
  }
  PLUMB_RETURN_IF_ERROR(WriteContent(path, content));  // also mends a file that was lost
  PLUMB_RETURN_IF_ERROR(
      database_.Run("INSERT OR IGNORE INTO artifacts VALUES (?, ?, ?)", sha256, content.size(), clock_.Now()));
  return sha256;
}

// The folders' own names are made durable too.
Status ArtifactStore::WriteContent(const std::string& path, std::string_view content) {
  PLUMB_RETURN_IF_ERROR(files_.CreateDirectories(base::DirectoryOf(path)));
  PLUMB_RETURN_IF_ERROR(files_.WriteFileAtomically(path, content));
  PLUMB_RETURN_IF_ERROR(files_.SyncDirectory(root_));
  return files_.SyncDirectory(state_);
}

Result<std::string> ArtifactStore::Get(const std::string& sha256) {
  PLUMB_RETURN_IF_ERROR(ValidateDigest(sha256));
  PLUMB_ASSIGN_OR_RETURN(const bool is_listed, IsListed(sha256));
  if (!is_listed) return base::NotFound("Artifact is not in the registry: {}.", sha256);
  const std::string path = PathOf(sha256);
  Result<std::string> content = files_.ReadFile(path);
  if (!content.ok() && content.status().code() == base::Code::kNotFound) return Lost("Artifact is missing", path);
  if (!content.ok()) return content.status();
  if (base::Sha256Hex(*content) != sha256) return Lost("Artifact does not match its digest", path);
  return content;
}

Result<bool> ArtifactStore::IsListed(const std::string& sha256) {
  PLUMB_ASSIGN_OR_RETURN(auto row, database_.Query("SELECT 1 FROM artifacts WHERE sha256 = ?", sha256));
  return row.Next();
}

Result<bool> ArtifactStore::HasFiles() {
  const Result<std::vector<base::FileInfo>> listed = files_.List(root_);
  if (listed.ok()) return !listed->empty();
  if (listed.status().code() == base::Code::kNotFound) return false;
  return listed.status();
}

}  // namespace plumb::registry
