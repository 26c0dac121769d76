// profile.h: what the columns of a dataset look like, part by part, and how much they differ.
//
// Written beside every dataset, so that a surprise (a column of nulls, another range, a category that is new in the
// test part) is seen before a model is trained on it. Parts are compared with the first of them, the training part, and
// the training part with the one of an earlier profile, where there is one: population stability index, Kolmogorov-
// Smirnov distance, change of the share of nulls.
//
// Numbers are exact sums rounded once; quantiles are within 1/128 (stats/quantile_sketch.h), distinct values within a
// few per cent beyond a few thousand. A column that is about a person shows counts only, no values.
//
// Thread safety: values and pure functions. Invariant: equal rows give an equal profile, in any order.
//
//   const TableProfile profile = MakeProfile(table, {.parts = parts, .part_names = {"train", "test"}});
//   profile.columns[0].parts[1].psi;                // of the test part against train, from profile_test.cc
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/status.h"
#include "data/column.h"
#include "operate/drift_reference.h"
#include "stats/quantile_sketch.h"

namespace plumb::operate {

inline constexpr double kProfileQuantiles[] = {0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99};
inline constexpr size_t kHistogramBins = 24;
inline constexpr size_t kTopTexts = 10;

// How far a part is from another. Times and texts that are mostly different have no distribution to compare: they are
// the example's name and time.
struct ProfileChange {
  std::optional<double> psi, ks;
  double psi_noise = 0;   // what the index is on average for samples of these sizes that do not differ
  double null_share = 0;  // change of it
};

struct NumberSummary {
  double min = 0, max = 0, mean = 0;
  std::optional<double> deviation;  // of a sample; of two rows or more
  std::vector<double> quantiles;    // at kProfileQuantiles
};

struct PartProfile {
  int64_t rows = 0, nulls = 0;
  int64_t not_finite = 0;                            // NaN and infinities: in none of the figures
  double distinct = 0;                               // about so many values
  std::optional<NumberSummary> numbers;              // of numbers, times and lengths of time
  std::vector<int64_t> histogram;                    // counts in the column's bins
  std::vector<std::pair<std::string, int64_t>> top;  // of texts and bools: the most frequent values
  std::optional<ProfileChange> change;               // against the first part; of the first against the earlier profile

  [[nodiscard]] double NullShare() const {
    return rows == 0 ? 0 : static_cast<double>(nulls) / static_cast<double>(rows);
  }
};

struct ColumnProfile {
  std::string name;
  data::Type type;
  bool is_hidden = false;              // values are not shown
  double bins_low = 0, bins_high = 0;  // the range that the histogram divides equally
  std::vector<PartProfile> parts;
  // What a later profile is compared by: of the first part.
  std::optional<ColumnReference> reference;
  stats::QuantileSketch sketch;
};

struct TableProfile {
  std::string title;
  std::vector<std::string> part_names;
  std::vector<ColumnProfile> columns;
  bool has_earlier = false;  // the first part's changes are against an earlier profile

  [[nodiscard]] const ColumnProfile* Find(const std::string& name) const;
  // {"format": "plumb-profile", "format_version": 1, "title", "parts", "columns": […]}; docs/formats/profile.md.
  [[nodiscard]] base::Json ToJson() const;
  // What comparing needs, of ToJson's text. kInvalidArgument if it is no profile.
  static base::Result<TableProfile> FromJson(const base::Json& json);
};

struct ProfileOptions {
  std::string title;
  std::vector<uint8_t> parts;             // of each row; empty: all are of the first
  std::vector<std::string> part_names;    // at least one
  std::set<std::string> hidden;           // columns about persons
  const TableProfile* earlier = nullptr;  // may be null
};
TableProfile MakeProfile(const data::Batch& table, const ProfileOptions& options);

// A value of a numeric column as people write it: a time, a length of time, a number.
std::string FormatProfileNumber(data::Type type, double value);

}  // namespace plumb::operate
