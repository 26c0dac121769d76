// predictor.h: scores from a tree ensemble, by the plain traversal that every faster layout is compared with.
//
// A margin equals XGBoost's CPU predictor bit for bit: the base margin first, then float leaves in tree order, as
// that library adds them (predictor_test.cc compares with it). The link is computed in double by base::Sigmoid or, of
// several classes, by base::Exp, and rounded to float once, so scores are the same on every machine; the library's own
// expf may differ in the last bit. Softmax: e^(xi - max x) / sum over j of e^(xj - max x), added in the order of the
// outputs.
//
// Thread safety: immutable.
#pragma once

#include <memory>
#include <span>

#include "base/status.h"
#include "model/format/tree_ensemble.h"

namespace plumb::model {

class Predictor {
 public:
  explicit Predictor(std::shared_ptr<const TreeEnsemble> ensemble);
  [[nodiscard]] const TreeEnsemble& ensemble() const { return *ensemble_; }
  [[nodiscard]] size_t outputs() const { return ensemble_->outputs(); }
  // `rows` is row-major float [count × features], NaN = missing; margins and scores are row-major [count × outputs].
  // Requires the sizes to match.
  void Margins(std::span<const float> rows, std::span<float> margins) const;
  void Scores(std::span<const float> rows, std::span<float> scores) const;

 private:
  std::shared_ptr<const TreeEnsemble> ensemble_;
};

}  // namespace plumb::model
