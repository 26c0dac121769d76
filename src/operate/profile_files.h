// profile_files.h: the files beside a table that say what it looks like: NAME.profile.json and NAME.profile.html.
//
// Thread safety: pure functions but for the files; one writer of a table's files.
#pragma once

#include <optional>
#include <string>

#include "base/file_system.h"
#include "base/status.h"
#include "operate/profile_page.h"

namespace plumb::operate {

struct ProfilePaths {
  std::string json, html;
};
// Of "train.parquet": "train.profile.json", "train.profile.html".
ProfilePaths ProfilePathsOf(const std::string& table_path);

// The profile that was written there before; nothing if there is none, or a file that is something else.
base::Result<std::optional<TableProfile>> ReadEarlierProfile(base::FileSystem& files, const std::string& path);
base::Status WriteProfile(base::FileSystem& files, const ProfilePaths& paths, const TableProfile& profile,
                          const ProfileFacts& facts);

}  // namespace plumb::operate
