#include "learn/internal/training_parts.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace plumb::learn {
namespace {

using base::Result;
using base::Status;

constexpr size_t kClassesMax = 1000;

Result<EncodedPart> EncodePart(const Dataset& dataset, const data::Batch& features,
                               const model::FeatureEncoder& encoder, Part part) {
  EncodedPart out;
  for (const int64_t row : dataset.RowsOf(part)) {
    const double label = dataset.labels[static_cast<size_t>(row)];
    if (dataset.task == model::Task::kClasses && label == Dataset::kUnseenClass) {
      out.unseen_classes++;
      continue;
    }
    out.rows.push_back(row);
    out.labels.push_back(label);
    out.narrow_labels.push_back(static_cast<float>(label));
  }
  PLUMB_ASSIGN_OR_RETURN(out.features, encoder.Encode(features.Take(out.rows)));
  return out;
}

Status CheckPart(const EncodedPart& part, const char* name) {
  if (!part.rows.empty()) return {};
  if (part.unseen_classes > 0) {
    return base::InvalidArgument("Training saw none of the classes of a part: {}, {} rows.", name, part.unseen_classes)
        .WithSuggestion("Check the label's expression, and whether the training part is long enough.");
  }
  return base::InvalidArgument("Split leaves a part empty: {}.", name)
      .WithSuggestion("Check the times of the split against the times of the examples.");
}

Status CheckLabelsDiffer(const EncodedPart& part, const char* name) {
  const double first = part.labels.front();
  const bool differ = std::any_of(part.labels.begin(), part.labels.end(), [&](double label) { return label != first; });
  if (differ) return {};
  return base::InvalidArgument("All labels of a part are equal: {}, {} rows.", name, part.labels.size())
      .WithSuggestion("Check the label's expression.");
}

Status CheckLabels(const Dataset& dataset, const EncodedParts& parts) {
  if (dataset.classes.size() > kClassesMax) {
    return base::InvalidArgument("Label has too many classes: {}, at most {}.", dataset.classes.size(), kClassesMax)
        .WithSuggestion("Write a label with fewer values, or objective: reg:squarederror if it is a quantity.");
  }
  PLUMB_RETURN_IF_ERROR(CheckLabelsDiffer(parts.train, "train"));
  if (dataset.task != model::Task::kBinary) return {};
  PLUMB_RETURN_IF_ERROR(CheckLabelsDiffer(parts.validate, "validate"));
  return CheckLabelsDiffer(parts.test, "test");
}

}  // namespace

Result<EncodedParts> EncodeParts(const Dataset& dataset, const data::Batch& features,
                                 const model::FeatureEncoder& encoder) {
  EncodedParts parts;
  PLUMB_ASSIGN_OR_RETURN(parts.train, EncodePart(dataset, features, encoder, Part::kTrain));
  PLUMB_ASSIGN_OR_RETURN(parts.validate, EncodePart(dataset, features, encoder, Part::kValidate));
  PLUMB_ASSIGN_OR_RETURN(parts.test, EncodePart(dataset, features, encoder, Part::kTest));
  PLUMB_RETURN_IF_ERROR(CheckPart(parts.train, "train"));
  PLUMB_RETURN_IF_ERROR(CheckPart(parts.validate, "validate"));
  PLUMB_RETURN_IF_ERROR(CheckPart(parts.test, "test"));
  PLUMB_RETURN_IF_ERROR(CheckLabels(dataset, parts));
  return parts;
}

Result<std::vector<std::string>> FeaturesWithoutValues(const EncodedPart& train, const model::FeatureEncoder& encoder) {
  const size_t width = train.features.features;
  std::vector<bool> has_value(encoder.schema().size(), false);
  const std::vector<model::EncodedColumn> columns = encoder.Columns();
  for (size_t at = 0; at < train.features.values.size(); at++) {
    if (!std::isnan(train.features.values[at])) has_value[columns[at % width].feature] = true;
  }
  std::vector<std::string> without;
  for (size_t i = 0; i < has_value.size(); i++) {
    if (!has_value[i]) without.push_back(encoder.schema().fields()[i].name);
  }
  if (without.size() < has_value.size()) return without;
  return base::InvalidArgument("No feature has a value in the training part: {} features, {} rows.", has_value.size(),
                               train.rows.size())
      .WithSuggestion("Check that the features' sources hold events before the examples, with the same keys.");
}

JudgedRows Judge(const EncodedPart& part, const model::Predictor& predictor) {
  JudgedRows rows;
  rows.task = predictor.ensemble().task();
  rows.outputs = predictor.outputs();
  rows.labels = part.labels;
  rows.scores.resize(part.labels.size() * rows.outputs);
  predictor.Scores(part.features.values, rows.scores);
  return rows;
}

}  // namespace plumb::learn
