// slices.h: is the model as good for every carrier, country or customer group as it is over all?
//
// Why: a good average hides a group for which the model fails. The values of a slice are told apart by their text; the
// most frequent are judged one by one, the rest together. Each has its interval: a small group is uncertain, and shows
// it.
//
// Thread safety: a pure function.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "data/column.h"
#include "learn/evaluation.h"

namespace plumb::learn {

inline constexpr size_t kSliceValuesMax = 20;

struct SliceReport {
  struct Value {
    std::optional<std::string> text;  // none: null
    int64_t merged = 0;               // > 0: the rest, of so many values
    int64_t rows = 0, positives = 0;
    std::map<std::string, Estimate> metrics;
  };
  std::string name;
  std::vector<Value> values;  // by rows, then by text; the rest last
  [[nodiscard]] base::Json ToJson() const;
};

// `values` has a row for each judged row.
base::Result<SliceReport> MeasureSlice(const std::string& name, const data::Column& values, const JudgedRows& rows);

}  // namespace plumb::learn
