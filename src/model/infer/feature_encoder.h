// feature_encoder.h: feature values of any type as the float row a model eats.
//
// Numbers, decimals and bools become floats (nearest; what is beyond every float, infinities too, becomes the largest
// one, because trainers refuse infinities), timestamps and durations seconds, null and NaN become NaN (missing). A
// vector of n becomes n columns; every other feature is one. A list has no fixed width and is refused. A string is a
// category: its code in a dictionary fitted on the training part (by descending count, then by text; at most
// categories_max, the rest is missing). Unseen and null categories are missing and counted, never an error. The encoder
// is stored with the version.
//
// Thread safety: immutable after Fit or Load.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/json.h"
#include "base/status.h"
#include "data/column.h"

namespace plumb::model {

struct EncodedBatch {
  size_t rows = 0, features = 0;  // features: the columns of the encoder
  std::vector<float> values;      // row-major
  int64_t unseen_categories = 0, null_categories = 0;
};

// One float of a row.
struct EncodedColumn {
  std::string name;    // the feature's; of a vector "view.feature.0" and so on
  size_t feature = 0;  // in the schema
  bool categorical = false;
};

class FeatureEncoder {
 public:
  // kInvalidArgument with the first feature whose type cannot be encoded.
  static base::Status CheckEncodable(const data::Schema& schema);
  // Fits on the rows of `features` (one column a feature). Requires: encodable.
  static FeatureEncoder Fit(const data::Batch& features, size_t categories_max = 1024);
  // kDataLoss when it is not what Save writes.
  static base::Result<FeatureEncoder> Load(const base::Json& json);
  [[nodiscard]] base::Json Save() const;

  [[nodiscard]] const data::Schema& schema() const { return schema_; }
  [[nodiscard]] bool IsCategorical(size_t feature) const;
  [[nodiscard]] size_t Categories(size_t feature) const;
  // The columns of a row, in order.
  [[nodiscard]] std::vector<EncodedColumn> Columns() const;
  [[nodiscard]] size_t width() const;
  // kInvalidArgument when names or types differ from the schema it was fitted on, with the first difference.
  [[nodiscard]] base::Status CheckSchema(const data::Schema& schema) const;
  // Errors: those of CheckSchema.
  base::Result<EncodedBatch> Encode(const data::Batch& features) const;

 private:
  // The codes of one categorical feature, from `to` on.
  void WriteCodes(const data::Column& column, size_t feature, float* to, EncodedBatch* out) const;

  data::Schema schema_;
  std::vector<std::unordered_map<std::string, int32_t>> codes_;  // one a feature; empty for numbers
};

}  // namespace plumb::model
