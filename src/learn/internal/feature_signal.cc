#include "learn/internal/feature_signal.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <utility>

#include "base/elementary.h"
#include "data/list.h"
#include "stats/roc_auc.h"

namespace plumb::learn {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
constexpr size_t kClassesMax = 10;  // the most frequent ones stand for all
constexpr int64_t kRowsOfClassMin = 10;

std::vector<double> Chosen(const std::vector<double>& labels, const std::vector<int64_t>& rows) {
  std::vector<double> chosen;
  for (const int64_t row : rows) chosen.push_back(labels[static_cast<size_t>(row)]);
  return chosen;
}

std::vector<double> IsClass(const std::vector<double>& labels, double code) {
  std::vector<double> is;
  for (const double label : labels) is.push_back(label == code ? 1 : 0);
  return is;
}

// The classes with most rows of those that have enough.
std::vector<double> FrequentClasses(const std::vector<double>& labels) {
  std::map<double, int64_t> counts;
  for (const double label : labels) {
    if (label != Dataset::kUnseenClass) counts[label]++;
  }
  std::vector<std::pair<int64_t, double>> ordered;
  for (const auto& [label, count] : counts) {
    if (count >= kRowsOfClassMin) ordered.emplace_back(-count, label);
  }
  std::sort(ordered.begin(), ordered.end());
  std::vector<double> classes;
  for (size_t i = 0; i < std::min(kClassesMax, ordered.size()); i++) classes.push_back(ordered[i].second);
  return classes;
}

std::vector<double> Midranks(const std::vector<double>& values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (size_t begin = 0; begin < order.size();) {
    size_t end = begin;
    while (end < order.size() && values[order[end]] == values[order[begin]]) end++;
    for (size_t i = begin; i < end; i++) ranks[order[i]] = static_cast<double>(begin + end - 1) / 2;
    begin = end;
  }
  return ranks;
}

double NumberOf(const data::Column& column, size_t row) {
  if (column.IsNull(row)) return kMissing;
  if (column.type() == data::TypeKind::kFloat64) return column.Double(row);
  if (!column.type().IsDecimal()) return static_cast<double>(column.Int(row));
  const std::string text = column.At(row).ToString();
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::vector<double> Numbers(const data::Column& column, const std::vector<int64_t>& rows) {
  std::vector<double> values;
  for (const int64_t row : rows) values.push_back(NumberOf(column, static_cast<size_t>(row)));
  return values;
}

std::vector<double> Elements(const data::Column& column, const std::vector<int64_t>& rows, uint32_t element) {
  std::vector<double> values;
  for (const int64_t row : rows) {
    const auto at = static_cast<size_t>(row);
    values.push_back(column.IsNull(at) ? kMissing
                                       : static_cast<double>(data::VectorElement(column.String(at), element)));
  }
  return values;
}

}  // namespace

double RankCorrelation(const std::vector<double>& a, const std::vector<double>& b) {
  const std::vector<double> x = Midranks(a), y = Midranks(b);
  const double mean = (static_cast<double>(a.size()) - 1) / 2;
  double xy = 0, xx = 0, yy = 0;
  for (size_t i = 0; i < x.size(); i++) {
    xy += (x[i] - mean) * (y[i] - mean);
    xx += (x[i] - mean) * (x[i] - mean);
    yy += (y[i] - mean) * (y[i] - mean);
  }
  return xx == 0 || yy == 0 ? 0 : xy / base::Sqrt(xx) / base::Sqrt(yy);
}

SignalMeter::SignalMeter(const Dataset& dataset)
    : dataset_(dataset), train_(dataset.RowsOf(Part::kTrain)), validate_(dataset.RowsOf(Part::kValidate)) {
  const std::vector<double> train = Chosen(dataset.labels, train_), validate = Chosen(dataset.labels, validate_);
  if (dataset.task != model::Task::kClasses) {
    targets_.push_back({train, validate});
    return;
  }
  for (const double code : FrequentClasses(validate)) {
    targets_.push_back({IsClass(train, code), IsClass(validate, code)});
  }
}

double SignalMeter::Strength(const data::Column& column) const {
  double strength = Nothing();
  for (const Target& target : targets_) strength = std::max(strength, StrengthFor(target, column));
  return strength;
}

double SignalMeter::StrengthFor(const Target& target, const data::Column& column) const {
  if (column.type() == data::TypeKind::kString) return StrengthOfValues(target, CategoryMeans(target, column));
  if (column.type().kind != data::TypeKind::kVector) return StrengthOfValues(target, Numbers(column, validate_));
  double strength = Nothing();
  for (uint32_t element = 0; element < column.type().size; element++) {
    strength = std::max(strength, StrengthOfValues(target, Elements(column, validate_, element)));
  }
  return strength;
}

std::vector<double> SignalMeter::CategoryMeans(const Target& target, const data::Column& column) const {
  struct Mean {
    double sum = 0;
    int64_t count = 0;
  };
  std::map<std::string, Mean, std::less<>> means;
  for (size_t i = 0; i < train_.size(); i++) {
    const auto row = static_cast<size_t>(train_[i]);
    if (column.IsNull(row)) continue;
    Mean& mean = means[std::string(column.String(row))];
    mean.sum += target.train[i];
    mean.count++;
  }
  std::vector<double> values;
  for (const int64_t row : validate_) {
    const auto at = static_cast<size_t>(row);
    const auto found = column.IsNull(at) ? means.end() : means.find(column.String(at));
    values.push_back(found == means.end() ? kMissing : found->second.sum / static_cast<double>(found->second.count));
  }
  return values;
}

double SignalMeter::StrengthOfValues(const Target& target, const std::vector<double>& values) const {
  std::vector<double> present, labels, missing;
  for (size_t i = 0; i < values.size(); i++) {
    missing.push_back(std::isnan(values[i]) ? 1 : 0);
    if (std::isnan(values[i])) continue;
    present.push_back(values[i]);
    labels.push_back(target.validate[i]);
  }
  // A few rows with a value say too little of it.
  const bool is_rare = static_cast<int64_t>(present.size()) < kRowsOfClassMin;
  return std::max(is_rare ? Nothing() : Association(present, labels), Association(missing, target.validate));
}

double SignalMeter::Association(const std::vector<double>& values, const std::vector<double>& labels) const {
  if (dataset_.task == model::Task::kRegression) {
    return values.empty() ? 0 : std::fabs(RankCorrelation(values, labels));
  }
  std::vector<uint8_t> outcomes;
  for (const double label : labels) outcomes.push_back(label != 0 ? 1 : 0);
  const base::Result<double> area = stats::RocAuc(values, outcomes);
  return area.ok() ? std::max(*area, 1 - *area) : Nothing();
}

}  // namespace plumb::learn
