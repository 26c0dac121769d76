// drift_reference.h: how the values of a source's columns were distributed when it was first loaded: what drift checks
// compare with.
//
//   STATE/lake/SOURCE/reference.json        format: docs/formats/checks.md
//
// A column of numbers (also times, lengths of time, decimals and bools) is kept as counts between quantiles, one of
// text as counts of its most frequent values. Rows that are null, and numbers that are not finite, are counted as kinds
// of their own, so that a column that becomes null has drifted.
//
// Thread safety: values and pure functions; one writer of the file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/json.h"
#include "base/status.h"
#include "base/time.h"
#include "data/column.h"

namespace plumb::operate {

struct ColumnReference {
  static constexpr size_t kTextsMax = 50;

  std::string column;
  bool is_text = false;
  std::vector<double> edges;       // of numbers: inner edges, ascending
  std::vector<std::string> texts;  // of text: the most frequent values; the others are one kind
  std::vector<int64_t> counts;     // between edges, not finite, null; or of texts, others, null

  friend bool operator==(const ColumnReference&, const ColumnReference&) = default;
};

// Requires: the column is no list and no vector; rows are within it.
ColumnReference MakeColumnReference(const std::string& name, const data::Column& column,
                                    const std::vector<int64_t>& rows);
// The same counts of other rows. kInvalidArgument if the column is not of the reference's kind.
base::Result<std::vector<int64_t>> CountLike(const ColumnReference& reference, const data::Column& column,
                                             const std::vector<int64_t>& rows);
bool IsTextColumn(const data::Column& column);

struct DriftReference {
  std::string source, version;  // data version that it was taken from
  base::Time taken_at = 0;
  std::vector<ColumnReference> columns;

  [[nodiscard]] const ColumnReference* Find(const std::string& column) const;
  void Set(ColumnReference column);
};

std::string DriftReferencePath(const std::string& state_directory, const std::string& source);
// Without columns if there is none. kDataLoss if it is damaged.
base::Result<DriftReference> ReadDriftReference(base::FileSystem& files, const std::string& path);
base::Status WriteDriftReference(base::FileSystem& files, const std::string& path, const DriftReference& reference);

// The value of a numeric column as a double; of a decimal its unscaled integer. Requires: not null, not text.
double NumberAt(const data::Column& column, size_t row);

}  // namespace plumb::operate
