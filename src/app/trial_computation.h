// trial_computation.h: the features that a new lock brings, computed once on a little of the lake, before it is
// written.
//
// Why: features are computed from the lake when they are asked for, so there is nothing to fill in advance; but a lock
// that names features which cannot be computed should never be committed. The newest rows of each source are taken, and
// the keys found in them asked for right after their own times, by the batch driver, as a training set would.
//
// Thread safety: functions of their arguments.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/executor.h"
#include "base/json.h"
#include "features/lock_file_changes.h"
#include "store/lake.h"

namespace plumb::app {

struct TrialOfView {
  std::string view, source;
  int64_t features = 0, aggregates = 0;           // tried; aggregates that were not locked before
  int64_t rows = 0, questions = 0;                // of the sample; asked of each feature
  int64_t present = 0, empty = 0, erroneous = 0;  // answers; erroneous: an overflow
  std::string skipped;                            // why nothing was computed, or empty
};

inline constexpr int64_t kTrialRowsMax = 10'000, kTrialQuestionsMax = 200;

// One for each view over a source that has features added or changed. The driver's error, naming the view, when it
// cannot compute them.
base::Result<std::vector<TrialOfView>> TryFeatures(store::Lake& lake, const features::DefinitionsPtr& definitions,
                                                   const features::LockChanges& changes, base::Executor& executor);

std::string TrialsText(const std::vector<TrialOfView>& trials);
base::Json TrialsToJson(const std::vector<TrialOfView>& trials);

}  // namespace plumb::app
