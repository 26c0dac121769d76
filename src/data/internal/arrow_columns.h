// arrow_columns.h: the copying between one Column and one Arrow array.
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

// `type` is the Arrow type of the column's type; a string column too long for 32-bit offsets becomes large_utf8.
arrow::Result<std::shared_ptr<arrow::Array>> ArrayOf(const Column& column,
                                                     const std::shared_ptr<arrow::DataType>& type);

base::Result<Column> ColumnOf(const arrow::ChunkedArray& array, Type wanted, std::string_view name);

}  // namespace plumb::data
