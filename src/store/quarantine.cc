#include "store/quarantine.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "base/hash.h"
#include "base/json.h"
#include "data/parquet.h"

namespace plumb::store {
namespace {

using base::Json;
using base::Result;
using base::Status;

constexpr const char* kFormat = "plumb-quarantine-manifest";
constexpr int kFormatVersion = 1;
constexpr std::string_view kManifestPrefix = "manifest-", kManifestSuffix = ".json";

Json CountsToJson(const std::vector<QuarantineCount>& counts) {
  Json list{base::JsonArray{}};
  for (const QuarantineCount& count : counts) {
    Json entry;
    entry.Set("reason", count.reason);
    entry.Set("check", count.check);
    entry.Set("rows", count.rows);
    list.Append(std::move(entry));
  }
  return list;
}

Json PartsToJson(const std::vector<QuarantinePart>& parts) {
  Json list{base::JsonArray{}};
  for (const QuarantinePart& part : parts) {
    Json entry, columns{base::JsonArray{}};
    for (const std::string& column : part.columns) columns.Append(column);
    entry.Set("file", part.file);
    entry.Set("sha256", part.sha256);
    entry.Set("rows", part.rows);
    entry.Set("bytes", part.bytes);
    entry.Set("columns", std::move(columns));
    entry.Set("counts", CountsToJson(part.counts));
    list.Append(std::move(entry));
  }
  return list;
}

// Everything but the checksum, which is of this text.
Json BodyOf(const QuarantineManifest& manifest) {
  Json body;
  body.Set("format", kFormat);
  body.Set("format_version", kFormatVersion);
  body.Set("source", manifest.source);
  body.Set("number", manifest.number);
  body.Set("series", manifest.series);
  body.Set("created", manifest.created);
  body.Set("parts", PartsToJson(manifest.parts));
  return body;
}

std::string EncodeManifest(const QuarantineManifest& manifest) {
  Json body = BodyOf(manifest);
  body.Set("checksum", base::Sha256Hex(BodyOf(manifest).Dump()));
  return body.Dump(1) + "\n";
}

// Takes members of a manifest and remembers that one was missing or of another kind.
class MemberReader {
 public:
  explicit MemberReader(const Json& json) : json_(json) {}
  std::string Text(const char* key) {
    const Json* value = json_.Find(key);
    if (value != nullptr && value->IsString()) return value->AsString();
    return complete_ = false, std::string();
  }
  int64_t Count(const char* key) {
    const Json* value = json_.Find(key);
    if (value != nullptr && value->IsInt() && value->AsInt() >= 0) return value->AsInt();
    return complete_ = false, 0;
  }
  const base::JsonArray& List(const char* key) {
    static const base::JsonArray kNone;
    const Json* value = json_.Find(key);
    if (value != nullptr && value->IsArray()) return value->AsArray();
    return complete_ = false, kNone;
  }
  void Expect(bool claim) { complete_ = complete_ && claim; }
  [[nodiscard]] bool complete() const { return complete_; }

 private:
  const Json& json_;
  bool complete_ = true;
};

bool DecodePart(const Json& entry, QuarantinePart* part) {
  MemberReader reader(entry);
  part->file = reader.Text("file");
  part->sha256 = reader.Text("sha256");
  part->rows = reader.Count("rows");
  part->bytes = reader.Count("bytes");
  for (const Json& column : reader.List("columns")) {
    if (!column.IsString()) return false;
    part->columns.push_back(column.AsString());
  }
  for (const Json& listed : reader.List("counts")) {
    MemberReader count(listed);
    part->counts.push_back({count.Text("reason"), count.Text("check"), count.Count("rows")});
    reader.Expect(count.complete());
  }
  reader.Expect(!part->file.empty() && part->file.find('/') == std::string::npos);
  return reader.complete();
}

Result<QuarantineManifest> DecodeManifest(std::string_view bytes, const std::string& path) {
  const auto broken = [&](const char* why) {
    return base::DataLoss("Quarantine manifest is corrupt: {}, {}.", path, why)
        .WithSuggestion("Restore the file, or load the source again with plumb ingest SOURCE --force.");
  };
  const Result<Json> json = base::ParseJson(bytes);
  if (!json.ok()) return broken("not JSON");
  MemberReader reader(*json);
  if (reader.Text("format") != kFormat) return broken("not a manifest");
  if (reader.Count("format_version") != kFormatVersion) {
    return base::Unimplemented("Quarantine manifest was written by another version of plumb: {}.", path);
  }
  QuarantineManifest manifest;
  manifest.source = reader.Text("source");
  manifest.number = reader.Count("number");
  manifest.series = reader.Count("series");
  const Json* created = json->Find("created");
  if (created == nullptr || !created->IsInt()) return broken("no created");
  manifest.created = created->AsInt();
  for (const Json& entry : reader.List("parts")) {
    manifest.parts.emplace_back();
    if (!DecodePart(entry, &manifest.parts.back())) return broken("parts");
  }
  const std::string checksum = reader.Text("checksum");
  if (!reader.complete()) return broken("a member is missing");
  if (base::Sha256Hex(BodyOf(manifest).Dump()) != checksum) return broken("the checksum does not match");
  return manifest;
}

// The number in "manifest-12.json", or -1.
int64_t ManifestNumber(std::string_view name) {
  if (!name.starts_with(kManifestPrefix) || !name.ends_with(kManifestSuffix)) return -1;
  name.remove_prefix(kManifestPrefix.size());
  name.remove_suffix(std::min(name.size(), kManifestSuffix.size()));
  int64_t number = -1;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  return error == std::errc() && end == name.data() + name.size() ? number : -1;
}

std::string ManifestName(int64_t number) {
  return std::string(kManifestPrefix) + std::to_string(number) + std::string(kManifestSuffix);
}

std::vector<QuarantineCount> CountsOf(const std::map<std::pair<std::string, std::string>, int64_t>& rows) {
  std::vector<QuarantineCount> counts;
  for (const auto& [key, count] : rows) counts.push_back({key.first, key.second, count});
  return counts;
}

std::vector<QuarantineCount> CountReasons(const data::Batch& rows) {
  std::map<std::pair<std::string, std::string>, int64_t> counts;
  const data::Column& reasons = *rows.Find(kRefusedReasonColumn);
  const data::Column& checks = *rows.Find(kRefusedCheckColumn);
  for (size_t row = 0; row < rows.rows; ++row) {
    ++counts[{std::string(reasons.String(row)), std::string(checks.String(row))}];
  }
  return CountsOf(counts);
}

// `rows` with the columns of `schema`, null where they have none.
data::Batch Widened(const data::Batch& rows, const data::Schema& schema) {
  data::Batch wide;
  wide.rows = rows.rows;
  for (const data::Field& field : schema.fields()) {
    const data::Column* column = rows.Find(field.name);
    wide.AddColumn(field.name, column != nullptr ? *column : data::Column::Nulls(field.type, rows.rows));
  }
  return wide;
}

}  // namespace

data::Schema QuarantineSchema(const std::vector<std::string>& columns) {
  data::Schema schema;
  schema.Add(kRefusedIdColumn, data::TypeKind::kString);
  schema.Add(kRefusedReasonColumn, data::TypeKind::kString);
  schema.Add(kRefusedCheckColumn, data::TypeKind::kString);
  schema.Add(kRefusedFileColumn, data::TypeKind::kString);
  schema.Add(kRefusedRowColumn, data::TypeKind::kInt64);
  schema.Add(kReceivedAtColumn, data::TypeKind::kTimestamp);
  for (const std::string& column : columns) schema.Add(column, data::TypeKind::kString);
  return schema;
}

int64_t QuarantineManifest::rows() const {
  int64_t count = 0;
  for (const QuarantinePart& part : parts) count += part.rows;
  return count;
}

std::vector<QuarantineCount> QuarantineManifest::Counts() const {
  std::map<std::pair<std::string, std::string>, int64_t> all;
  for (const QuarantinePart& part : parts) {
    for (const QuarantineCount& count : part.counts) all[{count.reason, count.check}] += count.rows;
  }
  return CountsOf(all);
}

Quarantine::Quarantine(base::FileSystem& files, base::Clock& clock, std::string state_directory)
    : files_(files), clock_(clock), root_(base::JoinPath(state_directory, "quarantine")) {}

Result<std::vector<int64_t>> Quarantine::Numbers(const std::string& source) {
  std::vector<int64_t> numbers;
  const Result<std::vector<base::FileInfo>> listed = files_.List(FolderOf(source));
  if (!listed.ok()) {
    if (listed.status().code() == base::Code::kNotFound) return numbers;
    return listed.status();
  }
  for (const base::FileInfo& file : *listed) {
    if (const int64_t number = ManifestNumber(file.name); number > 0) numbers.push_back(number);
  }
  std::sort(numbers.rbegin(), numbers.rend());
  return numbers;
}

Result<QuarantineManifest> Quarantine::Commit(const std::string& source, const data::Batch& rows,
                                              const CommitOptions& options) {
  const std::string folder = FolderOf(source);
  PLUMB_RETURN_IF_ERROR(files_.CreateDirectories(folder));
  PLUMB_ASSIGN_OR_RETURN(const std::vector<int64_t> numbers, Numbers(source));
  QuarantineManifest next;
  next.source = source;
  next.number = numbers.empty() ? 1 : numbers.front() + 1;
  next.series = options.series != 0 ? options.series : next.number;
  next.created = clock_.Now();
  if (options.keep != nullptr) next.parts = options.keep->parts;
  if (rows.rows > 0) {
    PLUMB_ASSIGN_OR_RETURN(const std::string bytes, data::EncodeParquet(rows));
    QuarantinePart part;
    part.sha256 = base::Sha256Hex(bytes);
    part.file = "part-" + part.sha256.substr(0, 16) + ".parquet";
    part.rows = static_cast<int64_t>(rows.rows);
    part.bytes = static_cast<int64_t>(bytes.size());
    const size_t own = QuarantineSchema({}).size();
    for (size_t i = own; i < rows.schema.size(); ++i) part.columns.push_back(rows.schema.fields()[i].name);
    part.counts = CountReasons(rows);
    PLUMB_RETURN_IF_ERROR(files_.WriteFileAtomically(base::JoinPath(folder, part.file), bytes));
    next.parts.push_back(std::move(part));
  }
  PLUMB_RETURN_IF_ERROR(
      files_.WriteFileAtomically(base::JoinPath(folder, ManifestName(next.number)), EncodeManifest(next)));
  return next;
}

Result<QuarantineManifest> Quarantine::Manifest(const std::string& source, int64_t series) {
  QuarantineManifest none;
  none.source = source;
  if (series == 0) return none;
  PLUMB_ASSIGN_OR_RETURN(const std::vector<int64_t> numbers, Numbers(source));
  for (const int64_t number : numbers) {
    if (number < series) break;
    const std::string path = base::JoinPath(FolderOf(source), ManifestName(number));
    PLUMB_ASSIGN_OR_RETURN(const std::string bytes, files_.ReadFile(path));
    PLUMB_ASSIGN_OR_RETURN(QuarantineManifest manifest, DecodeManifest(bytes, path));
    if (manifest.series == series) return manifest;
  }
  return base::DataLoss("Quarantine manifest is missing: {}.", base::JoinPath(FolderOf(source), ManifestName(series)))
      .WithSuggestion("Restore it, or load the source again with plumb ingest SOURCE --force.");
}

Result<data::Batch> Quarantine::ReadPart(const std::string& source, const QuarantinePart& part) {
  const std::string path = base::JoinPath(FolderOf(source), part.file);
  const char* const suggestion = "Restore it, or load the source again with plumb ingest SOURCE --force.";
  const Result<std::string> bytes = files_.ReadFile(path);
  if (!bytes.ok() && bytes.status().code() == base::Code::kNotFound) {
    return base::DataLoss("Part of the quarantine is missing: {}.", path).WithSuggestion(suggestion);
  }
  if (!bytes.ok()) return bytes.status();
  if (base::Sha256Hex(*bytes) != part.sha256) {
    return base::DataLoss("Part of the quarantine does not match its digest: {}.", path).WithSuggestion(suggestion);
  }
  return data::DecodeParquet(*bytes, path, QuarantineSchema(part.columns));
}

Result<data::Batch> Quarantine::Read(const QuarantineManifest& manifest) {
  std::vector<std::string> columns;
  for (const QuarantinePart& part : manifest.parts) {
    for (const std::string& column : part.columns) {
      if (std::find(columns.begin(), columns.end(), column) == columns.end()) columns.push_back(column);
    }
  }
  const data::Schema schema = QuarantineSchema(columns);
  data::Batch all(schema);
  for (const QuarantinePart& part : manifest.parts) {
    PLUMB_ASSIGN_OR_RETURN(const data::Batch rows, ReadPart(manifest.source, part));
    all.AppendAll(Widened(rows, schema));
  }
  return all;
}

}  // namespace plumb::store
