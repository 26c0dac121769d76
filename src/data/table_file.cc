#include "data/table_file.h"

#include <algorithm>
#include <utility>

#include "data/archive.h"
#include "data/csv.h"
#include "data/parquet.h"

namespace plumb::data {
namespace {

enum class TableKind { kUnknown, kCsv, kGzip, kZip, kParquet };

// "a.zip:b.csv" is the member b.csv of the archive a.zip.
struct TablePath {
  std::string file;
  std::string member;
  TableKind kind = TableKind::kUnknown;
};

bool EndsWithAny(std::string_view name, std::initializer_list<std::string_view> endings) {
  return std::any_of(endings.begin(), endings.end(), [&](std::string_view ending) { return name.ends_with(ending); });
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return lower;
}

TablePath SplitPath(std::string_view path) {
  constexpr std::string_view kMemberMark = ".zip:";
  TablePath result;
  result.file = path;
  const std::string lower = Lower(path);
  const size_t mark = lower.find(kMemberMark);
  if (mark != std::string::npos) {
    result.file = path.substr(0, mark + kMemberMark.size() - 1);
    result.member = path.substr(mark + kMemberMark.size());
    result.kind = TableKind::kZip;
  } else if (EndsWithAny(lower, {".parquet", ".pq"})) {
    result.kind = TableKind::kParquet;
  } else if (EndsWithAny(lower, {".csv", ".tsv", ".txt"})) {
    result.kind = TableKind::kCsv;
  } else if (EndsWithAny(lower, {".csv.gz", ".tsv.gz", ".txt.gz"})) {
    result.kind = TableKind::kGzip;
  } else if (lower.ends_with(".zip")) {
    result.kind = TableKind::kZip;
  }
  return result;
}

// A .tsv file has tabs unless another delimiter was asked for.
TableFormat FormatFor(const std::string& path, const TableFormat& format) {
  TableFormat result = format;
  const bool tabs = Lower(path).find(".tsv") != std::string::npos;
  if (tabs && format.delimiter == TableFormat().delimiter) result.delimiter = '\t';
  return result;
}

base::Result<std::string> Unpack(std::string bytes, const TablePath& path, const TableFormat& format) {
  const ArchiveLimits limits{.bytes_max = format.file_bytes_max};
  if (path.kind == TableKind::kGzip) return Gunzip(bytes, limits);
  if (path.kind == TableKind::kZip) return ReadZip(bytes, path.member, limits);
  if (bytes.size() > format.file_bytes_max) {
    return base::ResourceExhausted("CSV file is too large: {} bytes, at most {}.", bytes.size(), format.file_bytes_max);
  }
  return bytes;
}

base::Result<std::string> LoadCsv(base::FileSystem& files, const std::string& path, const TablePath& parts,
                                  const TableFormat& format) {
  PLUMB_ASSIGN_OR_RETURN(std::string bytes, files.ReadFile(parts.file));
  base::Result<std::string> text = Unpack(std::move(bytes), parts, format);
  if (!text.ok()) return text.status().WithWhere(path);
  return text;
}

base::Status UnknownKind(const std::string& path) {
  return base::InvalidArgument("File is of no kind that can be read: {}.", path)
      .WithSuggestion("Read are .csv, .tsv, .csv.gz, .csv.zip and .parquet.");
}

base::Result<Batch> ReadOne(base::FileSystem& files, const std::string& path, const Schema& schema,
                            const TableFormat& format) {
  const TablePath parts = SplitPath(path);
  if (parts.kind == TableKind::kUnknown) return UnknownKind(path);
  if (parts.kind == TableKind::kParquet) return ReadParquet(files, path, schema);
  PLUMB_ASSIGN_OR_RETURN(const std::string text, LoadCsv(files, path, parts, format));
  return ParseCsv(text, path, schema, FormatFor(path, format));
}

}  // namespace

bool IsTableFile(std::string_view path) { return SplitPath(path).kind != TableKind::kUnknown; }

base::Result<std::vector<std::string>> FindTableFiles(base::FileSystem& files,
                                                      const std::vector<std::string>& patterns) {
  std::vector<std::string> paths;
  for (const std::string& pattern : patterns) {
    const TablePath parts = SplitPath(pattern);
    PLUMB_ASSIGN_OR_RETURN(const std::vector<std::string> found, files.Glob(parts.file));
    if (found.empty() || (found.size() == 1 && found[0] == parts.file && !files.Exists(found[0]))) {
      return base::NotFound("No file matches: {}.", pattern);
    }
    for (const std::string& file : found) paths.push_back(parts.member.empty() ? file : file + ":" + parts.member);
  }
  std::sort(paths.begin(), paths.end());
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  return paths;
}

base::Result<Batch> ReadTable(base::FileSystem& files, const std::vector<std::string>& patterns, const Schema& schema,
                              const TableFormat& format) {
  PLUMB_ASSIGN_OR_RETURN(const std::vector<std::string> paths, FindTableFiles(files, patterns));
  Batch all(schema);
  for (const std::string& path : paths) {
    PLUMB_ASSIGN_OR_RETURN(Batch batch, ReadOne(files, path, schema, format));
    if (all.rows == 0) {
      all = std::move(batch);
    } else {
      all.AppendAll(batch);
    }
  }
  return all;
}

base::Result<Schema> InferSchema(base::FileSystem& files, const std::string& path, const TableFormat& format) {
  const TablePath parts = SplitPath(path);
  if (parts.kind == TableKind::kUnknown) return UnknownKind(path);
  if (parts.kind == TableKind::kParquet) return ReadParquetSchema(files, path);
  PLUMB_ASSIGN_OR_RETURN(const std::string text, LoadCsv(files, path, parts, format));
  return InferCsvSchema(text, path, FormatFor(path, format));
}

}  // namespace plumb::data
