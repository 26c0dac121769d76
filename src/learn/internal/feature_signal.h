// feature_signal.h: what one feature tells of the label by itself.
//
// Measured on the validation part. Numbers are taken as they are; a category stands for the mean label of its training
// rows, so that many categories are not fitted to the rows that judge them. Values that are missing tell by being
// missing. Of a vector the element that tells most counts.
//
// Thread safety: const use. The dataset must outlive it.
#pragma once

#include <vector>

#include "learn/dataset.h"

namespace plumb::learn {

class SignalMeter {
 public:
  explicit SignalMeter(const Dataset& dataset);
  // Of a column of the dataset's features. FeatureSignal::strength; the least (0.5 or 0) where nothing can be said.
  [[nodiscard]] double Strength(const data::Column& column) const;

 private:
  // What a row is compared with: of classes whether it is of one of them.
  struct Target {
    std::vector<double> train, validate;
  };
  [[nodiscard]] double StrengthFor(const Target& target, const data::Column& column) const;
  [[nodiscard]] std::vector<double> CategoryMeans(const Target& target, const data::Column& column) const;
  [[nodiscard]] double StrengthOfValues(const Target& target, const std::vector<double>& values) const;
  [[nodiscard]] double Association(const std::vector<double>& values, const std::vector<double>& labels) const;
  [[nodiscard]] double Nothing() const { return dataset_.task == model::Task::kRegression ? 0.0 : 0.5; }

  const Dataset& dataset_;
  std::vector<int64_t> train_, validate_;
  std::vector<Target> targets_;  // one, or one a class
};

// Spearman's rank correlation with midranks; 0 where one side is constant. Requires: equal sizes, no NaN.
double RankCorrelation(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace plumb::learn
