#include "stats/multiclass_metrics.h"

#include <algorithm>
#include <cmath>

#include "base/elementary.h"
#include "stats/exact_sum.h"
#include "stats/log_loss.h"
#include "stats/roc_auc.h"

namespace plumb::stats {
namespace {

constexpr double kSumTolerance = 1e-3;
constexpr int32_t kConfusionClassesMax = 10'000;

using Row = std::span<const double>;

Row RowOf(const ClassProbabilities& probabilities, size_t row) {
  const auto classes = static_cast<size_t>(probabilities.classes);
  return probabilities.values.subspan(row * classes, classes);
}

base::Status CheckRow(Row row, size_t index) {
  double sum = 0;
  for (const double p : row) {
    if (!(p >= 0 && p <= 1)) return base::InvalidArgument("Score is not a probability: row {}, {}.", index, p);
    sum += p;
  }
  if (std::fabs(sum - 1) <= kSumTolerance) return {};
  return base::InvalidArgument("Probabilities of a row do not add up to 1: row {}, {}.", index, sum);
}

base::Status Check(const ClassProbabilities& probabilities, std::span<const int32_t> labels) {
  if (probabilities.classes < 2) {
    return base::InvalidArgument("There are too few classes: {}, want 2.", probabilities.classes);
  }
  if (labels.empty()) return base::InvalidArgument("There are no labels.");
  const auto classes = static_cast<size_t>(probabilities.classes);
  if (probabilities.values.size() / classes != labels.size() || probabilities.values.size() % classes != 0) {
    return base::InvalidArgument("Probabilities and labels differ in number: {} and {} of {} classes.",
                                 probabilities.values.size(), labels.size(), probabilities.classes);
  }
  for (size_t row = 0; row < labels.size(); row++) {
    if (labels[row] < 0 || labels[row] >= probabilities.classes) {
      return base::InvalidArgument("Label is not a class: row {}, {} of {}.", row, labels[row], probabilities.classes);
    }
    PLUMB_RETURN_IF_ERROR(CheckRow(RowOf(probabilities, row), row));
  }
  return {};
}

int32_t PredictedClass(Row row) {
  return static_cast<int32_t>(std::max_element(row.begin(), row.end()) - row.begin());  // The first of the largest.
}

// How many classes come before the label in the row's ranking.
int32_t RankOf(Row row, int32_t label) {
  int32_t before = 0;
  for (int32_t other = 0; other < static_cast<int32_t>(row.size()); other++) {
    before += row[other] > row[label] || (row[other] == row[label] && other < label);
  }
  return before;
}

double LogLossOf(Row row, int32_t label) { return -base::Ln(std::max(row[label], kLogLossEpsilon)); }

double BrierOf(Row row, int32_t label) {
  double sum = 0;
  for (int32_t k = 0; k < static_cast<int32_t>(row.size()); k++) {
    const double error = k == label ? 1 - row[k] : row[k];
    sum += error * error;
  }
  return sum;
}

// One class against all others.
struct OneAgainstRest {
  std::vector<double> scores;
  std::vector<uint8_t> labels;
  int64_t positives = 0;

  void Fill(const ClassProbabilities& probabilities, std::span<const int32_t> classes_of_rows, int32_t of_class) {
    scores.clear();
    labels.clear();
    for (size_t row = 0; row < classes_of_rows.size(); row++) {
      scores.push_back(RowOf(probabilities, row)[of_class]);
      labels.push_back(classes_of_rows[row] == of_class ? 1 : 0);
    }
    positives = std::count(labels.begin(), labels.end(), 1);
  }
};

}  // namespace

base::Result<double> MulticlassLogLoss(const ClassProbabilities& probabilities, std::span<const int32_t> labels) {
  PLUMB_RETURN_IF_ERROR(Check(probabilities, labels));
  ExactSum loss;
  for (size_t row = 0; row < labels.size(); row++) loss.Add(LogLossOf(RowOf(probabilities, row), labels[row]));
  return loss.Mean(static_cast<int64_t>(labels.size()));
}

base::Result<std::vector<double>> MulticlassLosses(MulticlassLoss loss, const ClassProbabilities& probabilities,
                                                   std::span<const int32_t> labels) {
  PLUMB_RETURN_IF_ERROR(Check(probabilities, labels));
  std::vector<double> losses;
  losses.reserve(labels.size());
  for (size_t index = 0; index < labels.size(); index++) {
    const Row row = RowOf(probabilities, index);
    const int32_t label = labels[index];
    switch (loss) {
      case MulticlassLoss::kLogLoss:
        losses.push_back(LogLossOf(row, label));
        break;
      case MulticlassLoss::kBrier:
        losses.push_back(BrierOf(row, label));
        break;
      case MulticlassLoss::kZeroOne:
        losses.push_back(PredictedClass(row) == label ? 0 : 1);
        break;
    }
  }
  return losses;
}

base::Result<AccuracyEstimate> Accuracy(const ClassProbabilities& probabilities, std::span<const int32_t> labels,
                                        double confidence) {
  return TopKAccuracy(1, probabilities, labels, confidence);
}

base::Result<AccuracyEstimate> TopKAccuracy(int32_t k, const ClassProbabilities& probabilities,
                                            std::span<const int32_t> labels, double confidence) {
  PLUMB_RETURN_IF_ERROR(Check(probabilities, labels));
  if (k < 1 || k > probabilities.classes) {
    return base::InvalidArgument("Number of classes that count is out of range: {}, want 1 to {}.", k,
                                 probabilities.classes);
  }
  AccuracyEstimate result;
  result.rows = static_cast<int64_t>(labels.size());
  for (size_t row = 0; row < labels.size(); row++) result.correct += RankOf(RowOf(probabilities, row), labels[row]) < k;
  result.accuracy = static_cast<double>(result.correct) / static_cast<double>(result.rows);
  PLUMB_ASSIGN_OR_RETURN(result.interval, WilsonInterval(result.correct, result.rows, confidence));
  return result;
}

base::Result<ConfusionMatrix> ConfusionOf(const ClassProbabilities& probabilities, std::span<const int32_t> labels) {
  PLUMB_RETURN_IF_ERROR(Check(probabilities, labels));
  if (probabilities.classes > kConfusionClassesMax) {
    return base::InvalidArgument("There are too many classes for a confusion matrix: {}, want at most {}.",
                                 probabilities.classes, kConfusionClassesMax);
  }
  const auto classes = static_cast<size_t>(probabilities.classes);
  ConfusionMatrix result{probabilities.classes, std::vector<int64_t>(classes * classes)};
  for (size_t row = 0; row < labels.size(); row++) {
    const auto predicted = static_cast<size_t>(PredictedClass(RowOf(probabilities, row)));
    result.counts[static_cast<size_t>(labels[row]) * classes + predicted]++;
  }
  return result;
}

std::vector<double> F1ByClass(const ConfusionMatrix& confusion) {
  std::vector<double> result;
  for (int32_t k = 0; k < confusion.classes; k++) {
    int64_t of_label = 0, predicted = 0;  // 2 TP + FP + FN is their sum.
    for (int32_t other = 0; other < confusion.classes; other++) {
      of_label += confusion.Count(k, other);
      predicted += confusion.Count(other, k);
    }
    const int64_t both = of_label + predicted;
    result.push_back(both == 0 ? 0 : 2 * static_cast<double>(confusion.Count(k, k)) / static_cast<double>(both));
  }
  return result;
}

base::Result<double> MacroF1(const ClassProbabilities& probabilities, std::span<const int32_t> labels) {
  PLUMB_ASSIGN_OR_RETURN(const ConfusionMatrix confusion, ConfusionOf(probabilities, labels));
  std::vector<bool> occurs(static_cast<size_t>(confusion.classes));
  for (int32_t label = 0; label < confusion.classes; label++) {
    for (int32_t predicted = 0; predicted < confusion.classes; predicted++) {
      if (confusion.Count(label, predicted) != 0) occurs[label] = occurs[predicted] = true;
    }
  }
  const std::vector<double> by_class = F1ByClass(confusion);
  ExactSum sum;
  for (const double f1 : by_class) sum.Add(f1);
  return sum.Mean(std::count(occurs.begin(), occurs.end(), true));
}

base::Result<double> MacroRocAuc(const ClassProbabilities& probabilities, std::span<const int32_t> labels) {
  PLUMB_RETURN_IF_ERROR(Check(probabilities, labels));
  ExactSum sum;
  int64_t occurring = 0;
  OneAgainstRest one;
  for (int32_t k = 0; k < probabilities.classes; k++) {
    one.Fill(probabilities, labels, k);
    if (one.positives == 0) continue;
    PLUMB_ASSIGN_OR_RETURN(const double area, RocAuc(one.scores, one.labels));
    sum.Add(area);
    occurring++;
  }
  return sum.Mean(occurring);
}

base::Result<Calibration> MeasureConfidenceCalibration(const ClassProbabilities& probabilities,
                                                       std::span<const int32_t> labels,
                                                       const CalibrationOptions& options) {
  PLUMB_RETURN_IF_ERROR(Check(probabilities, labels));
  std::vector<double> confidences;
  std::vector<uint8_t> correct;
  for (size_t index = 0; index < labels.size(); index++) {
    const Row row = RowOf(probabilities, index);
    const int32_t predicted = PredictedClass(row);
    confidences.push_back(row[predicted]);
    correct.push_back(predicted == labels[index] ? 1 : 0);
  }
  return MeasureCalibration(confidences, correct, options);
}

base::Result<double> ClasswiseCalibrationError(const ClassProbabilities& probabilities, std::span<const int32_t> labels,
                                               const CalibrationOptions& options) {
  PLUMB_RETURN_IF_ERROR(Check(probabilities, labels));
  ExactSum sum;
  OneAgainstRest one;
  for (int32_t k = 0; k < probabilities.classes; k++) {
    one.Fill(probabilities, labels, k);
    PLUMB_ASSIGN_OR_RETURN(const Calibration calibration, MeasureCalibration(one.scores, one.labels, options));
    sum.Add(calibration.expected_error);
  }
  return sum.Mean(probabilities.classes);
}

}  // namespace plumb::stats
