// artifact_store.h: files named by the SHA-256 of what they hold, and the rows that list them.
//
// A file is written before its row: a row without its file is a loss, a file without a row is what a crash left, which
// nobody refers to. Thread safety: one user.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/status.h"
#include "store/sqlite.h"

namespace plumb::registry {

class ArtifactStore {
 public:
  ArtifactStore(base::FileSystem& files, base::Clock& clock, store::SqliteDatabase& database,
                std::string state_directory);

  base::Result<std::string> Put(std::string_view content);
  // kNotFound, or kDataLoss naming the file when it is missing or is not what its name says.
  base::Result<std::string> Get(const std::string& sha256);
  base::Result<bool> IsListed(const std::string& sha256);
  // Whether there are files at all.
  base::Result<bool> HasFiles();

 private:
  [[nodiscard]] std::string PathOf(const std::string& sha256) const;
  base::Status WriteContent(const std::string& path, std::string_view content);

  base::FileSystem& files_;
  base::Clock& clock_;
  store::SqliteDatabase& database_;
  std::string state_, root_;
};

}  // namespace plumb::registry
