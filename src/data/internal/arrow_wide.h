// arrow_wide.h: the copying between Column and Arrow of the types that are more than one number or text: decimals,
// lists and vectors.
//
// Thread safety: pure functions. Arrow may throw; arrow_bridge.cc catches.
#pragma once

#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include <memory>
#include <string_view>

#include "base/status.h"
#include "data/column.h"

namespace plumb::data {

// Where a chunk stands, for errors.
struct ChunkPlace {
  std::string_view column;
  int64_t first_row = 0;
};

base::Status WrongArrowType(std::string_view column, Type wanted, const arrow::DataType& got);

// Of a column of decimals, lists or vectors; `type` is the Arrow type of the column's type.
arrow::Result<std::shared_ptr<arrow::Array>> WideArrayOf(const Column& column,
                                                         const std::shared_ptr<arrow::DataType>& type);

// Appends `array` to a column of decimals, lists or vectors.
base::Status AppendWide(const arrow::Array& array, const ChunkPlace& place, Column* column);

}  // namespace plumb::data
