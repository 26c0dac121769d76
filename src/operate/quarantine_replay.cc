#include "operate/quarantine_replay.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/check.h"
#include "features/events.h"
#include "operate/check_run.h"
#include "operate/event_order.h"
#include "operate/load_origin.h"
#include "operate/quarantine_rows.h"
#include "operate/row_screen.h"

namespace plumb::operate {
namespace {

using base::Result;
using base::Status;

class Replay {
 public:
  Replay(base::FileSystem& files, store::Lake& lake, const features::Source& source, const ReplayOptions& options)
      : files_(files),
        lake_(lake),
        source_(source),
        options_(options),
        now_(options.clock->Now()),
        quarantine_(files, *options.clock, options.state_directory) {
    report_.source = source.name;
  }

  Result<ReplayReport> Run() {
    PLUMB_RETURN_IF_ERROR(ReadState());
    PLUMB_RETURN_IF_ERROR(ChooseRows());
    PLUMB_RETURN_IF_ERROR(AskAgain());
    PLUMB_RETURN_IF_ERROR(Commit());
    return std::move(report_);
  }

 private:
  Status ReadState() {
    PLUMB_ASSIGN_OR_RETURN(lake_manifest_, lake_.Manifest(source_.name));
    origin_ = LoadOrigin::FromJson(lake_manifest_.origin);
    PLUMB_ASSIGN_OR_RETURN(manifest_, quarantine_.Manifest(source_.name, origin_.quarantine_series));
    PLUMB_ASSIGN_OR_RETURN(held_, quarantine_.Read(manifest_));
    if (held_.rows > 0 && lake_manifest_.schema != features::EventSchema(source_)) {
      return base::FailedPrecondition("Columns have changed since the source was loaded: {}.", source_.name)
          .WithSuggestion("Run plumb ingest " + source_.name + " first; it asks the rows of the files again.");
    }
    return {};
  }

  Status ChooseRows() {
    const data::Column& ids = *held_.Find(store::kRefusedIdColumn);
    std::set<std::string> wanted(options_.ids.begin(), options_.ids.end());
    for (size_t row = 0; row < held_.rows; ++row) {
      const std::string id(ids.String(row));
      if (options_.ids.empty() || wanted.erase(id) > 0) {
        asked_.push_back(static_cast<int64_t>(row));
      } else {
        kept_.push_back(static_cast<int64_t>(row));
      }
    }
    report_.asked = static_cast<int64_t>(asked_.size());
    if (wanted.empty()) return {};
    return base::NotFound("Quarantine of source {} has no row {}.", source_.name, *wanted.begin())
        .WithSuggestion("plumb quarantine show " + source_.name + " lists the rows with their ids.");
  }

  // Rows that cannot be read as declared keep out of the screen: their nulls would say something else.
  Status AskAgain() {
    ReadBackRows back = ReadBackQuarantineRows(source_, held_.Take(asked_));
    std::vector<int64_t> readable;
    for (size_t i = 0; i < asked_.size(); ++i) {
      if (back.problems[i].empty()) {
        readable.push_back(static_cast<int64_t>(i));
      } else {
        Stay(static_cast<int64_t>(i), kReasonUnreadable, back.problems[i]);
      }
    }
    const data::Batch rows = back.rows.Take(readable);
    PLUMB_ASSIGN_OR_RETURN(present_, lake_.Read(lake_manifest_));
    ScreenOptions screen;
    screen.received_at.assign(rows.rows, now_);
    screen.present = &present_;
    PLUMB_ASSIGN_OR_RETURN(ScreenedRows screened, ScreenRows(source_, rows, screen));
    for (const RefusedRow& row : screened.refused) {
      Stay(readable[static_cast<size_t>(row.row)], row.reason, row.check);
    }
    const data::Column& ids = *held_.Find(store::kRefusedIdColumn);
    for (const int64_t row : screened.rows) {
      const int64_t held = asked_[static_cast<size_t>(readable[static_cast<size_t>(row)])];
      origin_.released[std::string(ids.String(static_cast<size_t>(held)))] = now_;
    }
    events_ = std::move(screened.events);
    report_.released = static_cast<int64_t>(events_.rows);
    report_.skipped = screened.skipped_null_time;
    if (origin_.released.size() <= LoadOrigin::kReleasedMax) return {};
    return base::ResourceExhausted("Too many rows to let out of the quarantine of source {}: {}, at most {}.",
                                   source_.name, origin_.released.size(), LoadOrigin::kReleasedMax)
        .WithSuggestion("plumb ingest loads rows that pass now with the rest of their files.");
  }

  // A row that was asked for stays, with a new reason.
  void Stay(int64_t asked, const std::string& reason, const std::string& check) {
    staying_.push_back({asked_[static_cast<size_t>(asked)], reason, check});
  }

  // The rest of the quarantine, in its order.
  [[nodiscard]] data::Batch Remaining() {
    for (const int64_t row : kept_) staying_.push_back({row, "", ""});
    std::sort(staying_.begin(), staying_.end(), [](const RefusedRow& a, const RefusedRow& b) { return a.row < b.row; });
    std::vector<int64_t> rows;
    for (const RefusedRow& row : staying_) rows.push_back(row.row);
    data::Batch remaining = held_.Take(rows);
    data::Column reasons(data::TypeKind::kString), checks(data::TypeKind::kString);
    const auto place = [&](const char* name) { return static_cast<size_t>(remaining.schema.IndexOf(name)); };
    const size_t reason_at = place(store::kRefusedReasonColumn), check_at = place(store::kRefusedCheckColumn);
    for (size_t i = 0; i < staying_.size(); ++i) {
      const bool is_asked = !staying_[i].reason.empty();
      reasons.AppendString(is_asked ? staying_[i].reason : remaining.columns[reason_at].String(i));
      checks.AppendString(is_asked ? staying_[i].check : remaining.columns[check_at].String(i));
    }
    remaining.columns[reason_at] = std::move(reasons);
    remaining.columns[check_at] = std::move(checks);
    return remaining;
  }

  // With new events a series begins that the lake's next manifest names: that is the moment of the commit. New reasons
  // alone continue the series.
  Status Commit() {
    const data::Batch remaining = Remaining();
    store::QuarantineManifest next = manifest_;
    if (!asked_.empty()) {
      const int64_t series = report_.released > 0 ? 0 : manifest_.series;
      PLUMB_ASSIGN_OR_RETURN(next, quarantine_.Commit(source_.name, remaining, {.keep = nullptr, .series = series}));
    }
    report_.remaining = next.rows();
    report_.reasons = next.Counts();
    report_.version = lake_manifest_.version;
    if (report_.released == 0) return ReportChecks(present_);
    origin_.quarantine_series = next.series;
    const data::Batch events = SortByTime(events_);
    PLUMB_ASSIGN_OR_RETURN(const store::LakeManifest committed,
                           lake_.Commit(source_.name, events, origin_.ToJson(), false));
    report_.version = committed.version;
    present_.AppendAll(events);
    return ReportChecks(present_);
  }

  Status ReportChecks(const data::Batch& events) {
    CheckRun run;
    run.state_directory = options_.state_directory;
    run.now = now_;
    const Result<SourceChecks> before =
        ReadSourceChecks(files_, SourceChecksPath(options_.state_directory, source_.name));
    if (before.ok()) run.warnings = before->warnings;
    run.version = report_.version;
    PLUMB_ASSIGN_OR_RETURN(report_.checks, RunSetChecks(files_, source_, events, run));
    return {};
  }

  base::FileSystem& files_;
  store::Lake& lake_;
  const features::Source& source_;
  const ReplayOptions& options_;
  const base::Time now_;
  store::Quarantine quarantine_;
  store::LakeManifest lake_manifest_;
  store::QuarantineManifest manifest_;
  LoadOrigin origin_;
  data::Batch held_;                   // the quarantine
  std::vector<int64_t> asked_, kept_;  // rows of it
  std::vector<RefusedRow> staying_;    // rows of it that stay; without a reason: the one they have
  data::Batch present_, events_;       // the lake, and what is added
  ReplayReport report_;
};

}  // namespace

Result<ReplayReport> ReplayQuarantine(base::FileSystem& files, store::Lake& lake, const features::Source& source,
                                      const ReplayOptions& options) {
  PLUMB_CHECK(options.clock != nullptr, "A replay needs a clock.");
  return Replay(files, lake, source, options).Run();
}

Result<store::QuarantineManifest> QuarantineOf(base::FileSystem& files, base::Clock& clock, store::Lake& lake,
                                               const std::string& state_directory, const std::string& source) {
  PLUMB_ASSIGN_OR_RETURN(const LoadOrigin origin, ReadLoadOrigin(lake, source));
  return store::Quarantine(files, clock, state_directory).Manifest(source, origin.quarantine_series);
}

}  // namespace plumb::operate
