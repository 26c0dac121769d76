#include "operate/check_run.h"

#include <utility>

#include "operate/drift_reference.h"

namespace plumb::operate {

using base::Result;

Result<SourceChecks> RunSetChecks(base::FileSystem& files, const features::Source& source, const data::Batch& events,
                                  const CheckRun& run) {
  const std::string path = SourceChecksPath(run.state_directory, source.name);
  const Result<SourceChecks> before = ReadSourceChecks(files, path);
  // Damaged results are replaced: nothing that cannot be computed again is in them but whether the source is live.
  const bool is_broken = !before.ok() && before.status().code() != base::Code::kNotFound &&
                         before.status().code() != base::Code::kDataLoss;
  if (is_broken) return before.status();
  const std::string reference_path = DriftReferencePath(run.state_directory, source.name);
  DriftReference reference;
  if (!run.set_reference) {
    PLUMB_ASSIGN_OR_RETURN(reference, ReadDriftReference(files, reference_path));
  }
  if (reference.columns.empty()) {
    reference.source = source.name;
    reference.version = run.version;
    reference.taken_at = run.now;
  }
  const SetCheckInputs inputs = {
      .events = &events, .version = run.version, .was_live = before.ok() && before->is_live, .now = run.now};
  bool reference_changed = false;
  PLUMB_ASSIGN_OR_RETURN(SourceChecks checks, EvaluateSetChecks(source, inputs, &reference, &reference_changed));
  checks.warnings = run.warnings;
  if (reference_changed) PLUMB_RETURN_IF_ERROR(WriteDriftReference(files, reference_path, reference));
  const bool is_needed = !source.set_checks.empty() || !checks.warnings.empty() || files.Exists(path);
  if (is_needed) PLUMB_RETURN_IF_ERROR(WriteSourceChecks(files, path, checks));
  return checks;
}

Result<SourceChecks> StoredChecks(base::FileSystem& files, const features::Source& source, const CheckRun& run) {
  const Result<SourceChecks> stored = ReadSourceChecks(files, SourceChecksPath(run.state_directory, source.name));
  if (!stored.ok()) {
    const base::Code code = stored.status().code();
    if (code != base::Code::kNotFound && code != base::Code::kDataLoss) return stored.status();
    if (code == base::Code::kNotFound && source.set_checks.empty()) {
      SourceChecks none;
      none.source = source.name;
      none.version = run.version;
      return none;
    }
    return base::NotFound("Data has not been checked: source {}.", source.name);
  }
  if (stored->version != run.version || stored->meaning != SetCheckMeaning(source)) {
    return base::NotFound("Data has not been checked: source {}.", source.name);
  }
  return WithFreshness(source, *stored, run.now);
}

}  // namespace plumb::operate
