#include "operate/ingest.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/hash.h"
#include "data/table_file.h"
#include "features/events.h"

namespace plumb::operate {
namespace {

using base::Json;
using base::Result;

std::string FormatText(const data::TableFormat& format) {
  std::string text(1, format.delimiter);
  for (const std::string& token : format.null_tokens) text += "\x1f" + token;
  for (const auto& [column, timestamp] : format.timestamps) {
    text += "\x1e" + column + "\x1f" + timestamp.format + "\x1f" + timestamp.zone;
  }
  return text;
}

// What the rows in the lake depend on besides the files: columns, times, format; not derived columns, which are
// computed on reading.
std::string MeaningOf(const features::Source& source) {
  std::string text = "rows 1;" + source.event_time + ";" + source.known_at.value_or("") + ";" + source.event_id + ";";
  text += source.available_after ? base::FormatSpan(*source.available_after) : "none";
  text += source.skip_null_time ? ";skip;" : ";keep;";
  text += source.deleted ? source.deleted->canonical() : "";
  for (const data::Field& field : source.columns.fields()) text += ";" + field.name + ":" + data::TypeName(field.type);
  return base::Sha256Hex(text + "\x1d" + FormatText(source.format));
}

struct Fingerprint {
  Json files{base::JsonArray{}};  // [{"path", "bytes", "sha256"}]
};

Result<Fingerprint> FingerprintOf(base::FileSystem& files, const std::vector<std::string>& paths,
                                  const std::string& directory) {
  Fingerprint fingerprint;
  for (const std::string& path : paths) {
    // Of "archive.zip:member" the archive is what can change.
    const size_t member = path.find(".zip:");
    const std::string file = member == std::string::npos ? path : path.substr(0, member + 4);
    PLUMB_ASSIGN_OR_RETURN(const std::string bytes, files.ReadFile(file));
    Json entry;
    const bool inside = path.starts_with(directory + "/");
    entry.Set("path", inside ? path.substr(directory.size() + 1) : path);
    entry.Set("bytes", static_cast<int64_t>(bytes.size()));
    entry.Set("sha256", base::Sha256Hex(bytes));
    fingerprint.files.Append(std::move(entry));
  }
  return fingerprint;
}

// Rows by (event_time, known_at), as they came among equals: neighbours in time lie together, so that files compress
// and windows read ahead.
data::Batch SortByTime(const data::Batch& rows) {
  const data::Column& event_time = *rows.Find(features::kEventTimeColumn);
  const data::Column& known_at = *rows.Find(features::kKnownAtColumn);
  const auto at = [](const data::Column& column, int64_t row) {
    return column.IsNull(static_cast<size_t>(row)) ? base::kTimeMin : column.Int(static_cast<size_t>(row));
  };
  std::vector<int64_t> order(rows.rows);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    const base::Time ta = at(event_time, a), tb = at(event_time, b);
    return ta != tb ? ta < tb : at(known_at, a) < at(known_at, b);
  });
  return rows.Take(order);
}

std::vector<std::string> PathsOf(const features::Source& source, const std::string& directory) {
  std::vector<std::string> paths;
  for (const std::string& path : source.paths) paths.push_back(base::JoinPath(directory, path));
  return paths;
}

}  // namespace

Result<IngestReport> IngestSource(base::FileSystem& files, store::Lake& lake, const features::Source& source,
                                  const IngestOptions& options) {
  const std::vector<std::string> patterns = PathsOf(source, options.project_directory);
  Result<std::vector<std::string>> found = data::FindTableFiles(files, patterns);
  if (!found.ok()) {
    return found.status().WithContext("source " + source.name).WithWhere(source.position.ToString());
  }
  PLUMB_ASSIGN_OR_RETURN(Fingerprint fingerprint, FingerprintOf(files, *found, options.project_directory));
  Json origin;
  origin.Set("kind", "files");
  origin.Set("history", true);
  origin.Set("meaning", MeaningOf(source));
  origin.Set("files", std::move(fingerprint.files));

  IngestReport report;
  report.source = source.name;
  report.files = static_cast<int64_t>(found->size());
  const Result<store::LakeManifest> current = lake.Manifest(source.name);
  if (!current.ok() && current.status().code() != base::Code::kNotFound) return current.status();
  if (current.ok() && current->origin == origin && !options.force) {
    report.version = current->version;
    report.rows = current->rows;
    return report;
  }
  Result<data::Batch> rows = data::ReadTable(files, patterns, source.columns, source.format);
  if (!rows.ok()) return rows.status().WithContext("source " + source.name);
  Result<features::Events> events = features::MakeEvents(source, *rows, {});
  if (!events.ok()) return events.status().WithContext("source " + source.name);
  PLUMB_ASSIGN_OR_RETURN(const store::LakeManifest manifest,
                         lake.Commit(source.name, SortByTime(events->rows), origin, true));
  report.version = manifest.version;
  report.rows = manifest.rows;
  report.skipped_null_time = events->skipped_null_time;
  report.changed = true;
  return report;
}

Result<std::vector<IngestReport>> IngestSources(base::FileSystem& files, store::Lake& lake,
                                                const std::vector<const features::Source*>& sources,
                                                const IngestOptions& options) {
  std::vector<IngestReport> reports;
  for (const features::Source* source : sources) {
    if (source->paths.empty()) continue;
    PLUMB_ASSIGN_OR_RETURN(IngestReport report, IngestSource(files, lake, *source, options));
    if (options.progress) options.progress(report);
    reports.push_back(std::move(report));
  }
  return reports;
}

}  // namespace plumb::operate
