// training_environment.h: what, beside data and parameters, the bytes of a trained model depend on.
//
// Why: the trainer adds floats in an order that its threads decide, and its mathematics library takes other paths on
// other processors. A version records these, so that `reproduce` can say why bytes differ.
//
// Thread safety: values.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace plumb::learn {

struct TrainingEnvironment {
  std::string library;       // "xgboost 3.2.0"; empty: not known
  int threads = 0;           // 0: not known
  std::string architecture;  // "x86_64"; empty: not known
  std::string instructions;  // "avx2 avx512f fma": those that mathematics libraries choose their paths by

  // Of this processor.
  static TrainingEnvironment Here(std::string library, int threads);
  // What of a version's manifest is its environment; members that are not there stay unknown.
  static TrainingEnvironment Read(const base::Json& manifest);
  // {"library", "threads", "architecture", "instructions"}.
  [[nodiscard]] base::Json ToJson() const;
};

}  // namespace plumb::learn
