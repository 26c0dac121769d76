#include "operate/sealed_json.h"

#include <utility>

#include "base/hash.h"

namespace plumb::operate {

using base::Json;

base::Status WriteSealedJson(base::FileSystem& files, const std::string& path, const std::string& format, int version,
                             const Json& body) {
  Json sealed;
  sealed.Set("format", format);
  sealed.Set("format_version", version);
  for (const auto& [key, value] : body.AsObject()) sealed.Set(key, value);
  sealed.Set("checksum", base::Sha256Hex(sealed.Dump()));
  PLUMB_RETURN_IF_ERROR(files.CreateDirectories(base::DirectoryOf(path)));
  return files.WriteFileAtomically(path, sealed.Dump(1) + "\n");
}

base::Result<Json> ReadSealedJson(base::FileSystem& files, const std::string& path, const std::string& format,
                                  int version) {
  const auto broken = [&](const char* why) {
    return base::DataLoss("File is corrupt: {}, {}.", path, why).WithSuggestion("Restore it, or remove it.");
  };
  PLUMB_ASSIGN_OR_RETURN(const std::string bytes, files.ReadFile(path));
  base::Result<Json> json = base::ParseJson(bytes);
  if (!json.ok() || !json->IsObject()) return broken("not a JSON object");
  const Json* kind = json->Find("format");
  if (kind == nullptr || *kind != Json(format)) return broken("of another format");
  const Json* number = json->Find("format_version");
  if (number == nullptr || *number != Json(version)) {
    return base::Unimplemented("File was written by another version of plumb: {}.", path);
  }
  base::JsonObject& members = json->AsObject();
  if (members.back().first != "checksum" || !members.back().second.IsString()) return broken("no checksum");
  const std::string checksum = members.back().second.AsString();
  members.pop_back();
  if (base::Sha256Hex(json->Dump()) != checksum) return broken("the checksum does not match");
  return json;
}

}  // namespace plumb::operate
