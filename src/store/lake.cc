#include "store/lake.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/hash.h"
#include "data/parquet.h"

namespace plumb::store {
namespace {

using base::Json;
using base::Result;
using base::Status;

constexpr const char* kFormat = "plumb-lake-manifest";
constexpr int kFormatVersion = 1;
constexpr const char* kManifestPrefix = "manifest-";
constexpr const char* kManifestSuffix = ".json";

Json PartsToJson(const std::vector<LakePart>& parts) {
  Json list{base::JsonArray{}};
  for (const LakePart& part : parts) {
    Json entry;
    entry.Set("file", part.file);
    entry.Set("sha256", part.sha256);
    entry.Set("rows", part.rows);
    entry.Set("bytes", part.bytes);
    list.Append(std::move(entry));
  }
  return list;
}

Json SchemaToJson(const data::Schema& schema) {
  Json list{base::JsonArray{}};
  for (const data::Field& field : schema.fields()) {
    Json entry;
    entry.Set("name", field.name);
    entry.Set("type", data::TypeName(field.type));
    list.Append(std::move(entry));
  }
  return list;
}

// Everything but the checksum, which is of this text.
Json BodyOf(const LakeManifest& manifest) {
  Json body;
  body.Set("format", kFormat);
  body.Set("format_version", kFormatVersion);
  body.Set("source", manifest.source);
  body.Set("number", manifest.number);
  body.Set("version", manifest.version);
  body.Set("created", manifest.created);
  body.Set("rows", manifest.rows);
  body.Set("schema", SchemaToJson(manifest.schema));
  body.Set("parts", PartsToJson(manifest.parts));
  body.Set("origin", manifest.origin);
  return body;
}

std::string EncodeManifest(const LakeManifest& manifest) {
  Json body = BodyOf(manifest);
  body.Set("checksum", base::Sha256Hex(BodyOf(manifest).Dump()));
  return body.Dump(1) + "\n";
}

// Equal parts and columns give an equal version, whatever they are called and whenever they were written.
std::string VersionOf(const data::Schema& schema, const std::vector<LakePart>& parts) {
  std::string text = SchemaToJson(schema).Dump();
  for (const LakePart& part : parts) text += "\n" + part.sha256;
  return base::Sha256Hex(text);
}

// Reads members of a manifest and remembers the first that is missing or of another kind.
class MemberReader {
 public:
  explicit MemberReader(const Json& json) : json_(json) {}
  std::string Text(const char* key) {
    const Json* value = json_.Find(key);
    if (value != nullptr && value->IsString()) return value->AsString();
    return Missing(key), std::string();
  }
  int64_t Int(const char* key) {
    const Json* value = json_.Find(key);
    if (value != nullptr && value->IsInt()) return value->AsInt();
    return Missing(key), 0;
  }
  const base::JsonArray& Array(const char* key) {
    static const base::JsonArray kNone;
    const Json* value = json_.Find(key);
    if (value != nullptr && value->IsArray()) return value->AsArray();
    return Missing(key), kNone;
  }
  [[nodiscard]] const char* missing() const { return missing_; }

 private:
  void Missing(const char* key) {
    if (missing_ == nullptr) missing_ = key;
  }
  const Json& json_;
  const char* missing_ = nullptr;
};

Result<LakeManifest> DecodeManifest(std::string_view bytes, const std::string& path) {
  const auto broken = [&](const std::string& why) {
    return base::DataLoss("Lake manifest is corrupt: {}, {}.", path, why)
        .WithSuggestion("Restore the file, or delete the source's folder in the lake and load the source again.");
  };
  Result<Json> json = base::ParseJson(bytes);
  if (!json.ok()) return broken("not JSON");
  MemberReader reader(*json);
  if (reader.Text("format") != kFormat) return broken("not a manifest");
  if (reader.Int("format_version") != kFormatVersion) {
    return base::Unimplemented("Lake manifest was written by another version of plumb: {}.", path);
  }
  LakeManifest manifest;
  manifest.source = reader.Text("source");
  manifest.number = reader.Int("number");
  manifest.version = reader.Text("version");
  manifest.created = reader.Int("created");
  manifest.rows = reader.Int("rows");
  for (const Json& entry : reader.Array("schema")) {
    MemberReader field(entry);
    const std::string name = field.Text("name");
    const Result<data::Type> type = data::ParseType(field.Text("type"));
    if (field.missing() != nullptr || !type.ok()) return broken("schema");
    manifest.schema.Add(name, *type);
  }
  for (const Json& entry : reader.Array("parts")) {
    MemberReader part(entry);
    manifest.parts.push_back({part.Text("file"), part.Text("sha256"), part.Int("rows"), part.Int("bytes")});
    const std::string& file = manifest.parts.back().file;
    if (part.missing() != nullptr || file.empty() || file.find('/') != std::string::npos) return broken("parts");
  }
  if (const Json* origin = json->Find("origin")) manifest.origin = *origin;
  const std::string checksum = reader.Text("checksum");
  if (reader.missing() != nullptr) return broken(std::string("no ") + reader.missing());
  if (base::Sha256Hex(BodyOf(manifest).Dump()) != checksum) return broken("the checksum does not match");
  return manifest;
}

// The number in "manifest-12.json", or -1.
int64_t ManifestNumber(std::string_view name) {
  const std::string_view prefix = kManifestPrefix, suffix = kManifestSuffix;
  if (!name.starts_with(prefix) || !name.ends_with(suffix) || name.size() <= prefix.size() + suffix.size()) return -1;
  name.remove_prefix(prefix.size());
  name.remove_suffix(suffix.size());
  int64_t number = -1;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  return error == std::errc() && end == name.data() + name.size() ? number : -1;
}

std::string ManifestName(int64_t number) { return kManifestPrefix + std::to_string(number) + kManifestSuffix; }

}  // namespace

Lake::Lake(base::FileSystem& files, base::Clock& clock, std::string state_directory)
    : files_(files), clock_(clock), root_(base::JoinPath(state_directory, "lake")) {}

Result<LakeManifest> Lake::Commit(const std::string& source, const data::Batch& rows, const Json& origin,
                                  bool replace) {
  const std::string folder = base::JoinPath(root_, source);
  PLUMB_RETURN_IF_ERROR(files_.CreateDirectories(folder));
  Result<LakeManifest> current = Manifest(source);
  if (!current.ok() && current.status().code() != base::Code::kNotFound) return current.status();

  LakeManifest next;
  next.source = source;
  next.schema = rows.schema;
  next.origin = origin;
  next.created = clock_.Now();
  if (current.ok()) {
    next.number = current->number;
    if (!replace) {
      if (current->schema != rows.schema) {
        return base::FailedPrecondition("Rows have another schema than the source's parts in the lake: {}.", source);
      }
      next.parts = current->parts;
      next.rows = current->rows;
    }
  }
  next.number++;
  PLUMB_ASSIGN_OR_RETURN(const std::string bytes, data::EncodeParquet(rows));
  LakePart part;
  part.sha256 = base::Sha256Hex(bytes);
  part.file = "part-" + part.sha256.substr(0, 16) + ".parquet";
  part.rows = static_cast<int64_t>(rows.rows);
  part.bytes = static_cast<int64_t>(bytes.size());
  PLUMB_RETURN_IF_ERROR(files_.WriteFileAtomically(base::JoinPath(folder, part.file), bytes));
  next.rows += part.rows;
  next.parts.push_back(std::move(part));
  next.version = VersionOf(next.schema, next.parts);
  PLUMB_RETURN_IF_ERROR(
      files_.WriteFileAtomically(base::JoinPath(folder, ManifestName(next.number)), EncodeManifest(next)));
  return next;
}

Result<LakeManifest> Lake::Manifest(const std::string& source, const std::string& version) {
  const std::string folder = base::JoinPath(root_, source);
  const Result<std::vector<base::FileInfo>> listed = files_.List(folder);
  if (!listed.ok() && listed.status().code() != base::Code::kNotFound) return listed.status();
  std::vector<int64_t> numbers;
  if (listed.ok()) {
    for (const base::FileInfo& file : *listed) {
      if (const int64_t number = ManifestNumber(file.name); number >= 0) numbers.push_back(number);
    }
  }
  std::sort(numbers.rbegin(), numbers.rend());
  for (const int64_t number : numbers) {
    const std::string path = base::JoinPath(folder, ManifestName(number));
    PLUMB_ASSIGN_OR_RETURN(const std::string bytes, files_.ReadFile(path));
    PLUMB_ASSIGN_OR_RETURN(LakeManifest manifest, DecodeManifest(bytes, path));
    if (version.empty() || manifest.version == version) return manifest;
  }
  if (!version.empty()) {
    return base::NotFound("Lake does not have this data version: source {}, {}.", source, version);
  }
  return base::NotFound("Source is not in the lake: {}.", source).WithSuggestion("Load it with plumb ingest.");
}

Result<data::Batch> Lake::Read(const LakeManifest& manifest) {
  data::Batch all(manifest.schema);
  for (const LakePart& part : manifest.parts) {
    const std::string path = base::JoinPath(base::JoinPath(root_, manifest.source), part.file);
    const Result<std::string> bytes = files_.ReadFile(path);
    if (!bytes.ok() && bytes.status().code() == base::Code::kNotFound) {
      return base::DataLoss("Part of the lake is missing: {}.", path)
          .WithSuggestion("Restore it, or load the source again.");
    }
    if (!bytes.ok()) return bytes.status();
    if (base::Sha256Hex(*bytes) != part.sha256) {
      return base::DataLoss("Part of the lake does not match its digest: {}.", path)
          .WithSuggestion("Restore it, or load the source again.");
    }
    PLUMB_ASSIGN_OR_RETURN(data::Batch rows, data::DecodeParquet(*bytes, path, manifest.schema));
    if (manifest.parts.size() == 1) return rows;
    all.AppendAll(rows);
  }
  return all;
}

Result<std::vector<std::string>> Lake::Sources() {
  std::vector<std::string> names;
  const Result<std::vector<base::FileInfo>> listed = files_.List(root_);
  if (!listed.ok())
    return listed.status().code() == base::Code::kNotFound ? Result(names)
                                                           : Result<std::vector<std::string>>(listed.status());
  for (const base::FileInfo& file : *listed) {
    if (file.is_directory) names.push_back(file.name);
  }
  return names;
}

Result<LakeEventLog> LakeEventLog::Open(Lake& lake, std::map<std::string, std::string> versions) {
  PLUMB_ASSIGN_OR_RETURN(const std::vector<std::string> sources, lake.Sources());
  for (const std::string& source : sources) {
    if (versions.contains(source)) continue;
    const Result<LakeManifest> manifest = lake.Manifest(source);
    if (manifest.ok()) {
      versions[source] = manifest->version;
    } else if (manifest.status().code() != base::Code::kNotFound) {
      return manifest.status();
    }
  }
  return LakeEventLog(lake, std::move(versions));
}

std::string LakeEventLog::DataVersion() const {
  std::string text;
  for (const auto& [source, version] : versions_) text += source + "=" + version + "\n";
  return base::Sha256Hex(text);
}

Result<data::Batch> LakeEventLog::ReadEvents(std::string_view source) {
  const auto found = versions_.find(std::string(source));
  if (found == versions_.end()) {
    return base::NotFound("Source is not in the lake: {}.", source).WithSuggestion("Load it with plumb ingest.");
  }
  PLUMB_ASSIGN_OR_RETURN(const LakeManifest manifest, lake_->Manifest(found->first, found->second));
  return lake_->Read(manifest);
}

}  // namespace plumb::store
