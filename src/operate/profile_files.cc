#include "operate/profile_files.h"

namespace plumb::operate {

ProfilePaths ProfilePathsOf(const std::string& table_path) {
  const std::string name = base::FileNameOf(table_path);
  const size_t folder = table_path.size() - name.size();
  const std::string stem = table_path.substr(0, folder) + name.substr(0, name.rfind('.'));
  return {stem + ".profile.json", stem + ".profile.html"};
}

base::Result<std::optional<TableProfile>> ReadEarlierProfile(base::FileSystem& files, const std::string& path) {
  const base::Result<std::string> text = files.ReadFile(path);
  if (!text.ok()) {
    if (text.status().code() == base::Code::kNotFound) return std::optional<TableProfile>();
    return text.status();
  }
  const base::Result<base::Json> json = base::ParseJson(*text);
  if (!json.ok()) return std::optional<TableProfile>();
  base::Result<TableProfile> profile = TableProfile::FromJson(*json);
  return profile.ok() ? std::optional<TableProfile>(std::move(profile).value()) : std::optional<TableProfile>();
}

base::Status WriteProfile(base::FileSystem& files, const ProfilePaths& paths, const TableProfile& profile,
                          const ProfileFacts& facts) {
  PLUMB_RETURN_IF_ERROR(files.WriteFileAtomically(paths.json, profile.ToJson().Dump(1) + "\n"));
  return files.WriteFileAtomically(paths.html, RenderProfilePage(profile, facts));
}

}  // namespace plumb::operate
