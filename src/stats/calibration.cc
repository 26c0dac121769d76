#include "stats/calibration.h"

#include <algorithm>
#include <cmath>

#include "base/elementary.h"
#include "stats/exact_sum.h"
#include "stats/internal/score_groups.h"

namespace plumb::stats {
namespace {

constexpr int kBinsMax = 10'000;
constexpr double kScoreMargin = 0x1p-40;
constexpr int kNewtonStepsMax = 100;

struct OpenBin {
  ExactSum scores;
  int64_t count = 0, positives = 0;
  double low = 0, high = 0;

  void Add(double score, uint8_t label) {
    scores.Add(score);
    low = count == 0 ? score : std::min(low, score);
    high = count == 0 ? score : std::max(high, score);
    count++;
    positives += label;
  }
};

std::vector<OpenBin> FillEqualWidth(std::span<const double> scores, std::span<const uint8_t> labels, int bins) {
  std::vector<OpenBin> result(static_cast<size_t>(bins));
  for (size_t row = 0; row < scores.size(); row++) {
    const int bin = std::min(static_cast<int>(scores[row] * bins), bins - 1);
    result[bin].Add(scores[row], labels[row]);
  }
  for (int bin = 0; bin < bins; bin++) {
    result[bin].low = static_cast<double>(bin) / bins;
    result[bin].high = static_cast<double>(bin + 1) / bins;
  }
  return result;
}

std::vector<OpenBin> FillEqualMass(std::span<const double> scores, std::span<const uint8_t> labels, int bins) {
  std::vector<std::pair<double, uint8_t>> rows;
  rows.reserve(scores.size());
  for (size_t row = 0; row < scores.size(); row++) rows.emplace_back(scores[row], labels[row]);
  std::sort(rows.begin(), rows.end());
  std::vector<OpenBin> result(static_cast<size_t>(bins));
  size_t bin = 0;
  for (size_t i = 0; i < rows.size(); i++) {
    // A tie stays in the bin where it began.
    const bool starts_score = i == 0 || rows[i].first != rows[i - 1].first;
    if (starts_score) bin = std::max(bin, i * result.size() / rows.size());
    result[bin].Add(rows[i].first, rows[i].second);
  }
  return result;
}

base::Result<CalibrationBin> Close(const OpenBin& open, double confidence) {
  CalibrationBin bin;
  bin.count = open.count;
  bin.positives = open.positives;
  bin.score_low = open.low;
  bin.score_high = open.high;
  bin.mean_score = open.scores.Mean(open.count);
  bin.observed_rate = static_cast<double>(open.positives) / static_cast<double>(open.count);
  PLUMB_ASSIGN_OR_RETURN(bin.observed_interval, WilsonInterval(open.positives, open.count, confidence));
  return bin;
}

// The score equations' residuals and the information matrix of the logistic model, summed exactly.
struct NewtonSums {
  double residual = 0, residual_x = 0;
  double weight = 0, weight_x = 0, weight_xx = 0;
};

NewtonSums SumUp(std::span<const double> logits, std::span<const uint8_t> labels, const CalibrationLine& line) {
  ExactSum residual, residual_x, weight, weight_x, weight_xx;
  for (size_t row = 0; row < logits.size(); row++) {
    const double x = logits[row];
    const double p = base::Sigmoid(line.intercept + line.slope * x);
    const double error = static_cast<double>(labels[row]) - p, w = p * (1 - p);
    residual.Add(error);
    residual_x.Add(error * x);
    weight.Add(w);
    weight_x.Add(w * x);
    weight_xx.Add(w * x * x);
  }
  return {residual.Value(), residual_x.Value(), weight.Value(), weight_x.Value(), weight_xx.Value()};
}

// -2 ln likelihood, by which a step that overshoots is recognised.
double DevianceOf(std::span<const double> logits, std::span<const uint8_t> labels, const CalibrationLine& line) {
  ExactSum sum;
  for (size_t row = 0; row < logits.size(); row++) {
    const double z = line.intercept + line.slope * logits[row];
    const double signed_z = labels[row] != 0 ? -z : z;  // ln(1 + e^z), without overflow:
    sum.Add(std::max(signed_z, 0.0) + base::Log1p(base::Exp(-std::fabs(signed_z))));
  }
  return 2 * sum.Value();
}

base::Status NoFit() {
  return base::FailedPrecondition(
      "Calibration line has no finite fit: the scores are constant or separate the labels.");
}

}  // namespace

base::Result<Calibration> MeasureCalibration(std::span<const double> scores, std::span<const uint8_t> labels,
                                             const CalibrationOptions& options) {
  PLUMB_RETURN_IF_ERROR(internal::CheckProbabilities(scores, labels));
  PLUMB_RETURN_IF_ERROR(CheckConfidence(options.confidence));
  if (options.bins < 1 || options.bins > kBinsMax) {
    return base::InvalidArgument("Number of bins is out of range: {}, want 1 to {}.", options.bins, kBinsMax);
  }
  const bool by_width = options.binning == Binning::kEqualWidth;
  const auto filled =
      by_width ? FillEqualWidth(scores, labels, options.bins) : FillEqualMass(scores, labels, options.bins);
  Calibration result;
  for (const OpenBin& open : filled) {
    if (open.count == 0) continue;
    PLUMB_ASSIGN_OR_RETURN(CalibrationBin bin, Close(open, options.confidence));
    const double gap = std::fabs(bin.observed_rate - bin.mean_score);
    result.expected_error += gap * (static_cast<double>(bin.count) / static_cast<double>(scores.size()));
    result.maximum_error = std::max(result.maximum_error, gap);
    result.bins.push_back(bin);
  }
  return result;
}

base::Result<CalibrationLine> FitCalibrationLine(std::span<const double> scores, std::span<const uint8_t> labels) {
  PLUMB_RETURN_IF_ERROR(internal::CheckProbabilities(scores, labels));
  PLUMB_RETURN_IF_ERROR(internal::CheckTwoClasses(scores, labels));
  std::vector<double> logits;
  logits.reserve(scores.size());
  for (const double score : scores) {
    const double p = std::clamp(score, kScoreMargin, 1 - kScoreMargin);
    logits.push_back(base::Ln(p) - base::Log1p(-p));
  }
  CalibrationLine line;
  double deviance = DevianceOf(logits, labels, line);
  for (int step = 0; step < kNewtonStepsMax; step++) {
    const NewtonSums sums = SumUp(logits, labels, line);
    const double determinant = sums.weight * sums.weight_xx - sums.weight_x * sums.weight_x;
    if (!(determinant > 1e-12 * sums.weight * sums.weight_xx)) return NoFit();
    double intercept_step = (sums.weight_xx * sums.residual - sums.weight_x * sums.residual_x) / determinant;
    double slope_step = (sums.weight * sums.residual_x - sums.weight_x * sums.residual) / determinant;
    if (std::fabs(intercept_step) + std::fabs(slope_step) <=
        1e-12 * (1 + std::fabs(line.intercept) + std::fabs(line.slope))) {
      return line;
    }
    CalibrationLine next{line.slope + slope_step, line.intercept + intercept_step};
    double next_deviance = DevianceOf(logits, labels, next);
    for (int halving = 0; halving < 60 && !(next_deviance <= deviance * (1 + 1e-14)); halving++) {
      slope_step /= 2;
      intercept_step /= 2;
      next = {line.slope + slope_step, line.intercept + intercept_step};
      next_deviance = DevianceOf(logits, labels, next);
    }
    line = next;
    deviance = next_deviance;
  }
  return NoFit();
}

}  // namespace plumb::stats
