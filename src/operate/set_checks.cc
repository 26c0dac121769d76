#include "operate/set_checks.h"

#include <fmt/core.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "features/events.h"
#include "operate/current_events.h"
#include "stats/drift.h"

namespace plumb::operate {
namespace {

using base::Result;
using features::SetCheck;

SetCheckResult ResultFor(const SetCheck& check) {
  SetCheckResult result;
  result.name = check.name;
  result.canonical = check.canonical;
  result.severity = check.severity;
  return result;
}

void Judge(bool holds, SetCheckResult* result) {
  result->outcome = holds ? CheckOutcome::kPassed : CheckOutcome::kFailed;
}

// Whole seconds, so that a detail reads well.
std::string AgeText(base::Duration age) {
  return base::FormatSpan({0, std::max<base::Duration>(age / base::kSecond, 0) * base::kSecond});
}

void JudgeFreshness(const SetCheck& check, const std::optional<base::Time>& newest, bool is_live, base::Time now,
                    SetCheckResult* result) {
  result->outcome = CheckOutcome::kNotCompared;
  result->value.reset();
  if (!newest) {
    result->detail = "there are no events";
    if (is_live) result->outcome = CheckOutcome::kFailed;
    return;
  }
  const base::Duration age = now - *newest;
  const bool is_fresh = base::Move(*newest, check.age, 1) >= now;
  result->value = static_cast<double>(age) / static_cast<double>(base::kSecond);
  result->detail = "the newest event is of " + base::FormatTime(*newest) + ", " + AgeText(age) + " old";
  if (!is_fresh && !is_live) {
    result->detail += "; compared once the source has been fresh";
    return;
  }
  Judge(is_fresh, result);
}

class SetChecker {
 public:
  SetChecker(const features::Source& source, const SetCheckInputs& inputs, DriftReference* reference)
      : source_(source), inputs_(inputs), events_(*inputs.events), reference_(*reference) {
    if (!source.set_checks.empty()) rows_ = CurrentEvents(source, events_);
  }

  Result<SourceChecks> Run() {
    checks_.source = source_.name;
    checks_.version = inputs_.version;
    checks_.meaning = SetCheckMeaning(source_);
    checks_.checked_at = inputs_.now;
    FindNewest();
    checks_.is_live = inputs_.was_live || IsFresh();
    for (const SetCheck& check : source_.set_checks) {
      SetCheckResult result = ResultFor(check);
      PLUMB_RETURN_IF_ERROR(Evaluate(check, &result));
      checks_.results.push_back(std::move(result));
    }
    return std::move(checks_);
  }
  [[nodiscard]] bool reference_changed() const { return reference_changed_; }

 private:
  void FindNewest() {
    if (source_.is_static) return;
    const data::Column& times = *events_.Find(features::kEventTimeColumn);
    for (const int64_t row : rows_) {
      const base::Time time = times.Int(static_cast<size_t>(row));
      if (!checks_.newest_event_time || time > *checks_.newest_event_time) checks_.newest_event_time = time;
    }
  }

  [[nodiscard]] bool IsFresh() const {
    if (!checks_.newest_event_time) return false;
    return std::any_of(source_.set_checks.begin(), source_.set_checks.end(), [&](const SetCheck& check) {
      return check.kind == SetCheck::Kind::kFreshness &&
             base::Move(*checks_.newest_event_time, check.age, 1) >= inputs_.now;
    });
  }

  base::Status Evaluate(const SetCheck& check, SetCheckResult* result) {
    switch (check.kind) {
      case SetCheck::Kind::kFreshness:
        JudgeFreshness(check, checks_.newest_event_time, checks_.is_live, inputs_.now, result);
        return {};
      case SetCheck::Kind::kRows:
        CountRows(check, result);
        return {};
      case SetCheck::Kind::kUnique:
        CountRepeats(check, result);
        return {};
      case SetCheck::Kind::kNullShare:
        ShareNulls(check, result);
        return {};
      case SetCheck::Kind::kDrift:
        return CompareDrift(check, result);
    }
    return {};
  }

  void CountRows(const SetCheck& check, SetCheckResult* result) const {
    const auto rows = static_cast<int64_t>(events_.rows);
    result->value = static_cast<double>(rows);
    result->detail = fmt::format("{} {}", rows, rows == 1 ? "row" : "rows");
    Judge(rows >= check.rows_min && rows <= check.rows_max.value_or(rows), result);
  }

  // As in SQL, rows with a null among the columns equal no other.
  void CountRepeats(const SetCheck& check, SetCheckResult* result) const {
    std::vector<const data::Column*> columns;
    for (const std::string& name : check.columns) columns.push_back(events_.Find(name));
    std::unordered_map<std::string, int64_t> first;
    int64_t repeats = 0, example = -1;
    for (const int64_t row : rows_) {
      const auto at = static_cast<size_t>(row);
      if (std::any_of(columns.begin(), columns.end(), [&](const data::Column* c) { return c->IsNull(at); })) continue;
      std::string values;
      for (const data::Column* column : columns) data::AppendCanonical(column->At(at), &values);
      if (first.emplace(std::move(values), row).second) continue;
      if (repeats++ == 0) example = row;
    }
    result->value = static_cast<double>(repeats);
    result->detail = fmt::format("{} {} values of another", repeats, repeats == 1 ? "row has the" : "rows have the");
    if (example >= 0) result->detail += ExampleOf(check.columns, static_cast<size_t>(example));
    Judge(repeats == 0, result);
  }

  [[nodiscard]] std::string ExampleOf(const std::vector<std::string>& names, size_t row) const {
    std::string text;
    for (const std::string& name : names) {
      const bool is_shown = !source_.IsPii(name);
      text += (text.empty() ? ", such as " : ", ") + name + "=" +
              (is_shown ? events_.Find(name)->At(row).ToString() : std::string("(pii)"));
    }
    return text;
  }

  void ShareNulls(const SetCheck& check, SetCheckResult* result) const {
    const data::Column& column = *events_.Find(check.columns.front());
    const int64_t nulls =
        std::count_if(rows_.begin(), rows_.end(), [&](int64_t row) { return column.IsNull(static_cast<size_t>(row)); });
    const double share = rows_.empty() ? 0 : static_cast<double>(nulls) / static_cast<double>(rows_.size());
    result->value = share;
    result->detail = fmt::format("{} of {} rows are null", nulls, rows_.size());
    Judge(share <= check.limit, result);
  }

  base::Status CompareDrift(const SetCheck& check, SetCheckResult* result) {
    const std::string& name = check.columns.front();
    const data::Column& column = *events_.Find(name);
    if (rows_.empty()) {
      result->outcome = CheckOutcome::kNotCompared;
      result->detail = "there are no events";
      return {};
    }
    const ColumnReference* reference = reference_.Find(name);
    if (reference == nullptr || reference->is_text != IsTextColumn(column)) {
      reference_.Set(MakeColumnReference(name, column, rows_));
      reference_changed_ = true;
      result->detail = "this data is the reference";
      result->value = 0;
      return {};
    }
    PLUMB_ASSIGN_OR_RETURN(const std::vector<int64_t> counts, CountLike(*reference, column, rows_));
    PLUMB_ASSIGN_OR_RETURN(const double psi, stats::PopulationStabilityIndex(reference->counts, counts));
    result->value = psi;
    result->detail = fmt::format("psi {:.4f} against the reference of {}", psi, base::FormatTime(reference_.taken_at));
    Judge(psi <= check.limit, result);
    return {};
  }

  const features::Source& source_;
  const SetCheckInputs& inputs_;
  const data::Batch& events_;
  DriftReference& reference_;
  bool reference_changed_ = false;
  std::vector<int64_t> rows_;  // current events
  SourceChecks checks_;
};

}  // namespace

const char* CheckOutcomeName(CheckOutcome outcome) {
  switch (outcome) {
    case CheckOutcome::kPassed:
      return "passed";
    case CheckOutcome::kFailed:
      return "failed";
    case CheckOutcome::kNotCompared:
      break;
  }
  return "not_compared";
}

bool SourceChecks::failed() const {
  return std::any_of(results.begin(), results.end(), [](const SetCheckResult& result) { return result.stops(); });
}

std::string SetCheckMeaning(const features::Source& source) {
  std::string text;
  for (const SetCheck& check : source.set_checks) {
    const bool is_error = check.severity == features::CheckSeverity::kError;
    text += (is_error ? "error " : "warn ") + check.name + "\x1f" + check.canonical + "\n";
  }
  return text;
}

Result<SourceChecks> EvaluateSetChecks(const features::Source& source, const SetCheckInputs& inputs,
                                       DriftReference* reference, bool* reference_changed) {
  SetChecker checker(source, inputs, reference);
  PLUMB_ASSIGN_OR_RETURN(SourceChecks checks, checker.Run());
  *reference_changed = checker.reference_changed();
  return checks;
}

SourceChecks WithFreshness(const features::Source& source, SourceChecks checks, base::Time now) {
  for (SetCheckResult& result : checks.results) {
    for (const SetCheck& check : source.set_checks) {
      if (check.kind != SetCheck::Kind::kFreshness || check.name != result.name) continue;
      JudgeFreshness(check, checks.newest_event_time, checks.is_live, now, &result);
    }
  }
  return checks;
}

base::Status RequirePassedChecks(base::FileSystem& files, const std::string& state_directory, store::Lake& lake,
                                 const std::vector<const features::Source*>& sources, base::Time now) {
  for (const features::Source* source : sources) {
    const bool has_errors =
        std::any_of(source->set_checks.begin(), source->set_checks.end(),
                    [](const SetCheck& check) { return check.severity == features::CheckSeverity::kError; });
    if (!has_errors) continue;
    PLUMB_ASSIGN_OR_RETURN(const store::LakeManifest manifest, lake.Manifest(source->name));
    const Result<SourceChecks> stored = ReadSourceChecks(files, SourceChecksPath(state_directory, source->name));
    if (!stored.ok() && stored.status().code() != base::Code::kNotFound) return stored.status();
    if (!stored.ok() || stored->version != manifest.version || stored->meaning != SetCheckMeaning(*source)) {
      return base::FailedPrecondition("Data has not been checked: source {}.", source->name)
          .WithSuggestion("Run plumb ingest " + source->name + ".");
    }
    for (const SetCheckResult& result : WithFreshness(*source, *stored, now).results) {
      if (!result.stops()) continue;
      return base::FailedPrecondition("Data fails a check: source {}, {}: {}.", source->name, result.name,
                                      result.detail)
          .WithSuggestion("Correct the data and run plumb ingest " + source->name +
                          ", or give the check severity: warn.");
    }
  }
  return {};
}

}  // namespace plumb::operate
