#include "operate/ingest.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/check.h"
#include "base/hash.h"
#include "data/table_file.h"
#include "features/events.h"
#include "features/row_checks.h"
#include "operate/check_run.h"
#include "operate/event_order.h"
#include "operate/load_origin.h"
#include "operate/quarantine_rows.h"
#include "operate/row_screen.h"

namespace plumb::operate {
namespace {

using base::Json;
using base::Result;
using base::Status;

std::string RelativePath(const std::string& path, const std::string& directory) {
  return path.starts_with(directory + "/") ? path.substr(directory.size() + 1) : path;
}

Result<Json> FingerprintOf(base::FileSystem& files, const std::vector<std::string>& paths,
                           const std::string& directory) {
  Json fingerprint{base::JsonArray{}};
  for (const std::string& path : paths) {
    // Of "archive.zip:member" the archive is what can change.
    const size_t member = path.find(".zip:");
    const std::string file = member == std::string::npos ? path : path.substr(0, member + 4);
    PLUMB_ASSIGN_OR_RETURN(const std::string bytes, files.ReadFile(file));
    Json entry;
    entry.Set("path", RelativePath(path, directory));
    entry.Set("bytes", static_cast<int64_t>(bytes.size()));
    entry.Set("sha256", base::Sha256Hex(bytes));
    fingerprint.Append(std::move(entry));
  }
  return fingerprint;
}

// One ingest of one source.
class Ingest {
 public:
  Ingest(base::FileSystem& files, store::Lake& lake, const features::Source& source, const IngestOptions& options)
      : files_(files),
        lake_(lake),
        source_(source),
        options_(options),
        now_(options.clock->Now()),
        quarantine_(files, *options.clock, options.state_directory) {
    report_.source = source.name;
  }

  Result<IngestReport> Run() {
    PLUMB_RETURN_IF_ERROR(FindFiles());
    const Result<store::LakeManifest> current = lake_.Manifest(source_.name);
    if (!current.ok() && current.status().code() != base::Code::kNotFound) return current.status();
    if (current.ok()) before_ = LoadOrigin::FromJson(current->origin);
    const bool is_same = current.ok() && before_.SameLoad(origin_);
    PLUMB_RETURN_IF_ERROR(is_same && !options_.force ? ReportUnchanged(*current) : Load());
    return std::move(report_);
  }

 private:
  Status FindFiles() {
    std::vector<std::string> patterns;
    for (const std::string& path : source_.paths) {
      patterns.push_back(base::JoinPath(options_.project_directory, path));
    }
    Result<std::vector<std::string>> found = data::FindTableFiles(files_, patterns);
    if (!found.ok()) {
      return found.status().WithContext("source " + source_.name).WithWhere(source_.position.ToString());
    }
    paths_ = std::move(found).value();
    PLUMB_ASSIGN_OR_RETURN(origin_.files, FingerprintOf(files_, paths_, options_.project_directory));
    origin_.meaning = MeaningOf(source_);
    report_.files = static_cast<int64_t>(paths_.size());
    return {};
  }

  Status ReportUnchanged(const store::LakeManifest& current) {
    report_.version = current.version;
    report_.rows = current.rows;
    PLUMB_ASSIGN_OR_RETURN(const store::QuarantineManifest refused,
                           quarantine_.Manifest(source_.name, before_.quarantine_series));
    ReportRefused(refused);
    if (!options_.set_reference) {
      Result<SourceChecks> stored = StoredChecks(files_, source_, RunOf(current.version));
      if (stored.ok()) {
        report_.checks = std::move(stored).value();
        return {};
      }
      if (stored.status().code() != base::Code::kNotFound) return stored.status();
    }
    PLUMB_ASSIGN_OR_RETURN(const data::Batch events, lake_.Read(current));
    PLUMB_ASSIGN_OR_RETURN(const features::RowCheckReport rows, features::ApplyRowChecks(source_, events));
    return Check(events, rows.failures);
  }

  Status Load() {
    PLUMB_RETURN_IF_ERROR(ReadRows());
    NameRows();
    Result<ScreenedRows> screened = ScreenRows(source_, rows_, {.received_at = received_at_, .present = nullptr});
    if (!screened.ok()) return screened.status().WithContext("source " + source_.name);
    KeepReleased(*screened);
    PLUMB_RETURN_IF_ERROR(CommitRefused(screened->refused));
    rows_ = data::Batch();
    const data::Batch events = SortByTime(screened->events);
    PLUMB_ASSIGN_OR_RETURN(const store::LakeManifest manifest,
                           lake_.Commit(source_.name, events, origin_.ToJson(), true));
    report_.version = manifest.version;
    report_.rows = manifest.rows;
    report_.skipped_null_time = screened->skipped_null_time;
    report_.changed = true;
    return Check(events, screened->failures);
  }

  Status ReadRows() {
    rows_ = data::Batch(source_.columns);
    for (const std::string& path : paths_) {
      Result<data::Batch> read = data::ReadTable(files_, {path}, source_.columns, source_.format);
      if (!read.ok()) return read.status().WithContext("source " + source_.name);
      stamp_.files.push_back({RelativePath(path, options_.project_directory), static_cast<int64_t>(read->rows)});
      if (rows_.rows == 0) {
        rows_ = std::move(read).value();
      } else {
        rows_.AppendAll(*read);
      }
    }
    return {};
  }

  // Only needed where rows were let out of the quarantine before: they are found again by their names.
  void NameRows() {
    if (before_.released.empty()) return;
    RowNames names(source_);
    received_at_.assign(rows_.rows, base::kTimeMin);
    for (size_t row = 0; row < rows_.rows; ++row) {
      stamp_.ids.push_back(names.Next(rows_, row));
      const auto found = before_.released.find(stamp_.ids.back());
      if (found != before_.released.end()) received_at_[row] = found->second;
    }
  }

  void KeepReleased(const ScreenedRows& screened) {
    if (before_.released.empty()) return;
    for (const int64_t row : screened.rows) {
      const auto at = static_cast<size_t>(row);
      if (received_at_[at] != base::kTimeMin) origin_.released[stamp_.ids[at]] = received_at_[at];
    }
  }

  Status CommitRefused(const std::vector<RefusedRow>& refused) {
    if (refused.empty()) return {};
    PLUMB_RETURN_IF_ERROR(RememberReceived());
    stamp_.received_at = now_;
    const data::Batch batch = MakeQuarantineRows(source_, rows_, refused, stamp_);
    PLUMB_ASSIGN_OR_RETURN(const store::QuarantineManifest next, quarantine_.Commit(source_.name, batch, {}));
    origin_.quarantine_series = next.series;
    ReportRefused(next);
    return {};
  }

  // When rows that are refused again were refused first. A damaged quarantine is replaced without that.
  Status RememberReceived() {
    const Result<store::QuarantineManifest> manifest = quarantine_.Manifest(source_.name, before_.quarantine_series);
    const Result<data::Batch> rows =
        manifest.ok() ? quarantine_.Read(*manifest) : Result<data::Batch>(manifest.status());
    if (!rows.ok()) {
      const bool is_replaced = options_.force && rows.status().code() == base::Code::kDataLoss;
      return is_replaced ? Status() : rows.status();
    }
    const data::Column& ids = *rows->Find(store::kRefusedIdColumn);
    const data::Column& times = *rows->Find(store::kReceivedAtColumn);
    for (size_t row = 0; row < rows->rows; ++row) {
      stamp_.received_before[std::string(ids.String(row))] = times.Int(row);
    }
    return {};
  }

  void ReportRefused(const store::QuarantineManifest& manifest) {
    report_.refused = manifest.rows();
    report_.reasons = manifest.Counts();
  }

  [[nodiscard]] CheckRun RunOf(const std::string& version) const {
    CheckRun run;
    run.state_directory = options_.state_directory;
    run.version = version;
    run.now = now_;
    run.set_reference = options_.set_reference;
    return run;
  }

  Status Check(const data::Batch& events, const std::vector<int64_t>& failures) {
    CheckRun run = RunOf(report_.version);
    for (size_t i = 0; i < failures.size(); ++i) {
      const features::RowCheck& check = source_.row_checks[i];
      if (check.severity == features::CheckSeverity::kWarn) run.warnings.push_back({check.name, failures[i]});
    }
    PLUMB_ASSIGN_OR_RETURN(report_.checks, RunSetChecks(files_, source_, events, run));
    return {};
  }

  base::FileSystem& files_;
  store::Lake& lake_;
  const features::Source& source_;
  const IngestOptions& options_;
  const base::Time now_;
  store::Quarantine quarantine_;
  std::vector<std::string> paths_;
  LoadOrigin before_, origin_;  // of the lake as it is, and as it will be
  data::Batch rows_;
  std::vector<base::Time> received_at_;  // of each row; empty: all are history
  QuarantineStamp stamp_;
  IngestReport report_;
};

}  // namespace

Result<IngestReport> IngestSource(base::FileSystem& files, store::Lake& lake, const features::Source& source,
                                  const IngestOptions& options) {
  PLUMB_CHECK(options.clock != nullptr, "Ingest needs a clock.");
  return Ingest(files, lake, source, options).Run();
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
